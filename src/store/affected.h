/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/affected.h - which statement holds back what is cut or frozen, and how much each holds
 * back: cuts, losses of a role, retires, freezes (protocol/control.md 5.3, 5.4, 5.7).
 */
#ifndef MIR_AFFECTED_H
#define MIR_AFFECTED_H

#include "arena.h"
#include "store.h"

/* One changeset held back, and the changeset of the statement that does it. */
struct mir_held_back {
    mirsal_hash changeset;
    mirsal_hash by;
};

struct mir_affected {
    struct mir_held_back *items; /* ascending by changeset */
    struct mir_held_back *by;    /* the same, ascending by who does it */
    size_t count;
};

/*
 * Of data what is quarantined(cut), of control what holds a statement that does not count for a cut
 * or a freeze. Where several statements do it one is named (line.h). Lives in arena.
 */
mirsal_code mir_affected_load(struct mir_affected *out,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Who holds that changeset back; NULL: nobody. */
const mirsal_hash *mir_affected_by(const struct mir_affected *affected,
    const mirsal_hash *changeset);
/* How many that changeset holds back. */
uint64_t mir_affected_count(const struct mir_affected *affected, const mirsal_hash *by);

#endif
