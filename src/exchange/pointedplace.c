/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/pointedplace.c - coordinates in free text (pointed.h): decimal degrees, degrees and
 * minutes with or without their signs, grid references, plus codes, links to maps.
 */
#include "textsigns.h"

#include <string.h>

#define NEAR       8u /* signs between the two numbers of a pair */
#define FAR        96u
#define GRID_WORDS 4u

/* A number with a point or a comma: how many digits stand behind it. */
struct decimal {
    unsigned whole;
    unsigned parts;
    char point; /* 0: none */
};

static int is_degrees(const struct decimal *decimal)
{
    return decimal->whole >= 1 && decimal->whole <= 3 &&
           ((decimal->point == '.' && decimal->parts >= 3) ||
               (decimal->point == ',' && decimal->parts >= 4));
}

/* Two decimal degrees close to one another, or a number of degrees with minutes or parts behind. */
static int has_degrees(struct mir_bytes text)
{
    struct mir_signs signs = { text.data, text.size, 0 };
    struct decimal decimal = { 0, 0, 0 };
    size_t gap = FAR; /* signs since the last number that may be a degree */
    int degree = 0;   /* a degree sign stands behind a number, so many signs ago */
    int found = 0;
    char sign = ' ';
    while (sign != 0 && !found) {
        sign = mir_sign_next(&signs);
        if (mir_sign_is_digit(sign)) {
            found = degree > 0 && decimal.whole == 0 && decimal.point == 0;
            decimal.whole += decimal.point == 0;
            decimal.parts += decimal.point != 0;
            continue;
        }
        if ((sign == '.' || sign == ',') && decimal.whole > 0 && decimal.point == 0) {
            decimal.point = sign;
            continue;
        }
        int number = decimal.whole > 0;
        if (is_degrees(&decimal)) {
            found = gap <= NEAR || sign == MIR_SIGN_DEGREE;
            gap = 0;
        } else {
            gap += gap < FAR;
        }
        degree = sign == MIR_SIGN_DEGREE && number ? 3 : degree > 0 ? degree - 1 : 0;
        decimal = (struct decimal){ 0, 0, 0 };
    }
    return found;
}

/* Digits, with a point and the signs of minutes and seconds: "35", "31.5\"". */
static int is_numeric(const struct mir_word *word)
{
    int digits = 0;
    for (size_t i = 0; i < word->size; i++) {
        if (mir_sign_is_digit(word->signs[i])) {
            digits++;
        } else if (word->signs[i] == 0 || strchr(".,'\"", word->signs[i]) == NULL) {
            return 0;
        }
    }
    return digits >= 1;
}

/* N, S: 1; E, W: 2; else 0. A comma may stand behind. */
static int hemisphere(const struct mir_word *word)
{
    if (word->size == 0 || word->size > 2 || (word->size == 2 && word->signs[1] != ',')) {
        return 0;
    }
    return word->signs[0] == 'N' || word->signs[0] == 'S'   ? 1
           : word->signs[0] == 'E' || word->signs[0] == 'W' ? 2
                                                            : 0;
}

/* "35 35 31 N 36 29 41 E", "N 35 35.5 E 36 29.6": both letters, each beside two numbers. */
static int has_minutes(struct mir_bytes text)
{
    struct mir_signs signs = { text.data, text.size, 0 };
    struct mir_word word;
    int seen = 0;
    int waits = 0; /* a letter whose numbers may follow */
    unsigned numbers = 0;
    while (seen != 3 && mir_word_next(&word, &signs)) {
        int letter = hemisphere(&word);
        if (is_numeric(&word)) {
            numbers++;
            seen |= numbers >= 2 ? waits : 0;
            continue;
        }
        if (letter == 0) {
            seen = 0;
        }
        seen |= numbers >= 2 ? letter : 0;
        waits = letter;
        numbers = 0;
    }
    return seen == 3;
}

/* 37SBV1234567890: zone, band, square, an even number of digits. */
static int is_grid(const char *signs, size_t size)
{
    size_t at = 0;
    while (at < size && at < 2 && mir_sign_is_digit(signs[at])) {
        at++;
    }
    size_t letters = at;
    while (
        at < size && signs[at] >= 'A' && signs[at] <= 'Z' && signs[at] != 'I' && signs[at] != 'O') {
        at++;
    }
    size_t digits = at;
    while (at < size && mir_sign_is_digit(signs[at])) {
        at++;
    }
    return letters > 0 && digits - letters == 3 && at == size && at - digits >= 4 &&
           at - digits <= 10 && (at - digits) % 2 == 0;
}

/* The last words, one behind the other: a grid reference in up to four of them. */
static int ends_in_grid(const struct mir_word *words, size_t count)
{
    char signs[MIR_WORD_MAX];
    for (size_t from = count > GRID_WORDS ? count - GRID_WORDS : 0; from < count; from++) {
        size_t size = 0;
        for (size_t i = from; i < count; i++) {
            const struct mir_word *word = &words[i % GRID_WORDS];
            size_t kept = word->size;
            while (kept > 0 && strchr(".,;:)", word->signs[kept - 1]) != NULL) {
                kept--;
            }
            if (size + kept > sizeof signs) {
                break;
            }
            memcpy(signs + size, word->signs, kept);
            size += kept;
        }
        if (is_grid(signs, size)) {
            return 1;
        }
    }
    return 0;
}

/* 8G6XPF2R+MV or PF2R+MV. */
static int is_plus_code(const struct mir_word *word)
{
    static const char alphabet[] = "23456789CFGHJMPQRVWX";
    size_t at = 0;
    while (at < word->size && word->signs[at] != '+' && strchr(alphabet, word->signs[at]) != NULL) {
        at++;
    }
    size_t behind = at + 1;
    while (behind < word->size && strchr(alphabet, word->signs[behind]) != NULL) {
        behind++;
    }
    return (at == 4 || at == 6 || at == 8) && at < word->size && word->signs[at] == '+' &&
           behind - at - 1 >= 2 && behind - at - 1 <= 3;
}

static int is_map(const struct mir_word *word)
{
    static const char *const links[] = { "goo.gl/maps", "maps.app.goo.gl/", "maps.google.",
        "google.com/maps", "maps.apple.com/", "openstreetmap.org/", "osm.org/go/", "w3w.co/",
        "what3words.com/", "wikimapia.org/", "yandex.com/maps", "plus.codes/" };
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        if (mir_word_find(word, links[i]) < word->size) {
            return 1;
        }
    }
    return 0;
}

int mir_pointed_place(struct mir_bytes text)
{
    struct mir_signs signs = { text.data, text.size, 0 };
    struct mir_word words[GRID_WORDS];
    size_t count = 0;
    int found = has_degrees(text) || has_minutes(text);
    while (!found && mir_word_next(&words[count % GRID_WORDS], &signs)) {
        const struct mir_word *word = &words[count % GRID_WORDS];
        count++;
        found = ends_in_grid(words, count) || is_plus_code(word) || is_map(word);
    }
    return found;
}
