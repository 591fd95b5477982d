/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/query.c - SQL of others, read-only; see the header.
 */
#include "query.h"

#include "env.h"
#include "fail.h"
#include "guard.h"

struct mir_query {
    struct mir_store *store;
    sqlite3_stmt *statement;
    int has_row;
};

mirsal_code mir_query_open(struct mir_query **out,
    struct mir_store *store,
    const char *sql,
    mirsal_error *err)
{
    *out = NULL;
    struct mir_query *query = mir_alloc(store->env, sizeof *query);
    if (query == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    query->store = store;
    mirsal_code rc = mir_guard_prepare(&query->statement, store, sql, NULL, err);
    if (rc != MIRSAL_OK) {
        mir_query_close(query);
        return rc;
    }
    *out = query;
    return MIRSAL_OK;
}

mirsal_code mir_query_bind(struct mir_query *query, int at, const char *text, mirsal_error *err)
{
    (void)sqlite3_reset(query->statement);
    query->has_row = 0;
    int result = text == NULL ? sqlite3_bind_null(query->statement, at)
                              : sqlite3_bind_text(query->statement, at, text, -1, SQLITE_TRANSIENT);
    if (result == SQLITE_RANGE) {
        return mir_fail(err, MIRSAL_BAD_VALUE, "the query has no parameter %d", at);
    }
    return result == SQLITE_OK ? MIRSAL_OK : mir_sql_fail(query->store->sql, result, err);
}

mirsal_code mir_query_step(int *row, struct mir_query *query, mirsal_error *err)
{
    mirsal_code rc = mir_guard_step(row, query->store, query->statement, err);
    query->has_row = rc == MIRSAL_OK && *row;
    return rc;
}

int mir_query_columns(const struct mir_query *query)
{
    return sqlite3_column_count(query->statement);
}

static int is_column(const struct mir_query *query, int column)
{
    return query->has_row && column >= 0 && column < mir_query_columns(query);
}

const char *mir_query_name(const struct mir_query *query, int column)
{
    return column >= 0 && column < mir_query_columns(query)
               ? sqlite3_column_name(query->statement, column)
               : NULL;
}

const char *mir_query_text(const struct mir_query *query, int column)
{
    return is_column(query, column) ? (const char *)sqlite3_column_text(query->statement, column)
                                    : NULL;
}

int64_t mir_query_int(const struct mir_query *query, int column)
{
    return is_column(query, column) ? sqlite3_column_int64(query->statement, column) : 0;
}

int mir_query_type(const struct mir_query *query, int column)
{
    return is_column(query, column) ? sqlite3_column_type(query->statement, column) : SQLITE_NULL;
}

double mir_query_double(const struct mir_query *query, int column)
{
    return is_column(query, column) ? sqlite3_column_double(query->statement, column) : 0;
}

void mir_query_close(struct mir_query *query)
{
    if (query == NULL) {
        return;
    }
    mir_sql_finalize(query->statement);
    mir_release(query->store->env, query, sizeof *query);
}
