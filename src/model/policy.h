/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/policy.h - roles, the policies of fields, and the rank that a policy gives a role.
 */
#ifndef MIR_POLICY_H
#define MIR_POLICY_H

#include <stdint.h>

/* NAME, number on the wire, name in JSON. */
#define MIR_POLICIES(X)                                                                            \
    X(REVIEW, 1, "review")                                                                         \
    X(ONCE, 2, "once")                                                                             \
    X(LATEST, 3, "latest")                                                                         \
    X(SET, 4, "set")                                                                               \
    X(LOG, 5, "log")                                                                               \
    X(RANKED, 6, "ranked")                                                                         \
    X(LATTICE, 7, "lattice")                                                                       \
    X(DERIVED, 8, "derived")

enum mir_policy {
    MIR_POLICY_NONE = 0,
#define MIR_POLICY_ENUM(name, number, text) MIR_POLICY_##name = (number),
    MIR_POLICIES(MIR_POLICY_ENUM)
#undef MIR_POLICY_ENUM
};

/* NAME, number on the wire, which is the rank, printed name. */
#define MIR_ROLES(X)                                                                               \
    X(OBSERVER, 0, "observer")                                                                     \
    X(MONITOR, 1, "monitor")                                                                       \
    X(COORDINATOR, 2, "coordinator")                                                               \
    X(ADMIN, 3, "admin")

enum mir_role {
#define MIR_ROLE_ENUM(name, number, text) MIR_ROLE_##name = (number),
    MIR_ROLES(MIR_ROLE_ENUM)
#undef MIR_ROLE_ENUM
};

/* merge.md 3: the role's number, but 0 for everybody under latest and log. */
uint32_t mir_policy_rank(enum mir_policy policy, enum mir_role role);

/* merge.md 1: 1 when an author of this role may supersede what another wrote. */
int mir_role_resolves(enum mir_role role);

/* Static text, "none" for a number that is no policy; "unknown" for one that is no role. */
const char *mir_policy_name(enum mir_policy policy);
const char *mir_role_name(enum mir_role role);

#endif
