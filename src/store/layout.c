/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/layout.c - tables of chains and of what stands beside them; see the header.
 *
 * What is large stands in a table of its own: a state can change without rewriting a body.
 */
#include "layout.h"

#include "fail.h"

#include <string.h>

/* By layout: "mir1" and "mirl", then the format. */
static const int64_t application_ids[] = { 0x6d697231, 0x6d69726c };
static const int64_t formats[] = { MIR_STORE_FORMAT, MIR_LOG_FORMAT };

static const char chain_tables[] =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE device (no INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE);"
    "CREATE TABLE changeset ("
    " no INTEGER PRIMARY KEY,"
    " id BLOB NOT NULL UNIQUE,"
    " device INTEGER NOT NULL,"
    " compartment INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " state INTEGER NOT NULL,"
    " reason INTEGER NOT NULL,"
    " projected INTEGER NOT NULL DEFAULT 0,"
    " kept INTEGER NOT NULL DEFAULT 0,"
    " stamp INTEGER,"
    " received INTEGER NOT NULL,"
    " size INTEGER NOT NULL,"
    " authority BLOB NOT NULL);"
    "CREATE TABLE content ("
    " no INTEGER PRIMARY KEY,"
    " header BLOB NOT NULL,"
    " signature BLOB NOT NULL,"
    " body BLOB NOT NULL,"
    " clear BLOB);"
    "CREATE INDEX changeset_place ON changeset (device, compartment, seq);"
    "CREATE INDEX changeset_open ON changeset (compartment, state) WHERE state <> 0;"
    "CREATE INDEX changeset_unprojected ON changeset (compartment)"
    " WHERE projected = 0 AND compartment <> 255;"
    "CREATE INDEX changeset_control ON changeset (no) WHERE compartment = 255;"
    "CREATE TABLE fork ("
    " device INTEGER NOT NULL,"
    " compartment INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " PRIMARY KEY (device, compartment)) WITHOUT ROWID;"
    "CREATE TABLE join_proof (changeset INTEGER PRIMARY KEY, valid INTEGER NOT NULL);"
    "CREATE TABLE purge ("
    " id BLOB PRIMARY KEY,"
    " ordered INTEGER NOT NULL,"
    " destroyed INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE residue ("
    " changeset INTEGER NOT NULL,"
    " hash BLOB NOT NULL,"
    " mark BLOB,"
    " named INTEGER NOT NULL,"
    " own INTEGER NOT NULL,"
    " made INTEGER NOT NULL,"
    " bytes BLOB NOT NULL,"
    " UNIQUE (changeset, hash));";

/* Without a rowid the key's columns come first: SQLite 3.40's integrity_check, by which a store is
 * verified, takes any other order for damage. */
