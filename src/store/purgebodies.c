/* SPDX-License-Identifier: Apache-2.0 */
/* store/purgebodies.c - bodies that tell of a record, and those that no order names. */
#include "purgebodies.h"

#include "fail.h"
#include "members.h"
#include "opening.h"
#include "projection.h"
#include "residues.h"
#include "sort.h"
#include "statement.h"

#include <string.h>

#define NAMED_MAX 2048u /* bodies in one control changeset; the next run names the rest */

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

/* A body that stands in no table and opens here. */
typedef mirsal_code (*visit_body)(void *context,
    const mirsal_hash *changeset,
    const struct mir_body *body,
    mirsal_error *err);

static mirsal_code look_inside(struct mir_arena *arena,
    struct mir_store *store,
    int64_t no,
    visit_body visit,
    void *context,
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
    return rc == MIRSAL_OK && content == MIR_CONTENT_OPENED
               ? visit(context, &row.id, &opened.body, err)
               : rc;
}

/* What is held and stands in no table may say something of a record, too. */
static mirsal_code visit_unprojected(struct mir_store *store,
    visit_body visit,
    void *context,
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
        rc = look_inside(&arena, store, no, visit, context, err);
    }
    mir_buf_fini(&numbers);
    mir_arena_fini(&arena);
    return rc;
}

struct sought {
    struct mir_buf *out;
    const mirsal_id *records;
    size_t count;
};

static mirsal_code take_body(void *context,
    const mirsal_hash *changeset,
    const struct mir_body *body,
    mirsal_error *err)
{
    const struct sought *sought = context;
    (void)err;
    for (size_t i = 0; i < sought->count; i++) {
        if (writes_to(body, &sought->records[i])) {
            mir_buf_append(sought->out, changeset->bytes, sizeof changeset->bytes);
            break;
        }
    }
    return MIRSAL_OK;
}

static size_t drop_twins(mirsal_hash *ids, size_t count)
{
    size_t kept = 0;
    mir_sort(ids, count, sizeof *ids, compare_hashes, NULL);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || !mir_hash_equal(&ids[kept - 1], &ids[i])) {
            ids[kept++] = ids[i];
        }
    }
    return kept;
}

mirsal_code mir_purge_bodies(mirsal_hash **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_id *records,
    size_t record_count,
    mirsal_error *err)
{
    struct mir_buf ids;
    struct sought sought = { &ids, records, record_count };
    mirsal_code rc = MIRSAL_OK;
    mir_buf_init(&ids, store->env, SIZE_MAX / 2);
    *out = NULL;
    *count = 0;
    for (size_t i = 0; rc == MIRSAL_OK && i < record_count; i++) {
        rc = take_projected(&ids, store, &records[i], err);
    }
    if (rc == MIRSAL_OK && record_count > 0) {
        rc = visit_unprojected(store, take_body, &sought, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&ids, err);
    }
    if (rc == MIRSAL_OK && ids.size > 0) {
        *out = mir_arena_copy(arena, ids.data, ids.size);
        rc = *out == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory") : MIRSAL_OK;
        *count = rc == MIRSAL_OK ? drop_twins(*out, ids.size / sizeof **out) : 0;
    }
    mir_buf_fini(&ids);
    return rc;
}

/* A body that tells of a record of an order of level 2, and that no such order names. */
struct unnamed {
    uint32_t order; /* in the membership's purges */
    mirsal_hash changeset;
};

struct naming {
    struct mir_store *store;
    struct mir_buf found; /* struct unnamed */
};

static int compare_unnamed(const void *a, const void *b, void *context)
{
    const struct unnamed *left = a;
    const struct unnamed *right = b;
    return left->order != right->order
               ? (left->order < right->order ? -1 : 1)
               : compare_hashes(&left->changeset, &right->changeset, context);
}

static void take_unnamed(struct naming *naming,
    const mirsal_hash *changeset,
    const mirsal_id *record)
{
    const struct mir_purges *purges = &naming->store->membership->purges;
    struct unnamed row = { .changeset = *changeset };
    if (mir_ordered_record(naming->store->membership, changeset, record)) {
        return;
    }
    for (uint32_t i = 0; i < purges->count; i++) {
        const struct mir_purge *order = &purges->items[i];
        for (size_t r = 0; order->level == MIR_PURGE_ORDERED && r < order->record_count; r++) {
            if (memcmp(order->records[r].bytes, record->bytes, sizeof record->bytes) == 0) {
                row.order = i;
                mir_buf_append(&naming->found, &row, sizeof row);
                return; /* one order is enough */
            }
        }
    }
}

