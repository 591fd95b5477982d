/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/touch.h - what stands beside a record's row: search, places, children, review.
 */
#ifndef MIR_TOUCH_H
#define MIR_TOUCH_H

#include "projection.h"

/* A cell changed from old to new (empty: none). Call it before the row changes. */
mirsal_code mir_touch_cell(struct mir_store *store,
    const struct mir_row *row,
    uint32_t column,
    struct mir_bytes old_cell,
    struct mir_bytes new_cell,
    mirsal_error *err) MIRSAL_MUST_USE;

/* A new record with these cells, one for each column. */
mirsal_code mir_touch_created(struct mir_store *store,
    const struct mir_row *row,
    const struct mir_bytes *cells,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Puts an item into the review queue, or takes it out. *changed (may be NULL): it was another. */
mirsal_code mir_touch_review(int *changed,
    struct mir_store *store,
    const struct mir_review *item,
    int stands,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
