/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/history.c - the writes of registers, records and changesets; see the header.
 *
 * Rows of `write` carry their state. A register without rows has one write, the creating
 * changeset's, which is live and shown.
 */
#include "history.h"

#include "cells.h"
#include "fail.h"
#include "projection.h"
#include "sort.h"
#include "writes.h"

#include <stdio.h>
#include <string.h>

const char *mir_write_reason_name(enum mir_write_reason reason)
{
    switch (reason) {
#define REASON_NAME(name, number, text)                                                            \
    case MIR_WRITE_##name:                                                                         \
        return text;
        MIR_WRITE_REASONS(REASON_NAME)
#undef REASON_NAME
    }
    return "";
}

struct gathering {
    struct mir_store *store;
    struct mir_arena *arena;
    struct mir_writings *out;
    size_t capacity;
};

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

static mirsal_code push_write(struct gathering *gathering,
    const struct mir_written *write,
    mirsal_error *err)
{
    struct mir_writings *out = gathering->out;
    if (out->count == gathering->capacity) {
        size_t capacity = gathering->capacity * 2 + 8;
        struct mir_written *grown = mir_arena_alloc(gathering->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            return no_memory(err);
        }
        if (out->count > 0) {
            memcpy(grown, out->writes, out->count * sizeof *grown);
        }
        out->writes = grown;
        gathering->capacity = capacity;
    }
    out->writes[out->count++] = *write;
    return MIRSAL_OK;
}

static int keep_bytes(struct mir_bytes *out, struct mir_arena *arena, struct mir_bytes bytes)
{
    *out = (struct mir_bytes){ NULL, bytes.size };
    if (bytes.size > 0) {
        out->data = mir_arena_copy(arena, bytes.data, bytes.size);
    }
    return bytes.size == 0 || out->data != NULL;
}

#define ROW_TEXT                                                                                   \
    "SELECT w.record, w.field, w.key, w.value, w.parents, w.reason, w.state, a.changeset, a.id,"   \
    " d.key, a.stamp, a.compartment, d.role, d.own, d.device FROM write w"                         \
    " CROSS JOIN applied a ON a.changeset = w.changeset"                                           \
    " CROSS JOIN author d ON d.device = a.device "

static mirsal_code take_row(struct gathering *gathering, sqlite3_stmt *find, mirsal_error *err)
{
    struct mir_written write = { .field = (uint32_t)mir_sql_column_int(find, 1) };
    struct mir_bytes record = mir_sql_column(find, 0);
    struct mir_bytes id = mir_sql_column(find, 8);
    struct mir_bytes device = mir_sql_column(find, 9);
    if (record.size != sizeof write.record.bytes || id.size != sizeof write.author.id.bytes ||
        device.size != sizeof write.author.device.bytes) {
        return mir_fail(err, MIRSAL_CORRUPT, "a projected write of another size");
    }
    memcpy(write.record.bytes, record.data, record.size);
    memcpy(write.author.id.bytes, id.data, id.size);
    memcpy(write.author.device.bytes, device.data, device.size);
    if (!keep_bytes(&write.key, gathering->arena, mir_sql_column(find, 2)) ||
        !keep_bytes(&write.value, gathering->arena, mir_sql_column(find, 3)) ||
        !keep_bytes(&write.parents, gathering->arena, mir_sql_column(find, 4))) {
        return no_memory(err);
    }
    write.reason = (enum mir_write_reason)mir_sql_column_int(find, 5);
    write.live = mir_sql_column_int(find, 6) >= MIR_STATE_LIVE;
    write.winner = mir_sql_column_int(find, 6) == MIR_STATE_WINNER;
    write.author.changeset = mir_sql_column_int(find, 7);
    write.author.stamp = (uint64_t)mir_sql_column_int(find, 10);
    write.author.compartment = (uint8_t)mir_sql_column_int(find, 11);
    write.author.role = (uint8_t)mir_sql_column_int(find, 12);
    write.author.own = (uint8_t)mir_sql_column_int(find, 13);
    write.author.device_no = mir_sql_column_int(find, 14);
    return push_write(gathering, &write, err);
}

