/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/stream.c - chunks of XChaCha20-Poly1305 whose nonces say their place; see the header.
 *
 * A whole chunk is held back until a byte comes after it: only then is it known not to be the last.
 */
#include "stream.h"

#include "env.h"
#include "fail.h"

#include <sodium.h>
#include <string.h>

#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES

_Static_assert(NONCE_SIZE == MIR_STREAM_PREFIX_SIZE + 5, "prefix, number, last");
_Static_assert(MIR_STREAM_TAG_SIZE == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");

static void init(struct mir_stream *out,
    const mirsal_env *env,
    const struct mir_seal_key *key,
    struct mir_bytes aad,
    size_t pending_max)
{
    memset(out, 0, sizeof *out);
    out->key = *key;
    out->aad = aad;
    mir_buf_init(&out->pending, env, pending_max);
}

void mir_stream_writer_init(struct mir_stream *out,
    const mirsal_env *env,
    const struct mir_seal_key *key,
    const uint8_t prefix[MIR_STREAM_PREFIX_SIZE],
    struct mir_bytes aad)
{
    init(out, env, key, aad, MIR_STREAM_CHUNK_SIZE);
    memcpy(out->prefix, prefix, sizeof out->prefix);
}

void mir_stream_reader_init(struct mir_stream *out,
    const mirsal_env *env,
    const struct mir_seal_key *key,
    struct mir_bytes aad)
{
    init(out, env, key, aad, MIR_STREAM_SEALED_SIZE);
}

void mir_stream_seek(struct mir_stream *stream, uint64_t chunk)
{
    MIR_ASSERT(stream->prefix_size == MIR_STREAM_PREFIX_SIZE);
    stream->next = chunk;
    mir_buf_reset(&stream->pending);
}

void mir_stream_fini(struct mir_stream *stream)
{
    mir_buf_fini(&stream->pending);
    mir_wipe(stream, sizeof *stream);
}

/* The nonce of the next chunk, which is counted. */
static mirsal_code next_nonce(uint8_t nonce[NONCE_SIZE],
    struct mir_stream *stream,
    uint8_t last,
    mirsal_error *err)
{
    uint64_t number = stream->next;
    if (number > UINT32_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "a stream of more than 2^32 chunks");
    }
    stream->next++;
    memcpy(nonce, stream->prefix, MIR_STREAM_PREFIX_SIZE);
    for (size_t i = 0; i < 4; i++) {
        nonce[MIR_STREAM_PREFIX_SIZE + i] = (uint8_t)(number >> (24 - 8 * i));
    }
    nonce[NONCE_SIZE - 1] = last;
    return MIRSAL_OK;
}

static mirsal_code seal_pending(struct mir_buf *out,
    struct mir_stream *stream,
    uint8_t last,
    mirsal_error *err)
{
    uint8_t nonce[NONCE_SIZE];
    mirsal_code rc = next_nonce(nonce, stream, last, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (stream->prefix_size == 0) {
        mir_buf_append(out, stream->prefix, sizeof stream->prefix);
        stream->prefix_size = MIR_STREAM_PREFIX_SIZE;
    }
    uint8_t *room = mir_buf_extend(out, stream->pending.size + MIR_STREAM_TAG_SIZE);
    if (room != NULL) {
        (void)crypto_aead_xchacha20poly1305_ietf_encrypt(room, NULL, stream->pending.data,
            stream->pending.size, stream->aad.data, stream->aad.size, NULL, nonce,
            stream->key.bytes);
    }
    mir_buf_reset(&stream->pending);
    return mir_buf_finish(out, err);
}

/* Moves what fits from *from to pending. */
static void fill_pending(struct mir_stream *stream, struct mir_bytes *from)
{
    size_t room = stream->pending.size_max - stream->pending.size;
    size_t size = from->size < room ? from->size : room;
    mir_buf_append(&stream->pending, from->data, size);
    from->data += size;
    from->size -= size;
}

mirsal_code mir_stream_write(struct mir_buf *out,
    struct mir_stream *stream,
    struct mir_bytes clear,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    while (rc == MIRSAL_OK && clear.size > 0) {
        if (stream->pending.size == stream->pending.size_max) {
            rc = seal_pending(out, stream, 0, err);
        }
        if (rc == MIRSAL_OK) {
            fill_pending(stream, &clear);
            rc = mir_buf_finish(&stream->pending, err);
        }
    }
    return rc;
}

mirsal_code mir_stream_write_end(struct mir_buf *out, struct mir_stream *stream, mirsal_error *err)
{
    return seal_pending(out, stream, 1, err);
}

static mirsal_code open_pending(struct mir_buf *out,
    struct mir_stream *stream,
    uint8_t last,
    mirsal_error *err)
{
    uint8_t nonce[NONCE_SIZE];
    size_t size_before = out->size;
    struct mir_bytes sealed = mir_buf_bytes(&stream->pending);
    mirsal_code rc = next_nonce(nonce, stream, last, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    uint8_t *clear = mir_buf_extend(out, sealed.size - MIR_STREAM_TAG_SIZE);
    if (clear == NULL && out->failed != MIRSAL_OK) {
        return mir_buf_finish(out, err);
    }
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(clear, NULL, NULL, sealed.data, sealed.size,
            stream->aad.data, stream->aad.size, nonce, stream->key.bytes) != 0) {
        out->size = size_before;
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the stream does not open");
    }
    mir_buf_reset(&stream->pending);
    return MIRSAL_OK;
}

mirsal_code mir_stream_read(struct mir_buf *out,
    struct mir_stream *stream,
    struct mir_bytes sealed,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    while (sealed.size > 0 && stream->prefix_size < MIR_STREAM_PREFIX_SIZE) {
        stream->prefix[stream->prefix_size++] = sealed.data[0];
        sealed.data++;
        sealed.size--;
    }
    while (rc == MIRSAL_OK && sealed.size > 0) {
        if (stream->pending.size == stream->pending.size_max) {
            rc = open_pending(out, stream, 0, err);
        }
        if (rc == MIRSAL_OK) {
            fill_pending(stream, &sealed);
            rc = mir_buf_finish(&stream->pending, err);
        }
    }
    return rc;
}

mirsal_code mir_stream_read_end(struct mir_buf *out, struct mir_stream *stream, mirsal_error *err)
{
    size_t size = stream->pending.size;
    int is_first = stream->next == 0;
    if (size < MIR_STREAM_TAG_SIZE || (size == MIR_STREAM_TAG_SIZE && !is_first)) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the stream was cut");
    }
    return open_pending(out, stream, 1, err);
}
