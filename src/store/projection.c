/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/projection.c - what the projection's parts share, its digests, its life; see the header.
 */
#include "projection.h"

#include "digest.h"
#include "env.h"
#include "fail.h"
#include "tables.h"
#include "views.h"

#include <string.h>

#define SCRATCH_MAX ((size_t)512 << 20)
#define TEXTS_MAX   ((size_t)16 << 20)
#define BYTES_MAX   ((size_t)64 << 20)

const struct mir_table *mir_projection_table(const struct mir_projection *projection, uint32_t type)
{
    const struct mir_schema_type *found = mir_schema_type_by_id(projection->schema, type);
    return found == NULL ? NULL : &projection->tables[found - projection->schema->types];
}

const struct mir_table *mir_projection_field(uint32_t *column,
    const struct mir_projection *projection,
    uint32_t field)
{
    const struct mir_schema_field *found = mir_schema_field_by_id(projection->schema, field);
    *column = 0;
    if (found == NULL) {
        return NULL;
    }
    *column = (uint32_t)(found - found->type->fields);
    return &projection->tables[found->type - projection->schema->types];
}

const struct mir_table *mir_projection_table_of_no(const struct mir_projection *projection,
    int64_t no)
{
    return mir_projection_table(projection, (uint32_t)(no & MIR_TYPE_MASK));
}

mirsal_code mir_projection_find(struct mir_row *out,
    struct mir_store *store,
    const struct mir_table *table,
    const mirsal_id *id,
    mirsal_error *err)
{
    sqlite3_stmt *find = NULL;
    int row = 0;
    memset(out, 0, sizeof *out);
    out->id = *id;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, table->find, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, id->bytes, sizeof id->bytes);
    rc = mir_sql_step(&row, store->sql, find, err);
    if (rc == MIRSAL_OK && row) {
        out->table = table;
        out->no = mir_sql_column_int(find, MIR_ROW_NO);
        out->changeset = mir_sql_column_int(find, MIR_ROW_CHANGESET);
        out->updated = mir_sql_column_int(find, MIR_ROW_UPDATED);
        out->compartment = (uint32_t)mir_sql_column_int(find, MIR_ROW_COMPARTMENT);
        out->withdrawn = (enum mir_row_withdrawn)mir_sql_column_int(find, MIR_ROW_WITHDRAWN);
    }
    mir_sql_release(find);
    return rc;
}

mirsal_code mir_projection_find_any(struct mir_row *out,
    struct mir_store *store,
    const mirsal_id *id,
    mirsal_error *err)
{
    struct mir_projection *projection = store->projection;
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < projection->table_count; i++) {
        uint32_t at = (projection->recent + i) % projection->table_count;
        mirsal_code rc = mir_projection_find(out, store, &projection->tables[at], id, err);
        if (rc != MIRSAL_OK || out->table != NULL) {
            projection->recent = at;
            return rc;
        }
    }
    return MIRSAL_OK;
}

