/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/words.c - fingerprints as words; see the header.
 *
 * A word is two syllables of a consonant and a vowel that English and Arabic both have, each with
 * one letter of the Arabic script: 48 × 48 words, less those that nobody should have to say.
 */
#include "words.h"

#include "fail.h"

#include <stdio.h>

#define VOWELS    3u
#define SYLLABLES 48u
#define WORD_BITS 11u
#define SCRIPTS   2u

static const char *const consonants[SYLLABLES / VOWELS][SCRIPTS] = { { "b", "ب" }, { "d", "د" },
    { "f", "ف" }, { "h", "ه" }, { "j", "ج" }, { "k", "ك" }, { "l", "ل" }, { "m", "م" },
    { "n", "ن" }, { "r", "ر" }, { "s", "س" }, { "sh", "ش" }, { "t", "ت" }, { "z", "ز" },
    { "w", "و" }, { "y", "ي" } };
static const char *const vowels[VOWELS][SCRIPTS] = { { "a", "ا" }, { "i", "ي" }, { "u", "و" } };

enum { C_B, C_D, C_F, C_H, C_J, C_K, C_L, C_M, C_N, C_R, C_S, C_SH, C_T, C_Z, C_W, C_Y };
enum { V_A, V_I, V_U };
#define WORD(c, v, d, w) ((C_##c * VOWELS + V_##v) * SYLLABLES + C_##d * VOWELS + V_##w)

/* Left out, ascending; so are words of one syllable twice. */
static const uint32_t unsaid[] = { WORD(D, I, K, A), WORD(D, I, K, I), WORD(D, I, K, U),
    WORD(F, U, K, A), WORD(F, U, K, I), WORD(K, U, N, I), WORD(K, U, S, A), WORD(K, U, S, I),
    WORD(L, U, T, I), WORD(M, U, T, A), WORD(N, A, Z, I), WORD(N, I, K, A), WORD(N, I, K, I),
    WORD(N, I, K, U), WORD(S, U, N, I), WORD(SH, I, T, A), WORD(SH, I, T, I), WORD(SH, I, T, U),
    WORD(SH, I, Y, A), WORD(T, I, T, A), WORD(T, I, T, U), WORD(T, I, Z, A), WORD(T, I, Z, I),
    WORD(Z, A, N, I), WORD(Z, I, B, A), WORD(Z, I, B, I), WORD(Z, I, N, A), WORD(Z, U, B, I) };

#define UNSAID (sizeof unsaid / sizeof unsaid[0])

static size_t spell(char *out, size_t size, enum mir_words_script script, uint32_t pair)
{
    uint32_t first = pair / SYLLABLES;
    uint32_t second = pair % SYLLABLES;
    int wrote = snprintf(out, size, "%s%s%s%s", consonants[first / VOWELS][script],
        vowels[first % VOWELS][script], consonants[second / VOWELS][script],
        vowels[second % VOWELS][script]);
    MIR_ASSERT(wrote > 0 && (size_t)wrote < size);
    return (size_t)wrote;
}

/* Each pair left out at or below moves the word on by one. */
static uint32_t pair_of(uint32_t number)
{
    uint32_t pair = number;
    size_t list = 0;
    uint32_t twice = 0;
    for (;;) {
        uint32_t same = twice * (SYLLABLES + 1u);
        uint32_t next = list < UNSAID && unsaid[list] < same ? unsaid[list] : same;
        if (next > pair) {
            return pair;
        }
        pair++;
        if (next == same) {
            twice++;
        } else {
            list++;
        }
    }
}

size_t mir_word_at(char *out, size_t size, enum mir_words_script script, uint32_t number)
{
    MIR_ASSERT(number < (1u << WORD_BITS));
    return spell(out, size, script, pair_of(number));
}

static void write_words(char out[MIR_WORDS_TEXT_SIZE],
    enum mir_words_script script,
    const struct mir_bytes *parts,
    size_t count)
{
    mirsal_hash hash;
    size_t size = 0;
    mir_hash_parts(&hash, MIR_CONTEXT_WORDS, parts, count);
    for (uint32_t word = 0; word < MIR_WORDS_COUNT; word++) {
        uint32_t number = 0;
        for (uint32_t bit = word * WORD_BITS; bit < (word + 1) * WORD_BITS; bit++) {
            number = number << 1 | (hash.bytes[bit / 8] >> (7 - bit % 8) & 1u);
        }
        if (word > 0) {
            out[size++] = ' ';
        }
        size += mir_word_at(out + size, MIR_WORDS_TEXT_SIZE - size, script, number);
    }
}

void mir_words_write(char out[MIR_WORDS_TEXT_SIZE],
    enum mir_words_script script,
    const struct mir_words_of *of)
{
    const struct mir_bytes parts[] = { { of->team->bytes, sizeof of->team->bytes },
        { of->device->bytes, sizeof of->device->bytes },
        { of->noise->bytes, sizeof of->noise->bytes },
        { of->hpke->bytes, sizeof of->hpke->bytes } };
    write_words(out, script, parts, sizeof parts / sizeof parts[0]);
}

void mir_words_team(char out[MIR_WORDS_TEXT_SIZE],
    enum mir_words_script script,
    const mirsal_hash *team)
{
    const struct mir_bytes part = { team->bytes, sizeof team->bytes };
    write_words(out, script, &part, 1);
}
