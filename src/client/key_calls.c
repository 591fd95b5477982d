/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/key_calls.c - passphrases of a store, and its wiping.
 */
#include "env.h"
#include "fail.h"
#include "folder.h"
#include "handle.h"
#include "json_out.h"
#include "kdf_tune.h"
#include "keychange.h"

#include <mirsal/secrecy.h>
#include <string.h>

#define ANSWER_SIZE_MAX 256u

static mirsal_code answer_bool(mirsal_text *out,
    const mirsal_env *env,
    const char *key,
    int value,
    mirsal_error *err)
{
    struct mir_buf reply;
    mir_buf_init(&reply, env, ANSWER_SIZE_MAX);
    mir_json_open(&reply, '{');
    mir_json_key(&reply, key);
    mir_json_bool(&reply, value);
    mir_json_close(&reply, '}');
    mirsal_code rc = mir_text_give(out, &reply, err);
    mir_buf_fini(&reply);
    return rc;
}

static mirsal_code refuse_within(const mirsal_store *store, mirsal_error *err)
{
    return store->txn != NULL ? mir_fail(err, MIRSAL_MISUSE, "a transaction is open") : MIRSAL_OK;
}

mirsal_code mirsal_passphrase_change(mirsal_text *out,
    mirsal_store *store,
    const void *passphrase,
    size_t size,
    uint32_t kdf_ms,
    mirsal_error *err)
{
    uint32_t passes = 0;
    uint32_t memory_kib = 0;
    *out = (mirsal_text){ 0 };
    mirsal_code rc = refuse_within(store, err);
    if (rc == MIRSAL_OK && !mir_passphrase_is_set(store->store)) {
        rc = mir_kdf_tune(&passes, &memory_kib, &store->env, kdf_ms, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_passphrase_change(
            store->store, (struct mir_bytes){ passphrase, size }, passes, memory_kib, err);
    }
    return rc == MIRSAL_OK ? answer_bool(out, &store->env, "changed", 1, err) : rc;
}

static mirsal_code copy_text(char out[MIR_DECOY_TEXT_MAX + 1u],
    const char *text,
    const char *field,
    mirsal_error *err)
{
    size_t size = text != NULL ? strlen(text) : 0;
    if (size > MIR_DECOY_TEXT_MAX) {
        return mir_fail_field(
            err, MIRSAL_TOO_LARGE, field, "more than %u bytes", (unsigned)MIR_DECOY_TEXT_MAX);
    }
    if (size > 0) {
        memcpy(out, text, size);
    }
    return MIRSAL_OK;
}

mirsal_code mirsal_passphrase_duress(mirsal_text *out,
    mirsal_store *store,
    const mirsal_duress_options *options,
    mirsal_error *err)
{
    struct mir_decoy decoy;
    const char *name = options->name != NULL ? options->name : "Notes";
    memset(&decoy, 0, sizeof decoy);
    *out = (mirsal_text){ 0 };
    mirsal_code rc = mir_handle_version(options->version, 1, err);
    if (rc == MIRSAL_OK) {
        rc = refuse_within(store, err);
    }
    if (rc == MIRSAL_OK && options->remove) {
        rc = mir_passphrase_duress_remove(store->store, err);
        return rc == MIRSAL_OK ? answer_bool(out, &store->env, "duress", 0, err) : rc;
    }
    if (rc == MIRSAL_OK) {
        rc = copy_text(decoy.name, name, "name", err);
    }
    if (rc == MIRSAL_OK) {
        rc = copy_text(decoy.label, options->label, "label", err);
    }
    if (rc == MIRSAL_OK) {
        decoy.founded_ms = mir_now_ms(&store->env);
        rc = mir_passphrase_duress(store->store,
            (struct mir_bytes){ options->passphrase, options->passphrase_size }, &decoy, err);
    }
    return rc == MIRSAL_OK ? answer_bool(out, &store->env, "duress", 1, err) : rc;
}

mirsal_code mirsal_passphrase_limit(mirsal_text *out,
    mirsal_store *store,
    uint32_t tries,
    mirsal_error *err)
{
    struct mir_buf reply;
    *out = (mirsal_text){ 0 };
    mirsal_code rc = refuse_within(store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_passphrase_limit(store->store, tries, err);
    }
    if (rc == MIRSAL_OK) {
        mir_buf_init(&reply, &store->env, ANSWER_SIZE_MAX);
        mir_json_open(&reply, '{');
        mir_json_key(&reply, "limit");
        mir_json_uint(&reply, tries);
        mir_json_close(&reply, '}');
        rc = mir_text_give(out, &reply, err);
        mir_buf_fini(&reply);
    }
    return rc;
}

mirsal_code mirsal_wipe(mirsal_text *out, const mirsal_store_options *options, mirsal_error *err)
{
    mirsal_env env;
    *out = (mirsal_text){ 0 };
    mirsal_code rc = mir_handle_version(options->version, MIRSAL_STORE_OPTIONS_VERSION, err);
    if (rc == MIRSAL_OK && options->directory == NULL) {
        rc = mir_fail(err, MIRSAL_MISUSE, "no directory");
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_handle_env(&env, options->env);
    rc = mir_folder_wipe(
        NULL, &env, options->directory, options->vfs, options->state_directory, err);
    return rc == MIRSAL_OK ? answer_bool(out, &env, "wiped", 1, err) : rc;
}
