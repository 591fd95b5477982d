/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/writes.c - one register with every write held of it; see the header.
 *
 * The state that a row carries is what the digest holds of it, so that a change takes out exactly
 * what it put in, whatever happened to roles or to the record in between.
 */
#include "writes.h"

#include "cells.h"
#include "digest.h"
#include "fail.h"
#include "msgpack.h"
#include "teamschema.h"
#include "touch.h"
#include "value.h"

#include <string.h>

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

enum mir_write_reason mir_write_judge(const struct mir_schema_field *field,
    struct mir_bytes key,
    struct mir_bytes value,
    uint8_t role)
{
    if (field == NULL) {
        return MIR_WRITE_SCHEMA;
    }
    if ((mir_schema_key_form(field) == MIR_KEY_NONE) != (key.size == 0)) {
        return MIR_WRITE_TYPE;
    }
    if (field->policy == MIR_POLICY_DERIVED) {
        return MIR_WRITE_POLICY;
    }
    if (mir_value_check(field, key, value, NULL) != MIRSAL_OK) {
        return MIR_WRITE_VALUE;
    }
    if (field->policy == MIR_POLICY_LOG && mir_schema_key_form(field) == MIR_KEY_SET &&
        value.data[0] == 0) {
        return MIR_WRITE_POLICY;
    }
    return mir_value_rank(field, key, value) > role ? MIR_WRITE_POLICY : MIR_WRITE_NONE;
}

/* Copies borrowed bytes of a statement into the scratch arena; a failure is told by ok. */
static struct mir_bytes keep_bytes(int *ok, struct mir_store *store, struct mir_bytes bytes)
{
    struct mir_bytes kept = { NULL, bytes.size };
    if (bytes.size > 0) {
        kept.data = mir_arena_copy(&store->projection->scratch, bytes.data, bytes.size);
        *ok = *ok && kept.data != NULL;
    }
    return kept;
}

static mirsal_code reserve(struct mir_writes *writes, struct mir_store *store, mirsal_error *err)
{
    if (writes->count < writes->capacity) {
        return MIRSAL_OK;
    }
    struct mir_arena *arena = &store->projection->scratch;
    size_t capacity = writes->capacity * 2 + 2;
    struct mir_register_write *grown = mir_arena_alloc(arena, capacity, sizeof *grown);
    struct mir_write_held *held = mir_arena_alloc(arena, capacity, sizeof *held);
    if (grown == NULL || held == NULL) {
        return no_memory(err);
    }
    if (writes->count > 0) {
        memcpy(grown, writes->writes, writes->count * sizeof *grown);
        memcpy(held, writes->held, writes->count * sizeof *held);
    }
    writes->writes = grown;
    writes->held = held;
    writes->capacity = capacity;
    return MIRSAL_OK;
}

/* Columns of the selects below. */
enum {
    COLUMN_CHANGESET,
    COLUMN_ID,
    COLUMN_STAMP,
    COLUMN_COMPARTMENT,
    COLUMN_DEVICE,
    COLUMN_KEY,
    COLUMN_ROLE,
    COLUMN_OWN,
    COLUMN_VERSION,
    COLUMN_PLACE,
    COLUMN_VALUE,
    COLUMN_PARENTS,
    COLUMN_REASON,
    COLUMN_STATE,
};

#define AUTHOR_COLUMNS                                                                             \
    "a.changeset, a.id, a.stamp, a.compartment, a.device, d.key, d.role, d.own, a.version, a.place"

