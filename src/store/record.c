/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/record.c - whole records and their children; see read.h.
 */
#include "read.h"

#include "cells.h"
#include "chains.h"
#include "fail.h"
#include "history.h"
#include "msgpack.h"
#include "parts.h"
#include "projection.h"

#include <string.h>

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

/* Cells of a record, copied into the arena. */
static mirsal_code read_cells(struct mir_bytes **out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_row *row,
    mirsal_error *err)
{
    uint32_t count = row->table->column_count;
    struct mir_bytes *cells = mir_arena_alloc(arena, (size_t)count + 1, sizeof *cells);
    sqlite3_stmt *read = NULL;
    int there = 0;
    *out = cells;
    if (cells == NULL) {
        return no_memory(err);
    }
    mirsal_code rc = mir_sql_prepare(&read, store->sql, row->table->read_no, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(read, 1, row->no);
    rc = mir_sql_step(&there, store->sql, read, err);
    for (uint32_t i = 0; rc == MIRSAL_OK && there && i < count; i++) {
        struct mir_bytes cell = mir_sql_column(read, (int)(MIR_ROW_CELLS + i));
        if (cell.size > 0) {
            cells[i] = (struct mir_bytes){ mir_arena_copy(arena, cell.data, cell.size), cell.size };
            rc = cells[i].data == NULL ? no_memory(err) : rc;
        }
    }
    mir_sql_release(read);
    return rc;
}

static mirsal_code list_registers(struct mir_record *out,
    struct mir_arena *arena,
    const struct mir_row *row,
    const struct mir_bytes *cells,
    mirsal_error *err)
{
    size_t total = 0;
    struct mir_cell cell;
    struct mir_bytes key;
    struct mir_bytes value;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < row->table->column_count; i++) {
            mir_cell_begin(&cell, row->table->columns[i].form, cells[i]);
            while (mir_cell_next(&cell, &key, &value)) {
                total += pass == 0 ? 1 : 0;
                if (pass == 1) {
                    out->registers[out->register_count++] =
                        (struct mir_shown){ .field = row->table->columns[i].field->id,
                            .key = key,
                            .value = value,
                            .changeset = row->changeset };
                }
            }
        }
        if (pass == 0) {
            out->registers = mir_arena_alloc(arena, total + 1, sizeof *out->registers);
            if (out->registers == NULL) {
                return no_memory(err);
            }
        }
    }
    return MIRSAL_OK;
}

static struct mir_shown *find_shown(struct mir_record *record, uint32_t field, struct mir_bytes key)
{
    for (size_t i = 0; i < record->register_count; i++) {
        if (record->registers[i].field == field && mir_bytes_equal(record->registers[i].key, key)) {
            return &record->registers[i];
        }
    }
    return NULL;
}

const struct mir_shown *mir_record_find(const struct mir_record *record,
    uint32_t field,
    struct mir_bytes key)
{
    for (size_t i = 0; i < record->register_count; i++) {
        if (record->registers[i].field == field && mir_bytes_equal(record->registers[i].key, key)) {
            return &record->registers[i];
        }
    }
    return NULL;
}

/* Authors of registers that have rows. */
static mirsal_code name_winners(struct mir_record *out, struct mir_store *store, mirsal_error *err)
{
    static const char text[] =
        "SELECT field, key, changeset FROM write WHERE record = ?1 AND state = 2";
    sqlite3_stmt *find = NULL;
    int there = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, out->id.bytes, sizeof out->id.bytes);
    for (;;) {
        rc = mir_sql_step(&there, store->sql, find, err);
        if (rc != MIRSAL_OK || !there) {
            break;
        }
        struct mir_shown *shown =
            find_shown(out, (uint32_t)mir_sql_column_int(find, 0), mir_sql_column(find, 1));
        if (shown != NULL) {
            shown->changeset = mir_sql_column_int(find, 2);
        }
    }
    mir_sql_release(find);
    return rc;
}

