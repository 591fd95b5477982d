/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/reader.c - the one cursor for bytes from outside.
 *
 * Every read goes through take_bytes, which is the only bounds check. at ≤ size holds always.
 */
#include "reader.h"

#include "fail.h"

#include <string.h>

void mir_reader_init(struct mir_reader *reader, const void *data, size_t size)
{
    memset(reader, 0, sizeof *reader);
    MIR_ASSERT(data != NULL || size == 0);
    reader->data = data;
    reader->size = size;
}

size_t mir_reader_left(const struct mir_reader *reader)
{
    return reader->failed == MIRSAL_OK ? reader->size - reader->at : 0;
}

int mir_reader_ok(const struct mir_reader *reader)
{
    return reader->failed == MIRSAL_OK;
}

void mir_reader_fail(struct mir_reader *reader, mirsal_code code, const char *what)
{
    MIR_ASSERT(code != MIRSAL_OK);
    if (reader->failed == MIRSAL_OK) {
        reader->failed = code;
        reader->failed_at = reader->at;
        reader->what = what;
    }
}

/* size bytes and past them, or NULL and failed. size 0 gives NULL without failure. */
static const uint8_t *take_bytes(struct mir_reader *reader, size_t size)
{
    if (reader->failed != MIRSAL_OK || size == 0) {
        return NULL;
    }
    if (size > reader->size - reader->at) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "ends early");
        return NULL;
    }
    const uint8_t *bytes = reader->data + reader->at;
    reader->at += size;
    return bytes;
}

static uint64_t take_big_endian(struct mir_reader *reader, size_t size)
{
    const uint8_t *bytes = take_bytes(reader, size);
    uint64_t value = 0;
    if (bytes != NULL) {
        for (size_t i = 0; i < size; i++) {
            value = value << 8 | bytes[i];
        }
    }
    return value;
}

uint8_t mir_reader_u8(struct mir_reader *reader)
{
    return (uint8_t)take_big_endian(reader, 1);
}

uint8_t mir_reader_peek(const struct mir_reader *reader)
{
    return mir_reader_left(reader) > 0 ? reader->data[reader->at] : 0;
}

uint16_t mir_reader_be16(struct mir_reader *reader)
{
    return (uint16_t)take_big_endian(reader, 2);
}

uint32_t mir_reader_be32(struct mir_reader *reader)
{
    return (uint32_t)take_big_endian(reader, 4);
}

uint64_t mir_reader_be64(struct mir_reader *reader)
{
    return take_big_endian(reader, 8);
}

struct mir_bytes mir_reader_take(struct mir_reader *reader, size_t size)
{
    struct mir_bytes bytes = { take_bytes(reader, size), 0 };
    if (bytes.data != NULL) {
        bytes.size = size;
    }
    return bytes;
}

void mir_reader_copy(struct mir_reader *reader, void *out, size_t size)
{
    const uint8_t *bytes = take_bytes(reader, size);
    if (bytes != NULL) {
        memcpy(out, bytes, size);
    } else if (size > 0) {
        memset(out, 0, size);
    }
}

struct mir_bytes mir_reader_since(const struct mir_reader *reader, size_t mark)
{
    MIR_ASSERT(mark <= reader->at);
    struct mir_bytes bytes = { NULL, 0 };
    if (reader->failed == MIRSAL_OK && mark < reader->at) {
        bytes.data = reader->data + mark;
        bytes.size = reader->at - mark;
    }
    return bytes;
}

mirsal_code mir_reader_finish(const struct mir_reader *reader, const char *what, mirsal_error *err)
{
    mirsal_code code = reader->failed;
    size_t offset = reader->failed_at;
    const char *reason = reader->what;
    if (code == MIRSAL_OK && reader->at < reader->size) {
        code = MIRSAL_MALFORMED;
        offset = reader->at;
        reason = "trailing bytes";
    }
    if (code == MIRSAL_OK) {
        return MIRSAL_OK;
    }
    (void)mir_fail(err, code, "%s: %s at byte %zu", what, reason, offset);
    if (err != NULL) {
        err->offset = offset;
    }
    return code;
}
