/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/accepting.c - a handoff as records of this team; see the header.
 */
#include "accepting.h"

#include "edit.h"
#include "emptied.h"
#include "fail.h"
#include "find.h"
#include "json_out.h"
#include "outdated.h"
#include "pack.h"
#include "text.h"
#include "work.h"

#include <stdio.h>
#include <string.h>

#define RECORD_MEMORY_MAX ((size_t)256 << 20)
#define TOLD_MEMORY_MAX   ((size_t)1 << 30)
#define DELETE_MAX        ((size_t)64 << 20)

struct taking {
    const struct mir_handoff_opened *opened;
    const struct mir_outdated *outdated;
    const uint8_t *again; /* 1 of items that are imported once more; NULL: all are */
    uint64_t overtaken;   /* records of which nothing was taken */
    struct mir_origin origin;
    struct mir_arena arena; /* of one record */
    char handoff[33];
    size_t turn; /* those that others refer to come first */
    size_t at;
};

static const char *const first[] = { "place", "actor", "source", "incident", "report" };
#define TURNS (sizeof first / sizeof first[0] + 1)

static size_t turn_of(const struct mir_schema *schema, uint32_t type_id)
{
    const struct mir_schema_type *type = mir_schema_type_by_id(schema, type_id);
    size_t turn = 0;
    while (turn + 1 < TURNS && (type == NULL || strcmp(type->name, first[turn]) != 0)) {
        turn++;
    }
    return turn;
}

static mirsal_code write_reference(void *context,
    struct mir_buf *out,
    struct mir_bytes value,
    int64_t changeset,
    mirsal_error *err)
{
    const struct taking *taking = context;
    struct mir_packed item = mir_packed_of(value);
    char name[MIR_FOREIGN_NAME_SIZE + 1u];
    mirsal_id id = { { 0 } };
    (void)changeset;
    (void)err;
    if (item.kind == MIR_PACKED_BIN && item.bytes.size == sizeof id.bytes) {
        memcpy(id.bytes, item.bytes.data, sizeof id.bytes);
        mir_foreign_reference(out, &taking->origin.team, &id);
        return MIRSAL_OK;
    }
    /* By its author's own name for it: of that team too. */
    mir_foreign_name(name, &taking->origin.team, &id);
    uint8_t *text =
        mir_arena_alloc((struct mir_arena *)(uintptr_t)&taking->arena, item.bytes.size + 17, 1);
    if (text == NULL) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "a record too large");
    }
    memcpy(text, name, 17);
    if (item.bytes.size > 0) {
        memcpy(text + 17, item.bytes.data, item.bytes.size);
    }
    mir_json_open(out, '{');
    mir_json_key(out, "source_id");
    mir_json_bytes(out, (struct mir_bytes){ text, item.bytes.size + 17 });
    mir_json_close(out, '}');
    return MIRSAL_OK;
}

/* The item less what later handoffs tell of; 0 when nothing is left of it. */
static int keep_untold(struct mir_record *out,
    struct taking *taking,
    const struct mir_handoff_item *item,
    mirsal_code *failed)
{
    *out = item->record;
    if (!mir_outdated_record(taking->outdated, item->entry->type, &item->record.id)) {
        return 1;
    }
    out->register_count = 0;
    out->registers =
        mir_arena_alloc(&taking->arena, item->record.register_count + 1, sizeof *out->registers);
    if (out->registers == NULL) {
        *failed = MIRSAL_TOO_LARGE;
        return 0;
    }
    for (size_t i = 0; i < item->record.register_count; i++) {
        const struct mir_shown *shown = &item->record.registers[i];
        if (!mir_outdated_field(taking->outdated, item->entry, shown->field)) {
            out->registers[out->register_count++] = *shown;
        }
    }
    taking->overtaken += out->register_count == 0;
    return out->register_count > 0;
}

