/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/tally_blocks.c - claims over several incidents are added once, or bound what is left, never
 * both; protocol/tally.md, rule 3.
 *
 * Scopes are taken by size. One whose places have no figure yet becomes a block. One that others
 * cover is a check only. Between the two it bounds the rest: at most its maximum less the minima of
 * the blocks inside it, at least its minimum less the maxima of all that it meets.
 */
#include "tally_blocks.h"

#include "sort.h"

#include <string.h>

#define NO_BLOCK MIR_TALLY_NO_BLOCK

struct order {
    const struct mir_tally_index *index;
};

static int compare_scopes(const struct mir_tally_said *a, const struct mir_tally_said *b)
{
    if (a->scope_count != b->scope_count) {
        return a->scope_count < b->scope_count ? -1 : 1;
    }
    for (uint32_t i = 0; i < a->scope_count; i++) {
        if (a->scope[i] != b->scope[i]) {
            return a->scope[i] < b->scope[i] ? -1 : 1;
        }
    }
    return a->claim->outcome < b->claim->outcome ? -1 : a->claim->outcome > b->claim->outcome;
}

static int compare_claims(const void *a, const void *b, void *context)
{
    const struct order *order = context;
    uint32_t left = 0;
    uint32_t right = 0;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    const struct mir_tally_said *said = order->index->said;
    int found = compare_scopes(&said[left], &said[right]);
    if (found == 0) {
        found = mir_id_compare(&said[left].root, &said[right].root);
    }
    return found != 0 ? found : left < right ? -1 : left > right;
}

int mir_tally_scopes(struct mir_tally_scope **out,
    uint32_t *count,
    const struct mir_tally_index *index,
    struct mir_arena *arena,
    const uint32_t *claims,
    uint32_t claim_count)
{
    struct order order = { index };
    uint32_t *sorted = mir_arena_alloc(arena, claim_count, sizeof *sorted);
    *out = mir_arena_alloc(arena, claim_count, sizeof **out);
    *count = 0;
    if (sorted == NULL || *out == NULL) {
        return 0;
    }
    if (claim_count > 0) {
        memcpy(sorted, claims, (size_t)claim_count * sizeof *sorted);
    }
    mir_sort(sorted, claim_count, sizeof *sorted, compare_claims, &order);
    for (uint32_t i = 0; i < claim_count; i++) {
        const struct mir_tally_said *said = &index->said[sorted[i]];
        if (i == 0 || compare_scopes(&index->said[sorted[i - 1]], said) != 0) {
            struct mir_tally_scope *scope = &(*out)[(*count)++];
            scope->places = said->scope;
            scope->place_count = said->scope_count;
            scope->outcome = said->claim->outcome;
            scope->claims = &sorted[i];
        }
        (*out)[*count - 1].claim_count++;
    }
    return 1;
}

int mir_tally_blocks_init(struct mir_tally_blocks *blocks, const struct mir_tally_index *index)
{
    memset(blocks, 0, sizeof *blocks);
    blocks->index = index;
    for (size_t outcome = 0; outcome < MIR_TALLY_OUTCOMES; outcome++) {
        for (size_t group = 0; group < MIR_TALLY_UNKNOWN; group++) {
            uint32_t *at = mir_arena_alloc(index->arena, index->place_count, sizeof *at);
            if (at == NULL) {
                return 0;
            }
            memset(at, 0xFF, (size_t)index->place_count * sizeof *at);
            blocks->at[outcome][group] = at;
        }
    }
    return 1;
}

static void add_block(struct mir_tally_blocks *blocks,
    const struct mir_tally_scope *scope,
    enum mir_tally_group group,
    const struct mir_tally_block *given)
{
    uint32_t *at = blocks->at[scope->outcome][group];
    struct mir_tally_block *block = &blocks->blocks[blocks->count];
    *block = *given;
    block->place_count = 0;
    block->row = NO_BLOCK;
    for (uint32_t i = 0; i < scope->place_count; i++) {
        if (at[scope->places[i]] == NO_BLOCK) {
            at[scope->places[i]] = blocks->count;
            block->place_count++;
        }
    }
    blocks->count++;
}

/* Bounds for the places of the scope that no block covers; 0 when there are none. */
static int bound_rest(const struct mir_tally_blocks *blocks,
    const struct mir_tally_scope *scope,
    enum mir_tally_group group,
    struct mir_tally_block *out)
{
    const uint32_t *at = blocks->at[scope->outcome][group];
    uint64_t inside_min = 0; /* of blocks that lie in the scope */
    uint64_t met_max = 0;    /* of blocks that share a place with it */
    int met_open = 0;
    uint32_t covered = 0;
    for (uint32_t i = 0; i < scope->place_count; i++) {
        if (at[scope->places[i]] != NO_BLOCK) {
            blocks->blocks[at[scope->places[i]]].seen = 0;
        }
    }
    for (uint32_t i = 0; i < scope->place_count; i++) {
        if (at[scope->places[i]] == NO_BLOCK) {
            continue;
        }
        struct mir_tally_block *block = &blocks->blocks[at[scope->places[i]]];
        covered++;
        if (block->seen++ == 0) {
            met_max += block->range.max;
            met_open |= block->range.open;
        }
        if (block->seen == block->place_count) {
            inside_min += block->range.min;
        }
    }
    if (covered == 0) {
        return covered < scope->place_count;
    }
    struct mir_tally_range whole = out->range;
    out->has_best = 0;
    out->range.min = met_open || whole.min < met_max ? 0 : whole.min - met_max;
    out->range.max = whole.max < inside_min ? 0 : whole.max - inside_min;
    if (out->range.max < out->range.min) {
        out->range.max = out->range.min;
    }
    return covered < scope->place_count;
}

