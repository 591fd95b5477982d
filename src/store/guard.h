/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/guard.h - SQL of others may read views and nothing more.
 */
#ifndef MIR_GUARD_H
#define MIR_GUARD_H

#include "projection.h"

/*
 * Prepares a text of others; view: the only view it may read, NULL any. Exactly one statement, that
 * reads. UNKNOWN_FIELD with the column's name, NOT_ALLOWED, BAD_VALUE with SQLite's words.
 */
mirsal_code mir_guard_prepare(sqlite3_stmt **out,
    struct mir_store *store,
    const char *sql,
    const char *view,
    mirsal_error *err) MIRSAL_MUST_USE;
/* As mir_sql_step, guarded: SQLite may prepare it anew. Errors of its own are BAD_VALUE. */
mirsal_code mir_guard_step(int *row,
    struct mir_store *store,
    sqlite3_stmt *statement,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
