/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/rights.c - role statements and grants that count, and one entry a device with what it may
 * do; protocol/control.md 5.6 to 5.8.
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
    return mir_said_by_admin(strata, said) && what->role.role != MIR_ROLE_ADMIN &&
           !mir_strata_is_admin(strata, &what->role.device);
}

static int list_roles(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_ROLE];
    struct mir_words *words = &strata->roles;
    words->items = mir_arena_alloc(strata->keep, list->count, sizeof *words->items);
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
           mir_said_by_admin(strata, said);
}

static int list_grants(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_COMPARTMENT];
    struct mir_words *words = &strata->grants;
    size_t most = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        most += mir_said_what(strata, list->items[i])->compartment.grant_count;
    }
    words->items = mir_arena_alloc(strata->keep, most, sizeof *words->items);
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
    return list_roles(strata) && list_grants(strata);
}

/* Of several joins of one device: the settled before the placed before the rest, then by id. */
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
    int left_standing = left->settled ? 3 : left->placed ? 2 : left->valid;
    int right_standing = right->settled ? 3 : right->placed ? 2 : right->valid;
    if (left_standing != right_standing) {
        return left_standing > right_standing ? -1 : 1;
    }
    return left->fact < right->fact ? -1 : left->fact > right->fact;
}

int mir_member_reads(const struct mir_member *member, uint32_t compartment)
{
    return compartment < MIR_COMPARTMENT_CONTROL &&
           (member->granted[compartment / 64] >> (compartment % 64) & 1u) != 0;
}

static void set_granted(const struct mir_strata *strata, struct mir_member *member)
{
    if (member->role != MIR_ROLE_MONITOR) {
        member->granted[0] |= 1u;
    }
    for (uint32_t number = 1; number < MIR_COMPARTMENT_CONTROL; number++) {
        uint64_t bit = UINT64_C(1) << (number % 64);
        int otherwise = number == MIR_COMPARTMENT_PROTECTED && member->by_join;
        if ((strata->out->compartments[number / 64] & bit) != 0 &&
            mir_words_lowest(strata, &strata->grants, &member->key, number, otherwise)) {
            member->granted[number / 64] |= bit;
        }
    }
}

/* The role of a device, from what its join or genesis gives (5.7). */
static enum mir_role role_now(const struct mir_strata *strata,
    const mirsal_hash *device,
    enum mir_role basis)
{
    if (mir_strata_is_admin(strata, device)) {
        return MIR_ROLE_ADMIN;
    }
    int role = mir_words_lowest(strata, &strata->roles, device, 0, (int)basis);
    return role > (int)MIR_ROLE_COORDINATOR ? MIR_ROLE_COORDINATOR : (enum mir_role)role;
}

static int retires(const struct mir_strata *strata, const mirsal_hash *device)
{
    uint32_t end = 0;
    for (uint32_t i = mir_tree_device(&strata->tree, device, &end); i < end; i++) {
        if ((strata->marks[strata->tree.sorted[i]] & MIR_MARK_RETIRES) != 0) {
            return 1;
        }
    }
    return 0;
}

static void set_ended(const struct mir_strata *strata, struct mir_member *member)
{
    size_t end = 0;
    if (mir_strata_cuts_on(strata, &member->key, &end) < end) {
        member->ended = 2;
    } else {
        member->ended = retires(strata, &member->key);
    }
    for (size_t i = 0; i < strata->out->freeze_count; i++) {
        member->frozen |= member->role == MIR_ROLE_ADMIN &&
                          mir_key_compare(&strata->out->freezes[i].device, &member->key) == 0;
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
    member->role = role_now(strata, &member->key, MIR_ROLE_COORDINATOR);
    member->valid = 1;
    member->member = 1;
    member->settled = 1;
    member->confirmed = 1;
    member->vouched = 1;
    member->founder = 1;
    member->basis = MIR_ROLE_ADMIN;
    member->by_join = 1;
    set_granted(strata, member);
    set_ended(strata, member);
}

static void add_joined(struct mir_strata *strata, const struct mir_joined *joined)
{
    const struct mir_control *fact = strata->causal->facts[joined->fact];
    const struct mir_statement_join *join = &fact->statements[0].join;
    struct mir_member *member = &strata->out->members[strata->out->member_count++];
    member->key = fact->device;
    member->basis = joined->basis;
    member->noise = join->noise;
    member->hpke = join->hpke;
    member->join = fact->id;
    member->role =
        joined->valid ? role_now(strata, &fact->device, joined->basis) : MIR_ROLE_OBSERVER;
    member->valid = joined->valid;
    member->member = joined->settled || joined->placed;
    member->settled = joined->settled;
    member->confirmed = joined->confirmed;
    member->write_only = join->write_only != 0;
    member->admitted_by = joined->admitted_by;
    if (joined->retire != NOBODY && joined->valid) {
        member->replaces = strata->causal->facts[joined->retire]->device;
    }
    if (joined->invite != NOBODY) {
        const struct mir_invite *invite = &strata->out->invites[joined->invite];
        member->invite = invite->id;
        member->invited_by = invite->author;
        member->in_person = invite->terms.in_person != 0;
        member->by_join = invite->counts && invite->terms.protected_;
    }
    if (joined->valid) {
        set_granted(strata, member);
    }
    set_ended(strata, member);
}

/* The joins of each device, the one that counts first; joined keeps its own order. */
static struct mir_joined *list_devices(struct mir_strata *strata, size_t *count)
{
    struct mir_joined *sorted =
        mir_arena_alloc(strata->scratch, strata->joined_count, sizeof *sorted);
    *count = 0;
    if (sorted == NULL) {
        return NULL;
    }
    if (strata->joined_count > 0) {
        memcpy(sorted, strata->joined, strata->joined_count * sizeof *sorted);
    }
    mir_sort(sorted, strata->joined_count, sizeof *sorted, compare_devices, strata);
    for (size_t i = 0; i < strata->joined_count; i++) {
        const mirsal_hash *device = &strata->causal->facts[sorted[i].fact]->device;
        if (*count == 0 ||
            mir_key_compare(device, &strata->causal->facts[sorted[*count - 1].fact]->device) != 0) {
            sorted[(*count)++] = sorted[i];
        }
    }
    return sorted;
}

int mir_strata_members(struct mir_strata *strata)
{
    struct mir_membership *out = strata->out;
    int founder_added = !out->has_genesis;
    size_t count = 0;
    struct mir_joined *devices = list_devices(strata, &count);
    out->members = mir_arena_alloc(strata->keep, strata->joined_count + 1, sizeof *out->members);
    if (out->members == NULL || devices == NULL) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        const mirsal_hash *device = &strata->causal->facts[devices[i].fact]->device;
        if (!founder_added && mir_key_compare(&out->founder, device) < 0) {
            add_founder(strata);
            founder_added = 1;
        }
        add_joined(strata, &devices[i]);
    }
    if (!founder_added) {
        add_founder(strata);
    }
    return mir_strata_vouch(strata);
}
