/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/adopts.c - adopts in force, and which changesets of data chains are named by others;
 * protocol/control.md 5.11 and 5.12.
 */
#include "strata.h"

#include "sort.h"

#include <string.h>

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

int mir_namings_compare(const struct mir_naming *a, const struct mir_naming *b)
{
    int order = mir_key_compare(&a->device, &b->device);
    if (order == 0) {
        order = compare_numbers(a->compartment, b->compartment);
    }
    if (order == 0) {
        order = compare_numbers(a->seq, b->seq);
    }
    return order != 0 ? order : mir_key_compare(&a->id, &b->id);
}

static int compare_items(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_naming *left = a;
    const struct mir_naming *right = b;
    int order = mir_namings_compare(left, right);
    if (order == 0) {
        order = mir_key_compare(&left->by, &right->by);
    }
    return order != 0 ? order : right->as_admin - left->as_admin;
}

/* Each once. */
static void finish(struct mir_namings *list)
{
    size_t kept = 0;
    mir_sort(list->items, list->count, sizeof *list->items, compare_items, NULL);
    for (size_t i = 0; i < list->count; i++) {
        if (kept == 0 || compare_items(&list->items[kept - 1], &list->items[i], NULL) != 0) {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = kept;
}

size_t mir_namings_of(const struct mir_namings *list, const struct mir_naming *sought, size_t *end)
{
    size_t low = 0;
    size_t high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mir_namings_compare(&list->items[middle], sought) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *end = low;
    while (*end < list->count && mir_namings_compare(&list->items[*end], sought) == 0) {
        (*end)++;
    }
    return low;
}

static int is_undone(const struct mir_strata *strata, const mirsal_hash *adopt)
{
    for (size_t i = 0; i < strata->cut_count; i++) {
        const struct mir_statement_cut *what = strata->cuts[i].what;
        for (size_t u = 0; u < what->undo_count; u++) {
            if (mir_key_compare(&what->undoes[u], adopt) == 0) {
                return 1;
            }
        }
    }
    return 0;
}

static void add_adopt(struct mir_strata *strata, struct mir_said said)
{
    struct mir_membership *out = strata->out;
    const struct mir_statement *what = mir_said_what(strata, said);
    const mirsal_hash *id = &mir_said_fact(strata, said)->id;
    for (size_t i = 0; i < what->adopt.count; i++) {
        struct mir_naming *naming = &strata->adopted.items[strata->adopted.count++];
        naming->id = what->adopt.ids[i];
        naming->by = *mir_said_by(strata, said);
        naming->as_admin = (strata->marks[said.fact] & MIR_MARK_ADMIN) != 0;
    }
    if (out->adopt_count == 0 || mir_key_compare(&out->adopts[out->adopt_count - 1], id) != 0) {
        out->adopts[out->adopt_count++] = *id;
    }
}

static int list_adopts(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_ADOPT];
    size_t most = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        most += mir_said_what(strata, list->items[i])->adopt.count;
    }
    strata->adopted.items = mir_arena_alloc(strata->keep, most, sizeof *strata->adopted.items);
    strata->out->adopts = mir_arena_alloc(strata->keep, list->count, sizeof(mirsal_hash));
    if (strata->adopted.items == NULL || strata->out->adopts == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        if (mir_said_state(strata, list->items[i]) == MIR_REASON_NONE &&
            !is_undone(strata, &mir_said_fact(strata, list->items[i])->id)) {
            add_adopt(strata, list->items[i]);
        }
    }
    finish(&strata->adopted);
    return 1;
}

static void add_naming(struct mir_namings *list,
    const mirsal_hash *device,
    const struct mir_spot *place,
    const mirsal_hash *by)
{
    if (mir_key_compare(device, by) != 0) {
        struct mir_naming *naming = &list->items[list->count++];
        naming->device = *device;
        naming->compartment = place->compartment;
        naming->seq = place->seq;
        naming->id = place->id;
        naming->by = *by;
    }
}

/* A reader's receipts stay when it ends: what it held is evidence. */
int mir_strata_receipts_count(const struct mir_strata *strata,
    struct mir_said said,
    uint32_t compartment)
{
    const struct mir_member *reader = mir_membership_device(strata->out, mir_said_by(strata, said));
    if (compartment == MIR_COMPARTMENT_MAIN) {
        return (strata->marks[said.fact] & MIR_MARK_ADMIN) != 0 ||
               strata->roles_of[said.fact] != (int)MIR_ROLE_MONITOR;
    }
    return reader != NULL && reader->member && mir_member_reads(reader, compartment);
}

static void add_receipt(struct mir_strata *strata, struct mir_said said)
{
    const struct mir_statement *what = mir_said_what(strata, said);
    if (mir_said_state(strata, said) != MIR_REASON_NONE) {
        return;
    }
    for (size_t h = 0; h < what->receipt.head_count; h++) {
        const struct mir_receipt_head *head = &what->receipt.heads[h];
        struct mir_spot place = { head->compartment, head->seq, head->id };
        if (mir_strata_receipts_count(strata, said, head->compartment)) {
            add_naming(&strata->named, &head->device, &place, mir_said_by(strata, said));
        }
    }
}

static int list_named(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_RECEIPT];
    size_t most = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        most += mir_said_what(strata, list->items[i])->receipt.head_count;
    }
    for (size_t i = 0; i < strata->cut_count; i++) {
        most += strata->cuts[i].what->places.count;
    }
    strata->named.items = mir_arena_alloc(strata->keep, most, sizeof *strata->named.items);
    if (strata->named.items == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        add_receipt(strata, list->items[i]);
    }
    for (size_t i = 0; i < strata->cut_count; i++) {
        const struct mir_statement_cut *what = strata->cuts[i].what;
        for (size_t p = 0; p < what->places.count; p++) {
            add_naming(&strata->named, &what->device, &what->places.items[p], &strata->cuts[i].by);
        }
    }
    finish(&strata->named);
    return 1;
}

static int compare_evidence(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_data_header *left = a;
    const struct mir_data_header *right = b;
    int order = mir_key_compare(&left->device, &right->device);
    if (order == 0) {
        order = compare_numbers(left->compartment, right->compartment);
    }
    return order != 0 ? order : mir_key_compare(&left->id, &right->id);
}

/* Fork proofs prove themselves, whoever says them. */
static int list_evidence(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_FORK_PROOF];
    size_t kept = 0;
    struct mir_data_header *all =
        mir_arena_alloc(strata->keep, 2 * (size_t)list->count, sizeof *all);
    if (all == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const struct mir_data_header *two = mir_said_what(strata, list->items[i])->fork_proof.two;
        for (size_t h = 0; two != NULL && h < 2; h++) {
            all[strata->evidence_count++] = two[h];
        }
    }
    mir_sort(all, strata->evidence_count, sizeof *all, compare_evidence, NULL);
    for (size_t i = 0; i < strata->evidence_count; i++) {
        if (kept == 0 || compare_evidence(&all[kept - 1], &all[i], NULL) != 0) {
            all[kept++] = all[i];
        }
    }
    strata->evidence = all;
    strata->evidence_count = kept;
    return 1;
}

int mir_strata_adopts(struct mir_strata *strata)
{
    return list_adopts(strata) && list_named(strata) && list_evidence(strata);
}
