/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/relaypurge.c - a relay drops what was purged: protocol/sync.md 11. It reads none of it.
 */
#include "causal.h"
#include "env.h"
#include "fail.h"
#include "layout.h"
#include "relaylogin.h"
#include "residues.h"

#include <string.h>

#define KEY_RESIDUE "residue" /* pages or WAL hold something of what went */
#define GOOD_MAX    64u       /* residues of one body; what is over waits */

struct purge_pass {
    struct mir_relay_log *log;
    const struct mir_membership *membership;
    struct mir_arena arena;
    struct mir_causal causal;
    int has_causal;
    int dropped;
};

static mirsal_code take_causal(struct purge_pass *pass, mirsal_error *err)
{
    const struct mir_members *members = pass->log->served.members;
    if (!pass->has_causal &&
        !mir_causal_init(&pass->causal, &pass->arena, members->facts, members->count)) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for what statements know");
    }
    pass->has_causal = 1;
    return MIRSAL_OK;
}

/* The hashes of residues stored here that are good. */
static mirsal_code list_good(mirsal_hash good[GOOD_MAX],
    size_t *count,
    size_t *stored,
    struct purge_pass *pass,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    static const char text[] = "SELECT hash FROM residue WHERE changeset = ?1";
    const struct mir_residue *first = NULL;
    size_t said = mir_purges_residues(pass->membership, &row->id, &first);
    sqlite3_stmt *statement = NULL;
    int more = 0;
    *count = 0;
    *stored = 0;
    mirsal_code rc = mir_sql_prepare(&statement, pass->log->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, row->no);
    while ((rc = mir_sql_step(&more, pass->log->sql, statement, err)) == MIRSAL_OK && more) {
        struct mir_bytes hash = mir_sql_column(statement, 0);
        int is_one = 0;
        ++*stored;
        for (size_t i = 0; !is_one && hash.size == 32 && i < said; i++) {
            is_one = memcmp(first[i].hash.bytes, hash.data, 32) == 0 &&
                     mir_residues_good(&pass->causal, pass->membership, &first[i]);
        }
        if (is_one && *count < GOOD_MAX) {
            memcpy(good[(*count)++].bytes, hash.data, 32);
        }
    }
    mir_sql_release(statement);
    return rc;
}

static mirsal_code delete_others(struct purge_pass *pass,
    const struct mir_chain_row *row,
    const mirsal_hash *good,
    size_t count,
    mirsal_error *err)
{
    static const char mark_text[] =
        "UPDATE residue SET mark = x'00' WHERE changeset = ?1 AND hash = ?2";
    static const char delete_text[] = "DELETE FROM residue WHERE changeset = ?1 AND mark IS NULL";
    static const char clear_text[] = "UPDATE residue SET mark = NULL WHERE changeset = ?1";
    struct mir_sql *sql = pass->log->sql;
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        rc = mir_sql_prepare(&statement, sql, mark_text, err);
        if (rc == MIRSAL_OK) {
            mir_sql_bind_int(statement, 1, row->no);
            mir_sql_bind_blob(statement, 2, good[i].bytes, sizeof good[i].bytes);
            rc = mir_sql_done(sql, statement, err);
        }
    }
    const char *const texts[] = { delete_text, clear_text };
    for (size_t i = 0; rc == MIRSAL_OK && i < 2; i++) {
        rc = mir_sql_prepare(&statement, sql, texts[i], err);
        if (rc == MIRSAL_OK) {
            mir_sql_bind_int(statement, 1, row->no);
            rc = mir_sql_done(sql, statement, err);
        }
    }
    return rc;
}

static mirsal_code drop_one(struct purge_pass *pass, const mirsal_hash *id, mirsal_error *err)
{
    struct mir_relay_log *log = pass->log;
    mirsal_hash good[GOOD_MAX];
    struct mir_chain_row row;
    size_t count = 0;
    size_t stored = 0;
    int due = 0;
    mirsal_code rc = mir_chain_find(&row, log->sql, id, err);
    if (rc == MIRSAL_OK && row.no != 0 && row.compartment != MIR_COMPARTMENT_CONTROL) {
        rc = mir_ordered_due(&due, log->sql, pass->membership, id, mir_now_ms(log->env), err);
    }
    if (rc == MIRSAL_OK && due) {
        rc = take_causal(pass, err);
    }
    if (rc == MIRSAL_OK && due) {
        rc = list_good(good, &count, &stored, pass, &row, err);
    }
    if (rc == MIRSAL_OK && count > 0 && row.kept != MIR_KEPT_RESIDUE) {
        rc = mir_residues_drop_body(log->sql, row.no, err);
        pass->dropped = 1;
    }
    if (rc == MIRSAL_OK && count > 0 && stored > count) {
        rc = delete_others(pass, &row, good, count, err);
        pass->dropped = 1;
    }
    return rc;
}

