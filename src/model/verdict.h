/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/verdict.h - the states of what is held, and the reasons that are printed beside them.
 */
#ifndef MIR_VERDICT_H
#define MIR_VERDICT_H

enum mir_held {
    MIR_STATE_ACCEPTED = 0,
    MIR_STATE_WAITING,     /* may become accepted as more arrives */
    MIR_STATE_QUARANTINED, /* kept and relayed, not shown, not counted */
    MIR_STATE_PURGED,
};

/* NAME, number (kept in stores), printed name. */
#define MIR_REASONS(X)                                                                             \
    X(NONE, 0, "")                                                                                 \
    X(PREV, 1, "prev")                                                                             \
    X(AUTHORITY, 2, "authority")                                                                   \
    X(ADMIT, 3, "admit")                                                                           \
    X(EPOCH_KEY, 4, "epoch_key")                                                                   \
    X(SCHEMA, 5, "schema")                                                                         \
    X(BODY, 6, "body")                                                                             \
    X(UNRESOLVED, 7, "unresolved")                                                                 \
    X(NOT_ALLOWED, 20, "not_allowed")                                                              \
    X(FORK, 21, "fork")                                                                            \
    X(BAD_CONTENT, 22, "bad_content")                                                              \
    X(CUT, 23, "cut")                                                                              \
    X(FROZEN, 24, "frozen")                                                                        \
    X(TYPE, 25, "type")                                                                            \
    X(VALUE, 26, "value")                                                                          \
    X(COMPARTMENT, 27, "compartment")                                                              \
    X(POLICY, 28, "policy")

enum mir_reason {
#define MIR_REASON_ENUM(name, number, text) MIR_REASON_##name = (number),
    MIR_REASONS(MIR_REASON_ENUM)
#undef MIR_REASON_ENUM
};

struct mir_verdict {
    enum mir_held state;
    enum mir_reason reason; /* NONE when accepted */
};

/* "accepted", "waiting", "quarantined", "purged". Static. */
const char *mir_state_name(enum mir_held state);
const char *mir_reason_name(enum mir_reason reason);

#endif
