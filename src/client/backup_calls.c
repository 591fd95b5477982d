/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/backup_calls.c - a backup is written, and becomes a store.
 */
#include "backup.h"
#include "fail.h"
#include "founding.h"
#include "handle.h"
#include "json_out.h"
#include "kdf_tune.h"

#include <mirsal/backup.h>
#include <string.h>

mirsal_code mirsal_backup(mirsal_text *out,
    mirsal_store *store,
    const char *path,
    mirsal_error *err)
{
    struct mir_buf reply;
    uint64_t size = 0;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK && (store->txn != NULL || path == NULL)) {
        rc = mir_fail(err, MIRSAL_MISUSE, "a transaction is open, or no path was given");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_backup_write(&size, store->store, path, err);
    }
    if (rc == MIRSAL_OK) {
        mir_json_open(&reply, '{');
        mir_json_key(&reply, "backup");
        mir_json_text(&reply, path);
        mir_json_key(&reply, "size");
        mir_json_uint(&reply, size);
        mir_json_close(&reply, '}');
    }
    return mir_reply_end(out, &reply, rc, err);
}

static mirsal_code restore(mirsal_store *handle,
    struct mir_store_options *within,
    const mirsal_store_options *options,
    const char *path,
    mirsal_error *err)
{
    if (options->insecure_no_passphrase) {
        within->passphrase = (struct mir_bytes){ NULL, 0 };
    }
    mirsal_code rc = mir_kdf_tune(
        &within->kdf_passes, &within->kdf_memory_kib, within->env, options->kdf_ms, err);
    if (rc == MIRSAL_OK) {
        rc = mir_backup_restore(&handle->store, within, path, err);
    }
    if (rc == MIRSAL_WRONG_PASSPHRASE && within->passphrase.size == 0) {
        rc = mir_fail_field(err, MIRSAL_USAGE, "passphrase", "no passphrase was given");
    }
    return rc;
}

mirsal_code mirsal_restore(mirsal_store **out,
    mirsal_text *answer,
    const mirsal_store_options *store,
    const mirsal_restore_options *options,
    mirsal_error *err)
{
    struct mir_store_options within;
    mirsal_store *handle = NULL;
    struct mir_buf reply = { 0 };
    mirsal_join_options joining = MIRSAL_JOIN_OPTIONS_INIT;
    *out = NULL;
    *answer = (mirsal_text){ 0 };
    mirsal_code rc = mir_handle_version(options->version, 1, err);
    if (rc == MIRSAL_OK && options->path == NULL) {
        rc = mir_fail(err, MIRSAL_MISUSE, "no backup");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_handle_new(&handle, &within, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = restore(handle, &within, store, options->path, err);
    }
    if (rc == MIRSAL_OK) {
        mir_handle_ready(handle);
    }
    if (rc == MIRSAL_OK && options->invite != NULL) {
        joining.invite = options->invite;
        joining.label = options->label;
        rc = mir_founding_enrol(handle, &joining, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_publish(handle->store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_reply_begin(answer, &reply, handle, err);
        rc = rc == MIRSAL_OK ? mir_founding_write(&reply, handle->store, err) : rc;
        rc = mir_reply_end(answer, &reply, rc, err);
    }
    if (rc != MIRSAL_OK) {
        mirsal_close(handle);
        return rc;
    }
    *out = handle;
    return MIRSAL_OK;
}
