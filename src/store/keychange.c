/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/keychange.c - changes of a `keys` file; see the header.
 *
 * Derivations are done before the file is opened alone, so that nobody waits for one.
 */
#include "keychange.h"

#include "env.h"
#include "fail.h"
#include "files.h"
#include "folder.h"

#include <string.h>

/* The file while it is changed: as it was in image, as it shall be in bytes. */
struct change {
    char path[MIR_PATH_MAX];
    struct mir_key_image image;
    uint8_t bytes[MIR_KEY_IMAGE_SIZE];
    struct mir_slot slot;        /* of the store */
    struct mir_sealed_lock lock; /* of another passphrase */
};

/* NULL without memory. end_change ends it. */
static struct change *begin_change(mirsal_error *err)
{
    struct change *change = mir_secret_alloc(sizeof *change);
    if (change == NULL) {
        (void)mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
        return NULL;
    }
    change->image.fd = -1;
    return change;
}

static mirsal_code open_change(struct change *change,
    const struct mir_store *store,
    mirsal_error *err)
{
    mirsal_code rc = mir_path_join(change->path, store->directory, MIR_NAME_KEYS, err);
    if (rc == MIRSAL_OK) {
        rc = mir_keyfile_again(
            &change->slot, &change->image, change->path, store->env, store->lock, err);
    }
    if (rc == MIRSAL_OK) {
        memcpy(change->bytes, change->image.bytes, sizeof change->bytes);
    }
    return rc;
}

static mirsal_code save_change(struct change *change, mirsal_error *err)
{
    return mir_key_image_replace(&change->image, change->path, change->bytes, err);
}

static void end_change(struct change *change)
{
    mir_key_image_close(&change->image);
    mir_secret_free(change);
}

/* Another passphrase under the salt and costs of the file. */
static mirsal_code derive_beside(struct mir_sealed_lock *out,
    const struct mir_store *store,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    out->has_kdf = 1;
    out->kdf = store->lock->kdf;
    return mir_kdf_derive(&out->key, &out->kdf, passphrase, err);
}

int mir_passphrase_is_set(const struct mir_store *store)
{
    return store->lock->has_kdf;
}

static mirsal_code check_sealed(const struct mir_store *store, mirsal_error *err)
{
    return store->lock->has_kdf
               ? MIRSAL_OK
               : mir_fail_field(err, MIRSAL_USAGE, "passphrase",
                     "this store has no passphrase: `passphrase change` gives it one");
}

static mirsal_code check_given(struct mir_bytes passphrase, mirsal_error *err)
{
    return passphrase.size > 0
               ? MIRSAL_OK
               : mir_fail_field(err, MIRSAL_USAGE, "passphrase", "no passphrase was given");
}

/* The first passphrase of a file that had none: all of it is new. */
static mirsal_code seal_first(struct change *change,
    const struct mir_store *store,
    mirsal_error *err)
{
    mir_random(store->env, change->bytes, sizeof change->bytes);
    mir_keyfile_put_head(change->bytes, &change->lock, 0);
    return mir_keyfile_put_keys(
        change->bytes, change->slot.place, store->env, &change->lock, &change->slot.keys, err);
}

static mirsal_code seal_again(struct change *change,
    const struct mir_store *store,
    mirsal_error *err)
{
    if (!mir_equal(&change->lock.key, &store->lock->key, sizeof store->lock->key) &&
        mir_keyfile_opens(&change->image, store->env, &change->lock.key)) {
        return mir_fail(err, MIRSAL_BAD_VALUE, "the duress passphrase cannot open the store too");
    }
    mir_keyfile_put_head(change->bytes, &change->lock, change->slot.limit);
    return mir_keyfile_put_keys(
        change->bytes, change->slot.place, store->env, &change->lock, &change->slot.keys, err);
}

