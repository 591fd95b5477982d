/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/msgpack.c - the strict MessagePack subset; protocol/encoding.md.
 *
 * Reading is ours, since msgpack-c accepts longer forms and bad UTF-8 and reserves memory by
 * claimed counts. Writing goes through msgpack-c's packer, which always takes the shortest form.
 */
#include "msgpack.h"

#include "fail.h"
#include "mir_limits.h"
#include "text.h"

#include <limits.h> /* pack.h wants it, and does not say so */
#include <msgpack/pack.h>

static int pack_to_buf(void *data, const char *bytes, size_t size)
{
    mir_buf_append(data, bytes, size);
    return 0;
}

static msgpack_packer packer_of(struct mir_buf *buf)
{
    return (msgpack_packer){ .data = buf, .callback = pack_to_buf };
}

void mir_mp_write_nil(struct mir_buf *buf)
{
    msgpack_packer packer = packer_of(buf);
    (void)msgpack_pack_nil(&packer);
}

void mir_mp_write_uint(struct mir_buf *buf, uint64_t value)
{
    msgpack_packer packer = packer_of(buf);
    (void)msgpack_pack_uint64(&packer, value);
}

void mir_mp_write_int(struct mir_buf *buf, int64_t value)
{
    msgpack_packer packer = packer_of(buf);
    (void)msgpack_pack_int64(&packer, value);
}

void mir_mp_write_str(struct mir_buf *buf, const void *text, size_t size)
{
    msgpack_packer packer = packer_of(buf);
    MIR_ASSERT(size <= UINT32_MAX);
    (void)msgpack_pack_str(&packer, size);
    mir_buf_append(buf, text, size);
}

void mir_mp_write_bin(struct mir_buf *buf, const void *data, size_t size)
{
    msgpack_packer packer = packer_of(buf);
    MIR_ASSERT(size <= UINT32_MAX);
    (void)msgpack_pack_bin(&packer, size);
    mir_buf_append(buf, data, size);
}

void mir_mp_write_array(struct mir_buf *buf, uint32_t count)
{
    msgpack_packer packer = packer_of(buf);
    (void)msgpack_pack_array(&packer, count);
}

enum mir_mp_type mir_mp_peek(const struct mir_reader *reader)
{
    if (!mir_reader_ok(reader) || mir_reader_left(reader) == 0) {
        return MIR_MP_BAD;
    }
    uint8_t head = mir_reader_peek(reader);
    if (head <= 0x7f || head >= 0xe0 || (head >= 0xcc && head <= 0xd3)) {
        return MIR_MP_INT;
    }
    if (head >= 0x90 && head <= 0x9f) {
        return MIR_MP_ARRAY;
    }
    if (head >= 0xa0 && head <= 0xbf) {
        return MIR_MP_STR;
    }
    switch (head) {
    case 0xc0:
        return MIR_MP_NIL;
    case 0xc4:
    case 0xc5:
    case 0xc6:
        return MIR_MP_BIN;
    case 0xd9:
    case 0xda:
    case 0xdb:
        return MIR_MP_STR;
    case 0xdc:
    case 0xdd:
        return MIR_MP_ARRAY;
    default:
        return MIR_MP_BAD;
    }
}

/* An unsigned number of 1, 2, 4 or 8 bytes that may not be below min (else a shorter form exists).
 */
static uint64_t read_be(struct mir_reader *reader, unsigned width, uint64_t min)
{
    uint64_t value = 0;
    if (width == 1) {
        value = mir_reader_u8(reader);
    } else if (width == 2) {
        value = mir_reader_be16(reader);
    } else if (width == 4) {
        value = mir_reader_be32(reader);
    } else {
        value = mir_reader_be64(reader);
    }
    if (mir_reader_ok(reader) && value < min) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "not the shortest form");
    }
    return mir_reader_ok(reader) ? value : 0;
}

