/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/membership.c - who counts, stratum by stratum, and what others ask of it;
 * protocol/control.md 5.
 *
 * The strata are those of the protocol: root, admins, freezes, cuts, rights, forks, adopts, data.
 * Each is a pass that reads the whole set and the passes before it. Data is judged chain by chain
 * in line.c.
 */
#include "membership.h"

#include "fail.h"
#include "strata.h"

#include <string.h>

typedef int (*stratum_pass)(struct mir_strata *strata);

static int run_strata(struct mir_strata *strata)
{
    static const stratum_pass passes[] = { mir_strata_admins, mir_strata_freezes, mir_strata_cuts,
        mir_strata_roles, mir_strata_invites, mir_strata_chains, mir_strata_admit,
        mir_strata_members, mir_strata_adopts, mir_strata_epochs, mir_strata_policies,
        mir_strata_purges, mir_strata_reports, mir_strata_faults };
    if (!mir_strata_collect(strata) || !mir_strata_root(strata)) {
        return 0;
    }
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++) {
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
    struct mir_arena scratch;
    memset(&built, 0, sizeof built);
    mir_arena_init(&built.arena, env, SIZE_MAX);
    mir_arena_init(&scratch, env, SIZE_MAX);
    struct mir_arena arena = built.arena;
    struct mir_strata *strata = mir_arena_alloc(&arena, 1, sizeof *strata);
    struct mir_causal *causal = mir_arena_alloc(&arena, 1, sizeof *causal);
    built.causal = causal;
    built.strata = strata;
    if (strata != NULL && causal != NULL) {
        strata->out = &built;
        strata->keep = &arena;
        strata->scratch = &scratch;
        strata->causal = causal;
    }
    int done = strata != NULL && causal != NULL && mir_causal_init(causal, &arena, facts, count) &&
               run_strata(strata);
    built.arena = arena;
    if (!done) {
        mir_membership_fini(&built);
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "no memory to evaluate %zu control changesets", count);
        goto out;
    }
    *out = built;
    out->strata->out = out;
    out->strata->keep = &out->arena;
    out->strata->scratch = NULL;
out:
    mir_arena_fini(&scratch);
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

int mir_membership_can_read(const struct mir_membership *membership,
    const mirsal_hash *key,
    uint32_t compartment)
{
    const struct mir_member *member = mir_membership_device(membership, key);
    return member != NULL && member->member && !member->ended &&
           mir_member_reads(member, compartment);
}

/* Who writes main and protected writes the team's own compartments too, where they exist. */
int mir_membership_can_write(const struct mir_membership *membership,
    const mirsal_hash *key,
    uint32_t compartment)
{
    const struct mir_member *member = mir_membership_device(membership, key);
    if (member == NULL || !member->member || member->ended || member->role < MIR_ROLE_MONITOR ||
        compartment >= MIR_COMPARTMENT_CONTROL) {
        return 0;
    }
    return (membership->compartments[compartment / 64] >> (compartment % 64) & 1u) != 0;
}

const mirsal_hash *mir_membership_author(const struct mir_membership *membership,
    const mirsal_hash *key)
{
    const mirsal_hash *author = key;
    for (size_t steps = 0; membership != NULL && steps < membership->member_count; steps++) {
        const struct mir_member *member = mir_membership_device(membership, author);
        if (member == NULL || !member->member || mir_key_is_zero(&member->replaces)) {
            break;
        }
        author = &member->replaces;
    }
    return author;
}

int mir_membership_same_author(const struct mir_membership *membership,
    const mirsal_hash *a,
    const mirsal_hash *b)
{
    return mir_key_compare(
               mir_membership_author(membership, a), mir_membership_author(membership, b)) == 0;
}

int mir_membership_counts(const struct mir_membership *membership,
    const mirsal_hash *changeset,
    size_t statement)
{
    size_t low = 0;
    size_t high = membership->fault_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct mir_fault *fault = &membership->faults[middle];
        int order = mir_key_compare(&fault->changeset, changeset);
        if (order == 0 && fault->statement == statement) {
            return 0;
        }
        if (order < 0 || (order == 0 && fault->statement < statement)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return 1;
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
