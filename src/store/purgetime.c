/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/purgetime.c - when this replica held an order that destroys, and when it did so; purge.h.
 *
 * Own times, of this device alone: they enter no digest and no statement.
 */
#include "purge.h"

#include "env.h"
#include "fail.h"
#include "members.h"
#include "sql.h"

#include <string.h>

#define DAY_MS UINT64_C(86400000)

mirsal_code mir_purge_here(struct mir_purge_here *out,
    struct mir_store *store,
    const mirsal_hash *order,
    mirsal_error *err)
{
    static const char text[] = "SELECT ordered, destroyed FROM purge WHERE id = ?1";
    sqlite3_stmt *find = NULL;
    int there = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(find, 1, order->bytes, sizeof order->bytes);
    rc = mir_sql_step(&there, store->sql, find, err);
    if (rc == MIRSAL_OK && there) {
        out->ordered_ms = (uint64_t)mir_sql_column_int(find, 0);
        out->destroyed_ms = (uint64_t)mir_sql_column_int(find, 1);
    }
    mir_sql_release(find);
    return rc;
}

static mirsal_code set_time(struct mir_store *store,
    const char *text,
    const mirsal_hash *order,
    mirsal_error *err)
{
    sqlite3_stmt *change = NULL;
    mirsal_code rc = mir_sql_prepare(&change, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(change, 1, order->bytes, sizeof order->bytes);
    mir_sql_bind_int(change, 2, (int64_t)mir_now_ms(store->env));
    return mir_sql_done(store->sql, change, err);
}

mirsal_code mir_purge_note(struct mir_store *store, mirsal_error *err)
{
    const struct mir_purges *purges = &store->membership->purges;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < purges->count; i++) {
        if (purges->items[i].level == MIR_PURGE_ORDERED) {
            rc = set_time(store,
                "INSERT OR IGNORE INTO purge (id, ordered, destroyed) VALUES (?1, ?2, 0)",
                &purges->items[i].id, err);
        }
    }
    return rc;
}

mirsal_code mir_purge_set_destroyed(struct mir_store *store,
    const mirsal_hash *order,
    mirsal_error *err)
{
    return set_time(store,
        "INSERT INTO purge (id, ordered, destroyed) VALUES (?1, ?2, ?2)"
        " ON CONFLICT (id) DO UPDATE SET destroyed = excluded.destroyed",
        order, err);
}

uint64_t mir_purge_due_ms(const struct mir_store *store, const struct mir_purge_here *here)
{
    int64_t days = store->membership->policies[MIR_TEAM_PURGE_DAYS];
    return here->ordered_ms + (uint64_t)days * DAY_MS;
}

mirsal_code mir_purge_due(mirsal_hash **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    const struct mir_purges *purges = &store->membership->purges;
    uint64_t now = mir_now_ms(store->env);
    mirsal_code rc = MIRSAL_OK;
    *count = 0;
    *out = mir_arena_alloc(arena, purges->count + 1, sizeof **out);
    if (*out == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < purges->count; i++) {
        struct mir_purge_here here;
        if (purges->items[i].level != MIR_PURGE_ORDERED) {
            continue;
        }
        rc = mir_purge_here(&here, store, &purges->items[i].id, err);
        if (rc == MIRSAL_OK && here.ordered_ms != 0 && here.destroyed_ms == 0 &&
            now >= mir_purge_due_ms(store, &here)) {
            (*out)[(*count)++] = purges->items[i].id;
        }
    }
    return rc;
}
