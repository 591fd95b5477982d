/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/bundlenotes.c - what a store remembers of bundles; see the header.
 */
#include "bundlenotes.h"

#include "fail.h"
#include "layout.h"
#include "reader.h"
#include "sql.h"

#include <string.h>

#define NOTE_KEY  "bundle_out"
#define NOTE_SIZE 85u

mirsal_code mir_bundle_note_read(int *there,
    struct mir_bundle_note *out,
    struct mir_store *store,
    mirsal_error *err)
{
    struct mir_buf kept;
    struct mir_reader reader;
    *there = 0;
    memset(out, 0, sizeof *out);
    mir_buf_init(&kept, store->env, NOTE_SIZE);
    mirsal_code rc = mir_meta_bytes(&kept, store->sql, NOTE_KEY, err);
    if (rc == MIRSAL_OK && kept.size > 0) {
        mir_reader_init(&reader, kept.data, kept.size);
        mir_reader_copy(&reader, out->fingerprint, sizeof out->fingerprint);
        mir_reader_copy(&reader, out->bundle, sizeof out->bundle);
        out->parts = mir_reader_be32(&reader);
        out->phase = mir_reader_u8(&reader);
        out->no = (int64_t)mir_reader_be64(&reader);
        out->top = (int64_t)mir_reader_be64(&reader);
        out->changesets = mir_reader_be64(&reader);
        out->bytes = mir_reader_be64(&reader);
        *there = mir_reader_finish(&reader, "note of a bundle", NULL) == MIRSAL_OK;
    }
    mir_buf_fini(&kept);
    return rc;
}

static mirsal_code set_note(struct mir_store *store, struct mir_bytes bytes, mirsal_error *err)
{
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_meta_set_bytes(store->sql, NOTE_KEY, bytes, err);
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    return mir_store_commit(store, err);
}

mirsal_code mir_bundle_note_keep(struct mir_store *store,
    const struct mir_bundle_note *note,
    mirsal_error *err)
{
    struct mir_buf kept;
    mir_buf_init(&kept, store->env, NOTE_SIZE);
    mir_buf_append(&kept, note->fingerprint, sizeof note->fingerprint);
    mir_buf_append(&kept, note->bundle, sizeof note->bundle);
    mir_buf_append_be32(&kept, note->parts);
    mir_buf_append_u8(&kept, note->phase);
    mir_buf_append_be64(&kept, (uint64_t)note->no);
    mir_buf_append_be64(&kept, (uint64_t)note->top);
    mir_buf_append_be64(&kept, note->changesets);
    mir_buf_append_be64(&kept, note->bytes);
    mirsal_code rc = mir_buf_finish(&kept, err);
    if (rc == MIRSAL_OK) {
        rc = set_note(store, mir_buf_bytes(&kept), err);
    }
    mir_buf_fini(&kept);
    return rc;
}

mirsal_code mir_bundle_note_drop(struct mir_store *store, mirsal_error *err)
{
    return set_note(store, (struct mir_bytes){ NULL, 0 }, err);
}

mirsal_code mir_bundle_seen_read(struct mir_bundle_seen *out,
    struct mir_store *store,
    const struct mir_bundle_head *head,
    const uint8_t mac[32],
    mirsal_error *err)
{
    static const char text[] = "SELECT mac, place, whole, last, partial FROM bundle_part"
                               " WHERE bundle = ?1 AND part = ?2";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, head->bundle, sizeof head->bundle);
    mir_sql_bind_int(statement, 2, head->part);
    rc = mir_sql_step(&row, store->sql, statement, err);
    if (rc == MIRSAL_OK && row) {
        out->whole = mir_sql_column_int(statement, 2) != 0;
        out->last = mir_sql_column_int(statement, 3) != 0;
        if (mir_bytes_equal(mir_sql_column(statement, 0), (struct mir_bytes){ mac, 32 })) {
            out->place = (uint64_t)mir_sql_column_int(statement, 1);
            out->partial = mir_sql_column_int(statement, 4) != 0;
        }
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_bundle_seen_keep(struct mir_store *store,
    const struct mir_bundle_head *head,
    const uint8_t mac[32],
    const struct mir_bundle_seen *seen,
    mirsal_error *err)
{
    static const char text[] =
        "INSERT INTO bundle_part (bundle, part, mac, place, whole, last, partial)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET mac = ?3, place = ?4,"
        " whole = max(whole, ?5), last = max(last, ?6), partial = ?7";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, head->bundle, sizeof head->bundle);
    mir_sql_bind_int(statement, 2, head->part);
    mir_sql_bind_blob(statement, 3, mac, 32);
    mir_sql_bind_int(statement, 4, (int64_t)seen->place);
    mir_sql_bind_int(statement, 5, seen->whole);
    mir_sql_bind_int(statement, 6, seen->last);
    mir_sql_bind_int(statement, 7, seen->partial);
    return mir_sql_done(store->sql, statement, err);
}

/* Parts between those that came whole, which the query gives in their order. */
static mirsal_code list_gaps(uint32_t **out,
    size_t *count,
    uint32_t highest,
    struct mir_sql *sql,
    sqlite3_stmt *statement,
    mirsal_error *err)
{
    uint32_t next = 1;
    int row = 1;
    mirsal_code rc = MIRSAL_OK;
    while (rc == MIRSAL_OK && row) {
        rc = mir_sql_step(&row, sql, statement, err);
        uint32_t part =
            rc == MIRSAL_OK && row ? (uint32_t)mir_sql_column_int(statement, 0) : highest + 1u;
        for (; rc == MIRSAL_OK && next < part; next++) {
            (*out)[(*count)++] = next;
        }
        next = part + 1u;
    }
    return rc;
}

mirsal_code mir_bundle_missing(uint32_t **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const uint8_t bundle[16],
    mirsal_error *err)
{
    static const char highest_text[] =
        "SELECT part, whole <> 0 AND last = 0 FROM bundle_part WHERE bundle = ?1"
        " ORDER BY part DESC LIMIT 1";
    static const char whole_text[] =
        "SELECT part FROM bundle_part WHERE bundle = ?1 AND whole <> 0 ORDER BY part";
    sqlite3_stmt *statement = NULL;
    uint32_t highest = 0;
    int row = 0;
    *out = NULL;
    *count = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, highest_text, err);
    if (rc == MIRSAL_OK) {
        mir_sql_bind_blob(statement, 1, bundle, 16);
        rc = mir_sql_step(&row, store->sql, statement, err);
    }
    if (rc == MIRSAL_OK && row) {
        highest = (uint32_t)mir_sql_column_int(statement, 0);
        highest += mir_sql_column_int(statement, 1) != 0;
    }
    mir_sql_release(statement);
    statement = NULL;
    if (rc == MIRSAL_OK) {
        *out = mir_arena_alloc(arena, highest + 1u, sizeof **out);
        rc = *out == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory") : MIRSAL_OK;
    }
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&statement, store->sql, whole_text, err);
    }
    if (rc == MIRSAL_OK) {
        mir_sql_bind_blob(statement, 1, bundle, 16);
        rc = list_gaps(out, count, highest, store->sql, statement, err);
    }
    mir_sql_release(statement);
    return rc;
}
