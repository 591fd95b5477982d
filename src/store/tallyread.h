/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/tallyread.h - from the tables to the input of a tally (model/tally.h; protocol/tally.md).
 *
 * What counts is decided here: links, retractions and judgements of the record's author or of a
 * coordinator and above; of several assessments of one field the one ranked highest.
 */
#ifndef MIR_TALLYREAD_H
#define MIR_TALLYREAD_H

#include "projection.h"
#include "rows.h"
#include "tally.h"

/* A condition left at zero is none. */
struct mir_tally_filter {
    const char *where;        /* an SQL expression over the view incident */
    const uint32_t *gradings; /* ids of codes; 0: without one */
    size_t grading_count;
};

struct mir_tally_data {
    struct mir_tally_input input;
    /* What codes[PLACE] and codes[GOVERNORATE] number, from 1: places' ids, ascending. */
    mirsal_id *places;
    size_t place_count;
};

/* Everything, in the arena. Errors of where as mir_list's. */
mirsal_code mir_tally_read(struct mir_tally_data *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_tally_filter *filter,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Of these records alone: incidents, and casualties, attributions, assessments, links of all
 * kinds. Places and filter are left out: codes[PLACE] is the incident's place in the input, from
 * 1, and each incident has a date. */
mirsal_code mir_tally_read_some(struct mir_tally_data *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_row_set *incidents,
    const struct mir_row_set *others,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Appends the text of a code of a row: a place's name, a code, YYYY-MM; nothing for 0. */
mirsal_code mir_tally_code_text(struct mir_buf *out,
    struct mir_store *store,
    const struct mir_tally_data *data,
    enum mir_tally_dimension dimension,
    uint32_t code,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
