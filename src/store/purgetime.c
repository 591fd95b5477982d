/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/purgetime.c - when this replica held an order that destroys, and when it did so; purge.h.
 *
 * Own times, of this device alone: they enter no digest and no statement.
 */
#include "purge.h"

#include "chains.h"
#include "env.h"
#include "fail.h"
#include "members.h"
#include "residues.h"
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

mirsal_code mir_purge_note(struct mir_store *store, mirsal_error *err)
{
    return mir_ordered_follow(store->sql, store->membership, mir_now_ms(store->env), err);
}

mirsal_code mir_purge_set_destroyed(struct mir_store *store,
    const mirsal_hash *order,
    mirsal_error *err)
{
    static const char text[] = "INSERT INTO purge (id, ordered, destroyed) VALUES (?1, ?2, ?2)"
                               " ON CONFLICT (id) DO UPDATE SET destroyed = excluded.destroyed";
    sqlite3_stmt *change = NULL;
    mirsal_code rc = mir_sql_prepare(&change, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(change, 1, order->bytes, sizeof order->bytes);
    mir_sql_bind_int(change, 2, (int64_t)mir_now_ms(store->env));
    return mir_sql_done(store->sql, change, err);
}

uint64_t mir_purge_due_ms(const struct mir_store *store, const struct mir_purge_here *here)
{
    int64_t days = store->membership->policies[MIR_TEAM_PURGE_DAYS];
    return here->ordered_ms + (uint64_t)days * DAY_MS;
}

const char *mir_purge_state_name(const struct mir_purge *purge, const struct mir_purge_here *here)
{
    if (purge->lifted) {
        return "lifted";
    }
    if (purge->level == MIR_PURGE_ORDERED) {
        return here->destroyed_ms != 0 ? "destroyed" : "ordered";
    }
    return purge->level == MIR_PURGE_HIDDEN ? "hidden" : "quarantined";
}

/* The first naming of a changeset that was held here; 0: none. */
static mirsal_code find_named(uint64_t *out,
    struct mir_store *store,
    const struct mir_purge *order,
    const mirsal_hash *changeset,
    mirsal_error *err)
{
    const struct mir_purge_naming *first = NULL;
    size_t count = mir_purge_namings(order, changeset, &first);
    mirsal_code rc = MIRSAL_OK;
    *out = 0;
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        struct mir_purge_here here;
        rc = mir_purge_here(&here, store, &first[i].said, err);
        if (here.ordered_ms != 0 && (*out == 0 || here.ordered_ms < *out)) {
            *out = here.ordered_ms;
        }
    }
    return rc;
}

mirsal_code mir_purge_left(struct mir_purge_left *out,
    struct mir_store *store,
    const struct mir_purge *order,
    mirsal_error *err)
{
    struct mir_purge_here here;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_purge_here(&here, store, &order->id, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < order->changeset_count; i++) {
        struct mir_chain_row row;
        struct mir_purge_here since = here;
        rc = mir_chain_find(&row, store->sql, &order->changesets[i], err);
        if (rc != MIRSAL_OK || row.no == 0 || row.kept == MIR_KEPT_RESIDUE ||
            row.kept == MIR_KEPT_HEADER) {
            continue;
        }
        out->bodies++;
        if (i >= order->own_count) {
            uint64_t named = 0;
            rc = find_named(&named, store, order, &order->changesets[i], err);
            since.ordered_ms = named > since.ordered_ms ? named : since.ordered_ms;
        }
        uint64_t due = mir_purge_due_ms(store, &since);
        out->due_ms = due > out->due_ms ? due : out->due_ms;
    }
    return rc;
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
