/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync/carriage.c - HTTP bodies around Noise messages; protocol/sync.md 1.1 to 1.3.
 *
 * A body is read byte by byte where it was cut, message by message otherwise; at most one message
 * is held. What it means is judged elsewhere.
 */
#include "carriage.h"

#include "fail.h"

#include <string.h>

void mir_prologue(uint8_t out[MIR_PROLOGUE_SIZE], const mirsal_hash *identity)
{
    memcpy(out, "mirsal/1", 8);
    memcpy(out + 8, identity->bytes, sizeof identity->bytes);
    memcpy(out + 40, "/v1/sync", 8);
}

void mir_unpacker_init(struct mir_unpacker *unpacker, const mirsal_env *env)
{
    memset(unpacker, 0, sizeof *unpacker);
    mir_buf_init(&unpacker->message, env, MIR_NOISE_MESSAGE_MAX);
}

void mir_unpacker_fini(struct mir_unpacker *unpacker)
{
    mir_buf_fini(&unpacker->message);
}

void mir_unpacker_restart(struct mir_unpacker *unpacker)
{
    mir_buf_reset(&unpacker->message);
    unpacker->wanted = 0;
    unpacker->size_bytes = 0;
    unpacker->size = 0;
    unpacker->ended = 0;
}

mirsal_code mir_padding_check(struct mir_reader *input, mirsal_error *err)
{
    while (mir_reader_left(input) > 0) {
        if (mir_reader_u8(input) != 0) {
            return mir_fail(err, MIRSAL_MALFORMED, "padding of other bytes than zeros");
        }
    }
    return MIRSAL_OK;
}

/* 1 when the size of the message that follows is known. */
static int read_size(struct mir_unpacker *unpacker, struct mir_reader *input)
{
    while (unpacker->size_bytes < 2 && mir_reader_left(input) > 0) {
        unpacker->size = unpacker->size << 8 | mir_reader_u8(input);
        unpacker->size_bytes++;
        if (unpacker->size_bytes == 2) {
            unpacker->wanted = unpacker->size;
            unpacker->ended = unpacker->size == 0;
            mir_buf_reset(&unpacker->message);
        }
    }
    return unpacker->size_bytes == 2;
}

mirsal_code mir_unpacker_next(struct mir_unpacker *unpacker,
    struct mir_reader *input,
    struct mir_bytes *message,
    mirsal_error *err)
{
    *message = (struct mir_bytes){ NULL, 0 };
    if (!unpacker->ended && !read_size(unpacker, input)) {
        return MIRSAL_OK;
    }
    if (unpacker->ended) {
        return mir_padding_check(input, err);
    }
    size_t missing = unpacker->wanted - unpacker->message.size;
    size_t left = mir_reader_left(input);
    struct mir_bytes piece = mir_reader_take(input, left < missing ? left : missing);
    mir_buf_append(&unpacker->message, piece.data, piece.size);
    mirsal_code code = mir_buf_finish(&unpacker->message, err);
    if (code == MIRSAL_OK && unpacker->message.size == unpacker->wanted) {
        *message = mir_buf_bytes(&unpacker->message);
        unpacker->size_bytes = 0;
        unpacker->size = 0;
    }
    return code;
}

mirsal_code mir_carriage_seal(struct mir_buf *out,
    struct mir_noise_transport *transport,
    struct mir_bytes clear,
    mirsal_error *err)
{
    struct mir_reader reader;
    mir_reader_init(&reader, clear.data, clear.size);
    mirsal_code code = MIRSAL_OK;
    while (code == MIRSAL_OK && mir_reader_left(&reader) > 0) {
        size_t left = mir_reader_left(&reader);
        size_t size = left < MIR_MESSAGE_CLEAR_MAX ? left : MIR_MESSAGE_CLEAR_MAX;
        mir_buf_append_be16(out, (uint16_t)(size + MIR_NOISE_TAG_SIZE));
        code = mir_noise_seal(transport, out, mir_reader_take(&reader, size), err);
    }
    return code;
}

uint64_t mir_carriage_sealed_size(uint64_t clear)
{
    uint64_t messages = (clear + MIR_MESSAGE_CLEAR_MAX - 1) / MIR_MESSAGE_CLEAR_MAX;
    return clear + messages * (2u + MIR_NOISE_TAG_SIZE);
}

uint64_t mir_carriage_padded(uint64_t size)
{
    return (size + MIR_HTTP_PAD - 1) / MIR_HTTP_PAD * MIR_HTTP_PAD;
}

void mir_carriage_pad(struct mir_buf *out, uint64_t before)
{
    uint64_t size = before + out->size;
    (void)mir_buf_extend(out, (size_t)(mir_carriage_padded(size) - size));
}
