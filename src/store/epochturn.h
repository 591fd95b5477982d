/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/epochturn.h - epochs are turned: by a person, when a reader left, by age; and which epochs
 * a device was given. protocol/control.md 5.14.
 *
 * A new epoch is of use once its envelopes are out: duties.h writes them.
 */
#ifndef MIR_EPOCHTURN_H
#define MIR_EPOCHTURN_H

#include "arena.h"
#include "statement.h"
#include "store.h"

/*
 * Makes the next epoch of a compartment and its envelopes, in a transaction of its own. history 0:
 * it does not carry the older ones, and neither does a team's policy that says so. *out may be
 * NULL. NOT_FOUND: no such compartment; NOT_ALLOWED: no admin, or one who cannot read it.
 */
mirsal_code mir_epoch_rotate(struct mir_epoch_public *out,
    struct mir_store *store,
    uint32_t compartment,
    int history,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The statement of the next epoch, its private half kept here; inside the caller's transaction. */
mirsal_code mir_epoch_make(struct mir_say *say,
    struct mir_store *store,
    uint32_t compartment,
    int history,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Makes, says and settles it, inside the caller's transaction. */
mirsal_code mir_epoch_turn(struct mir_epoch_public *out,
    struct mir_store *store,
    uint32_t compartment,
    int history,
    mirsal_error *err) MIRSAL_MUST_USE;

enum mir_turn_reason {
    MIR_TURN_NONE,
    MIR_TURN_LEFT, /* one who was given the newest epoch may not read any more */
    MIR_TURN_AGE,
};
/* Whether the newest epoch of a compartment should be turned, by what this store holds. */
mirsal_code mir_epoch_turn_reason(enum mir_turn_reason *out,
    struct mir_store *store,
    uint32_t compartment,
    mirsal_error *err) MIRSAL_MUST_USE;
/* What an admin's device owes: turns each epoch that should be and that it holds. */
mirsal_code mir_epochs_turn_due(uint32_t *turned, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;

#endif
