/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/bearing.c - what an incident's figures hang on; see the header.
 */
#include "bearing.h"

#include "fail.h"
#include "msgpack.h"
#include "parts.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *type;
    const char *field;
} named[] = { { "casualty", "report" }, { "casualty", "supersedes" }, { "casualty", "subset_of" },
    { "assessment", "supersedes" }, { "assessment", "rejected" }, { "link", "a" },
    { "link", "b" } };

static const char *const settled[] = { "incident", "casualty", "attribution", "assessment",
    "link" };

int mir_bearing_is_named(const char *type, const char *field)
{
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (strcmp(named[i].type, type) == 0 && strcmp(named[i].field, field) == 0) {
            return 1;
        }
    }
    return 0;
}

int mir_bearing_settles(const char *type)
{
    for (size_t i = 0; i < sizeof settled / sizeof settled[0]; i++) {
        if (strcmp(settled[i], type) == 0) {
            return 1;
        }
    }
    return 0;
}

static int is_type(const struct mir_table *table, const char *type)
{
    return strcmp(table->type->name, type) == 0;
}

mirsal_code mir_bearing_change(struct mir_store *store,
    int64_t no,
    const struct mir_column *column,
    int sign,
    struct mir_bytes cell,
    mirsal_error *err)
{
    static const char insert_text[] = "INSERT OR IGNORE INTO bears (target, no) VALUES (?1, ?2)";
    static const char delete_text[] = "DELETE FROM bears WHERE target = ?1 AND no = ?2";
    struct mir_named_refs refs;
    struct mir_bytes ref;
    mirsal_code rc = MIRSAL_OK;
    mir_named_begin(&refs, column->field, cell);
    while (rc == MIRSAL_OK && mir_named_next(&refs, &ref)) {
        sqlite3_stmt *change = NULL;
        rc = mir_sql_prepare(&change, store->sql, sign > 0 ? insert_text : delete_text, err);
        if (rc == MIRSAL_OK) {
            mir_sql_bind_blob(change, 1, ref.data, ref.size);
            mir_sql_bind_int(change, 2, no);
            rc = mir_sql_done(store->sql, change, err);
        }
    }
    return rc;
}

mirsal_code mir_bearing_touch(struct mir_store *store,
    const struct mir_table *table,
    int64_t no,
    mirsal_error *err)
{
    static const char text[] = "INSERT OR IGNORE INTO touched (no) VALUES (?1)";
    sqlite3_stmt *insert = NULL;
    if (!table->settles) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_sql_prepare(&insert, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(insert, 1, no);
    return mir_sql_done(store->sql, insert, err);
}

/* The row of the record that a reference means; its table is NULL when it is not held. */
static mirsal_code find_named(struct mir_row *out,
    struct mir_store *store,
    const struct mir_schema_field *field,
    int64_t changeset,
    struct mir_bytes ref,
    mirsal_error *err)
{
    const struct mir_table *likely = mir_projection_table(store->projection, field->shape.refers);
    mirsal_id id;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_rows_meant(&id, store, field->shape.refers, ref, changeset, err);
    if (rc != MIRSAL_OK || (likely != NULL && !likely->settles)) {
        return rc;
    }
    if (likely != NULL) {
        rc = mir_projection_find(out, store, likely, &id, err);
        if (rc != MIRSAL_OK || out->table != NULL) {
            return rc;
        }
    }
    return mir_projection_find_any(out, store, &id, err);
}

mirsal_code mir_bearing_touch_named(struct mir_store *store,
    const struct mir_row *row,
    const struct mir_column *column,
    struct mir_bytes cell,
    mirsal_error *err)
{
    struct mir_named_refs refs;
    struct mir_bytes ref;
    mirsal_code rc = MIRSAL_OK;
    mir_named_begin(&refs, column->field, cell);
    while (rc == MIRSAL_OK && mir_named_next(&refs, &ref)) {
        struct mir_row found;
        rc = find_named(&found, store, column->field, row->changeset, ref, err);
        if (rc == MIRSAL_OK && found.table != NULL) {
            rc = mir_bearing_touch(store, found.table, found.no, err);
        }
    }
    return rc;
}

/* A reference by id, as cells hold it. */
struct encoded_id {
    uint8_t bytes[2 + sizeof(mirsal_id)];
};

static struct mir_bytes encode_id(struct encoded_id *out, const mirsal_id *id)
{
    out->bytes[0] = 0xc4; /* bin 8 */
    out->bytes[1] = sizeof id->bytes;
    memcpy(out->bytes + 2, id->bytes, sizeof id->bytes);
    return (struct mir_bytes){ out->bytes, sizeof out->bytes };
}

mirsal_code mir_bearing_touch_naming(struct mir_store *store,
    const mirsal_id *id,
    struct mir_bytes source_id,
    mirsal_error *err)
{
    static const char text[] =
        "INSERT OR IGNORE INTO touched (no) SELECT no FROM bears WHERE target IN (?1, ?2)";
    struct encoded_id encoded;
    struct mir_bytes target = encode_id(&encoded, id);
    sqlite3_stmt *insert = NULL;
    mirsal_code rc = mir_sql_prepare(&insert, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(insert, 1, target.data, target.size);
    mir_sql_bind_blob(insert, 2, source_id.data, source_id.size);
    return mir_sql_done(store->sql, insert, err);
}

mirsal_code mir_bearing_touch_twins(struct mir_store *store,
    const struct mir_table *table,
    struct mir_bytes source_id,
    mirsal_error *err)
{
    sqlite3_stmt *find = NULL;
    int there = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, table->twins, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 2, source_id.data, source_id.size);
    while ((rc = mir_sql_step(&there, store->sql, find, err)) == MIRSAL_OK && there) {
        rc = mir_bearing_touch(store, table, mir_sql_column_int(find, 0), err);
        if (rc != MIRSAL_OK) {
            break;
        }
    }
    mir_sql_release(find);
    return rc;
}

mirsal_code mir_bearing_touch_all(struct mir_store *store, mirsal_error *err)
{
    const struct mir_projection *projection = store->projection;
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t i = 0; rc == MIRSAL_OK && i < projection->table_count; i++) {
        char text[80];
        if (is_type(&projection->tables[i], "incident") ||
            is_type(&projection->tables[i], "link")) {
            (void)snprintf(text, sizeof text,
                "INSERT OR IGNORE INTO touched (no) SELECT no FROM r_%u",
                projection->tables[i].type->id);
            rc = mir_sql_run(store->sql, text, err);
        }
    }
    return rc;
}

