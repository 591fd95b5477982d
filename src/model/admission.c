/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/admission.c - who joined under which invite, who is settled, who has a place;
 * protocol/control.md 5.2.
 *
 * A coordinator's admit counts when the coordinator is itself settled, by an admin or by another
 * such coordinator: so who is settled only grows, and nobody settles itself.
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
        if (repeated || !mir_strata_is_admin(strata, mir_said_by(strata, said)) ||
            what->invite.role > MIR_ROLE_COORDINATOR) {
            continue;
        }
        struct mir_invite *invite = &out->invites[out->invite_count++];
        invite->id = mir_said_fact(strata, said)->id;
        invite->author = *mir_said_by(strata, said);
        invite->terms = what->invite;
    }
    return 1;
}

static int list_joined(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_JOIN];
    strata->joined = mir_arena_alloc(&strata->scratch, list->count, sizeof *strata->joined);
    if (strata->joined == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        struct mir_said said = list->items[i];
        const struct mir_statement *what = mir_said_what(strata, said);
        const mirsal_hash *device = mir_said_by(strata, said);
        const struct mir_invite *invite = mir_strata_invite(strata, &what->join.grant);
        if (said.at != 0 || mir_said_fact(strata, said)->seq != 1 ||
            mir_strata_is_root(strata, device) ||
            mir_key_compare(device, &strata->out->founder) == 0) {
            continue;
        }
        struct mir_joined *joined = &strata->joined[strata->joined_count++];
        joined->fact = said.fact;
        joined->invite = invite == NULL ? NOBODY : (uint32_t)(invite - strata->out->invites);
        joined->valid = invite != NULL && what->join.proof_ok;
    }
    mir_sort(strata->joined, strata->joined_count, sizeof *strata->joined, compare_joined, NULL);
    return 1;
}

/* The joins under an invite: from *first up to the returned place. */
static size_t joins_under(const struct mir_strata *strata, uint32_t invite, size_t *first)
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
        if (invite == NULL || !mir_strata_is_admin(strata, mir_said_by(strata, said))) {
            continue;
        }
        uint32_t place = (uint32_t)(invite - strata->out->invites);
        size_t first = 0;
        size_t end = joins_under(strata, place, &first);
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

/* By author, so that a coordinator's admits are found when it is settled. */
struct admit {
    mirsal_hash author;
    struct mir_said said;
    int read; /* on an author's first: all of them were read */
};

struct admissions {
    struct mir_strata *strata;
    struct admit *admits;
    size_t admit_count;
    size_t *joined_by_fact; /* place of a fact's join in joined, plus 1; else 0 */
    mirsal_hash *queue;     /* settled coordinators whose admits are to be read */
    size_t queued;
};

static int compare_admits(const void *a, const void *b, void *context)
{
    (void)context;
    const struct admit *left = a;
    const struct admit *right = b;
    int order = mir_key_compare(&left->author, &right->author);
    if (order != 0) {
        return order;
    }
    if (left->said.fact != right->said.fact) {
        return left->said.fact < right->said.fact ? -1 : 1;
    }
    return left->said.at < right->said.at ? -1 : left->said.at > right->said.at;
}

/* The join that an admit names, when it is valid and of the device named. */
static struct mir_joined *admitted_join(const struct admissions *admissions,
    const struct mir_statement *what)
{
    const struct mir_causal *causal = admissions->strata->causal;
    uint32_t fact = mir_causal_find(causal, &what->admit.join);
    if (fact == NOBODY || admissions->joined_by_fact[fact] == 0 ||
        mir_key_compare(&causal->facts[fact]->device, &what->admit.device) != 0) {
        return NULL;
    }
    struct mir_joined *joined = &admissions->strata->joined[admissions->joined_by_fact[fact] - 1];
    return joined->valid ? joined : NULL;
}

