/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/settle.c - what is held, judged and projected; see accept.h.
 *
 * What is put stands as waiting without a reason until it is judged. Judging goes up each chain, so
 * that a changeset finds the one before it judged. A waiting one is judged again only when what its
 * reason names may have come; all of a device's data when its rights changed.
 */
#include "accept.h"

#include "chainjudge.h"
#include "env.h"
#include "fail.h"
#include "identity.h"
#include "judge.h"
#include "layout.h"
#include "line.h"
#include "members.h"
#include "opening.h"
#include "project.h"
#include "purge.h"
#include "stamp.h"
#include "teamschema.h"

#include <string.h>

#define BIT(reason) (INT64_C(1) << (reason))
/* Judged at every settling: cheap, or about the chain itself. */
#define ALWAYS      (BIT(MIR_REASON_NONE) | BIT(MIR_REASON_PREV) | BIT(MIR_REASON_AUTHORITY))

static const mirsal_hash nobody;

struct settling {
    struct mir_store *store;
    struct mir_accept_counts *counts;
    struct mir_arena arena; /* of one changeset */
    struct mir_arena chain_arena;
    struct mir_chain_judge chain; /* the one that was judged last */
    int authors_changed;          /* a device took over from another */
    uint64_t now_ms;
};

/* Control stands or waits for its chain; what stands never ceases to. */
static mirsal_code settle_control(struct settling *settling, mirsal_error *err)
{
    static const char text[] = "SELECT " MIR_CHAIN_COLUMNS " FROM changeset"
                               " WHERE compartment = 255 AND state <> 0";
    struct mir_store *store = settling->store;
    sqlite3_stmt *statement = NULL;
    struct mir_chain_row row;
    int more = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    while (rc == MIRSAL_OK) {
        rc = mir_sql_step(&more, store->sql, statement, err);
        if (rc != MIRSAL_OK || !more) {
            break;
        }
        rc = mir_chain_read_row(&row, statement, err);
        if (rc == MIRSAL_OK) {
            int stands = mir_membership_stands(store->membership, &row.id);
            struct mir_verdict verdict = { stands ? MIR_STATE_ACCEPTED : MIR_STATE_WAITING,
                stands ? MIR_REASON_NONE : MIR_REASON_PREV };
            rc = mir_chain_set(store->sql, row.no, verdict, err);
        }
    }
    mir_sql_release(statement);
    return rc;
}

/* Whether data is judged otherwise for one member. */
static int rights_differ(const struct mir_member *a, const struct mir_member *b)
{
    return a->role != b->role || a->member != b->member || a->ended != b->ended ||
           a->vouched != b->vouched || a->write_only != b->write_only ||
           memcmp(a->granted, b->granted, sizeof a->granted) != 0;
}

/* Every changeset of a device's data chains is judged anew. */
static mirsal_code judge_device_again(struct mir_store *store, int64_t device, mirsal_error *err)
{
    static const char text[] = "UPDATE changeset SET state = 1, reason = 0"
                               " WHERE device = ?1 AND compartment <> 255 AND state <> 3";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc == MIRSAL_OK) {
        mir_sql_bind_int(statement, 1, device);
        rc = mir_sql_done(store->sql, statement, err);
    }
    return rc;
}

/* A device's rights are others now: its data is judged anew, its rank follows. */
static mirsal_code follow_rights(struct mir_store *store,
    const struct mir_member *member,
    const struct mir_member *before,
    mirsal_error *err)
{
    int64_t device = 0;
    store->keys_came |= mir_hash_equal(&member->key, &store->device);
    mirsal_code rc = mir_device_no(&device, store->sql, &member->key, 0, err);
    if (rc != MIRSAL_OK || device == 0) {
        return rc;
    }
    if (mir_line_is_plain(store->membership, &member->key)) {
        rc = judge_device_again(store, device, err);
    }
    if (rc == MIRSAL_OK && (before == NULL || before->role != member->role)) {
        rc = mir_project_role(store, device, (uint8_t)member->role, err);
    }
    return rc;
}

