/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/stream.h - STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015): a file of any size sealed in
 * chunks, in bounded memory; protocol/primitives.md 9. A stream that is cut, reordered, lengthened
 * or changed anywhere does not open from there on, and its end is told from a cut.
 */
#ifndef MIR_STREAM_H
#define MIR_STREAM_H

#include "buf.h"
#include "keys.h"
#include "mir_limits.h"

#define MIR_STREAM_PREFIX_SIZE 19u
#define MIR_STREAM_TAG_SIZE    16u
#define MIR_STREAM_SEALED_SIZE (MIR_STREAM_CHUNK_SIZE + MIR_STREAM_TAG_SIZE) /* of a whole chunk */

/* One direction. Holds the key: keep it in mir_secret_alloc memory or on the stack; fini wipes. */
struct mir_stream {
    struct mir_seal_key key;
    uint8_t prefix[MIR_STREAM_PREFIX_SIZE];
    uint8_t prefix_size;  /* bytes of it written or read so far */
    struct mir_bytes aad; /* borrowed */
    uint64_t next;        /* number of the next chunk */
    struct mir_buf pending;
};

/*
 * Seals. prefix is drawn at random for each stream, and no key seals two streams by one prefix. aad
 * is borrowed until fini; every chunk carries it.
 */
void mir_stream_writer_init(struct mir_stream *out,
    const mirsal_env *env,
    const struct mir_seal_key *key,
    const uint8_t prefix[MIR_STREAM_PREFIX_SIZE],
    struct mir_bytes aad);
/* Appends to out the chunks that became whole; LIMIT beyond 2³² of them. */
mirsal_code mir_stream_write(struct mir_buf *out,
    struct mir_stream *stream,
    struct mir_bytes clear,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Appends the last chunk: once, at the end. */
mirsal_code mir_stream_write_end(struct mir_buf *out, struct mir_stream *stream, mirsal_error *err)
    MIRSAL_MUST_USE;

/* Opens. */
void mir_stream_reader_init(struct mir_stream *out,
    const mirsal_env *env,
    const struct mir_seal_key *key,
    struct mir_bytes aad);
/* Appends to out what was verified; NOT_AUTHENTIC. What came out before it is a true beginning. */
mirsal_code mir_stream_read(struct mir_buf *out,
    struct mir_stream *stream,
    struct mir_bytes sealed,
    mirsal_error *err) MIRSAL_MUST_USE;
/* After the last byte: appends the last chunk. NOT_AUTHENTIC when the stream was cut. */
mirsal_code mir_stream_read_end(struct mir_buf *out, struct mir_stream *stream, mirsal_error *err)
    MIRSAL_MUST_USE;
/* What is read next is the chunk of that number; its prefix was read. Drops what was pending. */
void mir_stream_seek(struct mir_stream *stream, uint64_t chunk);

/* Wipes; accepts a zeroed struct. */
void mir_stream_fini(struct mir_stream *stream);

#endif