static mirsal_code next_item(void *context, struct mir_buf *out, mirsal_error *err)
{
    struct taking *taking = context;
    const struct mir_handoff_opened *opened = taking->opened;
    const struct mir_record_out form = { opened->schema, &taking->arena, write_reference, taking };
    const struct mir_handoff_item *item = NULL;
    struct mir_record record = { 0 };
    mirsal_code rc = MIRSAL_OK;
    char author[32];
    while (item == NULL && rc == MIRSAL_OK && taking->turn < TURNS) {
        if (taking->at == opened->count) {
            taking->turn++;
            taking->at = 0;
            continue;
        }
        const struct mir_handoff_item *next = &opened->items[taking->at];
        int wanted = taking->again == NULL || taking->again[taking->at];
        taking->at++;
        if (wanted && turn_of(opened->schema, next->record.type) == taking->turn) {
            mir_arena_reset(&taking->arena);
            item = keep_untold(&record, taking, next, &rc) ? next : NULL;
        }
    }
    if (rc != MIRSAL_OK) {
        return mir_fail(err, rc, "a record too large");
    }
    if (item == NULL) {
        return MIRSAL_OK;
    }
    (void)snprintf(author, sizeof author, "author %u", (unsigned)item->author);
    return mir_foreign_line(
        out, &taking->origin, &form, &record, item->author > 0 ? author : NULL, err);
}

