/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/deflate.c - zlib's raw streams, with memory from the environment.
 *
 * Raw deflate carries no check value: a wrong dictionary gives wrong text without an error, which
 * only the content root finds (protocol/changeset.md 2.4).
 */
#include "deflate.h"

#include "checked.h"
#include "env.h"
#include "fail.h"
#include "keys.h"

#include <string.h>
#define ZLIB_CONST 1 /* next_in points to const */
#include <zlib.h>

/* zlib does not say how much it releases, so each piece is preceded by its size. */
union piece {
    size_t size;
    max_align_t align;
};

static voidpf piece_alloc(voidpf opaque, uInt count, uInt size)
{
    size_t wanted = 0;
    if (!mir_mul_size(&wanted, count, size) ||
        !mir_add_size(&wanted, wanted, sizeof(union piece))) {
        return Z_NULL;
    }
    union piece *piece = mir_alloc(opaque, wanted);
    if (piece == NULL) {
        return Z_NULL;
    }
    piece->size = wanted;
    return piece + 1;
}

static void piece_release(voidpf opaque, voidpf memory)
{
    union piece *piece = (union piece *)memory - 1;
    size_t size = piece->size;
    mir_wipe(piece, size); /* windows hold clear text */
    mir_release(opaque, piece, size);
}

/* The opaque pointer is not const for zlib, and only read by the two above. */
static void stream_init(z_stream *stream, const mirsal_env *env)
{
    union {
        const mirsal_env *given;
        voidpf opaque;
    } cast = { .given = env };
    memset(stream, 0, sizeof *stream);
    stream->zalloc = piece_alloc;
    stream->zfree = piece_release;
    stream->opaque = cast.opaque;
}

mirsal_code mir_deflate(struct mir_buf *out,
    struct mir_bytes clear,
    struct mir_bytes dictionary,
    mirsal_error *err)
{
    z_stream stream;
    mirsal_code code = MIRSAL_OK;
    int end = Z_OK;
    MIR_ASSERT(clear.size <= UINT32_MAX && dictionary.size <= UINT32_MAX);
    stream_init(&stream, out->env);
    if (deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory to deflate");
    }
    if (dictionary.size > 0) {
        int set = deflateSetDictionary(&stream, dictionary.data, (uInt)dictionary.size);
        MIR_ASSERT(set == Z_OK);
    }
    size_t bound = deflateBound(&stream, (uLong)clear.size);
    size_t before = out->size;
    uint8_t *room = mir_buf_extend(out, bound);
    if (room == NULL) {
        code = mir_buf_finish(out, err);
        goto done;
    }
    stream.next_in = clear.data;
    stream.avail_in = (uInt)clear.size;
    stream.next_out = room;
    stream.avail_out = (uInt)bound;
    end = deflate(&stream, Z_FINISH);
    MIR_ASSERT(end == Z_STREAM_END); /* room for the bound, all input given */
    out->size = before + stream.total_out;

done:
    (void)deflateEnd(&stream);
    return code;
}

mirsal_code mir_inflate(uint8_t *out,
    size_t clear_size,
    struct mir_bytes *packed,
    struct mir_bytes dictionary,
    const mirsal_env *env,
    mirsal_error *err)
{
    z_stream stream;
    mirsal_code code = MIRSAL_OK;
    uint8_t none = 0;
    int end = Z_OK;
    MIR_ASSERT(clear_size <= UINT32_MAX && dictionary.size <= UINT32_MAX);
    if (packed->size > UINT32_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "a stream of %zu bytes", packed->size);
    }
    stream_init(&stream, env);
    if (inflateInit2(&stream, -15) != Z_OK) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory to inflate");
    }
    if (dictionary.size > 0) {
        int set = inflateSetDictionary(&stream, dictionary.data, (uInt)dictionary.size);
        if (set != Z_OK) {
            code = mir_fail(err, MIRSAL_NO_MEMORY, "no memory to inflate");
            goto done;
        }
    }
    stream.next_in = packed->data;
    stream.avail_in = (uInt)packed->size;
    stream.next_out = clear_size > 0 ? out : &none;
    stream.avail_out = (uInt)clear_size;
    end = inflate(&stream, Z_FINISH);
    if (end == Z_MEM_ERROR) {
        code = mir_fail(err, MIRSAL_NO_MEMORY, "no memory to inflate");
    } else if (end != Z_STREAM_END || stream.avail_out != 0) {
        code = mir_fail(err, MIRSAL_MALFORMED, "the deflated text is not of its stated size");
    } else {
        packed->data = stream.next_in;
        packed->size = stream.avail_in;
    }

done:
    (void)inflateEnd(&stream);
    return code;
}
