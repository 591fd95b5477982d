/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/foreignback.h - what another team took back of the records that were merged from it.
 *
 * Merging imports what that team's store shows. A record that was merged before and is withdrawn or
 * purged there, or for which another one stands by now, is withdrawn here, and comes back when it
 * is shown there again. One that its store does not hold stays: an older copy says nothing of it.
 */
#ifndef MIR_FOREIGNBACK_H
#define MIR_FOREIGNBACK_H

#include "store.h"

struct mir_foreign_back {
    /* Whether that team's store shows the record, and by itself. */
    int (*is_shown)(const void *context, uint32_t type, const mirsal_id *id);
    const void *context;
    uint64_t withdrawn;   /* the answer: records here that were taken back */
    uint64_t shown_again; /* that were, and came again */
    uint64_t to_delete;   /* its team purged them: a person purges them here */
    uint32_t changesets;
};

/* Behind an import of that store. Counts are added. */
mirsal_code mir_foreign_take_back(struct mir_foreign_back *back,
    struct mir_store *store,
    struct mir_store *guest,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
