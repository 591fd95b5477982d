/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/read.c - ids, source ids, references, authors, counts; see the header.
 */
#include "read.h"

#include "fail.h"
#include "history.h"
#include "msgpack.h"
#include "parts.h"
#include "projection.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

const char *mir_record_state_name(enum mir_record_state state)
{
    switch (state) {
    case MIR_RECORD_ACCEPTED:
        return "accepted";
    case MIR_RECORD_WITHDRAWN:
        return "withdrawn";
    case MIR_RECORD_QUARANTINED:
        return "quarantined";
    case MIR_RECORD_PURGED:
        break;
    }
    return "purged";
}

mirsal_code mir_read_author(struct mir_author *out,
    struct mir_store *store,
    int64_t changeset,
    mirsal_error *err)
{
    static const char text[] = "SELECT a.id, d.key, a.stamp, a.compartment, d.role, d.own, d.device"
                               " FROM applied a CROSS JOIN author d ON d.device = a.device"
                               " WHERE a.changeset = ?1";
    sqlite3_stmt *find = NULL;
    int there = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(find, 1, changeset);
    rc = mir_sql_step(&there, store->sql, find, err);
    struct mir_bytes id = { NULL, 0 };
    struct mir_bytes key = { NULL, 0 };
    if (rc == MIRSAL_OK && there) {
        id = mir_sql_column(find, 0);
        key = mir_sql_column(find, 1);
    }
    if (rc == MIRSAL_OK && !there) {
        rc = mir_fail(err, MIRSAL_NOT_FOUND, "a changeset that was not applied");
    } else if (rc == MIRSAL_OK &&
               (id.size != sizeof out->id.bytes || key.size != sizeof out->device.bytes)) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "a projected changeset of another size");
    } else if (rc == MIRSAL_OK) {
        memcpy(out->id.bytes, id.data, id.size);
        memcpy(out->device.bytes, key.data, key.size);
        out->changeset = changeset;
        out->stamp = (uint64_t)mir_sql_column_int(find, 2);
        out->compartment = (uint8_t)mir_sql_column_int(find, 3);
        out->role = (uint8_t)mir_sql_column_int(find, 4);
        out->own = (uint8_t)mir_sql_column_int(find, 5);
        out->device_no = mir_sql_column_int(find, 6);
    }
    mir_sql_release(find);
    return rc;
}

static int hex_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The ids that begin with a prefix: from low to high, both ends included. 0: no prefix. */
static int prefix_range(mirsal_id *low, mirsal_id *high, const char *text, size_t size)
{
    char digits[32];
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '-') {
            continue;
        }
        if (!hex_digit(text[i]) || count == sizeof digits) {
            return 0;
        }
        digits[count++] = text[i];
    }
    if (count < 6) {
        return 0;
    }
    char filled[32];
    memset(filled, '0', sizeof filled);
    memcpy(filled, digits, count);
    int good = mir_hex_decode(low->bytes, sizeof low->bytes, filled, sizeof filled);
    memset(filled, 'f', sizeof filled);
    memcpy(filled, digits, count);
    return good && mir_hex_decode(high->bytes, sizeof high->bytes, filled, sizeof filled);
}

