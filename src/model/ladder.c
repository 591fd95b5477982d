/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/ladder.c - role statements along a chain. Sets of statements are rows of bits that grow up
 * the chain, so that a long chain under many statements costs one pass.
 */
#include "ladder.h"

#include <string.h>

#define NOBODY    MIR_CAUSAL_NOBODY
#define WORD_BITS 64u
#define ROLES     4

static int has_bit(const uint64_t *bits, size_t at)
{
    return (int)(bits[at / WORD_BITS] >> (at % WORD_BITS) & 1u);
}

static void set_bit(uint64_t *bits, size_t at)
{
    bits[at / WORD_BITS] |= UINT64_C(1) << (at % WORD_BITS);
}

static const uint64_t *knows_of(const struct mir_ladder *ladder, size_t at)
{
    return ladder->knows + at * ladder->width;
}

static void read_statement(struct mir_ladder *ladder, size_t at, uint32_t compartment)
{
    const struct mir_word *word = &ladder->words[at];
    const struct mir_statement *what = mir_said_what(ladder->strata, word->said);
    const struct mir_spot *from = mir_places_find(&what->role.from, compartment);
    uint64_t *known = ladder->knows + at * ladder->width;
    for (size_t other = 0; other < ladder->count; other++) {
        if (mir_said_knows(ladder->strata, word->said, ladder->words[other].said)) {
            set_bit(known, other);
        }
    }
    if (word->value >= 0 && word->value < ROLES) {
        set_bit(ladder->gives[word->value], at);
    }
    mir_bound_add_places(
        &ladder->loss[at], ladder->tree, &word->subject, compartment, &what->role.cut);
    ladder->from[at] = NOBODY;
    if (from != NULL) {
        ladder->from[at] = mir_tree_find(ladder->tree, &word->subject, from->seq, &from->id);
        ladder->has_from |= ladder->from[at] != NOBODY;
    }
}

int mir_ladder_build(struct mir_ladder *ladder,
    const struct mir_strata *strata,
    const struct mir_words *words,
    const mirsal_hash *device,
    const struct mir_tree *tree,
    uint32_t compartment,
    struct mir_arena *arena)
{
    memset(ladder, 0, sizeof *ladder);
    ladder->strata = strata;
    ladder->tree = tree;
    ladder->words = mir_words_range(words, device, 0, &ladder->count);
    if (ladder->count == 0) {
        return 1;
    }
    ladder->width = (ladder->count + WORD_BITS - 1) / WORD_BITS;
    ladder->knows = mir_arena_alloc(arena, ladder->count, ladder->width * sizeof *ladder->knows);
    ladder->loss = mir_arena_alloc(arena, ladder->count, sizeof *ladder->loss);
    ladder->from = mir_arena_alloc(arena, ladder->count, sizeof *ladder->from);
    for (int role = 0; role < ROLES; role++) {
        ladder->gives[role] = mir_arena_alloc(arena, ladder->width, sizeof **ladder->gives);
        if (ladder->gives[role] == NULL) {
            return 0;
        }
    }
    if (ladder->knows == NULL || ladder->loss == NULL || ladder->from == NULL) {
        return 0;
    }
    for (size_t at = 0; at < ladder->count; at++) {
        read_statement(ladder, at, compartment);
    }
    return 1;
}

/* Two sets that the rung may change. */
static int copy_rung(struct mir_rung *out,
    uint64_t **sets,
    const struct mir_ladder *ladder,
    struct mir_arena *arena)
{
    size_t size = ladder->width * sizeof **sets;
    *sets = mir_arena_alloc(arena, 2, size);
    if (*sets == NULL) {
        return 0;
    }
    if (out->known != NULL) {
        memcpy(*sets, out->known, size);
        memcpy(*sets + ladder->width, out->covered, size);
    }
    out->known = *sets;
    out->covered = *sets + ladder->width;
    return 1;
}

int mir_ladder_step(struct mir_rung *out,
    const struct mir_ladder *ladder,
    uint32_t node,
    const uint64_t *row,
    const struct mir_rung *below,
    struct mir_arena *arena)
{
    uint64_t *sets = NULL;
    struct mir_rung rung = { NULL, NULL };
    if (below != NULL) {
        rung = *below;
    }
    for (size_t at = 0; at < ladder->count && (row != NULL || ladder->has_from); at++) {
        int held = rung.known != NULL && has_bit(rung.known, at);
        int starts = ladder->from[at] == node;
        if (held || !(starts || (row != NULL && mir_causal_row_knows(ladder->strata->causal, row,
                                                    ladder->words[at].said.fact)))) {
            continue;
        }
        if (sets == NULL && !copy_rung(&rung, &sets, ladder, arena)) {
            return 0;
        }
        const uint64_t *known = knows_of(ladder, at);
        set_bit(sets, at);
        for (size_t word = 0; word < ladder->width; word++) {
            sets[word] |= known[word];
            sets[ladder->width + word] |= known[word];
        }
    }
    *out = rung;
    return 1;
}

int mir_ladder_role(const struct mir_ladder *ladder, const struct mir_rung *rung, int otherwise)
{
    if (rung->known == NULL) {
        return otherwise;
    }
    for (int role = 0; role < ROLES; role++) {
        for (size_t word = 0; word < ladder->width; word++) {
            if ((rung->known[word] & ~rung->covered[word] & ladder->gives[role][word]) != 0) {
                return role;
            }
        }
    }
    return otherwise;
}

const struct mir_word *mir_ladder_loss(const struct mir_ladder *ladder,
    const struct mir_rung *rung,
    uint32_t node,
    int role)
{
    for (size_t at = 0; at < ladder->count; at++) {
        if (ladder->words[at].value < role && (rung->known == NULL || !has_bit(rung->known, at)) &&
            !mir_bound_leaves(&ladder->loss[at], ladder->tree, node)) {
            return &ladder->words[at];
        }
    }
    return NULL;
}
