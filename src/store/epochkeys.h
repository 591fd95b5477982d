/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/epochkeys.h - private halves of epochs that this device holds, sealed by its database key,
 * and opening data bodies with them.
 */
#ifndef MIR_EPOCHKEYS_H
#define MIR_EPOCHKEYS_H

#include "changeset.h"
#include "residue.h"
#include "statement.h"
#include "store.h"

/* Keeps one; a pair that does not fit is NOT_AUTHENTIC. */
mirsal_code mir_epoch_keep(struct mir_store *store,
    uint32_t compartment,
    uint32_t number,
    const struct mir_agree_secret *secret,
    const mirsal_hash *public_key,
    mirsal_error *err) MIRSAL_MUST_USE;
/* *found = 0 when it is not held. */
mirsal_code mir_epoch_secret(struct mir_agree_secret *out,
    int *found,
    struct mir_store *store,
    const mirsal_hash *public_key,
    mirsal_error *err) MIRSAL_MUST_USE;
/* *count = private halves held of that compartment and number (0: any number). */
mirsal_code mir_epoch_count(uint32_t *count,
    struct mir_store *store,
    uint32_t compartment,
    uint32_t number,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Every private half held, by compartment and number; a code that each returns ends the walk. */
mirsal_code mir_epoch_each(struct mir_store *store,
    mirsal_code (*each)(void *context,
        const struct mir_epoch_public *name,
        const struct mir_agree_secret *secret,
        mirsal_error *err),
    void *context,
    mirsal_error *err) MIRSAL_MUST_USE;

enum mir_opening {
    MIR_OPENED,
    MIR_OPENING_NO_KEY,
    MIR_OPENING_NO_SCHEMA,
    MIR_OPENING_BAD,
};
/*
 * Tries every private half of the epoch's number, of a residue every one of its compartment. *out
 * lives in arena; no seed is left in it.
 */
mirsal_code mir_epoch_open(struct mir_opened *out,
    enum mir_opening *how,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_changeset *changeset,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The same, with salts and hashes. */
mirsal_code mir_epoch_open_left(struct mir_left *out,
    enum mir_opening *how,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_changeset *changeset,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
