/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/cuts.c - cuts that count, and the role and cut of every control changeset; retires;
 * protocol/control.md 5.4, 5.5, 5.7 and 5.9.
 */
#include "strata.h"

#include "ladder.h"
#include "sort.h"

#include <string.h>

#define NOBODY MIR_CAUSAL_NOBODY

static int compare_cuts(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_cut *left = a;
    const struct mir_cut *right = b;
    int order = mir_key_compare(&left->what->device, &right->what->device);
    if (order == 0) {
        order = mir_key_compare(&left->id, &right->id);
    }
    return order != 0 ? order : left->at < right->at ? -1 : left->at > right->at;
}

/* Root's, and those of admins on who is not admin. */
static int cut_counts(const struct mir_strata *strata, struct mir_said said)
{
    const struct mir_statement *what = mir_said_what(strata, said);
    if (mir_strata_is_root(strata, mir_said_by(strata, said))) {
        return 1;
    }
    return mir_said_by_admin(strata, said) && !mir_strata_is_admin(strata, &what->cut.device);
}

int mir_strata_cuts(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_CUT];
    strata->cuts = mir_arena_alloc(strata->keep, list->count, sizeof *strata->cuts);
    if (strata->cuts == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        struct mir_said said = list->items[i];
        const struct mir_statement_cut *what = &mir_said_what(strata, said)->cut;
        if (cut_counts(strata, said) && !mir_strata_is_root(strata, &what->device)) {
            struct mir_cut *cut = &strata->cuts[strata->cut_count++];
            cut->what = what;
            cut->by = *mir_said_by(strata, said);
            cut->id = mir_said_fact(strata, said)->id;
            cut->at = said.at;
        }
    }
    mir_sort(strata->cuts, strata->cut_count, sizeof *strata->cuts, compare_cuts, NULL);
    strata->out->cuts = strata->cuts;
    strata->out->cut_count = strata->cut_count;
    return 1;
}

size_t mir_strata_cuts_on(const struct mir_strata *strata, const mirsal_hash *device, size_t *end)
{
    size_t low = 0;
    size_t high = strata->cut_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mir_key_compare(&strata->cuts[middle].what->device, device) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *end = low;
    while (*end < strata->cut_count &&
           mir_key_compare(&strata->cuts[*end].what->device, device) == 0) {
        (*end)++;
    }
    return low;
}

int mir_membership_cut_at(uint64_t *seq,
    const struct mir_membership *membership,
    const mirsal_hash *device,
    uint32_t compartment)
{
    size_t end = 0;
    size_t from = mir_strata_cuts_on(membership->strata, device, &end);
    *seq = UINT64_MAX;
    for (size_t i = from; i < end; i++) {
        const struct mir_spot *place =
            mir_places_find(&membership->cuts[i].what->places, compartment);
        uint64_t leaves = place != NULL ? place->seq : 0;
        *seq = leaves < *seq ? leaves : *seq;
    }
    return from < end;
}

/* What is judged along the chains of one device. */
struct walk {
    struct mir_strata *strata;
    const mirsal_hash *device;
    struct mir_ladder ladder;
    struct mir_bound bound;
    struct mir_rung *rungs; /* by place */
};

static int begin_walk(struct walk *walk, struct mir_strata *strata, const mirsal_hash *device)
{
    size_t end = 0;
    walk->strata = strata;
    walk->device = device;
    memset(&walk->bound, 0, sizeof walk->bound);
    for (size_t i = mir_strata_cuts_on(strata, device, &end); i < end; i++) {
        mir_bound_add_places(&walk->bound, &strata->tree, device, MIR_COMPARTMENT_CONTROL,
            &strata->cuts[i].what->places);
    }
    return mir_ladder_build(&walk->ladder, strata, &strata->roles, device, &strata->tree,
        MIR_COMPARTMENT_CONTROL, strata->scratch);
}

