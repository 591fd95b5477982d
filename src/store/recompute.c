/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/recompute.c - the digest of a compartment from the tables alone, for rebuild and verify.
 *
 * Registers with rows are evaluated again from their writes; the others are their cells.
 */
#include "project.h"

#include "cells.h"
#include "digest.h"
#include "fail.h"
#include "writes.h"

#include <string.h>

struct recompute {
    struct mir_store *store;
    uint32_t compartment;
    mirsal_hash sum;
};

static mirsal_code add_register(struct recompute *recompute,
    const struct mir_writes *writes,
    mirsal_error *err)
{
    size_t winner = writes->result.winner;
    if (winner == MIR_REGISTER_NO_WINNER ||
        writes->held[winner].compartment != recompute->compartment ||
        mir_projection_is_recalled(recompute->store, &writes->row.id)) {
        return MIRSAL_OK;
    }
    struct mir_projection *projection = recompute->store->projection;
    mirsal_hash *others = mir_arena_alloc(&projection->scratch, writes->count, sizeof *others);
    if (others == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    size_t count = 0;
    for (size_t i = 0; i < writes->count; i++) {
        if (writes->writes[i].live && i != winner) {
            others[count++] = writes->writes[i].changeset;
        }
    }
    const struct mir_digest_register given = {
        .record = &writes->row.id,
        .field = writes->field,
        .key = writes->key,
        .winner = &writes->writes[winner].changeset,
        .value = writes->writes[winner].value,
        .others = others,
        .other_count = count,
    };
    mirsal_hash term;
    mirsal_code rc = mir_digest_register(&term, &given, &projection->bytes, err);
    if (rc == MIRSAL_OK) {
        mir_digest_add(&recompute->sum, &term);
    }
    return rc;
}

static mirsal_code add_rows(struct recompute *recompute, mirsal_error *err)
{
    static const char text[] = "SELECT DISTINCT record, field, key FROM write";
    struct mir_store *store = recompute->store;
    sqlite3_stmt *find = NULL;
    int there = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    for (;;) {
        struct mir_writes writes;
        mirsal_id record;
        rc = mir_sql_step(&there, store->sql, find, err);
        if (rc != MIRSAL_OK || !there) {
            break;
        }
        struct mir_bytes id = mir_sql_column(find, 0);
        if (id.size != sizeof record.bytes) {
            rc = mir_fail(err, MIRSAL_CORRUPT, "a record's id of another size");
            break;
        }
        memcpy(record.bytes, id.data, id.size);
        mir_arena_reset(&store->projection->scratch);
        rc = mir_writes_load(&writes, store, &record, (uint32_t)mir_sql_column_int(find, 1),
            mir_sql_column(find, 2), 0, err);
        if (rc == MIRSAL_OK) {
            rc = mir_writes_evaluate(&writes, store, err);
        }
        if (rc == MIRSAL_OK) {
            rc = add_register(recompute, &writes, err);
        }
        if (rc != MIRSAL_OK) {
            break;
        }
    }
    mir_sql_release(find);
    return rc;
}

static mirsal_code add_cell(struct recompute *recompute,
    const mirsal_id *record,
    const mirsal_hash *changeset,
    const struct mir_column *column,
    struct mir_bytes bytes,
    mirsal_error *err)
{
    struct mir_cell cell;
    struct mir_digest_register given = {
        .record = record, .field = column->field->id, .winner = changeset
    };
    mirsal_code rc = MIRSAL_OK;
    mir_cell_begin(&cell, column->form, bytes);
    while (rc == MIRSAL_OK && mir_cell_next(&cell, &given.key, &given.value)) {
        int has = 0;
        mirsal_hash term;
        rc = mir_writes_held(&has, recompute->store, record, given.field, given.key, err);
        if (rc == MIRSAL_OK && !has) {
            rc = mir_digest_register(&term, &given, &recompute->store->projection->bytes, err);
            if (rc == MIRSAL_OK) {
                mir_digest_add(&recompute->sum, &term);
            }
        }
    }
    return rc;
}

static mirsal_code add_record(struct recompute *recompute,
    const struct mir_table *table,
    sqlite3_stmt *read,
    mirsal_error *err)
{
    struct mir_bytes id = mir_sql_column(read, MIR_ROW_ID);
    struct mir_bytes changeset = mir_sql_column(read, (int)(MIR_ROW_CELLS + table->column_count));
    mirsal_id record;
    mirsal_hash hash;
    mirsal_code rc = MIRSAL_OK;
    if (id.size != sizeof record.bytes || changeset.size != sizeof hash.bytes) {
        return mir_fail(err, MIRSAL_CORRUPT, "a record's id or changeset of another size");
    }
    memcpy(record.bytes, id.data, id.size);
    memcpy(hash.bytes, changeset.data, changeset.size);
    if (mir_projection_is_recalled(recompute->store, &record)) {
        return MIRSAL_OK;
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < table->column_count; i++) {
        struct mir_bytes cell = mir_sql_column(read, (int)(MIR_ROW_CELLS + i));
        if (cell.size > 0) {
            rc = add_cell(recompute, &record, &hash, &table->columns[i], cell, err);
        }
    }
    return rc;
}

static mirsal_code add_table(struct recompute *recompute,
    const struct mir_table *table,
    mirsal_error *err)
{
    struct mir_store *store = recompute->store;
    struct mir_buf text;
    sqlite3_stmt *read = NULL;
    int there = 0;
    mir_buf_init(&text, store->env, (size_t)1 << 20);
    mir_buf_append_text(
        &text, "SELECT r.no, r.changeset, r.updated, r.compartment, r.withdrawn, r.id");
    for (uint32_t i = 0; i < table->column_count; i++) {
        mir_buf_append_format(&text, ", r.f%u", table->columns[i].field->id);
    }
    mir_buf_append_format(&text,
        ", a.id FROM r_%u r JOIN applied a ON a.changeset = r.changeset WHERE r.compartment = ?1",
        table->type->id);
    mir_buf_append_u8(&text, 0);
    mirsal_code rc = mir_buf_finish(&text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare_once(&read, store->sql, (const char *)text.data, err);
    }
    mir_buf_fini(&text);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(read, 1, recompute->compartment);
    for (;;) {
        rc = mir_sql_step(&there, store->sql, read, err);
        if (rc != MIRSAL_OK || !there) {
            break;
        }
        rc = add_record(recompute, table, read, err);
        if (rc != MIRSAL_OK) {
            break;
        }
    }
    mir_sql_finalize(read);
    return rc;
}

mirsal_code mir_project_digest_recompute(mirsal_hash *out,
    struct mir_store *store,
    uint32_t compartment,
    mirsal_error *err)
{
    struct recompute recompute = { .store = store, .compartment = compartment };
    mirsal_code rc = add_rows(&recompute, err);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < store->projection->table_count; i++) {
        rc = add_table(&recompute, &store->projection->tables[i], err);
    }
    mir_arena_reset(&store->projection->scratch);
    *out = recompute.sum;
    return rc;
}
