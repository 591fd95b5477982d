/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/tables.c - the projection's tables: described, made, extended, emptied; see the header.
 */
#include "tables.h"

#include "bearing.h"
#include "fail.h"

#include <stdio.h>
#include <string.h>

#define INDEXES                                                                                    \
    "CREATE VIRTUAL TABLE words USING fts5("                                                       \
    " body, content='', tokenize='unicode61 remove_diacritics 2');"                                \
    "CREATE VIRTUAL TABLE points USING rtree_i32("                                                 \
    " no, west, east, south, north);"

static const char shared_tables[] =
    "CREATE TABLE applied ("
    " changeset INTEGER PRIMARY KEY,"
    " seq INTEGER NOT NULL UNIQUE,"
    " id BLOB NOT NULL,"
    " device INTEGER NOT NULL,"
    " compartment INTEGER NOT NULL,"
    " stamp INTEGER NOT NULL,"
    " first INTEGER NOT NULL,"
    " last INTEGER NOT NULL,"
    " version INTEGER NOT NULL,"
    " place INTEGER NOT NULL);"
    "CREATE TABLE author ("
    " device INTEGER PRIMARY KEY,"
    " key BLOB NOT NULL,"
    " role INTEGER NOT NULL,"
    " own INTEGER NOT NULL);"
    "CREATE TABLE write ("
    " record BLOB NOT NULL,"
    " field INTEGER NOT NULL,"
    " key BLOB NOT NULL,"
    " changeset INTEGER NOT NULL,"
    " reason INTEGER NOT NULL,"
    " state INTEGER NOT NULL,"
    " value BLOB NOT NULL,"
    " parents BLOB NOT NULL,"
    " PRIMARY KEY (record, field, key, changeset)) WITHOUT ROWID;"
    "CREATE INDEX write_changeset ON write (changeset);"
    "CREATE INDEX write_reason ON write (reason) WHERE reason <> 0;"
    "CREATE TABLE stray ("
    " id BLOB PRIMARY KEY, type INTEGER NOT NULL, changeset INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE orphan (record BLOB PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE purged (record BLOB PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE review ("
    " record BLOB NOT NULL,"
    " kind INTEGER NOT NULL,"
    " field INTEGER NOT NULL,"
    " key BLOB NOT NULL,"
    " others BLOB NOT NULL,"
    " PRIMARY KEY (record, kind, field, key)) WITHOUT ROWID;"
    "CREATE TABLE child ("
    " parent BLOB NOT NULL, no INTEGER NOT NULL, PRIMARY KEY (parent, no)) WITHOUT ROWID;"
    "CREATE TABLE bears ("
    " target BLOB NOT NULL, no INTEGER NOT NULL, PRIMARY KEY (target, no)) WITHOUT ROWID;"
    "CREATE TABLE touched (no INTEGER PRIMARY KEY);"
    "CREATE TABLE digest (compartment INTEGER PRIMARY KEY, sum BLOB NOT NULL);"
    "CREATE TABLE projected ("
    " one INTEGER PRIMARY KEY, seq INTEGER NOT NULL, counter INTEGER NOT NULL);"
    "INSERT INTO projected (one, seq, counter) VALUES (1, 0, 0);"
    "CREATE TABLE figures ("
    " no INTEGER PRIMARY KEY,"
    " killed_min INTEGER, killed_best INTEGER, killed_max INTEGER,"
    " wounded_min INTEGER, wounded_best INTEGER, wounded_max INTEGER,"
    " actors BLOB, sources BLOB);" INDEXES;

static const char empty_tables[] =
    "DELETE FROM applied; DELETE FROM author; DELETE FROM write; DELETE FROM stray;"
    "DELETE FROM orphan; DELETE FROM purged; DELETE FROM review; DELETE FROM child;"
    "DELETE FROM bears; DELETE FROM touched; DELETE FROM digest; DELETE FROM figures;"
    "DELETE FROM points;"
    "INSERT INTO words (words) VALUES ('delete-all');";

/* A text in the arena; NULL fails the caller with NO_MEMORY. */
static const char *keep_text(struct mir_projection *projection, struct mir_buf *text)
{
    return text->failed == MIRSAL_OK ? mir_arena_copy(&projection->arena, text->data, text->size)
                                     : NULL;
}

