/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/handovers.c - what was handed to others and what was accepted from them; see the header.
 */
#include "handovers.h"

#include "env.h"
#include "fail.h"
#include "sql.h"

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
        rc = keep_bytes(&out->withheld, arena, mir_sql_column(statement, 4), err);
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
    static const char text[] =
        "SELECT file, taken FROM handoff_receipt WHERE handoff = ?1 ORDER BY sign";
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
        receipt->taken_ms = (uint64_t)mir_sql_column_int(statement, 1);
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
    static const char text[] =
        "SELECT id, made, manifest, shown, withheld FROM handoff ORDER BY no";
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
        "INSERT INTO handoff_receipt (handoff, sign, file, taken) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT DO UPDATE SET file = excluded.file";
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
        mir_sql_bind_int(statement, 4, (int64_t)mir_now_ms(store->env));
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
