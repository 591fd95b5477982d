/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/rows.c - records by their row numbers; see the header.
 */
#include "rows.h"

#include "fail.h"
#include "msgpack.h"
#include "parts.h"

#include <stdio.h>
#include <string.h>

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

static size_t slot_of(const struct mir_row_numbers *numbers, int64_t number)
{
    uint64_t hash = (uint64_t)number * UINT64_C(0x9E3779B97F4A7C15);
    size_t slot = (size_t)(hash >> 32) & (numbers->slot_count - 1);
    while (numbers->slots[slot] != 0 && numbers->numbers[numbers->slots[slot] - 1] != number) {
        slot = (slot + 1) & (numbers->slot_count - 1);
    }
    return slot;
}

size_t mir_rows_place(const struct mir_row_numbers *numbers, int64_t number)
{
    if (numbers->slot_count == 0) {
        return SIZE_MAX;
    }
    uint32_t place = numbers->slots[slot_of(numbers, number)];
    return place == 0 ? SIZE_MAX : place - 1;
}

/* Room for twice as many; at most half of the slots are taken. */
static mirsal_code grow(struct mir_row_numbers *out, struct mir_arena *arena, mirsal_error *err)
{
    size_t capacity = out->capacity == 0 ? 16 : out->capacity * 2;
    int64_t *grown = mir_arena_alloc(arena, capacity, sizeof *grown);
    uint32_t *slots = mir_arena_alloc(arena, capacity * 2, sizeof *slots);
    if (grown == NULL || slots == NULL || capacity > UINT32_MAX / 2) {
        return no_memory(err);
    }
    if (out->count > 0) {
        memcpy(grown, out->numbers, out->count * sizeof *grown);
    }
    out->numbers = grown;
    out->capacity = capacity;
    out->slots = slots;
    out->slot_count = capacity * 2;
    for (size_t i = 0; i < out->count; i++) {
        out->slots[slot_of(out, grown[i])] = (uint32_t)i + 1;
    }
    return MIRSAL_OK;
}