/* Any integer: its magnitude's two's complement, and whether it is negative. */
static uint64_t read_integer(struct mir_reader *reader, int *negative)
{
    static const uint64_t unsigned_min[4] = { 0x80, 0x100, 0x10000, 0x100000000 };
    *negative = 0;
    if (mir_mp_peek(reader) != MIR_MP_INT) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "not an integer");
        return 0;
    }
    uint8_t head = mir_reader_u8(reader);
    if (head <= 0x7f) {
        return head;
    }
    if (head >= 0xe0) {
        *negative = 1;
        return (uint64_t)(int64_t)(int8_t)head;
    }
    if (head <= 0xcf) {
        return read_be(reader, 1u << (head - 0xcc), unsigned_min[head - 0xcc]);
    }
    uint64_t value = 0;
    int64_t max = 0; /* the largest value this width is the shortest form of */
    switch (head) {
    case 0xd0:
        value = (uint64_t)(int64_t)(int8_t)read_be(reader, 1, 0);
        max = -33;
        break;
    case 0xd1:
        value = (uint64_t)(int64_t)(int16_t)read_be(reader, 2, 0);
        max = (int64_t)INT8_MIN - 1;
        break;
    case 0xd2:
        value = (uint64_t)(int64_t)(int32_t)read_be(reader, 4, 0);
        max = (int64_t)INT16_MIN - 1;
        break;
    default:
        value = read_be(reader, 8, 0);
        max = (int64_t)INT32_MIN - 1;
        break;
    }
    if (mir_reader_ok(reader) && (int64_t)value > max) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "not the shortest form");
    }
    *negative = mir_reader_ok(reader);
    return mir_reader_ok(reader) ? value : 0;
}

uint64_t mir_mp_read_uint(struct mir_reader *reader)
{
    int negative = 0;
    uint64_t value = read_integer(reader, &negative);
    if (negative) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "a negative number");
        return 0;
    }
    return value;
}

uint64_t mir_mp_read_uint_max(struct mir_reader *reader, uint64_t max)
{
    uint64_t value = mir_mp_read_uint(reader);
    if (value > max) {
        mir_reader_fail(reader, MIRSAL_LIMIT, "a number over its limit");
        return 0;
    }
    return value;
}

uint64_t mir_mp_read_uint_in(struct mir_reader *reader, uint64_t max)
{
    uint64_t value = mir_mp_read_uint(reader);
    if (value > max) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "a number out of its range");
        return 0;
    }
    return value;
}

int64_t mir_mp_read_int(struct mir_reader *reader)
{
    int negative = 0;
    uint64_t value = read_integer(reader, &negative);
    if (!negative && value > INT64_MAX) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "a number over 63 bits");
        return 0;
    }
    return (int64_t)value;
}

/* The length that follows a str or bin head; 0 after failure. */
static size_t read_length(struct mir_reader *reader, uint8_t head)
{
    switch (head) {
    case 0xd9:
        return (size_t)read_be(reader, 1, 32);
    case 0xc4:
        return (size_t)read_be(reader, 1, 0);
    case 0xda:
    case 0xc5:
        return (size_t)read_be(reader, 2, 0x100);
    case 0xdb:
    case 0xc6:
        return (size_t)read_be(reader, 4, 0x10000);
    default:
        return head & 0x1fu; /* fixstr */
    }
}

static struct mir_bytes read_bytes(struct mir_reader *reader, size_t size_max)
{
    size_t size = read_length(reader, mir_reader_u8(reader));
    if (!mir_reader_ok(reader)) {
        return (struct mir_bytes){ 0 };
    }
    if (size > mir_reader_left(reader)) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "a length over the bytes left");
    } else if (size > size_max) {
        mir_reader_fail(reader, MIRSAL_LIMIT, "a length over its limit");
    }
    return mir_reader_take(reader, size);
}

struct mir_bytes mir_mp_read_str(struct mir_reader *reader, size_t size_max)
{
    if (mir_mp_peek(reader) != MIR_MP_STR) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "not a text");
        return (struct mir_bytes){ 0 };
    }
    struct mir_bytes text = read_bytes(reader, size_max);
    if (mir_reader_ok(reader) && !mir_utf8_valid(text.data, text.size)) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "a text that is not UTF-8");
        return (struct mir_bytes){ 0 };
    }
    return text;
}

