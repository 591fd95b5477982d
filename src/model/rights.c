/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/rights.c - roles, grants, and one entry a device with what it may do;
 * protocol/control.md 5.3, 5.4 and 5.8.
 */
#include "strata.h"

#include "sort.h"

#include <string.h>

#define NOBODY MIR_CAUSAL_NOBODY

/* Root to or from admin; admins among everybody else. */
static int role_allowed(const struct mir_strata *strata, struct mir_said said)
{
    const struct mir_statement *what = mir_said_what(strata, said);
    const mirsal_hash *author = mir_said_by(strata, said);
    if (mir_strata_is_root(strata, author)) {
        return 1;
    }
    return mir_strata_is_admin(strata, author) && what->role.role != MIR_ROLE_ADMIN &&
           !mir_strata_is_admin(strata, &what->role.device);
}

static int list_roles(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_ROLE];
    struct mir_words *words = &strata->roles;
    words->items = mir_arena_alloc(&strata->scratch, list->count, sizeof *words->items);
    if (words->items == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const struct mir_statement *what = mir_said_what(strata, list->items[i]);
        if (role_allowed(strata, list->items[i])) {
            struct mir_word *word = &words->items[words->count++];
            word->subject = what->role.device;
            word->value = (int)what->role.role;
            word->said = list->items[i];
        }
    }
    return mir_words_sort(strata, words);
}

static int compartment_allowed(const struct mir_strata *strata, struct mir_said said)
{
    uint32_t number = mir_said_what(strata, said)->compartment.number;
    return number > MIR_COMPARTMENT_MAIN && number < MIR_COMPARTMENT_CONTROL &&
           mir_strata_is_admin(strata, mir_said_by(strata, said));
}

static int list_grants(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_COMPARTMENT];
    struct mir_words *words = &strata->grants;
    size_t most = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        most += mir_said_what(strata, list->items[i])->compartment.grant_count;
    }
    words->items = mir_arena_alloc(&strata->scratch, most, sizeof *words->items);
    if (words->items == NULL) {
        return 0;
    }
    strata->out->compartments[0] |= 3u; /* main and protected are always there */
    for (uint32_t i = 0; i < list->count; i++) {
        const struct mir_statement *what = mir_said_what(strata, list->items[i]);
        uint32_t number = what->compartment.number;
        if (!compartment_allowed(strata, list->items[i])) {
            continue;
        }
        strata->out->compartments[number / 64] |= UINT64_C(1) << (number % 64);
        for (size_t g = 0; g < what->compartment.grant_count; g++) {
            struct mir_word *word = &words->items[words->count++];
            word->subject = what->compartment.grants[g].device;
            word->matter = number;
            word->value = what->compartment.grants[g].readable != 0;
            word->said = list->items[i];
        }
    }
    return mir_words_sort(strata, words);
}

int mir_strata_roles(struct mir_strata *strata)
{
    if (!list_roles(strata) || !list_grants(strata)) {
        return 0;
    }
    for (size_t i = 0; i < strata->joined_count; i++) {
        struct mir_joined *joined = &strata->joined[i];
        if (joined->invite == NOBODY) {
            continue;
        }
        int invited = (int)strata->out->invites[joined->invite].terms.role;
        const mirsal_hash *device = &strata->causal->facts[joined->fact]->device;
        joined->role = (enum mir_role)mir_words_lowest(strata, &strata->roles, device, 0, invited);
    }
    return 1;
}

/* Of several joins of one device: the settled before the placed before the waiting, then by id. */
static int compare_devices(const void *a, const void *b, void *context)
{
    const struct mir_strata *strata = context;
    const struct mir_joined *left = a;
    const struct mir_joined *right = b;
    int order = mir_key_compare(
        &strata->causal->facts[left->fact]->device, &strata->causal->facts[right->fact]->device);
    if (order != 0) {
        return order;
    }
    int left_standing = left->settled ? 2 : left->slotted;
    int right_standing = right->settled ? 2 : right->slotted;
    if (left_standing != right_standing) {
        return left_standing > right_standing ? -1 : 1;
    }
    return left->fact < right->fact ? -1 : left->fact > right->fact;
}

static void set_reads(const struct mir_strata *strata, struct mir_member *member, int protected_)
{
    if (member->role != MIR_ROLE_MONITOR) {
        member->reads[0] |= 1u;
    }
    for (uint32_t number = 1; number < MIR_COMPARTMENT_CONTROL; number++) {
        uint64_t bit = UINT64_C(1) << (number % 64);
        int otherwise = number == MIR_COMPARTMENT_PROTECTED && protected_;
        if ((strata->out->compartments[number / 64] & bit) != 0 &&
            mir_words_lowest(strata, &strata->grants, &member->key, number, otherwise)) {
            member->reads[number / 64] |= bit;
        }
    }
}

