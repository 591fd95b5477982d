/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/recovery.c - recovery files and files of shares; see the header.
 */
#include "recovery.h"

#include "env.h"
#include "fail.h"
#include "files.h"
#include "mir_limits.h"
#include "sealed.h"
#include "sharetext.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define RECOVERY_SIZE 64u
#define KDF_AT        9u /* behind magic and version: whether a passphrase seals it */
#define TEXT_MAX      65536u
static const char recovery_magic[] = "mirsalr1";

/* What is read before it is put together. Holds secrets: in mir_secret_alloc memory. */
struct gathering {
    struct mir_share shares[MIR_SHARES_MAX];
    size_t count;
};

static void take_seed(struct mir_root *root, const uint8_t seed[32])
{
    mir_sign_keypair(&root->public_key, &root->sign, seed);
}

static mirsal_code open_file(struct mir_root *root,
    const mirsal_env *env,
    const char *path,
    struct mir_bytes file,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    struct mir_buf clear;
    if (file.size > KDF_AT && file.data[KDF_AT] == 1 && passphrase.size == 0) {
        return mir_fail_field(
            err, MIRSAL_USAGE, "recovery_passphrase", "no passphrase for the recovery file");
    }
    mir_buf_init(&clear, env, MIR_SEALED_SIZE_MAX);
    mirsal_code rc = mir_sealed_read(&clear, NULL, path, recovery_magic, passphrase, err);
    if (rc == MIRSAL_CORRUPT || (rc == MIRSAL_OK && clear.size != RECOVERY_SIZE)) {
        rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the recovery file is damaged");
    }
    if (rc == MIRSAL_OK) {
        take_seed(root, clear.data);
        memcpy(root->team.bytes, clear.data + 32, sizeof root->team.bytes);
        root->team_size = sizeof root->team.bytes;
        root->threshold = root->count = root->given = 1;
    }
    mir_buf_fini(&clear);
    return rc;
}

static mirsal_code gather_text(struct gathering *gathering,
    struct mir_bytes text,
    mirsal_error *err)
{
    int found = 1;
    mirsal_code rc = MIRSAL_OK;
    while (rc == MIRSAL_OK && found) {
        if (gathering->count == MIR_SHARES_MAX) {
            return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "more shares than a set has");
        }
        rc = mir_share_read(&gathering->shares[gathering->count], &found, &text, err);
        gathering->count += rc == MIRSAL_OK && found ? 1 : 0;
    }
    return rc;
}

/* A recovery file opens root; of any other file the shares are gathered. */
static mirsal_code take_path(struct mir_root *root,
    struct gathering *gathering,
    const mirsal_env *env,
    const struct mir_root_source *source,
    size_t at,
    mirsal_error *err)
{
    struct mir_buf file;
    mir_buf_init(&file, env, TEXT_MAX);
    mirsal_code rc = mir_file_read(&file, source->paths[at], TEXT_MAX, err);
    if (rc == MIRSAL_TOO_LARGE) {
        rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "neither a recovery file nor a share");
    }
    if (rc != MIRSAL_OK) {
        goto out;
    }
    if (file.size < MIR_SEALED_MAGIC_SIZE ||
        memcmp(file.data, recovery_magic, MIR_SEALED_MAGIC_SIZE) != 0) {
        size_t before = gathering->count;
        rc = gather_text(gathering, mir_buf_bytes(&file), err);
        if (rc == MIRSAL_OK && gathering->count == before) {
            rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the file holds no share");
        }
        if (rc != MIRSAL_OK && source->path_count > 1) {
            rc = mir_wrap(err, rc, "file %zu", at + 1);
        }
    } else if (source->path_count > 1 || source->text.size > 0) {
        rc = mir_fail(err, MIRSAL_USAGE, "one recovery file alone, or shares");
    } else {
        rc = open_file(root, env, source->paths[at], mir_buf_bytes(&file), source->passphrase, err);
    }
out:
    mir_buf_fini(&file);
    return rc;
}

