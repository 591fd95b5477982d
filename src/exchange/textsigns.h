/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/textsigns.h - free text as signs of one byte, for patterns (pointed.h).
 *
 * Digits of Arabic, Persian and full width are ASCII digits, dashes and blanks of all kinds '-' and
 * ' ', primes and quotes ' and ", other letters 'x'. Marks of direction and joiners, which stand
 * inside numbers of Arabic texts, are no signs.
 */
#ifndef MIR_TEXTSIGNS_H
#define MIR_TEXTSIGNS_H

#include "buf.h"

#define MIR_SIGN_OTHER  'x'
#define MIR_SIGN_DEGREE ((char)0x80)

struct mir_signs {
    const uint8_t *data;
    size_t size;
    size_t at;
};

/* The next sign, 0 at the end. */
char mir_sign_next(struct mir_signs *signs);

int mir_sign_is_digit(char sign);
int mir_sign_is_letter(char sign); /* of ASCII */

#define MIR_WORD_MAX 96u /* signs of a word that are looked at */

/* What stands between blanks. */
struct mir_word {
    char signs[MIR_WORD_MAX];
    size_t size;
};

/* 0 at the end of the text. */
int mir_word_next(struct mir_word *out, struct mir_signs *signs);
/* Where the text (lower case) begins in the word, in any case and not behind a letter or digit; at
 * least the word's size when it does not. */
size_t mir_word_find(const struct mir_word *word, const char *text);

/* For mir_pointed_scan: 1 when the text holds what looks like coordinates. */
int mir_pointed_place(struct mir_bytes text);

#endif