struct gathering {
    struct mir_bearing *out;
    struct mir_arena *arena;
    struct mir_store *store;
    mirsal_id incident; /* whose surroundings were added last: most name it alone */
};

static mirsal_code add_row(struct gathering *gathering, int64_t no, mirsal_error *err)
{
    const struct mir_table *table = mir_projection_table_of_no(gathering->store->projection, no);
    if (table == NULL || !table->settles) {
        return MIRSAL_OK;
    }
    return mir_rows_take(
        is_type(table, "incident") ? &gathering->out->incidents : &gathering->out->others,
        gathering->arena, gathering->store, no, err);
}

/* What a record may be named by: its id, and its source id when it has one. */
struct names {
    struct encoded_id encoded;
    struct mir_bytes source_id;
};

static struct names names_of(const struct mir_full_row *row)
{
    struct names names = { .source_id = mir_rows_cell(row, "source_id") };
    (void)encode_id(&names.encoded, &row->row.id);
    return names;
}

/* The rows that a statement gives for a record's names, ?1 the id, in the arena. */
static mirsal_code list_rows(int64_t **out,
    size_t *count,
    struct gathering *gathering,
    const char *text,
    const struct names *names,
    mirsal_error *err)
{
    size_t room = 0;
    sqlite3_stmt *find = NULL;
    int there = 0;
    *out = NULL;
    *count = 0;
    mirsal_code rc = mir_sql_prepare(&find, gathering->store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, names->encoded.bytes, sizeof names->encoded.bytes);
    mir_sql_bind_blob(find, 2, names->source_id.data, names->source_id.size);
    while ((rc = mir_sql_step(&there, gathering->store->sql, find, err)) == MIRSAL_OK && there) {
        if (*count == room) {
            room = room == 0 ? 8 : 2 * room;
            int64_t *grown = mir_arena_alloc(gathering->arena, room, sizeof *grown);
            if (grown == NULL) {
                rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
                break;
            }
            if (*count > 0) {
                memcpy(grown, *out, *count * sizeof *grown);
            }
            *out = grown;
        }
        (*out)[(*count)++] = mir_sql_column_int(find, 0);
    }
    mir_sql_release(find);
    return rc;
}

/* 1: a link that makes a part of the cluster. A cluster without claims joins nothing. */
static mirsal_code is_part(int *part,
    struct gathering *gathering,
    const struct mir_row *cluster,
    int64_t no,
    mirsal_error *err)
{
    struct mir_full_row link;
    mirsal_id whole;
    *part = 0;
    mirsal_code rc = mir_rows_read(&link, gathering->arena, gathering->store, no, err);
    if (rc == MIRSAL_OK) {
        rc = mir_rows_ref(&whole, gathering->store, &link, "b", err);
    }
    *part = rc == MIRSAL_OK && strcmp(mir_rows_code(&link, "rel"), "part_of") == 0 &&
            memcmp(&whole, &cluster->id, sizeof whole) == 0;
    return rc;
}

