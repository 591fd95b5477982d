/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/forget.c - own data that was sent is taken out of the store; see the header.
 *
 * The meta key "residue" is set in the transaction that forgets and cleared when pages and WAL are
 * clean: between the two the store is opened as it is after both.
 */
#include "forget.h"

#include "accept.h"
#include "env.h"
#include "fail.h"
#include "layout.h"
#include "purging.h"
#include "tables.h"

#include <string.h>

#define KEY_RESIDUE "residue"

/* Some relay said that it holds it, of a forked chain each branch by itself. */
#define RELAYED                                                                                    \
    " AND EXISTS (SELECT 1 FROM peer_head AS h WHERE h.device = changeset.device"                  \
    " AND h.compartment = changeset.compartment AND CASE WHEN changeset.seq < coalesce("           \
    "(SELECT f.seq FROM fork AS f WHERE f.device = changeset.device"                               \
    " AND f.compartment = changeset.compartment), changeset.seq + 1)"                              \
    " THEN h.seq >= changeset.seq ELSE h.id = changeset.id END)"
/* Own data that is still clear: of a relay, and of a chain up to what a reader holds. */
#define SENT " WHERE device = ?1 AND compartment <> 255 AND kept = 0" RELAYED
#define READ " WHERE device = ?1 AND compartment = ?3 AND seq <= ?4"

/* One statement over this device with up to three more numbers; *changed = rows it changed. */
static mirsal_code change(uint64_t *changed,
    struct mir_store *store,
    const char *text,
    const int64_t numbers[4],
    mirsal_error *err)
{
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    int parameters = sqlite3_bind_parameter_count(statement);
    for (int i = 0; i < parameters && i < 4; i++) {
        mir_sql_bind_int(statement, i + 1, numbers[i]);
    }
    rc = mir_sql_done(store->sql, statement, err);
    if (rc == MIRSAL_OK) {
        *changed += (uint64_t)sqlite3_changes(mir_sql_handle(store->sql));
    }
    return rc;
}

/* Adds the number that a statement gives. */
static mirsal_code count(uint64_t *sum,
    struct mir_store *store,
    const char *text,
    const int64_t numbers[4],
    mirsal_error *err)
{
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    int parameters = sqlite3_bind_parameter_count(statement);
    for (int i = 0; i < parameters && i < 4; i++) {
        mir_sql_bind_int(statement, i + 1, numbers[i]);
    }
    rc = mir_sql_step(&row, store->sql, statement, err);
    if (rc == MIRSAL_OK && row) {
        *sum += (uint64_t)mir_sql_column_int(statement, 0);
    }
    mir_sql_release(statement);
    return rc;
}

/* The clear bodies of what was sent; when each was written goes too. */
#define CLEAR(where)                                                                               \
    "UPDATE content SET clear = NULL WHERE no IN (SELECT no FROM changeset" where ")"
#define MARK(where)                                                                                \
    "UPDATE changeset SET kept = 1, projected = 0, stamp = NULL, received = ?2" where
static mirsal_code drop_clear(uint64_t *dropped,
    struct mir_store *store,
    int64_t device,
    mirsal_error *err)
{
    static const char content_text[] = CLEAR(SENT);
    static const char row_text[] = MARK(SENT);
    const int64_t numbers[4] = { device, (int64_t)mir_now_ms(store->env), 0, 0 };
    uint64_t ignored = 0;
    mirsal_code rc = change(&ignored, store, content_text, numbers, err);
    return rc == MIRSAL_OK ? change(dropped, store, row_text, numbers, err) : rc;
}

/* What is done with a chain up to a place that a reader holds. */
enum with_read { LOOK, DROP_CLEAR, DROP_BODIES };

