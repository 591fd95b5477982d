/* SPDX-License-Identifier: Apache-2.0 */
/* store/purge.c - purge orders given, approved and lifted; see the header. */
#include "purge.h"

#include "acts.h"
#include "fail.h"
#include "members.h"
#include "opening.h"
#include "projection.h"
#include "sort.h"
#include "statements.h"

#include <string.h>

#define ARENA_MAX ((size_t)16 << 20)

static int compare_hashes(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(((const mirsal_hash *)a)->bytes, ((const mirsal_hash *)b)->bytes,
        sizeof((const mirsal_hash *)a)->bytes);
}

/* Ids of a query on a record (?1), appended to out. */
static mirsal_code take_ids(struct mir_buf *out,
    struct mir_store *store,
    const char *text,
    const mirsal_id *record,
    int64_t changeset,
    mirsal_error *err)
{
    sqlite3_stmt *find = NULL;
    int there = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, record->bytes, sizeof record->bytes);
    mir_sql_bind_int(find, 2, changeset);
    while ((rc = mir_sql_step(&there, store->sql, find, err)) == MIRSAL_OK && there) {
        struct mir_bytes id = mir_sql_column(find, 0);
        if (id.size != sizeof(mirsal_hash)) {
            rc = mir_fail(err, MIRSAL_CORRUPT, "a changeset's id of another size");
            break;
        }
        mir_buf_append(out, id.data, id.size);
    }
    mir_sql_release(find);
    return rc;
}

static mirsal_code take_projected(struct mir_buf *out,
    struct mir_store *store,
    const mirsal_id *record,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT a.id FROM applied a WHERE a.changeset IN (SELECT changeset FROM write"
        " WHERE record = ?1 UNION SELECT changeset FROM stray WHERE id = ?1 UNION SELECT ?2)";
    struct mir_row row;
    mirsal_code rc = mir_projection_find_any(&row, store, record, err);
    return rc == MIRSAL_OK
               ? take_ids(out, store, text, record, row.table == NULL ? 0 : row.changeset, err)
               : rc;
}

static int writes_to(const struct mir_body *body, const mirsal_id *record)
{
    for (uint32_t i = 0; i < body->creates_count; i++) {
        if (memcmp(&body->creates[i].record, record, sizeof *record) == 0) {
            return 1;
        }
    }
    for (uint32_t i = body->edits_at; i < body->writes_count; i++) {
        if (memcmp(&body->writes[i].record, record, sizeof *record) == 0) {
            return 1;
        }
    }
    return 0;
}

static mirsal_code look_inside(struct mir_buf *out,
    struct mir_arena *arena,
    struct mir_store *store,
    int64_t no,
    const mirsal_id *record,
    mirsal_error *err)
{
    struct mir_changeset changeset;
    struct mir_chain_row row;
    struct mir_opened opened;
    enum mir_content content = MIR_CONTENT_OPENED;
    memset(&opened, 0, sizeof opened);
    mir_arena_reset(arena);
    mirsal_code rc = mir_chain_row(&row, store->sql, no, err);
    if (rc == MIRSAL_OK) {
        rc = mir_chain_load(&changeset, arena, store->sql, no, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_content_open(&opened, &content, arena, store, &changeset, &row, err);
    }
    if (rc == MIRSAL_OK && content == MIR_CONTENT_OPENED && writes_to(&opened.body, record)) {
        mir_buf_append(out, row.id.bytes, sizeof row.id.bytes);
    }
    return rc;
}

/* What is held and stands in no table may say something of the record, too. */
static mirsal_code take_unprojected(struct mir_buf *out,
    struct mir_store *store,
    const mirsal_id *record,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT no FROM changeset WHERE projected = 0 AND compartment <> 255 AND kept IN (0, 3)";
    sqlite3_stmt *find = NULL;
    struct mir_arena arena;
    struct mir_buf numbers;
    int there = 0;
    mir_arena_init(&arena, store->env, MIR_BODY_MEMORY_MAX);
    mir_buf_init(&numbers, store->env, SIZE_MAX / 2);
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    while (rc == MIRSAL_OK && (rc = mir_sql_step(&there, store->sql, find, err)) == MIRSAL_OK &&
           there) {
        int64_t no = mir_sql_column_int(find, 0);
        mir_buf_append(&numbers, &no, sizeof no);
    }
    mir_sql_release(find);
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&numbers, err);
    }
    for (size_t at = 0; rc == MIRSAL_OK && at < numbers.size; at += sizeof(int64_t)) {
        int64_t no = 0;
        memcpy(&no, numbers.data + at, sizeof no);
        rc = look_inside(out, &arena, store, no, record, err);
    }
    mir_buf_fini(&numbers);
    mir_arena_fini(&arena);
    return rc;
}

mirsal_code mir_purge_bodies(mirsal_hash **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *record,
    mirsal_error *err)
{
    struct mir_buf ids;
    mir_buf_init(&ids, store->env, SIZE_MAX / 2);
    *out = NULL;
    *count = 0;
    mirsal_code rc = take_projected(&ids, store, record, err);
    if (rc == MIRSAL_OK) {
        rc = take_unprojected(&ids, store, record, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&ids, err);
    }
    if (rc == MIRSAL_OK && ids.size > 0) {
        *count = ids.size / sizeof **out;
        *out = mir_arena_copy(arena, ids.data, ids.size);
        rc = *out == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory") : MIRSAL_OK;
    }
    if (rc == MIRSAL_OK && *count > 0) {
        mir_sort(*out, *count, sizeof **out, compare_hashes, NULL);
    }
    mir_buf_fini(&ids);
    return rc;
}