mirsal_code mir_passphrase_change(struct mir_store *store,
    struct mir_bytes passphrase,
    uint32_t kdf_passes,
    uint32_t kdf_memory_kib,
    mirsal_error *err)
{
    int is_first = !store->lock->has_kdf;
    struct change *change = begin_change(err);
    if (change == NULL) {
        return MIRSAL_NO_MEMORY;
    }
    mirsal_code rc = check_given(passphrase, err);
    if (rc == MIRSAL_OK && is_first) {
        rc = mir_sealed_lock_make(
            &change->lock, store->env, kdf_passes, kdf_memory_kib, passphrase, err);
    } else if (rc == MIRSAL_OK) {
        rc = derive_beside(&change->lock, store, passphrase, err);
    }
    if (rc == MIRSAL_OK) {
        rc = open_change(change, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = is_first ? seal_first(change, store, err) : seal_again(change, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = save_change(change, err);
    }
    if (rc == MIRSAL_OK) {
        *store->lock = change->lock;
    }
    end_change(change);
    return rc;
}

mirsal_code mir_passphrase_duress(struct mir_store *store,
    struct mir_bytes passphrase,
    const struct mir_decoy *decoy,
    mirsal_error *err)
{
    struct change *change = begin_change(err);
    if (change == NULL) {
        return MIRSAL_NO_MEMORY;
    }
    mirsal_code rc = check_given(passphrase, err);
    if (rc == MIRSAL_OK) {
        rc = check_sealed(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = derive_beside(&change->lock, store, passphrase, err);
    }
    if (rc == MIRSAL_OK &&
        mir_equal(&change->lock.key, &store->lock->key, sizeof store->lock->key)) {
        rc = mir_fail(err, MIRSAL_BAD_VALUE, "this is the store's own passphrase");
    }
    if (rc == MIRSAL_OK) {
        rc = open_change(change, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_keyfile_put_decoy(
            change->bytes, 1u - change->slot.place, store->env, &change->lock, decoy, err);
    }
    if (rc == MIRSAL_OK) {
        rc = save_change(change, err);
    }
    end_change(change);
    return rc;
}

mirsal_code mir_passphrase_duress_remove(struct mir_store *store, mirsal_error *err)
{
    struct change *change = begin_change(err);
    if (change == NULL) {
        return MIRSAL_NO_MEMORY;
    }
    mirsal_code rc = open_change(change, store, err);
    if (rc == MIRSAL_OK) {
        mir_random(store->env, change->bytes + (size_t)MIR_KEY_SECTOR * (2u - change->slot.place),
            MIR_KEY_SECTOR);
        rc = save_change(change, err);
    }
    end_change(change);
    return rc;
}

mirsal_code mir_passphrase_limit(struct mir_store *store, uint32_t limit, mirsal_error *err)
{
    if (limit > MIR_TRIES_LIMIT_MAX) {
        return mir_fail(err, MIRSAL_OUT_OF_RANGE, "a limit is %u tries at most, or 0 for none",
            (unsigned)MIR_TRIES_LIMIT_MAX);
    }
    struct change *change = begin_change(err);
    if (change == NULL) {
        return MIRSAL_NO_MEMORY;
    }
    mirsal_code rc = check_sealed(store, err);
    if (rc == MIRSAL_OK) {
        rc = open_change(change, store, err);
    }
    if (rc == MIRSAL_OK) {
        mir_keyfile_put_head(change->bytes, store->lock, (uint16_t)limit);
        rc = save_change(change, err);
    }
    end_change(change);
    return rc;
}

mirsal_code mir_keys_replace(struct mir_store *store,
    const struct mir_device_keys *keys,
    mirsal_error *err)
{
    struct change *change = begin_change(err);
    if (change == NULL) {
        return MIRSAL_NO_MEMORY;
    }
    mirsal_code rc = open_change(change, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_keyfile_put_keys(
            change->bytes, change->slot.place, store->env, store->lock, keys, err);
    }
    if (rc == MIRSAL_OK) {
        rc = save_change(change, err);
    }
    end_change(change);
    return rc;
}
