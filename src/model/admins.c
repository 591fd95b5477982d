/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/admins.c - the second and third strata: what speaks as admin, and freezes;
 * protocol/control.md 5.2 and 5.3.
 */
#include "strata.h"

#include "ladder.h"
#include "sort.h"

#include <string.h>

#define NOBODY MIR_CAUSAL_NOBODY

int mir_strata_speaks(const struct mir_strata *strata, uint32_t place)
{
    return (strata->marks[place] & (MIR_MARK_ADMIN | MIR_MARK_CUT)) == MIR_MARK_ADMIN;
}

int mir_said_by_admin(const struct mir_strata *strata, struct mir_said said)
{
    return mir_strata_speaks(strata, said.fact) &&
           (strata->marks[said.fact] & MIR_MARK_FROZEN) == 0;
}

/* What root's cuts leave of a device's control chain. */
static void bound_by_root(const struct mir_strata *strata,
    const mirsal_hash *device,
    struct mir_bound *bound)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_CUT];
    for (uint32_t i = 0; i < list->count; i++) {
        const struct mir_statement *what = mir_said_what(strata, list->items[i]);
        if (mir_strata_is_root(strata, mir_said_by(strata, list->items[i])) &&
            mir_key_compare(&what->cut.device, device) == 0) {
            mir_bound_add_places(
                bound, &strata->tree, device, MIR_COMPARTMENT_CONTROL, &what->cut.places);
        }
    }
}

/* A retire of its own device that a changeset knows, or NOBODY. */
static uint32_t find_retire(const struct mir_strata *strata,
    uint32_t place,
    uint32_t from,
    uint32_t end)
{
    for (uint32_t i = from; i < end; i++) {
        uint32_t other = strata->tree.sorted[i];
        if (strata->tree.nodes[other].stands &&
            mir_causal_knows_wanted(strata->causal, place, other) &&
            mir_strata_first(strata, other, MIR_STATEMENT_RETIRE) != NULL) {
            return other;
        }
    }
    return NOBODY;
}

static int has_retire(const struct mir_strata *strata, uint32_t from, uint32_t end)
{
    for (uint32_t i = from; i < end; i++) {
        uint32_t place = strata->tree.sorted[i];
        if (strata->tree.nodes[place].stands &&
            mir_strata_first(strata, place, MIR_STATEMENT_RETIRE) != NULL) {
            return 1;
        }
    }
    return 0;
}

static int mark_chain(struct mir_strata *strata, const mirsal_hash *device, struct mir_rung *rungs)
{
    struct mir_ladder ladder;
    struct mir_bound bound = { .bounded = 0 };
    int founder = mir_key_compare(device, &strata->out->founder) == 0;
    int otherwise = founder ? (int)MIR_ROLE_ADMIN : (int)MIR_ROLE_OBSERVER;
    uint32_t end = 0;
    uint32_t from = mir_tree_device(&strata->tree, device, &end);
    int retires = has_retire(strata, from, end);
    if (!mir_ladder_build(&ladder, strata, &strata->root_roles, device, &strata->tree,
            MIR_COMPARTMENT_CONTROL, strata->scratch)) {
        return 0;
    }
    bound_by_root(strata, device, &bound);
    for (uint32_t i = from; i < end; i++) {
        uint32_t place = strata->tree.sorted[i];
        uint32_t prev = strata->tree.nodes[place].prev;
        if (!mir_ladder_step(&rungs[place], &ladder, place, mir_causal_row(strata->causal, place),
                prev == NOBODY ? NULL : &rungs[prev], strata->scratch)) {
            return 0;
        }
        if (mir_ladder_role(&ladder, &rungs[place], otherwise) != (int)MIR_ROLE_ADMIN) {
            continue;
        }
        strata->marks[place] |= MIR_MARK_ADMIN;
        const struct mir_word *loss =
            mir_ladder_loss(&ladder, &rungs[place], place, MIR_ROLE_ADMIN);
        strata->losses[place] = loss != NULL ? loss->said.fact
                                : retires    ? find_retire(strata, place, from, end)
                                             : NOBODY;
        if (!mir_bound_leaves(&bound, &strata->tree, place) || strata->losses[place] != NOBODY) {
            strata->marks[place] |= MIR_MARK_CUT;
        }
    }
    return 1;
}