static void settle(struct admissions *admissions, const struct admit *admit)
{
    struct mir_strata *strata = admissions->strata;
    const struct mir_statement *what = mir_said_what(strata, admit->said);
    struct mir_joined *joined = admitted_join(admissions, what);
    if (joined == NULL) {
        return;
    }
    if (what->admit.confirmed) {
        joined->confirmed = 1;
    }
    if (!joined->settled || mir_key_compare(&admit->author, &joined->admitted_by) < 0) {
        joined->admitted_by = admit->author;
    }
    if (!joined->settled && joined->role == MIR_ROLE_COORDINATOR) {
        admissions->queue[admissions->queued++] = what->admit.device;
    }
    joined->settled = 1;
    struct mir_pair *pair = &strata->admitted.items[strata->admitted.count++];
    pair->first = what->admit.device;
    pair->second = admit->author;
}

/* The founder, when root took its admin role and left it coordinator, is settled as before. */
static int list_admits(struct admissions *admissions)
{
    struct mir_strata *strata = admissions->strata;
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_ADMIT];
    struct mir_arena *scratch = &strata->scratch;
    size_t joined_count = strata->joined_count;
    admissions->admits = mir_arena_alloc(scratch, list->count, sizeof *admissions->admits);
    admissions->queue = mir_arena_alloc(scratch, joined_count + 1, sizeof *admissions->queue);
    admissions->joined_by_fact =
        mir_arena_alloc(scratch, strata->causal->count, sizeof *admissions->joined_by_fact);
    strata->admitted.items = mir_arena_alloc(scratch, list->count, sizeof *strata->admitted.items);
    if (admissions->admits == NULL || admissions->queue == NULL ||
        admissions->joined_by_fact == NULL || strata->admitted.items == NULL) {
        return 0;
    }
    for (size_t i = 0; i < joined_count; i++) {
        admissions->joined_by_fact[strata->joined[i].fact] = i + 1;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const mirsal_hash *author = mir_said_by(strata, list->items[i]);
        if (!mir_strata_is_admin(strata, author) &&
            !mir_said_what(strata, list->items[i])->admit.confirmed) {
            struct admit *admit = &admissions->admits[admissions->admit_count++];
            admit->author = *author;
            admit->said = list->items[i];
        }
    }
    mir_sort(admissions->admits, admissions->admit_count, sizeof *admissions->admits,
        compare_admits, NULL);
    if (mir_words_lowest(strata, &strata->roles, &strata->out->founder, 0, MIR_ROLE_ADMIN) ==
        (int)MIR_ROLE_COORDINATOR) {
        admissions->queue[admissions->queued++] = strata->out->founder;
    }
    return 1;
}

static void settle_by(struct admissions *admissions, const mirsal_hash *coordinator)
{
    size_t low = 0;
    size_t high = admissions->admit_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mir_key_compare(&admissions->admits[middle].author, coordinator) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == admissions->admit_count || admissions->admits[low].read) {
        return; /* a device that forked its first changeset may be queued twice */
    }
    admissions->admits[low].read = 1;
    while (low < admissions->admit_count &&
           mir_key_compare(&admissions->admits[low].author, coordinator) == 0) {
        settle(admissions, &admissions->admits[low]);
        low++;
    }
}

/* What settled joins leave of an invite's uses goes to the others, in the order of their ids. */
static void share_places(struct mir_strata *strata)
{
    for (uint32_t i = 0; i < strata->out->invite_count; i++) {
        struct mir_invite *invite = &strata->out->invites[i];
        size_t first = 0;
        size_t end = joins_under(strata, i, &first);
        invite->remaining = invite->terms.uses;
        for (size_t join = first; join < end; join++) {
            if (strata->joined[join].settled && invite->remaining > 0) {
                invite->remaining--;
            }
        }
        for (size_t join = first; join < end && !invite->revoked; join++) {
            struct mir_joined *joined = &strata->joined[join];
            if (joined->valid && !joined->settled && invite->remaining > 0) {
                joined->slotted = 1;
                invite->remaining--;
            }
        }
    }
}

int mir_strata_admit(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_ADMIT];
    struct admissions admissions = { .strata = strata };
    if (!list_admits(&admissions)) {
        return 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        struct admit admit = { *mir_said_by(strata, list->items[i]), list->items[i], 0 };
        if (mir_strata_is_admin(strata, &admit.author)) {
            settle(&admissions, &admit);
        }
    }
    for (size_t done = 0; done < admissions.queued; done++) {
        settle_by(&admissions, &admissions.queue[done]);
    }
    mir_pairs_sort(&strata->admitted);
    share_places(strata);
    return 1;
}