static const char replica_tables[] = "CREATE TABLE epoch_secret ("
                                     " compartment INTEGER NOT NULL,"
                                     " number INTEGER NOT NULL,"
                                     " public BLOB NOT NULL,"
                                     " secret BLOB NOT NULL,"
                                     " PRIMARY KEY (compartment, number, public)) WITHOUT ROWID;"
                                     "CREATE TABLE peer ("
                                     " no INTEGER PRIMARY KEY,"
                                     " url TEXT NOT NULL,"
                                     " identity BLOB NOT NULL UNIQUE,"
                                     " key_serial INTEGER NOT NULL DEFAULT 0,"
                                     " noise BLOB,"
                                     " store_epoch BLOB,"
                                     " checkpoint BLOB,"
                                     " served INTEGER NOT NULL DEFAULT 0,"
                                     " token BLOB,"
                                     " registered INTEGER NOT NULL DEFAULT 0,"
                                     " hints INTEGER NOT NULL DEFAULT 0,"
                                     " clock_offset INTEGER NOT NULL DEFAULT 0,"
                                     " heard INTEGER NOT NULL DEFAULT 0,"
                                     " last_sync INTEGER NOT NULL DEFAULT 0);"
                                     "CREATE TABLE peer_cursor ("
                                     " peer INTEGER NOT NULL,"
                                     " compartment INTEGER NOT NULL,"
                                     " arrival INTEGER NOT NULL,"
                                     " whole INTEGER NOT NULL,"
                                     " PRIMARY KEY (peer, compartment)) WITHOUT ROWID;"
                                     "CREATE TABLE peer_head ("
                                     " peer INTEGER NOT NULL,"
                                     " device INTEGER NOT NULL,"
                                     " compartment INTEGER NOT NULL,"
                                     " id BLOB NOT NULL,"
                                     " seq INTEGER NOT NULL,"
                                     " PRIMARY KEY (peer, device, compartment, id)) WITHOUT ROWID;"
                                     "CREATE TABLE peer_residue ("
                                     " peer INTEGER NOT NULL,"
                                     " changeset INTEGER NOT NULL,"
                                     " hash BLOB NOT NULL,"
                                     " PRIMARY KEY (peer, changeset, hash)) WITHOUT ROWID;"
                                     "CREATE TABLE checkpoint ("
                                     " hash BLOB PRIMARY KEY,"
                                     " relay BLOB NOT NULL,"
                                     " epoch BLOB NOT NULL,"
                                     " size INTEGER NOT NULL,"
                                     " root BLOB NOT NULL,"
                                     " time INTEGER NOT NULL,"
                                     " signature BLOB NOT NULL,"
                                     " via INTEGER NOT NULL,"
                                     " proven INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
                                     "CREATE INDEX checkpoint_place"
                                     " ON checkpoint (relay, epoch, size);"
                                     "CREATE TABLE acknowledged ("
                                     " no INTEGER PRIMARY KEY,"
                                     " relay BLOB NOT NULL,"
                                     " epoch BLOB NOT NULL,"
                                     " size INTEGER NOT NULL,"
                                     " time INTEGER NOT NULL,"
                                     " device BLOB NOT NULL,"
                                     " heads BLOB NOT NULL,"
                                     " signature BLOB NOT NULL UNIQUE,"
                                     " via INTEGER NOT NULL);"
                                     "CREATE INDEX acknowledged_place"
                                     " ON acknowledged (relay, epoch, device, size);"
                                     "CREATE TABLE acknowledged_head ("
                                     " acknowledged INTEGER NOT NULL,"
                                     " compartment INTEGER NOT NULL,"
                                     " seq INTEGER NOT NULL,"
                                     " id BLOB NOT NULL,"
                                     " PRIMARY KEY (acknowledged, compartment, seq, id))"
                                     " WITHOUT ROWID;"
                                     "CREATE TABLE contradiction ("
                                     " no INTEGER PRIMARY KEY,"
                                     " relay BLOB NOT NULL,"
                                     " epoch BLOB NOT NULL,"
                                     " kind INTEGER NOT NULL,"
                                     " one BLOB NOT NULL,"
                                     " other BLOB NOT NULL,"
                                     " found INTEGER NOT NULL);"
                                     "CREATE TABLE made_after ("
                                     " device INTEGER NOT NULL,"
                                     " compartment INTEGER NOT NULL,"
                                     " seq INTEGER NOT NULL,"
                                     " hash BLOB NOT NULL,"
                                     " PRIMARY KEY (device, compartment, seq)) WITHOUT ROWID;"
                                     "CREATE TABLE made_before ("
                                     " changeset INTEGER PRIMARY KEY, time INTEGER NOT NULL);"
                                     "CREATE TABLE said ("
                                     " kind INTEGER NOT NULL,"
                                     " subject BLOB NOT NULL,"
                                     " value BLOB NOT NULL,"
                                     " PRIMARY KEY (kind, subject)) WITHOUT ROWID;"
                                     "CREATE TABLE draft ("
                                     " no INTEGER PRIMARY KEY,"
                                     " id BLOB NOT NULL UNIQUE,"
                                     " base BLOB NOT NULL,"
                                     " parent BLOB,"
                                     " made INTEGER NOT NULL,"
                                     " text TEXT NOT NULL);"
                                     "CREATE TABLE handoff ("
                                     " no INTEGER PRIMARY KEY,"
                                     " id BLOB NOT NULL UNIQUE,"
                                     " made INTEGER NOT NULL,"
                                     " manifest BLOB NOT NULL,"
                                     " secret BLOB NOT NULL,"
                                     " shown BLOB NOT NULL,"
                                     " withheld BLOB NOT NULL);"
                                     "CREATE TABLE handoff_receipt ("
                                     " handoff BLOB NOT NULL,"
                                     " sign BLOB NOT NULL,"
                                     " file BLOB NOT NULL,"
                                     " taken INTEGER NOT NULL,"
                                     " PRIMARY KEY (handoff, sign)) WITHOUT ROWID;"
                                     "CREATE TABLE accepted ("
                                     " no INTEGER PRIMARY KEY,"
                                     " id BLOB NOT NULL UNIQUE,"
                                     " manifest BLOB NOT NULL,"
                                     " time INTEGER NOT NULL,"
                                     " taken INTEGER NOT NULL,"
                                     " refused INTEGER NOT NULL);"
                                     "CREATE TABLE former (key BLOB PRIMARY KEY) WITHOUT ROWID;"
                                     "CREATE TABLE own_head ("
                                     " compartment INTEGER PRIMARY KEY,"
                                     " id BLOB NOT NULL);"
                                     "CREATE TABLE bundle_part ("
                                     " bundle BLOB NOT NULL,"
                                     " part INTEGER NOT NULL,"
                                     " mac BLOB NOT NULL,"
                                     " place INTEGER NOT NULL,"
                                     " whole INTEGER NOT NULL,"
                                     " last INTEGER NOT NULL,"
                                     " partial INTEGER NOT NULL,"
                                     " PRIMARY KEY (bundle, part)) WITHOUT ROWID;"
                                     "CREATE TABLE left_head ("
                                     " id BLOB PRIMARY KEY) WITHOUT ROWID;"
                                     "PRAGMA application_id = 0x6d697231;"
                                     "PRAGMA user_version = 1;";

