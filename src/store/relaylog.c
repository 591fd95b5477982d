/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/relaylog.c - a relay's log: made, opened, its state, its counts. What it takes is judged in
 * relayaccept.c, what it gives is read in relayread.c, its tree stands in relaytree.c.
 */
#include "relaylog.h"

#include "env.h"
#include "fail.h"
#include "files.h"
#include "layout.h"
#include "mir_limits.h"
#include "reader.h"
#include "relaylogin.h"
#include "statement.h"

#include <string.h>

#define CHECKPOINT_SIZE 120u

static const char usage_table[] = "CREATE TABLE usage ("
                                  " device INTEGER PRIMARY KEY,"
                                  " bytes INTEGER NOT NULL);";

mirsal_code mir_relay_log_team(mirsal_hash *out, struct mir_bytes genesis, mirsal_error *err)
{
    struct mir_changeset changeset;
    mirsal_hash team;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_changeset_decode(&changeset, genesis, err);
    if (rc == MIRSAL_OK) {
        rc = mir_changeset_verify(&changeset, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_hash_bytes(&team, MIR_CONTEXT_TEAM, changeset.body.data, changeset.body.size);
    if (changeset.fields.compartment != MIR_COMPARTMENT_CONTROL || changeset.fields.seq != 1 ||
        !mir_hash_is_zero(&changeset.fields.authority) ||
        !mir_hash_equal(&team, &changeset.fields.team)) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "not the genesis of a team");
    }
    *out = team;
    return MIRSAL_OK;
}

static mirsal_code new_log(struct mir_relay_log **out,
    const mirsal_env *env,
    const char *path,
    const char *vfs,
    mirsal_error *err)
{
    static const mirsal_hash no_team; /* until it is read or founded */
    struct mir_relay_log *log = mir_alloc(env, sizeof *log);
    *out = NULL;
    if (log == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a log");
    }
    log->env = env;
    mirsal_code rc =
        mir_sql_open(&log->sql, env, &(struct mir_sql_options){ .path = path, .vfs = vfs }, err);
    mir_served_init(&log->served, env, log->sql, &no_team);
    if (rc != MIRSAL_OK) {
        mir_relay_log_close(log);
        return rc;
    }
    *out = log;
    return MIRSAL_OK;
}

static mirsal_code draw_epoch(struct mir_relay_log *log, mirsal_error *err)
{
    uint8_t epoch[8];
    mir_random(log->env, epoch, sizeof epoch);
    return mir_meta_set_bytes(
        log->sql, "store_epoch", (struct mir_bytes){ epoch, sizeof epoch }, err);
}