/* Sets what a chain that is judged whole came to; what is accepted anew waits to be opened. */
static mirsal_code apply_chain(struct settling *settling, mirsal_error *err)
{
    static const struct mir_verdict unjudged = { MIR_STATE_WAITING, MIR_REASON_NONE };
    struct mir_store *store = settling->store;
    const struct mir_chain_judge *chain = &settling->chain;
    struct mir_chain_row row;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < chain->count; i++) {
        struct mir_verdict verdict = chain->judged[i].verdict;
        rc = mir_chain_row(&row, store->sql, chain->judged[i].no, err);
        if (rc != MIRSAL_OK || row.no == 0 || row.state == MIR_STATE_PURGED) {
            continue;
        }
        int was_content = row.state == MIR_STATE_ACCEPTED || row.reason == MIR_REASON_EPOCH_KEY ||
                          row.reason == MIR_REASON_SCHEMA || row.reason == MIR_REASON_BODY ||
                          row.reason == MIR_REASON_BAD_CONTENT;
        if (verdict.state == MIR_STATE_ACCEPTED) {
            rc = was_content ? MIRSAL_OK : mir_chain_set(store->sql, row.no, unjudged, err);
        } else if (verdict.state != row.state || verdict.reason != row.reason) {
            settling->counts->quarantined += verdict.state == MIR_STATE_QUARANTINED;
            rc = mir_chain_set(store->sql, row.no, verdict, err);
        }
    }
    return rc;
}

/* The chain of a changeset: judged once while the changesets of one chain are judged in line. */
static mirsal_code take_chain(struct settling *settling,
    int64_t device,
    uint32_t compartment,
    mirsal_error *err)
{
    struct mir_chain_judge *chain = &settling->chain;
    if (chain->device == device && chain->compartment == compartment) {
        return MIRSAL_OK;
    }
    mir_arena_reset(&settling->chain_arena);
    mirsal_code rc = mir_chain_judge_begin(
        chain, &settling->chain_arena, settling->store, device, compartment, err);
    return rc == MIRSAL_OK && chain->whole ? apply_chain(settling, err) : rc;
}

static mirsal_code read_key(mirsal_hash *out, struct mir_bytes column, mirsal_error *err)
{
    if (column.size != sizeof out->bytes) {
        return mir_fail(err, MIRSAL_CORRUPT, "a device's key is damaged");
    }
    memcpy(out->bytes, column.data, sizeof out->bytes);
    return MIRSAL_OK;
}

/* Chains that control may have judged otherwise although no right changed: cuts, forks, adopts. */
static mirsal_code judge_chains(struct settling *settling,
    const struct mir_members *old,
    mirsal_error *err)
{
    static const char text[] = "SELECT DISTINCT c.device, c.compartment, d.key FROM changeset AS c"
                               " JOIN device AS d ON d.no = c.device WHERE c.compartment <> 255";
    struct mir_store *store = settling->store;
    sqlite3_stmt *statement = NULL;
    struct mir_buf chains;
    int more = 0;
    mir_buf_init(&chains, store->env, SIZE_MAX / 2);
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    while (rc == MIRSAL_OK && (rc = mir_sql_step(&more, store->sql, statement, err)) == MIRSAL_OK &&
           more) {
        int64_t chain[2] = { mir_sql_column_int(statement, 0), mir_sql_column_int(statement, 1) };
        mirsal_hash key;
        uint64_t fork = 0;
        rc = read_key(&key, mir_sql_column(statement, 2), err);
        if (rc == MIRSAL_OK) {
            rc = mir_chain_fork(&fork, store->sql, chain[0], (uint32_t)chain[1], err);
        }
        if (fork != 0 || !mir_line_is_plain(store->membership, &key) ||
            (old != NULL && !mir_line_is_plain(&old->membership, &key))) {
            mir_buf_append(&chains, chain, sizeof chain);
        }
    }
    mir_sql_release(statement);
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&chains, err);
    }
    for (size_t at = 0; rc == MIRSAL_OK && at < chains.size; at += 2 * sizeof(int64_t)) {
        int64_t chain[2];
        memcpy(chain, chains.data + at, sizeof chain);
        rc = take_chain(settling, chain[0], (uint32_t)chain[1], err);
        if (rc == MIRSAL_OK && !settling->chain.whole) {
            rc = judge_device_again(store, chain[0], err); /* it is plain again */
        }
    }
    mir_buf_fini(&chains);
    return rc;
}

static mirsal_code compare_members(struct settling *settling,
    const struct mir_members *old,
    mirsal_error *err)
{
    struct mir_store *store = settling->store;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < store->membership->member_count; i++) {
        const struct mir_member *now = &store->membership->members[i];
        const struct mir_member *before =
            old != NULL ? mir_membership_device(&old->membership, &now->key) : NULL;
        if (before == NULL || rights_differ(before, now)) {
            rc = follow_rights(store, now, before, err);
        }
        settling->authors_changed |=
            now->member && old != NULL &&
            (before == NULL || !mir_hash_equal(&before->replaces, &now->replaces) ||
                before->member != now->member) &&
            !mir_hash_equal(&now->replaces, &nobody);
    }
    return rc == MIRSAL_OK ? judge_chains(settling, old, err) : rc;
}

