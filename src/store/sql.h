/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/sql.h - SQLite in one place: pragmas, prepared statements kept by their text, codes
 * translated.
 */
#ifndef MIR_SQL_H
#define MIR_SQL_H

#include "buf.h"
#include <sqlite3.h>

struct mir_sql;
struct mir_vault; /* vault.h */

struct mir_sql_options {
    const char *path;
    struct mir_vault *vault; /* the file is sealed by it; outlives the connection */
    const char *vfs;         /* without a vault: NULL for the system's */
    int read_only;
    int uri; /* path is an SQLite URI */
};

/*
 * WAL, synchronous=FULL, foreign_keys off, temp_store=MEMORY, secure_delete, busy timeout 10 s.
 * Options are borrowed for the call, but for the vault. CORRUPT also when the vault's key is not
 * that of the file.
 */
mirsal_code mir_sql_open(struct mir_sql **out,
    const mirsal_env *env,
    const struct mir_sql_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Appends file:PATH, escaped where a URI would be read otherwise. */
void mir_sql_uri(struct mir_buf *out, const char *path);
void mir_sql_close(struct mir_sql *sql);
sqlite3 *mir_sql_handle(struct mir_sql *sql);

/* Less cache (4 MiB instead of 16), for long runs that must not take much memory; or again more. */
mirsal_code mir_sql_lean(struct mir_sql *sql, int lean, mirsal_error *err) MIRSAL_MUST_USE;

/* Runs statements that give no rows. */
mirsal_code mir_sql_run(struct mir_sql *sql, const char *text, mirsal_error *err) MIRSAL_MUST_USE;
/*
 * A statement for static text, prepared once and kept (keyed by the pointer); reset and bindings
 * cleared. Give it back with mir_sql_release before the same text is used again.
 */
mirsal_code mir_sql_prepare(sqlite3_stmt **out,
    struct mir_sql *sql,
    const char *text,
    mirsal_error *err) MIRSAL_MUST_USE;
/* For text made at run time: the caller finalizes with mir_sql_finalize. */
mirsal_code mir_sql_prepare_once(sqlite3_stmt **out,
    struct mir_sql *sql,
    const char *text,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_sql_release(sqlite3_stmt *statement);  /* accepts NULL */
void mir_sql_finalize(sqlite3_stmt *statement); /* accepts NULL */

/*
 * Bound bytes are borrowed until the statement is released or bound anew. Empty bytes are an empty
 * blob or text, not NULL.
 */
void mir_sql_bind_int(sqlite3_stmt *statement, int at, int64_t value);
void mir_sql_bind_blob(sqlite3_stmt *statement, int at, const void *data, size_t size);
void mir_sql_bind_text(sqlite3_stmt *statement, int at, const char *text, size_t size);
void mir_sql_bind_null(sqlite3_stmt *statement, int at);
/* Borrowed until the next step or release. */
struct mir_bytes mir_sql_column(sqlite3_stmt *statement, int at);
int64_t mir_sql_column_int(sqlite3_stmt *statement, int at);

/* *row = 1 when there is one. */
mirsal_code mir_sql_step(int *row, struct mir_sql *sql, sqlite3_stmt *statement, mirsal_error *err)
    MIRSAL_MUST_USE;
/* Steps a statement that gives no row, and releases it. */
mirsal_code mir_sql_done(struct mir_sql *sql, sqlite3_stmt *statement, mirsal_error *err)
    MIRSAL_MUST_USE;
/* A number that changes when another handle committed. */
mirsal_code mir_sql_data_version(int64_t *out, struct mir_sql *sql, mirsal_error *err)
    MIRSAL_MUST_USE;
/*
 * SQLite's code as ours: BUSY → LOCKED, FULL → DISK_FULL, CORRUPT/NOTADB → CORRUPT, NOMEM →
 * NO_MEMORY, a page that the vault does not open → CORRUPT with its file and number, else IO.
 */
mirsal_code mir_sql_fail(struct mir_sql *sql, int sqlite_code, mirsal_error *err);

#endif