static void add_founder(struct mir_strata *strata)
{
    const struct mir_statement_genesis *genesis =
        &strata->causal->facts[strata->genesis]->statements[0].genesis;
    struct mir_member *member = &strata->out->members[strata->out->member_count++];
    member->key = genesis->founder;
    member->noise = genesis->noise;
    member->hpke = genesis->hpke;
    member->role =
        (enum mir_role)mir_words_lowest(strata, &strata->roles, &member->key, 0, MIR_ROLE_ADMIN);
    member->member = 1;
    member->settled = 1;
    member->confirmed = 1;
    member->founder = 1;
    set_reads(strata, member, 1);
}

static void add_joined(struct mir_strata *strata, const struct mir_joined *joined)
{
    const struct mir_control *fact = strata->causal->facts[joined->fact];
    const struct mir_statement_join *join = &fact->statements[0].join;
    struct mir_member *member = &strata->out->members[strata->out->member_count++];
    member->key = fact->device;
    member->noise = join->noise;
    member->hpke = join->hpke;
    member->join = fact->id;
    member->role = joined->role;
    member->member = joined->settled || joined->slotted;
    member->settled = joined->settled;
    member->confirmed = joined->confirmed;
    member->write_only = join->write_only != 0;
    member->admitted_by = joined->admitted_by;
    if (joined->invite == NOBODY) {
        return;
    }
    const struct mir_invite *invite = &strata->out->invites[joined->invite];
    member->invite = invite->id;
    member->invited_by = invite->author;
    member->in_person = invite->terms.in_person != 0;
    set_reads(strata, member, invite->terms.protected_ != 0);
}

int mir_strata_members(struct mir_strata *strata)
{
    struct mir_membership *out = strata->out;
    int founder_added = 0;
    out->members = mir_arena_alloc(strata->keep, strata->joined_count + 1, sizeof *out->members);
    if (out->members == NULL) {
        return 0;
    }
    mir_sort(strata->joined, strata->joined_count, sizeof *strata->joined, compare_devices, strata);
    for (size_t i = 0; i < strata->joined_count; i++) {
        const struct mir_joined *joined = &strata->joined[i];
        const mirsal_hash *device = &strata->causal->facts[joined->fact]->device;
        if (i > 0 && mir_key_compare(
                         device, &strata->causal->facts[strata->joined[i - 1].fact]->device) == 0) {
            continue;
        }
        if (!founder_added && mir_key_compare(&out->founder, device) < 0) {
            add_founder(strata);
            founder_added = 1;
        }
        add_joined(strata, joined);
    }
    if (!founder_added) {
        add_founder(strata);
    }
    return 1;
}

static void mark_unresolved(struct mir_strata *strata, const mirsal_hash *device)
{
    for (size_t low = 0, high = strata->out->member_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        int order = mir_key_compare(&strata->out->members[middle].key, device);
        if (order == 0) {
            strata->out->members[middle].unresolved = 1;
            return;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
}

/*
 * Freezes (stratum 3), cuts (5) and what follows from them are judged by rules that this build does
 * not have: the devices that an allowed one names are unresolved, and nothing of them counts.
 */
int mir_strata_unresolved(struct mir_strata *strata)
{
    static const enum mir_statement_kind kinds[] = { MIR_STATEMENT_CUT, MIR_STATEMENT_FREEZE };
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        const struct mir_said_list *list = &strata->by_kind[kinds[kind]];
        for (uint32_t i = 0; i < list->count; i++) {
            const mirsal_hash *author = mir_said_by(strata, list->items[i]);
            const mirsal_hash *named = &mir_said_what(strata, list->items[i])->against.device;
            int root = kinds[kind] == MIR_STATEMENT_CUT && mir_strata_is_root(strata, author);
            int admin =
                mir_strata_is_admin(strata, author) &&
                (kinds[kind] == MIR_STATEMENT_FREEZE || !mir_strata_is_admin(strata, named));
            if (root || admin) {
                mark_unresolved(strata, named);
            }
        }
    }
    const struct mir_said_list *retired = &strata->by_kind[MIR_STATEMENT_RETIRE];
    for (uint32_t i = 0; i < retired->count; i++) {
        mark_unresolved(strata, mir_said_by(strata, retired->items[i]));
    }
    return 1;
}
