/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/pointed.c - see the header.
 *
 * The text is first turned into signs of one byte: digits of every script as ASCII digits, other
 * letters as 'x', so that each pattern is looked for once. Words are split at blanks.
 */
#include "pointed.h"

#include <string.h>

#define PHONE_DIGITS_MIN 8u
#define PHONE_DIGITS_MAX 15u
#define WINDOW           96u /* signs of one word or number that are looked at */

/* A letter or sign that is none of ASCII. */
#define OTHER  'x'
#define DEGREE 'o'

struct scan {
    const uint8_t *data;
    size_t size;
    size_t at;
};

/* The next sign, 0 at the end. */
static char next_sign(struct scan *scan)
{
    if (scan->at >= scan->size) {
        return 0;
    }
    const uint8_t *p = scan->data + scan->at;
    size_t left = scan->size - scan->at;
    if (p[0] < 0x80) {
        scan->at++;
        return p[0] == 0 ? ' ' : (char)p[0];
    }
    size_t width = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    scan->at += width < left ? width : left;
    if (left < 2) {
        return OTHER;
    }
    if (p[0] == 0xd9 && p[1] >= 0xa0 && p[1] <= 0xa9) { /* U+0660 to U+0669 */
        return (char)('0' + (p[1] - 0xa0));
    }
    if (p[0] == 0xdb && p[1] >= 0xb0 && p[1] <= 0xb9) { /* U+06F0 to U+06F9 */
        return (char)('0' + (p[1] - 0xb0));
    }
    if (p[0] == 0xd9 && p[1] == 0xab) { /* the Arabic decimal separator */
        return '.';
    }
    if ((p[0] == 0xd8 && p[1] == 0x8c)) { /* the Arabic comma */
        return ',';
    }
    if (p[0] == 0xc2 && p[1] == 0xb0) {
        return DEGREE | (char)0x80;
    }
    if (p[0] == 0xc2 && p[1] == 0xa0) {
        return ' ';
    }
    return OTHER;
}

static int is_digit(char sign)
{
    return sign >= '0' && sign <= '9';
}

static int is_letter(char sign)
{
    return (sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z');
}

/* What may stand between the digits of a telephone number. */
static int is_phone_gap(char sign)
{
    return sign == ' ' || sign == '-' || sign == '/' || sign == '(' || sign == ')' || sign == '.';
}

/* One number with the gaps that people write in telephone numbers. */
struct number {
    unsigned digits; /* all */
    unsigned group;  /* of the group at hand */
    unsigned groups;
    unsigned longest;
    unsigned points;
    unsigned gaps; /* in a row */
    int plus;
};

static int is_phone(const struct number *number)
{
    if (number->digits < PHONE_DIGITS_MIN || number->digits > PHONE_DIGITS_MAX) {
        return 0;
    }
    /* Dates and figures are short groups or one point; a number with a plus is one in any form. */
    return number->plus || number->longest >= 6 ||
           (number->groups >= 3 && number->digits >= 9 && number->points == 0);
}

static unsigned scan_phones(struct mir_bytes text)
{
    struct scan scan = { text.data, text.size, 0 };
    struct number number;
    unsigned found = 0;
    char before = ' ';
    int more = 1;
    memset(&number, 0, sizeof number);
    while (more) {
        char sign = next_sign(&scan);
        more = sign != 0;
        if (is_digit(sign)) {
            if (number.digits == 0) {
                number.plus = before == '+';
            }
            number.groups += number.group == 0;
            number.digits++;
            number.group++;
            number.longest = number.group > number.longest ? number.group : number.longest;
            number.gaps = 0;
        } else if (number.digits > 0 && is_phone_gap(sign) && number.gaps < 2) {
            number.points += sign == '.';
            number.group = 0;
            number.gaps++;
        } else {
            found |= is_phone(&number) ? MIR_POINTED_PHONE : 0u;
            memset(&number, 0, sizeof number);
        }
        before = sign;
    }
    return found;
}

/* A word: what stands between blanks. */
struct word {
    char signs[WINDOW];
    size_t size;
};

static int is_iban(const struct word *word)
{
    size_t digits = 0;
    size_t signs = 0;
    if (word->size < 4 || !is_letter(word->signs[0]) || !is_letter(word->signs[1]) ||
        !is_digit(word->signs[2]) || !is_digit(word->signs[3])) {
        return 0;
    }
    for (size_t i = 4; i < word->size; i++) {
        digits += (size_t)is_digit(word->signs[i]);
        signs += (size_t)(is_digit(word->signs[i]) || is_letter(word->signs[i]));
    }
    return signs >= 11 && digits >= 8 && signs + 4 >= word->size - 1;
}

/* user@host, or @name at a word's beginning. */
static int is_address(const struct word *word)
{
    for (size_t i = 0; i + 2 < word->size; i++) {
        if (word->signs[i] != '@') {
            continue;
        }
        int follows = is_letter(word->signs[i + 1]) || is_digit(word->signs[i + 1]) ||
                      word->signs[i + 1] == '_' || word->signs[i + 1] == OTHER;
        if (follows && (i == 0 || is_letter(word->signs[i - 1]) || is_digit(word->signs[i - 1]) ||
                           strchr("(\"'<:._-+", word->signs[i - 1]) != NULL)) {
            return 1;
        }
    }
    return 0;
}

static int begins(const struct word *word, size_t at, const char *text)
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

/* A page of somebody's at a service where people have names, or any URL with a user before its
 * host. */
static int is_profile(const struct word *word)
{
    static const char *const hosts[] = { "facebook.com/", "fb.com/", "t.me/", "twitter.com/",
        "x.com/", "instagram.com/", "tiktok.com/@", "wa.me/", "youtube.com/@", "vk.com/",
        "telegram.me/", "linkedin.com/in/" };
    for (size_t at = 0; at < word->size; at++) {
        if (at > 0 && (is_letter(word->signs[at - 1]) || is_digit(word->signs[at - 1]))) {
            continue;
        }
        for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
            if (begins(word, at, hosts[i]) && at + strlen(hosts[i]) < word->size) {
                return 1;
            }
        }
    }
    return 0;
}