static mirsal_code fill_new(struct mir_relay_log *log, struct mir_bytes genesis, mirsal_error *err)
{
    const struct mir_bytes team = { log->served.team.bytes, sizeof log->served.team.bytes };
    struct mir_changeset changeset;
    struct mir_reject reject;
    uint64_t arrival;
    int taken;
    mirsal_code rc = mir_layout_create(log->sql, MIR_LAYOUT_LOG, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_run(log->sql, usage_table, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_meta_set_bytes(log->sql, "team", team, err);
    }
    if (rc == MIRSAL_OK) {
        rc = draw_epoch(log, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_changeset_decode(&changeset, genesis, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_relay_log_append(&taken, &arrival, &reject, log, NULL, &changeset, err);
    }
    if (rc == MIRSAL_OK && !taken) {
        rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the genesis does not count");
    }
    return rc;
}

mirsal_code mir_relay_log_create(struct mir_relay_log **out,
    const mirsal_env *env,
    const char *path,
    const char *vfs,
    struct mir_bytes genesis,
    mirsal_error *err)
{
    struct mir_relay_log *log = NULL;
    mirsal_hash team;
    *out = NULL;
    mirsal_code rc = mir_relay_log_team(&team, genesis, err);
    if (rc == MIRSAL_OK) {
        rc = new_log(&log, env, path, vfs, err);
    }
    if (rc == MIRSAL_OK) {
        MIR_ASSERT(log != NULL);
        log->served.team = team;
        rc = mir_relay_log_begin(log, err);
    }
    if (rc == MIRSAL_OK) {
        rc = fill_new(log, genesis, err);
        if (rc == MIRSAL_OK) {
            rc = mir_relay_log_commit(log, err);
        }
        if (rc != MIRSAL_OK) {
            mir_relay_log_rollback(log);
        }
    }
    if (rc != MIRSAL_OK) {
        mir_relay_log_close(log);
        return rc;
    }
    *out = log;
    return MIRSAL_OK;
}

mirsal_code mir_relay_log_open(struct mir_relay_log **out,
    const mirsal_env *env,
    const char *path,
    const char *vfs,
    mirsal_error *err)
{
    struct mir_relay_log *log = NULL;
    struct mir_buf team;
    *out = NULL;
    mir_buf_init(&team, env, sizeof log->served.team.bytes);
    mirsal_code rc = new_log(&log, env, path, vfs, err);
    if (rc == MIRSAL_OK) {
        MIR_ASSERT(log != NULL);
        rc = mir_layout_check(log->sql, MIR_LAYOUT_LOG, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_meta_bytes(&team, log->sql, "team", err);
    }
    if (rc == MIRSAL_OK && team.size != sizeof log->served.team.bytes) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "the log names no team");
    }
    if (rc == MIRSAL_OK) {
        memcpy(log->served.team.bytes, team.data, sizeof log->served.team.bytes);
        *out = log;
    } else {
        mir_relay_log_close(log);
    }
    mir_buf_fini(&team);
    return rc;
}

void mir_relay_log_close(struct mir_relay_log *log)
{
    if (log == NULL) {
        return;
    }
    mir_served_fini(&log->served);
    mir_sql_close(log->sql);
    mir_release(log->env, log, sizeof *log);
}

struct mir_served *mir_relay_log_served(struct mir_relay_log *log)
{
    return &log->served;
}

const mirsal_hash *mir_relay_log_of(const struct mir_relay_log *log)
{
    return &log->served.team;
}

void mir_relay_log_set_quota(struct mir_relay_log *log, const struct mir_relay_quota *quota)
{
    log->quota = *quota;
}

mirsal_code mir_relay_log_begin(struct mir_relay_log *log, mirsal_error *err)
{
    return mir_sql_run(log->sql, "BEGIN IMMEDIATE", err);
}

mirsal_code mir_relay_log_commit(struct mir_relay_log *log, mirsal_error *err)
{
    mirsal_code rc = mir_relay_purge(log, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_run(log->sql, "COMMIT", err);
    }
    if (rc == MIRSAL_OK) {
        mir_relay_wipe(log);
    }
    return rc;
}

void mir_relay_log_rollback(struct mir_relay_log *log)
{
    /* What was evaluated may stand on changesets that are gone. */
    mir_served_forget(&log->served);
    if (!sqlite3_get_autocommit(mir_sql_handle(log->sql)) &&
        mir_sql_run(log->sql, "ROLLBACK", NULL) != MIRSAL_OK) {
        mir_log(log->env, MIRSAL_LOG_ERROR, "a log's transaction is not rolled back");
    }
}

static mirsal_code read_number(uint64_t *out,
    struct mir_relay_log *log,
    const char *text,
    int64_t parameter,
    mirsal_error *err)
{
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *out = 0;
    mirsal_code rc = mir_sql_prepare(&statement, log->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (sqlite3_bind_parameter_count(statement) > 0) {
        mir_sql_bind_int(statement, 1, parameter);
    }
    rc = mir_sql_step(&row, log->sql, statement, err);
    if (rc == MIRSAL_OK && row) {
        *out = (uint64_t)mir_sql_column_int(statement, 0);
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_relay_usage(uint64_t *out,
    struct mir_relay_log *log,
    int64_t device,
    mirsal_error *err)
{
    static const char text[] = "SELECT bytes FROM usage WHERE device = ?1";
    return read_number(out, log, text, device, err);
}

mirsal_code mir_relay_log_find_device(struct mir_relay_log *log,
    const struct mir_agree_public *noise,
    struct mir_sync_device *out,
    mirsal_error *err)
{
    uint64_t used = 0;
    int64_t no = 0;
    mirsal_code rc = mir_served_find_device(&log->served, noise, out, err);
    if (rc == MIRSAL_OK) {
        rc = mir_device_no(&no, log->sql, &out->device, 0, err);
    }
    if (rc == MIRSAL_OK && no != 0) {
        rc = mir_relay_usage(&used, log, no, err);
    }
    out->quota_near = log->quota.device != 0 && used > log->quota.device / 10 * 9;
    return rc;
}

static int read_checkpoint(struct mir_checkpoint *out, struct mir_bytes bytes)
{
    struct mir_reader reader;
    mir_reader_init(&reader, bytes.data, bytes.size);
    mir_reader_copy(&reader, out->store_epoch, sizeof out->store_epoch);
    out->size = mir_reader_be64(&reader);
    out->time_ms = mir_reader_be64(&reader);
    mir_reader_copy(&reader, out->root.bytes, sizeof out->root.bytes);
    mir_reader_copy(&reader, out->signature, sizeof out->signature);
    return mir_reader_finish(&reader, "checkpoint", NULL) == MIRSAL_OK;
}

mirsal_code mir_relay_log_state(struct mir_relay_log *log,
    struct mir_sync_log *out,
    mirsal_error *err)
{
    struct mir_buf bytes;
    memset(out, 0, sizeof *out);
    mir_buf_init(&bytes, log->env, CHECKPOINT_SIZE);
    mirsal_code rc = mir_served_size(&out->size, &log->served, err);
    if (rc == MIRSAL_OK) {
        rc = mir_meta_bytes(&bytes, log->sql, "store_epoch", err);
    }
    if (rc == MIRSAL_OK && bytes.size != sizeof out->store_epoch) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "the log's store epoch is missing");
    }
    if (rc == MIRSAL_OK) {
        memcpy(out->store_epoch, bytes.data, sizeof out->store_epoch);
        mir_buf_reset(&bytes);
        rc = mir_meta_bytes(&bytes, log->sql, "checkpoint", err);
    }
    if (rc == MIRSAL_OK && bytes.size > 0) {
        out->has_checkpoint = 1;
        if (!read_checkpoint(&out->checkpoint, mir_buf_bytes(&bytes))) {
            rc = mir_fail(err, MIRSAL_CORRUPT, "the log's checkpoint is damaged");
        }
    }
    mir_buf_fini(&bytes);
    return rc;
}

/* A new store epoch; place: where the file lies from now on, or NULL: as before. */
static mirsal_code begin_anew(struct mir_relay_log *log, const int64_t *place, mirsal_error *err)
{
    mirsal_code rc = mir_relay_log_begin(log, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = draw_epoch(log, err);
    if (rc == MIRSAL_OK && place != NULL) {
        rc = mir_meta_set_int(log->sql, "place", *place, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_relay_log_commit(log, err);
    }
    if (rc != MIRSAL_OK) {
        mir_relay_log_rollback(log);
    }
    return rc;
}

mirsal_code mir_relay_log_restored(struct mir_relay_log *log, mirsal_error *err)
{
    return begin_anew(log, NULL, err);
}

mirsal_code mir_relay_log_settle(int *anew,
    struct mir_relay_log *log,
    uint64_t inode,
    mirsal_error *err)
{
    int64_t place = (int64_t)(inode & INT64_MAX);
    int64_t held = 0;
    mirsal_code rc = mir_meta_int(&held, log->sql, "place", err);
    *anew = rc == MIRSAL_OK && (held == 0 || held != place);
    return *anew ? begin_anew(log, &place, err) : rc;
}

mirsal_code mir_relay_log_counts(struct mir_relay_counts *out,
    struct mir_relay_log *log,
    mirsal_error *err)
{
    const struct mir_membership *membership = NULL;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_served_members(&membership, &log->served, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < membership->member_count; i++) {
        out->devices += membership->members[i].member != 0;
    }
    if (rc == MIRSAL_OK) {
        rc = mir_served_size(&out->changesets, &log->served, err);
    }
    return rc == MIRSAL_OK ? mir_relay_usage(&out->bytes, log, 0, err) : rc;
}

/* Whoever serves the copy is told by it: it lies nowhere yet. */
static mirsal_code mark_copy(struct mir_relay_log *log, const char *path, mirsal_error *err)
{
    struct mir_sql *sql = NULL;
    mirsal_code rc = mir_sql_open(&sql, log->env, &(struct mir_sql_options){ .path = path }, err);
    if (rc == MIRSAL_OK) {
        rc = mir_meta_set_int(sql, "place", 0, err);
    }
    mir_sql_close(sql);
    return rc;
}

mirsal_code mir_relay_log_copy(struct mir_relay_log *log, const char *path, mirsal_error *err)
{
    static const char text[] = "VACUUM INTO ?1";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, log->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_text(statement, 1, path, strlen(path));
    rc = mir_sql_done(log->sql, statement, err);
    return rc == MIRSAL_OK ? mark_copy(log, path, err) : rc;
}

static mirsal_code check_pages(struct mir_relay_log *log, mirsal_error *err)
{
    static const char text[] = "PRAGMA integrity_check(1)";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, log->sql, text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, log->sql, statement, err);
    }
    if (rc == MIRSAL_OK) {
        struct mir_bytes said = mir_sql_column(statement, 0);
        if (!row || said.size != 2 || memcmp(said.data, "ok", 2) != 0) {
            rc = mir_fail(err, MIRSAL_CORRUPT, "a log's pages are damaged");
        }
    }
    mir_sql_release(statement);
    return rc;
}

/* Its bytes are those that were signed and that came with that number. */
static mirsal_code check_changeset(struct mir_relay_log *log, int64_t no, mirsal_error *err)
{
    struct mir_changeset held;
    struct mir_changeset read;
    struct mir_chain_row row;
    mir_arena_reset(&log->served.arena);
    mirsal_code rc = mir_chain_load(&held, &log->served.arena, log->sql, no, err);
    if (rc == MIRSAL_OK) {
        rc = mir_chain_row(&row, log->sql, no, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = held.residue ? mir_changeset_read_left(&read, held.header, held.signature, held.body, NULL)
                      : mir_changeset_read(&read, held.header, held.signature, held.body, NULL);
    if (rc != MIRSAL_OK || held.residue != (row.kept == MIR_KEPT_RESIDUE) ||
        !mir_hash_equal(&read.id, &row.id) || mir_changeset_verify(&read, NULL) != MIRSAL_OK) {
        return mir_fail(err, MIRSAL_CORRUPT, "a changeset of a log is damaged");
    }
    return mir_relay_tree_check(log, (uint64_t)no, &read.id, err);
}

mirsal_code mir_relay_log_check(struct mir_relay_log *log, mirsal_error *err)
{
    struct mir_sync_log state;
    mirsal_hash root;
    mirsal_code rc = check_pages(log, err);
    if (rc == MIRSAL_OK) {
        rc = mir_relay_log_state(log, &state, err);
    }
    for (uint64_t no = 1; rc == MIRSAL_OK && no <= state.size; no++) {
        rc = check_changeset(log, (int64_t)no, err);
    }
    if (rc == MIRSAL_OK && state.has_checkpoint) {
        rc = mir_relay_log_root_at(log, state.checkpoint.size, &root, err);
        if (rc == MIRSAL_OK && !mir_hash_equal(&root, &state.checkpoint.root)) {
            rc = mir_fail(err, MIRSAL_CORRUPT, "a log does not fit its newest checkpoint");
        }
    }
    return rc;
}
