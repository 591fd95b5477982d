/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/sql.c - SQLite in one place; see the header.
 *
 * Kept statements stand in an open-addressed table by the address of their text. SQLite's own
 * messages may quote a value, so they never enter an error: the code goes to detail.
 */
#include "sql.h"

#include "env.h"
#include "fail.h"
#include "vault.h"

#include <string.h>

#define BUSY_TIMEOUT_MS   10000
#define KEPT_CAPACITY_MIN 64u

struct kept {
    const char *text;
    sqlite3_stmt *statement;
};

struct mir_sql {
    const mirsal_env *env;
    sqlite3 *handle;
    struct mir_vault *vault; /* NULL: none */
    struct kept *kept;
    size_t kept_count;
    size_t kept_capacity; /* a power of two */
};

static const char pragmas_of_writer[] = "PRAGMA journal_mode=WAL;"
                                        "PRAGMA synchronous=FULL;"
                                        "PRAGMA secure_delete=ON;";
static const char pragmas_of_all[] = "PRAGMA foreign_keys=OFF;"
                                     "PRAGMA temp_store=MEMORY;"
                                     "PRAGMA trusted_schema=OFF;"
                                     "PRAGMA cache_size=-16384;";

/* The code of a page that did not open, in words; 0 when the failure was another. */
static int tell_damage(const struct mir_sql *sql, int detail, mirsal_error *err)
{
    struct mir_vault_damage damage;
    char text[MIR_VAULT_DAMAGE_TEXT_SIZE];
    if (detail != SQLITE_IOERR_DATA || sql == NULL || sql->vault == NULL) {
        return 0;
    }
    mir_vault_damage(&damage, sql->vault);
    mir_vault_damage_text(text, sizeof text, &damage);
    (void)mir_fail(err, MIRSAL_CORRUPT, "%s", text);
    return 1;
}

mirsal_code mir_sql_fail(struct mir_sql *sql, int sqlite_code, mirsal_error *err)
{
    int detail = sqlite_code;
    if (sql != NULL && sql->handle != NULL && sqlite3_errcode(sql->handle) != SQLITE_OK) {
        detail = sqlite3_extended_errcode(sql->handle);
    }
    mirsal_code code = MIRSAL_IO;
    const char *text = "the database could not be read or written";
    switch (sqlite_code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        code = MIRSAL_LOCKED;
        text = "the database is in use";
        break;
    case SQLITE_FULL:
        code = MIRSAL_DISK_FULL;
        text = "no space left for the database";
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        code = MIRSAL_CORRUPT;
        text = "the database is damaged";
        break;
    case SQLITE_NOMEM:
        code = MIRSAL_NO_MEMORY;
        text = "out of memory";
        break;
    case SQLITE_TOOBIG:
        code = MIRSAL_TOO_LARGE;
        text = "too large for the database";
        break;
    default:
        break;
    }
    if (tell_damage(sql, detail, err)) {
        code = MIRSAL_CORRUPT;
    } else {
        (void)mir_fail(err, code, "%s (sqlite %d)", text, detail);
    }
    if (err != NULL) {
        err->detail = (uint32_t)detail;
    }
    return code;
}

