/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/sealedfile.h - the container of files that travel (bundles, handoffs, keys of
 * organisations): a file key in an envelope to each reader or under a passphrase, then a STREAM;
 * protocol/bundle.md 1. Bytes in, bytes out, in bounded memory.
 */
#ifndef MIR_SEALEDFILE_H
#define MIR_SEALEDFILE_H

#include "buf.h"
#include "keys.h"
#include "mir_limits.h"
#include "password.h"
#include "stream.h"

#define MIR_SEALEDFILE_MAGIC         "mirsalf1"
#define MIR_SEALEDFILE_MAGIC_SIZE    8u
#define MIR_SEALEDFILE_ENVELOPE_SIZE 80u
/* The head of most envelopes: magic, kind, lock, count, envelopes, MAC. */
#define MIR_SEALEDFILE_HEAD_MAX                                                                    \
    (MIR_SEALEDFILE_MAGIC_SIZE + 4u +                                                              \
        MIR_FILE_ENVELOPES_MAX * (size_t)MIR_SEALEDFILE_ENVELOPE_SIZE + 32u)

enum mir_sealedfile_kind {
    MIR_SEALEDFILE_BUNDLE = 1,
    MIR_SEALEDFILE_HANDOFF = 2,
    MIR_SEALEDFILE_ORG_SECRET = 3,
};

/* Who can open it: keys, or (count 0) a passphrase. Borrowed. */
struct mir_sealedfile_readers {
    const struct mir_agree_public *keys;
    uint32_t count; /* 1 to MIR_FILE_ENVELOPES_MAX */
    struct mir_bytes passphrase;
    struct mir_kdf kdf; /* salt and costs, with a passphrase */
};

/* What a reader tries: each secret on each envelope, or the passphrase. Borrowed until fini. */
struct mir_sealedfile_keys {
    const struct mir_agree_secret *secrets;
    uint32_t count;
    struct mir_bytes passphrase; /* size 0: none */
};

/* One direction. Holds keys: on the stack or in mir_secret_alloc memory; fini wipes. */
struct mir_sealedfile {
    const mirsal_env *env;
    enum mir_sealedfile_kind kind;
    struct mir_sealedfile_keys keys;
    struct mir_buf head;         /* of a reader, until it is whole */
    uint8_t mac[32];             /* of the head: the stream's aad */
    struct mir_seal_key content; /* the stream's key */
    size_t head_size;
    uint32_t opened_by; /* of a reader: which of its secrets opened it */
    int open;           /* the stream has begun */
    struct mir_stream stream;
};

/* Appends the head. out's limit is the caller's; BAD_VALUE for costs or counts out of range. */
mirsal_code mir_sealedfile_begin(struct mir_buf *out,
    struct mir_sealedfile *file,
    const mirsal_env *env,
    enum mir_sealedfile_kind kind,
    const struct mir_sealedfile_readers *readers,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Appends the chunks that became whole. */
mirsal_code mir_sealedfile_write(struct mir_buf *out,
    struct mir_sealedfile *file,
    struct mir_bytes clear,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Appends the last chunk: once, at the end. */
mirsal_code mir_sealedfile_write_end(struct mir_buf *out,
    struct mir_sealedfile *file,
    mirsal_error *err) MIRSAL_MUST_USE;

void mir_sealedfile_reader_init(struct mir_sealedfile *file,
    const mirsal_env *env,
    enum mir_sealedfile_kind kind,
    const struct mir_sealedfile_keys *keys);
/*
 * Takes bytes of the file in any pieces; appends what was verified of the clear text. MALFORMED:
 * no sealed file; BAD_VALUE: of another kind, or costs out of range; VERSION; NOT_AUTHENTIC: no
 * envelope opens, the head or a chunk was changed; WRONG_PASSPHRASE.
 */
mirsal_code mir_sealedfile_read(struct mir_buf *out,
    struct mir_sealedfile *file,
    struct mir_bytes sealed,
    mirsal_error *err) MIRSAL_MUST_USE;
/* After the last byte: appends the last chunk. NOT_AUTHENTIC when the file was cut. */
mirsal_code mir_sealedfile_read_end(struct mir_buf *out,
    struct mir_sealedfile *file,
    mirsal_error *err) MIRSAL_MUST_USE;

/* 1 once the head is opened and the stream's first bytes are read. */
int mir_sealedfile_may_seek(const struct mir_sealedfile *file);
/* What is read next is the chunk of that number: the place in the file where it begins. */
uint64_t mir_sealedfile_seek(struct mir_sealedfile *file, uint64_t chunk);

/* Wipes; accepts a zeroed struct. */
void mir_sealedfile_fini(struct mir_sealedfile *file);

/* What a head says to anybody, for those who only look. */
struct mir_sealedfile_look {
    uint8_t kind;
    int has_passphrase;
    uint32_t envelopes; /* rounded up, with a passphrase 0 */
    struct mir_kdf kdf;
    size_t head_size;
};
/* From the beginning of a file. MALFORMED, VERSION. */
mirsal_code mir_sealedfile_inspect(struct mir_sealedfile_look *out,
    struct mir_bytes begin,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
