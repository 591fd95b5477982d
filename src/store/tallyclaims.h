/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/tallyclaims.h - claims, attributions, assessments and links of a tally's input.
 */
#ifndef MIR_TALLYCLAIMS_H
#define MIR_TALLYCLAIMS_H

#include "rows.h"
#include "tally.h"

/* Fills in all of the input but the incidents, which stand in it already. */
mirsal_code mir_tally_read_claims(struct mir_tally_input *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_row_set *others,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Incidents (as rows has them) of one source id by importers ranked coordinator or above get one
 * number. */
mirsal_code mir_tally_join_source_ids(struct mir_tally_incident *incidents,
    struct mir_arena *arena,
    const struct mir_row_set *rows,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
