/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/handovers.c - what was handed to others and what was accepted from them; see the header.
 *
 * A shown value stands as long as its leaf comes out again: the salt was kept, the value is the
 * record's own today.
 */
#include "handovers.h"

#include "env.h"
#include "fail.h"
#include "handoffref.h"
#include "merkle.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "projection.h"
#include "sort.h"
#include "sql.h"

#include <stdio.h>
#include <string.h>

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

static mirsal_code keep_bytes(struct mir_bytes *out,
    struct mir_arena *arena,
    struct mir_bytes bytes,
    mirsal_error *err)
{
    uint8_t *kept = mir_arena_copy(arena, bytes.data, bytes.size);
    *out = (struct mir_bytes){ kept, bytes.size };
    return kept == NULL && bytes.size > 0 ? no_memory(err) : MIRSAL_OK;
}

static mirsal_code count_rows(size_t *out,
    struct mir_store *store,
    const char *text,
    mirsal_error *err)
{
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, store->sql, statement, err);
    }
    *out = rc == MIRSAL_OK && row ? (size_t)mir_sql_column_int(statement, 0) : 0;
    mir_sql_release(statement);
    return rc;
}

static mirsal_code read_handed(struct mir_handover *out,
    struct mir_arena *arena,
    sqlite3_stmt *statement,
    mirsal_error *err)
{
    struct mir_bytes id = mir_sql_column(statement, 0);
    struct mir_bytes bytes = { NULL, 0 };
    if (id.size != sizeof out->id) {
        return mir_fail(err, MIRSAL_CORRUPT, "a handoff's id is damaged");
    }
    memcpy(out->id, id.data, sizeof out->id);
    out->made_ms = (uint64_t)mir_sql_column_int(statement, 1);
    mirsal_code rc = keep_bytes(&bytes, arena, mir_sql_column(statement, 2), err);
    if (rc == MIRSAL_OK) {
        rc = keep_bytes(&out->shown, arena, mir_sql_column(statement, 3), err);
    }
    if (rc == MIRSAL_OK) {
        mir_handoff_manifest_hash(&out->hash, bytes);
        rc = mir_handoff_manifest_read(&out->manifest, arena, bytes, err);
    }
    return rc;
}

static struct mir_bytes name_of(const struct mir_handoff_manifest *manifest,
    const mirsal_hash *sign)
{
    for (uint32_t i = 0; i < manifest->recipient_count; i++) {
        if (memcmp(manifest->recipients[i].sign.bytes, sign->bytes, sizeof sign->bytes) == 0) {
            return manifest->recipients[i].name;
        }
    }
    return (struct mir_bytes){ NULL, 0 };
}