mirsal_code mir_projection_id(mirsal_id *out,
    struct mir_store *store,
    int64_t no,
    mirsal_error *err)
{
    const struct mir_table *table = mir_projection_table_of_no(store->projection, no);
    sqlite3_stmt *read = NULL;
    int row = 0;
    memset(out, 0, sizeof *out);
    if (table == NULL) {
        return mir_fail(err, MIRSAL_CORRUPT, "a row of no known type");
    }
    mirsal_code rc = mir_sql_prepare(&read, store->sql, table->read_no, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(read, 1, no);
    rc = mir_sql_step(&row, store->sql, read, err);
    if (rc == MIRSAL_OK) {
        struct mir_bytes id = row ? mir_sql_column(read, MIR_ROW_ID) : (struct mir_bytes){ 0 };
        if (id.size == sizeof out->bytes) {
            memcpy(out->bytes, id.data, id.size);
        } else {
            rc = mir_fail(err, MIRSAL_CORRUPT, "a row that an index names is not there");
        }
    }
    mir_sql_release(read);
    return rc;
}

int mir_row_is_out(enum mir_row_withdrawn withdrawn)
{
    return withdrawn == MIR_ROW_TAKEN_OUT || withdrawn == MIR_ROW_PURGED;
}

int mir_projection_is_purged(const struct mir_store *store, const mirsal_id *record)
{
    return store->membership != NULL &&
           mir_purges_of_record(store->membership, record) != MIR_PURGE_NONE;
}

int mir_projection_is_recalled(const struct mir_store *store, const mirsal_id *record)
{
    return store->membership != NULL && mir_purges_recalled(store->membership, record);
}

mirsal_code mir_projection_digest_load(mirsal_hash *out,
    struct mir_store *store,
    uint32_t compartment,
    mirsal_error *err)
{
    static const char text[] = "SELECT sum FROM digest WHERE compartment = ?1";
    sqlite3_stmt *find = NULL;
    int row = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(find, 1, compartment);
    rc = mir_sql_step(&row, store->sql, find, err);
    if (rc == MIRSAL_OK && row) {
        struct mir_bytes sum = mir_sql_column(find, 0);
        if (sum.size == sizeof out->bytes) {
            memcpy(out->bytes, sum.data, sum.size);
        } else {
            rc = mir_fail(err, MIRSAL_CORRUPT, "a digest of another size");
        }
    }
    mir_sql_release(find);
    return rc;
}

mirsal_code mir_projection_digest_save(struct mir_store *store,
    uint32_t compartment,
    const mirsal_hash *digest,
    mirsal_error *err)
{
    static const char text[] = "INSERT INTO digest (compartment, sum) VALUES (?1, ?2)"
                               " ON CONFLICT (compartment) DO UPDATE SET sum = excluded.sum";
    sqlite3_stmt *save = NULL;
    mirsal_code rc = mir_sql_prepare(&save, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(save, 1, compartment);
    mir_sql_bind_blob(save, 2, digest->bytes, sizeof digest->bytes);
    return mir_sql_done(store->sql, save, err);
}

static void change_sum(mirsal_hash *sum, const mirsal_hash *term, int sign)
{
    if (sign > 0) {
        mir_digest_add(sum, term);
    } else {
        mir_digest_subtract(sum, term);
    }
}

mirsal_code mir_projection_digest_change(struct mir_store *store,
    uint32_t compartment,
    const mirsal_hash *term,
    int sign,
    mirsal_error *err)
{
    struct mir_projection *projection = store->projection;
    if (compartment == projection->compartment) {
        change_sum(&projection->digest, term, sign);
        return MIRSAL_OK;
    }
    mirsal_hash other;
    mirsal_code rc = mir_projection_digest_load(&other, store, compartment, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    change_sum(&other, term, sign);
    return mir_projection_digest_save(store, compartment, &other, err);
}

static mirsal_code open_projection(struct mir_store *store, mirsal_error *err)
{
    struct mir_projection *projection = mir_alloc(store->env, sizeof *projection);
    if (projection == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mir_arena_init(&projection->arena, store->env, TEXTS_MAX);
    mir_arena_init(&projection->scratch, store->env, SCRATCH_MAX);
    mir_buf_init(&projection->bytes, store->env, BYTES_MAX);
    mir_buf_init(&projection->cell, store->env, BYTES_MAX);
    mir_buf_init(&projection->text, store->env, BYTES_MAX);
    store->projection = projection;
    return MIRSAL_OK;
}

void mir_project_close(struct mir_store *store)
{
    struct mir_projection *projection = store->projection;
    if (projection == NULL) {
        return;
    }
    store->projection = NULL;
    mir_arena_fini(&projection->arena);
    mir_arena_fini(&projection->scratch);
    mir_buf_fini(&projection->bytes);
    mir_buf_fini(&projection->cell);
    mir_buf_fini(&projection->text);
    mir_release(store->env, projection, sizeof *projection);
}

mirsal_code mir_project_prepare(struct mir_store *store, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    if (store->projection == NULL) {
        rc = open_projection(store, err);
    }
    if (rc == MIRSAL_OK && (store->projection->schema != store->schema ||
                               store->projection->schema_version != store->schema->version)) {
        rc = mir_tables_describe(store->projection, store->schema, err);
    }
    if (rc == MIRSAL_OK && !store->read_only) {
        rc = mir_tables_make(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_views_make(store, err);
    }
    return rc;
}

mirsal_code mir_project_reset(struct mir_store *store, mirsal_error *err)
{
    return mir_tables_empty(store, err);
}

mirsal_code mir_project_digest(mirsal_hash *out,
    struct mir_store *store,
    uint32_t compartment,
    mirsal_error *err)
{
    return mir_projection_digest_load(out, store, compartment, err);
}
