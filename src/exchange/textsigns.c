/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/textsigns.c - see the header.
 */
#include "textsigns.h"

#include <string.h>

#define NO_SIGN ((char)1)

/* Code points from `first` to `last` are one sign, or the digits from it where `sign` is '0'. */
struct range {
    uint32_t first;
    uint32_t last;
    char sign;
};

static const struct range ranges[] = {
    { 0x00a0, 0x00a0, ' ' },
    { 0x00ad, 0x00ad, NO_SIGN },
    { 0x00b0, 0x00b0, MIR_SIGN_DEGREE },
    { 0x00b4, 0x00b4, '\'' },
    { 0x00ba, 0x00ba, MIR_SIGN_DEGREE },
    { 0x02b9, 0x02b9, '\'' },
    { 0x02ba, 0x02ba, '"' },
    { 0x02da, 0x02da, MIR_SIGN_DEGREE },
    { 0x060c, 0x060c, ',' },
    { 0x061c, 0x061c, NO_SIGN },
    { 0x0640, 0x0640, NO_SIGN },
    { 0x0660, 0x0669, '0' },
    { 0x066b, 0x066b, '.' },
    { 0x066c, 0x066c, ',' },
    { 0x06f0, 0x06f9, '0' },
    { 0x2000, 0x200a, ' ' },
    { 0x200b, 0x200f, NO_SIGN },
    { 0x2010, 0x2015, '-' },
    { 0x2018, 0x201b, '\'' },
    { 0x201c, 0x201f, '"' },
    { 0x202a, 0x202e, NO_SIGN },
    { 0x202f, 0x202f, ' ' },
    { 0x2032, 0x2032, '\'' },
    { 0x2033, 0x2033, '"' },
    { 0x2060, 0x206f, NO_SIGN },
    { 0x2212, 0x2212, '-' },
    { 0x3000, 0x3000, ' ' },
    { 0xfeff, 0xfeff, NO_SIGN },
    { 0xff0b, 0xff0b, '+' },
    { 0xff0d, 0xff0d, '-' },
    { 0xff0e, 0xff0e, '.' },
    { 0xff10, 0xff19, '0' },
    { 0xff20, 0xff20, '@' },
};

static char sign_of(uint32_t point)
{
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (point >= ranges[i].first && point <= ranges[i].last) {
            return ranges[i].sign == '0' ? (char)('0' + (point - ranges[i].first)) : ranges[i].sign;
        }
    }
    return MIR_SIGN_OTHER;
}

char mir_sign_next(struct mir_signs *signs)
{
    char sign = NO_SIGN;
    while (sign == NO_SIGN) {
        if (signs->at >= signs->size) {
            return 0;
        }
        const uint8_t *p = signs->data + signs->at;
        size_t left = signs->size - signs->at;
        if (p[0] < 0x80) {
            signs->at++;
            return p[0] < ' ' ? ' ' : (char)p[0];
        }
        size_t width = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
        uint32_t point = width == 4 ? p[0] & 7u : width == 3 ? p[0] & 15u : p[0] & 31u;
        if (width > left) {
            signs->at = signs->size;
            return MIR_SIGN_OTHER;
        }
        for (size_t i = 1; i < width; i++) {
            point = point << 6 | (p[i] & 63u);
        }
        signs->at += width;
        sign = sign_of(point);
    }
    return sign;
}

int mir_sign_is_digit(char sign)
{
    return sign >= '0' && sign <= '9';
}

int mir_sign_is_letter(char sign)
{
    return (sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z');
}

int mir_word_next(struct mir_word *out, struct mir_signs *signs)
{
    char sign = ' ';
    memset(out, 0, sizeof *out);
    while (sign == ' ') {
        sign = mir_sign_next(signs);
    }
    if (sign == 0) {
        return 0;
    }
    for (; sign != 0 && sign != ' '; sign = mir_sign_next(signs)) {
        if (out->size < MIR_WORD_MAX) {
            out->signs[out->size++] = sign;
        }
    }
    return 1;
}

static int begins(const struct mir_word *word, size_t at, const char *text)
{
    size_t size = strlen(text);
    if (at + size > word->size) {
        return 0;
    }
    for (size_t i = 0; i < size; i++) {
        char sign = word->signs[at + i];
        sign = sign >= 'A' && sign <= 'Z' ? (char)(sign - 'A' + 'a') : sign;
        if (sign != text[i]) {
            return 0;
        }
    }
    return 1;
}

size_t mir_word_find(const struct mir_word *word, const char *text)
{
    for (size_t at = 0; at < word->size; at++) {
        int inside = at > 0 && (mir_sign_is_letter(word->signs[at - 1]) ||
                                   mir_sign_is_digit(word->signs[at - 1]));
        if (!inside && begins(word, at, text)) {
            return at;
        }
    }
    return word->size;
}
