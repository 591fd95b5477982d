/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/handoff_terms.h - what is owed of a handoff by its own terms: its release level, what
 * it withheld, what endangers people and was disclosed all the same.
 */
#ifndef MIR_HANDOFF_TERMS_H
#define MIR_HANDOFF_TERMS_H

#include "handovers.h"

/* asked->terms is set here. Consent is judged by today, and as for one that is no court. */
mirsal_code mir_handoff_owed(struct mir_handover_debt *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_handover_asked *asked,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Fields that it withheld, or was told to, and showed of no record. In arena. */
mirsal_code mir_handoff_never_shown(uint32_t **out,
    size_t *count,
    struct mir_arena *arena,
    const struct mir_handover *handed,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
