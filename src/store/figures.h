/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/figures.h - what the view of incidents shows of their claims: kept per incident.
 */
#ifndef MIR_FIGURES_H
#define MIR_FIGURES_H

#include "tallyread.h"

/* Saves figures, actors and sources of incidents anew. data has been read by mir_tally_read_some
 * with `incidents`; those of which fresh is 0 are left as they stand. */
mirsal_code mir_figures_save(struct mir_store *store,
    const struct mir_tally_data *data,
    const struct mir_row_numbers *incidents,
    struct mir_arena *arena,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
