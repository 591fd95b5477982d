/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/touch.c - what stands beside a record's row; see the header.
 *
 * The search index keeps no text of its own: to take a record out it is told the very words that
 * were put in, which the row's cells still hold when mir_touch_cell is called.
 */
#include "touch.h"

#include "bearing.h"
#include "cells.h"
#include "fold.h"
#include "msgpack.h"
#include "parts.h"

#include <string.h>

static void append_texts(struct mir_buf *out,
    const struct mir_column *column,
    struct mir_bytes cell_bytes)
{
    struct mir_cell cell;
    struct mir_bytes key;
    struct mir_bytes value;
    mir_cell_begin(&cell, column->form, cell_bytes);
    while (mir_cell_next(&cell, &key, &value)) {
        struct mir_bytes text = mir_part_text(column->field, key, value);
        if (text.size > 0) {
            mir_fold_text(out, text);
            mir_buf_append_u8(out, ' ');
        }
    }
}

static mirsal_code change_words(struct mir_store *store,
    int64_t no,
    int sign,
    const struct mir_buf *words,
    mirsal_error *err)
{
    static const char insert_text[] = "INSERT INTO words (rowid, body) VALUES (?1, ?2)";
    static const char delete_text[] =
        "INSERT INTO words (words, rowid, body) VALUES ('delete', ?1, ?2)";
    mirsal_code rc = mir_buf_finish(words, err);
    if (rc != MIRSAL_OK || words->size == 0) {
        return rc;
    }
    sqlite3_stmt *change = NULL;
    rc = mir_sql_prepare(&change, store->sql, sign > 0 ? insert_text : delete_text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(change, 1, no);
    mir_sql_bind_text(change, 2, (const char *)words->data, words->size);
    return mir_sql_done(store->sql, change, err);
}

/* The record's words as its row stands, but with one cell as given. */
static mirsal_code gather_words(struct mir_buf *out,
    struct mir_store *store,
    const struct mir_row *row,
    uint32_t changed,
    struct mir_bytes cell,
    mirsal_error *err)
{
    sqlite3_stmt *read = NULL;
    int there = 0;
    mir_buf_reset(out);
    mirsal_code rc = mir_sql_prepare(&read, store->sql, row->table->read_no, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(read, 1, row->no);
    rc = mir_sql_step(&there, store->sql, read, err);
    for (uint32_t i = 0; rc == MIRSAL_OK && there && i < row->table->column_count; i++) {
        if (row->table->columns[i].searched) {
            struct mir_bytes bytes = mir_sql_column(read, (int)(MIR_ROW_CELLS + i));
            append_texts(out, &row->table->columns[i], i == changed ? cell : bytes);
        }
    }
    mir_sql_release(read);
    return rc;
}

static mirsal_code touch_words(struct mir_store *store,
    const struct mir_row *row,
    uint32_t column,
    struct mir_bytes old_cell,
    struct mir_bytes new_cell,
    mirsal_error *err)
{
    struct mir_buf *text = &store->projection->text;
    mirsal_code rc = gather_words(text, store, row, column, old_cell, err);
    if (rc == MIRSAL_OK) {
        rc = change_words(store, row->no, -1, text, err);
    }
    if (rc == MIRSAL_OK) {
        rc = gather_words(text, store, row, column, new_cell, err);
    }
    if (rc == MIRSAL_OK) {
        rc = change_words(store, row->no, 1, text, err);
    }
    return rc;
}

static mirsal_code delete_point(struct mir_store *store, int64_t no, mirsal_error *err)
{
    static const char text[] = "DELETE FROM points WHERE no = ?1";
    sqlite3_stmt *change = NULL;
    mirsal_code rc = mir_sql_prepare(&change, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(change, 1, no);
    return mir_sql_done(store->sql, change, err);
}

static mirsal_code insert_point(struct mir_store *store,
    int64_t no,
    struct mir_bytes value,
    mirsal_error *err)
{
    static const char text[] =
        "INSERT INTO points (no, west, east, south, north) VALUES (?1, ?3, ?3, ?2, ?2)";
    int64_t parts[2];
    if (!mir_part_int(&parts[0], value, 0) || !mir_part_int(&parts[1], value, 1)) {
        return MIRSAL_OK;
    }
    sqlite3_stmt *change = NULL;
    mirsal_code rc = mir_sql_prepare(&change, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(change, 1, no);
    mir_sql_bind_int(change, 2, parts[0]);
    mir_sql_bind_int(change, 3, parts[1]);
    return mir_sql_done(store->sql, change, err);
}

static int is_report(const struct mir_table *table)
{
    return strcmp(table->type->name, "report") == 0;
}

static mirsal_code change_child(struct mir_store *store,
    int64_t no,
    int sign,
    struct mir_bytes parent,
    mirsal_error *err)
{
    static const char insert_text[] = "INSERT OR IGNORE INTO child (parent, no) VALUES (?1, ?2)";
    static const char delete_text[] = "DELETE FROM child WHERE parent = ?1 AND no = ?2";
    sqlite3_stmt *change = NULL;
    mirsal_code rc =
        mir_sql_prepare(&change, store->sql, sign > 0 ? insert_text : delete_text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(change, 1, parent.data, parent.size);
    mir_sql_bind_int(change, 2, no);
    return mir_sql_done(store->sql, change, err);
}

static mirsal_code change_children(struct mir_store *store,
    const struct mir_row *row,
    uint32_t column,
    int sign,
    struct mir_bytes cell_bytes,
    mirsal_error *err)
{
    struct mir_cell cell;
    struct mir_bytes key;
    struct mir_bytes value;
    mirsal_code rc = MIRSAL_OK;
    mir_cell_begin(&cell, row->table->columns[column].form, cell_bytes);
    while (rc == MIRSAL_OK && mir_cell_next(&cell, &key, &value)) {
        struct mir_refs refs;
        struct mir_bytes ref;
        mir_refs_begin(&refs, row->table->columns[column].field, key, value);
        while (rc == MIRSAL_OK && mir_refs_next(&refs, &ref)) {
            rc = change_child(store, row->no, sign, ref, err);
        }
    }
    return rc;
}

/* What the cell named hangs on it no more. A report's sources are those of its claims. */
static mirsal_code touch_bearing(struct mir_store *store,
    const struct mir_row *row,
    uint32_t column,
    struct mir_bytes old_cell,
    struct mir_bytes new_cell,
    mirsal_error *err)
{
    const struct mir_column *changed = &row->table->columns[column];
    mirsal_code rc = MIRSAL_OK;
    if (changed->bears || ((int)column == row->table->parent && row->table->settles)) {
        rc = mir_bearing_touch_named(store, row, changed, old_cell, err);
    }
    if (rc == MIRSAL_OK && changed->bears) {
        rc = mir_bearing_change(store, row->no, changed, -1, old_cell, err);
    }
    if (rc == MIRSAL_OK && changed->bears) {
        rc = mir_bearing_change(store, row->no, changed, 1, new_cell, err);
    }
    if (rc == MIRSAL_OK && row->table->settles && (int)column == row->table->source_id &&
        old_cell.size > 0) {
        rc = mir_bearing_touch_twins(store, row->table, old_cell, err);
    }
    if (rc == MIRSAL_OK && is_report(row->table)) {
        struct mir_bytes none = { NULL, 0 };
        int source = (int)column == row->table->source_id;
        rc = mir_bearing_touch_naming(store, &row->id, source ? old_cell : none, err);
        if (rc == MIRSAL_OK && source) {
            rc = mir_bearing_touch_naming(store, &row->id, new_cell, err);
        }
    }
    return rc;
}

mirsal_code mir_touch_cell(struct mir_store *store,
    const struct mir_row *row,
    uint32_t column,
    struct mir_bytes old_cell,
    struct mir_bytes new_cell,
    mirsal_error *err)
{
    mirsal_code rc = mir_bearing_touch(store, row->table, row->no, err);
    if (rc == MIRSAL_OK) {
        rc = touch_bearing(store, row, column, old_cell, new_cell, err);
    }
    if (rc == MIRSAL_OK && row->table->columns[column].searched) {
        rc = touch_words(store, row, column, old_cell, new_cell, err);
    }
    if (rc == MIRSAL_OK && (int)column == row->table->point) {
        rc = delete_point(store, row->no, err);
        if (rc == MIRSAL_OK) {
            rc = insert_point(store, row->no, new_cell, err);
        }
    }
    if (rc == MIRSAL_OK && (int)column == row->table->parent) {
        rc = change_children(store, row, column, -1, old_cell, err);
        if (rc == MIRSAL_OK) {
            rc = change_children(store, row, column, 1, new_cell, err);
        }
    }
    return rc;
}

mirsal_code mir_touch_created(struct mir_store *store,
    const struct mir_row *row,
    const struct mir_bytes *cells,
    mirsal_error *err)
{
    const struct mir_table *table = row->table;
    struct mir_buf *text = &store->projection->text;
    mir_buf_reset(text);
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].searched && cells[i].size > 0) {
            append_texts(text, &table->columns[i], cells[i]);
        }
    }
    mirsal_code rc = change_words(store, row->no, 1, text, err);
    if (rc == MIRSAL_OK && table->point >= 0 && cells[table->point].size > 0) {
        rc = insert_point(store, row->no, cells[table->point], err);
    }
    if (rc == MIRSAL_OK && table->parent >= 0 && cells[table->parent].size > 0) {
        rc = change_children(store, row, (uint32_t)table->parent, 1, cells[table->parent], err);
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < table->column_count; i++) {
        if (table->columns[i].bears && cells[i].size > 0) {
            rc = mir_bearing_change(store, row->no, &table->columns[i], 1, cells[i], err);
        }
    }
    if (rc == MIRSAL_OK && is_report(table)) {
        struct mir_bytes none = { NULL, 0 };
        rc = mir_bearing_touch_naming(
            store, &row->id, table->source_id < 0 ? none : cells[table->source_id], err);
    }
    return rc == MIRSAL_OK ? mir_bearing_touch(store, table, row->no, err) : rc;
}

mirsal_code mir_touch_review(int *changed,
    struct mir_store *store,
    const struct mir_review *item,
    int stands,
    mirsal_error *err)
{
    static const char insert_text[] =
        "INSERT INTO review (record, kind, field, key, others) VALUES (?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT DO UPDATE SET others = excluded.others WHERE others <> excluded.others";
    static const char delete_text[] =
        "DELETE FROM review WHERE record = ?1 AND kind = ?2 AND field = ?3 AND key = ?4";
    sqlite3_stmt *change = NULL;
    mirsal_code rc = mir_sql_prepare(&change, store->sql, stands ? insert_text : delete_text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(change, 1, item->record.bytes, sizeof item->record.bytes);
    mir_sql_bind_int(change, 2, item->kind);
    mir_sql_bind_int(change, 3, item->field);
    mir_sql_bind_blob(change, 4, item->key.data, item->key.size);
    if (stands) {
        mir_sql_bind_blob(change, 5, item->others.data, item->others.size);
    }
    rc = mir_sql_done(store->sql, change, err);
    if (changed != NULL) {
        *changed = rc == MIRSAL_OK && sqlite3_changes(mir_sql_handle(store->sql)) > 0;
    }
    return rc;
}
