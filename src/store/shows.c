/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/shows.c - domain values as people and SQL see them; see the header.
 */
#include "shows.h"

#include "cells.h"
#include "msgpack.h"
#include "parts.h"
#include "text.h"

#include <string.h>

#define DEGREE 10000000.0

void mir_shows_day(struct mir_buf *out, int64_t day)
{
    /* Days to a civil date: eras of 400 years that begin on 1 March. */
    if (day < -719162 || day > 2932896) {
        mir_buf_append_format(out, "%lld", (long long)day);
        return;
    }
    int64_t shifted = day + 719468;
    int64_t era = shifted / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    int64_t of_month = of_year - (153 * month + 2) / 5 + 1;
    month = month < 10 ? month + 3 : month - 9;
    year += era * 400 + (month <= 2 ? 1 : 0);
    mir_buf_append_format(out, "%04d-%02d-%02d", (int)year, (int)month, (int)of_month);
}

void mir_shows_time(struct mir_buf *out, int64_t ms)
{
    int64_t seconds = ms / 1000 - (ms % 1000 < 0 ? 1 : 0);
    int64_t day = seconds / 86400 - (seconds % 86400 < 0 ? 1 : 0);
    int64_t of_day = seconds - day * 86400;
    mir_shows_day(out, day);
    mir_buf_append_format(
        out, "T%02d:%02d:%02dZ", (int)(of_day / 3600), (int)(of_day / 60 % 60), (int)(of_day % 60));
}

static void append_bytes(struct mir_buf *out, struct mir_bytes bytes)
{
    mir_buf_append(out, bytes.data, bytes.size);
}

static void append_hex(struct mir_buf *out, struct mir_bytes bytes)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.size; i++) {
        mir_buf_append_u8(out, (uint8_t)digits[bytes.data[i] >> 4]);
        mir_buf_append_u8(out, (uint8_t)digits[bytes.data[i] & 15]);
    }
}

static void append_uuid(struct mir_buf *out, const mirsal_id *id)
{
    char text[MIR_UUID_TEXT_SIZE];
    mir_uuid_format(text, id);
    mir_buf_append_text(out, text);
}

/* 1 when the row has a name that was appended. */
static int append_listed(struct mir_buf *out,
    const struct mir_table *table,
    sqlite3_stmt *read,
    const char *name)
{
    int component = 0;
    const struct mir_schema_field *field = mir_schema_field_by_name(&component, table->type, name);
    if (field == NULL || component >= 0) {
        return 0;
    }
    struct mir_bytes cell =
        mir_sql_column(read, (int)(MIR_ROW_CELLS + (field - table->type->fields)));
    int64_t id = 0;
    if (field->shape.kind == MIR_KIND_TEXT) {
        int is_text = 0;
        struct mir_bytes text = mir_part_content(&is_text, cell);
        append_bytes(out, text);
        return text.size > 0;
    }
    if (field->shape.kind == MIR_KIND_CODE && mir_part_int(&id, cell, 0)) {
        const struct mir_schema_code *code =
            mir_schema_code_by_id(field->shape.vocabulary, (uint32_t)id);
        mir_buf_append_text(out, code == NULL ? "" : code->en);
        return code != NULL;
    }
    return 0;
}

static int append_names(struct mir_buf *out, const struct mir_table *table, sqlite3_stmt *read)
{
    int component = 0;
    const struct mir_schema_field *field =
        mir_schema_field_by_name(&component, table->type, "names");
    if (field == NULL || field->shape.kind != MIR_KIND_NAMES) {
        return 0;
    }
    struct mir_cell cell;
    struct mir_bytes key;
    struct mir_bytes value;
    struct mir_bytes best = { NULL, 0 };
    int english = 0;
    mir_cell_begin(&cell, MIR_KEY_SET,
        mir_sql_column(read, (int)(MIR_ROW_CELLS + (field - table->type->fields))));
    while (!english && mir_cell_next(&cell, &key, &value)) {
        int is_text = 0;
        struct mir_bytes language = mir_part_content(&is_text, mir_part_at(key, 0));
        struct mir_bytes text = mir_part_content(&is_text, mir_part_at(key, 1));
        english = language.size == 2 && memcmp(language.data, "en", 2) == 0;
        best = english || best.size == 0 ? text : best;
    }
    append_bytes(out, best);
    return best.size > 0;
}