static mirsal_code may_say(const struct mir_store *store,
    const struct mir_root *root,
    mirsal_error *err)
{
    const struct mir_member *self =
        mir_membership_device(store->membership, mir_store_device(store));
    if (root != NULL) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_members_need(store, MIR_ROLE_ADMIN, err);
    return rc == MIRSAL_OK && self->frozen
               ? mir_fail(err, MIRSAL_NOT_ALLOWED, "this device is frozen until root decides")
               : rc;
}

static mirsal_code finish(struct mir_store *store, mirsal_code rc, mirsal_error *err)
{
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    return mir_store_commit(store, err);
}

/* An order in force names the record, and each of its bodies. */
static int is_ordered(const struct mir_store *store,
    const mirsal_id *record,
    const mirsal_hash *bodies,
    size_t count)
{
    if (mir_purges_of_record(store->membership, record) == MIR_PURGE_NONE) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (mir_purges_of_body(store->membership, &bodies[i]) == MIR_PURGE_NONE) {
            return 0;
        }
    }
    return 1;
}

mirsal_code mir_purge_say(mirsal_hash *order,
    struct mir_store *store,
    const struct mir_root *root,
    const mirsal_id *record,
    const char *reason,
    mirsal_error *err)
{
    struct mir_say what = { .kind = MIR_SAY_PURGE };
    mirsal_hash *bodies = NULL;
    struct mir_arena arena;
    size_t count = 0;
    mir_arena_init(&arena, store->env, ARENA_MAX);
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    rc = may_say(store, root, err);
    if (rc == MIRSAL_OK) {
        rc = mir_purge_bodies(&bodies, &count, &arena, store, record, err);
    }
    if (rc == MIRSAL_OK && is_ordered(store, record, bodies, count)) {
        rc = mir_fail(err, MIRSAL_NOT_ALLOWED, "an order names it already: see purge list");
    } else if (rc == MIRSAL_OK && count == 0) {
        rc = mir_fail(err, MIRSAL_NOT_FOUND, "nothing of the record is held");
    }
    what.purge.records = record;
    what.purge.record_count = 1;
    what.purge.changesets = bodies;
    what.purge.changeset_count = (uint32_t)count;
    if (rc == MIRSAL_OK) {
        rc = mir_statements_seal_text(&what.purge.reason, &arena, store, reason, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_statements_settle(order, store, root, &what, err);
    }
    rc = finish(store, rc, err);
out:
    mir_arena_fini(&arena);
    return rc;
}

static const mirsal_hash *author_of(const struct mir_store *store, const mirsal_hash *changeset)
{
    for (size_t i = 0; i < store->members->count; i++) {
        if (mir_hash_equal(&store->members->facts[i].id, changeset)) {
            return &store->members->facts[i].device;
        }
    }
    return changeset; /* no device has this key */
}

/* Whether the person of this device has spoken for the order. */
static int has_spoken(const struct mir_store *store, const struct mir_purge *purge)
{
    const struct mir_member *self =
        mir_membership_device(store->membership, mir_store_device(store));
    for (size_t i = 0; i < purge->voice_count; i++) {
        const struct mir_member *member =
            mir_membership_device(store->membership, author_of(store, &purge->voices[i]));
        if (member != NULL && member->person == self->person) {
            return 1;
        }
    }
    return 0;
}

static mirsal_code find_order(const struct mir_purge **out,
    const struct mir_store *store,
    const mirsal_hash *order,
    mirsal_error *err)
{
    *out = mir_purges_find(store->membership, order);
    if (*out == NULL) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "no such order");
    }
    return (*out)->lifted ? mir_fail(err, MIRSAL_NOT_FOUND, "the order was lifted") : MIRSAL_OK;
}

mirsal_code mir_purge_approve(struct mir_store *store,
    const struct mir_root *root,
    const mirsal_hash *order,
    mirsal_error *err)
{
    struct mir_say what = { .kind = MIR_SAY_PURGE };
    const struct mir_purge *purge = NULL;
    mirsal_hash said;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = may_say(store, root, err);
    if (rc == MIRSAL_OK) {
        rc = find_order(&purge, store, order, err);
    }
    if (rc == MIRSAL_OK && purge->level == MIR_PURGE_ORDERED) {
        rc = mir_fail(err, MIRSAL_NOT_ALLOWED, "it is ordered already");
    } else if (rc == MIRSAL_OK && root == NULL && has_spoken(store, purge)) {
        rc = mir_fail(err, MIRSAL_NOT_ALLOWED,
            "another person's word is needed: this device's person has spoken");
    }
    what.purge.approves = 1;
    what.purge.of = *order;
    if (rc == MIRSAL_OK) {
        rc = mir_statements_settle(&said, store, root, &what, err);
    }
    return finish(store, rc, err);
}

mirsal_code mir_purge_lift(struct mir_store *store,
    const struct mir_root *root,
    const mirsal_hash *order,
    mirsal_error *err)
{
    struct mir_say what = { .kind = MIR_SAY_UNPURGE };
    const struct mir_purge *purge = NULL;
    mirsal_hash said;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = may_say(store, root, err);
    if (rc == MIRSAL_OK) {
        rc = find_order(&purge, store, order, err);
    }
    if (rc == MIRSAL_OK && root == NULL && purge->by_root) {
        rc = mir_fail(err, MIRSAL_NOT_ALLOWED, "root's word is needed to lift what root ordered");
    }
    what.subject = *order;
    if (rc == MIRSAL_OK) {
        rc = mir_statements_settle(&said, store, root, &what, err);
    }
    return finish(store, rc, err);
}
