/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/ladder.h - the role statements on one device, along one of its chains;
 * protocol/control.md 5.2 and 5.7: what a changeset knows of them, the role they give it, and
 * whether a loss cuts it.
 */
#ifndef MIR_LADDER_H
#define MIR_LADDER_H

#include "strata.h"
#include "tree.h"

struct mir_ladder {
    const struct mir_strata *strata;
    const struct mir_tree *tree;
    const struct mir_word *words;
    size_t count;
    size_t width;           /* 64 bit words of a set of them */
    uint64_t *knows;        /* a set each: those that it knows */
    uint64_t *gives[4];     /* those that give that role */
    struct mir_bound *loss; /* what its cut places leave */
    uint32_t *from;         /* the node at which it holds, or MIR_CAUSAL_NOBODY */
    int has_from;
};

/* What a changeset knows; borrowed from the one below it where nothing is new. */
struct mir_rung {
    const uint64_t *known;   /* of the ladder's statements, closed under "knows" */
    const uint64_t *covered; /* those that one of the known knows */
};

/* Of the words on device (mir_words_range). 0 when memory ran out. */
int mir_ladder_build(struct mir_ladder *ladder,
    const struct mir_strata *strata,
    const struct mir_words *words,
    const mirsal_hash *device,
    const struct mir_tree *tree,
    uint32_t compartment,
    struct mir_arena *arena);
/*
 * The rung of a node above *below (NULL at seq 1). row: what the changeset knows
 * (mir_causal_row_knows); NULL when it knows no more than the one below. 0 when memory ran out.
 */
int mir_ladder_step(struct mir_rung *out,
    const struct mir_ladder *ladder,
    uint32_t node,
    const uint64_t *row,
    const struct mir_rung *below,
    struct mir_arena *arena);
/* The lowest role that the newest of the known give; otherwise where none is known. */
int mir_ladder_role(const struct mir_ladder *ladder, const struct mir_rung *rung, int otherwise);
/* A loss that the changeset does not know and that does not leave it; NULL: none. */
const struct mir_word *mir_ladder_loss(const struct mir_ladder *ladder,
    const struct mir_rung *rung,
    uint32_t node,
    int role);

#endif
