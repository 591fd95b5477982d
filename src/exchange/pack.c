/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/pack.c - MessagePack in its shortest forms; the heads are those of its specification.
 */
#include "pack.h"

#include "fail.h"

void mir_pack_nil(struct mir_buf *out)
{
    mir_buf_append_u8(out, 0xc0);
}

static void pack_unsigned(struct mir_buf *out, uint64_t value)
{
    if (value < 0x80u) {
        mir_buf_append_u8(out, (uint8_t)value);
    } else if (value <= UINT8_MAX) {
        mir_buf_append_u8(out, 0xcc);
        mir_buf_append_u8(out, (uint8_t)value);
    } else if (value <= UINT16_MAX) {
        mir_buf_append_u8(out, 0xcd);
        mir_buf_append_be16(out, (uint16_t)value);
    } else if (value <= UINT32_MAX) {
        mir_buf_append_u8(out, 0xce);
        mir_buf_append_be32(out, (uint32_t)value);
    } else {
        mir_buf_append_u8(out, 0xcf);
        mir_buf_append_be64(out, value);
    }
}

void mir_pack_int(struct mir_buf *out, int64_t value)
{
    if (value >= 0) {
        pack_unsigned(out, (uint64_t)value);
    } else if (value >= -32) {
        mir_buf_append_u8(out, (uint8_t)(value & 0xff));
    } else if (value >= INT8_MIN) {
        mir_buf_append_u8(out, 0xd0);
        mir_buf_append_u8(out, (uint8_t)(value & 0xff));
    } else if (value >= INT16_MIN) {
        mir_buf_append_u8(out, 0xd1);
        mir_buf_append_be16(out, (uint16_t)(value & 0xffff));
    } else if (value >= INT32_MIN) {
        mir_buf_append_u8(out, 0xd2);
        mir_buf_append_be32(out, (uint32_t)(value & 0xffffffff));
    } else {
        mir_buf_append_u8(out, 0xd3);
        mir_buf_append_be64(out, (uint64_t)value);
    }
}

/* A head with the size in one, two or four bytes. first: the head of the one-byte size. */
static void pack_size(struct mir_buf *out, uint8_t first, size_t size)
{
    MIR_ASSERT(size <= UINT32_MAX);
    if (size <= UINT8_MAX) {
        mir_buf_append_u8(out, first);
        mir_buf_append_u8(out, (uint8_t)size);
    } else if (size <= UINT16_MAX) {
        mir_buf_append_u8(out, (uint8_t)(first + 1));
        mir_buf_append_be16(out, (uint16_t)size);
    } else {
        mir_buf_append_u8(out, (uint8_t)(first + 2));
        mir_buf_append_be32(out, (uint32_t)size);
    }
}

void mir_pack_text(struct mir_buf *out, const void *text, size_t size)
{
    if (size < 32) {
        mir_buf_append_u8(out, (uint8_t)(0xa0u | size));
    } else {
        pack_size(out, 0xd9, size);
    }
    mir_buf_append(out, text, size);
}

void mir_pack_bin(struct mir_buf *out, const void *data, size_t size)
{
    pack_size(out, 0xc4, size);
    mir_buf_append(out, data, size);
}

void mir_pack_array(struct mir_buf *out, size_t count)
{
    MIR_ASSERT(count <= UINT32_MAX);
    if (count < 16) {
        mir_buf_append_u8(out, (uint8_t)(0x90u | count));
    } else if (count <= UINT16_MAX) {
        mir_buf_append_u8(out, 0xdc);
        mir_buf_append_be16(out, (uint16_t)count);
    } else {
        mir_buf_append_u8(out, 0xdd);
        mir_buf_append_be32(out, (uint32_t)count);
    }
}

static uint64_t read_number(struct mir_reader *reader, unsigned width)
{
    switch (width) {
    case 0:
        return mir_reader_u8(reader);
    case 1:
        return mir_reader_be16(reader);
    case 2:
        return mir_reader_be32(reader);
    default:
        return mir_reader_be64(reader);
    }
}

static int64_t read_signed(struct mir_reader *reader, unsigned width)
{
    uint64_t bits = read_number(reader, width);
    uint64_t sign = UINT64_C(1) << (8u * (1u << width) - 1u);
    uint64_t wide = (bits ^ sign) - sign;
    return wide <= INT64_MAX ? (int64_t)wide : -(int64_t)(~wide) - 1;
}

static struct mir_packed take_bytes(struct mir_reader *reader,
    enum mir_packed_kind kind,
    size_t size)
{
    return (struct mir_packed){ .kind = kind, .bytes = mir_reader_take(reader, size) };
}

static struct mir_packed read_long(struct mir_reader *reader, uint8_t head)
{
    struct mir_packed item = { 0 };
    switch (head) {
    case 0xc0:
        item.kind = MIR_PACKED_NIL;
        return item;
    case 0xc4:
    case 0xc5:
    case 0xc6:
        return take_bytes(reader, MIR_PACKED_BIN, (size_t)read_number(reader, head - 0xc4u));
    case 0xd9:
    case 0xda:
    case 0xdb:
        return take_bytes(reader, MIR_PACKED_TEXT, (size_t)read_number(reader, head - 0xd9u));
    case 0xdc:
    case 0xdd:
        item.kind = MIR_PACKED_ARRAY;
        item.count = (size_t)read_number(reader, head - 0xdcu + 1u);
        return item;
    default:
        break;
    }
    if (head >= 0xcc && head <= 0xcf) {
        uint64_t number = read_number(reader, head - 0xccu);
        item.kind = number <= INT64_MAX ? MIR_PACKED_INT : MIR_PACKED_NONE;
        item.number = number <= INT64_MAX ? (int64_t)number : 0;
    } else if (head >= 0xd0 && head <= 0xd3) {
        item.kind = MIR_PACKED_INT;
        item.number = read_signed(reader, head - 0xd0u);
    }
    return item;
}

struct mir_packed mir_packed_next(struct mir_reader *reader)
{
    struct mir_packed item = { 0 };
    if (!mir_reader_ok(reader) || mir_reader_left(reader) == 0) {
        return item;
    }
    uint8_t head = mir_reader_u8(reader);
    if (head < 0x80u) {
        item.kind = MIR_PACKED_INT;
        item.number = head;
    } else if (head >= 0xe0u) {
        item.kind = MIR_PACKED_INT;
        item.number = (int64_t)head - 256;
    } else if (head >= 0xa0u && head <= 0xbfu) {
        item = take_bytes(reader, MIR_PACKED_TEXT, head & 0x1fu);
    } else if (head >= 0x90u && head <= 0x9fu) {
        item.kind = MIR_PACKED_ARRAY;
        item.count = head & 0x0fu;
    } else {
        item = read_long(reader, head);
    }
    return mir_reader_ok(reader) ? item : (struct mir_packed){ 0 };
}

struct mir_bytes mir_packed_whole(struct mir_reader *reader)
{
    size_t mark = reader->at;
    uint64_t left = 1;
    while (left > 0) {
        struct mir_packed item = mir_packed_next(reader);
        if (item.kind == MIR_PACKED_NONE) {
            return (struct mir_bytes){ NULL, 0 };
        }
        left += item.count;
        left--;
    }
    return mir_reader_since(reader, mark);
}

struct mir_packed mir_packed_of(struct mir_bytes value)
{
    struct mir_reader reader;
    mir_reader_init(&reader, value.data, value.size);
    return mir_packed_next(&reader);
}

int mir_packed_unknown(struct mir_bytes value)
{
    return value.size == 1 && value.data[0] == 0x90;
}