static mirsal_code take_author(struct mir_writes *writes,
    struct mir_store *store,
    sqlite3_stmt *find,
    mirsal_error *err)
{
    mirsal_code rc = reserve(writes, store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    struct mir_register_write *write = &writes->writes[writes->count];
    struct mir_write_held *held = &writes->held[writes->count];
    struct mir_bytes id = mir_sql_column(find, COLUMN_ID);
    struct mir_bytes key = mir_sql_column(find, COLUMN_KEY);
    if (id.size != sizeof write->changeset.bytes || key.size != sizeof write->author.bytes) {
        return mir_fail(err, MIRSAL_CORRUPT, "a projected changeset of another size");
    }
    memcpy(write->changeset.bytes, id.data, id.size);
    memcpy(write->author.bytes, key.data, key.size);
    write->author = *mir_membership_author(store->membership, &write->author);
    write->stamp = (uint64_t)mir_sql_column_int(find, COLUMN_STAMP);
    write->role = (enum mir_role)mir_sql_column_int(find, COLUMN_ROLE);
    held->changeset = mir_sql_column_int(find, COLUMN_CHANGESET);
    held->compartment = (uint32_t)mir_sql_column_int(find, COLUMN_COMPARTMENT);
    held->device = mir_sql_column_int(find, COLUMN_DEVICE);
    held->own = mir_sql_column_int(find, COLUMN_OWN) != 0;
    held->schema_version = (uint32_t)mir_sql_column_int(find, COLUMN_VERSION);
    held->schema_place = (uint32_t)mir_sql_column_int(find, COLUMN_PLACE);
    writes->count++;
    return MIRSAL_OK;
}

static mirsal_code load_rows(struct mir_writes *writes, struct mir_store *store, mirsal_error *err)
{
    static const char text[] =
        "SELECT " AUTHOR_COLUMNS ", w.value, w.parents, w.reason, w.state"
        " FROM write w CROSS JOIN applied a ON a.changeset = w.changeset"
        " CROSS JOIN author d ON d.device = a.device"
        " WHERE w.record = ?1 AND w.field = ?2 AND w.key = ?3 ORDER BY w.changeset";
    sqlite3_stmt *find = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, writes->row.id.bytes, sizeof writes->row.id.bytes);
    mir_sql_bind_int(find, 2, writes->field);
    mir_sql_bind_blob(find, 3, writes->key.data, writes->key.size);
    for (;;) {
        rc = mir_sql_step(&row, store->sql, find, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        rc = take_author(writes, store, find, err);
        if (rc != MIRSAL_OK) {
            break;
        }
        struct mir_register_write *write = &writes->writes[writes->count - 1];
        struct mir_write_held *held = &writes->held[writes->count - 1];
        int ok = 1;
        struct mir_bytes parents = keep_bytes(&ok, store, mir_sql_column(find, COLUMN_PARENTS));
        write->value = keep_bytes(&ok, store, mir_sql_column(find, COLUMN_VALUE));
        write->parents = (const struct mir_write_name *)(const void *)parents.data;
        write->parent_count = parents.size / sizeof *write->parents;
        held->stored = 1;
        held->old_reason = (enum mir_write_reason)mir_sql_column_int(find, COLUMN_REASON);
        held->old_state = (enum mir_write_state)mir_sql_column_int(find, COLUMN_STATE);
        if (!ok) {
            rc = no_memory(err);
            break;
        }
    }
    mir_sql_release(find);
    return rc;
}

static mirsal_code load_cell(struct mir_writes *writes, struct mir_store *store, mirsal_error *err)
{
    sqlite3_stmt *read = NULL;
    int row = 0;
    int ok = 1;
    mirsal_code rc = mir_sql_prepare(&read, store->sql, writes->table->read_no, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(read, 1, writes->row.no);
    rc = mir_sql_step(&row, store->sql, read, err);
    if (rc == MIRSAL_OK && row) {
        struct mir_bytes cell = mir_sql_column(read, (int)(MIR_ROW_CELLS + writes->column));
        writes->cell = keep_bytes(&ok, store, cell);
        rc = ok ? MIRSAL_OK : no_memory(err);
    }
    mir_sql_release(read);
    return rc;
}

/* The creating changeset's write, which only the cell holds. */
static mirsal_code load_implicit(struct mir_writes *writes,
    struct mir_store *store,
    struct mir_bytes value,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT " AUTHOR_COLUMNS " FROM applied a CROSS JOIN author d ON d.device = a.device"
        " WHERE a.changeset = ?1";
    sqlite3_stmt *find = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(find, 1, writes->row.changeset);
    rc = mir_sql_step(&row, store->sql, find, err);
    if (rc == MIRSAL_OK && !row) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "a record's changeset was never applied");
    }
    if (rc == MIRSAL_OK) {
        rc = take_author(writes, store, find, err);
    }
    if (rc == MIRSAL_OK) {
        writes->writes[0].value = value;
        writes->held[0].old_state = MIR_STATE_WINNER;
    }
    mir_sql_release(find);
    return rc;
}

