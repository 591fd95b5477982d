/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/verdict.c - printed names of states and reasons.
 */
#include "verdict.h"

const char *mir_state_name(enum mir_held state)
{
    switch (state) {
    case MIR_STATE_ACCEPTED:
        return "accepted";
    case MIR_STATE_WAITING:
        return "waiting";
    case MIR_STATE_QUARANTINED:
        return "quarantined";
    case MIR_STATE_PURGED:
        return "purged";
    }
    return "unknown";
}

const char *mir_reason_name(enum mir_reason reason)
{
    switch (reason) {
#define REASON_NAME(name, number, text)                                                            \
    case MIR_REASON_##name:                                                                        \
        return text;
        MIR_REASONS(REASON_NAME)
#undef REASON_NAME
    }
    return "unknown";
}
