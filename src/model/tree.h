/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/tree.h - chains as trees, and what a place leaves of one; protocol/control.md 5.0.
 *
 * One tree holds the changesets of one data chain, or of all control chains. Nodes are named by
 * their place in the array.
 */
#ifndef MIR_TREE_H
#define MIR_TREE_H

#include "causal.h"

struct mir_tree_node {
    const mirsal_hash *device;
    const mirsal_hash *id;
    uint64_t seq;
    uint32_t prev; /* of the same chain and one lower, or MIR_CAUSAL_NOBODY */
    uint8_t stands;
};

struct mir_tree {
    struct mir_tree_node *nodes;
    uint32_t count;
    uint32_t *sorted;  /* nodes by (device, seq, id), so that prev comes before */
    uint32_t *first;   /* a node and those above it hold the numbers first to last */
    uint32_t *last;    /* each included */
    uint64_t *fork_at; /* the fork place of the node's chain; UINT64_MAX: none */
};

/* nodes and count are the caller's; the rest is built. 0 when memory ran out. */
int mir_tree_build(struct mir_tree *tree, struct mir_arena *arena);
/* The standing node at that place, or MIR_CAUSAL_NOBODY. */
uint32_t mir_tree_find(const struct mir_tree *tree,
    const mirsal_hash *device,
    uint64_t seq,
    const mirsal_hash *id);
/* The nodes of one device: sorted[returned] up to sorted[*end]. */
uint32_t mir_tree_device(const struct mir_tree *tree, const mirsal_hash *device, uint32_t *end);
/* 1 when below is on the path of node. */
int mir_tree_on_path(const struct mir_tree *tree, uint32_t below, uint32_t node);

/* What several places leave together. Zeroed: everything. */
struct mir_bound {
    int bounded;
    int nothing;
    int has_node;
    uint32_t node; /* of the path that is left */
    int has_seq;
    uint64_t seq; /* the lowest whose changeset is not held */
};

void mir_bound_add(struct mir_bound *bound,
    const struct mir_tree *tree,
    const mirsal_hash *device,
    uint64_t seq,
    const mirsal_hash *id);
/* The place of the compartment; none leaves nothing. */
void mir_bound_add_places(struct mir_bound *bound,
    const struct mir_tree *tree,
    const mirsal_hash *device,
    uint32_t compartment,
    const struct mir_places *places);
int mir_bound_leaves(const struct mir_bound *bound, const struct mir_tree *tree, uint32_t node);

/* The place of the compartment, or NULL. */
const struct mir_spot *mir_places_find(const struct mir_places *places, uint32_t compartment);

#endif
