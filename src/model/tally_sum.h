/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/tally_sum.h - the figures of a set of places (rules 5 and 7); internal to the tally.
 */
#ifndef MIR_TALLY_SUM_H
#define MIR_TALLY_SUM_H

#include "tally_blocks.h"

/*
 * Adds up the blocks that lie in the places; one that lies in them in part counts from 0 to its
 * maximum. number is another one for each sum over the same blocks. LIMIT when a sum overflows.
 */
mirsal_code mir_tally_sum(struct mir_tally_figure out[MIR_TALLY_OUTCOMES][MIR_TALLY_GROUPS],
    struct mir_tally_blocks *blocks,
    uint32_t number,
    const uint32_t *places,
    uint32_t count,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
