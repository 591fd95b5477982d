/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/entrance.h - what a host takes into its set, be it a relay's log or a replica that serves:
 * protocol/sync.md 6.2 to 6.6. Whether a changeset counts is not judged here.
 */
#ifndef MIR_ENTRANCE_H
#define MIR_ENTRANCE_H

#include "changeset.h"
#include "served.h"

struct mir_entrance_answer {
    enum mir_reject_code code; /* 0: to be taken */
    const char *text;          /* static */
    int waiting;               /* its author is not admitted yet */
};

/*
 * Judges one changeset that is not held and that mir_changeset_read accepted, within the caller's
 * transaction. The arena of `served` is used, and not reset. now_ms judges when an invite expires;
 * 0: none does.
 */
mirsal_code mir_entrance_judge(struct mir_entrance_answer *out,
    struct mir_served *served,
    const struct mir_changeset *changeset,
    uint64_t now_ms,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_entrance_reject(struct mir_reject *out,
    const struct mir_changeset *changeset,
    const struct mir_entrance_answer *answer);

#endif