static int column_named(const struct mir_table *table, const char *name, enum mir_kind kind)
{
    for (uint32_t i = 0; i < table->column_count; i++) {
        const struct mir_schema_field *field = table->columns[i].field;
        if ((name == NULL || strcmp(field->name, name) == 0) && field->shape.kind == kind) {
            return (int)i;
        }
    }
    return -1;
}

/* What a statement selects after the columns of every record. */
enum selection { NO_CELLS, LEAN_CELLS, ALL_CELLS };

static const char *select_text(struct mir_projection *projection,
    const struct mir_table *table,
    enum selection selection,
    const char *by)
{
    struct mir_buf *text = &projection->text;
    mir_buf_reset(text);
    mir_buf_append_text(text, "SELECT no, changeset, updated, compartment, withdrawn");
    if (selection != NO_CELLS) {
        mir_buf_append_text(text, ", id");
    }
    for (uint32_t i = 0; selection != NO_CELLS && i < table->column_count; i++) {
        const struct mir_schema_field *field = table->columns[i].field;
        if (selection == LEAN_CELLS &&
            (field->shape.kind == MIR_KIND_LANGTEXT || field->shape.kind == MIR_KIND_NAMES)) {
            mir_buf_append_text(text, ", NULL");
        } else {
            mir_buf_append_format(text, ", f%u", field->id);
        }
    }
    mir_buf_append_format(text, " FROM r_%u WHERE %s = ?1", table->type->id, by);
    return keep_text(projection, text);
}

static const char *insert_text(struct mir_projection *projection, const struct mir_table *table)
{
    struct mir_buf *text = &projection->text;
    mir_buf_reset(text);
    mir_buf_append_format(text,
        "INSERT OR IGNORE INTO r_%u (no, id, changeset, updated, compartment", table->type->id);
    for (uint32_t i = 0; i < table->column_count; i++) {
        mir_buf_append_format(text, ", f%u", table->columns[i].field->id);
    }
    mir_buf_append_text(text, ") VALUES (?1, ?2, ?3, ?3, ?4");
    for (uint32_t i = 0; i < table->column_count; i++) {
        mir_buf_append_format(text, ", ?%u", i + 5);
    }
    mir_buf_append_text(text, ")");
    return keep_text(projection, text);
}

static int is_searched(const struct mir_schema_field *field)
{
    switch (field->shape.kind) {
    case MIR_KIND_LANGTEXT:
    case MIR_KIND_NAMES:
        return 1;
    case MIR_KIND_TEXT:
        return strcmp(field->name, "source_id") != 0;
    case MIR_KIND_SET:
        return field->shape.element == MIR_KIND_TEXT;
    case MIR_KIND_NONE:
    case MIR_KIND_INT:
    case MIR_KIND_CODE:
    case MIR_KIND_REF:
    case MIR_KIND_DATE:
    case MIR_KIND_POINT:
    case MIR_KIND_TUPLE:
    case MIR_KIND_TIME:
    case MIR_KIND_LIST:
    case MIR_KIND_BYTES32:
    case MIR_KIND_FLAG:
    case MIR_KIND_DAY:
    case MIR_KIND_WITHDRAWAL:
        break;
    }
    return 0;
}

static mirsal_code describe_columns(struct mir_projection *projection,
    struct mir_table *table,
    mirsal_error *err)
{
    struct mir_buf *text = &projection->text;
    for (uint32_t i = 0; i < table->column_count; i++) {
        struct mir_column *column = &table->columns[i];
        column->field = &table->type->fields[i];
        column->form = mir_schema_key_form(column->field);
        column->searched = is_searched(column->field);
        column->bears = mir_bearing_is_named(table->type->name, column->field->name);
        mir_buf_reset(text);
        mir_buf_append_format(
            text, "UPDATE r_%u SET f%u = ?2 WHERE no = ?1", table->type->id, column->field->id);
        column->update = keep_text(projection, text);
        if (column->update == NULL) {
            return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
        }
    }
    return MIRSAL_OK;
}

static const char *source_text(struct mir_projection *projection, const struct mir_table *table)
{
    struct mir_buf *text = &projection->text;
    if (table->source_id < 0) {
        return "";
    }
    mir_buf_reset(text);
    mir_buf_append_format(text,
        "SELECT r.id, d.key, d.role, d.own FROM r_%u r"
        " CROSS JOIN applied a ON a.changeset = r.changeset"
        " CROSS JOIN author d ON d.device = a.device WHERE r.f%u = ?1 ORDER BY r.id",
        table->type->id, table->columns[table->source_id].field->id);
    return keep_text(projection, text);
}

