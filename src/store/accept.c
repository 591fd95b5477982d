/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/accept.c - changesets into a replica; see the header. What is put stands as waiting without
 * a reason until settle.c judges it.
 */
#include "accept.h"

#include "bracket.h"
#include "chainjudge.h"
#include "env.h"
#include "fail.h"
#include "judge.h"
#include "members.h"
#include "residues.h"
#include "statement.h"

#define CONTROL_MEMORY_MAX ((size_t)16 << 20)

/* Data of a chain from a place on is to be judged anew. */
static mirsal_code judge_again(struct mir_store *store,
    const struct mir_chain_row *from,
    mirsal_error *err)
{
    static const char text[] =
        "UPDATE changeset SET state = 1, reason = 0"
        " WHERE device = ?1 AND compartment = ?2 AND seq >= ?3 AND state <> 3";
    sqlite3_stmt *statement = NULL;
    if (from->compartment == MIR_COMPARTMENT_CONTROL) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, from->device);
    mir_sql_bind_int(statement, 2, from->compartment);
    mir_sql_bind_int(statement, 3, (int64_t)from->seq);
    return mir_sql_done(store->sql, statement, err);
}

/* What does not decode whole is never stored. */
static mirsal_code check_control(struct mir_store *store,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    struct mir_control_body body;
    struct mir_arena arena;
    mir_arena_init(&arena, store->env, CONTROL_MEMORY_MAX);
    mirsal_code rc = mir_control_body_read(&body, &arena, changeset->body, err);
    mir_arena_fini(&arena);
    return rc;
}

/* NOT_AUTHENTIC unless an order and a statement that count name it. */
static mirsal_code check_residue(struct mir_store *store,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    mirsal_code rc = store->control_came ? mir_members_refresh(store, err) : MIRSAL_OK;
    if (rc == MIRSAL_OK &&
        mir_residues_named(store->membership, &changeset->id, changeset->body) == NULL) {
        rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "a residue that nobody named");
    }
    return rc;
}

static mirsal_code put_residue(struct mir_store *store,
    int64_t no,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    const struct mir_residue_row row = {
        .changeset = no, .bytes = changeset->body, .named = 1, .now_ms = mir_now_ms(store->env)
    };
    return mir_residues_put(store->sql, &row, err);
}

/* Of a changeset held: another residue, where none was what was signed so far. */
static mirsal_code put_again(struct mir_store *store,
    const struct mir_chain_row *row,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    static const struct mir_verdict unjudged = { MIR_STATE_WAITING, MIR_REASON_NONE };
    if (!changeset->residue || row->kept != MIR_KEPT_RESIDUE || row->projected) {
        return MIRSAL_OK;
    }
    mirsal_code rc = check_residue(store, changeset, err);
    if (rc == MIRSAL_OK) {
        rc = put_residue(store, row->no, changeset, err);
    }
    return rc == MIRSAL_OK ? mir_chain_set(store->sql, row->no, unjudged, err) : rc;
}

