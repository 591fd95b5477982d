/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/tree.c - chains as trees. A node's part of the tree is an interval of numbers, so that
 * "on its path" is asked at once, however long the chain.
 */
#include "tree.h"

#include "sort.h"

#include <string.h>

#define NOBODY MIR_CAUSAL_NOBODY

static int compare_place(const struct mir_tree_node *node,
    const mirsal_hash *device,
    uint64_t seq,
    const mirsal_hash *id)
{
    int order = mir_key_compare(node->device, device);
    if (order != 0) {
        return order;
    }
    if (node->seq != seq) {
        return node->seq < seq ? -1 : 1;
    }
    return mir_key_compare(node->id, id);
}

static int compare_nodes(const void *a, const void *b, void *context)
{
    const struct mir_tree *tree = context;
    const struct mir_tree_node *right = &tree->nodes[*(const uint32_t *)b];
    return compare_place(&tree->nodes[*(const uint32_t *)a], right->device, right->seq, right->id);
}

static void number_nodes(struct mir_tree *tree, uint32_t *next)
{
    uint32_t roots = 0;
    for (uint32_t i = tree->count; i > 0; i--) { /* last: how many a node has above it */
        uint32_t node = tree->sorted[i - 1];
        uint32_t prev = tree->nodes[node].prev;
        if (prev != NOBODY) {
            tree->last[prev] += tree->last[node] + 1;
        }
    }
    for (uint32_t i = 0; i < tree->count; i++) {
        uint32_t node = tree->sorted[i];
        uint32_t *number =
            tree->nodes[node].prev == NOBODY ? &roots : &next[tree->nodes[node].prev];
        tree->first[node] = *number;
        *number += tree->last[node] + 1;
        tree->last[node] += tree->first[node];
        next[node] = tree->first[node] + 1;
    }
}

/* sorted, from `from` to `end`, is one chain. */
static void find_fork(struct mir_tree *tree, uint32_t from, uint32_t end)
{
    uint64_t fork = UINT64_MAX;
    uint64_t seen = 0;
    for (uint32_t i = from; i < end && fork == UINT64_MAX; i++) {
        const struct mir_tree_node *node = &tree->nodes[tree->sorted[i]];
        if (node->stands && node->seq == seen) {
            fork = seen;
        }
        seen = node->stands ? node->seq : seen;
    }
    for (uint32_t i = from; i < end; i++) {
        tree->fork_at[tree->sorted[i]] = fork;
    }
}

int mir_tree_build(struct mir_tree *tree, struct mir_arena *arena)
{
    uint32_t *next = mir_arena_alloc(arena, tree->count, sizeof *next);
    tree->sorted = mir_arena_alloc(arena, tree->count, sizeof *tree->sorted);
    tree->first = mir_arena_alloc(arena, tree->count, sizeof *tree->first);
    tree->last = mir_arena_alloc(arena, tree->count, sizeof *tree->last);
    tree->fork_at = mir_arena_alloc(arena, tree->count, sizeof *tree->fork_at);
    if (next == NULL || tree->sorted == NULL || tree->first == NULL || tree->last == NULL ||
        tree->fork_at == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < tree->count; i++) {
        tree->sorted[i] = i;
    }
    mir_sort(tree->sorted, tree->count, sizeof *tree->sorted, compare_nodes, tree);
    number_nodes(tree, next);
    for (uint32_t from = 0, end = 0; from < tree->count; from = end) {
        const mirsal_hash *device = tree->nodes[tree->sorted[from]].device;
        for (end = from + 1; end < tree->count &&
                             mir_key_compare(tree->nodes[tree->sorted[end]].device, device) == 0;
             end++) {
        }
        find_fork(tree, from, end);
    }
    return 1;
}

/* The first of sorted that is not before the place. */
static uint32_t lower_bound(const struct mir_tree *tree,
    const mirsal_hash *device,
    uint64_t seq,
    const mirsal_hash *id)
{
    uint32_t low = 0;
    uint32_t high = tree->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare_place(&tree->nodes[tree->sorted[middle]], device, seq, id) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint32_t mir_tree_find(const struct mir_tree *tree,
    const mirsal_hash *device,
    uint64_t seq,
    const mirsal_hash *id)
{
    uint32_t at = lower_bound(tree, device, seq, id);
    if (at == tree->count || !tree->nodes[tree->sorted[at]].stands ||
        compare_place(&tree->nodes[tree->sorted[at]], device, seq, id) != 0) {
        return NOBODY;
    }
    return tree->sorted[at];
}

uint32_t mir_tree_device(const struct mir_tree *tree, const mirsal_hash *device, uint32_t *end)
{
    static const mirsal_hash zeros;
    uint32_t from = lower_bound(tree, device, 0, &zeros);
    *end = from;
    while (*end < tree->count &&
           mir_key_compare(tree->nodes[tree->sorted[*end]].device, device) == 0) {
        (*end)++;
    }
    return from;
}

int mir_tree_on_path(const struct mir_tree *tree, uint32_t below, uint32_t node)
{
    return tree->first[below] <= tree->first[node] && tree->first[node] <= tree->last[below];
}

/* Two paths have in common what leads to the last changeset of both. */
static void add_node(struct mir_bound *bound, const struct mir_tree *tree, uint32_t node)
{
    uint32_t common = bound->has_node ? bound->node : node;
    while (common != NOBODY && !mir_tree_on_path(tree, common, node)) {
        common = tree->nodes[common].prev;
    }
    bound->has_node = 1;
    bound->node = common;
    bound->nothing |= common == NOBODY;
}

void mir_bound_add(struct mir_bound *bound,
    const struct mir_tree *tree,
    const mirsal_hash *device,
    uint64_t seq,
    const mirsal_hash *id)
{
    bound->bounded = 1;
    bound->nothing |= seq == 0;
    if (bound->nothing) {
        return;
    }
    uint32_t node = mir_tree_find(tree, device, seq, id);
    if (node != NOBODY) {
        add_node(bound, tree, node);
    } else {
        bound->seq = bound->has_seq && bound->seq < seq ? bound->seq : seq;
        bound->has_seq = 1;
    }
}

const struct mir_spot *mir_places_find(const struct mir_places *places, uint32_t compartment)
{
    for (size_t i = 0; i < places->count; i++) {
        if (places->items[i].compartment == compartment) {
            return &places->items[i];
        }
    }
    return NULL;
}

void mir_bound_add_places(struct mir_bound *bound,
    const struct mir_tree *tree,
    const mirsal_hash *device,
    uint32_t compartment,
    const struct mir_places *places)
{
    const struct mir_spot *place = mir_places_find(places, compartment);
    if (place == NULL) {
        bound->bounded = 1;
        bound->nothing = 1;
    } else {
        mir_bound_add(bound, tree, device, place->seq, &place->id);
    }
}

int mir_bound_leaves(const struct mir_bound *bound, const struct mir_tree *tree, uint32_t node)
{
    if (!bound->bounded) {
        return 1;
    }
    if (bound->nothing || !tree->nodes[node].stands ||
        (bound->has_node && !mir_tree_on_path(tree, node, bound->node))) {
        return 0;
    }
    uint64_t seq = tree->nodes[node].seq;
    return !bound->has_seq || (seq <= bound->seq && seq < tree->fork_at[node]);
}
