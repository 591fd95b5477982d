/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/vouch.c - who vouches for whom: devices are given keys when somebody does, and an epoch is
 * confirmed by those for whom another than its issuer does; protocol/control.md 5.8 and 5.14.
 */
#include "strata.h"

#include "sort.h"

#include <string.h>

#define NOBODY MIR_CAUSAL_NOBODY

static int compare_vouchers(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_voucher *left = a;
    const struct mir_voucher *right = b;
    int order = mir_key_compare(&left->device, &right->device);
    if (order == 0) {
        order = mir_key_compare(&left->by, &right->by);
    }
    return order != 0 ? order : left->fact < right->fact ? -1 : left->fact > right->fact;
}

static void add_voucher(struct mir_strata *strata,
    const mirsal_hash *device,
    const mirsal_hash *by,
    uint32_t fact)
{
    struct mir_voucher *voucher = &strata->vouchers[strata->voucher_count++];
    voucher->device = *device;
    voucher->by = *by;
    voucher->fact = fact;
}

/* The counting join of a device that an admit names. */
static const struct mir_member *admitted(const struct mir_strata *strata,
    const struct mir_statement *what)
{
    const struct mir_member *member = mir_membership_device(strata->out, &what->admit.device);
    return member != NULL && member->settled && !member->founder &&
                   mir_key_compare(&member->join, &what->admit.join) == 0
               ? member
               : NULL;
}

size_t mir_strata_vouchers(const struct mir_strata *strata, const mirsal_hash *device, size_t *end)
{
    size_t low = 0;
    size_t high = strata->voucher_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mir_key_compare(&strata->vouchers[middle].device, device) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *end = low;
    while (*end < strata->voucher_count &&
           mir_key_compare(&strata->vouchers[*end].device, device) == 0) {
        (*end)++;
    }
    return low;
}

int mir_strata_vouch(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_ADMIT];
    struct mir_membership *out = strata->out;
    strata->vouchers = mir_arena_alloc(
        strata->keep, (size_t)list->count + out->member_count, sizeof *strata->vouchers);
    if (strata->vouchers == NULL) {
        return 0;
    }
    for (size_t i = 0; i < out->member_count; i++) {
        const struct mir_member *member = &out->members[i];
        if (member->founder) {
            add_voucher(strata, &member->key, &out->root, strata->genesis);
        } else if (member->in_person) {
            add_voucher(strata, &member->key, &member->invited_by,
                mir_causal_find(strata->causal, &member->join));
        }
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const struct mir_statement *what = mir_said_what(strata, list->items[i]);
        const struct mir_member *member = admitted(strata, what);
        if (member != NULL && what->admit.confirmed && mir_said_by_admin(strata, list->items[i])) {
            add_voucher(
                strata, &member->key, mir_said_by(strata, list->items[i]), list->items[i].fact);
        }
    }
    mir_sort(
        strata->vouchers, strata->voucher_count, sizeof *strata->vouchers, compare_vouchers, NULL);
    for (size_t i = 0; i < out->member_count; i++) {
        size_t end = 0;
        out->members[i].vouched = mir_strata_vouchers(strata, &out->members[i].key, &end) < end;
    }
    return 1;
}

int mir_strata_vouched(const struct mir_strata *strata,
    const mirsal_hash *device,
    const mirsal_hash *but,
    uint32_t unseen)
{
    size_t end = 0;
    for (size_t i = mir_strata_vouchers(strata, device, &end); i < end; i++) {
        const struct mir_voucher *voucher = &strata->vouchers[i];
        if (mir_key_compare(&voucher->by, but) != 0 &&
            (unseen == NOBODY || !mir_causal_knows_wanted(strata->causal, voucher->fact, unseen))) {
            return 1;
        }
    }
    return 0;
}

int mir_member_holds_keys(const struct mir_member *member, uint32_t compartment)
{
    return member->member && !member->ended && !member->write_only && member->vouched &&
           mir_member_reads(member, compartment);
}