mirsal_code mir_rows_add(struct mir_row_numbers *out,
    struct mir_arena *arena,
    int64_t number,
    mirsal_error *err)
{
    if (out->count == out->capacity) {
        mirsal_code rc = grow(out, arena, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    size_t slot = slot_of(out, number);
    if (out->slots[slot] == 0) {
        out->numbers[out->count++] = number;
        out->slots[slot] = (uint32_t)out->count;
    }
    return MIRSAL_OK;
}

/* The numbers that a statement gives, bound already; it is finalized. */
static mirsal_code take_numbers(struct mir_row_numbers *out,
    struct mir_arena *arena,
    struct mir_store *store,
    sqlite3_stmt *find,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (;;) {
        int row = 0;
        rc = mir_sql_step(&row, store->sql, find, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        rc = mir_rows_add(out, arena, mir_sql_column_int(find, 0), err);
        if (rc != MIRSAL_OK) {
            break;
        }
    }
    mir_sql_finalize(find);
    return rc;
}

mirsal_code mir_rows_all(struct mir_row_numbers *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const char *type,
    mirsal_error *err)
{
    const struct mir_schema_type *found = mir_schema_type_by_name(store->projection->schema, type);
    char text[64];
    sqlite3_stmt *find = NULL;
    if (found == NULL) {
        return MIRSAL_OK;
    }
    (void)snprintf(text, sizeof text, "SELECT no FROM r_%u ORDER BY id", found->id);
    mirsal_code rc = mir_sql_prepare_once(&find, store->sql, text, err);
    return rc == MIRSAL_OK ? take_numbers(out, arena, store, find, err) : rc;
}

mirsal_code mir_rows_find(int64_t *out,
    struct mir_store *store,
    const mirsal_id *id,
    mirsal_error *err)
{
    struct mir_row row;
    mirsal_code rc = mir_projection_find_any(&row, store, id, err);
    *out = rc == MIRSAL_OK && row.table != NULL ? row.no : 0;
    return rc;
}

/* All of a record but its author. */
static mirsal_code read_row(struct mir_full_row *out,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t number,
    mirsal_error *err)
{
    const struct mir_table *table = mir_projection_table_of_no(store->projection, number);
    sqlite3_stmt *read = NULL;
    int there = 0;
    memset(out, 0, sizeof *out);
    if (table == NULL) {
        return mir_fail(err, MIRSAL_CORRUPT, "a row of no known type");
    }
    out->cells = mir_arena_alloc(arena, (size_t)table->column_count + 1, sizeof *out->cells);
    if (out->cells == NULL) {
        return no_memory(err);
    }
    mirsal_code rc = mir_sql_prepare(&read, store->sql, table->read_lean, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(read, 1, number);
    rc = mir_sql_step(&there, store->sql, read, err);
    if (rc == MIRSAL_OK && there) {
        struct mir_bytes id = mir_sql_column(read, MIR_ROW_ID);
        out->row.table = table;
        out->row.no = number;
        out->row.changeset = mir_sql_column_int(read, MIR_ROW_CHANGESET);
        out->row.compartment = (uint32_t)mir_sql_column_int(read, MIR_ROW_COMPARTMENT);
        out->row.withdrawn = (enum mir_row_withdrawn)mir_sql_column_int(read, MIR_ROW_WITHDRAWN);
        memcpy(out->row.id.bytes, id.data,
            id.size < sizeof out->row.id.bytes ? id.size : sizeof out->row.id.bytes);
    } else if (rc == MIRSAL_OK) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "a row that an index names is not there");
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < table->column_count; i++) {
        struct mir_bytes cell = mir_sql_column(read, (int)(MIR_ROW_CELLS + i));
        if (cell.size > 0) {
            out->cells[i].data = mir_arena_copy(arena, cell.data, cell.size);
            out->cells[i].size = cell.size;
            rc = out->cells[i].data == NULL ? no_memory(err) : rc;
        }
    }
    mir_sql_release(read);
    return rc;
}

mirsal_code mir_rows_read(struct mir_full_row *out,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t number,
    mirsal_error *err)
{
    mirsal_code rc = read_row(out, arena, store, number, err);
    return rc == MIRSAL_OK ? mir_read_author(&out->author, store, out->row.changeset, err) : rc;
}

mirsal_code mir_rows_take(struct mir_row_set *set,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t number,
    mirsal_error *err)
{
    size_t room = set->numbers.capacity;
    size_t at = set->numbers.count;
    if (mir_rows_place(&set->numbers, number) != SIZE_MAX) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_rows_add(&set->numbers, arena, number, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (set->numbers.capacity != room) {
        struct mir_full_row *rows = mir_arena_alloc(arena, set->numbers.capacity, sizeof *rows);
        if (rows == NULL) {
            return no_memory(err);
        }
        if (at > 0) {
            memcpy(rows, set->rows, at * sizeof *rows);
        }
        set->rows = rows;
    }
    struct mir_full_row *row = &set->rows[at];
    rc = read_row(row, arena, store, number, err);
    if (rc == MIRSAL_OK && at > 0 && row[-1].row.changeset == row->row.changeset) {
        row->author = row[-1].author; /* one changeset makes many records */
        return MIRSAL_OK;
    }
    return rc == MIRSAL_OK ? mir_read_author(&row->author, store, row->row.changeset, err) : rc;
}

mirsal_code mir_rows_take_all(struct mir_row_set *set,
    struct mir_arena *arena,
    struct mir_store *store,
    const char *type,
    mirsal_error *err)
{
    struct mir_row_numbers numbers = { 0 };
    mirsal_code rc = mir_rows_all(&numbers, arena, store, type, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < numbers.count; i++) {
        rc = mir_rows_take(set, arena, store, numbers.numbers[i], err);
    }
    return rc;
}

static const struct mir_schema_field *find_field(const struct mir_full_row *row, const char *name)
{
    int component = 0;
    const struct mir_schema_field *field =
        mir_schema_field_by_name(&component, row->row.table->type, name);
    return field == NULL || component >= 0 ? NULL : field;
}

struct mir_bytes mir_rows_cell(const struct mir_full_row *row, const char *field)
{
    const struct mir_schema_field *found = find_field(row, field);
    return found == NULL ? (struct mir_bytes){ NULL, 0 }
                         : row->cells[found - row->row.table->type->fields];
}

int mir_rows_int(int64_t *out, const struct mir_full_row *row, const char *field)
{
    return mir_part_int(out, mir_rows_cell(row, field), 0);
}

const char *mir_rows_code(const struct mir_full_row *row, const char *field)
{
    const struct mir_schema_field *found = find_field(row, field);
    int64_t id = 0;
    if (found == NULL || found->shape.vocabulary == NULL || !mir_rows_int(&id, row, field)) {
        return "";
    }
    const struct mir_schema_code *code =
        mir_schema_code_by_id(found->shape.vocabulary, (uint32_t)id);
    return code == NULL ? "" : code->code;
}

mirsal_code mir_rows_meant(mirsal_id *out,
    struct mir_store *store,
    uint32_t refers,
    struct mir_bytes ref,
    int64_t changeset,
    mirsal_error *err)
{
    int is_text = 0;
    int held = 0;
    struct mir_bytes content = mir_part_content(&is_text, ref);
    memset(out, 0, sizeof *out);
    if (is_text) {
        return mir_read_reference(out, &held, store, refers, ref, changeset, err);
    }
    if (content.size == sizeof out->bytes) {
        memcpy(out->bytes, content.data, content.size);
    }
    return MIRSAL_OK;
}

mirsal_code mir_rows_ref(mirsal_id *out,
    struct mir_store *store,
    const struct mir_full_row *row,
    const char *field,
    mirsal_error *err)
{
    const struct mir_schema_field *found = find_field(row, field);
    struct mir_bytes cell = mir_rows_cell(row, field);
    memset(out, 0, sizeof *out);
    if (found == NULL || cell.size == 0) {
        return MIRSAL_OK;
    }
    return mir_rows_meant(out, store, found->shape.refers, cell, row->row.changeset, err);
}

mirsal_code mir_rows_refs(mirsal_id **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_full_row *row,
    const char *field,
    mirsal_error *err)
{
    static const mirsal_id zeros;
    const struct mir_schema_field *found = find_field(row, field);
    struct mir_bytes bytes = mir_rows_cell(row, field);
    struct mir_named_refs refs;
    struct mir_bytes ref;
    mirsal_code rc = MIRSAL_OK;
    *out = NULL;
    *count = 0;
    if (found == NULL || bytes.size == 0) {
        return MIRSAL_OK;
    }
    /* A reference takes a byte at least. */
    *out = mir_arena_alloc(arena, bytes.size, sizeof **out);
    if (*out == NULL) {
        return no_memory(err);
    }
    mir_named_begin(&refs, found, bytes);
    while (rc == MIRSAL_OK && mir_named_next(&refs, &ref)) {
        rc = mir_rows_meant(
            &(*out)[*count], store, found->shape.refers, ref, row->row.changeset, err);
        *count += memcmp(&(*out)[*count], &zeros, sizeof zeros) != 0 ? 1u : 0u;
    }
    return rc;
}

mirsal_code mir_rows_winner(struct mir_author *out,
    struct mir_store *store,
    const struct mir_full_row *row,
    const char *field,
    mirsal_error *err)
{
    static const char text[] = "SELECT changeset FROM write"
                               " WHERE record = ?1 AND field = ?2 AND key = x'' AND state = 2";
    const struct mir_schema_field *found = find_field(row, field);
    sqlite3_stmt *find = NULL;
    int there = 0;
    *out = row->author;
    if (found == NULL) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, row->row.id.bytes, sizeof row->row.id.bytes);
    mir_sql_bind_int(find, 2, found->id);
    rc = mir_sql_step(&there, store->sql, find, err);
    int64_t changeset = rc == MIRSAL_OK && there ? mir_sql_column_int(find, 0) : 0;
    mir_sql_release(find);
    return rc == MIRSAL_OK && changeset != 0 ? mir_read_author(out, store, changeset, err) : rc;
}
