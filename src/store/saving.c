/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/saving.c - a register evaluated anew is saved: rows, cell, review queue, digest.
 */
#include "writes.h"

#include "cells.h"
#include "digest.h"
#include "fail.h"
#include "touch.h"

#include <string.h>

static enum mir_write_state state_of(const struct mir_writes *writes, size_t at)
{
    if (at == writes->result.winner) {
        return MIR_STATE_WINNER;
    }
    return writes->writes[at].live ? MIR_STATE_LIVE : MIR_STATE_PAST;
}

static size_t find_winner(const struct mir_writes *writes, int now)
{
    for (size_t i = 0; i < writes->count; i++) {
        enum mir_write_state state = now ? state_of(writes, i) : writes->held[i].old_state;
        if (state == MIR_STATE_WINNER) {
            return i;
        }
    }
    return MIR_REGISTER_NO_WINNER;
}

/* Adds (sign 1) what the register is now to the digest, or takes (sign -1) what it was out. */
static mirsal_code change_digest(struct mir_writes *writes,
    struct mir_store *store,
    int sign,
    mirsal_error *err)
{
    size_t winner = find_winner(writes, sign > 0);
    if (winner == MIR_REGISTER_NO_WINNER || mir_projection_is_recalled(store, &writes->row.id)) {
        return MIRSAL_OK;
    }
    mirsal_hash *others =
        mir_arena_alloc(&store->projection->scratch, writes->count, sizeof *others);
    if (others == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    size_t count = 0;
    for (size_t i = 0; i < writes->count; i++) {
        enum mir_write_state state = sign > 0 ? state_of(writes, i) : writes->held[i].old_state;
        if (state == MIR_STATE_LIVE) {
            others[count++] = writes->writes[i].changeset;
        }
    }
    struct mir_digest_register given = {
        .record = &writes->row.id,
        .field = writes->field,
        .key = writes->key,
        .winner = &writes->writes[winner].changeset,
        .value = writes->writes[winner].value,
        .others = others,
        .other_count = count,
    };
    mirsal_hash term;
    mirsal_code rc = mir_digest_register(&term, &given, &store->projection->bytes, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    return mir_projection_digest_change(store, writes->held[winner].compartment, &term, sign, err);
}

static mirsal_code save_states(struct mir_writes *writes,
    struct mir_store *store,
    mirsal_error *err)
{
    static const char text[] = "UPDATE write SET reason = ?5, state = ?6"
                               " WHERE record = ?1 AND field = ?2 AND key = ?3 AND changeset = ?4";
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < writes->count; i++) {
        struct mir_write_held *held = &writes->held[i];
        enum mir_write_state state = state_of(writes, i);
        if (!held->stored || (held->old_state == state && held->old_reason == held->reason)) {
            continue;
        }
        sqlite3_stmt *update = NULL;
        rc = mir_sql_prepare(&update, store->sql, text, err);
        if (rc != MIRSAL_OK) {
            break;
        }
        mir_sql_bind_blob(update, 1, writes->row.id.bytes, sizeof writes->row.id.bytes);
        mir_sql_bind_int(update, 2, writes->field);
        mir_sql_bind_blob(update, 3, writes->key.data, writes->key.size);
        mir_sql_bind_int(update, 4, held->changeset);
        mir_sql_bind_int(update, 5, held->reason);
        mir_sql_bind_int(update, 6, state);
        rc = mir_sql_done(store->sql, update, err);
        held->old_state = state;
        held->old_reason = held->reason;
    }
    return rc;
}

static mirsal_code save_cell(struct mir_writes *writes, struct mir_store *store, mirsal_error *err)
{
    if (writes->row.table == NULL) {
        return MIRSAL_OK;
    }
    const struct mir_column *column = &writes->table->columns[writes->column];
    struct mir_bytes value = { NULL, 0 };
    if (writes->result.winner != MIR_REGISTER_NO_WINNER) {
        value = writes->writes[writes->result.winner].value;
    }
    struct mir_buf *cell = &store->projection->cell;
    mir_buf_reset(cell);
    mir_cell_put(cell, column->form, writes->cell, writes->key, value);
    mirsal_code rc = mir_buf_finish(cell, err);
    struct mir_bytes bytes = mir_buf_bytes(cell);
    if (rc != MIRSAL_OK || mir_bytes_equal(bytes, writes->cell)) {
        return rc;
    }
    rc = mir_touch_cell(store, &writes->row, writes->column, writes->cell, bytes, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    sqlite3_stmt *update = NULL;
    rc = mir_sql_prepare(&update, store->sql, column->update, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(update, 1, writes->row.no);
    if (bytes.size == 0) {
        mir_sql_bind_null(update, 2);
    } else {
        mir_sql_bind_blob(update, 2, bytes.data, bytes.size);
    }
    return mir_sql_done(store->sql, update, err);
}

static mirsal_code save_review(struct mir_writes *writes,
    struct mir_store *store,
    mirsal_error *err)
{
    struct mir_review item = {
        .record = writes->row.id,
        .field = writes->field,
        .key = writes->key,
        .kind = MIR_REVIEW_VALUES,
    };
    int opened = 0;
    int stands = writes->result.conflict == MIR_REGISTER_VALUES;
    mirsal_code rc = mir_touch_review(&opened, store, &item, stands, err);
    store->projection->opened += opened && stands ? 1u : 0u;
    if (rc == MIRSAL_OK) {
        item.kind = MIR_REVIEW_ONCE;
        rc =
            mir_touch_review(NULL, store, &item, writes->result.conflict == MIR_REGISTER_ONCE, err);
    }
    return rc;
}

/*
 * An orphan write puts its record, whole, into the queue: but on a device that is write-only,
 * where it is an own write to a record that was forgotten.
 */
static mirsal_code save_orphan(struct mir_writes *writes,
    struct mir_store *store,
    mirsal_error *err)
{
    static const char text[] = "INSERT OR IGNORE INTO orphan (record) VALUES (?1)";
    int orphan = 0;
    for (size_t i = 0; i < writes->count; i++) {
        orphan = orphan || writes->held[i].reason == MIR_WRITE_ORPHAN;
    }
    if (!orphan || store->write_only) {
        return MIRSAL_OK;
    }
    struct mir_review item = { .record = writes->row.id, .kind = MIR_REVIEW_ORPHAN };
    mirsal_code rc = mir_touch_review(NULL, store, &item, 1, err);
    sqlite3_stmt *insert = NULL;
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&insert, store->sql, text, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    store->projection->orphans = 1;
    mir_sql_bind_blob(insert, 1, writes->row.id.bytes, sizeof writes->row.id.bytes);
    return mir_sql_done(store->sql, insert, err);
}

mirsal_code mir_writes_settle(struct mir_writes *writes, struct mir_store *store, mirsal_error *err)
{
    mirsal_code rc = mir_writes_evaluate(writes, store, err);
    if (rc == MIRSAL_OK) {
        rc = change_digest(writes, store, -1, err);
    }
    if (rc == MIRSAL_OK) {
        rc = change_digest(writes, store, 1, err);
    }
    if (rc == MIRSAL_OK) {
        rc = save_states(writes, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = save_cell(writes, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = save_review(writes, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = save_orphan(writes, store, err);
    }
    return rc;
}
