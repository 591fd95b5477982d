/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/judge.c - the state of one data changeset, in the order of protocol/control.md 5.13.
 */
#include "judge.h"

static struct mir_verdict verdict(enum mir_held state, enum mir_reason reason)
{
    struct mir_verdict given = { state, reason };
    return given;
}

struct mir_verdict mir_judge_content(struct mir_verdict given, enum mir_content content)
{
    if (given.state != MIR_STATE_ACCEPTED) {
        return given;
    }
    switch (content) {
    case MIR_CONTENT_NO_BODY:
        return verdict(MIR_STATE_WAITING, MIR_REASON_BODY);
    case MIR_CONTENT_NO_KEY:
        return verdict(MIR_STATE_WAITING, MIR_REASON_EPOCH_KEY);
    case MIR_CONTENT_NO_SCHEMA:
        return verdict(MIR_STATE_WAITING, MIR_REASON_SCHEMA);
    case MIR_CONTENT_BAD:
        return verdict(MIR_STATE_QUARANTINED, MIR_REASON_BAD_CONTENT);
    case MIR_CONTENT_OPENED:
    case MIR_CONTENT_CLOSED:
        break;
    }
    return given;
}

struct mir_verdict mir_judge_plain(const struct mir_membership *membership,
    const struct mir_data_facts *facts)
{
    const struct mir_member *member = mir_membership_device(membership, &facts->device);
    if (!facts->prev_held) {
        return verdict(MIR_STATE_WAITING, MIR_REASON_PREV);
    }
    if (!facts->authority_held) {
        return verdict(MIR_STATE_WAITING, MIR_REASON_AUTHORITY);
    }
    if (member == NULL || !member->member) {
        return verdict(MIR_STATE_WAITING, MIR_REASON_ADMIT);
    }
    if (!mir_membership_can_write(membership, &facts->device, facts->compartment)) {
        return verdict(MIR_STATE_QUARANTINED, MIR_REASON_NOT_ALLOWED);
    }
    return verdict(MIR_STATE_ACCEPTED, MIR_REASON_NONE);
}
