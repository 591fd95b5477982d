/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/tally_blocks.h - disjoint groups of places, each with a figure (rule 3); internal to the
 * tally.
 */
#ifndef MIR_TALLY_BLOCKS_H
#define MIR_TALLY_BLOCKS_H

#include "tally_figures.h"

#define MIR_TALLY_NO_BLOCK UINT32_MAX

struct mir_tally_block {
    uint32_t place_count; /* places that it covers */
    struct mir_tally_range range;
    int has_best;
    uint64_t best;
    uint32_t row;  /* scratch of whoever adds up: the row it was met in last */
    uint32_t seen; /* and how many of its places were */
};

/* What claims of one root, or of all, come to. */
struct mir_tally_blocks {
    const struct mir_tally_index *index;
    struct mir_tally_block *blocks;
    uint32_t count;
    const uint32_t *filled; /* the claims of this fill, borrowed until the next */
    uint32_t filled_count;
    int assessed;
    uint64_t *values;                                    /* scratch of a fill */
    uint32_t *at[MIR_TALLY_OUTCOMES][MIR_TALLY_UNKNOWN]; /* block of a place, or NO_BLOCK */
};

/* Empty, for any number of fills. 0 when memory ran out. */
int mir_tally_blocks_init(struct mir_tally_blocks *blocks, const struct mir_tally_index *index);
/*
 * From the claims given (places in the index's said); judgements of coordinators stand instead of
 * claims where assessed is not 0. Replaces what was there. 0 when memory ran out.
 */
int mir_tally_blocks_fill(struct mir_tally_blocks *blocks,
    struct mir_arena *scratch,
    const uint32_t *claims,
    uint32_t claim_count,
    int assessed);
/*
 * The claims by scope and outcome, smaller scopes first, in order of places then. *out is the
 * arena's. 0 when memory ran out.
 */
int mir_tally_scopes(struct mir_tally_scope **out,
    uint32_t *count,
    const struct mir_tally_index *index,
    struct mir_arena *arena,
    const uint32_t *claims,
    uint32_t claim_count);

#endif