mirsal_code mir_relay_purge(struct mir_relay_log *log, mirsal_error *err)
{
    struct purge_pass pass = { .log = log };
    mirsal_code rc = mir_served_members(&pass.membership, &log->served, err);
    if (rc != MIRSAL_OK || pass.membership->purges.count == 0) {
        return rc;
    }
    const struct mir_purges *purges = &pass.membership->purges;
    mir_arena_init(&pass.arena, log->env, SIZE_MAX);
    rc = mir_ordered_follow(log->sql, pass.membership, mir_now_ms(log->env), err);
    for (size_t i = 0; rc == MIRSAL_OK && i < purges->body_count; i++) {
        if (purges->bodies[i].level == MIR_PURGE_ORDERED) {
            rc = drop_one(&pass, &purges->bodies[i].id, err);
        }
    }
    if (rc == MIRSAL_OK && pass.dropped) {
        rc = mir_meta_set_int(log->sql, KEY_RESIDUE, 1, err);
        log->wipe = 1;
    }
    mir_arena_fini(&pass.arena);
    return rc;
}

static mirsal_code cut_wal(struct mir_relay_log *log, mirsal_error *err)
{
    static const char text[] = "PRAGMA wal_checkpoint(TRUNCATE)";
    sqlite3_stmt *cut = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&cut, log->sql, text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, log->sql, cut, err);
    }
    if (rc == MIRSAL_OK && row && mir_sql_column_int(cut, 0) != 0) {
        rc = mir_fail(err, MIRSAL_LOCKED, "another handle reads the log");
    }
    mir_sql_release(cut);
    return rc;
}

void mir_relay_wipe(struct mir_relay_log *log)
{
    int64_t residue = 0;
    if (!log->wipe) {
        return;
    }
    mirsal_code rc = mir_meta_int(&residue, log->sql, KEY_RESIDUE, NULL);
    if (rc == MIRSAL_OK && residue != 0) {
        rc = mir_sql_run(log->sql, "VACUUM", NULL);
        if (rc == MIRSAL_OK) {
            rc = cut_wal(log, NULL);
        }
        if (rc == MIRSAL_OK) {
            rc = mir_meta_set_int(log->sql, KEY_RESIDUE, 0, NULL);
        }
    }
    log->wipe = rc != MIRSAL_OK; /* another time: a reader or a full disk is in the way */
}

mirsal_code mir_relay_log_purge(struct mir_relay_log *log, mirsal_error *err)
{
    static const char text[] = "SELECT 1 FROM purge LIMIT 1";
    sqlite3_stmt *statement = NULL;
    int64_t residue = 0;
    int any = 0;
    mirsal_code rc = mir_sql_prepare(&statement, log->sql, text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&any, log->sql, statement, err);
    }
    mir_sql_release(statement);
    if (rc == MIRSAL_OK) {
        rc = mir_meta_int(&residue, log->sql, KEY_RESIDUE, err);
        log->wipe = residue != 0;
    }
    if (rc == MIRSAL_OK && any) {
        rc = mir_relay_log_begin(log, err);
        if (rc == MIRSAL_OK) {
            rc = mir_relay_log_commit(log, err);
        }
        if (rc != MIRSAL_OK) {
            mir_relay_log_rollback(log);
        }
        return rc == MIRSAL_LOCKED ? MIRSAL_OK : rc;
    }
    mir_relay_wipe(log);
    return rc;
}

mirsal_code mir_relay_take_residue(int *taken,
    struct mir_entrance_answer *answer,
    struct mir_relay_log *log,
    const struct mir_chain_row *row,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    const struct mir_residue_row stored = {
        .changeset = row->no, .bytes = changeset->body, .named = 1, .now_ms = mir_now_ms(log->env)
    };
    const struct mir_membership *membership = NULL;
    *taken = 0;
    memset(answer, 0, sizeof *answer);
    mirsal_code rc = mir_served_members(&membership, &log->served, err);
    if (rc == MIRSAL_OK &&
        mir_residues_named(membership, &changeset->id, changeset->body) == NULL) {
        answer->code = MIR_REJECT_MALFORMED;
        answer->text = "a residue that nobody named";
        return MIRSAL_OK;
    }
    if (rc == MIRSAL_OK && row->no != 0) {
        rc = mir_residues_put(log->sql, &stored, err);
        *taken = rc == MIRSAL_OK;
    }
    return rc;
}

mirsal_code mir_relay_judge_purged(struct mir_entrance_answer *answer,
    struct mir_relay_log *log,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    const struct mir_membership *membership = NULL;
    const struct mir_residue *first = NULL;
    int due = 0;
    mirsal_code rc = mir_served_members(&membership, &log->served, err);
    if (rc != MIRSAL_OK || mir_purges_of_body(membership, &changeset->id) != MIR_PURGE_ORDERED ||
        mir_purges_residues(membership, &changeset->id, &first) == 0) {
        return rc;
    }
    rc = mir_ordered_due(&due, log->sql, membership, &changeset->id, mir_now_ms(log->env), err);
    if (rc == MIRSAL_OK && due) {
        answer->code = MIR_REJECT_PURGED;
        answer->text = "purged";
    }
    return rc;
}
