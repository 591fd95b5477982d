/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/keyfile.h - a device's secrets: made, sealed into the `keys` file, read back.
 */
#ifndef MIR_KEYFILE_H
#define MIR_KEYFILE_H

#include "keys.h"
#include "sealed.h"

struct mir_device_keys; /* store.h */

/* Fresh keys from the environment's randomness. */
void mir_device_keys_make(struct mir_device_keys *out, const mirsal_env *env);
mirsal_code mir_keyfile_write(const char *path,
    const mirsal_env *env,
    const struct mir_sealed_lock *lock,
    const struct mir_device_keys *keys,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Codes of mir_sealed_read. */
mirsal_code mir_keyfile_read(struct mir_device_keys *out,
    struct mir_sealed_lock *lock,
    const char *path,
    const mirsal_env *env,
    struct mir_bytes passphrase,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
