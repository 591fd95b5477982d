/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/rootword.h - root says something from any store of its team; what is known of recovery.
 */
#ifndef MIR_ROOTWORD_H
#define MIR_ROOTWORD_H

#include "changeset.h"
#include "recovery.h"
#include "statement.h"
#include "store.h"

/* As mir_root_open, and it is the root of this store's team: NOT_AUTHENTIC. team is whole then. */
mirsal_code mir_root_of(struct mir_root **out,
    struct mir_store *store,
    const struct mir_root_source *source,
    mirsal_error *err) MIRSAL_MUST_USE;

/* The next place of root's chain, as it is held here; what it signs forks nothing held. */
mirsal_code mir_root_place(struct mir_seal *out,
    struct mir_store *store,
    const struct mir_root *root,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * The device's role, said by this device, or by root where root is not NULL; below coordinator, an
 * admin's device also takes the compartments that were granted. person: whose the device is, or
 * NULL. NOT_FOUND; NOT_ALLOWED: not an admin's device, or root's word is needed (to
 * and from admin).
 */
mirsal_code mir_device_role(struct mir_store *store,
    const struct mir_root *root,
    const mirsal_hash *device,
    enum mir_role role,
    const char *person,
    mirsal_error *err) MIRSAL_MUST_USE;

struct mir_recover {
    const struct mir_root_target *target; /* root is written anew; NULL: it is not */
    int admin;                            /* this device becomes an admin by root's word */
    const char *person;                   /* whose it is, or NULL */
};
/* Writes first, then says what was done, in one transaction. The store is held alone. */
mirsal_code mir_root_recover(struct mir_store *store,
    const struct mir_root *root,
    const struct mir_recover *recover,
    mirsal_error *err) MIRSAL_MUST_USE;

/* When a person last proved on this device that recovery works. */
mirsal_code mir_root_drilled(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

struct mir_recovery_facts {
    int has; /* root said how it is kept */
    uint64_t threshold;
    uint64_t shares;
    uint64_t drilled_ms; /* 0: never here */
};
mirsal_code mir_recovery_facts(struct mir_recovery_facts *out,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