static const char *twins_text(struct mir_projection *projection, const struct mir_table *table)
{
    struct mir_buf *text = &projection->text;
    if (table->source_id < 0) {
        return "";
    }
    mir_buf_reset(text);
    mir_buf_append_format(text, "SELECT no FROM r_%u WHERE f%u = ?2", table->type->id,
        table->columns[table->source_id].field->id);
    return keep_text(projection, text);
}

static mirsal_code describe_table(struct mir_projection *projection,
    struct mir_table *table,
    const struct mir_schema_type *type,
    mirsal_error *err)
{
    struct mir_buf *text = &projection->text;
    table->type = type;
    table->column_count = type->field_count;
    table->columns =
        mir_arena_alloc(&projection->arena, type->field_count + 1, sizeof *table->columns);
    if (table->columns == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mirsal_code rc = describe_columns(projection, table, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    table->source_id = column_named(table, "source_id", MIR_KIND_TEXT);
    table->withdrawn = column_named(table, "withdrawn", MIR_KIND_WITHDRAWAL);
    table->parent = type->parent == NULL ? -1 : (int)(type->parent - type->fields);
    table->point = column_named(table, "point", MIR_KIND_POINT);
    table->date = column_named(table, "date", MIR_KIND_DATE);
    table->insert = insert_text(projection, table);
    table->find = select_text(projection, table, NO_CELLS, "id");
    table->read = select_text(projection, table, ALL_CELLS, "id");
    table->read_no = select_text(projection, table, ALL_CELLS, "no");
    table->read_lean = select_text(projection, table, LEAN_CELLS, "no");
    table->source = source_text(projection, table);
    table->twins = twins_text(projection, table);
    table->settles = mir_bearing_settles(type->name);
    mir_buf_reset(text);
    mir_buf_append_format(text,
        "UPDATE r_%u SET updated = ?2, withdrawn = ?3, changeset = ?4 WHERE no = ?1", type->id);
    table->mark = keep_text(projection, text);
    if (table->insert == NULL || table->find == NULL || table->read == NULL ||
        table->read_no == NULL || table->read_lean == NULL || table->mark == NULL ||
        table->source == NULL || table->twins == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    return MIRSAL_OK;
}

mirsal_code mir_tables_describe(struct mir_projection *projection,
    const struct mir_schema *schema,
    mirsal_error *err)
{
    projection->schema = schema;
    projection->schema_version = schema->version;
    projection->table_count = schema->type_count;
    projection->tables =
        mir_arena_alloc(&projection->arena, schema->type_count + 1, sizeof *projection->tables);
    if (projection->tables == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    for (uint32_t i = 0; i < schema->type_count; i++) {
        if (schema->types[i].id > MIR_TYPE_MASK) {
            return mir_fail(err, MIRSAL_LIMIT, "the schema's type %u", schema->types[i].id);
        }
        mirsal_code rc = describe_table(projection, &projection->tables[i], &schema->types[i], err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    return MIRSAL_OK;
}

/* Runs a text made at run time, which gives no rows. */
static mirsal_code run_text(struct mir_store *store, const struct mir_buf *text, mirsal_error *err)
{
    mirsal_code rc = mir_buf_finish(text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    return mir_sql_run(store->sql, (const char *)text->data, err);
}

/* How many columns the table has; 0 when it is not there. */
static mirsal_code count_columns(int64_t *count,
    struct mir_store *store,
    const struct mir_table *table,
    mirsal_error *err)
{
    static const char text[] = "SELECT count(*) FROM pragma_table_info(?1)";
    char name[16];
    sqlite3_stmt *find = NULL;
    int row = 0;
    *count = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    (void)snprintf(name, sizeof name, "r_%u", table->type->id);
    mir_sql_bind_text(find, 1, name, strlen(name));
    rc = mir_sql_step(&row, store->sql, find, err);
    *count = rc == MIRSAL_OK && row ? mir_sql_column_int(find, 0) : 0;
    mir_sql_release(find);
    return rc;
}

static mirsal_code has_column(int *has,
    struct mir_store *store,
    const struct mir_table *table,
    uint32_t field,
    mirsal_error *err)
{
    static const char text[] = "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2";
    char name[16];
    char column[16];
    sqlite3_stmt *find = NULL;
    *has = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    (void)snprintf(name, sizeof name, "r_%u", table->type->id);
    (void)snprintf(column, sizeof column, "f%u", field);
    mir_sql_bind_text(find, 1, name, strlen(name));
    mir_sql_bind_text(find, 2, column, strlen(column));
    rc = mir_sql_step(has, store->sql, find, err);
    mir_sql_release(find);
    return rc;
}

static mirsal_code create_table(struct mir_store *store,
    const struct mir_table *table,
    mirsal_error *err)
{
    struct mir_buf *text = &store->projection->text;
    mir_buf_reset(text);
    mir_buf_append_format(text,
        "CREATE TABLE r_%u (no INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
        " changeset INTEGER NOT NULL, updated INTEGER NOT NULL, compartment INTEGER NOT NULL,"
        " withdrawn INTEGER NOT NULL DEFAULT 0",
        table->type->id);
    for (uint32_t i = 0; i < table->column_count; i++) {
        mir_buf_append_format(text, ", f%u BLOB", table->columns[i].field->id);
    }
    mir_buf_append_text(text, ");");
    if (table->source_id >= 0) {
        uint32_t field = table->columns[table->source_id].field->id;
        mir_buf_append_format(text, "CREATE INDEX r_%u_source ON r_%u (f%u) WHERE f%u IS NOT NULL;",
            table->type->id, table->type->id, field, field);
    }
    mir_buf_append_u8(text, 0);
    return run_text(store, text, err);
}

/* Columns of fields that the schema got since the table was made. */
static mirsal_code extend_table(struct mir_store *store,
    const struct mir_table *table,
    mirsal_error *err)
{
    struct mir_buf *text = &store->projection->text;
    for (uint32_t i = 0; i < table->column_count; i++) {
        uint32_t field = table->columns[i].field->id;
        int has = 0;
        mirsal_code rc = has_column(&has, store, table, field, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
        if (has) {
            continue;
        }
        mir_buf_reset(text);
        mir_buf_append_format(text, "ALTER TABLE r_%u ADD COLUMN f%u BLOB", table->type->id, field);
        mir_buf_append_u8(text, 0);
        rc = run_text(store, text, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    return MIRSAL_OK;
}

static mirsal_code make_shared(struct mir_store *store, mirsal_error *err)
{
    static const char text[] = "SELECT 1 FROM sqlite_master WHERE name = 'projected'";
    sqlite3_stmt *find = NULL;
    int there = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&there, store->sql, find, err);
    }
    mir_sql_release(find);
    if (rc != MIRSAL_OK || there) {
        return rc;
    }
    return mir_sql_run(store->sql, shared_tables, err);
}

mirsal_code mir_tables_make(struct mir_store *store, mirsal_error *err)
{
    const struct mir_projection *projection = store->projection;
    mirsal_code rc = make_shared(store, err);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < projection->table_count; i++) {
        const struct mir_table *table = &projection->tables[i];
        int64_t columns = 0;
        rc = count_columns(&columns, store, table, err);
        if (rc == MIRSAL_OK && columns == 0) {
            rc = create_table(store, table, err);
        } else if (rc == MIRSAL_OK && columns < MIR_ROW_CELLS + (int64_t)table->column_count) {
            rc = extend_table(store, table, err);
        }
    }
    return rc;
}

mirsal_code mir_tables_renew(struct mir_store *store, mirsal_error *err)
{
    return mir_sql_run(store->sql, "DROP TABLE words; DROP TABLE points;" INDEXES, err);
}

/* Those of types that the schema in use does not know too. */
mirsal_code mir_tables_empty(struct mir_store *store, mirsal_error *err)
{
    static const char find_text[] =
        "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name GLOB 'r_[0-9]*'";
    struct mir_buf *text = &store->projection->text;
    sqlite3_stmt *find = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_run(store->sql, empty_tables, err);
    mir_buf_reset(text);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&find, store->sql, find_text, err);
    }
    while (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, store->sql, find, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        struct mir_bytes name = mir_sql_column(find, 0);
        mir_buf_append_text(text, "DELETE FROM ");
        mir_buf_append(text, name.data, name.size);
        mir_buf_append_u8(text, ';');
    }
    mir_sql_release(find);
    mir_buf_append_u8(text, 0);
    return rc == MIRSAL_OK ? run_text(store, text, err) : rc;
}
