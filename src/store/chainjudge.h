/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/chainjudge.h - the states of data changesets before their content is looked at;
 * protocol/control.md 5.13. A chain is judged whole only where one of its changesets may be judged
 * otherwise than the next: the rest is answered from the device's rights.
 */
#ifndef MIR_CHAINJUDGE_H
#define MIR_CHAINJUDGE_H

#include "arena.h"
#include "chains.h"
#include "store.h"

struct mir_judged {
    int64_t no;
    struct mir_verdict verdict;
    const mirsal_hash *cause; /* of mir_chain_causes: the changeset of what cut it; else NULL */
};

/* A chain being judged; zeroed is none. */
struct mir_chain_judge {
    int64_t device; /* 0: none */
    uint32_t compartment;
    mirsal_hash key;
    int whole;                 /* judged holds every changeset held, ascending by no */
    struct mir_judged *judged; /* lives in the arena that was given */
    size_t count;
};

/* Reads the chain, and judges it where it must be judged whole. CORRUPT. */
mirsal_code mir_chain_judge_begin(struct mir_chain_judge *judge,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t device,
    uint32_t compartment,
    mirsal_error *err) MIRSAL_MUST_USE;

/* The same, always judged whole, with what cut what is cut. */
mirsal_code mir_chain_causes(struct mir_chain_judge *judge,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t device,
    uint32_t compartment,
    mirsal_error *err) MIRSAL_MUST_USE;

/* The verdict on one changeset of that chain. prev: the one that it names as before it. */
mirsal_code mir_chain_judge_one(struct mir_verdict *out,
    const struct mir_chain_judge *judge,
    struct mir_store *store,
    const struct mir_chain_row *row,
    const mirsal_hash *prev,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
