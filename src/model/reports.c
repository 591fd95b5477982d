/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/reports.c - relays and receipts; protocol/control.md 5.8 and 5.11.
 */
#include "strata.h"

#include "sort.h"

#include <string.h>

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* Of concurrent words on one relay "not in use" counts; the address is that of the newest. */
static int list_relays(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_RELAY];
    struct mir_membership *out = strata->out;
    struct mir_words words = { NULL, 0, NULL };
    words.items = mir_arena_alloc(strata->scratch, list->count, sizeof *words.items);
    out->relays = mir_arena_alloc(strata->keep, list->count, sizeof *out->relays);
    if (words.items == NULL || out->relays == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        if (mir_said_by_admin(strata, list->items[i])) {
            struct mir_word *word = &words.items[words.count++];
            word->subject = mir_said_what(strata, list->items[i])->relay.identity;
            word->value = mir_said_what(strata, list->items[i])->relay.in_use != 0;
            word->said = list->items[i];
        }
    }
    if (!mir_words_sort(strata, &words)) {
        return 0;
    }
    for (size_t i = 0; i < words.count; i++) {
        const struct mir_word *word = &words.items[i];
        if (i > 0 && mir_key_compare(&words.items[i - 1].subject, &word->subject) == 0) {
            continue;
        }
        struct mir_relay *relay = &out->relays[out->relay_count++];
        relay->identity = word->subject;
        relay->url = mir_said_what(strata, word->said)->relay.url;
        relay->in_use = mir_words_lowest(strata, &words, &word->subject, 0, 0);
    }
    return 1;
}

/* By chain and reader, the highest first. */
static int compare_receipts(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_receipt *left = a;
    const struct mir_receipt *right = b;
    int order = mir_key_compare(&left->head.device, &right->head.device);
    if (order == 0) {
        order = compare_numbers(left->head.compartment, right->head.compartment);
    }
    if (order == 0) {
        order = mir_key_compare(&left->reader, &right->reader);
    }
    if (order == 0) {
        order = compare_numbers(right->head.seq, left->head.seq);
    }
    return order != 0 ? order : mir_key_compare(&left->head.id, &right->head.id);
}

static int same_chain(const struct mir_receipt *a, const struct mir_receipt *b)
{
    return a->head.compartment == b->head.compartment &&
           mir_key_compare(&a->head.device, &b->head.device) == 0 &&
           mir_key_compare(&a->reader, &b->reader) == 0;
}

static int list_receipts(struct mir_strata *strata)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_RECEIPT];
    struct mir_membership *out = strata->out;
    size_t listed = 0;
    size_t kept = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        listed += mir_said_what(strata, list->items[i])->receipt.head_count;
    }
    struct mir_receipt *all = mir_arena_alloc(strata->keep, listed, sizeof *all);
    if (all == NULL) {
        return 0;
    }
    listed = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct mir_statement *what = mir_said_what(strata, list->items[i]);
        const mirsal_hash *reader = mir_said_by(strata, list->items[i]);
        if (mir_said_state(strata, list->items[i]) != MIR_REASON_NONE) {
            continue;
        }
        for (size_t h = 0; h < what->receipt.head_count; h++) {
            if (mir_strata_receipts_count(
                    strata, list->items[i], what->receipt.heads[h].compartment)) {
                all[listed].reader = *reader;
                all[listed++].head = what->receipt.heads[h];
            }
        }
    }
    mir_sort(all, listed, sizeof *all, compare_receipts, NULL);
    for (size_t i = 0; i < listed; i++) {
        const struct mir_receipt *last = kept > 0 ? &all[kept - 1] : NULL;
        if (last != NULL && same_chain(last, &all[i]) &&
            (last->head.seq > all[i].head.seq ||
                mir_key_compare(&last->head.id, &all[i].head.id) == 0)) {
            continue;
        }
        all[kept++] = all[i];
    }
    out->receipts = all;
    out->receipt_count = kept;
    return 1;
}

int mir_strata_reports(struct mir_strata *strata)
{
    return list_relays(strata) && list_receipts(strata);
}