mirsal_code mir_writes_load(struct mir_writes *out,
    struct mir_store *store,
    const mirsal_id *record,
    uint32_t field,
    struct mir_bytes key,
    size_t room,
    mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    out->field = field;
    out->key = key;
    out->row.id = *record;
    out->capacity = room;
    out->table = mir_projection_field(&out->column, store->projection, field);
    mirsal_code rc = MIRSAL_OK;
    if (out->capacity > 0) {
        out->capacity = 0;
        rc = reserve(out, store, err);
    }
    if (rc == MIRSAL_OK && out->table != NULL) {
        rc = mir_projection_find(&out->row, store, out->table, record, err);
    }
    if (rc == MIRSAL_OK && out->row.table == NULL) {
        struct mir_row other;
        rc = mir_projection_find_any(&other, store, record, err);
        out->other_type = rc == MIRSAL_OK && other.table != NULL;
    } else if (rc == MIRSAL_OK) {
        rc = load_cell(out, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = load_rows(out, store, err);
    }
    struct mir_bytes value;
    if (rc == MIRSAL_OK && out->count == 0 && out->cell.size > 0 &&
        mir_cell_find(&value, out->table->columns[out->column].form, out->cell, key)) {
        rc = load_implicit(out, store, value, err);
    }
    return rc;
}

static mirsal_code insert_row(struct mir_writes *writes,
    struct mir_store *store,
    size_t at,
    mirsal_error *err)
{
    static const char text[] =
        "INSERT INTO write (record, field, key, changeset, reason, state, value, parents)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    const struct mir_register_write *write = &writes->writes[at];
    struct mir_write_held *held = &writes->held[at];
    sqlite3_stmt *insert = NULL;
    mirsal_code rc = mir_sql_prepare(&insert, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(insert, 1, writes->row.id.bytes, sizeof writes->row.id.bytes);
    mir_sql_bind_int(insert, 2, writes->field);
    mir_sql_bind_blob(insert, 3, writes->key.data, writes->key.size);
    mir_sql_bind_int(insert, 4, held->changeset);
    mir_sql_bind_int(insert, 5, held->old_reason);
    mir_sql_bind_int(insert, 6, held->old_state);
    mir_sql_bind_blob(insert, 7, write->value.data, write->value.size);
    mir_sql_bind_blob(insert, 8, write->parents, write->parent_count * sizeof *write->parents);
    held->stored = 1;
    return mir_sql_done(store->sql, insert, err);
}

mirsal_code mir_writes_materialise(struct mir_writes *writes,
    struct mir_store *store,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < writes->count; i++) {
        if (!writes->held[i].stored) {
            rc = insert_row(writes, store, i, err);
        }
    }
    return rc;
}

mirsal_code mir_writes_add(struct mir_writes *writes,
    struct mir_store *store,
    const struct mir_incoming *incoming,
    mirsal_error *err)
{
    for (size_t i = 0; i < writes->count; i++) {
        if (writes->held[i].changeset == incoming->changeset) {
            return MIRSAL_OK;
        }
    }
    mirsal_code rc = mir_writes_materialise(writes, store, err);
    if (rc == MIRSAL_OK) {
        rc = reserve(writes, store, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    size_t at = writes->count++;
    struct mir_register_write *write = &writes->writes[at];
    struct mir_write_held *held = &writes->held[at];
    memset(write, 0, sizeof *write);
    memset(held, 0, sizeof *held);
    write->changeset = *incoming->id;
    write->author = *mir_membership_author(store->membership, incoming->device);
    write->role = (enum mir_role)incoming->author->role;
    write->stamp = incoming->stamp;
    write->value = incoming->value;
    write->parents = (const struct mir_write_name *)(const void *)incoming->parents;
    write->parent_count = incoming->parents_count;
    held->changeset = incoming->changeset;
    held->device = incoming->author->device;
    held->own = incoming->author->own;
    held->compartment = incoming->compartment;
    held->schema_version = incoming->schema_version;
    held->schema_place = incoming->schema_place;
    return insert_row(writes, store, at, err);
}

/* What makes a write one of the record's creation: its changeset, or a twin of it (merge.md 4). */
static mirsal_code mark_creating(struct mir_writes *writes,
    struct mir_store *store,
    mirsal_error *err)
{
    static const char text[] = "SELECT device, stamp FROM applied WHERE changeset = ?1";
    sqlite3_stmt *find = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(find, 1, writes->row.changeset);
    rc = mir_sql_step(&row, store->sql, find, err);
    for (size_t i = 0; rc == MIRSAL_OK && row && i < writes->count; i++) {
        const struct mir_write_held *held = &writes->held[i];
        struct mir_register_write *write = &writes->writes[i];
        int twin = held->device == mir_sql_column_int(find, 0) &&
                   (int64_t)write->stamp == mir_sql_column_int(find, 1) &&
                   held->compartment != writes->row.compartment && write->parent_count == 0;
        write->creating = held->changeset == writes->row.changeset || twin;
    }
    mir_sql_release(find);
    return rc;
}

static enum mir_write_reason judge_write(const struct mir_writes *writes,
    const struct mir_store *store,
    size_t at)
{
    const struct mir_register_write *write = &writes->writes[at];
    const struct mir_schema_field *field =
        writes->table == NULL ? NULL : writes->table->columns[writes->column].field;
    if (mir_projection_is_purged(store, &writes->row.id)) {
        return MIR_WRITE_PURGED;
    }
    enum mir_write_reason reason =
        mir_write_judge(field, writes->key, write->value, (uint8_t)write->role);
    if (reason != MIR_WRITE_NONE) {
        return reason;
    }
    if (mir_team_schema_clashes(
            store, writes->held[at].schema_version, writes->held[at].schema_place, writes->field)) {
        return MIR_WRITE_SCHEMA;
    }
    if (writes->row.table == NULL) {
        return writes->other_type ? MIR_WRITE_TYPE : MIR_WRITE_ORPHAN;
    }
    if (mir_schema_field_compartment(field, writes->row.compartment) !=
        writes->held[at].compartment) {
        return MIR_WRITE_COMPARTMENT;
    }
    return MIR_WRITE_NONE;
}

/* The place of a value in its field's order: codes' numbers in lattices, presence in sets. */
static uint32_t ordinal_of(const struct mir_schema_field *field, struct mir_bytes value)
{
    if (field == NULL ||
        (field->policy != MIR_POLICY_LATTICE && mir_schema_key_form(field) != MIR_KEY_SET)) {
        return 0;
    }
    struct mir_reader reader;
    mir_reader_init(&reader, value.data, value.size);
    return mir_mp_peek(&reader) == MIR_MP_INT ? (uint32_t)mir_mp_read_uint_max(&reader, UINT32_MAX)
                                              : 0;
}

mirsal_code mir_writes_evaluate(struct mir_writes *writes,
    struct mir_store *store,
    mirsal_error *err)
{
    const struct mir_schema_field *field =
        writes->table == NULL ? NULL : writes->table->columns[writes->column].field;
    enum mir_policy policy = field == NULL ? MIR_POLICY_LATEST : field->policy;
    mirsal_code rc = MIRSAL_OK;
    if (policy == MIR_POLICY_ONCE && writes->row.table != NULL) {
        rc = mark_creating(writes, store, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    for (size_t i = 0; i < writes->count; i++) {
        writes->held[i].reason = judge_write(writes, store, i);
        writes->writes[i].accepted = writes->held[i].reason == MIR_WRITE_NONE;
        writes->writes[i].ordinal = ordinal_of(field, writes->writes[i].value);
    }
    return mir_register_evaluate(
        &writes->result, writes->writes, writes->count, policy, store->env, err);
}

mirsal_code mir_writes_held(int *has,
    struct mir_store *store,
    const mirsal_id *record,
    uint32_t field,
    struct mir_bytes key,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT 1 FROM write WHERE record = ?1 AND field = ?2 AND key = ?3 LIMIT 1";
    sqlite3_stmt *find = NULL;
    *has = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, record->bytes, sizeof record->bytes);
    mir_sql_bind_int(find, 2, field);
    mir_sql_bind_blob(find, 3, key.data, key.size);
    rc = mir_sql_step(has, store->sql, find, err);
    mir_sql_release(find);
    return rc;
}
