/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/shadow.c - quarantined changesets projected for a look; see the header.
 */
#include "shadow.h"

#include "chains.h"
#include "identity.h"
#include "members.h"
#include "opening.h"
#include "project.h"

#include <string.h>

#define HELD_BACK                                                                                  \
    " FROM changeset WHERE state = 2 AND reason IN (20, 21, 23) AND kept = 0"                      \
    " AND compartment <> 255"
_Static_assert(MIR_STATE_QUARANTINED == 2 && MIR_REASON_NOT_ALLOWED == 20 &&
                   MIR_REASON_FORK == 21 && MIR_REASON_CUT == 23,
    "as the query has them");

static mirsal_code project(struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    struct mir_changeset changeset;
    struct mir_opened opened;
    enum mir_content content = MIR_CONTENT_CLOSED;
    uint32_t conflicts = 0;
    mir_arena_reset(arena);
    mirsal_code rc = mir_chain_load(&changeset, arena, store->sql, row->no, err);
    if (rc == MIRSAL_OK) {
        rc = mir_content_open(&opened, &content, arena, store, &changeset, row, err);
    }
    if (rc != MIRSAL_OK || content != MIR_CONTENT_OPENED) {
        return rc;
    }
    const struct mir_member *member =
        mir_membership_device(store->membership, &changeset.fields.device);
    struct mir_project_author author = { row->device, member != NULL ? (uint8_t)member->role : 0,
        mir_identity_is_own(store, &changeset.fields.device) ? 1 : 0 };
    return mir_project_apply(
        &conflicts, store, row->no, &row->id, &changeset.fields, &author, &opened.body, err);
}

/* Each chain upward, so that an edit comes behind what it edits. */
static mirsal_code project_all(struct mir_store *store, mirsal_error *err)
{
    static const char text[] =
        "SELECT " MIR_CHAIN_COLUMNS HELD_BACK " ORDER BY device, compartment, seq, no";
    sqlite3_stmt *statement = NULL;
    struct mir_arena arena;
    int more = 0;
    mir_arena_init(&arena, store->env, MIR_BODY_MEMORY_MAX);
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    while (rc == MIRSAL_OK) {
        struct mir_chain_row row;
        rc = mir_sql_step(&more, store->sql, statement, err);
        if (rc != MIRSAL_OK || !more) {
            break;
        }
        rc = mir_chain_read_row(&row, statement, err);
        rc = rc == MIRSAL_OK ? project(&arena, store, &row, err) : rc;
    }
    mir_sql_release(statement);
    mir_arena_fini(&arena);
    return rc;
}

mirsal_code mir_shadow_begin(int *any, struct mir_store *store, mirsal_error *err)
{
    static const char text[] = "SELECT 1" HELD_BACK " LIMIT 1";
    sqlite3_stmt *statement = NULL;
    *any = 0;
    if (store->transaction_depth > 0) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(any, store->sql, statement, err);
    }
    mir_sql_release(statement);
    if (rc != MIRSAL_OK || !*any) {
        return rc;
    }
    rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        *any = 0;
        return rc;
    }
    void (*on_change)(void *, const mirsal_id *, uint32_t) = store->on_change;
    store->on_change = NULL; /* nothing that is projected here stays */
    store->shadowed = 1;
    rc = project_all(store, err);
    store->on_change = on_change;
    if (rc != MIRSAL_OK) {
        *any = 0;
        mir_shadow_end(store);
    }
    return rc;
}

void mir_shadow_end(struct mir_store *store)
{
    mir_store_rollback(store);
    store->shadowed = 0;
}
