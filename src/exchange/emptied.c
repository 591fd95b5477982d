/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/emptied.c - values that an update takes away; see the header.
 */
#include "emptied.h"

#include "fail.h"
#include "find.h"
#include "foreign.h"
#include "pack.h"
#include "txn.h"

#include <string.h>

#define RECORD_MEMORY_MAX ((size_t)256 << 20)

static int is_withheld(const struct mir_handoff_record *entry, uint32_t field)
{
    for (uint32_t i = 0; i < entry->withheld_count; i++) {
        if (entry->withheld[i] == field) {
            return 1;
        }
    }
    return 0;
}

/* The field of that name here; NULL: it has none, or never changes. */
static const struct mir_schema_field *field_here(const struct mir_emptied *emptied,
    const struct mir_store *store,
    const struct mir_record *record,
    uint32_t field)
{
    const struct mir_schema_type *type = mir_schema_type_by_id(store->schema, record->type);
    const struct mir_schema_field *theirs = mir_schema_field_by_id(emptied->opened->schema, field);
    int component = -1;
    if (type == NULL || theirs == NULL) {
        return NULL;
    }
    const struct mir_schema_field *ours = mir_schema_field_by_name(&component, type, theirs->name);
    return ours == NULL || component >= 0 || ours->policy == MIR_POLICY_ONCE ||
                   ours->policy == MIR_POLICY_DERIVED
               ? NULL
               : ours;
}

static size_t count_values(const struct mir_record *record, uint32_t field)
{
    size_t count = 0;
    for (size_t i = 0; i < record->register_count; i++) {
        count +=
            record->registers[i].field == field && !mir_packed_unknown(record->registers[i].value);
    }
    return count;
}

static mirsal_code empty_field(struct mir_txn *txn,
    const struct mir_record *record,
    const struct mir_schema_field *field,
    mirsal_error *err)
{
    static const uint8_t absent[] = { 0x00 };
    static const uint8_t unknown[] = { 0x90 };
    struct mir_bytes value = { field->shape.kind == MIR_KIND_SET ? absent : unknown, 1 };
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; i < record->register_count && rc == MIRSAL_OK; i++) {
        const struct mir_shown *shown = &record->registers[i];
        if (shown->field == field->id && !mir_packed_unknown(shown->value)) {
            rc = mir_txn_write(txn, &record->id, field->id, shown->key, value, err);
        }
    }
    return rc;
}

/* The first row of supersedes that is of the record; rows ascend by it. */
static uint32_t first_row(const struct mir_handoff_manifest *manifest, const mirsal_id *id)
{
    uint32_t low = 0;
    uint32_t high = manifest->supersede_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int before = memcmp(&manifest->supersedes[middle].record, id, sizeof *id) < 0;
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    return low;
}

/* Of the record's rows of supersedes, each field once. */
static mirsal_code empty_fields(struct mir_emptied *emptied,
    struct mir_store *store,
    const struct mir_handoff_item *item,
    const struct mir_record *record,
    mirsal_error *err)
{
    const struct mir_handoff_manifest *manifest = emptied->opened->manifest;
    struct mir_txn *txn = NULL;
    struct mir_txn_result result = { 0 };
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t i = first_row(manifest, &item->record.id);
         i < manifest->supersede_count && rc == MIRSAL_OK; i++) {
        const struct mir_handoff_superseded *old = &manifest->supersedes[i];
        int seen = 0;
        if (memcmp(&old->record, &item->record.id, sizeof old->record) != 0) {
            break;
        }
        for (uint32_t k = i; k > 0 && !seen; k--) {
            const struct mir_handoff_superseded *before = &manifest->supersedes[k - 1];
            if (memcmp(&before->record, &old->record, sizeof old->record) != 0) {
                break;
            }
            seen = before->field == old->field;
        }
        const struct mir_schema_field *field = field_here(emptied, store, record, old->field);
        if (seen || field == NULL || is_withheld(item->entry, old->field) ||
            mir_outdated_field(emptied->outdated, item->entry, old->field) ||
            count_values(record, field->id) <= count_values(&item->record, old->field)) {
            continue;
        }
        if (txn == NULL) {
            rc = mir_txn_begin(&txn, store, MIR_TXN_LONE, err);
        }
        if (rc == MIRSAL_OK) {
            rc = empty_field(txn, record, field, err);
        }
    }
    if (rc != MIRSAL_OK) {
        mir_txn_rollback(txn);
    } else if (txn != NULL) {
        rc = mir_txn_commit(&result, txn, err);
        emptied->any = 1;
        emptied->changesets += result.changesets;
    }
    return rc;
}

mirsal_code mir_emptied_take(struct mir_emptied *emptied,
    struct mir_store *store,
    const struct mir_handoff_item *item,
    mirsal_error *err)
{
    const struct mir_handoff_manifest *manifest = emptied->opened->manifest;
    struct mir_record record = { 0 };
    struct mir_arena arena;
    char name[MIR_FOREIGN_NAME_SIZE + 1u];
    mirsal_id id;
    int found = 0;
    uint32_t at = first_row(manifest, &item->record.id);
    if (at == manifest->supersede_count ||
        memcmp(&manifest->supersedes[at].record, &item->record.id, sizeof id) != 0) {
        return MIRSAL_OK;
    }
    mir_foreign_name(name, &manifest->team, &item->record.id);
    mirsal_code rc = mir_source_find(&id, &found, store, 0,
        (struct mir_bytes){ (const uint8_t *)name, MIR_FOREIGN_NAME_SIZE }, err);
    if (rc != MIRSAL_OK || !found) {
        return rc;
    }
    mir_arena_init(&arena, store->env, RECORD_MEMORY_MAX);
    rc = mir_read_record(&record, &arena, store, &id, err);
    if (rc == MIRSAL_OK && record.state == MIR_RECORD_ACCEPTED) {
        rc = empty_fields(emptied, store, item, &record, err);
    }
    mir_arena_fini(&arena);
    return rc;
}