static void place_scope(struct mir_tally_blocks *blocks,
    const struct mir_tally_scope *scope,
    enum mir_tally_group group)
{
    struct mir_tally_block block;
    memset(&block, 0, sizeof block);
    block.range = mir_tally_figure_range(blocks->index, scope, group);
    if (!block.range.present) {
        return;
    }
    block.has_best =
        mir_tally_figure_best(&block.best, blocks->values, blocks->index, scope, group);
    if (block.has_best &&
        (block.best < block.range.min || (!block.range.open && block.best > block.range.max))) {
        block.has_best = 0;
    }
    if (bound_rest(blocks, scope, group, &block)) {
        add_block(blocks, scope, group, &block);
    }
}

/* Of several judgements on records of one event that on the lowest record stands. */
static void place_assessments(struct mir_tally_blocks *blocks, const uint32_t *order)
{
    const struct mir_tally_input *input = blocks->index->input;
    for (size_t i = 0; i < input->assessment_count; i++) {
        const struct mir_tally_assessment *assessment = &input->assessments[order[i]];
        uint32_t place = mir_tally_index_find(blocks->index, &assessment->incident);
        struct mir_tally_scope scope = {
            .places = &place, .place_count = 1, .outcome = assessment->outcome
        };
        struct mir_tally_block block;
        if (place == MIR_TALLY_NOWHERE || !mir_id_is_zero(&assessment->actor) ||
            assessment->group >= MIR_TALLY_UNKNOWN ||
            blocks->at[assessment->outcome][assessment->group][place] != NO_BLOCK) {
            continue;
        }
        memset(&block, 0, sizeof block);
        block.range.present = 1;
        block.range.min = assessment->min;
        block.range.open = !assessment->has_max;
        block.range.max = assessment->has_max ? assessment->max : assessment->min;
        block.has_best = assessment->has_best;
        block.best = assessment->best;
        add_block(blocks, &scope, assessment->group, &block);
    }
}

static int compare_assessments(const void *a, const void *b, void *context)
{
    const struct order *order = context;
    const struct mir_tally_assessment *assessments = order->index->input->assessments;
    uint32_t left = 0;
    uint32_t right = 0;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    int found = mir_id_compare(&assessments[left].incident, &assessments[right].incident);
    if (found == 0 && assessments[left].min != assessments[right].min) {
        found = assessments[left].min < assessments[right].min ? -1 : 1;
    }
    return found != 0 ? found : left < right ? -1 : left > right;
}

static int assess(struct mir_tally_blocks *blocks, struct mir_arena *scratch)
{
    struct order order = { blocks->index };
    size_t count = blocks->index->input->assessment_count;
    uint32_t *sorted = mir_arena_alloc(scratch, count, sizeof *sorted);
    if (sorted == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        sorted[i] = i;
    }
    mir_sort(sorted, count, sizeof *sorted, compare_assessments, &order);
    place_assessments(blocks, sorted);
    return 1;
}

static void forget_place(struct mir_tally_blocks *blocks, uint32_t place)
{
    for (size_t outcome = 0; outcome < MIR_TALLY_OUTCOMES; outcome++) {
        for (size_t group = 0; group < MIR_TALLY_UNKNOWN; group++) {
            blocks->at[outcome][group][place] = NO_BLOCK;
        }
    }
}

/* Forgets the fill before: its blocks lie where its claims do, or its judgements. */
static void clear(struct mir_tally_blocks *blocks)
{
    for (uint32_t i = 0; i < blocks->filled_count; i++) {
        const struct mir_tally_said *said = &blocks->index->said[blocks->filled[i]];
        for (uint32_t s = 0; s < said->scope_count; s++) {
            forget_place(blocks, said->scope[s]);
        }
    }
    for (uint32_t place = 0; blocks->assessed && place < blocks->index->place_count; place++) {
        forget_place(blocks, place);
    }
    blocks->count = 0;
}

int mir_tally_blocks_fill(struct mir_tally_blocks *blocks,
    struct mir_arena *scratch,
    const uint32_t *claims,
    uint32_t claim_count,
    int assessed)
{
    struct mir_tally_scope *scopes = NULL;
    uint32_t scope_count = 0;
    clear(blocks);
    blocks->filled = claims;
    blocks->filled_count = claim_count;
    blocks->assessed = assessed;
    if (!mir_tally_scopes(&scopes, &scope_count, blocks->index, scratch, claims, claim_count)) {
        return 0;
    }
    size_t most = (size_t)scope_count * MIR_TALLY_UNKNOWN + blocks->index->input->assessment_count;
    blocks->blocks = mir_arena_alloc(scratch, most, sizeof *blocks->blocks);
    blocks->values = mir_arena_alloc(scratch, claim_count, sizeof *blocks->values);
    if (blocks->blocks == NULL || blocks->values == NULL ||
        (assessed && !assess(blocks, scratch))) {
        return 0;
    }
    for (uint32_t i = 0; i < scope_count; i++) {
        for (size_t group = 0; group < MIR_TALLY_UNKNOWN; group++) {
            place_scope(blocks, &scopes[i], (enum mir_tally_group)group);
        }
    }
    return 1;
}
