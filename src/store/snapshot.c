/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/snapshot.c - SQLite's backup from one vault into another; see the header.
 *
 * The whole copy is one step, within one read transaction of the source: SQLite copies page by
 * page, so memory stays that of its cache. The file is written without a journal: it is of use
 * once whole.
 */
#include "snapshot.h"

#include "fail.h"
#include "files.h"
#include "sql.h"
#include "vault.h"

struct sealed_file {
    struct mir_vault *vault;
    sqlite3 *handle;
};

static mirsal_code fail_sqlite(mirsal_error *err, int result)
{
    return mir_sql_fail(NULL, result, err);
}

static mirsal_code open_sealed(struct sealed_file *out,
    const mirsal_env *env,
    const char *path,
    const struct mir_seal_key *key,
    int flags,
    mirsal_error *err)
{
    const struct mir_vault_options options = { .key = key };
    *out = (struct sealed_file){ 0 };
    mirsal_code rc = mir_vault_open(&out->vault, env, &options, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    int result =
        sqlite3_open_v2(path, &out->handle, SQLITE_OPEN_NOMUTEX | flags, mir_vault_vfs(out->vault));
    if (result == SQLITE_OK) {
        result = mir_vault_prepare(out->handle);
    }
    return result == SQLITE_OK ? MIRSAL_OK : fail_sqlite(err, result);
}

static void close_sealed(struct sealed_file *file)
{
    (void)sqlite3_close(file->handle);
    mir_vault_close(file->vault);
}

static mirsal_code copy(sqlite3 *to, sqlite3 *from, mirsal_error *err)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (backup == NULL) {
        return fail_sqlite(err, sqlite3_errcode(to));
    }
    int result = sqlite3_backup_step(backup, -1);
    int finished = sqlite3_backup_finish(backup);
    if (result != SQLITE_DONE) {
        return fail_sqlite(err, result);
    }
    return finished == SQLITE_OK ? MIRSAL_OK : fail_sqlite(err, finished);
}

mirsal_code mir_snapshot_write(struct mir_store *store,
    const char *path,
    const struct mir_seal_key *key,
    mirsal_error *err)
{
    static const char pragmas[] = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;";
    struct sealed_file file = { 0 };
    mirsal_code rc = mir_file_replace(path, (struct mir_bytes){ NULL, 0 }, err);
    if (rc == MIRSAL_OK) {
        rc = open_sealed(&file, store->env, path, key, SQLITE_OPEN_READWRITE, err);
    }
    if (rc == MIRSAL_OK) {
        int result = sqlite3_exec(file.handle, pragmas, NULL, NULL, NULL);
        rc = result == SQLITE_OK ? MIRSAL_OK : fail_sqlite(err, result);
    }
    if (rc == MIRSAL_OK) {
        rc = copy(file.handle, mir_sql_handle(store->sql), err);
    }
    close_sealed(&file);
    return rc;
}

mirsal_code mir_snapshot_read(struct mir_store *store,
    const char *path,
    const struct mir_seal_key *key,
    mirsal_error *err)
{
    struct sealed_file file = { 0 };
    mirsal_code rc = open_sealed(&file, store->env, path, key, SQLITE_OPEN_READWRITE, err);
    if (rc == MIRSAL_OK) {
        rc = copy(mir_sql_handle(store->sql), file.handle, err);
    }
    close_sealed(&file);
    return rc;
}