mirsal_code mir_accept_put(enum mir_accepted *out,
    struct mir_store *store,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    static const struct mir_verdict unjudged = { MIR_STATE_WAITING, MIR_REASON_NONE };
    struct mir_chain_row row;
    int forks = 0;
    *out = MIR_ACCEPT_STORED;
    if (!mir_hash_equal(&changeset->fields.team, &store->team)) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "a changeset of another team");
    }
    mirsal_code rc = mir_chain_find(&row, store->sql, &changeset->id, err);
    if (rc == MIRSAL_OK && row.no != 0) {
        *out = MIR_ACCEPT_DUPLICATE;
        return put_again(store, &row, changeset, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_changeset_verify(changeset, err);
    }
    if (rc == MIRSAL_OK && changeset->residue) {
        rc = check_residue(store, changeset, err);
    }
    if (rc == MIRSAL_OK && changeset->fields.compartment == MIR_COMPARTMENT_CONTROL) {
        rc = check_control(store, changeset, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_chain_insert(
            &row, &forks, store->sql, changeset, mir_now_ms(store->env), unjudged, err);
    }
    if (rc == MIRSAL_OK && changeset->residue) {
        rc = put_residue(store, row.no, changeset, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_bracket_note(store, &row, &changeset->fields, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    store->control_came |= row.compartment == MIR_COMPARTMENT_CONTROL;
    if (!forks) {
        return MIRSAL_OK;
    }
    *out = MIR_ACCEPT_FORK;
    return judge_again(store, &row, err);
}

static mirsal_code keep_clear(struct mir_store *store,
    int64_t no,
    struct mir_bytes clear,
    uint32_t schema_version,
    mirsal_error *err)
{
    static const char text[] = "UPDATE content SET clear = ?2 WHERE no = ?1";
    sqlite3_stmt *statement = NULL;
    struct mir_buf kept;
    mir_buf_init(&kept, store->env, SIZE_MAX / 2);
    mir_buf_append_be32(&kept, schema_version);
    mir_buf_append(&kept, clear.data, clear.size);
    mirsal_code rc = mir_buf_finish(&kept, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&statement, store->sql, text, err);
    }
    if (rc == MIRSAL_OK) {
        mir_sql_bind_int(statement, 1, no);
        mir_sql_bind_blob(statement, 2, kept.data, kept.size);
        rc = mir_sql_done(store->sql, statement, err);
    }
    mir_buf_fini(&kept);
    return rc;
}

/* What was just written: whether it counts here too. */
static mirsal_code judge_own(struct mir_chain_row *row,
    struct mir_store *store,
    const mirsal_hash *prev,
    mirsal_error *err)
{
    struct mir_chain_judge judge;
    struct mir_verdict verdict = { MIR_STATE_WAITING, MIR_REASON_NONE };
    struct mir_arena arena;
    mir_arena_init(&arena, store->env, SIZE_MAX);
    mirsal_code rc =
        mir_chain_judge_begin(&judge, &arena, store, row->device, row->compartment, err);
    if (rc == MIRSAL_OK) {
        rc = mir_chain_judge_one(&verdict, &judge, store, row, prev, err);
    }
    if (rc == MIRSAL_OK && verdict.state != MIR_STATE_ACCEPTED) {
        rc = mir_chain_set(store->sql, row->no, verdict, err);
    }
    row->state = verdict.state;
    row->reason = verdict.reason;
    mir_arena_fini(&arena);
    return rc;
}

/* Which branch of a chain this store wrote itself. */
static mirsal_code note_head(struct mir_store *store,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    static const char text[] = "INSERT OR REPLACE INTO own_head (compartment, id) VALUES (?1, ?2)";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, row->compartment);
    mir_sql_bind_blob(statement, 2, row->id.bytes, sizeof row->id.bytes);
    return mir_sql_done(store->sql, statement, err);
}

mirsal_code mir_accept_own(struct mir_chain_row *row,
    struct mir_store *store,
    const struct mir_changeset *changeset,
    const struct mir_bytes *clear,
    uint32_t schema_version,
    mirsal_error *err)
{
    static const struct mir_verdict standing = { MIR_STATE_ACCEPTED, MIR_REASON_NONE };
    int data = changeset->fields.compartment != MIR_COMPARTMENT_CONTROL;
    int forks = 0;
    store->control_came |= !data;
    mirsal_code rc =
        mir_chain_insert(row, &forks, store->sql, changeset, mir_now_ms(store->env), standing, err);
    if (rc == MIRSAL_OK) {
        rc = mir_bracket_note(store, row, &changeset->fields, err);
    }
    if (rc == MIRSAL_OK && forks) {
        return mir_fail(err, MIRSAL_CORRUPT, "this device's chain has that place already");
    }
    if (rc == MIRSAL_OK && data) {
        rc = judge_own(row, store, &changeset->fields.prev, err);
    }
    if (rc == MIRSAL_OK && data) {
        rc = note_head(store, row, err);
    }
    if (rc == MIRSAL_OK && clear != NULL) {
        rc = keep_clear(store, row->no, *clear, schema_version, err);
    }
    return rc;
}
