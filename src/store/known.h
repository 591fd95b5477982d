/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/known.h - what a relay, or a device met, is known to hold, per chain: all up to a head.
 * From a fork on each changeset stands for itself.
 */
#ifndef MIR_KNOWN_H
#define MIR_KNOWN_H

#include "chains.h"
#include "store.h"

/*
 * In the place of peer.no: the device that is met over the network (protocol/sync.md 10). What it
 * holds is kept in memory, by this handle; mir_known_meet forgets what was known of one before.
 */
#define MIR_KNOWN_MET INT64_C(-1)
mirsal_code mir_known_meet(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

/* Inside the caller's transaction. */
mirsal_code mir_known_mark(struct mir_store *store,
    int64_t peer,
    const struct mir_chain_row *row,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_known_is(int *known,
    struct mir_store *store,
    int64_t peer,
    const struct mir_chain_row *row,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Forgets what is known of one compartment. */
mirsal_code mir_known_forget(struct mir_store *store,
    int64_t peer,
    uint32_t compartment,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * Appends int64_t: numbers of all that is not known, in the order of sync.md 3.1: as they came
 * here, but each behind those below it in its chain, which a bundle in parts may bring later.
 */
mirsal_code mir_known_missing(struct mir_buf *out,
    struct mir_store *store,
    int64_t peer,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * Appends int64_t, each the number of a changeset with its sign turned: residues that this relay is
 * not known to hold, own ones at once, others after a day (sync.md 11.3).
 */
mirsal_code mir_known_missing_residues(struct mir_buf *out,
    struct mir_store *store,
    int64_t peer,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The first of those of one changeset; *found = 0: none. */
mirsal_code mir_known_missing_residue(mirsal_hash *out,
    int *found,
    struct mir_store *store,
    int64_t peer,
    int64_t changeset,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The relay holds that residue of the changeset. In a transaction. */
mirsal_code mir_known_mark_residue(struct mir_store *store,
    int64_t peer,
    int64_t changeset,
    const mirsal_hash *hash,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
