/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/epocholder.h - data sealed to an older epoch by who knew a newer one: `older_epoch` of
 * protocol/control.md 5.14. It is accepted; the flag is for people.
 */
#ifndef MIR_EPOCHOLDER_H
#define MIR_EPOCHOLDER_H

#include "arena.h"
#include "store.h"

/* From this seq on a chain knows a usable epoch of that number. */
struct mir_older_mark {
    mirsal_hash device;
    uint32_t compartment;
    uint64_t seq;
    uint32_t number;
};

struct mir_older {
    struct mir_older_mark *marks;
    size_t count;
};

/* Reads what the chains held cite. Lives in arena. */
mirsal_code mir_older_load(struct mir_older *out,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Whether the changeset at that arrival number is flagged. */
mirsal_code mir_older_flag(int *out,
    const struct mir_older *older,
    struct mir_store *store,
    int64_t no,
    mirsal_error *err) MIRSAL_MUST_USE;
/* How many changesets of a device are. */
mirsal_code mir_older_count(uint64_t *out,
    const struct mir_older *older,
    struct mir_store *store,
    const mirsal_hash *device,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