int mir_strata_admins(struct mir_strata *strata)
{
    struct mir_rung *rungs = mir_arena_alloc(strata->scratch, strata->causal->count, sizeof *rungs);
    strata->admins = mir_arena_alloc(strata->keep, strata->candidate_count, sizeof *strata->admins);
    if (rungs == NULL || strata->admins == NULL) {
        return 0;
    }
    for (size_t i = 0; i < strata->candidate_count; i++) {
        const mirsal_hash *device = &strata->candidates[i];
        int founder = mir_key_compare(device, &strata->out->founder) == 0;
        int otherwise = founder ? (int)MIR_ROLE_ADMIN : (int)MIR_ROLE_OBSERVER;
        if (mir_strata_is_root(strata, device)) {
            continue; /* root is no device */
        }
        if (mir_words_lowest(strata, &strata->root_roles, device, 0, otherwise) ==
            (int)MIR_ROLE_ADMIN) {
            strata->admins[strata->admin_count++] = *device;
        }
        if (!mark_chain(strata, device, rungs)) {
            return 0;
        }
    }
    return 1;
}

static int is_unfrozen(const struct mir_strata *strata, const mirsal_hash *freeze)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_UNFREEZE];
    for (uint32_t i = 0; i < list->count; i++) {
        if (mir_strata_is_root(strata, mir_said_by(strata, list->items[i])) &&
            mir_key_compare(&mir_said_what(strata, list->items[i])->unfreeze.freeze, freeze) == 0) {
            return 1;
        }
    }
    return 0;
}

static int compare_freezes(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_freeze *left = a;
    const struct mir_freeze *right = b;
    int order = mir_key_compare(&left->device, &right->device);
    if (order == 0 && left->seq != right->seq) {
        order = left->seq < right->seq ? -1 : 1;
    }
    if (order == 0) {
        order = mir_key_compare(&left->id, &right->id);
    }
    return order != 0 ? order : mir_key_compare(&left->said, &right->said);
}

static int list_freezes(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_FREEZE];
    struct mir_membership *out = strata->out;
    out->freezes = mir_arena_alloc(strata->keep, list->count, sizeof *out->freezes);
    if (out->freezes == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const struct mir_control *fact = mir_said_fact(strata, list->items[i]);
        const struct mir_statement *what = mir_said_what(strata, list->items[i]);
        if (mir_strata_speaks(strata, list->items[i].fact) && !is_unfrozen(strata, &fact->id)) {
            struct mir_freeze *freeze = &out->freezes[out->freeze_count++];
            freeze->device = what->freeze.device;
            freeze->seq = what->freeze.seq;
            freeze->id = what->freeze.id;
            freeze->by = fact->device;
            freeze->said = fact->id;
        }
    }
    mir_sort(out->freezes, out->freeze_count, sizeof *out->freezes, compare_freezes, NULL);
    return 1;
}

/* What is not admin by root is not frozen: only what is said as admin is suspended. */
int mir_strata_freezes(struct mir_strata *strata)
{
    if (!list_freezes(strata)) {
        return 0;
    }
    for (size_t at = 0, next = 0; at < strata->out->freeze_count; at = next) {
        const struct mir_freeze *freezes = strata->out->freezes;
        const mirsal_hash *device = &freezes[at].device;
        struct mir_bound bound = { .bounded = 0 };
        uint32_t end = 0;
        for (next = at; next < strata->out->freeze_count &&
                        mir_key_compare(&freezes[next].device, device) == 0;
             next++) {
            mir_bound_add(&bound, &strata->tree, device, freezes[next].seq, &freezes[next].id);
        }
        for (uint32_t i = mir_tree_device(&strata->tree, device, &end); i < end; i++) {
            uint32_t place = strata->tree.sorted[i];
            if (mir_strata_speaks(strata, place) &&
                !mir_bound_leaves(&bound, &strata->tree, place)) {
                strata->marks[place] |= MIR_MARK_FROZEN;
            }
        }
    }
    return 1;
}
