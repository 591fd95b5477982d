/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/teampolicy.c - the team's policies in force; protocol/control.md 5.15.
 */
#include "strata.h"

#include <string.h>

struct rule {
    int64_t least;
    int64_t most;
    int64_t otherwise;
    int lower_is_stricter;
};

static const struct rule rules[MIR_TEAM_POLICIES] = {
    [MIR_TEAM_EPOCH_DAYS] = { 1, 36500, 180, 1 },
    [MIR_TEAM_PURGE_DAYS] = { 0, 36500, 30, 0 },
    [MIR_TEAM_HISTORY] = { 0, 1, 1, 1 },
};

int mir_policy_is_known(const struct mir_statement *what)
{
    return what->policy.is_integer && what->policy.name < MIR_TEAM_POLICIES &&
           what->policy.value >= rules[what->policy.name].least &&
           what->policy.value <= rules[what->policy.name].most;
}

static int64_t stricter(const struct rule *rule, int64_t a, int64_t b)
{
    int lower = a < b;
    return lower == rule->lower_is_stricter ? a : b;
}

/* 1 when one of root's statements on the same policy knows this one. */
static int is_replaced(const struct mir_strata *strata, struct mir_said said)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_POLICY];
    uint64_t name = mir_said_what(strata, said)->policy.name;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct mir_statement *other = mir_said_what(strata, list->items[i]);
        if (other->policy.name == name && mir_policy_is_known(other) &&
            mir_strata_is_root(strata, mir_said_by(strata, list->items[i])) &&
            mir_said_knows(strata, list->items[i], said)) {
            return 1;
        }
    }
    return 0;
}

static int64_t in_force(const struct mir_strata *strata, uint64_t name, int by_root, int *found)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_POLICY];
    int64_t value = 0;
    *found = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        struct mir_said said = list->items[i];
        const struct mir_statement *what = mir_said_what(strata, said);
        int root = mir_strata_is_root(strata, mir_said_by(strata, said));
        if (what->policy.name != name || root != by_root || !mir_policy_is_known(what) ||
            (!root && !mir_said_by_admin(strata, said)) || is_replaced(strata, said)) {
            continue;
        }
        value = *found ? stricter(&rules[name], value, what->policy.value) : what->policy.value;
        *found = 1;
    }
    return value;
}

int mir_strata_policies(struct mir_strata *strata)
{
    for (uint32_t name = 0; name < MIR_TEAM_POLICIES; name++) {
        int found = 0;
        int64_t value = in_force(strata, name, 1, &found);
        value = found ? value : rules[name].otherwise;
        int64_t admins = in_force(strata, name, 0, &found);
        strata->out->policies[name] = found ? stricter(&rules[name], value, admins) : value;
    }
    return 1;
}
