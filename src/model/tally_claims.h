/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/tally_claims.h - which claims count, over which places, in which range (rule 2); internal
 * to the tally's index.
 */
#ifndef MIR_TALLY_CLAIMS_H
#define MIR_TALLY_CLAIMS_H

#include "tally_index.h"

/* Fills said from the index's places. NO_MEMORY, OUT_OF_RANGE. */
mirsal_code mir_tally_claims_list(struct mir_tally_index *index, mirsal_error *err) MIRSAL_MUST_USE;

/* What a claim says in numbers; not present when it says none. */
struct mir_tally_range mir_tally_claim_range(const struct mir_tally_claim *claim);

#endif
