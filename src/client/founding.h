/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/founding.h - what every way to a store of one's own shares.
 */
#ifndef MIR_FOUNDING_H
#define MIR_FOUNDING_H

#include "handle.h"

#include <mirsal/team.h>

/* The answer of a join: team, device, role, label, state, reason. */
mirsal_code mir_founding_write(struct mir_buf *reply, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;
/* The store that is open joins by an invite, as a device of its own. */
mirsal_code mir_founding_enrol(const mirsal_store *handle,
    const mirsal_join_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
