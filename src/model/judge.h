/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/judge.h - the state of one data changeset; protocol/control.md 5.13.
 */
#ifndef MIR_JUDGE_H
#define MIR_JUDGE_H

#include "membership.h"

enum mir_content {
    MIR_CONTENT_OPENED = 0, /* and content_root matched */
    MIR_CONTENT_CLOSED,     /* this device may not read the compartment: kept unopened */
    MIR_CONTENT_NO_BODY,    /* the header is held alone */
    MIR_CONTENT_NO_KEY,     /* this device may read it and lacks the epoch's private half */
    MIR_CONTENT_NO_SCHEMA,  /* opened, but its schema version is not held */
    MIR_CONTENT_BAD,        /* does not open, or content_root does not match */
};

struct mir_data_facts {
    mirsal_hash device;
    uint32_t compartment;
    int prev_held;      /* the whole chain below is held */
    int authority_held; /* the control changeset that it cites is held */
};

/* Of a device that is plain (line.h), in a chain that does not fork: before content. */
struct mir_verdict mir_judge_plain(const struct mir_membership *membership,
    const struct mir_data_facts *facts);

/* What content makes of a verdict: only what is accepted may be less. */
struct mir_verdict mir_judge_content(struct mir_verdict verdict, enum mir_content content);

#endif