static mirsal_code name_body(void *context,
    const mirsal_hash *changeset,
    const struct mir_body *body,
    mirsal_error *err)
{
    struct naming *naming = context;
    const struct mir_membership *membership = naming->store->membership;
    (void)err;
    for (uint32_t i = 0; i < body->creates_count; i++) {
        if (mir_purges_of_record(membership, &body->creates[i].record) == MIR_PURGE_ORDERED) {
            take_unnamed(naming, changeset, &body->creates[i].record);
        }
    }
    for (uint32_t i = body->edits_at; i < body->writes_count; i++) {
        if (mir_purges_of_record(membership, &body->writes[i].record) == MIR_PURGE_ORDERED) {
            take_unnamed(naming, changeset, &body->writes[i].record);
        }
    }
    return MIRSAL_OK;
}

static mirsal_code name_projected(struct naming *naming, const mirsal_id *record, mirsal_error *err)
{
    struct mir_buf ids;
    mir_buf_init(&ids, naming->store->env, SIZE_MAX / 2);
    mirsal_code rc = take_projected(&ids, naming->store, record, err);
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&ids, err);
    }
    for (size_t at = 0; rc == MIRSAL_OK && at < ids.size; at += sizeof(mirsal_hash)) {
        mirsal_hash changeset;
        memcpy(&changeset, ids.data + at, sizeof changeset);
        take_unnamed(naming, &changeset, record);
    }
    mir_buf_fini(&ids);
    return rc;
}

/* One statement for each order that lacks some. */
static mirsal_code say_namings(struct mir_buf *says,
    struct mir_arena *arena,
    struct naming *naming,
    mirsal_error *err)
{
    struct unnamed *rows = (struct unnamed *)(void *)naming->found.data;
    size_t count = naming->found.size / sizeof *rows;
    size_t left = NAMED_MAX;
    if (count == 0) {
        return MIRSAL_OK;
    }
    mir_sort(rows, count, sizeof *rows, compare_unnamed, NULL);
    for (size_t at = 0; at < count && left > 0;) {
        struct mir_say say = { .kind = MIR_SAY_PURGE };
        uint32_t order = rows[at].order;
        mirsal_hash *bodies = mir_arena_alloc(arena, left, sizeof *bodies);
        if (bodies == NULL) {
            return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
        }
        for (; at < count && rows[at].order == order && left > 0; at++) {
            uint32_t had = say.purge.changeset_count;
            if (had == 0 || !mir_hash_equal(&bodies[had - 1], &rows[at].changeset)) {
                bodies[say.purge.changeset_count++] = rows[at].changeset;
                left--;
            }
        }
        say.purge.approves = 1;
        say.purge.of = naming->store->membership->purges.items[order].id;
        say.purge.changesets = bodies;
        mir_buf_append(says, &say, sizeof say);
    }
    return mir_buf_finish(says, err);
}

mirsal_code mir_purge_name_bodies(struct mir_buf *says,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    const struct mir_purges *purges = &store->membership->purges;
    const struct mir_member *self = mir_members_self(store, MIR_ROLE_ADMIN);
    struct naming naming = { .store = store };
    mirsal_code rc = MIRSAL_OK;
    int any = 0;
    if (self == NULL || self->frozen) {
        return MIRSAL_OK;
    }
    mir_buf_init(&naming.found, store->env, SIZE_MAX / 2);
    for (size_t i = 0; rc == MIRSAL_OK && i < purges->record_count; i++) {
        if (purges->records[i].level == MIR_PURGE_ORDERED) {
            rc = name_projected(&naming, &purges->records[i].id, err);
            any = 1;
        }
    }
    if (rc == MIRSAL_OK && any) {
        rc = visit_unprojected(store, name_body, &naming, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&naming.found, err);
    }
    if (rc == MIRSAL_OK) {
        rc = say_namings(says, arena, &naming, err);
    }
    mir_buf_fini(&naming.found);
    return rc;
}
