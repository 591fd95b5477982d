/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/handed.h - what was handed over from this store (handoffmake.h), as purges ask of it.
 */
#ifndef MIR_HANDED_H
#define MIR_HANDED_H

#include "arena.h"
#include "purges.h"
#include "store.h"

/* A handoff that holds one of the records. */
struct mir_handed {
    uint8_t handoff[16];
    uint64_t made_ms;
    const struct mir_bytes *names; /* of the organisations it is for */
    uint32_t name_count;
};

/* Those made here that hold a record of the order, oldest first; lives in arena. */
mirsal_code mir_handed_of(struct mir_handed **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_purge *order,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * Salts and hashes that tell what a handoff showed of the order's records go: a guess could be
 * tried against them. Inside the caller's transaction.
 */
mirsal_code mir_handed_forget(struct mir_store *store,
    const struct mir_purge *order,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