/* Ids of one table between low and high, up to two of them in all. */
static mirsal_code find_range(mirsal_id *out,
    int *count,
    struct mir_store *store,
    const struct mir_table *table,
    const mirsal_id *ends,
    mirsal_error *err)
{
    struct mir_buf *text = &store->projection->text;
    sqlite3_stmt *find = NULL;
    int there = 0;
    mir_buf_reset(text);
    mir_buf_append_format(
        text, "SELECT id FROM r_%u WHERE id BETWEEN ?1 AND ?2 LIMIT 2", table->type->id);
    mir_buf_append_u8(text, 0);
    mirsal_code rc = mir_buf_finish(text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare_once(&find, store->sql, (const char *)text->data, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, ends[0].bytes, sizeof ends[0].bytes);
    mir_sql_bind_blob(find, 2, ends[1].bytes, sizeof ends[1].bytes);
    for (;;) {
        rc = mir_sql_step(&there, store->sql, find, err);
        if (rc != MIRSAL_OK || !there) {
            break;
        }
        struct mir_bytes id = mir_sql_column(find, 0);
        if (id.size == sizeof out->bytes) {
            memcpy(out->bytes, id.data, id.size);
            (*count)++;
        }
    }
    mir_sql_finalize(find);
    return rc;
}

static size_t purged_count(const struct mir_store *store)
{
    return store->membership == NULL ? 0 : store->membership->purges.record_count;
}

static int is_same(const mirsal_id *found, const mirsal_id *purged, int count)
{
    return count > 0 && memcmp(found, purged, sizeof *found) == 0;
}

/* Purged records are found although nothing of them is held. */
static mirsal_code resolve_prefix(mirsal_id *out,
    struct mir_store *store,
    uint32_t type,
    const char *text,
    size_t size,
    mirsal_error *err)
{
    const struct mir_projection *projection = store->projection;
    mirsal_id ends[2];
    int count = 0;
    mirsal_code rc = MIRSAL_OK;
    if (!prefix_range(&ends[0], &ends[1], text, size)) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "not an id, a prefix of one, or @SOURCE_ID");
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < projection->table_count; i++) {
        if (type == 0 || projection->tables[i].type->id == type) {
            rc = find_range(out, &count, store, &projection->tables[i], ends, err);
        }
    }
    for (size_t i = 0; rc == MIRSAL_OK && type == 0 && i < purged_count(store); i++) {
        const mirsal_id *purged = &store->membership->purges.records[i].id;
        if (memcmp(purged, &ends[0], sizeof *purged) >= 0 &&
            memcmp(purged, &ends[1], sizeof *purged) <= 0 && !is_same(out, purged, count)) {
            *out = *purged;
            count++;
        }
    }
    if (rc == MIRSAL_OK && count == 0) {
        rc = mir_fail(err, MIRSAL_NOT_FOUND, "no record has this id");
    } else if (rc == MIRSAL_OK && count > 1) {
        rc = mir_fail(err, MIRSAL_AMBIGUOUS_ID, "several records begin like this");
    }
    return rc;
}

mirsal_code mir_read_resolve(mirsal_id *out,
    struct mir_store *store,
    uint32_t type,
    const char *text,
    size_t size,
    mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    if (size > 0 && text[0] == '@') {
        struct mir_bytes source_id = { (const uint8_t *)text + 1, size - 1 };
        int found = 0;
        mirsal_code rc = mir_read_source_id(out, &found, store, type, source_id, NULL, err);
        if (rc == MIRSAL_OK && !found) {
            rc = mir_fail(err, MIRSAL_NOT_FOUND, "no record has this source id");
        }
        return rc;
    }
    return resolve_prefix(out, store, type, text, size, err);
}

/* Calls for each record of a table that carries the source id. */
struct source_search {
    mirsal_id best;
    int rank; /* 2 the wanted device's own, 1 an importer's that resolves, 0 another's */
    int found;
    const mirsal_hash *device;
    struct mir_items *items;
    struct mir_arena *arena;
};

static mirsal_code take_item(struct source_search *search,
    const struct mir_table *table,
    const mirsal_id *id,
    mirsal_error *err)
{
    struct mir_items *items = search->items;
    if ((items->count & (items->count - 1)) == 0) {
        size_t capacity = items->count == 0 ? 1 : items->count * 2;
        struct mir_item *grown = mir_arena_alloc(search->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
        }
        if (items->count > 0) {
            memcpy(grown, items->items, items->count * sizeof *grown);
        }
        items->items = grown;
    }
    items->items[items->count++] = (struct mir_item){ .id = *id, .type = table->type->id };
    return MIRSAL_OK;
}

static void rank_match(struct source_search *search,
    const mirsal_id *id,
    struct mir_bytes device,
    int resolves,
    int own)
{
    int mine = search->device == NULL
                   ? own
                   : device.size == sizeof search->device->bytes &&
                         memcmp(device.data, search->device->bytes, device.size) == 0;
    int rank = mine ? 2 : resolves ? 1 : 0;
    if (!search->found || rank > search->rank ||
        (rank == search->rank && memcmp(id->bytes, search->best.bytes, sizeof id->bytes) < 0)) {
        search->best = *id;
        search->rank = rank;
        search->found = 1;
    }
}

