/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/splitter.c - finds frames in a stream of bytes; protocol/sync.md 1.3.
 *
 * A frame's head is judged as soon as it is there, before its payload is waited for, so that no
 * more than one frame of a permitted size is ever held.
 */
#include "frames.h"

#include "fail.h"
#include "msgpack.h"

#define HEAD_SIZE_MAX 10u /* kind, and a uint of up to 9 bytes */

void mir_splitter_init(struct mir_splitter *splitter, const mirsal_env *env)
{
    splitter->at = 0;
    splitter->of_bundle = 0;
    mir_buf_init(
        &splitter->pending, env, MIR_FRAME_SIZE_MAX + MIR_NOISE_MESSAGE_MAX + HEAD_SIZE_MAX);
}

void mir_splitter_init_bundle(struct mir_splitter *splitter, const mirsal_env *env)
{
    mir_splitter_init(splitter, env);
    splitter->of_bundle = 1;
}

static int is_known(const struct mir_splitter *splitter, uint8_t kind)
{
    return splitter->of_bundle
               ? kind == MIR_FRAME_RUN || kind == MIR_FRAME_VECTOR ||
                     (kind >= MIR_FRAME_BUNDLE && kind <= MIR_FRAME_CLOSE)
               : (kind >= MIR_FRAME_REGISTER && kind <= MIR_FRAME_REFUSE) || kind == MIR_FRAME_WORD;
}

void mir_splitter_fini(struct mir_splitter *splitter)
{
    mir_buf_fini(&splitter->pending);
    splitter->at = 0;
}

mirsal_code mir_splitter_feed(struct mir_splitter *splitter,
    struct mir_bytes bytes,
    mirsal_error *err)
{
    if (splitter->at > 0) {
        mir_buf_consume(&splitter->pending, splitter->at);
        splitter->at = 0;
    }
    mir_buf_append(&splitter->pending, bytes.data, bytes.size);
    return mir_buf_finish(&splitter->pending, err);
}

/* Bytes of the uint whose first byte is given; 0 when it begins none. */
static size_t uint_width(uint8_t first)
{
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xcc && first <= 0xcf) {
        return 1u + ((size_t)1 << (first - 0xcc));
    }
    return 0;
}

mirsal_code mir_splitter_next(struct mir_splitter *splitter,
    struct mir_frame *out,
    mirsal_error *err)
{
    out->kind = MIR_FRAME_NONE;
    out->payload = (struct mir_bytes){ NULL, 0 };
    struct mir_reader reader;
    mir_reader_init(&reader, splitter->pending.data, splitter->pending.size);
    (void)mir_reader_take(&reader, splitter->at);
    if (mir_reader_left(&reader) == 0) {
        return MIRSAL_OK;
    }
    uint8_t kind = mir_reader_u8(&reader);
    if (!is_known(splitter, kind)) {
        return mir_fail(err, MIRSAL_PROTOCOL, "frame of unknown kind %u", (unsigned)kind);
    }
    if (mir_reader_left(&reader) == 0) {
        return MIRSAL_OK;
    }
    size_t width = uint_width(mir_reader_peek(&reader));
    if (width == 0) {
        return mir_fail(err, MIRSAL_MALFORMED, "frame without a size");
    }
    if (mir_reader_left(&reader) < width) {
        return MIRSAL_OK;
    }
    uint64_t size = mir_mp_read_uint(&reader);
    if (!mir_reader_ok(&reader)) {
        return mir_fail(err, MIRSAL_MALFORMED, "size of a frame in a longer form");
    }
    if (size > MIR_FRAME_SIZE_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "frame of more than %u bytes", MIR_FRAME_SIZE_MAX);
    }
    if (mir_reader_left(&reader) < size) {
        return MIRSAL_OK;
    }
    out->kind = (enum mir_frame_kind)kind;
    out->payload = mir_reader_take(&reader, (size_t)size);
    splitter->at = reader.at;
    return MIRSAL_OK;
}

int mir_splitter_empty(const struct mir_splitter *splitter)
{
    return splitter->at == splitter->pending.size;
}
