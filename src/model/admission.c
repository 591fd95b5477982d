/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/admission.c - who joined under which invite, who is settled, who has a place;
 * protocol/control.md 5.6.
 *
 * A coordinator's admit counts when the join that its path begins with is settled, by an admin or
 * by another such coordinator: so who is settled only grows, and nobody settles itself.
 */
#include "strata.h"

#include "sort.h"

#include <string.h>

#define NOBODY MIR_CAUSAL_NOBODY

/* By the join that the author's path begins with, so that they are found when it is settled. */
struct admit {
    uint32_t bottom;
    struct mir_said said;
};

struct admissions {
    struct mir_strata *strata;
    struct admit *admits;
    size_t admit_count;
    uint32_t *queue; /* settled joins whose devices' admits are to be read */
    size_t queued;
};

static int compare_admits(const void *a, const void *b, void *context)
{
    (void)context;
    const struct admit *left = a;
    const struct admit *right = b;
    if (left->bottom != right->bottom) {
        return left->bottom < right->bottom ? -1 : 1;
    }
    if (left->said.fact != right->said.fact) {
        return left->said.fact < right->said.fact ? -1 : 1;
    }
    return left->said.at < right->said.at ? -1 : left->said.at > right->said.at;
}

/* The join that an admit names, when it is valid and of the device named. */
static struct mir_joined *admitted_join(const struct mir_strata *strata,
    const struct mir_statement *what)
{
    const struct mir_causal *causal = strata->causal;
    uint32_t fact = mir_causal_find(causal, &what->admit.join);
    if (fact == NOBODY || strata->joined_by_fact[fact] == 0 ||
        mir_key_compare(&causal->facts[fact]->device, &what->admit.device) != 0) {
        return NULL;
    }
    struct mir_joined *joined = &strata->joined[strata->joined_by_fact[fact] - 1];
    return joined->valid ? joined : NULL;
}

/* A frozen admin still admits as monitor or observer: a false freeze hides no report. */
int mir_strata_admit_is_suspended(const struct mir_strata *strata, struct mir_said said)
{
    const struct mir_causal *causal = strata->causal;
    uint32_t join = mir_causal_find(causal, &mir_said_what(strata, said)->admit.join);
    if ((strata->marks[said.fact] & MIR_MARK_FROZEN) == 0) {
        return 0;
    }
    if (join == NOBODY || causal->facts[join]->statement_count == 0 ||
        causal->facts[join]->statements[0].kind != MIR_STATEMENT_JOIN) {
        return 1;
    }
    uint32_t grant = mir_causal_find(causal, &causal->facts[join]->statements[0].join.grant);
    if (grant == NOBODY) {
        return 1;
    }
    for (size_t i = 0; i < causal->facts[grant]->statement_count; i++) {
        const struct mir_statement *what = &causal->facts[grant]->statements[i];
        if (what->kind == MIR_STATEMENT_INVITE) {
            return what->invite.role > MIR_ROLE_MONITOR || what->invite.protected_;
        }
    }
    return mir_strata_first(strata, grant, MIR_STATEMENT_RETIRE) == NULL;
}

static void settle(struct admissions *admissions, struct mir_said said)
{
    struct mir_strata *strata = admissions->strata;
    const struct mir_statement *what = mir_said_what(strata, said);
    const mirsal_hash *author = mir_said_by(strata, said);
    struct mir_joined *joined = admitted_join(strata, what);
    if (joined == NULL || mir_strata_admit_is_suspended(strata, said)) {
        return;
    }
    if (what->admit.confirmed && mir_said_by_admin(strata, said)) {
        joined->confirmed = 1;
    }
    if (!joined->settled || mir_key_compare(author, &joined->admitted_by) < 0) {
        joined->admitted_by = *author;
    }
    if (!joined->settled) {
        admissions->queue[admissions->queued++] = joined->fact;
    }
    joined->settled = 1;
}