static const char log_tables[] = "CREATE TABLE node ("
                                 " level INTEGER NOT NULL,"
                                 " at INTEGER NOT NULL,"
                                 " hash BLOB NOT NULL,"
                                 " PRIMARY KEY (level, at)) WITHOUT ROWID;"
                                 "CREATE INDEX changeset_arrival ON changeset (compartment, no);"
                                 "PRAGMA application_id = 0x6d69726c;"
                                 "PRAGMA user_version = 1;";

mirsal_code mir_layout_create(struct mir_sql *sql, enum mir_layout layout, mirsal_error *err)
{
    mirsal_code rc = mir_sql_run(sql, chain_tables, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    return mir_sql_run(sql, layout == MIR_LAYOUT_REPLICA ? replica_tables : log_tables, err);
}

static mirsal_code read_pragma(int64_t *out,
    struct mir_sql *sql,
    const char *text,
    mirsal_error *err)
{
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *out = 0;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, sql, statement, err);
    }
    if (rc == MIRSAL_OK && row) {
        *out = mir_sql_column_int(statement, 0);
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_layout_check(struct mir_sql *sql, enum mir_layout layout, mirsal_error *err)
{
    static const char application_text[] = "PRAGMA application_id";
    static const char version_text[] = "PRAGMA user_version";
    int64_t application = 0;
    int64_t version = 0;
    mirsal_code rc = read_pragma(&application, sql, application_text, err);
    if (rc == MIRSAL_OK) {
        rc = read_pragma(&version, sql, version_text, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (application == 0 && version == 0) {
        return mir_fail(err, MIRSAL_NO_STORE, "the database is empty");
    }
    int64_t wanted = formats[layout];
    if (application != application_ids[layout]) {
        return mir_fail(err, MIRSAL_CORRUPT, "the database is not one of mirsal's");
    }
    if (version != wanted) {
        return mir_fail(err, MIRSAL_VERSION, "format %lld, this program reads %lld",
            (long long)version, (long long)wanted);
    }
    return MIRSAL_OK;
}

static mirsal_code find_meta(int *row,
    sqlite3_stmt **statement,
    struct mir_sql *sql,
    const char *key,
    mirsal_error *err)
{
    static const char text[] = "SELECT value FROM meta WHERE key = ?1";
    *row = 0;
    mirsal_code rc = mir_sql_prepare(statement, sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_text(*statement, 1, key, strlen(key));
    return mir_sql_step(row, sql, *statement, err);
}

mirsal_code mir_meta_int(int64_t *out, struct mir_sql *sql, const char *key, mirsal_error *err)
{
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = find_meta(&row, &statement, sql, key, err);
    *out = rc == MIRSAL_OK && row ? mir_sql_column_int(statement, 0) : 0;
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_meta_bytes(struct mir_buf *out,
    struct mir_sql *sql,
    const char *key,
    mirsal_error *err)
{
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = find_meta(&row, &statement, sql, key, err);
    if (rc == MIRSAL_OK && row) {
        struct mir_bytes value = mir_sql_column(statement, 0);
        mir_buf_append(out, value.data, value.size);
        rc = mir_buf_finish(out, err);
    }
    mir_sql_release(statement);
    return rc;
}

static const char set_text[] = "INSERT INTO meta (key, value) VALUES (?1, ?2)"
                               " ON CONFLICT (key) DO UPDATE SET value = excluded.value";

mirsal_code mir_meta_set_int(struct mir_sql *sql, const char *key, int64_t value, mirsal_error *err)
{
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, sql, set_text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_text(statement, 1, key, strlen(key));
    mir_sql_bind_int(statement, 2, value);
    return mir_sql_done(sql, statement, err);
}

mirsal_code mir_meta_set_bytes(struct mir_sql *sql,
    const char *key,
    struct mir_bytes value,
    mirsal_error *err)
{
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, sql, set_text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_text(statement, 1, key, strlen(key));
    mir_sql_bind_blob(statement, 2, value.data, value.size);
    return mir_sql_done(sql, statement, err);
}