static int is_given(const struct mir_handoff_opened *opened, const mirsal_id *id)
{
    for (size_t i = 0; i < opened->count; i++) {
        if (memcmp(&opened->items[i].record.id, id, sizeof *id) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Why the origin, which corrected the record, leaves it out now; none: -1. */
static int left_out_for(const struct mir_handoff_manifest *manifest, const mirsal_id *id)
{
    for (uint32_t i = 0; i < manifest->left_count; i++) {
        if (memcmp(&manifest->left[i].id, id, sizeof *id) == 0) {
            return (int)manifest->left[i].why;
        }
    }
    return -1;
}

/* One record that the origin took back, where it is here. */
static mirsal_code take_back(struct mir_accepting *out,
    struct mir_store *store,
    const struct taking *taking,
    const struct mir_handoff_retraction *retraction,
    mirsal_error *err)
{
    static const char *const reasons[] = { [MIR_HANDOFF_WITHDRAWN] = "withdrawn by its origin",
        [MIR_HANDOFF_CORRECTED] = "corrected by its origin",
        [MIR_HANDOFF_PURGED] = "purged by its origin: to be deleted" };
    char name[MIR_FOREIGN_NAME_SIZE + 1u];
    char reason[128];
    mirsal_id id;
    int found = 0;
    struct mir_record record = { 0 };
    struct mir_arena arena;
    struct mir_txn *txn = NULL;
    struct mir_txn_result result = { 0 };
    if ((retraction->why == MIR_HANDOFF_CORRECTED &&
            is_given(taking->opened, &retraction->record)) ||
        (retraction->why != MIR_HANDOFF_PURGED &&
            mir_outdated_record(taking->outdated, 0, &retraction->record))) {
        return MIRSAL_OK;
    }
    int left = left_out_for(taking->opened->manifest, &retraction->record);
    const char *why = left == MIR_HANDOFF_LEFT_CONSENT
                          ? "without consent now, says its origin: to be deleted"
                      : left == MIR_HANDOFF_LEFT_RELEASE ? "no longer released by its origin"
                                                         : reasons[retraction->why];
    mir_foreign_name(name, &taking->origin.team, &retraction->record);
    mirsal_code rc = mir_source_find(&id, &found, store, 0,
        (struct mir_bytes){ (const uint8_t *)name, MIR_FOREIGN_NAME_SIZE }, err);
    if (rc != MIRSAL_OK || !found) {
        return rc;
    }
    if (retraction->why == MIR_HANDOFF_PURGED || left == MIR_HANDOFF_LEFT_CONSENT) {
        mir_json_item(&out->to_delete);
        mir_json_uuid(&out->to_delete, &id);
        out->to_delete_count++;
    }
    mir_arena_init(&arena, store->env, RECORD_MEMORY_MAX);
    rc = mir_read_record(&record, &arena, store, &id, err);
    mir_arena_fini(&arena);
    if (rc != MIRSAL_OK || record.state != MIR_RECORD_ACCEPTED) {
        return rc;
    }
    (void)snprintf(reason, sizeof reason, "%s (handoff %s)", why, taking->handoff);
    rc = mir_txn_begin(&txn, store, MIR_TXN_LONE, err);
    if (rc == MIRSAL_OK) {
        rc = mir_record_take_back(txn, store, &id, reason, err);
    }
    if (rc != MIRSAL_OK) {
        mir_txn_rollback(txn);
        return rc;
    }
    rc = mir_txn_commit(&result, txn, err);
    out->withdrawn++;
    out->counts.changesets += result.changesets;
    return rc;
}

/* What the origin emptied of records that stay. */
static mirsal_code empty_all(struct mir_accepting *out,
    struct mir_store *store,
    struct taking *taking,
    struct mir_arena *arena,
    mirsal_error *err)
{
    const struct mir_handoff_opened *opened = taking->opened;
    struct mir_import_counts counts = { 0 };
    uint64_t overtaken = taking->overtaken;
    uint8_t *again = mir_arena_alloc(arena, opened->count + 1, 1);
    mirsal_code rc = again == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory") : MIRSAL_OK;
    for (size_t i = 0; i < opened->count && rc == MIRSAL_OK; i++) {
        struct mir_emptied emptied = { .opened = opened, .outdated = taking->outdated };
        rc = mir_emptied_take(&emptied, store, &opened->items[i], err);
        again[i] = (uint8_t)(emptied.any != 0);
        out->emptied += again[i];
        out->counts.changesets += emptied.changesets;
    }
    if (rc != MIRSAL_OK || out->emptied == 0) {
        return rc;
    }
    taking->again = again;
    taking->turn = 0;
    taking->at = 0;
    rc = mir_foreign_import(&counts, store, next_item, taking, err);
    taking->overtaken = overtaken;
    out->counts.changesets += counts.changesets;
    out->counts.conflicts_opened += counts.conflicts_opened;
    return rc;
}

mirsal_code mir_handoff_accept(struct mir_accepting *out,
    struct mir_store *store,
    const struct mir_handoff_opened *opened,
    mirsal_error *err)
{
    const struct mir_handoff_manifest *manifest = opened->manifest;
    struct mir_outdated outdated = { .count = 0 };
    struct taking taking = { .opened = opened, .outdated = &outdated };
    struct mir_arena told;
    taking.origin = (struct mir_origin){ .team = manifest->team,
        .name = manifest->name,
        .mode = manifest->mode == MIR_HANDOFF_ATTESTED ? "attested" : "author",
        .handoff = taking.handoff };
    mir_buf_init(&out->to_delete, store->env, DELETE_MAX);
    mir_json_open(&out->to_delete, '[');
    if (memcmp(&manifest->team, &store->team, sizeof store->team) == 0) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "the handoff is this team's own");
    }
    mir_hex_encode(taking.handoff, manifest->handoff, sizeof manifest->handoff);
    mir_arena_init(&taking.arena, store->env, RECORD_MEMORY_MAX);
    mir_arena_init(&told, store->env, TOLD_MEMORY_MAX);
    mirsal_code rc = mir_outdated_read(&outdated, &told, store, manifest, err);
    if (rc == MIRSAL_OK) {
        rc = mir_foreign_import(&out->counts, store, next_item, &taking, err);
    }
    if (rc == MIRSAL_OK && manifest->supersede_count > 0) {
        rc = empty_all(out, store, &taking, &told, err);
    }
    out->outdated = taking.overtaken;
    for (uint32_t i = 0; rc == MIRSAL_OK && i < manifest->retraction_count; i++) {
        rc = take_back(out, store, &taking, &manifest->retractions[i], err);
    }
    mir_arena_fini(&told);
    mir_arena_fini(&taking.arena);
    mir_json_close(&out->to_delete, ']');
    return rc == MIRSAL_OK ? mir_buf_finish(&out->to_delete, err) : rc;
}