static mirsal_code join_shares(struct mir_root *root,
    const struct gathering *gathering,
    mirsal_error *err)
{
    const struct mir_share *first = &gathering->shares[0];
    uint8_t seed[32];
    mirsal_code rc = mir_share_rebuild(seed, gathering->shares, gathering->count, err);
    if (rc == MIRSAL_OK) {
        take_seed(root, seed);
        memcpy(root->team.bytes, first->team, sizeof first->team);
        root->team_size = sizeof first->team;
        root->threshold = first->threshold;
        root->count = first->count;
        root->given = (uint32_t)gathering->count;
    }
    mir_wipe(seed, sizeof seed);
    return rc;
}

mirsal_code mir_root_open(struct mir_root **out,
    const mirsal_env *env,
    const struct mir_root_source *source,
    mirsal_error *err)
{
    struct mir_root *root = mir_secret_alloc(sizeof *root);
    struct gathering *gathering = mir_secret_alloc(sizeof *gathering);
    mirsal_code rc = MIRSAL_OK;
    *out = NULL;
    if (root == NULL || gathering == NULL) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < source->path_count; i++) {
        rc = take_path(root, gathering, env, source, i, err);
    }
    if (rc == MIRSAL_OK) {
        rc = gather_text(gathering, source->text, err);
    }
    if (rc == MIRSAL_OK && root->given == 0) {
        rc = join_shares(root, gathering, err);
    }
    if (rc == MIRSAL_OK) {
        *out = root;
        root = NULL;
    }
    mir_secret_free(gathering);
    mir_secret_free(root);
    return rc;
}

void mir_root_close(struct mir_root *root)
{
    mir_secret_free(root);
}

static mirsal_code share_path(char out[MIR_PATH_MAX],
    const char *path,
    uint32_t index,
    mirsal_error *err)
{
    int size = snprintf(out, MIR_PATH_MAX, "%s.%u", path, (unsigned)index);
    return size > 0 && (size_t)size < MIR_PATH_MAX
               ? MIRSAL_OK
               : mir_fail(err, MIRSAL_TOO_LARGE, "the path is too long");
}

static mirsal_code write_file(const struct mir_root *root,
    const mirsal_env *env,
    const struct mir_root_target *target,
    mirsal_error *err)
{
    uint8_t clear[RECOVERY_SIZE];
    struct mir_sealed_lock *lock = mir_secret_alloc(sizeof *lock);
    if (lock == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    memcpy(clear, root->sign.bytes, 32);
    memcpy(clear + 32, root->team.bytes, sizeof root->team.bytes);
    mirsal_code rc = mir_sealed_lock_make(
        lock, env, target->kdf_passes, target->kdf_memory_kib, target->passphrase, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sealed_write(target->path, env, recovery_magic, lock,
            (struct mir_bytes){ clear, sizeof clear }, err);
    }
    mir_wipe(clear, sizeof clear);
    mir_secret_free(lock);
    return rc;
}

static mirsal_code write_share(const struct mir_share *share,
    const mirsal_env *env,
    const char *path,
    mirsal_error *err)
{
    char team[2 * sizeof share->team + 1];
    char set[2 * sizeof share->set + 1];
    struct mir_buf text;
    mir_hex_encode(team, share->team, sizeof share->team);
    mir_hex_encode(set, share->set, sizeof share->set);
    mir_buf_init(&text, env, TEXT_MAX);
    mir_buf_append_format(&text,
        "# mirsal: share %u of %u of a team's root key. Any %u of them act as root: keep each\n"
        "# in a place of its own. Team %s, set %s.\n",
        (unsigned)share->index, (unsigned)share->count, (unsigned)share->threshold, team, set);
    mir_share_write(&text, share, 0);
    mirsal_code rc = mir_buf_finish(&text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_file_replace(path, mir_buf_bytes(&text), err);
    }
    mir_buf_fini(&text);
    return rc;
}

static mirsal_code write_shares(const struct mir_root *root,
    const mirsal_env *env,
    const struct mir_root_target *target,
    mirsal_error *err)
{
    char path[MIR_PATH_MAX];
    struct mir_share *shares = mir_secret_alloc(MIR_SHARES_MAX * sizeof *shares);
    if (shares == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mirsal_code rc = mir_share_make(
        shares, root->sign.bytes, &root->team, target->threshold, target->shares, env, err);
    for (uint32_t i = 1; rc == MIRSAL_OK && i <= target->shares; i++) {
        rc = share_path(path, target->path, i, err);
        if (rc == MIRSAL_OK) {
            rc = write_share(&shares[i - 1], env, path, err);
        }
    }
    mir_secret_free(shares);
    return rc;
}

static mirsal_code read_back(const struct mir_root *root,
    const mirsal_env *env,
    const struct mir_root_source *source,
    mirsal_error *err)
{
    struct mir_root *again = NULL;
    mirsal_code rc = mir_root_open(&again, env, source, err);
    if (rc == MIRSAL_OK &&
        (!mir_equal(again->sign.bytes, root->sign.bytes, sizeof root->sign.bytes) ||
            memcmp(again->team.bytes, root->team.bytes, again->team_size) != 0)) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "what was written does not read back");
    }
    mir_root_close(again);
    return rc;
}

