/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/vault_extension.c - mirsal_vault.so: the sqlite3 shell reads a store with its passphrase.
 *
 *   .load mirsal_vault
 *   SELECT mirsal_unlock('DIR');       answers a URI: .open file:…
 *
 * The passphrase comes from MIRSAL_PASSPHRASE, which is wiped, or is the second argument; it goes
 * the way of every program's (store/unlock.h): wrong tries count, a duress passphrase does what it
 * does. Nothing is ever written to the database, its WAL or its journal. What was unlocked stays so
 * until the shell ends: a VFS is the process's, and SQLite says not when its last user is gone.
 */
#include "buf.h"
#include "env.h"
#include "fail.h"
#include "files.h"
#include "handle.h"
#include "sql.h"
#include "unlock.h"
#include "vault.h"

#define SQLITE_CORE 1 /* calls go to the library that the vault is registered with */
#include <sqlite3ext.h>
#include <stdlib.h>
#include <string.h>

#define URI_SIZE_MAX 8192u

static mirsal_env environment;

/* file:PATH?vfs=NAME&mode=ro */
static void write_uri(struct mir_buf *out, const char *path, const char *vfs)
{
    mir_sql_uri(out, path);
    mir_buf_append_format(out, "?vfs=%s&mode=ro", vfs);
}

/* The vault and the store's lock stay: connections come and go by name. */
static mirsal_code unlock(struct mir_buf *uri,
    const char *directory,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    const struct mir_store_options options = {
        .env = &environment, .directory = directory, .passphrase = passphrase
    };
    struct mir_vault *vault = NULL;
    struct mir_unlocked *unlocked = mir_secret_alloc(sizeof *unlocked);
    if (unlocked == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mirsal_code rc = mir_store_unlock(unlocked, &options, err);
    if (rc == MIRSAL_OK) {
        const struct mir_vault_options terms = { .key = &unlocked->key, .read_only = 1 };
        rc = mir_vault_open(&vault, &environment, &terms, err);
        if (rc != MIRSAL_OK) {
            mir_file_unlock(unlocked->lock);
        }
    }
    if (rc == MIRSAL_OK) {
        write_uri(uri, unlocked->path, mir_vault_vfs(vault));
        rc = mir_buf_finish(uri, err);
    }
    mir_secret_free(unlocked);
    return rc;
}

static void unlock_call(sqlite3_context *call, int count, sqlite3_value **values)
{
    const char *directory = (const char *)sqlite3_value_text(values[0]);
    char *variable = count > 1 ? NULL : getenv("MIRSAL_PASSPHRASE");
    struct mir_bytes passphrase = { (const uint8_t *)variable, 0 };
    mirsal_error err = { 0 };
    struct mir_buf uri;
    mir_buf_init(&uri, &environment, URI_SIZE_MAX);
    if (count > 1) {
        passphrase.data = sqlite3_value_blob(values[1]);
        passphrase.size = (size_t)sqlite3_value_bytes(values[1]);
    } else if (variable != NULL) {
        passphrase.size = strlen(variable);
    }
    mirsal_code rc = directory == NULL ? mir_fail(&err, MIRSAL_MISUSE, "no folder was given")
                                       : unlock(&uri, directory, passphrase, &err);
    if (variable != NULL) {
        mir_wipe(variable, strlen(variable));
        (void)unsetenv("MIRSAL_PASSPHRASE");
    }
    if (rc == MIRSAL_OK) {
        sqlite3_result_text(call, (const char *)uri.data, (int)uri.size, SQLITE_TRANSIENT);
    } else {
        sqlite3_result_error(call, err.message, -1);
    }
    mir_buf_fini(&uri);
}

/*
 * Each connection of the process from now on: the function, and no temporary files, which a vault
 * has no place for.
 */
static int greet(sqlite3 *db, char **message, const sqlite3_api_routines *api)
{
    (void)message;
    (void)api;
    const int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
    for (int count = 1; count <= 2; count++) {
        int rc = sqlite3_create_function_v2(
            db, "mirsal_unlock", count, flags, NULL, unlock_call, NULL, NULL, NULL);
        if (rc != SQLITE_OK) {
            return rc;
        }
    }
    return sqlite3_exec(db, "PRAGMA temp_store=MEMORY", NULL, NULL, NULL);
}

/* SQLite finds it by the file's name. */
__attribute__((visibility("default"))) int sqlite3_mirsalvault_init(sqlite3 *db,
    char **message,
    const sqlite3_api_routines *api);

int sqlite3_mirsalvault_init(sqlite3 *db, char **message, const sqlite3_api_routines *api)
{
    if (api->libversion() != sqlite3_libversion()) { /* two copies would break each other's locks */
        *message = sqlite3_mprintf("this program carries a SQLite of its own; use one that takes "
                                   "the system's");
        return SQLITE_ERROR;
    }
    mir_handle_env(&environment, NULL);
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return SQLITE_ERROR;
    }
    int rc = greet(db, message, api);
    if (rc == SQLITE_OK) {
        rc = sqlite3_auto_extension((void (*)(void))greet);
    }
    return rc == SQLITE_OK ? SQLITE_OK_LOAD_PERMANENTLY : rc;
}
