/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/words.h - a device's fingerprint as six words that two people read to each other;
 * protocol/primitives.md 10.
 */
#ifndef MIR_WORDS_H
#define MIR_WORDS_H

#include "hash.h"

#define MIR_WORDS_COUNT     6u
#define MIR_WORDS_TEXT_SIZE 64u

/* The same sounds in either script. */
enum mir_words_script {
    MIR_WORDS_LATIN,
    MIR_WORDS_ARABIC,
};

/* What the words stand for: a device of a team, with all its keys. */
struct mir_words_of {
    const mirsal_hash *team;
    const mirsal_hash *device;
    const mirsal_hash *noise;
    const mirsal_hash *hpke;
};

/* Six words with spaces between. */
void mir_words_write(char out[MIR_WORDS_TEXT_SIZE],
    enum mir_words_script script,
    const struct mir_words_of *of);
/* Six words of a team: which of several of one name it is (protocol/handoff.md 1.4). */
void mir_words_team(char out[MIR_WORDS_TEXT_SIZE],
    enum mir_words_script script,
    const mirsal_hash *team);
/* One word by its number, 0 to 2,047; gives its length without the zero. */
size_t mir_word_at(char *out, size_t size, enum mir_words_script script, uint32_t number);

#endif
