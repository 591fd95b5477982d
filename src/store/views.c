/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/views.c - one view per record type; see the header.
 *
 * The functions behind the views have no effects and are marked innocuous, so that SQLite lets them
 * stand in views. A type that is named as a table gets "_" behind its view's name.
 */
#include "views.h"

#include "fail.h"
#include "parts.h"
#include "shows.h"
#include "text.h"

#include <string.h>

#define FUNCTION_FLAGS (SQLITE_UTF8 | SQLITE_INNOCUOUS)

static struct mir_bytes blob_of(sqlite3_value *value)
{
    const void *data = sqlite3_value_blob(value);
    return (struct mir_bytes){ data, data == NULL ? 0 : (size_t)sqlite3_value_bytes(value) };
}

static void return_text(sqlite3_context *context, struct mir_buf *text)
{
    if (text->failed != MIRSAL_OK || text->size > INT32_MAX) {
        sqlite3_result_error_nomem(context);
    } else {
        sqlite3_result_text(context, (const char *)text->data, (int)text->size, SQLITE_TRANSIENT);
    }
}

static void begin_text(struct mir_buf *text, struct mir_store *store)
{
    mir_buf_init(text, store->env, (size_t)1 << 30);
}

/* mir_show(field, component, cell) */
static void show_function(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    struct mir_store *store = sqlite3_user_data(context);
    const struct mir_schema_field *field = count == 3
                                               ? mir_schema_field_by_id(store->projection->schema,
                                                     (uint32_t)sqlite3_value_int64(arguments[0]))
                                               : NULL;
    if (field == NULL || sqlite3_value_type(arguments[2]) == SQLITE_NULL) {
        sqlite3_result_null(context);
        return;
    }
    struct mir_buf text;
    int64_t integer = 0;
    double real = 0;
    begin_text(&text, store);
    switch (mir_shows_cell(&text, &integer, &real, store, field, sqlite3_value_int(arguments[1]),
        blob_of(arguments[2]))) {
    case MIR_SHOWN_NULL:
        sqlite3_result_null(context);
        break;
    case MIR_SHOWN_INT:
        sqlite3_result_int64(context, integer);
        break;
    case MIR_SHOWN_REAL:
        sqlite3_result_double(context, real);
        break;
    case MIR_SHOWN_TEXT:
        return_text(context, &text);
        break;
    }
    mir_buf_fini(&text);
}

