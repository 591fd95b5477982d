/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/json_out.h - JSON appended to a buffer, piece by piece.
 *
 * Commas come by themselves: a key or an item that does not follow an opening bracket puts one
 * before it. Text is UTF-8 that was judged; only what JSON demands is escaped.
 */
#ifndef MIR_JSON_OUT_H
#define MIR_JSON_OUT_H

#include "buf.h"

void mir_json_open(struct mir_buf *out, char bracket);  /* '{' or '[' */
void mir_json_close(struct mir_buf *out, char bracket); /* '}' or ']' */
/* Before a value of an object, of an array. */
void mir_json_key(struct mir_buf *out, const char *key);
void mir_json_item(struct mir_buf *out);

void mir_json_null(struct mir_buf *out);
void mir_json_bool(struct mir_buf *out, int value);
void mir_json_int(struct mir_buf *out, int64_t value);
void mir_json_uint(struct mir_buf *out, uint64_t value);
void mir_json_text(struct mir_buf *out, const char *text);
void mir_json_bytes(struct mir_buf *out, struct mir_bytes text); /* UTF-8 */
void mir_json_hash(struct mir_buf *out, const mirsal_hash *hash);
void mir_json_uuid(struct mir_buf *out, const mirsal_id *id);
/* A number of ten-millionths as decimal degrees, without trailing zeros. */
void mir_json_degrees(struct mir_buf *out, int64_t value);
/* "YYYY-MM-DD". */
void mir_json_day(struct mir_buf *out, int64_t day);
/* "YYYY-MM-DDThh:mm:ssZ", or with milliseconds; offset in minutes, 0: Z. */
void mir_json_time(struct mir_buf *out, int64_t ms, int offset, int with_ms);
/* The time of a stamp, with milliseconds. */
void mir_json_stamp(struct mir_buf *out, uint64_t stamp);

/* A key and its value; hex of 32 bytes at most. */
void mir_json_put_hex(struct mir_buf *out, const char *key, const uint8_t *data, size_t size);
void mir_json_put_bytes(struct mir_buf *out,
    const char *key,
    struct mir_bytes text); /* empty: null */

#endif