static unsigned scan_accounts(struct mir_bytes text)
{
    struct scan scan = { text.data, text.size, 0 };
    struct word word;
    unsigned found = 0;
    int more = 1;
    word.size = 0;
    while (more && !found) {
        char sign = next_sign(&scan);
        more = sign != 0;
        int blank = sign == 0 || sign == ' ' || sign == '\n' || sign == '\t' || sign == '\r';
        if (!blank && word.size < WINDOW) {
            word.signs[word.size++] = sign;
        } else if (blank) {
            found = is_iban(&word) || is_address(&word) || is_profile(&word);
            word.size = 0;
        }
    }
    return found ? MIR_POINTED_ACCOUNT : 0;
}

/* A number with a point: how many digits stand behind it. */
struct decimal {
    unsigned whole;
    unsigned parts;
    int point;
};

static int is_degrees(const struct decimal *decimal)
{
    return decimal->point && decimal->whole >= 1 && decimal->whole <= 3 && decimal->parts >= 3;
}

/* Two decimal degrees close to one another, or a number of degrees with minutes behind. */
static unsigned scan_coordinates(struct mir_bytes text)
{
    struct scan scan = { text.data, text.size, 0 };
    struct decimal decimal;
    size_t gap = WINDOW; /* signs since the last number that may be a degree */
    int degree = 0;      /* a degree sign stands behind a number, so many signs ago */
    unsigned found = 0;
    int more = 1;
    memset(&decimal, 0, sizeof decimal);
    while (more) {
        char sign = next_sign(&scan);
        more = sign != 0;
        if (is_digit(sign)) {
            found |=
                degree > 0 && decimal.whole == 0 && !decimal.point ? MIR_POINTED_COORDINATE : 0u;
            decimal.whole += !decimal.point;
            decimal.parts += (unsigned)decimal.point;
            continue;
        }
        if (sign == '.' && decimal.whole > 0 && !decimal.point) {
            decimal.point = 1;
            continue;
        }
        int number = decimal.whole > 0;
        if (is_degrees(&decimal)) {
            found |= gap <= 8 ? MIR_POINTED_COORDINATE : 0u;
            gap = 0;
        } else {
            gap += gap < WINDOW;
        }
        degree = sign == (DEGREE | (char)0x80) && number ? 3 : degree > 0 ? degree - 1 : 0;
        memset(&decimal, 0, sizeof decimal);
    }
    return found;
}

unsigned mir_pointed_scan(struct mir_bytes text)
{
    return scan_phones(text) | scan_accounts(text) | scan_coordinates(text);
}

const char *mir_pointed_name(enum mir_pointed what)
{
    return what == MIR_POINTED_PHONE     ? "phone"
           : what == MIR_POINTED_ACCOUNT ? "account"
                                         : "coordinate";
}
