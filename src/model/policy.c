/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/policy.c - roles and policies by name and rank; protocol/merge.md 3.
 */
#include "policy.h"

uint32_t mir_policy_rank(enum mir_policy policy, enum mir_role role)
{
    if (policy == MIR_POLICY_LATEST || policy == MIR_POLICY_LOG) {
        return 0;
    }
    return (uint32_t)role;
}

int mir_role_resolves(enum mir_role role)
{
    return role >= MIR_ROLE_COORDINATOR;
}

const char *mir_policy_name(enum mir_policy policy)
{
    switch (policy) {
#define POLICY_NAME(name, number, text)                                                            \
    case MIR_POLICY_##name:                                                                        \
        return text;
        MIR_POLICIES(POLICY_NAME)
#undef POLICY_NAME
    case MIR_POLICY_NONE:
        break;
    }
    return "none";
}

const char *mir_role_name(enum mir_role role)
{
    switch (role) {
#define ROLE_NAME(name, number, text)                                                              \
    case MIR_ROLE_##name:                                                                          \
        return text;
        MIR_ROLES(ROLE_NAME)
#undef ROLE_NAME
    }
    return "unknown";
}
