/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/handoffcerts.h - the control changesets that show what devices are, and no more than
 * that; protocol/handoff.md 6.
 */
#ifndef MIR_HANDOFFCERTS_H
#define MIR_HANDOFFCERTS_H

#include "handoff.h"
#include "store.h"

struct mir_handoff_certs {
    mirsal_hash *ids;       /* ascending */
    struct mir_bytes *lone; /* their lone forms */
    size_t count;
    struct mir_handoff_shown_device *shown; /* what they show */
    size_t shown_count;
};

/*
 * Of several devices together. All of it lives in arena. A device whose role cannot be shown is
 * missing from `shown`, which the caller looks at. TOO_LARGE.
 */
mirsal_code mir_handoff_certs(struct mir_handoff_certs *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_hash *devices,
    size_t count,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