/* Each window of threshold neighbours, so that every share is used. */
static mirsal_code check_shares(const struct mir_root *root,
    const mirsal_env *env,
    const struct mir_root_target *target,
    mirsal_error *err)
{
    char paths[MIR_SHARES_MAX][MIR_PATH_MAX / 2];
    const char *window[MIR_SHARES_MAX];
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t i = 0; i < target->shares; i++) {
        (void)snprintf(paths[i], sizeof paths[i], "%s.%u", target->path, (unsigned)(i + 1));
    }
    for (uint32_t from = 0; rc == MIRSAL_OK && from + target->threshold <= target->shares; from++) {
        const struct mir_root_source source = { .paths = window, .path_count = target->threshold };
        for (uint32_t i = 0; i < target->threshold; i++) {
            window[i] = paths[from + i];
        }
        rc = read_back(root, env, &source, err);
    }
    return rc;
}

static mirsal_code check_free(const struct mir_root_target *target, mirsal_error *err)
{
    char path[MIR_PATH_MAX];
    if (strlen(target->path) + 4 > MIR_PATH_MAX / 2) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "the path is too long");
    }
    if (target->shares == 0 && mir_file_exists(target->path)) {
        return mir_fail(err, MIRSAL_STORE_EXISTS, "the recovery file exists already");
    }
    for (uint32_t i = 1; i <= target->shares; i++) {
        mirsal_code rc = share_path(path, target->path, i, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
        if (mir_file_exists(path)) {
            return mir_fail(err, MIRSAL_STORE_EXISTS, "a file of share %u exists already", i);
        }
    }
    return MIRSAL_OK;
}

mirsal_code mir_root_write(const struct mir_root *root,
    const mirsal_env *env,
    const struct mir_root_target *target,
    mirsal_error *err)
{
    if (target->shares > MIR_SHARES_MAX ||
        (target->shares > 0 && (target->threshold < 2 || target->threshold > target->shares))) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, "shares",
            "shares: 2 to %u, of which 2 or more are needed", MIR_SHARES_MAX);
    }
    mirsal_code rc = check_free(target, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (target->shares == 0) {
        const struct mir_root_source source = {
            .paths = &target->path, .path_count = 1, .passphrase = target->passphrase
        };
        rc = write_file(root, env, target, err);
        rc = rc == MIRSAL_OK ? read_back(root, env, &source, err) : rc;
    } else {
        rc = write_shares(root, env, target, err);
        rc = rc == MIRSAL_OK ? check_shares(root, env, target, err) : rc;
    }
    if (rc != MIRSAL_OK) {
        mir_root_unwrite(env, target);
    }
    return rc;
}

void mir_root_unwrite(const mirsal_env *env, const struct mir_root_target *target)
{
    char path[MIR_PATH_MAX];
    int left = 0;
    if (target->shares == 0) {
        left = mir_file_remove(target->path, NULL) != MIRSAL_OK;
    }
    for (uint32_t i = 1; i <= target->shares; i++) {
        if (share_path(path, target->path, i, NULL) == MIRSAL_OK) {
            left |= mir_file_remove(path, NULL) != MIRSAL_OK;
        }
    }
    if (left) {
        mir_log(env, MIRSAL_LOG_WARNING, "recovery files without a team were left");
    }
}
