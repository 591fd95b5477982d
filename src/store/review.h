/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/review.h - a record as a whole after its registers changed: withdrawn, newest write, queue.
 */
#ifndef MIR_REVIEW_H
#define MIR_REVIEW_H

#include "projection.h"

/* Saves updated, withdrawn and changeset of a row. */
mirsal_code mir_review_mark(struct mir_store *store, const struct mir_row *row, mirsal_error *err)
    MIRSAL_MUST_USE;
/* After writes of a changeset to the record: newest write, withdrawal (merge.md 7). */
mirsal_code mir_review_record(struct mir_store *store,
    const mirsal_id *record,
    int64_t changeset,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Evaluates every register of the record that has rows of `write` anew, then the record. */
mirsal_code mir_review_resettle(struct mir_store *store, const mirsal_id *record, mirsal_error *err)
    MIRSAL_MUST_USE;
/* Gives each write that only a cell holds its row. */
mirsal_code mir_review_materialise(struct mir_store *store,
    const struct mir_row *row,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
