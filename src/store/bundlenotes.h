/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/bundlenotes.h - what a store remembers of bundles: the one that it was writing in parts,
 * and the parts that came to it.
 */
#ifndef MIR_BUNDLENOTES_H
#define MIR_BUNDLENOTES_H

#include "arena.h"
#include "bundle.h"
#include "store.h"

/* A bundle that is being written: what whole parts of it hold. */
struct mir_bundle_note {
    uint8_t fingerprint[32]; /* of the order */
    uint8_t bundle[16];
    uint32_t parts;
    uint8_t phase; /* as mir_bundle_pick_go: the last changeset that stands in a whole part */
    int64_t no;
    int64_t top;
    uint64_t changesets;
    uint64_t bytes;
};
/* *there = 0 where none is kept. */
mirsal_code mir_bundle_note_read(int *there,
    struct mir_bundle_note *out,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Each in a transaction of its own. */
mirsal_code mir_bundle_note_keep(struct mir_store *store,
    const struct mir_bundle_note *note,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_bundle_note_drop(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

/* A part that came. */
struct mir_bundle_seen {
    uint64_t place; /* in the file of that MAC: all before it is stored */
    int whole;
    int last;
    int partial; /* something of it was left that this device might not hold then */
};
/* Zeros for a part never seen; whole and last of any file of it, place and partial of this one. */
mirsal_code mir_bundle_seen_read(struct mir_bundle_seen *out,
    struct mir_store *store,
    const struct mir_bundle_head *head,
    const uint8_t mac[32],
    mirsal_error *err) MIRSAL_MUST_USE;
/* Inside the caller's transaction. A part that was whole once stays so. */
mirsal_code mir_bundle_seen_keep(struct mir_store *store,
    const struct mir_bundle_head *head,
    const uint8_t mac[32],
    const struct mir_bundle_seen *seen,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * Numbers of the parts that are known to be missing: up to the highest seen, and the one after it
 * where that one came whole and is not the last. Ascending.
 */
mirsal_code mir_bundle_missing(uint32_t **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const uint8_t bundle[16],
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
