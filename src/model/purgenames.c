/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/purgenames.c - what purge orders name, by themselves and by namings; purges.h, strata.h.
 */
#include "purges.h"

#include "sort.h"
#include "strata.h"

#include <string.h>

int mir_purge_is_naming(const struct mir_statement_purge *purge)
{
    return purge->approves && purge->changeset_count > 0;
}

static int compare_namings(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_purge_naming *left = a;
    const struct mir_purge_naming *right = b;
    int order = mir_key_compare(&left->changeset, &right->changeset);
    return order != 0 ? order : mir_key_compare(&left->said, &right->said);
}

/* Namings that count, of one order; with out NULL counted alone. */
static size_t take_namings(struct mir_strata *strata,
    const mirsal_hash *order,
    struct mir_purge_naming *out)
{
    const struct mir_said_list *list = &strata->by_kind[MIR_STATEMENT_PURGE];
    size_t count = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct mir_statement_purge *purge = &mir_said_what(strata, list->items[i])->purge;
        if (!mir_purge_is_naming(purge) || mir_key_compare(&purge->of, order) != 0 ||
            mir_said_state(strata, list->items[i]) != MIR_REASON_NONE) {
            continue;
        }
        for (size_t n = 0; n < purge->changeset_count; n++, count++) {
            if (out != NULL) {
                out[count].changeset = purge->changesets[n];
                out[count].said = mir_said_fact(strata, list->items[i])->id;
            }
        }
    }
    return count;
}

/* What stands in the order comes first, then what namings alone name, each once. */
static int add_named(struct mir_strata *strata, struct mir_purge *purge)
{
    size_t count = take_namings(strata, &purge->id, NULL);
    if (count == 0) {
        return 1;
    }
    struct mir_purge_naming *namings = mir_arena_alloc(strata->keep, count, sizeof *namings);
    mirsal_hash *all = mir_arena_alloc(strata->keep, purge->own_count + count, sizeof *all);
    if (namings == NULL || all == NULL) {
        return 0;
    }
    (void)take_namings(strata, &purge->id, namings);
    mir_sort(namings, count, sizeof *namings, compare_namings, NULL);
    for (size_t i = 0; i < purge->own_count; i++) {
        all[i] = purge->changesets[i];
    }
    for (size_t i = 0; i < count; i++) {
        int known = i > 0 && mir_key_compare(&namings[i - 1].changeset, &namings[i].changeset) == 0;
        for (size_t n = 0; n < purge->own_count && !known; n++) {
            known = mir_key_compare(&all[n], &namings[i].changeset) == 0;
        }
        if (!known) {
            all[purge->changeset_count++] = namings[i].changeset;
        }
    }
    purge->changesets = all;
    purge->namings = namings;
    purge->naming_count = count;
    return 1;
}

static int hear_namings(struct mir_strata *strata)
{
    struct mir_purges *purges = &strata->out->purges;
    for (size_t i = 0; i < purges->count; i++) {
        if (purges->items[i].level != MIR_PURGE_NONE && !add_named(strata, &purges->items[i])) {
            return 0;
        }
    }
    return 1;
}

static int compare_records(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_purged_record *left = a;
    const struct mir_purged_record *right = b;
    int order = memcmp(left->id.bytes, right->id.bytes, sizeof left->id.bytes);
    return order != 0 ? order : (int)right->level - (int)left->level;
}

static int compare_bodies(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_purged_body *left = a;
    const struct mir_purged_body *right = b;
    int order = mir_key_compare(&left->id, &right->id);
    return order != 0 ? order : (int)right->level - (int)left->level;
}

/* The highest level of each comes first; the rest goes. */
static void finish_names(struct mir_purges *out)
{
    size_t kept = 0;
    mir_sort(out->records, out->record_count, sizeof *out->records, compare_records, NULL);
    for (size_t i = 0; i < out->record_count; i++) {
        if (kept == 0 || memcmp(out->records[kept - 1].id.bytes, out->records[i].id.bytes,
                             sizeof out->records[i].id.bytes) != 0) {
            out->records[kept++] = out->records[i];
        }
    }
    out->record_count = kept;
    kept = 0;
    mir_sort(out->bodies, out->body_count, sizeof *out->bodies, compare_bodies, NULL);
    for (size_t i = 0; i < out->body_count; i++) {
        if (kept == 0 || mir_key_compare(&out->bodies[kept - 1].id, &out->bodies[i].id) != 0) {
            out->bodies[kept++] = out->bodies[i];
        }
    }
    out->body_count = kept;
}