static mirsal_code set_pragmas(struct mir_sql *sql, int read_only, mirsal_error *err)
{
    if (!read_only) {
        mirsal_code rc = mir_sql_run(sql, pragmas_of_writer, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    return mir_sql_run(sql, pragmas_of_all, err);
}

void mir_sql_uri(struct mir_buf *out, const char *path)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-";
    mir_buf_append_text(out, "file:");
    for (; *path != '\0'; path++) {
        if (strchr(plain, *path) != NULL) {
            mir_buf_append(out, path, 1);
        } else {
            mir_buf_append_format(out, "%%%02X", (unsigned)(unsigned char)*path);
        }
    }
}

mirsal_code mir_sql_open(struct mir_sql **out,
    const mirsal_env *env,
    const struct mir_sql_options *options,
    mirsal_error *err)
{
    const char *vfs = options->vault != NULL ? mir_vault_vfs(options->vault) : options->vfs;
    *out = NULL;
    struct mir_sql *sql = mir_alloc(env, sizeof *sql);
    if (sql == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    sql->env = env;
    sql->vault = options->vault;
    int flags =
        SQLITE_OPEN_NOMUTEX | (options->uri ? SQLITE_OPEN_URI : 0) |
        (options->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    mirsal_code rc = MIRSAL_OK;
    int result = sqlite3_open_v2(options->path, &sql->handle, flags, vfs);
    if (result == SQLITE_OK && sql->vault != NULL) {
        result = mir_vault_prepare(sql->handle);
    }
    if (result != SQLITE_OK) {
        rc = mir_sql_fail(sql, result, err);
        goto out;
    }
    (void)sqlite3_extended_result_codes(sql->handle, 1);
    (void)sqlite3_busy_timeout(sql->handle, BUSY_TIMEOUT_MS);
    rc = set_pragmas(sql, options->read_only, err);
out:
    if (rc != MIRSAL_OK) {
        mir_sql_close(sql);
        return rc;
    }
    *out = sql;
    return MIRSAL_OK;
}

void mir_sql_close(struct mir_sql *sql)
{
    if (sql == NULL) {
        return;
    }
    for (size_t i = 0; i < sql->kept_capacity; i++) {
        (void)sqlite3_finalize(sql->kept[i].statement);
    }
    mir_release(sql->env, sql->kept, sql->kept_capacity * sizeof *sql->kept);
    (void)sqlite3_close_v2(sql->handle);
    mir_release(sql->env, sql, sizeof *sql);
}

sqlite3 *mir_sql_handle(struct mir_sql *sql)
{
    return sql->handle;
}

mirsal_code mir_sql_lean(struct mir_sql *sql, int lean, mirsal_error *err)
{
    return mir_sql_run(sql, lean ? "PRAGMA cache_size=-4096" : "PRAGMA cache_size=-16384", err);
}

mirsal_code mir_sql_run(struct mir_sql *sql, const char *text, mirsal_error *err)
{
    int result = sqlite3_exec(sql->handle, text, NULL, NULL, NULL);
    return result == SQLITE_OK ? MIRSAL_OK : mir_sql_fail(sql, result, err);
}

static struct kept *find_kept(struct kept *kept, size_t capacity, const char *text)
{
    size_t at = (size_t)(((uint64_t)(uintptr_t)text * UINT64_C(0x9E3779B97F4A7C15)) >> 20);
    for (;;) {
        struct kept *slot = &kept[at & (capacity - 1)];
        if (slot->text == text || slot->text == NULL) {
            return slot;
        }
        at++;
    }
}

static mirsal_code grow_kept(struct mir_sql *sql, mirsal_error *err)
{
    size_t capacity = sql->kept_capacity == 0 ? KEPT_CAPACITY_MIN : sql->kept_capacity * 2;
    struct kept *kept = mir_alloc(sql->env, capacity * sizeof *kept);
    if (kept == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < sql->kept_capacity; i++) {
        if (sql->kept[i].text != NULL) {
            *find_kept(kept, capacity, sql->kept[i].text) = sql->kept[i];
        }
    }
    mir_release(sql->env, sql->kept, sql->kept_capacity * sizeof *kept);
    sql->kept = kept;
    sql->kept_capacity = capacity;
    return MIRSAL_OK;
}

mirsal_code mir_sql_prepare(sqlite3_stmt **out,
    struct mir_sql *sql,
    const char *text,
    mirsal_error *err)
{
    *out = NULL;
    if (sql->kept_count * 2 >= sql->kept_capacity) {
        mirsal_code rc = grow_kept(sql, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    struct kept *slot = find_kept(sql->kept, sql->kept_capacity, text);
    if (slot->text == NULL) {
        sqlite3_stmt *statement = NULL;
        int result =
            sqlite3_prepare_v3(sql->handle, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
        if (result != SQLITE_OK) {
            return mir_sql_fail(sql, result, err);
        }
        slot->text = text;
        slot->statement = statement;
        sql->kept_count++;
    }
    mir_sql_release(slot->statement);
    *out = slot->statement;
    return MIRSAL_OK;
}

mirsal_code mir_sql_prepare_once(sqlite3_stmt **out,
    struct mir_sql *sql,
    const char *text,
    mirsal_error *err)
{
    *out = NULL;
    int result = sqlite3_prepare_v3(sql->handle, text, -1, 0, out, NULL);
    return result == SQLITE_OK ? MIRSAL_OK : mir_sql_fail(sql, result, err);
}

void mir_sql_release(sqlite3_stmt *statement)
{
    if (statement != NULL) {
        (void)sqlite3_reset(statement);
        (void)sqlite3_clear_bindings(statement);
    }
}

void mir_sql_finalize(sqlite3_stmt *statement)
{
    (void)sqlite3_finalize(statement);
}

void mir_sql_bind_int(sqlite3_stmt *statement, int at, int64_t value)
{
    MIR_ASSERT(sqlite3_bind_int64(statement, at, value) == SQLITE_OK);
}

void mir_sql_bind_blob(sqlite3_stmt *statement, int at, const void *data, size_t size)
{
    const void *bytes = size > 0 ? data : "";
    MIR_ASSERT(sqlite3_bind_blob64(statement, at, bytes, size, SQLITE_STATIC) == SQLITE_OK);
}

void mir_sql_bind_text(sqlite3_stmt *statement, int at, const char *text, size_t size)
{
    const char *bytes = size > 0 ? text : "";
    int result = sqlite3_bind_text64(statement, at, bytes, size, SQLITE_STATIC, SQLITE_UTF8);
    MIR_ASSERT(result == SQLITE_OK);
}

void mir_sql_bind_null(sqlite3_stmt *statement, int at)
{
    MIR_ASSERT(sqlite3_bind_null(statement, at) == SQLITE_OK);
}

struct mir_bytes mir_sql_column(sqlite3_stmt *statement, int at)
{
    struct mir_bytes bytes = { sqlite3_column_blob(statement, at), 0 };
    int size = sqlite3_column_bytes(statement, at);
    bytes.size = bytes.data != NULL && size > 0 ? (size_t)size : 0;
    return bytes;
}

int64_t mir_sql_column_int(sqlite3_stmt *statement, int at)
{
    return sqlite3_column_int64(statement, at);
}

mirsal_code mir_sql_step(int *row, struct mir_sql *sql, sqlite3_stmt *statement, mirsal_error *err)
{
    *row = 0;
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        *row = 1;
        return MIRSAL_OK;
    }
    return result == SQLITE_DONE ? MIRSAL_OK : mir_sql_fail(sql, result, err);
}

mirsal_code mir_sql_done(struct mir_sql *sql, sqlite3_stmt *statement, mirsal_error *err)
{
    int row = 0;
    mirsal_code rc = mir_sql_step(&row, sql, statement, err);
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_sql_data_version(int64_t *out, struct mir_sql *sql, mirsal_error *err)
{
    static const char text[] = "PRAGMA data_version";
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