struct mir_bytes mir_mp_read_bin(struct mir_reader *reader, size_t size_max)
{
    if (mir_mp_peek(reader) != MIR_MP_BIN) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "not a byte string");
        return (struct mir_bytes){ 0 };
    }
    return read_bytes(reader, size_max);
}

void mir_mp_read_bin_exact(struct mir_reader *reader, void *out, size_t size)
{
    uint8_t *to = out;
    struct mir_bytes bytes = mir_mp_read_bin(reader, SIZE_MAX);
    if (mir_reader_ok(reader) && bytes.size != size) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "a byte string of another size");
    }
    for (size_t i = 0; i < size; i++) {
        to[i] = mir_reader_ok(reader) ? bytes.data[i] : 0;
    }
}

uint32_t mir_mp_read_array(struct mir_reader *reader, uint32_t count_max)
{
    uint64_t count = 0;
    if (mir_mp_peek(reader) != MIR_MP_ARRAY) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "not an array");
        return 0;
    }
    uint8_t head = mir_reader_u8(reader);
    if (head == 0xdc) {
        count = read_be(reader, 2, 16);
    } else if (head == 0xdd) {
        count = read_be(reader, 4, 0x10000);
    } else {
        count = head & 0x0fu;
    }
    if (count > mir_reader_left(reader)) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "a count over the bytes left");
    } else if (count > count_max) {
        mir_reader_fail(reader, MIRSAL_LIMIT, "a count over its limit");
    }
    return mir_reader_ok(reader) ? (uint32_t)count : 0;
}

void mir_mp_read_array_exact(struct mir_reader *reader, uint32_t count)
{
    if (mir_mp_read_array(reader, UINT32_MAX) != count && mir_reader_ok(reader)) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "an array of another length");
    }
}

int mir_mp_read_nil_if(struct mir_reader *reader)
{
    if (mir_mp_peek(reader) != MIR_MP_NIL) {
        return 0;
    }
    (void)mir_reader_u8(reader);
    return 1;
}

/* One head with the bytes that belong to it; the count of elements when it is an array. */
static uint32_t skip_one(struct mir_reader *reader)
{
    int negative = 0;
    switch (mir_mp_peek(reader)) {
    case MIR_MP_NIL:
        (void)mir_reader_u8(reader);
        return 0;
    case MIR_MP_INT:
        (void)read_integer(reader, &negative);
        return 0;
    case MIR_MP_STR:
        (void)mir_mp_read_str(reader, SIZE_MAX);
        return 0;
    case MIR_MP_BIN:
        (void)mir_mp_read_bin(reader, SIZE_MAX);
        return 0;
    case MIR_MP_ARRAY:
        return mir_mp_read_array(reader, UINT32_MAX);
    case MIR_MP_BAD:
    default:
        mir_reader_fail(reader, MIRSAL_MALFORMED, "a form that is not allowed");
        return 0;
    }
}

static struct mir_bytes read_nested(struct mir_reader *reader, size_t depth_max)
{
    uint32_t left[MIR_MP_STRUCTURE_DEPTH + 1] = { 1 }; /* elements to come, per open array */
    size_t depth = 0;
    size_t mark = reader->at;
    while (mir_reader_ok(reader)) {
        if (left[depth] == 0) {
            if (depth == 0) {
                break;
            }
            depth--;
            continue;
        }
        left[depth]--;
        int array = mir_mp_peek(reader) == MIR_MP_ARRAY;
        uint32_t count = skip_one(reader);
        if (array && depth == depth_max) {
            mir_reader_fail(reader, MIRSAL_LIMIT, "arrays nested too deep");
        } else if (array) {
            left[++depth] = count;
        }
    }
    return mir_reader_since(reader, mark);
}

struct mir_bytes mir_mp_read_value(struct mir_reader *reader, size_t size_max)
{
    struct mir_bytes value = read_nested(reader, MIR_MSGPACK_DEPTH_MAX);
    if (value.size > size_max) {
        mir_reader_fail(reader, MIRSAL_LIMIT, "a value over its limit");
        return (struct mir_bytes){ 0 };
    }
    return value;
}

struct mir_bytes mir_mp_read_structure(struct mir_reader *reader)
{
    return read_nested(reader, MIR_MP_STRUCTURE_DEPTH);
}
