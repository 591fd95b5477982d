/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/json_out.c - see the header. Whether a comma is due shows in the byte written last: a
 * string ends with its quote, so an opening bracket there is one of structure.
 */
#include "json_out.h"

#include "dates.h"
#include "fail.h"
#include "stamp.h"
#include "text.h"

#include <string.h>

static void put_comma(struct mir_buf *out)
{
    if (out->size == 0 || out->failed != MIRSAL_OK) {
        return;
    }
    uint8_t last = out->data[out->size - 1];
    if (last != '{' && last != '[') {
        mir_buf_append_u8(out, ',');
    }
}

void mir_json_open(struct mir_buf *out, char bracket)
{
    mir_buf_append_u8(out, (uint8_t)bracket);
}

void mir_json_close(struct mir_buf *out, char bracket)
{
    mir_buf_append_u8(out, (uint8_t)bracket);
}

void mir_json_key(struct mir_buf *out, const char *key)
{
    put_comma(out);
    mir_json_text(out, key);
    mir_buf_append_u8(out, ':');
}

void mir_json_item(struct mir_buf *out)
{
    put_comma(out);
}

void mir_json_null(struct mir_buf *out)
{
    mir_buf_append_text(out, "null");
}

void mir_json_bool(struct mir_buf *out, int value)
{
    mir_buf_append_text(out, value ? "true" : "false");
}

void mir_json_int(struct mir_buf *out, int64_t value)
{
    mir_buf_append_format(out, "%lld", (long long)value);
}

void mir_json_uint(struct mir_buf *out, uint64_t value)
{
    mir_buf_append_format(out, "%llu", (unsigned long long)value);
}

void mir_json_text(struct mir_buf *out, const char *text)
{
    mir_json_bytes(out, (struct mir_bytes){ (const uint8_t *)text, strlen(text) });
}

static void put_escaped(struct mir_buf *out, uint8_t byte)
{
    static const char shorts[] = "\bb\tt\nn\ff\rr\"\"\\\\";
    for (size_t i = 0; i + 1 < sizeof shorts; i += 2) {
        if ((uint8_t)shorts[i] == byte) {
            mir_buf_append_u8(out, '\\');
            mir_buf_append_u8(out, (uint8_t)shorts[i + 1]);
            return;
        }
    }
    mir_buf_append_format(out, "\\u%04x", (unsigned)byte);
}

void mir_json_bytes(struct mir_buf *out, struct mir_bytes text)
{
    mir_buf_append_u8(out, '"');
    size_t plain = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f) {
            continue;
        }
        if (i > plain) {
            mir_buf_append(out, text.data + plain, i - plain);
        }
        put_escaped(out, byte);
        plain = i + 1;
    }
    if (text.size > plain) {
        mir_buf_append(out, text.data + plain, text.size - plain);
    }
    mir_buf_append_u8(out, '"');
}

void mir_json_hash(struct mir_buf *out, const mirsal_hash *hash)
{
    char text[2 * sizeof hash->bytes + 1];
    mir_hex_encode(text, hash->bytes, sizeof hash->bytes);
    mir_json_text(out, text);
}

void mir_json_uuid(struct mir_buf *out, const mirsal_id *id)
{
    char text[MIR_UUID_TEXT_SIZE];
    mir_uuid_format(text, id);
    mir_json_text(out, text);
}

void mir_json_degrees(struct mir_buf *out, int64_t value)
{
    uint64_t whole = value < 0 ? (uint64_t)(-value) : (uint64_t)value;
    unsigned long long fraction = whole % 10000000u;
    int digits = 7;
    while (digits > 0 && fraction % 10 == 0) {
        fraction /= 10;
        digits--;
    }
    mir_buf_append_format(
        out, "%s%llu", value < 0 ? "-" : "", (unsigned long long)(whole / 10000000u));
    mir_buf_append_format(out, ".%0*llu", digits > 0 ? digits : 1, fraction);
}

void mir_json_day(struct mir_buf *out, int64_t day)
{
    char text[MIR_DAY_TEXT_SIZE];
    mir_day_format(text, day);
    mir_json_text(out, text);
}

void mir_json_time(struct mir_buf *out, int64_t ms, int offset, int with_ms)
{
    char text[MIR_TIME_TEXT_SIZE];
    mir_time_format(text, ms, offset, with_ms);
    mir_json_text(out, text);
}

void mir_json_stamp(struct mir_buf *out, uint64_t stamp)
{
    mir_json_time(out, (int64_t)mir_stamp_ms(stamp), 0, 1);
}

void mir_json_put_hex(struct mir_buf *out, const char *key, const uint8_t *data, size_t size)
{
    char text[65];
    MIR_ASSERT(2 * size < sizeof text);
    mir_hex_encode(text, data, size);
    mir_json_key(out, key);
    mir_json_text(out, text);
}

void mir_json_put_bytes(struct mir_buf *out, const char *key, struct mir_bytes text)
{
    mir_json_key(out, key);
    if (text.size == 0) {
        mir_json_null(out);
    } else {
        mir_json_bytes(out, text);
    }
}
