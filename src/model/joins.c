/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/joins.c - invites, and the joins that stand on them; protocol/control.md 5.5.
 */
#include "strata.h"

#include "sort.h"

#include <string.h>

#define NOBODY MIR_CAUSAL_NOBODY

static int compare_joined(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_joined *left = a;
    const struct mir_joined *right = b;
    if (left->invite != right->invite) {
        return left->invite < right->invite ? -1 : 1;
    }
    return left->fact < right->fact ? -1 : left->fact > right->fact;
}

const struct mir_invite *mir_strata_invite(const struct mir_strata *strata, const mirsal_hash *id)
{
    size_t low = 0;
    size_t high = strata->out->invite_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = mir_key_compare(&strata->out->invites[middle].id, id);
        if (order == 0) {
            return &strata->out->invites[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* Statements come ascending by changeset, so invites do too. */
static int list_invites(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_INVITE];
    struct mir_membership *out = strata->out;
    out->invites = mir_arena_alloc(strata->keep, list->count, sizeof *out->invites);
    if (out->invites == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        struct mir_said said = list->items[i];
        const struct mir_statement *what = mir_said_what(strata, said);
        int repeated = i > 0 && list->items[i - 1].fact == said.fact;
        if (repeated || (strata->marks[said.fact] & MIR_MARK_ADMIN) == 0 ||
            what->invite.role > MIR_ROLE_COORDINATOR) {
            continue;
        }
        struct mir_invite *invite = &out->invites[out->invite_count++];
        int frozen = (strata->marks[said.fact] & MIR_MARK_FROZEN) != 0;
        int plain = what->invite.role <= MIR_ROLE_MONITOR && !what->invite.protected_;
        invite->id = mir_said_fact(strata, said)->id;
        invite->author = *mir_said_by(strata, said);
        invite->terms = what->invite;
        invite->counts = mir_strata_speaks(strata, said.fact) && (!frozen || plain);
        invite->revoked = !invite->counts;
        invite->terms.in_person = invite->terms.in_person && invite->counts && !frozen;
    }
    return 1;
}

static int has_invite(const struct mir_strata *strata, uint32_t place)
{
    const struct mir_control *fact = strata->causal->facts[place];
    for (size_t i = 0; i < fact->statement_count; i++) {
        if (fact->statements[i].kind == MIR_STATEMENT_INVITE) {
            return 1;
        }
    }
    return 0;
}

/* The grant of a join: an invite, or a retire that is judged with its chain. */
static void read_grant(struct mir_strata *strata, struct mir_joined *joined)
{
    const struct mir_control *fact = strata->causal->facts[joined->fact];
    const struct mir_statement_join *what = &fact->statements[0].join;
    const struct mir_invite *invite = mir_strata_invite(strata, &what->grant);
    joined->invite = NOBODY;
    joined->retire = NOBODY;
    if (invite == NULL) {
        uint32_t grant = mir_causal_find(strata->causal, &what->grant);
        if (grant != NOBODY && strata->tree.nodes[grant].stands && !has_invite(strata, grant) &&
            mir_strata_first(strata, grant, MIR_STATEMENT_RETIRE) != NULL) {
            joined->retire = grant;
        }
        joined->judged = joined->retire == NOBODY;
        return;
    }
    joined->invite = (uint32_t)(invite - strata->out->invites);
    joined->judged = 1;
    joined->valid = what->proof_ok;
    joined->basis = invite->terms.role;
    if (!invite->counts && joined->basis > MIR_ROLE_MONITOR) {
        joined->basis = MIR_ROLE_MONITOR;
    }
}

static int list_joined(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_JOIN];
    strata->joined = mir_arena_alloc(strata->keep, list->count, sizeof *strata->joined);
    strata->joined_by_fact =
        mir_arena_alloc(strata->keep, strata->causal->count, sizeof *strata->joined_by_fact);
    if (strata->joined == NULL || strata->joined_by_fact == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        struct mir_said said = list->items[i];
        const mirsal_hash *device = mir_said_by(strata, said);
        if (said.at == 0 && mir_said_fact(strata, said)->seq == 1 &&
            !mir_strata_is_root(strata, device) &&
            mir_key_compare(device, &strata->out->founder) != 0) {
            struct mir_joined *joined = &strata->joined[strata->joined_count++];
            joined->fact = said.fact;
            read_grant(strata, joined);
        }
    }
    mir_sort(strata->joined, strata->joined_count, sizeof *strata->joined, compare_joined, NULL);
    for (size_t i = 0; i < strata->joined_count; i++) {
        strata->joined_by_fact[strata->joined[i].fact] = (uint32_t)i + 1;
    }
    return 1;
}

size_t mir_strata_joins_under(const struct mir_strata *strata, uint32_t invite, size_t *first)
{
    size_t low = 0;
    size_t high = strata->joined_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strata->joined[middle].invite < invite) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *first = low;
    while (low < strata->joined_count && strata->joined[low].invite == invite) {
        low++;
    }
    return low;
}

/* A revoke that the join knows ends it; one that it does not know leaves it to an admit. */
static void apply_revokes(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_INVITE_REVOKE];
    for (uint32_t i = 0; i < list->count; i++) {
        struct mir_said said = list->items[i];
        const struct mir_invite *invite =
            mir_strata_invite(strata, &mir_said_what(strata, said)->invite_revoke.invite);
        if (invite == NULL || !mir_said_by_admin(strata, said)) {
            continue;
        }
        uint32_t place = (uint32_t)(invite - strata->out->invites);
        size_t first = 0;
        size_t end = mir_strata_joins_under(strata, place, &first);
        strata->out->invites[place].revoked = 1;
        for (size_t join = first; join < end; join++) {
            if (mir_causal_knows_wanted(strata->causal, strata->joined[join].fact, said.fact)) {
                strata->joined[join].valid = 0;
            }
        }
    }
}

int mir_strata_invites(struct mir_strata *strata)
{
    if (!list_invites(strata) || !list_joined(strata)) {
        return 0;
    }
    apply_revokes(strata);
    return 1;
}