/* The role that the join at the bottom gives; -1 where it is not valid. */
static int basis_of(const struct mir_strata *strata, uint32_t place)
{
    uint32_t bottom = strata->bottom[place];
    uint32_t joined = bottom == NOBODY ? 0 : strata->joined_by_fact[bottom];
    if (mir_key_compare(&strata->causal->facts[place]->device, &strata->out->founder) == 0) {
        return (int)MIR_ROLE_COORDINATOR;
    }
    return joined != 0 && strata->joined[joined - 1].valid ? (int)strata->joined[joined - 1].basis
                                                           : -1;
}

/* What is admin by root was judged by root's words alone. */
static int walk_place(struct walk *walk, uint32_t place)
{
    struct mir_strata *strata = walk->strata;
    uint32_t prev = strata->tree.nodes[place].prev;
    if (!mir_ladder_step(&walk->rungs[place], &walk->ladder, place,
            mir_causal_row(strata->causal, place), prev == NOBODY ? NULL : &walk->rungs[prev],
            strata->scratch)) {
        return 0;
    }
    if ((strata->marks[place] & MIR_MARK_ADMIN) != 0) {
        return 1;
    }
    int role = mir_ladder_role(&walk->ladder, &walk->rungs[place], basis_of(strata, place));
    role = role > (int)MIR_ROLE_COORDINATOR ? (int)MIR_ROLE_COORDINATOR : role;
    strata->roles_of[place] = (int8_t)role;
    const struct mir_word *loss = mir_ladder_loss(&walk->ladder, &walk->rungs[place], place, role);
    strata->losses[place] = loss != NULL ? loss->said.fact : NOBODY;
    if (!mir_bound_leaves(&walk->bound, &strata->tree, place) || loss != NULL) {
        strata->marks[place] |= MIR_MARK_CUT;
    }
    return 1;
}

/* A retire counts below every other of its device, and where nothing else stops what holds it. */
static void mark_retire(const struct walk *walk,
    uint32_t place,
    const uint32_t *retires,
    uint32_t count)
{
    struct mir_strata *strata = walk->strata;
    const struct mir_statement *what = mir_strata_first(strata, place, MIR_STATEMENT_RETIRE);
    int founder = mir_key_compare(walk->device, &strata->out->founder) == 0;
    if (what == NULL || !strata->tree.nodes[place].stands ||
        (strata->marks[place] & (MIR_MARK_CUT | MIR_MARK_FROZEN)) != 0) {
        return;
    }
    uint32_t joined = strata->joined_by_fact[strata->bottom[place]];
    if (!founder && (joined == 0 || !strata->joined[joined - 1].valid)) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (mir_causal_knows_wanted(strata->causal, place, retires[i])) {
            return;
        }
    }
    strata->marks[place] |= MIR_MARK_RETIRES;
}

/* The first retires of each path of a device. */
static uint32_t list_retires(const struct mir_strata *strata,
    uint32_t from,
    uint32_t end,
    uint32_t *retires)
{
    uint32_t count = 0;
    for (uint32_t i = from; i < end; i++) {
        uint32_t place = strata->tree.sorted[i];
        if (strata->tree.nodes[place].stands && strata->causal->column[place] != NOBODY &&
            mir_strata_first(strata, place, MIR_STATEMENT_RETIRE) != NULL) {
            retires[count++] = place;
        }
    }
    return count;
}

/* Judges the part of a device's control that grew from one seq 1. */
static int walk_tree(struct mir_strata *strata,
    struct mir_rung *rungs,
    uint32_t *room,
    uint32_t root)
{
    const mirsal_hash *device = &strata->causal->facts[root]->device;
    struct walk walk = { .rungs = rungs };
    uint32_t end = 0;
    uint32_t from = mir_tree_device(&strata->tree, device, &end);
    if (!begin_walk(&walk, strata, device)) {
        return 0;
    }
    uint32_t retires = list_retires(strata, from, end, room);
    for (uint32_t i = from; i < end; i++) {
        uint32_t place = strata->tree.sorted[i];
        if (!mir_tree_on_path(&strata->tree, root, place)) {
            continue;
        }
        if (!walk_place(&walk, place)) {
            return 0;
        }
        mark_retire(&walk, place, room, retires);
    }
    return 1;
}