mirsal_code mir_shows_name(struct mir_buf *out,
    struct mir_store *store,
    const mirsal_id *id,
    mirsal_error *err)
{
    struct mir_row row;
    sqlite3_stmt *read = NULL;
    int there = 0;
    mirsal_code rc = mir_projection_find_any(&row, store, id, err);
    if (rc != MIRSAL_OK || row.table == NULL) {
        append_uuid(out, id);
        return rc;
    }
    rc = mir_sql_prepare(&read, store->sql, row.table->read_no, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(read, 1, row.no);
    rc = mir_sql_step(&there, store->sql, read, err);
    if (rc == MIRSAL_OK && there &&
        !(append_names(out, row.table, read) ||
            append_listed(out, row.table, read, "public_name") ||
            append_listed(out, row.table, read, "public_alias") ||
            append_listed(out, row.table, read, "listed"))) {
        append_uuid(out, id);
    }
    mir_sql_release(read);
    return rc;
}

static void append_reference(struct mir_buf *out,
    struct mir_store *store,
    const struct mir_schema_shape *shape,
    struct mir_bytes value)
{
    int is_text = 0;
    struct mir_bytes content = mir_part_content(&is_text, value);
    const struct mir_schema_type *type =
        mir_schema_type_by_id(store->projection->schema, shape->refers);
    mirsal_id id;
    if (is_text) {
        mir_buf_append_u8(out, '@');
        append_bytes(out, content);
    } else if (content.size == sizeof id.bytes) {
        memcpy(id.bytes, content.data, content.size);
        if (type == NULL || strcmp(type->name, "actor") != 0 ||
            mir_shows_name(out, store, &id, NULL) != MIRSAL_OK) {
            append_uuid(out, &id);
        }
    }
}

/* One value of a simple kind as text. */
static void append_value(struct mir_buf *out,
    struct mir_store *store,
    const struct mir_schema_shape *shape,
    enum mir_kind kind,
    struct mir_bytes value)
{
    int64_t number = 0;
    int is_text = 0;
    int has = mir_part_int(&number, value, 0);
    const struct mir_schema_code *code = NULL;
    switch (kind) {
    case MIR_KIND_CODE:
        code = has && shape->vocabulary != NULL
                   ? mir_schema_code_by_id(shape->vocabulary, (uint32_t)number)
                   : NULL;
        mir_buf_append_text(out, code == NULL ? "" : code->code);
        break;
    case MIR_KIND_REF:
        append_reference(out, store, shape, value);
        break;
    case MIR_KIND_DAY:
        if (has) {
            mir_shows_day(out, number);
        }
        break;
    case MIR_KIND_TIME:
        if (has) {
            mir_shows_time(out, number);
        }
        break;
    case MIR_KIND_BYTES32:
        append_hex(out, mir_part_content(&is_text, value));
        break;
    case MIR_KIND_WITHDRAWAL:
        append_bytes(out, mir_part_content(&is_text, mir_part_at(value, 0)));
        break;
    case MIR_KIND_NAMES:
        append_bytes(out, mir_part_content(&is_text, mir_part_at(value, 1)));
        break;
    case MIR_KIND_NONE:
    case MIR_KIND_INT:
    case MIR_KIND_FLAG:
    case MIR_KIND_TEXT:
    case MIR_KIND_LANGTEXT:
    case MIR_KIND_SET:
    case MIR_KIND_DATE:
    case MIR_KIND_POINT:
    case MIR_KIND_TUPLE:
    case MIR_KIND_LIST:
        if (has) {
            mir_buf_append_format(out, "%lld", (long long)number);
        } else {
            append_bytes(out, mir_part_content(&is_text, value));
        }
        break;
    }
}

/* An element of a set or list: tuples with their parts joined by ":". */
static void append_element(struct mir_buf *out,
    struct mir_store *store,
    const struct mir_schema_field *field,
    struct mir_bytes element)
{
    if (field->shape.element != MIR_KIND_TUPLE) {
        enum mir_kind kind =
            field->shape.kind == MIR_KIND_NAMES ? MIR_KIND_NAMES : field->shape.element;
        append_value(out, store, &field->shape, kind, element);
        return;
    }
    for (uint32_t i = 0; i < field->component_count; i++) {
        const struct mir_schema_shape *shape = &field->components[i].shape;
        if (i > 0) {
            mir_buf_append_u8(out, ':');
        }
        append_value(out, store, shape, shape->kind, mir_part_at(element, i));
    }
}

static void append_joined(struct mir_buf *out,
    struct mir_store *store,
    const struct mir_schema_field *field,
    struct mir_bytes bytes)
{
    struct mir_cell cell;
    struct mir_bytes key;
    struct mir_bytes value;
    enum mir_key_form form = mir_schema_key_form(field);
    /* A list is an array of its elements, as the cell of a set is. */
    mir_cell_begin(&cell, form == MIR_KEY_NONE ? MIR_KEY_SET : form, bytes);
    for (int first = 1; mir_cell_next(&cell, &key, &value); first = 0) {
        if (!first) {
            mir_buf_append_text(out, "; ");
        }
        if (form == MIR_KEY_TEXT) {
            append_value(out, store, &field->shape, MIR_KIND_TEXT, value);
        } else {
            append_element(out, store, field, key);
        }
    }
}

static enum mir_shown_as show_component(struct mir_buf *out,
    int64_t *integer,
    double *real,
    struct mir_store *store,
    const struct mir_schema_field *field,
    uint32_t component,
    struct mir_bytes cell)
{
    struct mir_bytes part = mir_part_at(cell, component);
    const struct mir_schema_shape *shape = &field->components[component].shape;
    size_t before = out->size;
    if (shape->kind == MIR_KIND_INT || shape->kind == MIR_KIND_FLAG) {
        if (!mir_part_int(integer, part, 0)) {
            return MIR_SHOWN_NULL;
        }
        if (field->shape.kind == MIR_KIND_POINT && component < 2) {
            *real = (double)*integer / DEGREE;
            return MIR_SHOWN_REAL;
        }
        return MIR_SHOWN_INT;
    }
    append_value(out, store, shape, shape->kind, part);
    return out->size == before ? MIR_SHOWN_NULL : MIR_SHOWN_TEXT;
}

enum mir_shown_as mir_shows_cell(struct mir_buf *out,
    int64_t *integer,
    double *real,
    struct mir_store *store,
    const struct mir_schema_field *field,
    int component,
    struct mir_bytes cell)
{
    size_t before = out->size;
    if (cell.size == 0) {
        return MIR_SHOWN_NULL;
    }
    if (component >= 0 && (uint32_t)component < field->component_count) {
        return show_component(out, integer, real, store, field, (uint32_t)component, cell);
    }
    if (field->shape.kind == MIR_KIND_INT || field->shape.kind == MIR_KIND_FLAG) {
        return mir_part_int(integer, cell, 0) ? MIR_SHOWN_INT : MIR_SHOWN_NULL;
    }
    if (mir_schema_key_form(field) != MIR_KEY_NONE || field->shape.kind == MIR_KIND_LIST) {
        append_joined(out, store, field, cell);
    } else {
        append_value(out, store, &field->shape, field->shape.kind, cell);
    }
    return out->size == before ? MIR_SHOWN_NULL : MIR_SHOWN_TEXT;
}