/* Admits by who is not admin; those of the founder, made coordinator by root, count at once. */
static int list_admits(struct admissions *admissions)
{
    struct mir_strata *strata = admissions->strata;
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_ADMIT];
    struct mir_arena *scratch = strata->scratch;
    admissions->admits = mir_arena_alloc(scratch, list->count, sizeof *admissions->admits);
    admissions->queue =
        mir_arena_alloc(scratch, strata->joined_count + 1, sizeof *admissions->queue);
    if (admissions->admits == NULL || admissions->queue == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        struct mir_said said = list->items[i];
        if ((strata->marks[said.fact] & (MIR_MARK_ADMIN | MIR_MARK_CUT)) == 0 &&
            strata->roles_of[said.fact] == (int)MIR_ROLE_COORDINATOR &&
            !mir_said_what(strata, said)->admit.confirmed) {
            struct admit *admit = &admissions->admits[admissions->admit_count++];
            int founder = mir_key_compare(mir_said_by(strata, said), &strata->out->founder) == 0;
            admit->bottom = founder ? NOBODY : strata->bottom[said.fact];
            admit->said = said;
        }
    }
    mir_sort(admissions->admits, admissions->admit_count, sizeof *admissions->admits,
        compare_admits, NULL);
    return 1;
}

static void settle_by(struct admissions *admissions, uint32_t bottom)
{
    size_t low = 0;
    size_t high = admissions->admit_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (admissions->admits[middle].bottom < bottom) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < admissions->admit_count && admissions->admits[low].bottom == bottom; low++) {
        settle(admissions, admissions->admits[low].said);
    }
}

/* What settled joins leave of an invite's uses goes to the others, in the order of their ids. */
static void share_places(struct mir_strata *strata)
{
    for (uint32_t i = 0; i < strata->out->invite_count; i++) {
        struct mir_invite *invite = &strata->out->invites[i];
        size_t first = 0;
        size_t end = mir_strata_joins_under(strata, i, &first);
        invite->remaining = invite->terms.uses;
        for (size_t join = first; join < end; join++) {
            if (strata->joined[join].settled && invite->remaining > 0) {
                invite->remaining--;
            }
        }
        for (size_t join = first; join < end && !invite->revoked; join++) {
            struct mir_joined *joined = &strata->joined[join];
            if (joined->valid && !joined->settled && invite->remaining > 0) {
                joined->placed = 1;
                invite->remaining--;
            }
        }
    }
}

static int is_member(const struct mir_strata *strata, const mirsal_hash *device)
{
    uint32_t end = 0;
    if (mir_key_compare(device, &strata->out->founder) == 0) {
        return 1;
    }
    for (uint32_t i = mir_tree_device(&strata->tree, device, &end); i < end; i++) {
        uint32_t at = strata->joined_by_fact[strata->tree.sorted[i]];
        if (at != 0 && (strata->joined[at - 1].settled || strata->joined[at - 1].placed)) {
            return 1;
        }
        if (strata->tree.nodes[strata->tree.sorted[i]].seq > 1) {
            break;
        }
    }
    return 0;
}

/* All retires of the device that count name one successor. */
static int names_one(const struct mir_strata *strata, uint32_t retire)
{
    const mirsal_hash *device = &strata->causal->facts[retire]->device;
    const struct mir_statement *what = mir_strata_first(strata, retire, MIR_STATEMENT_RETIRE);
    uint32_t end = 0;
    for (uint32_t i = mir_tree_device(&strata->tree, device, &end); i < end; i++) {
        uint32_t place = strata->tree.sorted[i];
        if ((strata->marks[place] & MIR_MARK_RETIRES) != 0 &&
            mir_key_compare(
                &mir_strata_first(strata, place, MIR_STATEMENT_RETIRE)->retire.successor,
                &what->retire.successor) != 0) {
            return 0;
        }
    }
    return 1;
}

/* Devices that enrol anew find a place as the device before them has one. */
static void place_successors(struct mir_strata *strata)
{
    int moved = 1;
    while (moved) {
        moved = 0;
        for (size_t i = 0; i < strata->joined_count; i++) {
            struct mir_joined *joined = &strata->joined[i];
            if (joined->retire != NOBODY && joined->valid && !joined->settled && !joined->placed &&
                is_member(strata, &strata->causal->facts[joined->retire]->device) &&
                names_one(strata, joined->retire)) {
                joined->placed = 1;
                moved = 1;
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
        if (mir_strata_speaks(strata, list->items[i].fact)) {
            settle(&admissions, list->items[i]);
        }
    }
    settle_by(&admissions, NOBODY);
    for (size_t done = 0; done < admissions.queued; done++) {
        settle_by(&admissions, admissions.queue[done]);
    }
    share_places(strata);
    place_successors(strata);
    return 1;
}
