/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/guest.c - another store's folder, read and left as it is; see the header.
 *
 * Where the WAL's index (-shm) is there, others have the store open, or had it until they were
 * killed: SQLite reads it with readonly_shm, and makes its own in memory when nobody is left. Where
 * it is not there, nobody has it open: the lock is held alone, and the vault keeps the index in
 * memory (vault.h, apart).
 */
#include "guest.h"

#include "fail.h"
#include "files.h"
#include "folder.h"
#include "keyfile.h"
#include "layout.h"
#include "project.h"
#include "sql.h"
#include "teamschema.h"
#include "vault.h"

#include <string.h>

#define WAIT_ROUNDS 200 /* for one that is just being opened */
#define WAIT_MS     50
#define URI_MAX     ((size_t)16 << 10)

/* *apart = 1: nobody else has it, and nobody will while the lock is held. */
static mirsal_code hold(struct mir_store *guest, int *apart, mirsal_error *err)
{
    char lock[MIR_PATH_MAX];
    char index[MIR_PATH_MAX];
    mirsal_error why = { 0 };
    mirsal_code rc = mir_path_join(lock, guest->directory, MIR_NAME_LOCK, err);
    if (rc == MIRSAL_OK) {
        rc = mir_path_join(index, guest->directory, MIR_NAME_DATABASE "-shm", err);
    }
    for (int round = 0; rc == MIRSAL_OK && round < WAIT_ROUNDS; round++) {
        *apart = !mir_file_exists(index);
        rc = mir_file_lock_there(&guest->lock_file, lock, *apart, &why);
        if (rc == MIRSAL_OK && *apart == !mir_file_exists(index)) {
            return MIRSAL_OK;
        }
        mir_file_unlock(guest->lock_file);
        guest->lock_file = -1;
        if (rc == MIRSAL_OK || rc == MIRSAL_LOCKED) {
            rc = MIRSAL_OK;
            (void)sqlite3_sleep(WAIT_MS);
        }
    }
    if (rc == MIRSAL_OK) {
        return mir_fail(err, MIRSAL_LOCKED, "that store is in use");
    }
    return why.code != MIRSAL_OK ? mir_fail(err, rc, "%s", why.message) : rc;
}

static mirsal_code take_keys(struct mir_store *guest,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    char path[MIR_PATH_MAX];
    struct mir_slot *slot = mir_secret_alloc(sizeof *slot);
    mirsal_code rc = slot == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of locked memory")
                                  : mir_path_join(path, guest->directory, MIR_NAME_KEYS, err);
    if (rc == MIRSAL_OK) {
        rc = mir_keyfile_look(slot, guest->lock, path, guest->env, passphrase, err);
    }
    if (rc == MIRSAL_OK) {
        *guest->keys = slot->keys;
        memcpy(guest->device.bytes, guest->keys->sign_public.bytes, sizeof guest->device.bytes);
    }
    mir_secret_free(slot);
    return rc;
}

static mirsal_code open_database(struct mir_store *guest, int apart, mirsal_error *err)
{
    char path[MIR_PATH_MAX];
    struct mir_buf uri;
    const struct mir_vault_options sealed = {
        .under = guest->vfs, .key = &guest->keys->database, .read_only = 1, .apart = apart
    };
    mir_buf_init(&uri, guest->env, URI_MAX);
    mirsal_code rc = mir_path_join(path, guest->directory, MIR_NAME_DATABASE, err);
    if (rc == MIRSAL_OK && !mir_file_exists(path)) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "that store's " MIR_NAME_DATABASE " is missing");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_vault_open(&guest->vault, guest->env, &sealed, err);
    }
    if (rc == MIRSAL_OK) {
        mir_sql_uri(&uri, path);
        mir_buf_append_text(&uri, "?mode=ro&readonly_shm=1");
        mir_buf_append_u8(&uri, 0);
        rc = mir_buf_finish(&uri, err);
    }
    if (rc == MIRSAL_OK) {
        const struct mir_sql_options options = {
            .path = (const char *)uri.data, .vault = guest->vault, .read_only = 1, .uri = 1
        };
        rc = mir_sql_open(&guest->sql, guest->env, &options, err);
    }
    mir_buf_fini(&uri);
    return rc;
}

static mirsal_code read_team(struct mir_store *guest, mirsal_error *err)
{
    struct mir_buf team;
    mir_buf_init(&team, guest->env, sizeof guest->team.bytes);
    mirsal_code rc = mir_layout_check(guest->sql, MIR_LAYOUT_REPLICA, err);
    if (rc == MIRSAL_OK) {
        rc = mir_meta_bytes(&team, guest->sql, "team", err);
    }
    if (rc == MIRSAL_OK && team.size != sizeof guest->team.bytes) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "that store names no team");
    }
    if (rc == MIRSAL_OK) {
        memcpy(guest->team.bytes, team.data, team.size);
    }
    mir_buf_fini(&team);
    return rc == MIRSAL_NO_STORE ? mir_fail(err, MIRSAL_CORRUPT, "that store's database is empty")
                                 : rc;
}

mirsal_code mir_guest_open(struct mir_store **out,
    const struct mir_store_options *options,
    mirsal_error *err)
{
    struct mir_store *guest = NULL;
    char path[MIR_PATH_MAX];
    int apart = 0;
    *out = NULL;
    mirsal_code rc = mir_store_blank(&guest, options, err);
    if (guest != NULL) {
        guest->published = 1;
        guest->read_only = 1;
    }
    if (rc == MIRSAL_OK) {
        rc = mir_path_join(path, guest->directory, MIR_NAME_KEYS, err);
    }
    if (rc == MIRSAL_OK && !mir_file_exists(path)) {
        rc = mir_fail(err, MIRSAL_NO_STORE, "no store there");
    }
    if (rc == MIRSAL_OK) {
        rc = take_keys(guest, options->passphrase, err);
    }
    if (rc == MIRSAL_OK) {
        rc = hold(guest, &apart, err);
    }
    if (rc == MIRSAL_OK) {
        rc = open_database(guest, apart, err);
    }
    if (rc == MIRSAL_OK) {
        rc = read_team(guest, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_read_begin(guest, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_project_prepare(guest, err);
    }
    if (rc != MIRSAL_OK) {
        mir_store_close(guest);
        return rc;
    }
    *out = guest;
    return MIRSAL_OK;
}

mirsal_code mir_guest_readable(struct mir_store *guest, mirsal_error *err)
{
    int differs = 0;
    mirsal_code rc = mir_team_schema_differs(&differs, guest, err);
    if (rc == MIRSAL_OK && differs) {
        rc = mir_fail(err, MIRSAL_VERSION,
            "that store's tables are another program's; open it with this one first");
    }
    return rc;
}
