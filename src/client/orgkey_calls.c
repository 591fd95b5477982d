/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/orgkey_calls.c - the organisation's key: shown, given, taken.
 */
#include "orgkey_calls.h"

#include "env.h"
#include "fail.h"
#include "handle.h"
#include "json_out.h"
#include "mir_limits.h"
#include "orgkeys.h"
#include "sealedwrite.h"
#include "words.h"

#include <mirsal/handoff.h>
#include <string.h>

#define KEYS_MEMORY_MAX ((size_t)1 << 20)
#define KDF_PASSES      3u

static mirsal_code take_clear(void *context,
    struct mir_bytes clear,
    const struct mir_sealedfile *file,
    mirsal_error *err)
{
    struct mir_buf *out = context;
    (void)file;
    mir_buf_append(out, clear.data, clear.size);
    return mir_buf_finish(out, err);
}

mirsal_code mir_org_file_read(struct mir_buf *out,
    const mirsal_env *env,
    const char *path,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    const struct mir_sealedfile_keys keys = { .passphrase = passphrase };
    int at_end = 0;
    if (passphrase.size == 0) {
        return mir_fail_field(
            err, MIRSAL_USAGE, "org_passphrase", "the key's file needs its passphrase");
    }
    mirsal_code rc = mir_sealed_in(
        path, env, MIR_SEALEDFILE_ORG_SECRET, &keys, take_clear, out, NULL, &at_end, err);
    return rc == MIRSAL_BAD_VALUE || rc == MIRSAL_MALFORMED
               ? mir_fail(err, MIRSAL_NOT_AUTHENTIC, "this is no organisation's key")
               : rc;
}

/* {"org_key","team_id","fingerprint"} */
static mirsal_code answer_key(struct mir_buf *reply,
    const struct mir_org_key *key,
    mirsal_error *err)
{
    char words[MIR_WORDS_TEXT_SIZE];
    mir_json_open(reply, '{');
    mir_json_key(reply, "org_key");
    mir_buf_append_u8(reply, '"');
    mirsal_code rc = mir_org_key_write(reply, key, err);
    mir_buf_append_u8(reply, '"');
    mir_json_key(reply, "team_id");
    mir_json_hash(reply, &key->team);
    mir_json_key(reply, "fingerprint");
    mir_words_team(words, MIR_WORDS_LATIN, &key->team);
    mir_json_text(reply, words);
    mir_json_key(reply, "fingerprint_ar");
    mir_words_team(words, MIR_WORDS_ARABIC, &key->team);
    mir_json_text(reply, words);
    mir_json_close(reply, '}');
    return rc;
}

static mirsal_code write_secret(const struct mir_org_held *held,
    const mirsal_env *env,
    const char *path,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    struct mir_sealedfile_readers readers = { .passphrase = passphrase,
        .kdf = { .passes = KDF_PASSES, .memory_kib = MIR_KDF_MEMORY_KIB_MIN } };
    struct mir_sealed_out file = { 0 };
    struct mir_buf clear;
    if (passphrase.size == 0) {
        return mir_fail_field(
            err, MIRSAL_USAGE, "org_passphrase", "the key's file needs a passphrase");
    }
    if (mir_file_exists(path)) {
        return mir_fail(err, MIRSAL_STORE_EXISTS, "a file of this name is there");
    }
    mir_random(env, readers.kdf.salt, sizeof readers.kdf.salt);
    mir_buf_init(&clear, env, MIR_ORG_KEY_SIZE_MAX);
    mirsal_code rc = mir_org_secret_write(&clear, &held->key, &held->secret, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sealed_out_begin(&file, env, path, MIR_SEALEDFILE_ORG_SECRET, &readers, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_sealed_out_write(&file, mir_buf_bytes(&clear), err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_sealed_out_seal(&file, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_sealed_out_finish(&file, err);
    }
    mir_sealed_out_end(&file);
    mir_buf_fini(&clear);
    return rc;
}

/* path NULL: shown alone. */
static mirsal_code show_key(mirsal_text *out,
    mirsal_store *store,
    const char *path,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    struct mir_buf reply;
    struct mir_arena arena = { 0 };
    struct mir_org_held held;
    memset(&held, 0, sizeof held);
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        mir_arena_init(&arena, &store->env, KEYS_MEMORY_MAX);
        rc = mir_org_key_need(&held, &arena, store->store, err);
    }
    if (rc == MIRSAL_OK && path != NULL) {
        rc = write_secret(&held, &store->env, path, passphrase, err);
    }
    if (rc == MIRSAL_OK) {
        rc = answer_key(&reply, &held.key, err);
    }
    mir_wipe(&held, sizeof held);
    mir_arena_fini(&arena);
    return mir_reply_end(out, &reply, rc, err);
}

mirsal_code mirsal_org_key(mirsal_text *out, mirsal_store *store, mirsal_error *err)
{
    return show_key(out, store, NULL, (struct mir_bytes){ NULL, 0 }, err);
}

mirsal_code mirsal_org_key_write(mirsal_text *out,
    mirsal_store *store,
    const char *path,
    const void *passphrase,
    size_t passphrase_size,
    mirsal_error *err)
{
    return show_key(out, store, path, (struct mir_bytes){ passphrase, passphrase_size }, err);
}

mirsal_code mirsal_org_key_take(mirsal_text *out,
    mirsal_store *store,
    const char *path,
    const void *passphrase,
    size_t passphrase_size,
    mirsal_error *err)
{
    struct mir_buf reply;
    struct mir_buf clear = { 0 };
    struct mir_arena arena = { 0 };
    struct mir_org_held held;
    memset(&held, 0, sizeof held);
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        mir_arena_init(&arena, &store->env, KEYS_MEMORY_MAX);
        mir_buf_init(&clear, &store->env, MIR_ORG_KEY_SIZE_MAX);
        rc = mir_org_file_read(
            &clear, &store->env, path, (struct mir_bytes){ passphrase, passphrase_size }, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_org_key_take(&held, &arena, store->store, mir_buf_bytes(&clear), err);
    }
    if (rc == MIRSAL_OK) {
        rc = answer_key(&reply, &held.key, err);
    }
    mir_wipe(&held, sizeof held);
    mir_buf_fini(&clear);
    mir_arena_fini(&arena);
    return mir_reply_end(out, &reply, rc, err);
}