static mirsal_code read_receipts(struct mir_handover *handed,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    static const char text[] = "SELECT file FROM handoff_receipt WHERE handoff = ?1 ORDER BY sign";
    sqlite3_stmt *statement = NULL;
    handed->receipts =
        mir_arena_alloc(arena, handed->manifest.recipient_count + 1, sizeof *handed->receipts);
    if (handed->receipts == NULL) {
        return no_memory(err);
    }
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc == MIRSAL_OK) {
        mir_sql_bind_blob(statement, 1, handed->id, sizeof handed->id);
    }
    while (rc == MIRSAL_OK && handed->receipt_count < handed->manifest.recipient_count) {
        int row = 0;
        rc = mir_sql_step(&row, store->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        struct mir_handover_receipt *receipt = &handed->receipts[handed->receipt_count++];
        rc = mir_handoff_receipt_read(&receipt->receipt, mir_sql_column(statement, 0), err);
        receipt->name = name_of(&handed->manifest, &receipt->receipt.sign);
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_handover_list(struct mir_handover **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    static const char count_text[] = "SELECT count(*) FROM handoff";
    static const char text[] = "SELECT id, made, manifest, shown FROM handoff ORDER BY no";
    sqlite3_stmt *statement = NULL;
    size_t room = 0;
    *count = 0;
    mirsal_code rc = count_rows(&room, store, count_text, err);
    struct mir_handover *items = mir_arena_alloc(arena, room + 1, sizeof *items);
    if (rc == MIRSAL_OK && items == NULL) {
        rc = no_memory(err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&statement, store->sql, text, err);
    }
    while (rc == MIRSAL_OK && *count < room) {
        int row = 0;
        rc = mir_sql_step(&row, store->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        rc = read_handed(&items[(*count)++], arena, statement, err);
    }
    mir_sql_release(statement);
    for (size_t i = 0; rc == MIRSAL_OK && i < *count; i++) {
        rc = read_receipts(&items[i], arena, store, err);
    }
    *out = items;
    return rc;
}

/* A row of what was shown. */
struct shown_row {
    mirsal_id record;
    uint32_t field;
    struct mir_bytes key; /* empty: none */
    uint8_t salt[16];
    mirsal_hash leaf;
};

static void read_row(struct shown_row *out, struct mir_reader *reader)
{
    mir_mp_read_array_exact(reader, 5);
    mir_mp_read_bin_exact(reader, out->record.bytes, sizeof out->record.bytes);
    out->field = (uint32_t)mir_mp_read_uint_max(reader, UINT32_MAX);
    out->key = (struct mir_bytes){ NULL, 0 };
    if (!mir_mp_read_nil_if(reader)) {
        out->key = mir_mp_read_value(reader, MIR_VALUE_SIZE_MAX);
    }
    mir_mp_read_bin_exact(reader, out->salt, sizeof out->salt);
    mir_mp_read_bin_exact(reader, out->leaf.bytes, sizeof out->leaf.bytes);
}

struct owing {
    struct mir_store *store;
    const struct mir_handover *handed;
    struct mir_arena *arena;
    struct mir_arena scratch;
    struct mir_buf leaf;
    struct mir_handoff_retraction *items;
    size_t count;
    mirsal_id *superseded;
    size_t superseded_count;
    struct mir_record record; /* the one whose rows are read */
    int has_record;
    int stands;
    uint32_t next; /* record of the manifest, in whose order rows stand */
};

static int is_superseded(const struct owing *owing, const mirsal_id *id)
{
    for (size_t i = 0; i < owing->superseded_count; i++) {
        if (memcmp(&owing->superseded[i], id, sizeof *id) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Records that a standing correction names. */
static mirsal_code find_superseded_by(struct owing *owing,
    const mirsal_id *id,
    uint32_t field,
    mirsal_error *err)
{
    struct mir_record record = { 0 };
    mir_arena_reset(&owing->scratch);
    mirsal_code rc = mir_read_record(&record, &owing->scratch, owing->store, id, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < record.register_count; i++) {
        const struct mir_shown *shown = &record.registers[i];
        if (shown->field != field || shown->key.size != 18 || record.state != MIR_RECORD_ACCEPTED) {
            continue;
        }
        mirsal_id *grown =
            mir_arena_alloc(owing->arena, owing->superseded_count + 1, sizeof *grown);
        if (grown == NULL) {
            return no_memory(err);
        }
        if (owing->superseded_count > 0) {
            memcpy(grown, owing->superseded, owing->superseded_count * sizeof *grown);
        }
        memcpy(grown[owing->superseded_count++].bytes, shown->key.data + 2, 16);
        owing->superseded = grown;
    }
    return rc;
}

static mirsal_code find_superseded(struct owing *owing, mirsal_error *err)
{
    const struct mir_projection *projection = owing->store->projection;
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t i = 0; rc == MIRSAL_OK && i < projection->table_count; i++) {
        const struct mir_schema_type *type = projection->tables[i].type;
        sqlite3_stmt *statement = NULL;
        char text[128];
        int component = -1;
        const struct mir_schema_field *field =
            mir_schema_field_by_name(&component, type, "supersedes");
        if (field == NULL) {
            continue;
        }
        (void)snprintf(
            text, sizeof text, "SELECT id FROM r_%u WHERE f%u IS NOT NULL", type->id, field->id);
        rc = mir_sql_prepare_once(&statement, owing->store->sql, text, err);
        while (rc == MIRSAL_OK) {
            int row = 0;
            mirsal_id id;
            rc = mir_sql_step(&row, owing->store->sql, statement, err);
            if (rc != MIRSAL_OK || !row) {
                break;
            }
            memcpy(id.bytes, mir_sql_column(statement, 0).data, sizeof id.bytes);
            rc = find_superseded_by(owing, &id, field->id, err);
        }
        mir_sql_finalize(statement);
    }
    return rc;
}

static void owe(struct owing *owing, const mirsal_id *record, enum mir_handoff_retracted why)
{
    owing->items[owing->count++] = (struct mir_handoff_retraction){ *record, why };
    owing->stands = 0;
}

/* What became of the record as a whole. */
static mirsal_code open_record(struct owing *owing, const mirsal_id *id, mirsal_error *err)
{
    mirsal_error why = { 0 };
    mir_arena_reset(&owing->scratch);
    owing->stands = 1;
    owing->has_record = 1;
    mirsal_code rc = mir_read_record(&owing->record, &owing->scratch, owing->store, id, &why);
    owing->record.id = *id;
    if (rc == MIRSAL_NOT_FOUND || (rc == MIRSAL_OK && owing->record.state == MIR_RECORD_PURGED)) {
        owe(owing, id, MIR_HANDOFF_PURGED);
    } else if (rc == MIRSAL_OK && owing->record.state != MIR_RECORD_ACCEPTED) {
        owe(owing, id, MIR_HANDOFF_WITHDRAWN);
    } else if (rc == MIRSAL_OK && is_superseded(owing, id)) {
        owe(owing, id, MIR_HANDOFF_CORRECTED);
    } else if (rc != MIRSAL_OK) {
        return mir_fail(err, rc, "%s", why.message);
    }
    return MIRSAL_OK;
}

/* Records of which no row is left, until the one given (NULL: to the end): purged, all withheld. */
static mirsal_code pass_rowless(struct owing *owing, const mirsal_id *until, mirsal_error *err)
{
    const struct mir_handoff_manifest *manifest = &owing->handed->manifest;
    mirsal_code rc = MIRSAL_OK;
    while (rc == MIRSAL_OK && owing->next < manifest->record_count) {
        const mirsal_id *id = &manifest->records[owing->next++].id;
        if (until != NULL && memcmp(id, until, sizeof *id) == 0) {
            break;
        }
        rc = open_record(owing, id, err);
    }
    return rc;
}

static mirsal_code judge_row(struct owing *owing, const struct shown_row *row, mirsal_error *err)
{
    const struct mir_schema_field *field = mir_schema_field_by_id(owing->store->schema, row->field);
    mirsal_hash leaf;
    mirsal_code rc = MIRSAL_OK;
    if (!owing->has_record || memcmp(&owing->record.id, &row->record, sizeof row->record) != 0) {
        rc = pass_rowless(owing, &row->record, err);
        if (rc == MIRSAL_OK) {
            rc = open_record(owing, &row->record, err);
        }
    }
    if (rc != MIRSAL_OK || !owing->stands) {
        return rc;
    }
    for (size_t i = 0; field != NULL && i < owing->record.register_count; i++) {
        struct mir_shown shown = owing->record.registers[i];
        if (shown.field != row->field) {
            continue;
        }
        if (owing->handed->manifest.mode == MIR_HANDOFF_ATTESTED) {
            rc = mir_handoff_resolve(&shown, &owing->scratch, owing->store, field, err);
        }
        if (rc != MIRSAL_OK) {
            return rc;
        }
        mir_buf_reset(&owing->leaf);
        mir_handoff_leaf_write(&owing->leaf, &row->record, row->field, shown.key, shown.value);
        rc = mir_buf_finish(&owing->leaf, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
        mir_merkle_leaf(&leaf, row->salt, mir_buf_bytes(&owing->leaf));
        if (memcmp(&leaf, &row->leaf, sizeof leaf) == 0) {
            return MIRSAL_OK;
        }
    }
    owe(owing, &row->record, MIR_HANDOFF_CORRECTED);
    return MIRSAL_OK;
}

static int compare_retractions(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(&((const struct mir_handoff_retraction *)a)->record,
        &((const struct mir_handoff_retraction *)b)->record, sizeof(mirsal_id));
}

mirsal_code mir_handover_owed(struct mir_handoff_retraction **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_handover *handed,
    mirsal_error *err)
{
    struct owing owing = { .store = store, .handed = handed, .arena = arena };
    struct mir_reader reader;
    mir_arena_init(&owing.scratch, store->env, (size_t)64 << 20);
    mir_buf_init(&owing.leaf, store->env, (size_t)4 << 20);
    owing.items = mir_arena_alloc(arena, handed->manifest.record_count + 1u, sizeof *owing.items);
    mirsal_code rc = owing.items == NULL ? no_memory(err) : find_superseded(&owing, err);
    mir_reader_init(&reader, handed->shown.data, handed->shown.size);
    while (rc == MIRSAL_OK && mir_reader_left(&reader) > 0 &&
           owing.count <= handed->manifest.record_count) {
        struct shown_row row;
        read_row(&row, &reader);
        rc = mir_reader_ok(&reader) ? judge_row(&owing, &row, err)
                                    : mir_fail(err, MIRSAL_CORRUPT, "what was shown is damaged");
    }
    if (rc == MIRSAL_OK) {
        rc = pass_rowless(&owing, NULL, err);
    }
    mir_buf_fini(&owing.leaf);
    mir_arena_fini(&owing.scratch);
    mir_sort(owing.items, owing.count, sizeof *owing.items, compare_retractions, NULL);
    *out = owing.items;
    *count = owing.count;
    return rc;
}

static mirsal_code refuse(mirsal_error *err, const char *why)
{
    return mir_fail_field(err, MIRSAL_NOT_AUTHENTIC, "receipt", "%s", why);
}

static mirsal_code keep_receipt(struct mir_store *store,
    const struct mir_handoff_receipt *receipt,
    struct mir_bytes file,
    mirsal_error *err)
{
    static const char text[] =
        "INSERT OR REPLACE INTO handoff_receipt (handoff, sign, file) VALUES (?1, ?2, ?3)";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc == MIRSAL_OK) {
        mir_sql_bind_blob(statement, 1, receipt->handoff, sizeof receipt->handoff);
        mir_sql_bind_blob(statement, 2, receipt->sign.bytes, sizeof receipt->sign.bytes);
        mir_sql_bind_blob(statement, 3, file.data, file.size);
        rc = mir_sql_done(store->sql, statement, err);
    }
    if (rc == MIRSAL_OK) {
        return mir_store_commit(store, err);
    }
    mir_store_rollback(store);
    return rc;
}

mirsal_code mir_handover_take_receipt(struct mir_handoff_receipt *out,
    struct mir_handover *of,
    struct mir_arena *arena,
    struct mir_store *store,
    struct mir_bytes file,
    mirsal_error *err)
{
    struct mir_handover *items = NULL;
    const struct mir_handover *found = NULL;
    size_t count = 0;
    int is_recipient = 0;
    mirsal_code rc = mir_handoff_receipt_read(out, file, err);
    if (rc == MIRSAL_OK) {
        rc = mir_handover_list(&items, &count, arena, store, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        if (memcmp(items[i].id, out->handoff, sizeof out->handoff) == 0) {
            found = &items[i];
        }
    }
    if (rc != MIRSAL_OK || found == NULL) {
        return rc != MIRSAL_OK ? rc : refuse(err, "this store made no handoff of that id");
    }
    for (uint32_t i = 0; i < found->manifest.recipient_count; i++) {
        is_recipient |= memcmp(found->manifest.recipients[i].sign.bytes, out->sign.bytes,
                            sizeof out->sign.bytes) == 0;
    }
    if (memcmp(&found->hash, &out->manifest, sizeof found->hash) != 0) {
        return refuse(err, "it is of another manifest than the one that was handed over");
    }
    if (!is_recipient) {
        return refuse(err, "who signed it is none of the recipients");
    }
    *of = *found;
    return keep_receipt(store, out, file, err);
}

mirsal_code mir_accepted_list(struct mir_accepted_handoff **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    static const char count_text[] = "SELECT count(*) FROM accepted";
    static const char text[] = "SELECT manifest, time, taken, refused FROM accepted ORDER BY no";
    sqlite3_stmt *statement = NULL;
    size_t room = 0;
    *count = 0;
    mirsal_code rc = count_rows(&room, store, count_text, err);
    struct mir_accepted_handoff *items = mir_arena_alloc(arena, room + 1, sizeof *items);
    if (rc == MIRSAL_OK && items == NULL) {
        rc = no_memory(err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&statement, store->sql, text, err);
    }
    while (rc == MIRSAL_OK && *count < room) {
        struct mir_bytes bytes = { NULL, 0 };
        int row = 0;
        rc = mir_sql_step(&row, store->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        struct mir_accepted_handoff *item = &items[(*count)++];
        item->time_ms = (uint64_t)mir_sql_column_int(statement, 1);
        item->accepted = (uint64_t)mir_sql_column_int(statement, 2);
        item->refused = (uint64_t)mir_sql_column_int(statement, 3);
        rc = keep_bytes(&bytes, arena, mir_sql_column(statement, 0), err);
        if (rc == MIRSAL_OK) {
            mir_handoff_manifest_hash(&item->hash, bytes);
            rc = mir_handoff_manifest_read(&item->manifest, arena, bytes, err);
        }
    }
    mir_sql_release(statement);
    *out = items;
    return rc;
}

mirsal_code mir_accepted_keep(struct mir_store *store,
    const struct mir_handoff_manifest *manifest,
    struct mir_bytes bytes,
    uint64_t accepted,
    uint64_t refused,
    mirsal_error *err)
{
    static const char text[] = "INSERT INTO accepted (id, manifest, time, taken, refused)"
                               " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc == MIRSAL_OK) {
        mir_sql_bind_blob(statement, 1, manifest->handoff, sizeof manifest->handoff);
        mir_sql_bind_blob(statement, 2, bytes.data, bytes.size);
        mir_sql_bind_int(statement, 3, (int64_t)mir_now_ms(store->env));
        mir_sql_bind_int(statement, 4, (int64_t)accepted);
        mir_sql_bind_int(statement, 5, (int64_t)refused);
        rc = mir_sql_done(store->sql, statement, err);
    }
    if (rc == MIRSAL_OK) {
        return mir_store_commit(store, err);
    }
    mir_store_rollback(store);
    return rc;
}