/* mir_uuid(id) */
static void uuid_function(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    struct mir_bytes id = count == 1 ? blob_of(arguments[0]) : (struct mir_bytes){ NULL, 0 };
    char text[MIR_UUID_TEXT_SIZE];
    mirsal_id copy;
    if (id.size != sizeof copy.bytes) {
        sqlite3_result_null(context);
        return;
    }
    memcpy(copy.bytes, id.data, id.size);
    mir_uuid_format(text, &copy);
    sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

/* mir_time(stamp) */
static void time_function(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    struct mir_store *store = sqlite3_user_data(context);
    struct mir_buf text;
    begin_text(&text, store);
    uint64_t stamp = count == 1 ? (uint64_t)sqlite3_value_int64(arguments[0]) : 0;
    mir_shows_time(&text, (int64_t)(stamp >> 16));
    return_text(context, &text);
    mir_buf_fini(&text);
}

/* mir_names(ids): names of records, joined. */
static void names_function(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    struct mir_store *store = sqlite3_user_data(context);
    struct mir_bytes ids = count == 1 ? blob_of(arguments[0]) : (struct mir_bytes){ NULL, 0 };
    struct mir_buf text;
    mirsal_id id;
    mirsal_code rc = MIRSAL_OK;
    if (ids.size < sizeof id.bytes) {
        sqlite3_result_null(context);
        return;
    }
    begin_text(&text, store);
    for (size_t at = 0; rc == MIRSAL_OK && at + sizeof id.bytes <= ids.size;
         at += sizeof id.bytes) {
        memcpy(id.bytes, ids.data + at, sizeof id.bytes);
        mir_buf_append_text(&text, at > 0 ? "; " : "");
        rc = mir_shows_name(&text, store, &id, NULL);
    }
    if (rc == MIRSAL_OK) {
        return_text(context, &text);
    } else {
        sqlite3_result_error(context, "a name could not be read", -1);
    }
    mir_buf_fini(&text);
}

/* A field's cell of a record read by its id; *found tells. Copied into out. */
static mirsal_code read_cell(struct mir_buf *out,
    const struct mir_schema_field **field,
    struct mir_store *store,
    const mirsal_id *id,
    const char *name,
    mirsal_error *err)
{
    struct mir_row row;
    sqlite3_stmt *read = NULL;
    int there = 0;
    int component = 0;
    *field = NULL;
    mir_buf_reset(out);
    mirsal_code rc = mir_projection_find_any(&row, store, id, err);
    if (rc != MIRSAL_OK || row.table == NULL) {
        return rc;
    }
    *field = mir_schema_field_by_name(&component, row.table->type, name);
    if (*field == NULL || component >= 0) {
        *field = NULL;
        return MIRSAL_OK;
    }
    rc = mir_sql_prepare(&read, store->sql, row.table->read_no, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(read, 1, row.no);
    rc = mir_sql_step(&there, store->sql, read, err);
    if (rc == MIRSAL_OK && there) {
        struct mir_bytes cell =
            mir_sql_column(read, (int)(MIR_ROW_CELLS + (*field - row.table->type->fields)));
        mir_buf_append(out, cell.data, cell.size);
        rc = mir_buf_finish(out, err);
    }
    mir_sql_release(read);
    return rc;
}

/* The record that a reference's cell names; 0 when it is not held. */
static int follow(mirsal_id *out, struct mir_store *store, struct mir_bytes cell, int64_t changeset)
{
    int found = 0;
    return cell.size > 0 &&
           mir_read_reference(out, &found, store, 0, cell, changeset, NULL) == MIRSAL_OK && found;
}

enum place_part { PLACE_NAME, PLACE_GOVERNORATE, PLACE_LAT, PLACE_LON };

static void return_part(sqlite3_context *context, struct mir_bytes point, uint32_t part)
{
    int64_t number = 0;
    if (mir_part_int(&number, mir_part_at(point, part), 0)) {
        sqlite3_result_double(context, (double)number / 10000000.0);
    } else {
        sqlite3_result_null(context);
    }
}

/* The governorate a place lies in: itself when it has none above it and is one. */
static mirsal_code find_governorate(int *found,
    mirsal_id *id,
    struct mir_store *store,
    int64_t changeset,
    struct mir_buf *cell)
{
    const struct mir_schema_field *field = NULL;
    int64_t kind = 0;
    mirsal_code rc = read_cell(cell, &field, store, id, "admin1", NULL);
    *found = rc == MIRSAL_OK && follow(id, store, mir_buf_bytes(cell), changeset);
    if (rc != MIRSAL_OK || *found) {
        return rc;
    }
    rc = read_cell(cell, &field, store, id, "kind", NULL);
    if (rc == MIRSAL_OK && field != NULL && field->shape.vocabulary != NULL &&
        mir_part_int(&kind, mir_buf_bytes(cell), 0)) {
        const struct mir_schema_code *code =
            mir_schema_code_by_id(field->shape.vocabulary, (uint32_t)kind);
        *found = code != NULL && strcmp(code->code, "governorate") == 0;
    }
    return rc;
}

/* mir_place(part, cell of the reference, changeset that wrote it) */
static void place_function(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    struct mir_store *store = sqlite3_user_data(context);
    const struct mir_schema_field *field = NULL;
    mirsal_id id;
    sqlite3_result_null(context);
    if (count != 3 ||
        !follow(&id, store, blob_of(arguments[1]), sqlite3_value_int64(arguments[2]))) {
        return;
    }
    struct mir_buf text;
    mirsal_code rc = MIRSAL_OK;
    int found = 1;
    int part = sqlite3_value_int(arguments[0]);
    begin_text(&text, store);
    if (part == PLACE_LAT || part == PLACE_LON) {
        rc = read_cell(&text, &field, store, &id, "point", NULL);
        return_part(context, mir_buf_bytes(&text), part == PLACE_LAT ? 0 : 1);
        found = 0;
    } else if (part == PLACE_GOVERNORATE) {
        rc = find_governorate(&found, &id, store, sqlite3_value_int64(arguments[2]), &text);
        mir_buf_reset(&text);
    }
    if (rc == MIRSAL_OK && found) {
        rc = mir_shows_name(&text, store, &id, NULL);
        return_text(context, &text);
    }
    if (rc != MIRSAL_OK) {
        sqlite3_result_error(context, "a place could not be read", -1);
    }
    mir_buf_fini(&text);
}

static mirsal_code register_functions(struct mir_store *store, mirsal_error *err)
{
    static const struct {
        const char *name;
        int arguments;
        void (*call)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {
        { "mir_show", 3, show_function },
        { "mir_uuid", 1, uuid_function },
        { "mir_time", 1, time_function },
        { "mir_names", 1, names_function },
        { "mir_place", 3, place_function },
    };
    /* Once: a word index that holds words back reads, and SQLite refuses functions meanwhile. */
    for (size_t i = 0;
         !store->projection->has_functions && i < sizeof functions / sizeof functions[0]; i++) {
        int result = sqlite3_create_function_v2(mir_sql_handle(store->sql), functions[i].name,
            functions[i].arguments, FUNCTION_FLAGS, store, functions[i].call, NULL, NULL, NULL);
        if (result != SQLITE_OK) {
            return mir_sql_fail(store->sql, result, err);
        }
    }
    store->projection->has_functions = 1;
    return MIRSAL_OK;
}

static void append_field(struct mir_buf *text, const struct mir_schema_field *field)
{
    uint32_t parts = field->shape.kind == MIR_KIND_SET || field->shape.kind == MIR_KIND_LIST
                         ? 0
                         : field->component_count;
    if (parts == 0) {
        mir_buf_append_format(
            text, ", mir_show(%u, -1, r.f%u) AS \"%s\"", field->id, field->id, field->name);
    }
    for (uint32_t i = 0; i < parts; i++) {
        mir_buf_append_format(text, ", mir_show(%u, %u, r.f%u) AS \"%s\"", field->id, i, field->id,
            field->components[i].name);
    }
}

/* lat and lon of an incident: its own, else its place's. */
static void append_incident_point(struct mir_buf *text,
    const struct mir_schema_field *point,
    const struct mir_schema_field *place)
{
    static const char *const names[] = { "lat", "lon" };
    for (uint32_t i = 0; i < 2; i++) {
        mir_buf_append_format(text,
            ", coalesce(mir_show(%u, %u, r.f%u), mir_place(%d, r.f%u, r.changeset)) AS %s",
            point->id, i, point->id, i == 0 ? PLACE_LAT : PLACE_LON, place->id, names[i]);
    }
    for (uint32_t i = 2; i < point->component_count; i++) {
        mir_buf_append_format(text, ", mir_show(%u, %u, r.f%u) AS \"%s\"", point->id, i, point->id,
            point->components[i].name);
    }
}

static const struct mir_schema_field *field_named(const struct mir_table *table, const char *name)
{
    int component = 0;
    const struct mir_schema_field *field = mir_schema_field_by_name(&component, table->type, name);
    return component < 0 ? field : NULL;
}

static void append_view(struct mir_buf *text, const struct mir_table *table)
{
    int is_incident = strcmp(table->type->name, "incident") == 0;
    const struct mir_schema_field *place = field_named(table, "place");
    mir_buf_append_format(
        text, "CREATE TEMP VIEW \"%s\" AS SELECT mir_uuid(r.id) AS id", table->view);
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (is_incident && place != NULL && (int)i == table->point) {
            append_incident_point(text, table->columns[i].field, place);
        } else {
            append_field(text, table->columns[i].field);
        }
    }
    mir_buf_append_text(text,
        ", CASE r.withdrawn WHEN 1 THEN 'withdrawn' WHEN 3 THEN 'purged'"
        " ELSE 'accepted' END AS state"
        ", (SELECT count(*) FROM review v WHERE v.record = r.id AND v.kind <= 2) AS conflicts"
        ", (SELECT mir_time(a.stamp) FROM applied a WHERE a.changeset = r.updated"
        " AND r.withdrawn <> 3) AS updated");
    if (is_incident && place != NULL) {
        mir_buf_append_format(text,
            ", mir_place(%d, r.f%u, r.changeset) AS place_name"
            ", mir_place(%d, r.f%u, r.changeset) AS governorate",
            PLACE_NAME, place->id, PLACE_GOVERNORATE, place->id);
    }
    if (is_incident) {
        mir_buf_append_text(text,
            ", g.killed_min, g.killed_best, g.killed_max, g.wounded_min, g.wounded_best"
            ", g.wounded_max, mir_names(g.actors) AS actors, mir_names(g.sources) AS sources");
    }
    mir_buf_append_format(text, " FROM r_%u r%s", table->type->id,
        is_incident ? " LEFT JOIN figures g ON g.no = r.no AND r.withdrawn <> 3" : "");
    mir_buf_append_u8(text, 0);
}

/* 1 when a table of the store has this name. */
static mirsal_code is_taken(int *taken,
    struct mir_store *store,
    const char *name,
    mirsal_error *err)
{
    static const char text[] = "SELECT 1 FROM main.sqlite_master WHERE name = ?1 COLLATE NOCASE";
    sqlite3_stmt *find = NULL;
    *taken = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_text(find, 1, name, strlen(name));
    rc = mir_sql_step(taken, store->sql, find, err);
    mir_sql_release(find);
    return rc;
}

static mirsal_code make_view(struct mir_store *store, struct mir_table *table, mirsal_error *err)
{
    struct mir_buf *text = &store->projection->text;
    int taken = 0;
    mirsal_code rc = is_taken(&taken, store, table->type->name, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_buf_reset(text);
    mir_buf_append_format(text, "%s%s", table->type->name, taken ? "_" : "");
    mir_buf_append_u8(text, 0);
    table->view = mir_arena_copy(&store->projection->arena, text->data, text->size);
    if (table->view == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mir_buf_reset(text);
    mir_buf_append_format(text, "DROP VIEW IF EXISTS temp.\"%s\";", table->view);
    append_view(text, table);
    rc = mir_buf_finish(text, err);
    return rc == MIRSAL_OK ? mir_sql_run(store->sql, (const char *)text->data, err) : rc;
}

mirsal_code mir_views_make(struct mir_store *store, mirsal_error *err)
{
    /* A name in double quotes is a column or an error, never a text. */
    (void)sqlite3_db_config(mir_sql_handle(store->sql), SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    mirsal_code rc = register_functions(store, err);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < store->projection->table_count; i++) {
        rc = make_view(store, &store->projection->tables[i], err);
    }
    return rc;
}
