/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/kdf_tune.h - how much work a passphrase costs on this machine.
 */
#ifndef MIR_KDF_TUNE_H
#define MIR_KDF_TUNE_H

#include <mirsal/types.h>

/*
 * Passes of Argon2id that take about aim_ms here (0 = 500), within the limits, over memory at the
 * floor: a store must open on a phone with little of it. Measures one derivation when the aim may
 * lie above the floor.
 */
mirsal_code mir_kdf_tune(uint32_t *passes,
    uint32_t *memory_kib,
    const mirsal_env *env,
    uint32_t aim_ms,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