/* Runs a statement of ROW_TEXT that is bound, and releases it. */
static mirsal_code take_rows(struct gathering *gathering, sqlite3_stmt *find, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (;;) {
        int row = 0;
        rc = mir_sql_step(&row, gathering->store->sql, find, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        rc = take_row(gathering, find, err);
        if (rc != MIRSAL_OK) {
            break;
        }
    }
    mir_sql_release(find);
    return rc;
}

/* The writes of one cell that no rows have. only NULL: every key. */
static mirsal_code take_cell(struct gathering *gathering,
    const struct mir_written *base,
    const struct mir_column *column,
    struct mir_bytes bytes,
    const struct mir_bytes *only,
    mirsal_error *err)
{
    struct mir_cell cell;
    struct mir_written write = *base;
    mirsal_code rc = MIRSAL_OK;
    write.field = column->field->id;
    mir_cell_begin(&cell, column->form, bytes);
    while (rc == MIRSAL_OK && mir_cell_next(&cell, &write.key, &write.value)) {
        int has = 0;
        if (only != NULL && !mir_bytes_equal(*only, write.key)) {
            continue;
        }
        rc = mir_writes_held(&has, gathering->store, &base->record, write.field, write.key, err);
        if (rc == MIRSAL_OK && !has) {
            rc = push_write(gathering, &write, err);
        }
    }
    return rc;
}

/* The writes that only the cells of a record hold; field 0: all of them. */
static mirsal_code take_cells(struct gathering *gathering,
    const struct mir_row *row,
    uint32_t field,
    const struct mir_bytes *key,
    mirsal_error *err)
{
    struct mir_written base = { .record = row->id, .live = 1, .winner = 1 };
    uint32_t count = row->table->column_count;
    struct mir_bytes *cells = mir_arena_alloc(gathering->arena, (size_t)count + 1, sizeof *cells);
    sqlite3_stmt *read = NULL;
    int there = 0;
    if (cells == NULL) {
        return no_memory(err);
    }
    mirsal_code rc = mir_read_author(&base.author, gathering->store, row->changeset, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&read, gathering->store->sql, row->table->read_no, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(read, 1, row->no);
    rc = mir_sql_step(&there, gathering->store->sql, read, err);
    for (uint32_t i = 0; rc == MIRSAL_OK && there && i < count; i++) {
        if ((field == 0 || row->table->columns[i].field->id == field) &&
            !keep_bytes(
                &cells[i], gathering->arena, mir_sql_column(read, (int)(MIR_ROW_CELLS + i)))) {
            rc = no_memory(err);
        }
    }
    mir_sql_release(read);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        if (cells[i].size > 0) {
            rc = take_cell(gathering, &base, &row->table->columns[i], cells[i], key, err);
        }
    }
    return rc;
}

static int compare_newer(const struct mir_written *x, const struct mir_written *y)
{
    if (x->winner != y->winner) {
        return y->winner - x->winner;
    }
    if (x->live != y->live) {
        return y->live - x->live;
    }
    if (x->author.stamp != y->author.stamp) {
        return x->author.stamp > y->author.stamp ? -1 : 1;
    }
    return memcmp(y->author.id.bytes, x->author.id.bytes, sizeof x->author.id.bytes);
}

static int compare_writes(const void *a, const void *b, void *context)
{
    const struct mir_written *x = a;
    const struct mir_written *y = b;
    (void)context;
    int order = memcmp(x->record.bytes, y->record.bytes, sizeof x->record.bytes);
    if (order == 0 && x->field != y->field) {
        order = x->field < y->field ? -1 : 1;
    }
    order = order != 0 ? order : mir_bytes_compare(x->key, y->key);
    return order != 0 ? order : compare_newer(x, y);
}

static void sort_writes(struct mir_writings *writings)
{
    mir_sort(writings->writes, writings->count, sizeof *writings->writes, compare_writes, NULL);
}

mirsal_code mir_history_register(struct mir_writings *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *record,
    uint32_t field,
    struct mir_bytes key,
    mirsal_error *err)
{
    static const char text[] = ROW_TEXT "WHERE w.record = ?1 AND w.field = ?2 AND w.key = ?3";
    struct gathering gathering = { .store = store, .arena = arena, .out = out };
    struct mir_row row;
    sqlite3_stmt *find = NULL;
    memset(out, 0, sizeof *out);
    if (mir_projection_is_purged(store, record)) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, record->bytes, sizeof record->bytes);
    mir_sql_bind_int(find, 2, field);
    mir_sql_bind_blob(find, 3, key.data, key.size);
    rc = take_rows(&gathering, find, err);
    if (rc == MIRSAL_OK && out->count == 0) {
        rc = mir_projection_find_any(&row, store, record, err);
        if (rc == MIRSAL_OK && row.table != NULL) {
            rc = take_cells(&gathering, &row, field, &key, err);
        }
    }
    sort_writes(out);
    return rc;
}