/* One chain up to a changeset that a reader holds. A sealed body goes once a relay holds it too. */
static mirsal_code treat_read(uint64_t *changed,
    struct mir_store *store,
    const struct mir_chain_row *read,
    enum with_read what,
    mirsal_error *err)
{
    static const char look_text[] =
        "SELECT count(*) FROM changeset" READ " AND (kept = 0 OR (kept = 1" RELAYED "))";
    static const char *const content_texts[] = {
        [DROP_CLEAR] = CLEAR(READ " AND kept = 0"),
        [DROP_BODIES] = "UPDATE content SET body = x'' WHERE no IN (SELECT no FROM changeset" READ
                        " AND kept = 1" RELAYED ")",
    };
    static const char *const row_texts[] = {
        [DROP_CLEAR] = MARK(READ " AND kept = 0"),
        [DROP_BODIES] = "UPDATE changeset SET kept = 2" READ " AND kept = 1" RELAYED,
    };
    int64_t numbers[4] = { read->device, (int64_t)mir_now_ms(store->env), read->compartment,
        (int64_t)read->seq };
    uint64_t fork = 0;
    uint64_t ignored = 0;
    mirsal_code rc = mir_chain_fork(&fork, store->sql, read->device, read->compartment, err);
    if (rc == MIRSAL_OK && fork != 0 && read->seq >= fork) {
        numbers[3] = (int64_t)fork - 1; /* the reader may hold another branch */
    }
    if (rc == MIRSAL_OK && what == LOOK) {
        return count(changed, store, look_text, numbers, err);
    }
    if (rc == MIRSAL_OK) {
        rc = change(&ignored, store, content_texts[what], numbers, err);
    }
    return rc == MIRSAL_OK ? change(changed, store, row_texts[what], numbers, err) : rc;
}

static int counts(const struct mir_store *store, const struct mir_receipt *receipt)
{
    const struct mir_member *reader = mir_membership_device(store->membership, &receipt->reader);
    return mir_hash_equal(&receipt->head.device, &store->device) &&
           !mir_hash_equal(&receipt->reader, &store->device) && reader != NULL &&
           !reader->write_only;
}

static mirsal_code treat_all_read(uint64_t *changed,
    struct mir_store *store,
    int64_t device,
    enum with_read what,
    mirsal_error *err)
{
    const struct mir_membership *membership = store->membership;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < membership->receipt_count; i++) {
        const struct mir_receipt *receipt = &membership->receipts[i];
        struct mir_chain_row row = { .no = 0 };
        if (!counts(store, receipt)) {
            continue;
        }
        rc = mir_chain_find(&row, store->sql, &receipt->head.id, err);
        if (rc == MIRSAL_OK && row.no != 0 && row.device == device &&
            row.compartment == receipt->head.compartment && row.seq == receipt->head.seq) {
            rc = treat_read(changed, store, &row, what, err);
        }
    }
    return rc;
}

mirsal_code mir_forget_project(struct mir_store *store, mirsal_error *err)
{
    struct mir_accept_counts counts = { 0 };
    void (*on_change)(void *, const mirsal_id *, uint32_t) = store->on_change;
    store->on_change = NULL; /* nothing is said anew */
    mirsal_code rc = mir_tables_renew(store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_accept_reproject(&counts, store, err);
    }
    store->on_change = on_change;
    return rc == MIRSAL_OK ? mir_meta_set_int(store->sql, KEY_RESIDUE, 1, err) : rc;
}

static mirsal_code forget_rows(uint64_t *dropped, struct mir_store *store, mirsal_error *err)
{
    int64_t device = 0;
    uint64_t cleared = 0;
    mirsal_code rc = mir_device_no(&device, store->sql, &store->device, 0, err);
    if (rc == MIRSAL_OK && device != 0) {
        rc = drop_clear(&cleared, store, device, err);
    }
    if (rc == MIRSAL_OK && device != 0) {
        rc = treat_all_read(&cleared, store, device, DROP_CLEAR, err);
    }
    if (rc == MIRSAL_OK && device != 0) {
        rc = treat_all_read(dropped, store, device, DROP_BODIES, err);
    }
    if (rc == MIRSAL_OK && cleared > 0) {
        rc = mir_forget_project(store, err);
    }
    *dropped += cleared;
    if (rc == MIRSAL_OK && *dropped > 0) {
        rc = mir_meta_set_int(store->sql, KEY_RESIDUE, 1, err);
    }
    return rc;
}