/* The join of a device that enrols anew; its grant's path was judged. */
static void judge_successor(struct mir_strata *strata, struct mir_joined *joined)
{
    const struct mir_control *fact = strata->causal->facts[joined->fact];
    const struct mir_statement *retire =
        mir_strata_first(strata, joined->retire, MIR_STATEMENT_RETIRE);
    int basis = basis_of(strata, joined->retire);
    joined->judged = 1;
    joined->basis = basis < (int)MIR_ROLE_MONITOR ? MIR_ROLE_OBSERVER : MIR_ROLE_MONITOR;
    joined->valid = retire != NULL && (strata->marks[joined->retire] & MIR_MARK_RETIRES) != 0 &&
                    mir_key_compare(&retire->retire.successor, &fact->device) == 0 &&
                    fact->statements[0].join.proof_ok;
}

/* 1 when what the tree's join stands on was judged. */
static int is_ready(struct mir_strata *strata, const uint8_t *done, uint32_t root)
{
    uint32_t at = strata->joined_by_fact[root];
    struct mir_joined *joined = at == 0 ? NULL : &strata->joined[at - 1];
    if (joined == NULL || joined->judged) {
        return 1;
    }
    uint32_t bottom = strata->bottom[joined->retire];
    if (bottom != NOBODY && !done[bottom]) {
        return 0;
    }
    judge_successor(strata, joined);
    return 1;
}

/* After its own retire nothing of a device counts. */
static void end_retired(struct mir_strata *strata, uint32_t *room)
{
    for (uint32_t from = 0, end = 0; from < strata->tree.count; from = end) {
        const mirsal_hash *device = strata->tree.nodes[strata->tree.sorted[from]].device;
        uint32_t count = 0;
        (void)mir_tree_device(&strata->tree, device, &end);
        for (uint32_t i = from; i < end; i++) {
            if ((strata->marks[strata->tree.sorted[i]] & MIR_MARK_RETIRES) != 0) {
                room[count++] = strata->tree.sorted[i];
            }
        }
        for (uint32_t i = from; i < end && count > 0; i++) {
            uint32_t place = strata->tree.sorted[i];
            for (uint32_t r = 0; r < count; r++) {
                if (mir_causal_knows_wanted(strata->causal, place, room[r])) {
                    strata->marks[place] |= MIR_MARK_CUT;
                    strata->losses[place] =
                        strata->losses[place] == NOBODY ? room[r] : strata->losses[place];
                    break;
                }
            }
        }
    }
}

/*
 * Trees are judged as the retires that their joins stand on are. An id stands in what is made
 * after, so no two trees wait for one another.
 */
int mir_strata_chains(struct mir_strata *strata)
{
    uint32_t count = strata->causal->count;
    struct mir_rung *rungs = mir_arena_alloc(strata->scratch, count, sizeof *rungs);
    uint8_t *done = mir_arena_alloc(strata->scratch, count, sizeof *done);
    uint32_t *room = mir_arena_alloc(strata->scratch, count, sizeof *room);
    int moved = 1;
    if (rungs == NULL || done == NULL || room == NULL) {
        return 0;
    }
    while (moved) {
        moved = 0;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t root = strata->tree.sorted[i];
            if (strata->tree.nodes[root].prev != NOBODY || done[root] ||
                !is_ready(strata, done, root)) {
                continue;
            }
            done[root] = 1;
            moved = 1;
            if (!walk_tree(strata, rungs, room, root)) {
                return 0;
            }
        }
    }
    end_retired(strata, room);
    return 1;
}
