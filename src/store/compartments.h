/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/compartments.h - a team's compartments: made with their own first epoch, read by whom an
 * admin grants them, named to those who read main. protocol/control.md 5.8.
 *
 * Each call that says something does so in one transaction of its own, its envelopes included.
 * NOT_ALLOWED where this device is no admin.
 */
#ifndef MIR_COMPARTMENTS_H
#define MIR_COMPARTMENTS_H

#include "arena.h"
#include "store.h"

#define MIR_COMPARTMENT_NAME_MAX 128u

/* Its maker reads it. BAD_VALUE: no name, a name that is taken or reads as a number; LIMIT. */
mirsal_code mir_compartment_add(uint32_t *out,
    struct mir_store *store,
    const char *name,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * Grants (readable 1) or takes (0) the right to read. Taking it turns the epoch, where this device
 * reads the compartment; else an admin's device that does turns it at its next sync. BAD_VALUE:
 * main, which goes by role; NOT_FOUND.
 */
mirsal_code mir_compartment_grant(struct mir_store *store,
    uint32_t compartment,
    const mirsal_hash *device,
    int readable,
    mirsal_error *err) MIRSAL_MUST_USE;

int mir_compartment_exists(const struct mir_store *store, uint32_t compartment);
/* "main", "protected", or what an admin called it; empty where this device cannot open it. */
mirsal_code mir_compartment_name(struct mir_bytes *out,
    struct mir_arena *arena,
    struct mir_store *store,
    uint32_t compartment,
    mirsal_error *err) MIRSAL_MUST_USE;
/* By name or number. BAD_VALUE with field "compartment"; also when two have the name. */
mirsal_code mir_compartment_find(uint32_t *out,
    struct mir_store *store,
    const char *name,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
