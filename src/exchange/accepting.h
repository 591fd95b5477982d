/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/accepting.h - a handoff that verified, as records of this team with their origin
 * (foreign.h), and what an update takes back.
 */
#ifndef MIR_ACCEPTING_H
#define MIR_ACCEPTING_H

#include "foreign.h"
#include "handoffopen.h"

struct mir_accepting {
    struct mir_import_counts counts;
    uint64_t outdated;        /* records that a later handoff, accepted before, tells of */
    uint64_t emptied;         /* records of which the update took values away */
    uint64_t withdrawn;       /* records that the update took back */
    struct mir_buf to_delete; /* JSON: an array of ids here that the origin purged, or
                                 whose people took their consent back */
    uint64_t to_delete_count;
};

/*
 * Begins with a zeroed *out; the caller ends to_delete. Again, or behind a later one, it changes
 * nothing that this one told of (outdated.h). NOT_ALLOWED: not
 * a coordinator, or the handoff is this team's own.
 */
mirsal_code mir_handoff_accept(struct mir_accepting *out,
    struct mir_store *store,
    const struct mir_handoff_opened *opened,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
