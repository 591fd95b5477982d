/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/known.c - what a relay is known to hold; see the header.
 *
 * peer_head has one row for a chain, or for each changeset from the first fork of the chain on.
 * The same for the device that is met lies in the connection's own memory: no file holds it, and
 * no other query looks there.
 */
#include "known.h"

#include "env.h"
#include "fail.h"

#include <string.h>

#define DAY_MS ((int64_t)86400000)

/* A statement over the table that keeps what this peer holds. */
#define OVER(table, before, after) before table after
#define TWICE(before, after)                                                                       \
    {                                                                                              \
        OVER("peer_head", before, after), OVER("temp.met_head", before, after)                     \
    }

static const char *pick(const char *const texts[2], int64_t peer)
{
    return texts[peer == MIR_KNOWN_MET];
}

mirsal_code mir_known_meet(struct mir_store *store, mirsal_error *err)
{
    return mir_sql_run(store->sql,
        "CREATE TEMP TABLE IF NOT EXISTS met_head ("
        " peer INTEGER NOT NULL,"
        " device INTEGER NOT NULL,"
        " compartment INTEGER NOT NULL,"
        " id BLOB NOT NULL,"
        " seq INTEGER NOT NULL,"
        " PRIMARY KEY (peer, device, compartment, id)) WITHOUT ROWID;"
        "DELETE FROM temp.met_head",
        err);
}

static mirsal_code bind_chain(sqlite3_stmt **out,
    struct mir_sql *sql,
    const char *text,
    int64_t peer,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    mirsal_code rc = mir_sql_prepare(out, sql, text, err);
    if (rc == MIRSAL_OK) {
        mir_sql_bind_int(*out, 1, peer);
        mir_sql_bind_int(*out, 2, row->device);
        mir_sql_bind_int(*out, 3, row->compartment);
        mir_sql_bind_int(*out, 4, (int64_t)row->seq);
    }
    return rc;
}

mirsal_code mir_known_mark(struct mir_store *store,
    int64_t peer,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
#define SET(table)                                                                                 \
    "INSERT INTO " table " (peer, device, compartment, seq, id)"                                   \
    " SELECT ?1, ?2, ?3, ?4, ?5 WHERE ?6 OR NOT EXISTS (SELECT 1 FROM " table                      \
    " WHERE peer = ?1 AND device = ?2 AND compartment = ?3 AND seq >= ?4)"                         \
    " ON CONFLICT DO NOTHING"
    static const char *const clear_texts[2] =
        TWICE("DELETE FROM ", " WHERE peer = ?1 AND device = ?2 AND compartment = ?3 AND seq < ?4");
    static const char *const set_texts[2] = { SET("peer_head"), SET("temp.met_head") };
    sqlite3_stmt *statement = NULL;
    uint64_t fork = 0;
    mirsal_code rc = mir_chain_fork(&fork, store->sql, row->device, row->compartment, err);
    int alone = fork != 0 && row->seq >= fork;
    if (rc == MIRSAL_OK) {
        rc = bind_chain(&statement, store->sql, pick(set_texts, peer), peer, row, err);
    }
    if (rc == MIRSAL_OK) {
        mir_sql_bind_blob(statement, 5, row->id.bytes, sizeof row->id.bytes);
        mir_sql_bind_int(statement, 6, alone);
        rc = mir_sql_done(store->sql, statement, err);
    }
    if (rc != MIRSAL_OK || alone) {
        return rc;
    }
    rc = bind_chain(&statement, store->sql, pick(clear_texts, peer), peer, row, err);
    return rc == MIRSAL_OK ? mir_sql_done(store->sql, statement, err) : rc;
}

