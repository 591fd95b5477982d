/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/changes.c - changes since a cursor; see history.h.
 *
 * A cursor is the place of a changeset in the order of application and, below it, of a record among
 * those that the changeset wrote to: what it wrote to never changes.
 */
#include "history.h"

#include "fail.h"
#include "projection.h"
#include "sort.h"

#include <string.h>

#define PLACE_BITS 17u /* a changeset has at most LEAVES_MAX = 2¹⁶ leaves */

struct feed {
    struct mir_arena *arena;
    struct mir_store *store;
    struct mir_change *changes;
    size_t count;
    size_t capacity;
    size_t limit;
    uint64_t cursor;
};

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

static mirsal_code push_change(struct feed *feed,
    const struct mir_change *change,
    mirsal_error *err)
{
    if (feed->count == feed->capacity) {
        size_t capacity = feed->capacity * 2 + 16;
        struct mir_change *grown = mir_arena_alloc(feed->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            return no_memory(err);
        }
        if (feed->count > 0) {
            memcpy(grown, feed->changes, feed->count * sizeof *grown);
        }
        feed->changes = grown;
        feed->capacity = capacity;
    }
    feed->changes[feed->count++] = *change;
    return MIRSAL_OK;
}

static int compare_items(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(((const struct mir_item *)a)->id.bytes, ((const struct mir_item *)b)->id.bytes,
        sizeof(mirsal_id));
}

/* Records created or written to, ascending by id, each once. */
static mirsal_code list_records(struct mir_items *out,
    struct feed *feed,
    const struct mir_writings *writings,
    int64_t changeset,
    mirsal_error *err)
{
    struct mir_items created;
    mirsal_code rc = mir_history_created(&created, feed->arena, feed->store, changeset, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    out->count = 0;
    out->items =
        mir_arena_alloc(feed->arena, created.count + writings->count + 1, sizeof *out->items);
    if (out->items == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < created.count; i++) {
        out->items[out->count++] = created.items[i];
    }
    for (size_t i = 0; i < writings->count; i++) {
        if (i == 0 || memcmp(&writings->writes[i - 1].record, &writings->writes[i].record,
                          sizeof(mirsal_id)) != 0) {
            out->items[out->count++] = (struct mir_item){ .id = writings->writes[i].record };
        }
    }
    mir_sort(out->items, out->count, sizeof *out->items, compare_items, NULL);
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++) {
        if (kept == 0 || compare_items(&out->items[kept - 1], &out->items[i], NULL) != 0) {
            out->items[kept++] = out->items[i];
        }
    }
    out->count = kept;
    return MIRSAL_OK;
}

/* Fields of the writes from *at on that are the record's; they are sorted by record, field. */
static mirsal_code list_fields(struct mir_change *change,
    struct feed *feed,
    const struct mir_writings *writings,
    size_t *at,
    mirsal_error *err)
{
    size_t end = *at;
    while (end < writings->count &&
           memcmp(&writings->writes[end].record, &change->record, sizeof change->record) == 0) {
        end++;
    }
    uint32_t *fields = mir_arena_alloc(feed->arena, end - *at + 1, sizeof *fields);
    if (fields == NULL) {
        return no_memory(err);
    }
    change->fields = fields;
    for (; *at < end; (*at)++) {
        uint32_t field = writings->writes[*at].field;
        if (change->field_count == 0 || fields[change->field_count - 1] != field) {
            fields[change->field_count++] = field;
        }
    }
    return MIRSAL_OK;
}

static mirsal_code feed_changeset(struct feed *feed,
    int64_t changeset,
    uint64_t seq,
    const mirsal_hash *id,
    mirsal_error *err)
{
    struct mir_writings writings;
    struct mir_items records;
    size_t at = 0;
    mirsal_code rc = mir_history_changeset(&writings, feed->arena, feed->store, changeset, err);
    if (rc == MIRSAL_OK) {
        rc = list_records(&records, feed, &writings, changeset, err);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < records.count; i++) {
        struct mir_change change = { .cursor = seq << PLACE_BITS | (uint64_t)(i + 1),
            .record = records.items[i].id,
            .changeset = *id };
        rc = list_fields(&change, feed, &writings, &at, err);
        if (rc != MIRSAL_OK || change.cursor <= feed->cursor ||
            mir_projection_is_purged(feed->store, &change.record)) {
            continue;
        }
        if (feed->limit > 0 && feed->count == feed->limit) {
            break;
        }
        rc = mir_read_type(&change.type, feed->store, &change.record, err);
        if (rc == MIRSAL_OK) {
            rc = push_change(feed, &change, err);
        }
    }
    return rc;
}

/* The next changeset applied at or behind seq; *changeset = 0 when there is none. */
static mirsal_code next_applied(int64_t *changeset,
    uint64_t *seq,
    mirsal_hash *id,
    struct mir_store *store,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT changeset, seq, id FROM applied WHERE seq >= ?1 ORDER BY seq LIMIT 1";
    sqlite3_stmt *find = NULL;
    int there = 0;
    *changeset = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(find, 1, (int64_t)*seq);
    rc = mir_sql_step(&there, store->sql, find, err);
    if (rc == MIRSAL_OK && there) {
        struct mir_bytes bytes = mir_sql_column(find, 2);
        *changeset = mir_sql_column_int(find, 0);
        *seq = (uint64_t)mir_sql_column_int(find, 1);
        memcpy(
            id->bytes, bytes.data, bytes.size < sizeof id->bytes ? bytes.size : sizeof id->bytes);
    }
    mir_sql_release(find);
    return rc;
}

mirsal_code mir_history_changes(struct mir_change **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    uint64_t cursor,
    size_t limit,
    mirsal_error *err)
{
    struct feed feed = { .arena = arena, .store = store, .limit = limit, .cursor = cursor };
    uint64_t seq = cursor >> PLACE_BITS;
    mirsal_code rc = MIRSAL_OK;
    while (rc == MIRSAL_OK && (limit == 0 || feed.count < limit)) {
        int64_t changeset = 0;
        mirsal_hash id = { { 0 } };
        rc = next_applied(&changeset, &seq, &id, store, err);
        if (rc != MIRSAL_OK || changeset == 0) {
            break;
        }
        rc = feed_changeset(&feed, changeset, seq, &id, err);
        seq++;
    }
    *out = feed.changes;
    *count = feed.count;
    return rc;
}
