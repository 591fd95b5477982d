/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/acts.h - what admins and coordinators say about devices: cut, freeze, adopt; and the places
 * that a cut or a loss leaves. Each is one control changeset in a transaction of its own, settled.
 * root: NULL where this device says it itself.
 */
#ifndef MIR_ACTS_H
#define MIR_ACTS_H

#include "control.h"
#include "rootword.h"

/* A chain's last changeset that is left; seq 0: nothing of that chain. */
struct mir_cut_at {
    uint8_t compartment;
    uint64_t seq;
};

/*
 * One place for each chain of the device: `at` where it says, else the newest that counts here; for
 * a chain of data of which a reader's receipt names more than is held, that. Lives in arena.
 * NOT_FOUND: nothing is held at a place that `at` names.
 */
mirsal_code mir_acts_places(struct mir_chain_place **out,
    uint32_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_hash *device,
    const struct mir_cut_at *at,
    size_t at_count,
    mirsal_error *err) MIRSAL_MUST_USE;

struct mir_cut_order {
    const mirsal_hash *device;
    enum mir_cut_reason reason;
    const struct mir_cut_at *at;
    size_t at_count;
    const mirsal_hash *undoes; /* changesets of adopts that end */
    uint32_t undo_count;
    const char *text; /* or NULL */
};

/* NOT_FOUND; NOT_ALLOWED: not an admin's device, or the device is an admin's and root is NULL. */
mirsal_code mir_device_cut(mirsal_hash *id,
    struct mir_store *store,
    const struct mir_root *root,
    const struct mir_cut_order *order,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Suspends what an admin says after what is held of its control chain. NOT_FOUND, NOT_ALLOWED. */
mirsal_code mir_device_freeze(mirsal_hash *id,
    struct mir_store *store,
    const mirsal_hash *device,
    const char *text,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Ends every freeze of the device that counts. NOT_FOUND: none does. */
mirsal_code mir_device_unfreeze(struct mir_store *store,
    const struct mir_root *root,
    const mirsal_hash *device,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * Adopts changesets; ids NULL: all of the device's data that stands in quarantine for a cut or a
 * fork. *adopted: how many. NOT_FOUND: one of them, or all, is not in such quarantine; NOT_ALLOWED:
 * not a coordinator's device, or work after a hostile cut and not an admin's.
 */
mirsal_code mir_device_adopt(uint32_t *adopted,
    struct mir_store *store,
    const mirsal_hash *device,
    const mirsal_hash *ids,
    uint32_t count,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
