/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/floor.c - what SQLite alone takes for the rows that a store records.
 */
#include "floor.h"

#include "env.h"
#include "files.h"
#include "sql.h"
#include "store.h"

#include <stdio.h>
#include <string.h>

static const char incident_text[] = "INSERT INTO incident VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
static const char casualty_text[] = "INSERT INTO casualty VALUES (?1, ?2, ?3, ?4)";

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    mir_sql_bind_text(statement, at, text, strlen(text));
}

static mirsal_code insert_report(struct mir_sql *sql,
    const struct mir_floor_report *report,
    mirsal_error *err)
{
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, sql, incident_text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    bind_text(statement, 1, report->source_id);
    bind_text(statement, 2, report->date);
    sqlite3_bind_double(statement, 3, report->lat);
    sqlite3_bind_double(statement, 4, report->lon);
    bind_text(statement, 5, report->title_en);
    bind_text(statement, 6, report->title_ar);
    bind_text(statement, 7, report->summary);
    bind_text(statement, 8, report->means);
    rc = mir_sql_done(sql, statement, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&statement, sql, casualty_text, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    bind_text(statement, 1, report->source_id);
    bind_text(statement, 2, report->outcome);
    mir_sql_bind_int(statement, 3, report->killed_min);
    mir_sql_bind_int(statement, 4, report->killed_max);
    return mir_sql_done(sql, statement, err);
}

static mirsal_code insert_all(struct mir_sql *sql,
    uint32_t count,
    mir_floor_make make,
    void *context,
    mirsal_error *err)
{
    mirsal_code rc = mir_sql_run(sql, "BEGIN IMMEDIATE", err);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        struct mir_floor_report report;
        make(&report, context, i);
        rc = insert_report(sql, &report, err);
    }
    return rc == MIRSAL_OK ? mir_sql_run(sql, "COMMIT", err) : rc;
}

static mirsal_code remove_database(const char *path, mirsal_error *err)
{
    static const char *const endings[] = { "", "-wal", "-shm" };
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0] && rc == MIRSAL_OK; i++) {
        char whole[MIR_PATH_MAX + 8];
        (void)snprintf(whole, sizeof whole, "%s%s", path, endings[i]);
        rc = mir_file_remove(whole, err);
    }
    return rc;
}

mirsal_code mir_floor_insert(uint64_t *elapsed_ms,
    const mirsal_env *env,
    const char *path,
    uint32_t count,
    mir_floor_make make,
    void *context,
    mirsal_error *err)
{
    static const char tables[] =
        "CREATE TABLE incident (source_id TEXT PRIMARY KEY, date TEXT, lat REAL, lon REAL,"
        " title_en TEXT, title_ar TEXT, summary TEXT, means TEXT);"
        "CREATE TABLE casualty (incident TEXT, outcome TEXT, min INTEGER, max INTEGER);";
    struct mir_sql *sql = NULL;
    *elapsed_ms = 0;
    mirsal_code rc = mir_sql_open(&sql, env, &(struct mir_sql_options){ .path = path }, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_run(sql, tables, err);
    }
    uint64_t start_ms = mir_ticks_ms(env);
    if (rc == MIRSAL_OK) {
        rc = insert_all(sql, count, make, context, err);
        *elapsed_ms = mir_ticks_ms(env) - start_ms;
    }
    mir_sql_close(sql);
    mirsal_code removed = remove_database(path, rc == MIRSAL_OK ? err : NULL);
    return rc == MIRSAL_OK ? removed : rc;
}

mirsal_code mir_floor_sealed(uint64_t *bytes,
    uint64_t *changesets,
    struct mir_store *store,
    mirsal_error *err)
{
    static const char text[] =
        "SELECT count(*), coalesce(sum(size), 0) FROM changeset WHERE compartment <> 255";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_sql_step(&row, store->sql, statement, err);
    *changesets = rc == MIRSAL_OK ? (uint64_t)mir_sql_column_int(statement, 0) : 0;
    *bytes = rc == MIRSAL_OK ? (uint64_t)mir_sql_column_int(statement, 1) : 0;
    mir_sql_release(statement);
    return rc;
}
