/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/handoff_update.c - what an update of an earlier handoff takes along; see the header.
 */
#include "handoff_update.h"

#include "fail.h"
#include "files.h"
#include "handoff_terms.h"
#include "sort.h"

#include <string.h>

#define RECEIPT_SIZE_MAX 4096u

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

mirsal_code mir_handoff_update_begin(struct mir_handoff_update *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const char *receipt,
    mirsal_error *err)
{
    struct mir_handoff_receipt read;
    struct mir_handover of;
    struct mir_buf file;
    mir_buf_init(&file, store->env, RECEIPT_SIZE_MAX);
    mirsal_code rc = mir_file_read(&file, receipt, RECEIPT_SIZE_MAX, err);
    if (rc == MIRSAL_OK) {
        rc = mir_handover_take_receipt(&read, &of, arena, store, mir_buf_bytes(&file), err);
    }
    mir_buf_fini(&file);
    if (rc == MIRSAL_OK) {
        rc = mir_handover_list(&out->items, &out->count, arena, store, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < out->count; i++) {
        if (memcmp(out->items[i].id, read.handoff, sizeof read.handoff) == 0) {
            out->of = i;
            out->at = i;
        }
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < out->count; i++) {
        if (!out->items[i].manifest.is_update &&
            mir_handover_follows(out->items, out->count, out->of, i)) {
            out->at = i;
        }
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < of.manifest.recipient_count; i++) {
        if (memcmp(of.manifest.recipients[i].sign.bytes, read.sign.bytes, 32) == 0) {
            out->recipient = of.manifest.recipients[i];
        }
    }
    return rc;
}

/* All debts one after another; a record stands in one of them alone. */
static mirsal_code join_debts(struct mir_handover_debt *all,
    const struct mir_handover_debt *more,
    struct mir_arena *arena,
    mirsal_error *err)
{
    struct mir_handoff_retraction *items =
        mir_arena_alloc(arena, all->count + more->count + 1, sizeof *items);
    mirsal_id *corrections =
        mir_arena_alloc(arena, all->count + more->count + 1, sizeof *corrections);
    struct mir_handoff_superseded *leaves =
        mir_arena_alloc(arena, all->leaf_count + more->leaf_count + 1, sizeof *leaves);
    mirsal_id *added =
        mir_arena_alloc(arena, all->added_count + more->added_count + 1, sizeof *added);
    if (items == NULL || corrections == NULL || leaves == NULL || added == NULL) {
        return no_memory(err);
    }
    size_t a = 0;
    size_t b = 0;
    size_t count = 0;
    while (a < all->count || b < more->count) {
        int order = a == all->count ? 1
                    : b == more->count
                        ? -1
                        : memcmp(&all->items[a].record, &more->items[b].record, sizeof(mirsal_id));
        items[count] = order <= 0 ? all->items[a] : more->items[b];
        corrections[count++] = order <= 0 ? all->corrections[a] : more->corrections[b];
        a += order <= 0;
        b += order >= 0;
    }
    a = 0;
    b = 0;
    size_t leaf_count = 0;
    while (a < all->leaf_count || b < more->leaf_count) {
        int order = a == all->leaf_count ? 1
                    : b == more->leaf_count
                        ? -1
                        : mir_handoff_superseded_compare(&all->leaves[a], &more->leaves[b]);
        leaves[leaf_count++] = order <= 0 ? all->leaves[a] : more->leaves[b];
        a += order <= 0;
        b += order >= 0;
    }
    a = 0;
    b = 0;
    size_t added_count = 0;
    while (a < all->added_count || b < more->added_count) {
        int order = a == all->added_count ? 1
                    : b == more->added_count
                        ? -1
                        : memcmp(&all->added[a], &more->added[b], sizeof *added);
        added[added_count++] = order <= 0 ? all->added[a] : more->added[b];
        a += order <= 0;
        b += order >= 0;
    }
    *all = (struct mir_handover_debt){ items, corrections, count, leaves, leaf_count, added,
        added_count };
    return MIRSAL_OK;
}

/* 1 when items[i] is the first handoff or one of its updates, and went to the recipient. */
static int reached(const struct mir_handoff_update *update, size_t i)
{
    mirsal_hash sign;
    memcpy(sign.bytes, update->recipient.sign.bytes, sizeof sign.bytes);
    return (i == update->at || mir_handover_follows(update->items, update->count, i, update->at)) &&
           mir_handover_is_to(&update->items[i], &sign);
}

mirsal_code mir_handoff_update_owe(struct mir_handoff_update *update,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    mirsal_hash sign;
    memcpy(sign.bytes, update->recipient.sign.bytes, sizeof sign.bytes);
    for (size_t i = 0; rc == MIRSAL_OK && i < update->count; i++) {
        struct mir_handover_debt debt;
        if (!reached(update, i)) {
            continue;
        }
        const struct mir_handover_asked asked = {
            .items = update->items, .count = update->count, .at = i, .to = &sign
        };
        rc = mir_handoff_owed(&debt, arena, store, &asked, err);
        if (rc == MIRSAL_OK) {
            rc = join_debts(&update->debt, &debt, arena, err);
        }
        if (rc == MIRSAL_OK && update->never == NULL) {
            rc = mir_handoff_never_shown(
                &update->never, &update->never_count, arena, &update->items[i], err);
        }
    }
    update->ids = mir_arena_alloc(
        arena, update->debt.count + update->debt.added_count + 1, sizeof *update->ids);
    if (rc == MIRSAL_OK && update->ids == NULL) {
        rc = no_memory(err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < update->debt.count; i++) {
        update->ids[update->id_count++] = update->debt.corrections[i];
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < update->debt.added_count; i++) {
        update->ids[update->id_count++] = update->debt.added[i];
    }
    return rc;
}

/* By the first of these handoffs: withheld of a record, and shown of none. */
static int is_never_shown(const struct mir_handoff_update *update,
    const struct mir_schema_field *field)
{
    for (size_t i = 0; i < update->never_count; i++) {
        if (update->never[i] == field->id) {
            return 1;
        }
    }
    return 0;
}

/* The record that was handed over of which this one tells more; NULL when it tells of none. */
static const mirsal_id *told_of(const struct mir_handoff_update *update, const mirsal_id *id)
{
    for (size_t i = 0; i < update->debt.count; i++) {
        if (memcmp(&update->debt.corrections[i], id, sizeof *id) == 0) {
            return &update->debt.items[i].record;
        }
    }
    return NULL;
}

/* 1 when one of these handoffs withheld it: the field of that record, or, with id NULL, a field of
 * that name of any record. */
static int was_withheld(const struct mir_handoff_update *update,
    const mirsal_id *id,
    const struct mir_schema_field *field)
{
    const struct mir_schema *schema = update->choice->disclosure.schema;
    for (size_t i = 0; i < update->count; i++) {
        const struct mir_handoff_manifest *manifest = &update->items[i].manifest;
        if (!reached(update, i)) {
            continue;
        }
        for (uint32_t k = 0; k < manifest->record_count; k++) {
            const struct mir_handoff_record *record = &manifest->records[k];
            if (id != NULL && memcmp(&record->id, id, sizeof *id) != 0) {
                continue;
            }
            for (uint32_t f = 0; f < record->withheld_count; f++) {
                const struct mir_schema_field *other =
                    id != NULL || record->withheld[f] == field->id
                        ? NULL
                        : mir_schema_field_by_id(schema, record->withheld[f]);
                if (record->withheld[f] == field->id ||
                    (other != NULL && strcmp(other->name, field->name) == 0)) {
                    return 1;
                }
            }
        }
    }
    return 0;
}

static int is_added(const struct mir_handoff_update *update, const mirsal_id *id)
{
    for (size_t i = 0; i < update->debt.added_count; i++) {
        if (memcmp(&update->debt.added[i], id, sizeof *id) == 0) {
            return 1;
        }
    }
    return 0;
}

static int was_handed(const struct mir_handoff_update *update, const mirsal_id *id)
{
    for (size_t i = 0; i < update->count; i++) {
        const struct mir_handoff_manifest *manifest = &update->items[i].manifest;
        if (!reached(update, i)) {
            continue;
        }
        for (uint32_t k = 0; k < manifest->record_count; k++) {
            if (memcmp(&manifest->records[k].id, id, sizeof *id) == 0) {
                return 1;
            }
        }
    }
    return 0;
}

static int is_more(const struct mir_handoff_update *update, uint32_t type, const mirsal_id *id)
{
    return update->more != NULL && mir_handoff_choice_has(update->more, type, id);
}

enum mir_handoff_show mir_handoff_update_shows(void *context,
    const struct mir_record *record,
    const struct mir_schema_field *field)
{
    struct mir_handoff_update *update = context;
    enum mir_handoff_show show = mir_handoff_choice_shows(update->choice, record, field);
    const mirsal_id *of = told_of(update, &record->id);
    if (show != MIR_HANDOFF_SHOW || (of == NULL && is_more(update, record->type, &record->id))) {
        return show;
    }
    return is_never_shown(update, field) || was_withheld(update, of, field) ? MIR_HANDOFF_WITHHOLD
                                                                            : MIR_HANDOFF_SHOW;
}

static int compare_chosen(const void *a, const void *b, void *context)
{
    const struct mir_handoff_chosen *left = a;
    const struct mir_handoff_chosen *right = b;
    (void)context;
    if (left->type != right->type) {
        return left->type < right->type ? -1 : 1;
    }
    return memcmp(&left->id, &right->id, sizeof left->id);
}

mirsal_code mir_handoff_update_make(struct mir_handoff_making *making,
    struct mir_handoff_update *update,
    struct mir_arena *arena,
    mirsal_error *err)
{
    const struct mir_handoff_choice *choice = update->choice;
    const struct mir_handoff_choice *more = update->more;
    const struct mir_handover *first = &update->items[update->of];
    size_t more_count = more == NULL ? 0 : more->record_count;
    struct mir_handoff_chosen *records =
        mir_arena_alloc(arena, choice->record_count + more_count + 1, sizeof *records);
    size_t count = 0;
    if (records == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < choice->record_count; i++) {
        const mirsal_id *id = &choice->records[i].id;
        if (told_of(update, id) != NULL || is_added(update, id) || !was_handed(update, id)) {
            records[count++] = choice->records[i];
        }
    }
    for (size_t i = 0; i < more_count; i++) {
        const struct mir_handoff_chosen *at = &more->records[i];
        if (!was_handed(update, &at->id) && !mir_handoff_choice_has(choice, at->type, &at->id)) {
            records[count++] = *at;
        }
    }
    mir_sort(records, count, sizeof *records, compare_chosen, NULL);
    struct mir_handoff_left *left = mir_arena_alloc(arena, choice->left_count + 1, sizeof *left);
    size_t left_count = 0;
    if (left == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < choice->left_count; i++) {
        if (told_of(update, &choice->left[i].id) != NULL) {
            left[left_count++] = choice->left[i];
        }
    }
    making->mode = first->manifest.mode;
    making->records = records;
    making->record_count = count;
    making->left = left; /* of what is owed: it is no longer released, or consent was taken back */
    making->left_count = left_count;
    making->shows = mir_handoff_update_shows;
    making->shows_context = update;
    making->is_update = 1;
    memcpy(making->update_of, first->id, sizeof making->update_of);
    making->retractions = update->debt.items;
    making->retraction_count = (uint32_t)update->debt.count;
    making->supersedes = update->debt.leaves;
    making->supersede_count = (uint32_t)update->debt.leaf_count;
    if (making->purpose.size == 0) {
        making->purpose = first->manifest.purpose;
    }
    if (making->terms.size == 0) {
        making->terms = first->manifest.terms;
    }
    if (!making->has_until && first->manifest.has_until) {
        making->has_until = 1;
        making->until = first->manifest.until;
    }
    return MIRSAL_OK;
}
