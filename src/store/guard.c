/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/guard.c - SQL of others may read views and nothing more; see the header.
 *
 * What a view reads for itself is allowed (SQLite names the view); everything that the text names
 * must be a view. The functions are those that neither run long on small input nor leave SQLite.
 */
#include "guard.h"

#include "fail.h"

#include <stdio.h>
#include <string.h>

struct guard {
    const struct mir_projection *projection;
    const char *view;
    int refused;
};

static const char *const safe_functions[] = { "abs", "avg", "char", "coalesce", "count", "date",
    "datetime", "glob", "group_concat", "hex", "ifnull", "iif", "instr", "julianday", "length",
    "like", "likelihood", "likely", "lower", "ltrim", "max", "min", "nullif", "quote", "replace",
    "round", "rtrim", "sign", "strftime", "substr", "substring", "sum", "time", "total", "trim",
    "typeof", "unicode", "unlikely", "upper" };

static int is_safe(const char *name)
{
    for (size_t i = 0; i < sizeof safe_functions / sizeof safe_functions[0]; i++) {
        if (sqlite3_stricmp(name, safe_functions[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

static int is_view(const struct guard *guard, const char *name)
{
    if (guard->view != NULL) {
        return sqlite3_stricmp(name, guard->view) == 0;
    }
    for (uint32_t i = 0; i < guard->projection->table_count; i++) {
        if (sqlite3_stricmp(name, guard->projection->tables[i].view) == 0) {
            return 1;
        }
    }
    return 0;
}

/*
 * SQLite asks with an empty column, outside of any view, for a table of which no column is read:
 * also for those behind a view. Their rows can be counted then, nothing more.
 */
static int is_behind_view(const struct guard *guard, const char *table)
{
    static const char *const shared[] = { "figures", "review", "applied" };
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
        if (strcmp(table, shared[i]) == 0) {
            return 1;
        }
    }
    for (uint32_t i = 0; i < guard->projection->table_count; i++) {
        const struct mir_table *type = &guard->projection->tables[i];
        char name[16];
        (void)snprintf(name, sizeof name, "r_%u", type->type->id);
        if (strcmp(table, name) == 0) {
            return is_view(guard, type->view);
        }
    }
    return 0;
}

static int authorize(void *context,
    int action,
    const char *first,
    const char *second,
    const char *database,
    const char *inside)
{
    struct guard *guard = context;
    (void)database;
    int allowed = 0;
    switch (action) {
    case SQLITE_SELECT:
        allowed = 1;
        break;
    case SQLITE_READ:
        allowed = inside != NULL
                      ? is_view(guard, inside)
                      : is_view(guard, first) || (second[0] == 0 && is_behind_view(guard, first));
        break;
    case SQLITE_FUNCTION:
        allowed = inside != NULL || (second != NULL && is_safe(second));
        break;
    default:
        break;
    }
    guard->refused = guard->refused || !allowed;
    return allowed ? SQLITE_OK : SQLITE_DENY;
}

/* SQLite's words on a text of others; they quote nothing but that text. */
static mirsal_code fail_text(struct mir_store *store, const struct guard *guard, mirsal_error *err)
{
    static const char unknown[] = "no such column: ";
    const char *words = sqlite3_errmsg(mir_sql_handle(store->sql));
    if (guard->refused) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "a query may only read the views");
    }
    if (strncmp(words, unknown, sizeof unknown - 1) == 0) {
        return mir_fail_field(
            err, MIRSAL_UNKNOWN_FIELD, words + sizeof unknown - 1, "no such field");
    }
    return mir_fail(err, MIRSAL_BAD_VALUE, "%s", words);
}

mirsal_code mir_guard_prepare(sqlite3_stmt **out,
    struct mir_store *store,
    const char *sql,
    const char *view,
    mirsal_error *err)
{
    struct guard guard = { .projection = store->projection, .view = view };
    sqlite3 *handle = mir_sql_handle(store->sql);
    const char *tail = NULL;
    *out = NULL;
    (void)sqlite3_set_authorizer(handle, authorize, &guard);
    int result = sqlite3_prepare_v2(handle, sql, -1, out, &tail);
    (void)sqlite3_set_authorizer(handle, NULL, NULL);
    if (result == SQLITE_NOMEM) {
        return mir_sql_fail(store->sql, result, err);
    }
    if (result != SQLITE_OK) {
        return fail_text(store, &guard, err);
    }
    mirsal_code rc = MIRSAL_OK;
    if (*out == NULL) {
        rc = mir_fail(err, MIRSAL_BAD_VALUE, "an empty query");
    } else if (tail[strspn(tail, " \t\r\n;")] != 0) {
        rc = mir_fail(err, MIRSAL_BAD_VALUE, "more than one statement");
    } else if (!sqlite3_stmt_readonly(*out)) {
        rc = mir_fail(err, MIRSAL_NOT_ALLOWED, "a query may only read the views");
    }
    if (rc != MIRSAL_OK) {
        mir_sql_finalize(*out);
        *out = NULL;
    }
    return rc;
}

mirsal_code mir_guard_step(int *row,
    struct mir_store *store,
    sqlite3_stmt *statement,
    mirsal_error *err)
{
    struct guard guard = { .projection = store->projection };
    sqlite3 *handle = mir_sql_handle(store->sql);
    *row = 0;
    (void)sqlite3_set_authorizer(handle, authorize, &guard);
    int result = sqlite3_step(statement);
    (void)sqlite3_set_authorizer(handle, NULL, NULL);
    if (result == SQLITE_ROW || result == SQLITE_DONE) {
        *row = result == SQLITE_ROW;
        return MIRSAL_OK;
    }
    if ((result & 0xff) == SQLITE_ERROR || (result & 0xff) == SQLITE_MISMATCH) {
        return fail_text(store, &guard, err);
    }
    return mir_sql_fail(store->sql, result, err);
}
