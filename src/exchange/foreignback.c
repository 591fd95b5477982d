/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/foreignback.c - see the header.
 *
 * What a handoff took back is not restored: only what this file withdrew, known by its reason.
 */
#include "foreignback.h"

#include "edit.h"
#include "fail.h"
#include "foreign.h"
#include "list.h"
#include "sort.h"
#include "text.h"
#include "twins.h"
#include "txn.h"

#include <string.h>

#define MEMORY_MAX  ((size_t)1 << 30)
#define RECORD_MAX  ((size_t)256 << 20)
#define BATCH       256u /* records of one transaction */
#define UUID_SIZE   36u
#define MERGED_AWAY "withdrawn by its origin (merge)"
#define PURGED_AWAY "purged by its origin: to be deleted (merge)"

struct taking {
    struct mir_foreign_back *back;
    struct mir_store *store;
    struct mir_store *guest;
    struct mir_arena kept;
    struct mir_arena arena; /* of one record */
    mirsal_id *withdrawn;   /* here, ascending */
    size_t withdrawn_count;
    struct mir_txn *txn;
    uint32_t pending;
};

static int compare_ids(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(a, b, sizeof(mirsal_id));
}

static int is_withdrawn(const struct taking *taking, const mirsal_id *id)
{
    size_t low = 0;
    size_t high = taking->withdrawn_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(&taking->withdrawn[middle], id, sizeof *id);
        if (order == 0) {
            return 1;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return 0;
}

static mirsal_code list_withdrawn(struct taking *taking, mirsal_error *err)
{
    const struct mir_schema *schema = taking->store->schema;
    struct mir_items *lists = mir_arena_alloc(&taking->kept, schema->type_count + 1, sizeof *lists);
    size_t count = 0;
    mirsal_code rc = lists == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory") : MIRSAL_OK;
    for (uint32_t i = 0; rc == MIRSAL_OK && i < schema->type_count; i++) {
        const struct mir_list list = {
            .type = schema->types[i].id, .where = "withdrawn IS NOT NULL", .sort = "id", .all = 1
        };
        rc = mir_list(&lists[i], &taking->kept, taking->store, &list, err);
        count += rc == MIRSAL_OK ? lists[i].count : 0;
    }
    if (rc == MIRSAL_OK) {
        taking->withdrawn = mir_arena_alloc(&taking->kept, count + 1, sizeof *taking->withdrawn);
        rc = taking->withdrawn == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory")
                                       : MIRSAL_OK;
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < schema->type_count; i++) {
        for (size_t at = 0; at < lists[i].count; at++) {
            taking->withdrawn[taking->withdrawn_count++] = lists[i].items[at].id;
        }
    }
    mir_sort(
        taking->withdrawn, taking->withdrawn_count, sizeof *taking->withdrawn, compare_ids, NULL);
    return rc;
}

static mirsal_code end_batch(struct taking *taking, mirsal_error *err)
{
    struct mir_txn_result result = { 0 };
    struct mir_txn *txn = taking->txn;
    if (txn == NULL) {
        return MIRSAL_OK;
    }
    taking->txn = NULL;
    taking->pending = 0;
    mirsal_code rc = mir_txn_commit(&result, txn, err);
    taking->back->changesets += result.changesets;
    return rc;
}

/* reason empty: the withdrawal is taken back. */
static mirsal_code write_one(struct taking *taking,
    const mirsal_id *id,
    const char *reason,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    if (taking->txn == NULL) {
        rc = mir_txn_begin(&taking->txn, taking->store, MIR_TXN_BATCH, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_record_take_back(taking->txn, taking->store, id, reason, err);
    }
    if (rc == MIRSAL_OK && ++taking->pending == BATCH) {
        rc = end_batch(taking, err);
    }
    return rc;
}

/* Withdrawn here by this file: the reason says so. */
static mirsal_code is_ours(int *out, struct taking *taking, const mirsal_id *id, mirsal_error *err)
{
    static const char reason[] = MERGED_AWAY;
    const size_t size = sizeof reason - 1;
    struct mir_record record = { 0 };
    *out = 0;
    mir_arena_reset(&taking->arena);
    mirsal_code rc = mir_read_record(&record, &taking->arena, taking->store, id, err);
    const struct mir_schema_type *type =
        rc == MIRSAL_OK ? mir_schema_type_by_id(taking->store->schema, record.type) : NULL;
    int component = -1;
    const struct mir_schema_field *field =
        type == NULL ? NULL : mir_schema_field_by_name(&component, type, "withdrawn");
    const struct mir_shown *shown =
        field == NULL ? NULL : mir_record_find(&record, field->id, (struct mir_bytes){ NULL, 0 });
    for (size_t at = 0; shown != NULL && !*out && at + size <= shown->value.size; at++) {
        *out = memcmp(shown->value.data + at, reason, size) == 0;
    }
    return rc;
}

/* What stands here of a record of that team, by what its store says of it now. */
static mirsal_code settle(struct taking *taking,
    const struct mir_twin *twin,
    const mirsal_id *origin,
    mirsal_error *err)
{
    struct mir_foreign_back *back = taking->back;
    struct mir_record record = { 0 };
    int shown = back->is_shown(back->context, twin->type, origin);
    int withdrawn = is_withdrawn(taking, &twin->id);
    int ours = 0;
    mirsal_error why = { 0 };
    mirsal_code rc = MIRSAL_OK;
    if (withdrawn) {
        rc = is_ours(&ours, taking, &twin->id, err);
    }
    if (rc != MIRSAL_OK || (withdrawn ? !ours : shown)) {
        return rc;
    }
    if (shown) {
        back->shown_again++;
        return write_one(taking, &twin->id, "", err);
    }
    mir_arena_reset(&taking->arena);
    rc = mir_read_record(&record, &taking->arena, taking->guest, origin, &why);
    if (rc != MIRSAL_OK) {
        return rc == MIRSAL_NOT_FOUND ? MIRSAL_OK : mir_fail(err, rc, "%s", why.message);
    }
    /* One that is accepted and not shown: another one stands for it by now. */
    int purged = record.state == MIR_RECORD_PURGED;
    if (!purged && (withdrawn || record.state == MIR_RECORD_QUARANTINED)) {
        return MIRSAL_OK;
    }
    back->withdrawn += (uint64_t)!withdrawn;
    back->to_delete += (uint64_t)purged;
    return write_one(taking, &twin->id, purged ? PURGED_AWAY : MERGED_AWAY, err);
}

mirsal_code mir_foreign_take_back(struct mir_foreign_back *back,
    struct mir_store *store,
    struct mir_store *guest,
    mirsal_error *err)
{
    static const mirsal_id none = { { 0 } };
    const size_t head = MIR_FOREIGN_NAME_SIZE - UUID_SIZE;
    struct taking taking = { .back = back, .store = store, .guest = guest };
    char name[MIR_FOREIGN_NAME_SIZE + 1u];
    struct mir_twin *twins = NULL;
    size_t count = 0;
    mir_arena_init(&taking.kept, store->env, MEMORY_MAX);
    mir_arena_init(&taking.arena, store->env, RECORD_MAX);
    mir_foreign_name(name, &guest->team, &none);
    mirsal_code rc = mir_twins_named(&twins, &count, &taking.kept, store,
        (struct mir_bytes){ (const uint8_t *)name, head }, MIR_FOREIGN_NAME_SIZE, err);
    if (rc == MIRSAL_OK && count > 0) {
        rc = list_withdrawn(&taking, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        mirsal_id origin;
        if (mir_uuid_parse(&origin, (const char *)twins[i].source_id.data + head, UUID_SIZE)) {
            rc = settle(&taking, &twins[i], &origin, err);
        }
    }
    if (rc == MIRSAL_OK) {
        rc = end_batch(&taking, err);
    }
    mir_txn_rollback(taking.txn);
    mir_arena_fini(&taking.arena);
    mir_arena_fini(&taking.kept);
    return rc;
}
