/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/project.c - one accepted changeset into the tables; roles; live writes; see the header.
 */
#include "project.h"

#include "bearing.h"
#include "fail.h"
#include "insert.h"
#include "projection.h"
#include "review.h"
#include "writes.h"

#include <string.h>

/* One row of integers, or none. */
static mirsal_code read_ints(int *there,
    int64_t *out,
    int count,
    struct mir_store *store,
    const char *text,
    int64_t argument,
    mirsal_error *err)
{
    sqlite3_stmt *find = NULL;
    *there = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(find, 1, argument);
    rc = mir_sql_step(there, store->sql, find, err);
    for (int i = 0; rc == MIRSAL_OK && *there && i < count; i++) {
        out[i] = mir_sql_column_int(find, i);
    }
    mir_sql_release(find);
    return rc;
}

static mirsal_code save_author(struct mir_store *store,
    const mirsal_hash *key,
    const struct mir_project_author *author,
    mirsal_error *err)
{
    static const char text[] = "INSERT OR REPLACE INTO author (device, key, role, own)"
                               " VALUES (?1, ?2, ?3, ?4)";
    sqlite3_stmt *save = NULL;
    mirsal_code rc = mir_sql_prepare(&save, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(save, 1, author->device);
    mir_sql_bind_blob(save, 2, key->bytes, sizeof key->bytes);
    mir_sql_bind_int(save, 3, author->role);
    mir_sql_bind_int(save, 4, author->own);
    return mir_sql_done(store->sql, save, err);
}

/* The author as ranks see it from now on. */
static mirsal_code meet_author(struct mir_store *store,
    const mirsal_hash *key,
    const struct mir_project_author *author,
    mirsal_error *err)
{
    static const char text[] = "SELECT role, own FROM author WHERE device = ?1";
    int64_t known[2] = { 0, 0 };
    int there = 0;
    mirsal_code rc = read_ints(&there, known, 2, store, text, author->device, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (there && known[0] != author->role) {
        rc = mir_project_role(store, author->device, author->role, err);
    }
    if (rc == MIRSAL_OK && (!there || known[1] != author->own)) {
        rc = save_author(store, key, author, err);
    }
    return rc;
}

mirsal_code mir_projection_begin(struct mir_store *store, uint32_t compartment, mirsal_error *err)
{
    static const char counts_text[] = "SELECT seq, counter FROM projected WHERE one = ?1";
    static const char orphans_text[] = "SELECT 1 FROM orphan WHERE ?1 LIMIT 1";
    struct mir_projection *projection = store->projection;
    int64_t counts[2] = { 0, 0 };
    int there = 0;
    mir_arena_reset(&projection->scratch);
    projection->compartment = compartment;
    projection->opened = 0;
    mirsal_code rc = read_ints(&there, counts, 2, store, counts_text, 1, err);
    if (rc == MIRSAL_OK) {
        projection->seq = counts[0];
        projection->counter = counts[1];
        rc = read_ints(&projection->orphans, counts, 0, store, orphans_text, 1, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_projection_digest_load(&projection->digest, store, compartment, err);
    }
    return rc;
}

mirsal_code mir_projection_end(struct mir_store *store, mirsal_error *err)
{
    static const char text[] = "UPDATE projected SET seq = ?1, counter = ?2 WHERE one = 1";
    struct mir_projection *projection = store->projection;
    mirsal_code rc =
        mir_projection_digest_save(store, projection->compartment, &projection->digest, err);
    sqlite3_stmt *save = NULL;
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&save, store->sql, text, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(save, 1, projection->seq);
    mir_sql_bind_int(save, 2, projection->counter);
    return mir_sql_done(store->sql, save, err);
}

static mirsal_code insert_applied(struct mir_store *store,
    const struct mir_incoming *incoming,
    uint32_t creates,
    mirsal_error *err)
{
    static const char text[] =
        "INSERT INTO applied (changeset, seq, id, device, compartment, stamp, first, last,"
        " version, place) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    struct mir_projection *projection = store->projection;
    sqlite3_stmt *insert = NULL;
    mirsal_code rc = mir_sql_prepare(&insert, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(insert, 1, incoming->changeset);
    mir_sql_bind_int(insert, 2, ++projection->seq);
    mir_sql_bind_blob(insert, 3, incoming->id->bytes, sizeof incoming->id->bytes);
    mir_sql_bind_int(insert, 4, incoming->author->device);
    mir_sql_bind_int(insert, 5, incoming->compartment);
    mir_sql_bind_int(insert, 6, (int64_t)incoming->stamp);
    mir_sql_bind_int(insert, 7, projection->counter + 1);
    mir_sql_bind_int(insert, 8, projection->counter + (int64_t)creates);
    mir_sql_bind_int(insert, 9, incoming->schema_version);
    mir_sql_bind_int(insert, 10, incoming->schema_place);
    return mir_sql_done(store->sql, insert, err);
}

static mirsal_code apply_edit(struct mir_store *store,
    const struct mir_write *write,
    const struct mir_incoming *base,
    mirsal_error *err)
{
    struct mir_incoming incoming = *base;
    struct mir_writes writes;
    incoming.value = write->value;
    incoming.parents = write->parents;
    incoming.parents_count = write->parents_count;
    mir_arena_reset(&store->projection->scratch);
    mirsal_code rc =
        mir_writes_load(&writes, store, &write->record, write->field, write->key, 2, err);
    if (rc == MIRSAL_OK) {
        rc = mir_writes_add(&writes, store, &incoming, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_writes_settle(&writes, store, err);
    }
    return rc;
}

static mirsal_code apply_edits(struct mir_store *store,
    const struct mir_body *body,
    const struct mir_incoming *incoming,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t i = body->edits_at; rc == MIRSAL_OK && i < body->writes_count; i++) {
        const struct mir_write *write = &body->writes[i];
        rc = apply_edit(store, write, incoming, err);
        int last = i + 1 == body->writes_count ||
                   memcmp(&write->record, &body->writes[i + 1].record, sizeof write->record) != 0;
        if (rc == MIRSAL_OK && last) {
            rc = mir_review_record(store, &write->record, incoming->changeset, err);
        }
    }
    return rc;
}

/* Each register that the changeset wrote to, whether its write is shown or not. */
static void tell_changes(const struct mir_store *store, const struct mir_body *body)
{
    for (uint32_t i = 0; store->on_change != NULL && i < body->writes_count; i++) {
        const struct mir_write *write = &body->writes[i];
        const mirsal_id *record =
            write->create != MIR_NO_CREATE ? &body->creates[write->create].record : &write->record;
        store->on_change(store->on_change_context, record, write->field);
    }
}

mirsal_code mir_project_apply(uint32_t *conflicts_opened,
    struct mir_store *store,
    int64_t changeset_no,
    const mirsal_hash *id,
    const struct mir_header *header,
    const struct mir_project_author *author,
    const struct mir_body *body,
    mirsal_error *err)
{
    static const char applied_text[] = "SELECT 1 FROM applied WHERE changeset = ?1";
    const struct mir_incoming incoming = {
        .changeset = changeset_no,
        .id = id,
        .device = &header->device,
        .author = author,
        .compartment = header->compartment,
        .schema_version = body->schema_version,
        .schema_place = body->schema_place,
        .stamp = body->stamp,
    };
    int there = 0;
    *conflicts_opened = 0;
    mirsal_code rc = read_ints(&there, NULL, 0, store, applied_text, changeset_no, err);
    if (rc != MIRSAL_OK || there) {
        return rc;
    }
    rc = meet_author(store, &header->device, author, err);
    if (rc == MIRSAL_OK) {
        rc = mir_projection_begin(store, header->compartment, err);
    }
    if (rc == MIRSAL_OK) {
        rc = insert_applied(store, &incoming, body->creates_count, err);
    }
    if (rc == MIRSAL_OK && body->creates_count > 0) {
        rc = mir_insert_creates(store, body, &incoming, err);
    }
    if (rc == MIRSAL_OK) {
        rc = apply_edits(store, body, &incoming, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_projection_end(store, err);
    }
    if (rc == MIRSAL_OK) {
        *conflicts_opened = store->projection->opened;
        tell_changes(store, body);
    }
    mir_arena_reset(&store->projection->scratch);
    return rc;
}

/* Records that the device wrote to by rows of `write`. */
static mirsal_code list_records(mirsal_id **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t device,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT DISTINCT w.record, count(*) OVER () FROM applied a"
        " CROSS JOIN write w ON w.changeset = a.changeset WHERE a.device = ?1";
    sqlite3_stmt *find = NULL;
    int there = 0;
    *out = NULL;
    *count = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(find, 1, device);
    for (;;) {
        rc = mir_sql_step(&there, store->sql, find, err);
        if (rc != MIRSAL_OK || !there) {
            break;
        }
        size_t total = (size_t)mir_sql_column_int(find, 1);
        struct mir_bytes record = mir_sql_column(find, 0);
        *out = *out == NULL ? mir_arena_alloc(arena, total, sizeof **out) : *out;
        if (*out == NULL || record.size != sizeof(mirsal_id)) {
            rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
            break;
        }
        memcpy((*out)[(*count)++].bytes, record.data, record.size);
    }
    mir_sql_release(find);
    return rc;
}

mirsal_code mir_project_role(struct mir_store *store,
    int64_t device,
    uint8_t role,
    mirsal_error *err)
{
    static const char text[] = "UPDATE author SET role = ?2 WHERE device = ?1 AND role <> ?2";
    struct mir_arena arena;
    mirsal_id *records = NULL;
    size_t count = 0;
    sqlite3_stmt *update = NULL;
    mirsal_code rc = mir_sql_prepare(&update, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(update, 1, device);
    mir_sql_bind_int(update, 2, role);
    rc = mir_sql_done(store->sql, update, err);
    if (rc != MIRSAL_OK || sqlite3_changes(mir_sql_handle(store->sql)) == 0) {
        return rc;
    }
    mir_arena_init(&arena, store->env, SIZE_MAX);
    rc = list_records(&records, &count, &arena, store, device, err);
    if (rc == MIRSAL_OK) {
        rc = mir_projection_begin(store, MIR_COMPARTMENT_MAIN, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        mir_arena_reset(&store->projection->scratch);
        rc = mir_review_resettle(store, &records[i], err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_bearing_touch_all(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_projection_end(store, err);
    }
    if (rc == MIRSAL_OK && count > 0 && store->on_change != NULL) {
        store->on_change(store->on_change_context, NULL, 0);
    }
    mir_arena_fini(&arena);
    return rc;
}

mirsal_code mir_project_live(struct mir_buf *out,
    int *foreign,
    struct mir_store *store,
    const mirsal_id *record,
    uint32_t field,
    struct mir_bytes key,
    mirsal_error *err)
{
    struct mir_writes writes;
    *foreign = 0;
    mir_arena_reset(&store->projection->scratch);
    mirsal_code rc = mir_writes_load(&writes, store, record, field, key, 0, err);
    if (rc == MIRSAL_OK) {
        rc = mir_writes_evaluate(&writes, store, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < writes.count; i++) {
        if (writes.writes[i].live) {
            mir_buf_append(out, writes.writes[i].changeset.bytes, MIR_REF_SIZE);
            *foreign = *foreign || !writes.held[i].own;
        }
    }
    mir_arena_reset(&store->projection->scratch);
    return rc == MIRSAL_OK ? mir_buf_finish(out, err) : rc;
}
