/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/text.h - text encodings: hex, base64url, UUID, UTF-8.
 */
#ifndef MIR_TEXT_H
#define MIR_TEXT_H

#include "buf.h"

/* out has room for 2 * size + 1. Lower case, NUL-terminated. */
void mir_hex_encode(char *out, const void *data, size_t size);
/* Exactly 2 * size hex digits. Returns 1, or 0 and out is zeroed. */
int mir_hex_decode(void *out, size_t size, const char *text, size_t text_size);

/* RFC 4648 section 5, no padding. */
void mir_base64url_append(struct mir_buf *out, const void *data, size_t size);
/* Refuses padding, other alphabets, non-zero spare bits. Returns 1 or 0. */
int mir_base64url_decode(struct mir_buf *out, const char *text, size_t text_size);

#define MIR_UUID_TEXT_SIZE 37u
void mir_uuid_format(char out[MIR_UUID_TEXT_SIZE], const mirsal_id *id);
int mir_uuid_parse(mirsal_id *out, const char *text, size_t text_size);

/* 1 when valid UTF-8 (RFC 3629: shortest, no surrogates, ≤ U+10FFFF) and without NUL. */
int mir_utf8_valid(const void *text, size_t size);
/* Length in bytes of the longest valid prefix. */
size_t mir_utf8_prefix(const void *text, size_t size);

#endif