mirsal_code mir_known_is(int *known,
    struct mir_store *store,
    int64_t peer,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    static const char *const texts[2] =
        TWICE("SELECT 1 FROM ", " WHERE peer = ?1 AND device = ?2 AND compartment = ?3"
                                " AND CASE WHEN ?6 THEN id = ?5 ELSE seq >= ?4 END LIMIT 1");
    sqlite3_stmt *statement = NULL;
    uint64_t fork = 0;
    *known = 0;
    mirsal_code rc = mir_chain_fork(&fork, store->sql, row->device, row->compartment, err);
    if (rc == MIRSAL_OK) {
        rc = bind_chain(&statement, store->sql, pick(texts, peer), peer, row, err);
    }
    if (rc == MIRSAL_OK) {
        mir_sql_bind_blob(statement, 5, row->id.bytes, sizeof row->id.bytes);
        mir_sql_bind_int(statement, 6, fork != 0 && row->seq >= fork);
        rc = mir_sql_step(known, store->sql, statement, err);
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_known_forget(struct mir_store *store,
    int64_t peer,
    uint32_t compartment,
    mirsal_error *err)
{
    static const char *const texts[2] =
        TWICE("DELETE FROM ", " WHERE peer = ?1 AND compartment = ?2");
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, pick(texts, peer), err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, peer);
    mir_sql_bind_int(statement, 2, compartment);
    return mir_sql_done(store->sql, statement, err);
}

mirsal_code mir_known_missing(struct mir_buf *out,
    struct mir_store *store,
    int64_t peer,
    mirsal_error *err)
{
#define MISSING(table)                                                                             \
    "SELECT c.no FROM changeset AS c"                                                              \
    " LEFT JOIN fork AS f ON f.device = c.device AND f.compartment = c.compartment"                \
    " LEFT JOIN (SELECT device, compartment, max(seq) AS seq FROM " table " WHERE peer = ?1"       \
    "  GROUP BY device, compartment) AS k"                                                         \
    "  ON k.device = c.device AND k.compartment = c.compartment"                                   \
    " WHERE CASE WHEN f.seq IS NULL OR c.seq < f.seq THEN c.seq > coalesce(k.seq, 0)"              \
    "  ELSE NOT EXISTS (SELECT 1 FROM " table " AS h WHERE h.peer = ?1"                            \
    "   AND h.device = c.device AND h.compartment = c.compartment AND h.id = c.id) END"            \
    " ORDER BY CASE WHEN c.compartment = 255 THEN 0 WHEN c.device = ?2 THEN 1 ELSE 2 END,"         \
    " max(c.no) OVER (PARTITION BY c.device, c.compartment ORDER BY c.seq), c.seq, c.no"
    static const char *const texts[2] = { MISSING("peer_head"), MISSING("temp.met_head") };
    sqlite3_stmt *statement = NULL;
    int64_t own = 0;
    int row = 0;
    mirsal_code rc = mir_device_no(&own, store->sql, mir_store_device(store), 0, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&statement, store->sql, pick(texts, peer), err);
    }
    if (rc == MIRSAL_OK) {
        mir_sql_bind_int(statement, 1, peer);
        mir_sql_bind_int(statement, 2, own);
    }
    while (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, store->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        int64_t no = mir_sql_column_int(statement, 0);
        mir_buf_append(out, &no, sizeof no);
    }
    mir_sql_release(statement);
    return rc == MIRSAL_OK ? mir_buf_finish(out, err) : rc;
}

mirsal_code mir_known_missing_residues(struct mir_buf *out,
    struct mir_store *store,
    int64_t peer,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT DISTINCT -r.changeset FROM residue AS r WHERE r.named = 1"
        " AND (r.own = 1 OR r.made < ?2) AND NOT EXISTS (SELECT 1 FROM peer_residue AS p"
        " WHERE p.peer = ?1 AND p.changeset = r.changeset AND p.hash = r.hash)"
        " ORDER BY r.changeset";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, peer);
    mir_sql_bind_int(statement, 2, (int64_t)mir_now_ms(store->env) - DAY_MS);
    while ((rc = mir_sql_step(&row, store->sql, statement, err)) == MIRSAL_OK && row) {
        int64_t no = mir_sql_column_int(statement, 0);
        mir_buf_append(out, &no, sizeof no);
    }
    mir_sql_release(statement);
    return rc == MIRSAL_OK ? mir_buf_finish(out, err) : rc;
}

mirsal_code mir_known_missing_residue(mirsal_hash *out,
    int *found,
    struct mir_store *store,
    int64_t peer,
    int64_t changeset,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT r.hash FROM residue AS r WHERE r.changeset = ?3 AND r.named = 1"
        " AND (r.own = 1 OR r.made < ?2) AND NOT EXISTS (SELECT 1 FROM peer_residue AS p"
        " WHERE p.peer = ?1 AND p.changeset = r.changeset AND p.hash = r.hash)"
        " ORDER BY r.hash LIMIT 1";
    sqlite3_stmt *statement = NULL;
    *found = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, peer);
    mir_sql_bind_int(statement, 2, (int64_t)mir_now_ms(store->env) - DAY_MS);
    mir_sql_bind_int(statement, 3, changeset);
    rc = mir_sql_step(found, store->sql, statement, err);
    struct mir_bytes hash = mir_sql_column(statement, 0);
    if (rc == MIRSAL_OK && *found && hash.size != sizeof out->bytes) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "a residue's hash is damaged");
    } else if (rc == MIRSAL_OK && *found) {
        memcpy(out->bytes, hash.data, hash.size);
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_known_mark_residue(struct mir_store *store,
    int64_t peer,
    int64_t changeset,
    const mirsal_hash *hash,
    mirsal_error *err)
{
    static const char text[] =
        "INSERT OR IGNORE INTO peer_residue (peer, changeset, hash) VALUES (?1, ?2, ?3)";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, peer);
    mir_sql_bind_int(statement, 2, changeset);
    mir_sql_bind_blob(statement, 3, hash->bytes, sizeof hash->bytes);
    return mir_sql_done(store->sql, statement, err);
}