static mirsal_code search_table(struct source_search *search,
    struct mir_store *store,
    const struct mir_table *table,
    struct mir_bytes value,
    mirsal_error *err)
{
    sqlite3_stmt *find = NULL;
    int there = 0;
    if (table->source_id < 0) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_sql_prepare(&find, store->sql, table->source, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, value.data, value.size);
    for (;;) {
        rc = mir_sql_step(&there, store->sql, find, err);
        if (rc != MIRSAL_OK || !there) {
            break;
        }
        struct mir_bytes bytes = mir_sql_column(find, 0);
        mirsal_id id;
        if (bytes.size != sizeof id.bytes) {
            continue;
        }
        memcpy(id.bytes, bytes.data, bytes.size);
        rank_match(search, &id, mir_sql_column(find, 1), mir_sql_column_int(find, 2) >= 2,
            mir_sql_column_int(find, 3) != 0);
        rc = search->items == NULL ? MIRSAL_OK : take_item(search, table, &id, err);
        if (rc != MIRSAL_OK) {
            break;
        }
    }
    mir_sql_release(find);
    return rc;
}

static mirsal_code search_source_id(struct source_search *search,
    struct mir_store *store,
    uint32_t type,
    struct mir_bytes source_id,
    mirsal_error *err)
{
    const struct mir_projection *projection = store->projection;
    struct mir_buf value;
    mir_buf_init(&value, store->env, (size_t)1 << 20);
    mir_mp_write_str(&value, source_id.data, source_id.size);
    mirsal_code rc = mir_buf_finish(&value, err);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < projection->table_count; i++) {
        if (type == 0 || projection->tables[i].type->id == type) {
            rc = search_table(search, store, &projection->tables[i], mir_buf_bytes(&value), err);
        }
    }
    mir_buf_fini(&value);
    return rc;
}

mirsal_code mir_read_source_id(mirsal_id *out,
    int *found,
    struct mir_store *store,
    uint32_t type,
    struct mir_bytes source_id,
    const mirsal_hash *device,
    mirsal_error *err)
{
    struct source_search search = { .device = device };
    memset(out, 0, sizeof *out);
    mirsal_code rc = search_source_id(&search, store, type, source_id, err);
    *found = rc == MIRSAL_OK && search.found;
    if (*found) {
        *out = search.best;
    }
    return rc;
}

mirsal_code mir_read_source_ids(struct mir_items *out,
    struct mir_arena *arena,
    struct mir_store *store,
    uint32_t type,
    struct mir_bytes source_id,
    mirsal_error *err)
{
    struct source_search search = { .items = out, .arena = arena };
    memset(out, 0, sizeof *out);
    return search_source_id(&search, store, type, source_id, err);
}

mirsal_code mir_read_reference(mirsal_id *out,
    int *found,
    struct mir_store *store,
    uint32_t type,
    struct mir_bytes value,
    int64_t changeset,
    mirsal_error *err)
{
    int is_text = 0;
    struct mir_bytes content = mir_part_content(&is_text, value);
    struct mir_author author;
    uint32_t held = 0;
    memset(out, 0, sizeof *out);
    *found = 0;
    if (is_text) {
        mirsal_code rc = mir_read_author(&author, store, changeset, err);
        return rc == MIRSAL_OK
                   ? mir_read_source_id(out, found, store, type, content, &author.device, err)
                   : rc;
    }
    if (content.size != sizeof out->bytes) {
        return MIRSAL_OK;
    }
    memcpy(out->bytes, content.data, content.size);
    const struct mir_table *likely = mir_projection_table(store->projection, type);
    if (likely != NULL) {
        struct mir_row row;
        mirsal_code rc = mir_projection_find(&row, store, likely, out, err);
        *found = rc == MIRSAL_OK && row.table != NULL && row.withdrawn != MIR_ROW_PURGED;
        if (rc != MIRSAL_OK || row.table != NULL) {
            return rc;
        }
    }
    mirsal_code rc = mir_read_type(&held, store, out, err);
    *found = rc == MIRSAL_OK && held != 0 && !mir_projection_is_purged(store, out);
    return rc;
}

