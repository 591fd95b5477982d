/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/bracket.c - times that relays vouch for, beside those that devices claim; see the header.
 */
#include "bracket.h"

#include "env.h"
#include "fail.h"
#include "membership.h"
#include "sql.h"
#include "stamp.h"
#include "statements.h"

#include <string.h>

#define TOLERANCE_MS      MIR_STAMP_AHEAD_MAX
#define HINT_CLOCK        4 /* of STATE: this device's clock is off by more than ten minutes */
#define INVITE_MEMORY_MAX ((size_t)4 << 20)

mirsal_code mir_bracket_note(struct mir_store *store,
    const struct mir_chain_row *row,
    const struct mir_header *header,
    mirsal_error *err)
{
    static const char text[] = "INSERT OR IGNORE INTO made_after (device, compartment, seq, hash)"
                               " VALUES (?1, ?2, ?3, ?4)";
    sqlite3_stmt *insert = NULL;
    if (!header->has_seen) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_sql_prepare(&insert, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(insert, 1, row->device);
    mir_sql_bind_int(insert, 2, row->compartment);
    mir_sql_bind_int(insert, 3, (int64_t)row->seq);
    mir_sql_bind_blob(insert, 4, header->seen.bytes, sizeof header->seen.bytes);
    return mir_sql_done(store->sql, insert, err);
}

mirsal_code mir_bracket_held(struct mir_store *store,
    int64_t peer,
    uint64_t time_ms,
    mirsal_error *err)
{
    static const char text[] =
        "INSERT OR IGNORE INTO made_before (changeset, time)"
        " SELECT c.no, ?2 FROM changeset c WHERE c.no NOT IN (SELECT changeset FROM made_before)"
        " AND EXISTS (SELECT 1 FROM peer_head h WHERE h.peer = ?1 AND h.device = c.device"
        " AND h.compartment = c.compartment AND h.seq >= c.seq)";
    sqlite3_stmt *insert = NULL;
    mirsal_code rc = mir_sql_prepare(&insert, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(insert, 1, peer);
    mir_sql_bind_int(insert, 2, (int64_t)time_ms);
    return mir_sql_done(store->sql, insert, err);
}

/* Of the checkpoints that the chain names up to there the newest that this device has seen. */
static const char after_text[] =
    "SELECT k.time FROM made_after a JOIN checkpoint k ON k.hash = a.hash"
    " WHERE a.device = ?1 AND a.compartment = ?2 AND a.seq <= ?3 ORDER BY a.seq DESC LIMIT 1";

static mirsal_code find_after(struct mir_bracket *out,
    struct mir_store *store,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    sqlite3_stmt *find = NULL;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, after_text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(find, 1, row->device);
    mir_sql_bind_int(find, 2, row->compartment);
    mir_sql_bind_int(find, 3, (int64_t)row->seq);
    rc = mir_sql_step(&out->has_after, store->sql, find, err);
    if (rc == MIRSAL_OK && out->has_after) {
        out->after_ms = (uint64_t)mir_sql_column_int(find, 0);
    }
    mir_sql_release(find);
    return rc;
}

static mirsal_code find_before(int *has,
    uint64_t *time_ms,
    struct mir_store *store,
    int64_t changeset,
    mirsal_error *err)
{
    static const char text[] = "SELECT time FROM made_before WHERE changeset = ?1";
    sqlite3_stmt *find = NULL;
    *has = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(find, 1, changeset);
    rc = mir_sql_step(has, store->sql, find, err);
    *time_ms = rc == MIRSAL_OK && *has ? (uint64_t)mir_sql_column_int(find, 0) : 0;
    mir_sql_release(find);
    return rc;
}

/*
 * Nobody writes before being invited: the stamp of the invite, where a relay does not belie that
 * too; 0 where none is held.
 */
static mirsal_code find_floor(uint64_t *floor_ms,
    struct mir_store *store,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    static const char text[] = "SELECT key FROM device WHERE no = ?1";
    struct mir_control_body body;
    struct mir_chain_row invite;
    struct mir_arena arena;
    sqlite3_stmt *find = NULL;
    mirsal_hash key;
    uint64_t before_ms = 0;
    int there = 0;
    *floor_ms = 0;
    memset(&key, 0, sizeof key);
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(find, 1, row->device);
    rc = mir_sql_step(&there, store->sql, find, err);
    if (rc == MIRSAL_OK && there && mir_sql_column(find, 0).size == sizeof key.bytes) {
        memcpy(key.bytes, mir_sql_column(find, 0).data, sizeof key.bytes);
    }
    mir_sql_release(find);
    const struct mir_member *member = mir_membership_device(store->membership, &key);
    if (rc != MIRSAL_OK || member == NULL || member->founder) {
        return rc;
    }
    rc = mir_chain_find(&invite, store->sql, &member->invite, err);
    if (rc != MIRSAL_OK || invite.no == 0) {
        return rc;
    }
    mir_arena_init(&arena, store->env, INVITE_MEMORY_MAX);
    rc = mir_statements_read(&body, &arena, store, &member->invite, err);
    if (rc == MIRSAL_OK) {
        rc = find_before(&there, &before_ms, store, invite.no, err);
        uint64_t claimed = mir_stamp_ms(body.stamp);
        *floor_ms = there && claimed > before_ms + TOLERANCE_MS ? 0 : claimed;
    }
    mir_arena_fini(&arena);
    return rc;
}

mirsal_code mir_bracket_of(struct mir_bracket *out,
    struct mir_store *store,
    int64_t changeset,
    uint64_t stamp,
    mirsal_error *err)
{
    struct mir_chain_row row;
    uint64_t claimed = mir_stamp_ms(stamp);
    uint64_t floor_ms = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_chain_row(&row, store->sql, changeset, err);
    if (rc != MIRSAL_OK || row.no == 0) {
        return rc;
    }
    rc = find_after(out, store, &row, err);
    if (rc == MIRSAL_OK) {
        rc = find_before(&out->has_before, &out->before_ms, store, changeset, err);
    }
    if (rc == MIRSAL_OK && stamp != 0) {
        rc = find_floor(&floor_ms, store, &row, err);
        out->suspect = (out->has_after && claimed + TOLERANCE_MS < out->after_ms) ||
                       (out->has_before && claimed > out->before_ms + TOLERANCE_MS) ||
                       claimed + TOLERANCE_MS < floor_ms;
    }
    return rc;
}

mirsal_code mir_bracket_clock(struct mir_clock_state *out,
    struct mir_store *store,
    mirsal_error *err)
{
    static const char text[] = "SELECT clock_offset, hints FROM peer ORDER BY last_sync DESC, no";
    uint64_t now_ms = mir_now_ms(store->env);
    sqlite3_stmt *find = NULL;
    int there = 0;
    int first = 1;
    out->offset_s = 0;
    out->suspect = mir_stamp_ms(store->stamp) > now_ms + 2 * TOLERANCE_MS;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    while (rc == MIRSAL_OK) {
        rc = mir_sql_step(&there, store->sql, find, err);
        if (rc != MIRSAL_OK || !there) {
            break;
        }
        int64_t offset_ms = mir_sql_column_int(find, 0);
        if (first) {
            out->offset_s = (offset_ms + (offset_ms < 0 ? -500 : 500)) / 1000;
        }
        first = 0;
        out->suspect = out->suspect || (mir_sql_column_int(find, 1) & HINT_CLOCK) != 0;
    }
    mir_sql_release(find);
    return rc;
}
