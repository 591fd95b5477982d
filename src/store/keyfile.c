/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/keyfile.c - a device's secrets; see the header. Clear content: signing seed 32 ‖ Noise
 * secret 32 ‖ HPKE secret 32 ‖ sealing secret 32 ‖ database key 32.
 */
#include "keyfile.h"

#include "env.h"
#include "fail.h"
#include "store.h"

#include <string.h>

#define PART_SIZE  32u
#define CLEAR_SIZE (5u * PART_SIZE)
static const char keys_magic[] = "mirsalk1";

static void keys_from_parts(struct mir_device_keys *out, const uint8_t parts[CLEAR_SIZE])
{
    mir_sign_keypair(&out->sign_public, &out->sign, parts);
    mir_agree_keypair(&out->noise_public, &out->noise, parts + PART_SIZE);
    mir_agree_keypair(&out->hpke_public, &out->hpke, parts + 2 * PART_SIZE);
    memcpy(out->sealing.bytes, parts + 3 * PART_SIZE, PART_SIZE);
    memcpy(out->database.bytes, parts + 4 * PART_SIZE, PART_SIZE);
}

void mir_device_keys_make(struct mir_device_keys *out, const mirsal_env *env)
{
    uint8_t parts[CLEAR_SIZE];
    mir_random(env, parts, sizeof parts);
    keys_from_parts(out, parts);
    mir_wipe(parts, sizeof parts);
}

mirsal_code mir_keyfile_write(const char *path,
    const mirsal_env *env,
    const struct mir_sealed_lock *lock,
    const struct mir_device_keys *keys,
    mirsal_error *err)
{
    uint8_t parts[CLEAR_SIZE];
    memcpy(parts, keys->sign.bytes, PART_SIZE);
    memcpy(parts + PART_SIZE, keys->noise.bytes, PART_SIZE);
    memcpy(parts + 2 * PART_SIZE, keys->hpke.bytes, PART_SIZE);
    memcpy(parts + 3 * PART_SIZE, keys->sealing.bytes, PART_SIZE);
    memcpy(parts + 4 * PART_SIZE, keys->database.bytes, PART_SIZE);
    struct mir_bytes clear = { parts, sizeof parts };
    mirsal_code rc = mir_sealed_write(path, env, keys_magic, lock, clear, err);
    mir_wipe(parts, sizeof parts);
    return rc;
}

mirsal_code mir_keyfile_read(struct mir_device_keys *out,
    struct mir_sealed_lock *lock,
    const char *path,
    const mirsal_env *env,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    struct mir_buf clear;
    mir_buf_init(&clear, env, MIR_SEALED_SIZE_MAX);
    mirsal_code rc = mir_sealed_read(&clear, lock, path, keys_magic, passphrase, err);
    if (rc == MIRSAL_OK && clear.size != CLEAR_SIZE) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "the keys are damaged");
    }
    if (rc == MIRSAL_OK) {
        keys_from_parts(out, clear.data);
    }
    mir_buf_fini(&clear);
    return rc;
}
