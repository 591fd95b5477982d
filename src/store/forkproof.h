/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/forkproof.h - chains that fork, as held or as a fork_proof shows, and what proves them.
 */
#ifndef MIR_FORKPROOF_H
#define MIR_FORKPROOF_H

#include "arena.h"
#include "buf.h"
#include "store.h"

/* The lowest place of one chain that two changesets have. */
struct mir_fork {
    mirsal_hash device;
    uint32_t compartment;
    uint64_t seq;
    mirsal_hash ids[2]; /* ascending; of several the first */
    int64_t held[2];    /* their numbers here; 0: known by a proof alone */
    int proven;         /* a fork_proof of that place is held */
};

/* Ascending by (device, compartment), in arena. Root's own chain is none: all branches stand. */
mirsal_code mir_forks(struct mir_fork **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * Appends a fork_proof (struct mir_say) for each data chain that forks among what is held here and
 * that no proof held shows; control goes to everybody and proves itself. At most max.
 */
mirsal_code mir_forks_prove(struct mir_buf *says,
    size_t max,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