static mirsal_code name_conflicts(struct mir_record *out,
    struct mir_store *store,
    mirsal_error *err)
{
    static const char text[] = "SELECT kind, field, key FROM review WHERE record = ?1";
    sqlite3_stmt *find = NULL;
    int there = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, out->id.bytes, sizeof out->id.bytes);
    for (;;) {
        rc = mir_sql_step(&there, store->sql, find, err);
        if (rc != MIRSAL_OK || !there) {
            break;
        }
        int64_t kind = mir_sql_column_int(find, 0);
        out->conflicts += kind == MIR_REVIEW_VALUES || kind == MIR_REVIEW_WITHDRAWN ? 1u : 0u;
        struct mir_shown *shown =
            find_shown(out, (uint32_t)mir_sql_column_int(find, 1), mir_sql_column(find, 2));
        if (shown != NULL && (kind == MIR_REVIEW_VALUES || kind == MIR_REVIEW_ONCE)) {
            shown->conflict = 1;
        }
    }
    mir_sql_release(find);
    return rc;
}

static int find_sealed(struct mir_store *store, const struct mir_row *row)
{
    int sealed = 0;
    for (uint32_t i = 0; i < row->table->column_count; i++) {
        uint32_t compartment =
            mir_schema_field_compartment(row->table->columns[i].field, row->compartment);
        if (store->keys == NULL || store->membership == NULL) {
            return 0;
        }
        if (!mir_membership_can_read(store->membership, &store->device, compartment)) {
            sealed |= compartment == row->compartment ? MIR_SEALED_HERE : MIR_SEALED_PROTECTED;
        }
    }
    return sealed;
}

/* A record of a type that the schema in force does not know: it has an author and nothing more. */
static mirsal_code read_stray(struct mir_record *out,
    struct mir_store *store,
    const mirsal_id *id,
    mirsal_error *err)
{
    static const char text[] = "SELECT type, changeset FROM stray WHERE id = ?1";
    sqlite3_stmt *find = NULL;
    int there = 0;
    int64_t changeset = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, id->bytes, sizeof id->bytes);
    rc = mir_sql_step(&there, store->sql, find, err);
    if (rc == MIRSAL_OK && there) {
        out->type = (uint32_t)mir_sql_column_int(find, 0);
        changeset = mir_sql_column_int(find, 1);
    }
    mir_sql_release(find);
    int purged = mir_projection_is_purged(store, id);
    out->state = purged ? MIR_RECORD_PURGED : MIR_RECORD_QUARANTINED;
    if (rc != MIRSAL_OK || !there) {
        return rc != MIRSAL_OK || purged ? rc
                                         : mir_fail(err, MIRSAL_NOT_FOUND, "no record has this id");
    }
    rc = mir_read_author(&out->created, store, changeset, err);
    out->updated = out->created;
    out->compartment = out->created.compartment;
    return rc;
}

/* While quarantined work is projected for a look, what it created says so. */
static mirsal_code mark_quarantined(struct mir_record *out,
    struct mir_store *store,
    mirsal_error *err)
{
    struct mir_chain_row row;
    mirsal_code rc = mir_chain_row(&row, store->sql, out->created.changeset, err);
    if (rc == MIRSAL_OK && row.state == MIR_STATE_QUARANTINED) {
        out->state = MIR_RECORD_QUARANTINED;
    }
    return rc;
}