mirsal_code mir_history_record(struct mir_writings *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *record,
    mirsal_error *err)
{
    static const char text[] = ROW_TEXT "WHERE w.record = ?1";
    struct gathering gathering = { .store = store, .arena = arena, .out = out };
    struct mir_row row;
    sqlite3_stmt *find = NULL;
    memset(out, 0, sizeof *out);
    if (mir_projection_is_purged(store, record)) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, record->bytes, sizeof record->bytes);
    rc = take_rows(&gathering, find, err);
    if (rc == MIRSAL_OK) {
        rc = mir_projection_find_any(&row, store, record, err);
    }
    if (rc == MIRSAL_OK && row.table != NULL) {
        rc = take_cells(&gathering, &row, 0, NULL, err);
    }
    sort_writes(out);
    return rc;
}

mirsal_code mir_history_created(struct mir_items *out,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t changeset,
    mirsal_error *err)
{
    const struct mir_projection *projection = store->projection;
    mirsal_code rc = MIRSAL_OK;
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < projection->table_count; i++) {
        char text[256];
        sqlite3_stmt *find = NULL;
        uint32_t type = projection->tables[i].type->id;
        (void)snprintf(text, sizeof text,
            "SELECT r.id, count(*) OVER () FROM applied a JOIN r_%u r"
            " ON r.no BETWEEN (a.first << 12) AND (a.last << 12 | 4095)"
            " WHERE a.changeset = ?1",
            type);
        rc = mir_sql_prepare_once(&find, store->sql, text, err);
        if (rc != MIRSAL_OK) {
            break;
        }
        mir_sql_bind_int(find, 1, changeset);
        struct mir_item *grown = NULL;
        for (;;) {
            int row = 0;
            rc = mir_sql_step(&row, store->sql, find, err);
            if (rc != MIRSAL_OK || !row) {
                break;
            }
            if (grown == NULL) {
                size_t more = out->count + (size_t)mir_sql_column_int(find, 1);
                grown = mir_arena_alloc(arena, more, sizeof *grown);
                if (grown == NULL) {
                    rc = no_memory(err);
                    break;
                }
                if (out->count > 0) {
                    memcpy(grown, out->items, out->count * sizeof *grown);
                }
                out->items = grown;
            }
            struct mir_bytes id = mir_sql_column(find, 0);
            struct mir_item *item = &out->items[out->count++];
            memcpy(item->id.bytes, id.data, id.size < sizeof item->id ? id.size : sizeof item->id);
            item->type = type;
        }
        mir_sql_finalize(find);
    }
    return rc;
}

mirsal_code mir_history_changeset(struct mir_writings *out,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t changeset,
    mirsal_error *err)
{
    static const char text[] = ROW_TEXT "WHERE w.changeset = ?1";
    struct gathering gathering = { .store = store, .arena = arena, .out = out };
    struct mir_items created;
    sqlite3_stmt *find = NULL;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(find, 1, changeset);
    rc = take_rows(&gathering, find, err);
    if (rc == MIRSAL_OK) {
        rc = mir_history_created(&created, arena, store, changeset, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < created.count; i++) {
        struct mir_row row;
        rc = mir_projection_find(&row, store,
            mir_projection_table(store->projection, created.items[i].type), &created.items[i].id,
            err);
        if (rc == MIRSAL_OK && row.table != NULL && row.changeset == changeset) {
            rc = take_cells(&gathering, &row, 0, NULL, err);
        }
    }
    sort_writes(out);
    return rc;
}

mirsal_code mir_history_changesets(int64_t **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *record,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT changeset, count(*) OVER () FROM ("
        "SELECT changeset FROM write WHERE record = ?1 UNION SELECT ?2 WHERE ?2 <> 0) ORDER BY 1";
    struct mir_row row;
    sqlite3_stmt *find = NULL;
    *out = NULL;
    *count = 0;
    mirsal_code rc = mir_projection_find_any(&row, store, record, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&find, store->sql, text, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, record->bytes, sizeof record->bytes);
    mir_sql_bind_int(find, 2, row.table == NULL ? 0 : row.changeset);
    for (;;) {
        int there = 0;
        rc = mir_sql_step(&there, store->sql, find, err);
        if (rc != MIRSAL_OK || !there) {
            break;
        }
        if (*out == NULL) {
            *out = mir_arena_alloc(arena, (size_t)mir_sql_column_int(find, 1), sizeof **out);
        }
        if (*out == NULL) {
            rc = no_memory(err);
            break;
        }
        (*out)[(*count)++] = mir_sql_column_int(find, 0);
    }
    mir_sql_release(find);
    return rc;
}