/* How much there is to forget, without the cost of a write transaction. */
static mirsal_code look(uint64_t *out, struct mir_store *store, mirsal_error *err)
{
    static const char text[] = "SELECT count(*) FROM changeset" SENT;
    int64_t numbers[4] = { 0 };
    *out = 0;
    mirsal_code rc = mir_store_refresh(store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_device_no(&numbers[0], store->sql, &store->device, 0, err);
    }
    if (rc == MIRSAL_OK && numbers[0] != 0) {
        rc = count(out, store, text, numbers, err);
    }
    if (rc == MIRSAL_OK && numbers[0] != 0) {
        rc = treat_all_read(out, store, numbers[0], LOOK, err);
    }
    return rc;
}

mirsal_code mir_forget_sent(struct mir_store *store, mirsal_error *err)
{
    uint64_t dropped = 0;
    if (!store->write_only || store->transaction_depth > 0) {
        return MIRSAL_OK;
    }
    mirsal_code rc = look(&dropped, store, err);
    if (rc == MIRSAL_OK && dropped == 0) {
        return MIRSAL_OK;
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_begin(store, err);
    }
    dropped = 0;
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = forget_rows(&dropped, store, err);
    if (rc != MIRSAL_OK || dropped == 0) {
        mir_store_rollback(store);
        return rc;
    }
    return mir_store_commit(store, err);
}

static mirsal_code cut_log(struct mir_store *store, mirsal_error *err)
{
    static const char text[] = "PRAGMA wal_checkpoint(TRUNCATE)";
    sqlite3_stmt *cut = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&cut, store->sql, text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, store->sql, cut, err);
    }
    if (rc == MIRSAL_OK && row && mir_sql_column_int(cut, 0) != 0) {
        rc = mir_fail(err, MIRSAL_LOCKED, "another handle reads the store");
    }
    mir_sql_release(cut);
    return rc;
}

mirsal_code mir_forget_residue(struct mir_store *store, mirsal_error *err)
{
    int64_t residue = 0;
    if (store->transaction_depth > 0) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_meta_int(&residue, store->sql, KEY_RESIDUE, err);
    if (rc != MIRSAL_OK || residue == 0) {
        return rc;
    }
    rc = mir_sql_run(store->sql, "INSERT INTO words (words) VALUES ('optimize')", err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_run(store->sql, "VACUUM", err);
    }
    if (rc == MIRSAL_OK) {
        rc = cut_log(store, err);
    }
    return rc == MIRSAL_OK ? mir_meta_set_int(store->sql, KEY_RESIDUE, 0, err) : rc;
}

mirsal_code mir_forget(struct mir_store *store, mirsal_error *err)
{
    mirsal_error why = { 0 };
    mirsal_code rc = mir_forget_sent(store, &why);
    if (rc == MIRSAL_OK) {
        rc = mir_purging_due(store, &why);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_forget_residue(store, &why);
    }
    if (rc == MIRSAL_OK || rc == MIRSAL_LOCKED || rc == MIRSAL_DISK_FULL ||
        rc == MIRSAL_NO_MEMORY) {
        return MIRSAL_OK;
    }
    return mir_fail(err, rc, "%s", why.message);
}

mirsal_code mir_forgotten(struct mir_forgotten *out, struct mir_store *store, mirsal_error *err)
{
    static const char text[] = "SELECT count(*) FROM changeset WHERE kept <> 0";
    const int64_t none[4] = { 0 };
    int64_t residue = 0;
    *out = (struct mir_forgotten){ 0 };
    if (!store->write_only) {
        return MIRSAL_OK;
    }
    mirsal_code rc = count(&out->changesets, store, text, none, err);
    if (rc == MIRSAL_OK) {
        rc = mir_meta_int(&residue, store->sql, KEY_RESIDUE, err);
    }
    out->residue = residue != 0;
    return rc;
}