mirsal_code mir_read_record(struct mir_record *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *id,
    mirsal_error *err)
{
    struct mir_row row;
    struct mir_bytes *cells = NULL;
    memset(out, 0, sizeof *out);
    out->id = *id;
    mirsal_code rc = mir_projection_find_any(&row, store, id, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (row.table == NULL) {
        return read_stray(out, store, id, err);
    }
    out->type = row.table->type->id;
    out->compartment = (uint8_t)row.compartment;
    out->state = row.withdrawn == MIR_ROW_PURGED      ? MIR_RECORD_PURGED
                 : row.withdrawn == MIR_ROW_TAKEN_OUT ? MIR_RECORD_WITHDRAWN
                                                      : MIR_RECORD_ACCEPTED;
    if (out->state == MIR_RECORD_PURGED) {
        return MIRSAL_OK;
    }
    out->sealed = find_sealed(store, &row);
    rc = mir_read_author(&out->created, store, row.changeset, err);
    if (rc == MIRSAL_OK && store->shadowed) {
        rc = mark_quarantined(out, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_read_author(&out->updated, store, row.updated, err);
    }
    if (rc == MIRSAL_OK) {
        rc = read_cells(&cells, arena, store, &row, err);
    }
    if (rc == MIRSAL_OK) {
        rc = list_registers(out, arena, &row, cells, err);
    }
    if (rc == MIRSAL_OK) {
        rc = name_winners(out, store, err);
    }
    return rc == MIRSAL_OK ? name_conflicts(out, store, err) : rc;
}

static mirsal_code push_item(struct mir_items *items,
    struct mir_arena *arena,
    const struct mir_item *item,
    mirsal_error *err)
{
    if ((items->count & (items->count - 1)) == 0) {
        size_t capacity = items->count == 0 ? 1 : items->count * 2;
        struct mir_item *grown = mir_arena_alloc(arena, capacity, sizeof *grown);
        if (grown == NULL) {
            return no_memory(err);
        }
        if (items->count > 0) {
            memcpy(grown, items->items, items->count * sizeof *grown);
        }
        items->items = grown;
    }
    items->items[items->count++] = *item;
    return MIRSAL_OK;
}

/* The numbers of the records whose parent field holds these bytes, ascending by type and number. */
static mirsal_code child_numbers(int64_t **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    struct mir_bytes parent,
    mirsal_error *err)
{
    static const char text[] = "SELECT no, count(*) OVER () FROM child WHERE parent = ?1"
                               " ORDER BY no & 4095, no";
    sqlite3_stmt *find = NULL;
    int there = 0;
    *out = NULL;
    *count = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, parent.data, parent.size);
    for (;;) {
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

/* Children that name the parent by these bytes; by_source: only those for whom they mean it. */
static mirsal_code add_children(struct mir_items *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *parent,
    struct mir_bytes bytes,
    int by_source,
    mirsal_error *err)
{
    int64_t *numbers = NULL;
    size_t count = 0;
    mirsal_code rc = child_numbers(&numbers, &count, arena, store, bytes, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        struct mir_item item = { .type = (uint32_t)(numbers[i] & MIR_TYPE_MASK) };
        struct mir_row row;
        mirsal_id meant;
        int found = 1;
        const struct mir_table *table = mir_projection_table_of_no(store->projection, numbers[i]);
        rc = mir_projection_id(&item.id, store, numbers[i], err);
        if (rc == MIRSAL_OK && by_source) {
            rc = mir_projection_find(&row, store, table, &item.id, err);
            if (rc == MIRSAL_OK) {
                rc = mir_read_reference(&meant, &found, store,
                    table->columns[table->parent].field->shape.refers, bytes, row.changeset, err);
            }
            found = found && memcmp(meant.bytes, parent->bytes, sizeof meant.bytes) == 0;
        }
        if (rc == MIRSAL_OK && found) {
            rc = push_item(out, arena, &item, err);
        }
    }
    return rc;
}

mirsal_code mir_read_children(struct mir_items *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *id,
    mirsal_error *err)
{
    struct mir_row row;
    struct mir_bytes *cells = NULL;
    struct mir_buf bytes;
    memset(out, 0, sizeof *out);
    mir_buf_init(&bytes, store->env, 64);
    mir_mp_write_bin(&bytes, id->bytes, sizeof id->bytes);
    mirsal_code rc = mir_buf_finish(&bytes, err);
    if (rc == MIRSAL_OK) {
        rc = add_children(out, arena, store, id, mir_buf_bytes(&bytes), 0, err);
    }
    mir_buf_fini(&bytes);
    if (rc == MIRSAL_OK) {
        rc = mir_projection_find_any(&row, store, id, err);
    }
    if (rc != MIRSAL_OK || row.table == NULL || row.table->source_id < 0) {
        return rc;
    }
    rc = read_cells(&cells, arena, store, &row, err);
    if (rc == MIRSAL_OK && cells[row.table->source_id].size > 0) {
        rc = add_children(out, arena, store, id, cells[row.table->source_id], 1, err);
    }
    return rc;
}
