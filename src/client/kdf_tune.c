/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/kdf_tune.c - time to passes, by measuring.
 */
#include "kdf_tune.h"

#include "env.h"
#include "mir_limits.h"
#include "password.h"

#define AIM_MS_DEFAULT 500u
#define AIM_MS_FLOOR   50u /* below it nothing is measured: no machine is so fast at the floor */

mirsal_code mir_kdf_tune(uint32_t *passes,
    uint32_t *memory_kib,
    const mirsal_env *env,
    uint32_t aim_ms,
    mirsal_error *err)
{
    static const uint8_t sample[] = "measured";
    const struct mir_kdf kdf = { .passes = MIR_KDF_PASSES_MIN,
        .memory_kib = MIR_KDF_MEMORY_KIB_MIN };
    uint32_t aim = aim_ms == 0 ? AIM_MS_DEFAULT : aim_ms;
    *passes = MIR_KDF_PASSES_MIN;
    *memory_kib = MIR_KDF_MEMORY_KIB_MIN;
    if (aim < AIM_MS_FLOOR) {
        return MIRSAL_OK;
    }
    MIR_WIPED_SEAL struct mir_seal_key key;
    uint64_t start = mir_ticks_ms(env);
    mirsal_code rc = mir_kdf_derive(&key, &kdf, (struct mir_bytes){ sample, sizeof sample }, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    uint64_t took = mir_ticks_ms(env) - start;
    if (took == 0) {
        return MIRSAL_OK; /* a clock that stands */
    }
    uint64_t wanted = (uint64_t)aim * MIR_KDF_PASSES_MIN / took;
    if (wanted > MIR_KDF_PASSES_MAX) {
        wanted = MIR_KDF_PASSES_MAX;
    }
    if (wanted > MIR_KDF_PASSES_MIN) {
        *passes = (uint32_t)wanted;
    }
    return MIRSAL_OK;
}
