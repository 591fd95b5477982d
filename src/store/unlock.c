/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/unlock.c - a store's key without its tables; see the header.
 */
#include "unlock.h"

#include "fail.h"
#include "folder.h"
#include "keyfile.h"

/* *opens = 1: the passphrase is the store's. 0: mir_store_open makes or removes what is there. */
static mirsal_code read_key(struct mir_unlocked *out,
    int *opens,
    const struct mir_store_options *options,
    mirsal_error *err)
{
    char path[MIR_PATH_MAX];
    struct mir_sealed_lock *lock = mir_secret_alloc(sizeof *lock);
    struct mir_slot *slot = mir_secret_alloc(sizeof *slot);
    mirsal_code rc = MIRSAL_OK;
    *opens = 0;
    if (lock == NULL || slot == NULL) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    } else {
        rc = mir_path_join(path, options->directory, MIR_NAME_KEYS, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_keyfile_read(slot, lock, path, options->env, options->passphrase, err);
    }
    if (rc == MIRSAL_OK && slot->kind != MIR_SLOT_DECOY) {
        out->key = slot->keys.database;
        *opens = 1;
    }
    mir_secret_free(slot);
    mir_secret_free(lock);
    return rc == MIRSAL_WIPED ? MIRSAL_OK : rc;
}

static mirsal_code hold(struct mir_unlocked *out,
    int *opens,
    const struct mir_store_options *options,
    mirsal_error *err)
{
    char path[MIR_PATH_MAX];
    out->lock = -1;
    *opens = 0;
    mirsal_code rc = mir_path_join(path, options->directory, MIR_NAME_KEYS, err);
    if (rc == MIRSAL_OK && !mir_file_exists(path)) {
        rc = mir_fail(err, MIRSAL_NO_STORE, "no store here");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_path_join(path, options->directory, MIR_NAME_LOCK, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_file_lock(&out->lock, path, 0, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_path_join(out->path, options->directory, MIR_NAME_DATABASE, err);
    }
    if (rc == MIRSAL_OK) {
        rc = read_key(out, opens, options, err);
    }
    if (!*opens) {
        mir_file_unlock(out->lock);
        out->lock = -1;
    }
    return rc;
}

mirsal_code mir_store_unlock(struct mir_unlocked *out,
    const struct mir_store_options *options,
    mirsal_error *err)
{
    struct mir_store *store = NULL;
    int opens = 0;
    mirsal_code rc = hold(out, &opens, options, err);
    if (rc == MIRSAL_OK && !opens) {
        rc = mir_store_open(&store, options, err);
        mir_store_close(store);
        if (rc == MIRSAL_OK) {
            rc = hold(out, &opens, options, err);
        }
        if (rc == MIRSAL_OK && !opens) {
            rc = mir_fail(err, MIRSAL_LOCKED, "the store is being changed");
        }
    }
    return rc;
}
