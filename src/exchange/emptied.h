/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/emptied.h - values that an update takes away from a record that stays.
 *
 * An update names the fields of which something that was shown no longer stands
 * (handoff.md 3, supersedes). What such a field has here beyond what the update shows of it was
 * emptied by the origin. An import only adds and replaces, so it is emptied here before it is
 * imported again.
 */
#ifndef MIR_EMPTIED_H
#define MIR_EMPTIED_H

#include "handoffopen.h"
#include "outdated.h"

struct mir_emptied {
    const struct mir_handoff_opened *opened;
    const struct mir_outdated *outdated;
    int any; /* the answer: something was */
    uint32_t changesets;
};

/* Behind the import of the item: empties fields that have more here than it shows. */
mirsal_code mir_emptied_take(struct mir_emptied *emptied,
    struct mir_store *store,
    const struct mir_handoff_item *item,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
