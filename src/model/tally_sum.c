/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/tally_sum.c - sums over blocks, what remains unknown, and bounds that parts of a whole put
 * on each other; protocol/tally.md, rules 5 and 7.
 */
#include "tally_sum.h"

#include "checked.h"
#include "fail.h"

#include <string.h>

static int add_block(struct mir_tally_figure *figure, const struct mir_tally_block *block)
{
    int whole = block->seen == block->place_count;
    if (!mir_add_u64(&figure->max, figure->max, block->range.max)) {
        return 0;
    }
    figure->open |= block->range.open;
    if (!whole) {
        figure->has_best = 0;
        return 1;
    }
    figure->has_best = figure->has_best && block->has_best;
    return mir_add_u64(&figure->min, figure->min, block->range.min) &&
           mir_add_u64(&figure->best, figure->best, block->best);
}

/* Where no place has a figure, there is no best, unless there is no place. */
static int sum_group(struct mir_tally_figure *figure,
    struct mir_tally_blocks *blocks,
    const uint32_t *at,
    uint32_t number,
    const uint32_t *places,
    uint32_t count)
{
    int found = 0;
    memset(figure, 0, sizeof *figure);
    figure->has_best = 1;
    for (uint32_t i = 0; i < count; i++) {
        if (at[places[i]] == MIR_TALLY_NO_BLOCK) {
            continue;
        }
        struct mir_tally_block *block = &blocks->blocks[at[places[i]]];
        if (block->row != number) {
            block->row = number;
            block->seen = 0;
        }
        block->seen++;
        found = 1;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (at[places[i]] == MIR_TALLY_NO_BLOCK) {
            continue;
        }
        struct mir_tally_block *block = &blocks->blocks[at[places[i]]];
        if (block->seen > 0 && !add_block(figure, block)) {
            return 0;
        }
        block->seen = 0; /* once, though it is met at each of its places */
    }
    if (!figure->has_best || (!found && count > 0)) {
        figure->has_best = 0;
        figure->best = 0;
    }
    return 1;
}

/* Parts of a whole that is bounded are bounded by what the other parts leave of it. */
static void tighten(struct mir_tally_figure *figures,
    enum mir_tally_group first,
    enum mir_tally_group last)
{
    const struct mir_tally_figure *total = &figures[MIR_TALLY_TOTAL];
    uint64_t sum = 0; /* of a few sums that did not overflow one by one; checked all the same */
    for (size_t g = first; g <= last; g++) {
        if (!mir_add_u64(&sum, sum, figures[g].min)) {
            return;
        }
    }
    if (total->open || sum > total->max) {
        return;
    }
    for (size_t g = first; g <= last; g++) {
        uint64_t left = total->max - (sum - figures[g].min);
        if (figures[g].open || figures[g].max > left) {
            figures[g].open = 0;
            figures[g].max = left;
            figures[g].has_best = figures[g].has_best && figures[g].best <= left;
        }
    }
}

static void find_unknown(struct mir_tally_figure *figures)
{
    const struct mir_tally_figure *total = &figures[MIR_TALLY_TOTAL];
    struct mir_tally_figure *unknown = &figures[MIR_TALLY_UNKNOWN];
    uint64_t min = 0;
    uint64_t max = 0;
    uint64_t best = 0;
    int open = 0;
    int overflow = 0;
    memset(unknown, 0, sizeof *unknown);
    unknown->has_best = total->has_best;
    for (size_t g = MIR_TALLY_WOMEN; g <= MIR_TALLY_CHILDREN; g++) {
        const struct mir_tally_figure *part = &figures[g];
        overflow |= !mir_add_u64(&min, min, part->min) || !mir_add_u64(&max, max, part->max) ||
                    !mir_add_u64(&best, best, part->best);
        open |= part->open;
        unknown->has_best &= part->has_best || (part->max == 0 && !part->open);
    }
    unknown->open = total->open;
    unknown->min = overflow || open || total->min < max ? 0 : total->min - max;
    unknown->max = overflow || total->max < min ? 0 : total->max - min;
    if (unknown->max < unknown->min) {
        unknown->max = unknown->min;
    }
    unknown->has_best = unknown->has_best && !overflow && best <= total->best;
    unknown->best = unknown->has_best ? total->best - best : 0;
}

mirsal_code mir_tally_sum(struct mir_tally_figure out[MIR_TALLY_OUTCOMES][MIR_TALLY_GROUPS],
    struct mir_tally_blocks *blocks,
    uint32_t number,
    const uint32_t *places,
    uint32_t count,
    mirsal_error *err)
{
    for (size_t outcome = 0; outcome < MIR_TALLY_OUTCOMES; outcome++) {
        for (size_t group = 0; group < MIR_TALLY_UNKNOWN; group++) {
            if (!sum_group(&out[outcome][group], blocks, blocks->at[outcome][group], number, places,
                    count)) {
                return mir_fail(err, MIRSAL_LIMIT, "a sum of figures exceeds 64 bits");
            }
        }
        tighten(out[outcome], MIR_TALLY_CIVILIANS, MIR_TALLY_COMBATANTS);
        tighten(out[outcome], MIR_TALLY_WOMEN, MIR_TALLY_CHILDREN);
        find_unknown(out[outcome]);
    }
    return MIRSAL_OK;
}
