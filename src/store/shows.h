/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/shows.h - domain values as people and SQL see them: texts and numbers.
 */
#ifndef MIR_SHOWS_H
#define MIR_SHOWS_H

#include "projection.h"

enum mir_shown_as { MIR_SHOWN_NULL, MIR_SHOWN_INT, MIR_SHOWN_REAL, MIR_SHOWN_TEXT };

/*
 * What a cell shows (component ≥ 0: one part of it): days as YYYY-MM-DD, codes as their code text,
 * sets joined by "; ", references as UUID or @SOURCE_ID, to actors as English names, degrees as
 * real. A text is appended to out. Unknown shows as null.
 */
enum mir_shown_as mir_shows_cell(struct mir_buf *out,
    int64_t *integer,
    double *real,
    struct mir_store *store,
    const struct mir_schema_field *field,
    int component,
    struct mir_bytes cell);

/* Appends YYYY-MM-DD. */
void mir_shows_day(struct mir_buf *out, int64_t day);
/* Appends YYYY-MM-DDThh:mm:ssZ. */
void mir_shows_time(struct mir_buf *out, int64_t ms);

/*
 * Appends the English name of an actor, place or source (without one, the first name; without any,
 * the label of its list; else its UUID). A record that is not held shows as its UUID.
 */
mirsal_code mir_shows_name(struct mir_buf *out,
    struct mir_store *store,
    const mirsal_id *id,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
