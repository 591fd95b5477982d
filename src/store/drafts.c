/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/drafts.c - rows of `draft`; see the header.
 */
#include "drafts.h"

#include "fail.h"
#include "sql.h"

#include <string.h>

/* Columns of read_text. */
enum column {
    COLUMN_NO,
    COLUMN_ID,
    COLUMN_BASE,
    COLUMN_PARENT,
    COLUMN_MADE,
    COLUMN_TEXT,
};

mirsal_code mir_drafts_count(uint64_t *out, struct mir_store *store, mirsal_error *err)
{
    static const char text[] = "SELECT count(*) FROM draft";
    sqlite3_stmt *count = NULL;
    int row = 0;
    *out = 0;
    mirsal_code rc = mir_sql_prepare(&count, store->sql, text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, store->sql, count, err);
    }
    if (rc == MIRSAL_OK && row) {
        *out = (uint64_t)mir_sql_column_int(count, 0);
    }
    mir_sql_release(count);
    return rc;
}

static mirsal_code read_row(struct mir_draft *out,
    struct mir_arena *arena,
    sqlite3_stmt *read,
    mirsal_error *err)
{
    struct mir_bytes id = mir_sql_column(read, COLUMN_ID);
    struct mir_bytes base = mir_sql_column(read, COLUMN_BASE);
    struct mir_bytes parent = mir_sql_column(read, COLUMN_PARENT);
    struct mir_bytes text = mir_sql_column(read, COLUMN_TEXT);
    memset(out, 0, sizeof *out);
    if (id.size != sizeof out->id.bytes || base.size != sizeof out->base ||
        (parent.size != 0 && parent.size != sizeof out->parent.bytes)) {
        return mir_fail(err, MIRSAL_CORRUPT, "a draft's row is damaged");
    }
    out->no = mir_sql_column_int(read, COLUMN_NO);
    out->made_ms = (uint64_t)mir_sql_column_int(read, COLUMN_MADE);
    memcpy(out->id.bytes, id.data, id.size);
    memcpy(out->base, base.data, base.size);
    if (parent.size != 0) {
        memcpy(out->parent.bytes, parent.data, parent.size);
        out->has_parent = 1;
    }
    out->text.size = text.size;
    out->text.data = mir_arena_copy(arena, text.data, text.size);
    return out->text.data != NULL ? MIRSAL_OK : mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

mirsal_code mir_drafts_read(struct mir_drafts *out,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT no, id, base, parent, made, text, count(*) OVER () FROM draft ORDER BY no";
    sqlite3_stmt *read = NULL;
    int row = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_sql_prepare(&read, store->sql, text, err);
    while (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, store->sql, read, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        if (out->items == NULL) {
            size_t count = (size_t)mir_sql_column_int(read, COLUMN_TEXT + 1);
            out->items = mir_arena_alloc(arena, count, sizeof *out->items);
        }
        rc = out->items == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory")
                                : read_row(&out->items[out->count], arena, read, err);
        out->count += rc == MIRSAL_OK;
    }
    mir_sql_release(read);
    return rc;
}

mirsal_code mir_drafts_keep(struct mir_store *store,
    const struct mir_draft *draft,
    mirsal_error *err)
{
    static const char text[] =
        "INSERT INTO draft (id, base, parent, made, text) VALUES (?1, ?2, ?3, ?4, ?5)";
    sqlite3_stmt *keep = NULL;
    mirsal_code rc = mir_sql_prepare(&keep, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(keep, 1, draft->id.bytes, sizeof draft->id.bytes);
    mir_sql_bind_blob(keep, 2, draft->base, sizeof draft->base);
    if (draft->has_parent) {
        mir_sql_bind_blob(keep, 3, draft->parent.bytes, sizeof draft->parent.bytes);
    } else {
        mir_sql_bind_null(keep, 3);
    }
    mir_sql_bind_int(keep, 4, (int64_t)draft->made_ms);
    mir_sql_bind_text(keep, 5, (const char *)draft->text.data, draft->text.size);
    return mir_sql_done(store->sql, keep, err);
}

mirsal_code mir_drafts_remove(struct mir_store *store, int64_t no, mirsal_error *err)
{
    static const char text[] = "DELETE FROM draft WHERE no = ?1";
    sqlite3_stmt *remove = NULL;
    mirsal_code rc = mir_sql_prepare(&remove, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(remove, 1, no);
    rc = mir_sql_done(store->sql, remove, err);
    if (rc == MIRSAL_OK && sqlite3_changes(mir_sql_handle(store->sql)) != 1) {
        rc = mir_fail(err, MIRSAL_NOT_FOUND, "the draft is gone");
    }
    return rc;
}
