/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/drafts.h - records that are not sealed yet: kept by this store alone, in no chain, in no
 * table of records and in no digest.
 *
 * A draft's id is the id of the record it becomes: its `base` is drawn with it. What it says is a
 * text that only its maker reads (exchange/draft.c).
 */
#ifndef MIR_DRAFTS_H
#define MIR_DRAFTS_H

#include "store.h"

struct mir_draft {
    int64_t no; /* ascending as they were made */
    mirsal_id id;
    uint8_t base[8];  /* of the transaction that makes it a record */
    mirsal_id parent; /* the draft below which it stands */
    int has_parent;
    uint64_t made_ms;
    struct mir_bytes text;
};

struct mir_drafts {
    struct mir_draft *items; /* as they were made: a parent before what stands below it */
    size_t count;
};

mirsal_code mir_drafts_count(uint64_t *out, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;
/* All, copied into the arena. */
mirsal_code mir_drafts_read(struct mir_drafts *out,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;
/* no is given by the store. */
mirsal_code mir_drafts_keep(struct mir_store *store,
    const struct mir_draft *draft,
    mirsal_error *err) MIRSAL_MUST_USE;
/* NOT_FOUND when another handle took it first. */
mirsal_code mir_drafts_remove(struct mir_store *store, int64_t no, mirsal_error *err)
    MIRSAL_MUST_USE;

#endif
