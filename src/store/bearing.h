/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/bearing.h - what an incident's figures and hints hang on, and what is to be settled anew.
 *
 *   bears(target, no)   the record of row no names target, a reference as it is encoded, in one of
 *                       the fields of mir_bearing_is_named; `child` holds scopes and subjects
 *   touched(no)         rows of which something changed since mir_project_settle
 *
 * Figures of one incident hang on claims on it, on the other incidents that these cover, on claims
 * that supersede them or are a part of them, on links and on records of the same source id. What
 * hangs together is gathered whole, so that figures do not depend on what else was touched, nor on
 * the order in which records came.
 */
#ifndef MIR_BEARING_H
#define MIR_BEARING_H

#include "projection.h"
#include "rows.h"

/* Whether what the field names is kept in `bears`. */
int mir_bearing_is_named(const char *type, const char *field);
/* Whether records of the type are settled: incidents, claims, attributions, assessments, links. */
int mir_bearing_settles(const char *type);

/* What a cell of the row names enters `bears` (sign 1) or leaves it (-1). */
mirsal_code mir_bearing_change(struct mir_store *store,
    int64_t no,
    const struct mir_column *column,
    int sign,
    struct mir_bytes cell,
    mirsal_error *err) MIRSAL_MUST_USE;

/* The record is to be settled, when its type is. */
mirsal_code mir_bearing_touch(struct mir_store *store,
    const struct mir_table *table,
    int64_t no,
    mirsal_error *err) MIRSAL_MUST_USE;
/* So are the records that a cell of the row names. */
mirsal_code mir_bearing_touch_named(struct mir_store *store,
    const struct mir_row *row,
    const struct mir_column *column,
    struct mir_bytes cell,
    mirsal_error *err) MIRSAL_MUST_USE;
/* So are those that name the record in `bears`; source_id: its cell, or empty. */
mirsal_code mir_bearing_touch_naming(struct mir_store *store,
    const mirsal_id *id,
    struct mir_bytes source_id,
    mirsal_error *err) MIRSAL_MUST_USE;
/* So are those of the row's type that carry the source id. */
mirsal_code mir_bearing_touch_twins(struct mir_store *store,
    const struct mir_table *table,
    struct mir_bytes source_id,
    mirsal_error *err) MIRSAL_MUST_USE;
/* So is everything: who writes, or what is void, is another now. */
mirsal_code mir_bearing_touch_all(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

/* Incidents with all that bears on them. */
struct mir_bearing {
    struct mir_row_set incidents;
    struct mir_row_set others; /* claims, attributions, assessments, links */
};
/* All that hangs together with the records of these rows; in the arena. */
mirsal_code mir_bearing_gather(struct mir_bearing *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const int64_t *rows,
    size_t count,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
