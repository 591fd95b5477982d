/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/bundlepick.h - which changesets go into a bundle, and in what order: control, then own
 * data, then others', each as it came here; protocol/bundle.md 2.5 and 2.6.
 */
#ifndef MIR_BUNDLEPICK_H
#define MIR_BUNDLEPICK_H

#include "chains.h"
#include "frames.h"
#include "store.h"

#define MIR_BUNDLE_BATCH 256u

/* A chain that the addressee holds up to a place, or that goes no further than one. */
struct mir_bundle_chain {
    int64_t device; /* device.no */
    uint8_t compartment;
    uint64_t seq;
};

struct mir_bundle_pick {
    struct mir_store *store;
    int to_one;
    mirsal_hash to;
    int64_t to_no;
    uint8_t readable[32]; /* of the addressee: bit c % 8 of byte c / 8 */
    struct mir_buf known; /* struct mir_bundle_chain, ascending */
    struct mir_buf withheld;
    int64_t own;
    int64_t top; /* what comes later does not go along */
    /* Where it stands. */
    uint8_t phase; /* 0 control, 1 own, 2 others', 3 the end */
    int64_t no;
    int64_t batch[MIR_BUNDLE_BATCH];
    size_t batch_count;
    size_t batch_at;
};

/* to NULL: every chain. top 0: all that is held now. NOT_ALLOWED: to may hold nothing. */
mirsal_code mir_bundle_pick_init(struct mir_bundle_pick *out,
    struct mir_store *store,
    const mirsal_hash *to,
    int64_t top,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_bundle_pick_fini(struct mir_bundle_pick *pick); /* accepts a zeroed struct */

/* Leaves out what whoever made this vector says it holds. */
mirsal_code mir_bundle_pick_since(struct mir_bundle_pick *pick,
    const struct mir_vector *vector,
    const uint8_t tag_key[32],
    mirsal_error *err) MIRSAL_MUST_USE;

/* The next one; out->no is 0 at the end. */
mirsal_code mir_bundle_pick_next(struct mir_chain_row *out,
    struct mir_bundle_pick *pick,
    mirsal_error *err) MIRSAL_MUST_USE;
/* What was given cannot go along: nothing above it in its chain does. */
mirsal_code mir_bundle_pick_withhold(struct mir_bundle_pick *pick,
    const struct mir_chain_row *row,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Goes to the place behind that changeset of that phase. */
void mir_bundle_pick_go(struct mir_bundle_pick *pick, uint8_t phase, int64_t no);

/*
 * Heads of the chains that go along, each as far as it is whole here, and what stands 1, 2, 4 …
 * places below: whoever does not hold the head finds there how far the two go together.
 */
mirsal_code mir_bundle_pick_heads(struct mir_heads *out,
    struct mir_bundle_pick *pick,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
