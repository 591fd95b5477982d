/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/purge.h - purge orders: given, approved, lifted; and when this
 * replica first held one that orders destruction. What becomes of bodies is not decided here.
 */
#ifndef MIR_PURGE_H
#define MIR_PURGE_H

#include "rootword.h"

/*
 * Says an order on a record, those that go with it (purgetree.h) and their bodies; with root's word
 * it orders at once. *order is its changeset. NOT_FOUND: nothing of it is held. NOT_ALLOWED: not an
 * admin's device, or orders in force name all of them already. TOO_LARGE.
 */
mirsal_code mir_purge_say(mirsal_hash *order,
    struct mir_store *store,
    const struct mir_root *root,
    const mirsal_id *record,
    const char *reason,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * A second word for an order. NOT_FOUND: no such order, or it was lifted. NOT_ALLOWED: not an
 * admin's device, it is ordered already, or root named this device as a person's who has spoken.
 */
mirsal_code mir_purge_approve(struct mir_store *store,
    const struct mir_root *root,
    const mirsal_hash *order,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Ends an order for good. NOT_FOUND; NOT_ALLOWED: root's word stands behind it. */
mirsal_code mir_purge_lift(struct mir_store *store,
    const struct mir_root *root,
    const mirsal_hash *order,
    mirsal_error *err) MIRSAL_MUST_USE;

/* By this replica's own clock; 0: not yet. */
struct mir_purge_here {
    uint64_t ordered_ms;   /* it first held the order at level ORDERED */
    uint64_t destroyed_ms; /* what the order names was destroyed here */
};
mirsal_code mir_purge_here(struct mir_purge_here *out,
    struct mir_store *store,
    const mirsal_hash *order,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Orders that are of level ORDERED now get their time. Behind every change of the membership. */
mirsal_code mir_purge_note(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
/* The moment from which on the content that an order names itself is destroyed here: policy 1. */
uint64_t mir_purge_due_ms(const struct mir_store *store, const struct mir_purge_here *here);
/* Bodies that an order of level ORDERED names and that still stand here; when the last goes. */
struct mir_purge_left {
    uint64_t bodies;
    uint64_t due_ms;
};
mirsal_code mir_purge_left(struct mir_purge_left *out,
    struct mir_store *store,
    const struct mir_purge *order,
    mirsal_error *err) MIRSAL_MUST_USE;
/* "hidden", "ordered", "destroyed" (here), "lifted", or "quarantined": nobody's word counts. */
const char *mir_purge_state_name(const struct mir_purge *purge, const struct mir_purge_here *here);
/* Orders of level ORDERED whose time has come, not carried out here yet. Lives in arena. */
mirsal_code mir_purge_due(mirsal_hash **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;
/* What the order names is gone here, now. Inside the caller's transaction. */
mirsal_code mir_purge_set_destroyed(struct mir_store *store,
    const mirsal_hash *order,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
