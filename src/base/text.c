/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/text.c - hex, base64url, UUID, UTF-8. Each value has one encoding: what decodes, encodes
 * back to the same text (but for the case of hex digits).
 */
#include "text.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";
static const char base64url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void mir_hex_encode(char *out, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = hex_digits[bytes[i] >> 4];
        out[2 * i + 1] = hex_digits[bytes[i] & 15u];
    }
    out[2 * size] = '\0';
}

/* 0 to 15, or 16 when it is no hex digit. */
static uint8_t hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return (uint8_t)(digit - '0');
    }
    if (digit >= 'a' && digit <= 'f') {
        return (uint8_t)(digit - 'a' + 10);
    }
    if (digit >= 'A' && digit <= 'F') {
        return (uint8_t)(digit - 'A' + 10);
    }
    return 16;
}

int mir_hex_decode(void *out, size_t size, const char *text, size_t text_size)
{
    uint8_t *bytes = out;
    if (size > 0) {
        memset(out, 0, size);
    }
    if (text_size % 2 != 0 || text_size / 2 != size) {
        return 0;
    }
    for (size_t i = 0; i < size; i++) {
        uint8_t high = hex_value(text[2 * i]);
        uint8_t low = hex_value(text[2 * i + 1]);
        if (high > 15 || low > 15) {
            memset(out, 0, size);
            return 0;
        }
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return 1;
}

void mir_base64url_append(struct mir_buf *out, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (left > 1) {
            group |= (uint32_t)bytes[i + 1] << 8;
        }
        if (left > 2) {
            group |= bytes[i + 2];
        }
        char text[4];
        for (size_t k = 0; k < 4; k++) {
            text[k] = base64url_digits[group >> (18 - 6 * k) & 63u];
        }
        mir_buf_append(out, text, left > 2 ? 4 : left + 1);
    }
}

/* 0 to 63, or 64 when it is no digit. */
static uint32_t base64url_value(char digit)
{
    const char *found = digit != '\0' ? strchr(base64url_digits, digit) : NULL;
    return found != NULL ? (uint32_t)(found - base64url_digits) : 64u;
}

int mir_base64url_decode(struct mir_buf *out, const char *text, size_t text_size)
{
    if (text_size % 4 == 1) {
        return 0;
    }
    for (size_t i = 0; i < text_size; i += 4) {
        size_t digits = text_size - i < 4 ? text_size - i : 4;
        uint32_t group = 0;
        for (size_t k = 0; k < digits; k++) {
            uint32_t value = base64url_value(text[i + k]);
            if (value > 63) {
                return 0;
            }
            group |= value << (18 - 6 * k);
        }
        uint8_t bytes[3] = { (uint8_t)(group >> 16), (uint8_t)(group >> 8), (uint8_t)group };
        uint32_t spare = digits == 2 ? 0xFFFFu : digits == 3 ? 0xFFu : 0u;
        if ((group & spare) != 0) {
            return 0;
        }
        mir_buf_append(out, bytes, digits - 1);
    }
    return out->failed == MIRSAL_OK;
}

static int is_uuid_dash(size_t at)
{
    return at == 8 || at == 13 || at == 18 || at == 23;
}

void mir_uuid_format(char out[MIR_UUID_TEXT_SIZE], const mirsal_id *id)
{
    size_t digit = 0;
    for (size_t at = 0; at < MIR_UUID_TEXT_SIZE - 1; at++) {
        if (is_uuid_dash(at)) {
            out[at] = '-';
        } else {
            uint8_t byte = id->bytes[digit / 2];
            out[at] = hex_digits[digit % 2 == 0 ? byte >> 4 : byte & 15u];
            digit++;
        }
    }
    out[MIR_UUID_TEXT_SIZE - 1] = '\0';
}

int mir_uuid_parse(mirsal_id *out, const char *text, size_t text_size)
{
    char digits[32];
    size_t count = 0;
    memset(out, 0, sizeof *out);
    if (text_size != MIR_UUID_TEXT_SIZE - 1) {
        return 0;
    }
    for (size_t at = 0; at < text_size; at++) {
        if (!is_uuid_dash(at)) {
            digits[count++] = text[at];
        } else if (text[at] != '-') {
            return 0;
        }
    }
    return mir_hex_decode(out->bytes, sizeof out->bytes, digits, count);
}

/* Length of the character at text (1 to 4), or 0 when it is not one or is NUL. */
static size_t utf8_character(const uint8_t *text, size_t left)
{
    uint8_t lead = text[0];
    uint8_t low = 0x80;
    uint8_t high = 0xBF;
    size_t size = 0;
    if (lead == 0) {
        return 0;
    }
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        size = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        size = 3;
        low = lead == 0xE0 ? 0xA0 : low;   /* shorter forms */
        high = lead == 0xED ? 0x9F : high; /* surrogates */
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        size = 4;
        low = lead == 0xF0 ? 0x90 : low;
        high = lead == 0xF4 ? 0x8F : high; /* beyond U+10FFFF */
    }
    if (size == 0 || size > left || text[1] < low || text[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < size; i++) {
        if ((text[i] & 0xC0u) != 0x80u) {
            return 0;
        }
    }
    return size;
}

size_t mir_utf8_prefix(const void *text, size_t size)
{
    const uint8_t *bytes = text;
    size_t at = 0;
    while (at < size) {
        size_t character = utf8_character(bytes + at, size - at);
        if (character == 0) {
            return at;
        }
        at += character;
    }
    return at;
}

int mir_utf8_valid(const void *text, size_t size)
{
    return mir_utf8_prefix(text, size) == size;
}
