/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/causes.c - which statement holds back what is cut or frozen, for people: the first that by
 * itself does not leave it.
 */
#include "strata.h"

static int is_left(const struct mir_tree *tree,
    const mirsal_hash *device,
    const struct mir_cut_node *at,
    const struct mir_places *places)
{
    struct mir_bound bound = { .bounded = 0 };
    mir_bound_add_places(&bound, tree, device, at->compartment, places);
    return mir_bound_leaves(&bound, tree, at->node);
}

const mirsal_hash *mir_strata_cut_by(const struct mir_strata *strata,
    const mirsal_hash *device,
    const struct mir_tree *tree,
    struct mir_cut_node at)
{
    size_t end = 0;
    for (size_t i = mir_strata_cuts_on(strata, device, &end); i < end; i++) {
        const struct mir_cut *cut = &strata->cuts[i];
        if ((!at.by_root || mir_strata_is_root(strata, &cut->by)) &&
            !is_left(tree, device, &at, &cut->what->places)) {
            return &cut->id;
        }
    }
    return at.loss != MIR_CAUSAL_NOBODY ? &strata->causal->facts[at.loss]->id : NULL;
}

static const mirsal_hash *find_freeze(const struct mir_strata *strata, uint32_t place)
{
    const struct mir_membership *membership = strata->out;
    const mirsal_hash *device = strata->tree.nodes[place].device;
    for (size_t i = 0; i < membership->freeze_count; i++) {
        const struct mir_freeze *freeze = &membership->freezes[i];
        struct mir_bound bound = { .bounded = 0 };
        if (mir_key_compare(&freeze->device, device) != 0) {
            continue;
        }
        mir_bound_add(&bound, &strata->tree, device, freeze->seq, &freeze->id);
        if (!mir_bound_leaves(&bound, &strata->tree, place)) {
            return &freeze->said;
        }
    }
    return NULL;
}

const mirsal_hash *mir_membership_cause(const struct mir_membership *membership,
    const mirsal_hash *changeset)
{
    const struct mir_strata *strata = membership->strata;
    uint32_t place = mir_causal_find(strata->causal, changeset);
    if (place == MIR_CAUSAL_NOBODY) {
        return NULL;
    }
    uint8_t marks = strata->marks[place];
    if ((marks & MIR_MARK_CUT) != 0) {
        return mir_strata_cut_by(strata, strata->tree.nodes[place].device, &strata->tree,
            (struct mir_cut_node){ MIR_COMPARTMENT_CONTROL, place, strata->losses[place],
                (marks & MIR_MARK_ADMIN) != 0 });
    }
    return (marks & MIR_MARK_FROZEN) != 0 ? find_freeze(strata, place) : NULL;
}