static int list_names(struct mir_strata *strata)
{
    struct mir_purges *out = &strata->out->purges;
    size_t records = 0;
    size_t bodies = 0;
    for (size_t i = 0; i < out->count; i++) {
        if (out->items[i].level != MIR_PURGE_NONE) {
            records += out->items[i].record_count;
            bodies += out->items[i].changeset_count;
        }
    }
    out->records = mir_arena_alloc(strata->keep, records, sizeof *out->records);
    out->bodies = mir_arena_alloc(strata->keep, bodies, sizeof *out->bodies);
    if (out->records == NULL || out->bodies == NULL) {
        return 0;
    }
    for (size_t i = 0; i < out->count; i++) {
        const struct mir_purge *purge = &out->items[i];
        for (size_t n = 0; purge->level != MIR_PURGE_NONE && n < purge->record_count; n++) {
            out->records[out->record_count].id = purge->records[n];
            out->records[out->record_count++].level = purge->level;
        }
        for (size_t n = 0; purge->level != MIR_PURGE_NONE && n < purge->changeset_count; n++) {
            out->bodies[out->body_count].id = purge->changesets[n];
            out->bodies[out->body_count++].level = purge->level;
        }
    }
    finish_names(out);
    return 1;
}

static int compare_ids(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(((const mirsal_id *)a)->bytes, ((const mirsal_id *)b)->bytes, sizeof(mirsal_id));
}

static int list_recalled(struct mir_strata *strata)
{
    struct mir_purges *out = &strata->out->purges;
    size_t count = 0;
    for (size_t i = 0; i < out->count; i++) {
        count += out->items[i].recalled ? out->items[i].record_count : 0;
    }
    out->recalled = mir_arena_alloc(strata->keep, count, sizeof *out->recalled);
    if (out->recalled == NULL) {
        return 0;
    }
    count = 0;
    for (size_t i = 0; i < out->count; i++) {
        const struct mir_purge *purge = &out->items[i];
        for (size_t n = 0; purge->recalled && n < purge->record_count; n++) {
            out->recalled[count++] = purge->records[n];
        }
    }
    mir_sort(out->recalled, count, sizeof *out->recalled, compare_ids, NULL);
    for (size_t i = 0; i < count; i++) {
        size_t kept = out->recalled_count;
        if (kept == 0 || compare_ids(&out->recalled[kept - 1], &out->recalled[i], NULL) != 0) {
            out->recalled[out->recalled_count++] = out->recalled[i];
        }
    }
    return 1;
}

int mir_strata_purge_names(struct mir_strata *strata)
{
    return hear_namings(strata) && list_names(strata) && list_recalled(strata);
}

int mir_purges_recalled(const struct mir_membership *membership, const mirsal_id *record)
{
    const struct mir_purges *purges = &membership->purges;
    size_t low = 0;
    size_t high = purges->recalled_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_ids(&purges->recalled[middle], record, NULL);
        if (order == 0) {
            return 1;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return 0;
}

size_t mir_purge_namings(const struct mir_purge *order,
    const mirsal_hash *changeset,
    const struct mir_purge_naming **first)
{
    size_t low = 0;
    size_t high = order->naming_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mir_key_compare(&order->namings[middle].changeset, changeset) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    size_t end = low;
    while (end < order->naming_count &&
           mir_key_compare(&order->namings[end].changeset, changeset) == 0) {
        end++;
    }
    *first = order->naming_count > 0 ? &order->namings[low] : NULL;
    return end - low;
}

enum mir_purge_level mir_purges_of_record(const struct mir_membership *membership,
    const mirsal_id *record)
{
    const struct mir_purges *purges = &membership->purges;
    size_t low = 0;
    size_t high = purges->record_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(purges->records[middle].id.bytes, record->bytes, sizeof record->bytes);
        if (order == 0) {
            return purges->records[middle].level;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return MIR_PURGE_NONE;
}

enum mir_purge_level mir_purges_of_body(const struct mir_membership *membership,
    const mirsal_hash *changeset)
{
    const struct mir_purges *purges = &membership->purges;
    size_t low = 0;
    size_t high = purges->body_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = mir_key_compare(&purges->bodies[middle].id, changeset);
        if (order == 0) {
            return purges->bodies[middle].level;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return MIR_PURGE_NONE;
}
