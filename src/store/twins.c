/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/twins.c - records that share a source id; see the header.
 */
#include "twins.h"

#include "fail.h"
#include "msgpack.h"
#include "parts.h"
#include "projection.h"
#include "sql.h"

#include <stdio.h>
#include <string.h>

#define TEXT_SIZE 320u

struct gathering {
    struct mir_arena *arena;
    struct mir_twin *items;
    size_t count;
    size_t capacity;
};

static mirsal_code put(struct gathering *gathering,
    uint32_t type,
    struct mir_bytes id,
    struct mir_bytes value,
    mirsal_error *err)
{
    int is_text = 0;
    struct mir_bytes text = mir_part_content(&is_text, value);
    if (id.size != sizeof(mirsal_id) || !is_text) {
        return mir_fail(err, MIRSAL_CORRUPT, "a record's name is damaged");
    }
    if (gathering->count == gathering->capacity) {
        size_t capacity = gathering->capacity == 0 ? 64 : 2 * gathering->capacity;
        struct mir_twin *items = mir_arena_alloc(gathering->arena, capacity, sizeof *items);
        if (items == NULL) {
            return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
        }
        if (gathering->count > 0) {
            memcpy(items, gathering->items, gathering->count * sizeof *items);
        }
        gathering->items = items;
        gathering->capacity = capacity;
    }
    struct mir_twin *twin = &gathering->items[gathering->count];
    uint8_t *kept = mir_arena_copy(gathering->arena, text.data, text.size);
    if (kept == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    *twin = (struct mir_twin){ .type = type, .source_id = { kept, text.size } };
    memcpy(twin->id.bytes, id.data, sizeof twin->id.bytes);
    gathering->count++;
    return MIRSAL_OK;
}

/* low and high: bounds of the encoded source id, or none. */
static mirsal_code run(struct gathering *gathering,
    struct mir_store *store,
    uint32_t type,
    const char *text,
    const struct mir_buf *bounds,
    mirsal_error *err)
{
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare_once(&statement, store->sql, text, err);
    for (int i = 0; rc == MIRSAL_OK && bounds != NULL && i < 2; i++) {
        mir_sql_bind_blob(statement, i + 1, bounds[i].data, bounds[i].size);
    }
    while (rc == MIRSAL_OK) {
        int row = 0;
        rc = mir_sql_step(&row, store->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        rc = put(gathering, type, mir_sql_column(statement, 0), mir_sql_column(statement, 1), err);
    }
    mir_sql_finalize(statement);
    return rc;
}

static mirsal_code run_all(struct gathering *gathering,
    struct mir_store *store,
    const struct mir_buf *bounds,
    mirsal_error *err)
{
    static const char of_twins[] =
        "SELECT id, f%u FROM r_%u WHERE f%u IN (SELECT f%u FROM r_%u"
        " WHERE f%u IS NOT NULL GROUP BY f%u HAVING count(*) > 1) ORDER BY f%u, id";
    static const char of_named[] = "SELECT id, f%u FROM r_%u WHERE f%u >= ?1 AND f%u < ?2"
                                   " ORDER BY f%u, id";
    const struct mir_projection *projection = store->projection;
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t i = 0; rc == MIRSAL_OK && i < projection->table_count; i++) {
        const struct mir_table *table = &projection->tables[i];
        char text[TEXT_SIZE];
        if (table->source_id < 0) {
            continue;
        }
        uint32_t field = table->columns[table->source_id].field->id;
        uint32_t type = table->type->id;
        if (bounds == NULL) {
            (void)snprintf(
                text, sizeof text, of_twins, field, type, field, field, type, field, field, field);
        } else {
            (void)snprintf(text, sizeof text, of_named, field, type, field, field, field);
        }
        rc = run(gathering, store, type, text, bounds, err);
    }
    return rc;
}

mirsal_code mir_twins_read(struct mir_twin **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    struct gathering gathering = { .arena = arena };
    mirsal_code rc = run_all(&gathering, store, NULL, err);
    *out = gathering.items;
    *count = gathering.count;
    return rc;
}

mirsal_code mir_twins_named(struct mir_twin **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    struct mir_bytes prefix,
    size_t size,
    mirsal_error *err)
{
    struct gathering gathering = { .arena = arena };
    struct mir_buf bounds[2];
    struct mir_buf whole;
    MIR_ASSERT(prefix.size > 0 && prefix.size <= size && prefix.data[prefix.size - 1] < 0xff);
    mir_buf_init(&whole, store->env, size + 8);
    for (int i = 0; i < 2; i++) {
        mir_buf_init(&bounds[i], store->env, size + 8);
    }
    uint8_t *text = mir_arena_alloc(arena, size, 1);
    mirsal_code rc = text == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory") : MIRSAL_OK;
    if (rc == MIRSAL_OK) {
        memset(text, 'x', size);
        memcpy(text, prefix.data, prefix.size);
        mir_mp_write_str(&whole, text, size);
        rc = mir_buf_finish(&whole, err);
    }
    for (int i = 0; rc == MIRSAL_OK && i < 2; i++) {
        mir_buf_append(&bounds[i], whole.data, whole.size - size + prefix.size);
        rc = mir_buf_finish(&bounds[i], err);
    }
    if (rc == MIRSAL_OK) {
        bounds[1].data[bounds[1].size - 1]++;
        rc = run_all(&gathering, store, bounds, err);
    }
    *out = gathering.items;
    *count = gathering.count;
    for (int i = 0; i < 2; i++) {
        mir_buf_fini(&bounds[i]);
    }
    mir_buf_fini(&whole);
    return rc;
}
