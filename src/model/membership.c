/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/membership.c - who counts, stratum by stratum, and what others ask of it;
 * protocol/control.md 5.
 *
 * The strata are those of the protocol: root, admins, freezes, rights, cuts, forks, adopts, data.
 * Each is a pass that reads the whole set and the passes before it; the third, fifth and seventh
 * are one pass here, which names whom they would concern. Forks and data are judged by judge.c.
 */
#include "membership.h"

#include "fail.h"
#include "strata.h"

#include <string.h>

typedef int (*stratum_pass)(struct mir_strata *strata);

/* Where nothing is known of root, nothing stands. */
static int run_strata(struct mir_strata *strata)
{
    static const stratum_pass passes[] = { mir_strata_invites, mir_strata_roles, mir_strata_admit,
        mir_strata_members, mir_strata_unresolved, mir_strata_epochs, mir_strata_reports,
        mir_strata_faults };
    if (!mir_strata_collect(strata) || !mir_strata_root(strata)) {
        return 0;
    }
    for (size_t i = 0; strata->out->has_genesis && i < sizeof passes / sizeof passes[0]; i++) {
        if (!passes[i](strata)) {
            return 0;
        }
    }
    return 1;
}

mirsal_code mir_membership_evaluate(struct mir_membership *out,
    const struct mir_control *facts,
    size_t count,
    const mirsal_env *env,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    struct mir_membership built;
    struct mir_strata strata;
    memset(&built, 0, sizeof built);
    memset(&strata, 0, sizeof strata);
    mir_arena_init(&built.arena, env, SIZE_MAX);
    mir_arena_init(&strata.scratch, env, SIZE_MAX);
    built.causal = mir_arena_alloc(&built.arena, 1, sizeof *built.causal);
    strata.out = &built;
    strata.keep = &built.arena;
    strata.causal = built.causal;
    if (built.causal == NULL || !mir_causal_init(built.causal, &built.arena, facts, count) ||
        !run_strata(&strata)) {
        mir_membership_fini(&built);
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "no memory to evaluate %zu control changesets", count);
        goto out;
    }
    *out = built;
out:
    mir_arena_fini(&strata.scratch);
    return rc;
}

void mir_membership_fini(struct mir_membership *membership)
{
    mir_arena_fini(&membership->arena);
    memset(membership, 0, sizeof *membership);
}

const struct mir_member *mir_membership_device(const struct mir_membership *membership,
    const mirsal_hash *key)
{
    size_t low = 0;
    size_t high = membership->member_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = mir_key_compare(&membership->members[middle].key, key);
        if (order == 0) {
            return &membership->members[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

int mir_member_reads(const struct mir_member *member, uint32_t compartment)
{
    return compartment < MIR_COMPARTMENT_CONTROL &&
           (member->reads[compartment / 64] >> (compartment % 64) & 1u) != 0;
}

int mir_membership_can_read(const struct mir_membership *membership,
    const mirsal_hash *key,
    uint32_t compartment)
{
    const struct mir_member *member = mir_membership_device(membership, key);
    return member != NULL && member->member && mir_member_reads(member, compartment);
}

/* Who writes main and protected writes the team's own compartments too, where they exist. */
int mir_membership_can_write(const struct mir_membership *membership,
    const mirsal_hash *key,
    uint32_t compartment)
{
    const struct mir_member *member = mir_membership_device(membership, key);
    if (member == NULL || !member->member || member->role < MIR_ROLE_MONITOR ||
        compartment >= MIR_COMPARTMENT_CONTROL) {
        return 0;
    }
    return (membership->compartments[compartment / 64] >> (compartment % 64) & 1u) != 0;
}

int mir_membership_stands(const struct mir_membership *membership, const mirsal_hash *id)
{
    uint32_t place = mir_causal_find(membership->causal, id);
    return place != MIR_CAUSAL_NOBODY && membership->causal->stands[place];
}

int mir_membership_knows(const struct mir_membership *membership,
    const mirsal_hash *a,
    const mirsal_hash *b)
{
    uint32_t later = mir_causal_find(membership->causal, a);
    uint32_t earlier = mir_causal_find(membership->causal, b);
    if (later == MIR_CAUSAL_NOBODY || earlier == MIR_CAUSAL_NOBODY) {
        return 0;
    }
    return mir_causal_knows(membership->causal, later, earlier);
}