static mirsal_code take_control(struct settling *settling, mirsal_error *err)
{
    struct mir_store *store = settling->store;
    if (!store->control_came) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_members_refresh(store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_team_schema_follow(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_project_prepare(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = settle_control(settling, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_purge_note(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_project_purges(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = compare_members(settling, store->judged, err);
    }
    mir_members_free(store->judged);
    store->judged = NULL;
    if (rc == MIRSAL_OK) {
        store->control_came = 0;
    }
    return rc;
}

static mirsal_code project(struct settling *settling,
    const struct mir_chain_row *row,
    const struct mir_changeset *changeset,
    const struct mir_opened *opened,
    mirsal_error *err)
{
    struct mir_store *store = settling->store;
    const struct mir_member *member =
        mir_membership_device(store->membership, &changeset->fields.device);
    uint32_t conflicts = 0;
    uint8_t own = mir_identity_is_own(store, &changeset->fields.device) ? 1 : 0;
    struct mir_project_author author = { row->device, member != NULL ? (uint8_t)member->role : 0,
        own };
    mirsal_code rc = mir_project_apply(&conflicts, store, row->no, &changeset->id,
        &changeset->fields, &author, &opened->body, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    settling->counts->projected++;
    settling->counts->conflicts_opened += conflicts;
    if (store->on_projected != NULL) {
        store->on_projected(store->projected_context);
    }
    mir_stamp_observe(&store->stamp, opened->body.stamp, settling->now_ms);
    return mir_chain_set_projected(store->sql, row->no, opened->body.stamp, err);
}

/* Judges content where nothing before it stands in the way, and projects what opens. */
static mirsal_code judge_row(struct settling *settling,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    struct mir_store *store = settling->store;
    struct mir_changeset changeset;
    struct mir_opened opened;
    enum mir_content content = MIR_CONTENT_OPENED;
    struct mir_verdict verdict = { MIR_STATE_WAITING, MIR_REASON_NONE };
    memset(&opened, 0, sizeof opened);
    mir_arena_reset(&settling->arena);
    mirsal_code rc =
        row->projected
            ? mir_chain_load_header(&changeset, &settling->arena, store->sql, row->no, err)
            : mir_chain_load(&changeset, &settling->arena, store->sql, row->no, err);
    if (rc == MIRSAL_OK) {
        rc = take_chain(settling, row->device, row->compartment, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_chain_judge_one(
            &verdict, &settling->chain, store, row, &changeset.fields.prev, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (verdict.state == MIR_STATE_ACCEPTED && !row->projected) {
        rc = mir_content_open(&opened, &content, &settling->arena, store, &changeset, row, err);
        verdict = mir_judge_content(verdict, content);
    }
    if (rc == MIRSAL_OK && (verdict.state != row->state || verdict.reason != row->reason)) {
        settling->counts->quarantined += verdict.state == MIR_STATE_QUARANTINED;
        rc = mir_chain_set(store->sql, row->no, verdict, err);
    }
    if (rc == MIRSAL_OK && verdict.state == MIR_STATE_ACCEPTED && content == MIR_CONTENT_OPENED &&
        !row->projected) {
        rc = project(settling, row, &changeset, &opened, err);
    }
    return rc;
}

/* The numbers of rows that text gives are taken first: judging changes what it reads. */
static mirsal_code judge_all(struct settling *settling,
    const char *text,
    int64_t reasons,
    mirsal_error *err)
{
    struct mir_store *store = settling->store;
    sqlite3_stmt *statement = NULL;
    struct mir_chain_row row;
    struct mir_buf numbers;
    int more = 0;
    mir_buf_init(&numbers, store->env, SIZE_MAX / 2);
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    if (sqlite3_bind_parameter_count(statement) > 0) {
        mir_sql_bind_int(statement, 1, reasons);
    }
    while ((rc = mir_sql_step(&more, store->sql, statement, err)) == MIRSAL_OK && more) {
        int64_t no = mir_sql_column_int(statement, 0);
        mir_buf_append(&numbers, &no, sizeof no);
    }
    mir_sql_release(statement);
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&numbers, err);
    }
    for (size_t at = 0; rc == MIRSAL_OK && at < numbers.size; at += sizeof(int64_t)) {
        int64_t no = 0;
        memcpy(&no, numbers.data + at, sizeof no);
        rc = mir_chain_row(&row, store->sql, no, err);
        if (rc == MIRSAL_OK && row.no != 0) {
            rc = judge_row(settling, &row, err);
        }
    }
out:
    mir_buf_fini(&numbers);
    return rc;
}

static const char waiting_text[] = "SELECT no FROM changeset WHERE state = 1 AND compartment <> 255"
                                   " AND ((?1 >> reason) & 1) = 1"
                                   " ORDER BY device, compartment, seq, no";
static const char unprojected_text[] =
    "SELECT no FROM changeset WHERE state = 0 AND projected = 0 AND compartment <> 255"
    " AND kept IN (0, 3)"
    " ORDER BY no";
static const char fallen_text[] =
    "SELECT no FROM changeset WHERE state <> 0 AND projected = 1 LIMIT 1";

static mirsal_code any_row(int *any, struct mir_sql *sql, const char *text, mirsal_error *err)
{
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(any, sql, statement, err);
    }
    mir_sql_release(statement);
    return rc;
}

static mirsal_code reproject(struct settling *settling, mirsal_error *err)
{
    struct mir_store *store = settling->store;
    mirsal_code rc = mir_project_reset(store, err);
    if (rc == MIRSAL_OK) {
        rc =
            mir_sql_run(store->sql, "UPDATE changeset SET projected = 0 WHERE projected <> 0", err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_project_purges(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = judge_all(settling, unprojected_text, 0, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_team_schema_made(store, err);
    }
    settling->counts->reset = 1;
    return rc;
}

static mirsal_code settle(struct settling *settling, mirsal_error *err)
{
    struct mir_store *store = settling->store;
    int fallen = 0;
    int turned = 0;
    int64_t reasons = ALWAYS;
    reasons |= store->control_came ? BIT(MIR_REASON_SCHEMA) : 0;
    mirsal_code rc = take_control(settling, err);
    if (rc == MIRSAL_OK) {
        rc = mir_team_schema_differs(&turned, store, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    reasons |= turned ? BIT(MIR_REASON_SCHEMA) : 0;
    reasons |= store->keys_came ? BIT(MIR_REASON_EPOCH_KEY) : 0;
    rc = judge_all(settling, waiting_text, reasons, err);
    if (rc == MIRSAL_OK && store->keys_came) {
        rc = judge_all(settling, unprojected_text, 0, err);
    }
    if (rc == MIRSAL_OK) {
        rc = any_row(&fallen, store->sql, fallen_text, err);
    }
    if (rc == MIRSAL_OK && (fallen || turned || settling->authors_changed)) {
        rc = reproject(settling, err);
    }
    if (rc == MIRSAL_OK) {
        store->keys_came = 0;
    }
    return rc;
}

/* Runs one pass with an arena, then what follows from a batch. */
static mirsal_code run(struct mir_accept_counts *counts,
    struct mir_store *store,
    mirsal_code (*pass)(struct settling *settling, mirsal_error *err),
    mirsal_error *err)
{
    struct settling settling = { .store = store, .counts = counts };
    settling.now_ms = mir_now_ms(store->env);
    mir_arena_init(&settling.arena, store->env, MIR_BODY_MEMORY_MAX);
    mir_arena_init(&settling.chain_arena, store->env, SIZE_MAX);
    mirsal_code rc = pass(&settling, err);
    if (rc == MIRSAL_OK) {
        rc = mir_project_settle(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_meta_set_int(store->sql, "stamp", (int64_t)store->stamp, err);
    }
    mir_arena_fini(&settling.arena);
    mir_arena_fini(&settling.chain_arena);
    return rc;
}

mirsal_code mir_accept_settle(struct mir_accept_counts *counts,
    struct mir_store *store,
    mirsal_error *err)
{
    return run(counts, store, settle, err);
}

mirsal_code mir_accept_start(struct mir_store *store, mirsal_error *err)
{
    struct mir_accept_counts counts;
    int differs = 0;
    memset(&counts, 0, sizeof counts);
    mirsal_code rc = mir_team_schema_differs(&differs, store, err);
    return rc == MIRSAL_OK && differs ? mir_accept_settle(&counts, store, err) : rc;
}

mirsal_code mir_accept_reproject(struct mir_accept_counts *counts,
    struct mir_store *store,
    mirsal_error *err)
{
    return run(counts, store, reproject, err);
}
