/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/exposure.h - what whoever holds a device can read: the epochs whose private halves it was
 * given, as far as the control changesets held tell.
 */
#ifndef MIR_EXPOSURE_H
#define MIR_EXPOSURE_H

#include "membership.h"
#include "store.h"

/* One compartment of which the device holds a private half. */
struct mir_exposure {
    uint32_t compartment;
    uint32_t lowest; /* epochs held, those that carry the one before counted with it */
    uint32_t highest;
    uint64_t since;      /* stamp of the first word that gave one; 0: not known */
    uint64_t changesets; /* data held here that it opens */
    int turn;            /* writers use an epoch that it holds */
    uint32_t writing;    /* that epoch */
};

/* Ascending by compartment, in arena. Of a write-only device or a monitor none. */
mirsal_code mir_exposure(struct mir_exposure **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_member *member,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