/* Adds what names the record; idle: it joins no parts. */
static mirsal_code add_naming(struct gathering *gathering,
    const struct mir_row *row,
    const struct names *names,
    int idle,
    mirsal_error *err)
{
    static const char text[] = "SELECT no FROM bears WHERE target IN (?1, ?2)";
    int64_t *rows = NULL;
    size_t count = 0;
    mirsal_code rc = list_rows(&rows, &count, gathering, text, names, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        int part = 0;
        if (idle) {
            rc = is_part(&part, gathering, row, rows[i], err);
        }
        rc = rc == MIRSAL_OK && !part ? add_row(gathering, rows[i], err) : rc;
    }
    return rc;
}

static mirsal_code add_children(struct gathering *gathering,
    int *any,
    const struct names *names,
    mirsal_error *err)
{
    static const char text[] = "SELECT no FROM child WHERE parent IN (?1, ?2)";
    int64_t *rows = NULL;
    size_t count = 0;
    mirsal_code rc = list_rows(&rows, &count, gathering, text, names, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        const struct mir_table *table =
            mir_projection_table_of_no(gathering->store->projection, rows[i]);
        *any = *any || (table != NULL && table->settles);
        rc = add_row(gathering, rows[i], err);
    }
    return rc;
}

/* Records of one source id may be one. */
static mirsal_code add_twins(struct gathering *gathering,
    const struct mir_table *table,
    const struct names *names,
    mirsal_error *err)
{
    int64_t *rows = NULL;
    size_t count = 0;
    if (names->source_id.size == 0) {
        return MIRSAL_OK;
    }
    mirsal_code rc = list_rows(&rows, &count, gathering, table->twins, names, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        rc = add_row(gathering, rows[i], err);
    }
    return rc;
}

static mirsal_code add_incident(struct gathering *gathering, size_t at, mirsal_error *err)
{
    const struct mir_full_row row = gathering->out->incidents.rows[at];
    const struct names names = names_of(&row);
    int claims = 0;
    gathering->incident = row.row.id;
    mirsal_code rc = add_children(gathering, &claims, &names, err);
    if (rc == MIRSAL_OK) {
        int idle = !claims && strcmp(mir_rows_code(&row, "kind"), "cluster") == 0;
        rc = add_naming(gathering, &row.row, &names, idle, err);
    }
    return rc == MIRSAL_OK ? add_twins(gathering, row.row.table, &names, err) : rc;
}

static mirsal_code add_named(struct gathering *gathering,
    const struct mir_full_row *row,
    uint32_t column,
    mirsal_error *err)
{
    const struct mir_schema_field *field = row->row.table->columns[column].field;
    struct mir_named_refs refs;
    struct mir_bytes ref;
    mirsal_code rc = MIRSAL_OK;
    struct encoded_id encoded;
    struct mir_bytes incident = encode_id(&encoded, &gathering->incident);
    mir_named_begin(&refs, field, row->cells[column]);
    while (rc == MIRSAL_OK && mir_named_next(&refs, &ref)) {
        struct mir_row found;
        if (mir_bytes_equal(ref, incident)) {
            continue;
        }
        rc = find_named(&found, gathering->store, field, row->row.changeset, ref, err);
        if (rc == MIRSAL_OK && found.table != NULL) {
            rc = add_row(gathering, found.no, err);
        }
    }
    return rc;
}

static mirsal_code add_other(struct gathering *gathering, size_t at, mirsal_error *err)
{
    const struct mir_full_row row = gathering->out->others.rows[at];
    const struct mir_table *table = row.row.table;
    const struct names names = names_of(&row);
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t i = 0; rc == MIRSAL_OK && i < table->column_count; i++) {
        if (row.cells[i].size > 0 && (table->columns[i].bears || (int)i == table->parent)) {
            rc = add_named(gathering, &row, i, err);
        }
    }
    if (rc == MIRSAL_OK) {
        rc = add_naming(gathering, &row.row, &names, 0, err);
    }
    return rc == MIRSAL_OK ? add_twins(gathering, table, &names, err) : rc;
}

mirsal_code mir_bearing_gather(struct mir_bearing *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const int64_t *rows,
    size_t count,
    mirsal_error *err)
{
    struct gathering gathering = { .out = out, .arena = arena, .store = store };
    size_t incidents = 0;
    size_t others = 0;
    mirsal_code rc = MIRSAL_OK;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        rc = add_row(&gathering, rows[i], err);
    }
    while (rc == MIRSAL_OK) {
        if (others < out->others.numbers.count) {
            rc = add_other(&gathering, others++, err);
        } else if (incidents < out->incidents.numbers.count) {
            rc = add_incident(&gathering, incidents++, err);
        } else {
            break;
        }
    }
    return rc;
}
