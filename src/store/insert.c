/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/insert.c - the records that a changeset creates; see the header.
 *
 * The wire has columns, tables have rows: the writes are first dealt out to their records, which
 * keeps their order (field, key). What cannot stand in a cell (a quarantined write, a code whose
 * author's role decides) goes through writes.h behind the row.
 */
#include "insert.h"

#include "cells.h"
#include "digest.h"
#include "fail.h"
#include "msgpack.h"
#include "review.h"
#include "teamschema.h"
#include "touch.h"
#include "value.h"

#include <string.h>

/* The writes of one created record: places in body->writes. */
struct dealt {
    const uint32_t *places;
    uint32_t count;
};

struct insertion {
    struct mir_store *store;
    const struct mir_body *body;
    const struct mir_incoming *incoming;
    int purged;              /* the record at hand is: no cell of it stands */
    struct mir_bytes *cells; /* of the record at hand, by column */
    uint32_t *late;          /* places of writes for the slow way */
    uint32_t late_count;
};

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

/* Counting sort by record: offsets[i] … offsets[i + 1] are the places of create i. */
static mirsal_code deal_writes(uint32_t **places,
    uint32_t **offsets,
    struct mir_arena *arena,
    const struct mir_body *body,
    mirsal_error *err)
{
    uint32_t *order = mir_arena_alloc(arena, (size_t)body->edits_at + 1, sizeof *order);
    uint32_t *starts = mir_arena_alloc(arena, (size_t)body->creates_count + 2, sizeof *starts);
    if (order == NULL || starts == NULL) {
        return no_memory(err);
    }
    for (uint32_t i = 0; i < body->edits_at; i++) {
        MIR_ASSERT(body->writes[i].create < body->creates_count);
        starts[body->writes[i].create + 2]++;
    }
    for (uint32_t i = 2; i < body->creates_count + 2; i++) {
        starts[i] += starts[i - 1];
    }
    for (uint32_t i = 0; i < body->edits_at; i++) {
        order[starts[body->writes[i].create + 1]++] = i;
    }
    *places = order;
    *offsets = starts;
    return MIRSAL_OK;
}

static int stands_in_cell(const struct insertion *insertion,
    const struct mir_table *table,
    const struct mir_write *write)
{
    uint32_t column = 0;
    const struct mir_table *found =
        mir_projection_field(&column, insertion->store->projection, write->field);
    if (insertion->purged || found != table || table->columns[column].form != write->key_form) {
        return 0;
    }
    const struct mir_schema_field *field = table->columns[column].field;
    uint32_t compartment = insertion->incoming->compartment;
    return !mir_team_schema_clashes(insertion->store, insertion->incoming->schema_version,
               insertion->incoming->schema_place, write->field) &&
           mir_schema_field_compartment(field, compartment) == compartment &&
           mir_write_judge(field, write->key, write->value, insertion->incoming->author->role) ==
               MIR_WRITE_NONE &&
           mir_value_rank(field, write->key, write->value) == 0;
}

/* One field's writes, from at on, as a cell; *at moves behind them. */
static mirsal_code make_cell(struct mir_bytes *cell,
    struct insertion *insertion,
    struct dealt dealt,
    uint32_t *at,
    mirsal_error *err)
{
    const struct mir_write *writes = insertion->body->writes;
    const struct mir_write *first = &writes[dealt.places[*at]];
    uint32_t end = *at;
    while (end < dealt.count && writes[dealt.places[end]].field == first->field) {
        end++;
    }
    if (first->key_form == MIR_KEY_NONE) {
        *cell = first->value;
        *at = end;
        return MIRSAL_OK;
    }
    struct mir_buf *buf = &insertion->store->projection->cell;
    mir_buf_reset(buf);
    mir_mp_write_array(buf, end - *at);
    for (; *at < end; (*at)++) {
        const struct mir_write *write = &writes[dealt.places[*at]];
        if (write->key_form == MIR_KEY_TEXT) {
            mir_mp_write_array(buf, 2);
        }
        mir_buf_append(buf, write->key.data, write->key.size);
        if (write->key_form == MIR_KEY_TEXT) {
            mir_buf_append(buf, write->value.data, write->value.size);
        }
    }
    mirsal_code rc = mir_buf_finish(buf, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    cell->size = buf->size;
    cell->data = mir_arena_copy(&insertion->store->projection->scratch, buf->data, buf->size);
    return cell->data == NULL ? no_memory(err) : MIRSAL_OK;
}

/* Cells of the writes that may stand in them; the others become late. dealt shrinks in place. */
static mirsal_code make_cells(struct insertion *insertion,
    const struct mir_table *table,
    struct dealt *dealt,
    uint32_t *kept,
    mirsal_error *err)
{
    uint32_t count = 0;
    memset(insertion->cells, 0, table->column_count * sizeof *insertion->cells);
    insertion->late_count = 0;
    for (uint32_t i = 0; i < dealt->count; i++) {
        const struct mir_write *write = &insertion->body->writes[dealt->places[i]];
        if (stands_in_cell(insertion, table, write)) {
            kept[count++] = dealt->places[i];
        } else {
            insertion->late[insertion->late_count++] = dealt->places[i];
        }
    }
    *dealt = (struct dealt){ kept, count };
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t at = 0; rc == MIRSAL_OK && at < count;) {
        uint32_t column = 0;
        uint32_t field = insertion->body->writes[kept[at]].field;
        (void)mir_projection_field(&column, insertion->store->projection, field);
        rc = make_cell(&insertion->cells[column], insertion, *dealt, &at, err);
    }
    return rc;
}

/* *inserted = 0 when the id is there already. */
static mirsal_code insert_row(int *inserted,
    struct insertion *insertion,
    const struct mir_row *row,
    const struct mir_bytes *cells,
    mirsal_error *err)
{
    struct mir_sql *sql = insertion->store->sql;
    sqlite3_stmt *insert = NULL;
    *inserted = 0;
    mirsal_code rc = mir_sql_prepare(&insert, sql, row->table->insert, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(insert, 1, row->no);
    mir_sql_bind_blob(insert, 2, row->id.bytes, sizeof row->id.bytes);
    mir_sql_bind_int(insert, 3, row->changeset);
    mir_sql_bind_int(insert, 4, row->compartment);
    for (uint32_t i = 0; cells != NULL && i < row->table->column_count; i++) {
        if (cells[i].size > 0) {
            mir_sql_bind_blob(insert, (int)i + 5, cells[i].data, cells[i].size);
        }
    }
    rc = mir_sql_done(sql, insert, err);
    *inserted = rc == MIRSAL_OK && sqlite3_changes(mir_sql_handle(sql)) > 0;
    return rc;
}

static mirsal_code add_digests(struct insertion *insertion,
    const mirsal_id *record,
    struct dealt dealt,
    mirsal_error *err)
{
    struct mir_projection *projection = insertion->store->projection;
    mirsal_code rc = MIRSAL_OK;
    if (mir_projection_is_recalled(insertion->store, record)) {
        return MIRSAL_OK;
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < dealt.count; i++) {
        const struct mir_write *write = &insertion->body->writes[dealt.places[i]];
        struct mir_digest_register given = {
            .record = record,
            .field = write->field,
            .key = write->key,
            .winner = insertion->incoming->id,
            .value = write->value,
        };
        mirsal_hash term;
        rc = mir_digest_register(&term, &given, &projection->bytes, err);
        if (rc == MIRSAL_OK) {
            mir_digest_add(&projection->digest, &term);
        }
    }
    return rc;
}

static mirsal_code apply_late(struct insertion *insertion,
    const mirsal_id *record,
    const uint32_t *places,
    uint32_t count,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        const struct mir_write *write = &insertion->body->writes[places[i]];
        struct mir_incoming incoming = *insertion->incoming;
        struct mir_writes writes;
        incoming.value = write->value;
        rc = mir_writes_load(&writes, insertion->store, record, write->field, write->key, 2, err);
        if (rc == MIRSAL_OK) {
            rc = mir_writes_add(&writes, insertion->store, &incoming, err);
        }
        if (rc == MIRSAL_OK) {
            rc = mir_writes_settle(&writes, insertion->store, err);
        }
    }
    return rc;
}

/* A record that edits name already: 1 and it is an orphan no more. */
static mirsal_code adopt_orphan(int *was,
    struct mir_store *store,
    const mirsal_id *record,
    mirsal_error *err)
{
    static const char text[] = "DELETE FROM orphan WHERE record = ?1";
    sqlite3_stmt *change = NULL;
    *was = 0;
    if (!store->projection->orphans) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_sql_prepare(&change, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(change, 1, record->bytes, sizeof record->bytes);
    rc = mir_sql_done(store->sql, change, err);
    *was = rc == MIRSAL_OK && sqlite3_changes(mir_sql_handle(store->sql)) > 0;
    if (rc == MIRSAL_OK && *was) {
        struct mir_review item = { .record = *record, .kind = MIR_REVIEW_ORPHAN };
        rc = mir_touch_review(NULL, store, &item, 0, err);
    }
    return rc;
}

/* The id's second creation: of the two changesets the one with the smaller id stands. */
static mirsal_code join_creations(struct insertion *insertion,
    const struct mir_row *row,
    struct dealt all,
    mirsal_error *err)
{
    struct mir_store *store = insertion->store;
    struct mir_row there;
    struct mir_author author;
    mirsal_code rc = mir_projection_find(&there, store, row->table, &row->id, err);
    if (rc == MIRSAL_OK) {
        rc = mir_read_author(&author, store, there.changeset, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_review_materialise(store, &there, err);
    }
    if (rc == MIRSAL_OK &&
        memcmp(insertion->incoming->id->bytes, author.id.bytes, sizeof author.id.bytes) < 0) {
        there.changeset = insertion->incoming->changeset;
        rc = mir_review_mark(store, &there, err);
    }
    if (rc == MIRSAL_OK) {
        rc = apply_late(insertion, &row->id, all.places, all.count, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_review_resettle(store, &row->id, err);
    }
    return rc;
}

static mirsal_code insert_stray(struct insertion *insertion,
    const struct mir_create *create,
    struct dealt all,
    mirsal_error *err)
{
    static const char text[] =
        "INSERT OR IGNORE INTO stray (id, type, changeset) VALUES (?1, ?2, ?3)";
    sqlite3_stmt *insert = NULL;
    mirsal_code rc = mir_sql_prepare(&insert, insertion->store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(insert, 1, create->record.bytes, sizeof create->record.bytes);
    mir_sql_bind_int(insert, 2, create->type);
    mir_sql_bind_int(insert, 3, insertion->incoming->changeset);
    rc = mir_sql_done(insertion->store->sql, insert, err);
    return rc != MIRSAL_OK ? rc
                           : apply_late(insertion, &create->record, all.places, all.count, err);
}

static mirsal_code insert_record(struct insertion *insertion,
    const struct mir_create *create,
    struct dealt all,
    uint32_t *kept,
    mirsal_error *err)
{
    struct mir_store *store = insertion->store;
    const struct mir_table *table = mir_projection_table(store->projection, create->type);
    int64_t number = ++store->projection->counter;
    if (table == NULL) {
        return insert_stray(insertion, create, all, err);
    }
    struct mir_row row = {
        .table = table,
        .id = create->record,
        .no = number << MIR_TYPE_BITS | (int64_t)create->type,
        .changeset = insertion->incoming->changeset,
        .updated = insertion->incoming->changeset,
        .compartment = insertion->incoming->compartment,
    };
    struct dealt dealt = all;
    int orphan = 0;
    int inserted = 0;
    insertion->purged = mir_projection_is_purged(store, &row.id);
    mirsal_code rc = adopt_orphan(&orphan, store, &row.id, err);
    if (rc == MIRSAL_OK) {
        rc = make_cells(insertion, table, &dealt, kept, err);
    }
    if (rc == MIRSAL_OK) {
        rc = insert_row(&inserted, insertion, &row, orphan ? NULL : insertion->cells, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (!inserted) {
        return join_creations(insertion, &row, all, err);
    }
    if (orphan) {
        rc = apply_late(insertion, &row.id, all.places, all.count, err);
        return rc == MIRSAL_OK ? mir_review_resettle(store, &row.id, err) : rc;
    }
    rc = add_digests(insertion, &row.id, dealt, err);
    if (rc == MIRSAL_OK) {
        rc = mir_touch_created(store, &row, insertion->cells, err);
    }
    if (rc == MIRSAL_OK && insertion->late_count > 0) {
        rc = apply_late(insertion, &row.id, insertion->late, insertion->late_count, err);
    }
    int whole =
        insertion->purged || (table->withdrawn >= 0 && insertion->cells[table->withdrawn].size > 0);
    return rc == MIRSAL_OK && whole ? mir_review_resettle(store, &row.id, err) : rc;
}

mirsal_code mir_insert_creates(struct mir_store *store,
    const struct mir_body *body,
    const struct mir_incoming *incoming,
    mirsal_error *err)
{
    struct mir_arena *arena = &store->projection->scratch;
    struct insertion insertion = { .store = store, .body = body, .incoming = incoming };
    uint32_t *places = NULL;
    uint32_t *offsets = NULL;
    uint32_t columns = 1;
    for (uint32_t i = 0; i < store->projection->table_count; i++) {
        uint32_t count = store->projection->tables[i].column_count;
        columns = count > columns ? count : columns;
    }
    mirsal_code rc = deal_writes(&places, &offsets, arena, body, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    uint32_t *kept = mir_arena_alloc(arena, (size_t)body->edits_at + 1, sizeof *kept);
    insertion.late = mir_arena_alloc(arena, (size_t)body->edits_at + 1, sizeof *insertion.late);
    insertion.cells = mir_arena_alloc(arena, columns, sizeof *insertion.cells);
    if (kept == NULL || insertion.late == NULL || insertion.cells == NULL) {
        return no_memory(err);
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < body->creates_count; i++) {
        struct dealt all = { &places[offsets[i]], offsets[i + 1] - offsets[i] };
        rc = insert_record(&insertion, &body->creates[i], all, kept, err);
    }
    return rc;
}