mirsal_code mir_read_type(uint32_t *type,
    struct mir_store *store,
    const mirsal_id *id,
    mirsal_error *err)
{
    static const char text[] = "SELECT type FROM stray WHERE id = ?1";
    struct mir_row row;
    sqlite3_stmt *find = NULL;
    int there = 0;
    *type = 0;
    mirsal_code rc = mir_projection_find_any(&row, store, id, err);
    if (rc != MIRSAL_OK || row.table != NULL) {
        *type = rc == MIRSAL_OK ? row.table->type->id : 0;
        return rc;
    }
    rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, id->bytes, sizeof id->bytes);
    rc = mir_sql_step(&there, store->sql, find, err);
    *type = rc == MIRSAL_OK && there ? (uint32_t)mir_sql_column_int(find, 0) : 0;
    mir_sql_release(find);
    return rc;
}

static mirsal_code count_rows(uint64_t *out,
    struct mir_store *store,
    const char *text,
    int64_t argument,
    mirsal_error *err)
{
    sqlite3_stmt *find = NULL;
    int there = 0;
    *out = 0;
    mirsal_code rc = mir_sql_prepare_once(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(find, 1, argument);
    rc = mir_sql_step(&there, store->sql, find, err);
    *out = rc == MIRSAL_OK && there ? (uint64_t)mir_sql_column_int(find, 0) : 0;
    mir_sql_finalize(find);
    return rc;
}

mirsal_code mir_read_quarantined(uint64_t *count,
    struct mir_store *store,
    int reason,
    mirsal_error *err)
{
    return count_rows(
        count, store, "SELECT count(*) FROM write WHERE reason = ?1 AND reason <> 0", reason, err);
}

mirsal_code mir_read_dangling(uint64_t *out, struct mir_store *store, mirsal_error *err)
{
    const struct mir_projection *projection = store->projection;
    struct mir_buf text;
    mir_buf_init(&text, store->env, (size_t)1 << 20);
    mir_buf_append_text(
        &text, "SELECT count(*) FROM (SELECT DISTINCT parent FROM child) c WHERE ?1");
    for (uint32_t i = 0; i < projection->table_count; i++) {
        const struct mir_table *table = &projection->tables[i];
        mir_buf_append_format(&text,
            " AND NOT EXISTS (SELECT 1 FROM r_%u WHERE id = substr(c.parent, 3)"
            " AND withdrawn <> 3)",
            table->type->id);
        if (table->source_id >= 0) {
            mir_buf_append_format(&text,
                " AND NOT EXISTS (SELECT 1 FROM r_%u WHERE f%u = c.parent)", table->type->id,
                table->columns[table->source_id].field->id);
        }
    }
    mir_buf_append_u8(&text, 0);
    mirsal_code rc = mir_buf_finish(&text, err);
    if (rc == MIRSAL_OK) {
        rc = count_rows(out, store, (const char *)text.data, 1, err);
    }
    mir_buf_fini(&text);
    return rc;
}

mirsal_code mir_read_counts(struct mir_read_counts *out, struct mir_store *store, mirsal_error *err)
{
    const struct mir_projection *projection = store->projection;
    uint64_t orphans = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = count_rows(
        &out->conflicts, store, "SELECT count(*) FROM review WHERE kind <= 2 AND ?1", 1, err);
    if (rc == MIRSAL_OK) {
        rc = count_rows(&out->review, store, "SELECT count(*) FROM review WHERE ?1", 1, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_read_quarantined(&orphans, store, MIR_WRITE_ORPHAN, err);
    }
    if (rc == MIRSAL_OK) {
        rc = count_rows(&out->quarantined, store,
            "SELECT count(*) FROM write WHERE reason BETWEEN 1 AND ?1 - 1", MIR_WRITE_ORPHAN, err);
    }
    out->orphans = orphans;
    for (uint32_t i = 0; rc == MIRSAL_OK && i < projection->table_count; i++) {
        char text[64];
        uint64_t count = 0;
        (void)snprintf(text, sizeof text, "SELECT count(*) FROM r_%u WHERE withdrawn <> ?1",
            projection->tables[i].type->id);
        rc = count_rows(&count, store, text, MIR_ROW_PURGED, err);
        out->records += count;
    }
    return rc;
}
