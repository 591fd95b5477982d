/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/password.h - Argon2id13, and XChaCha20-Poly1305 for key files.
 */
#ifndef MIR_PASSWORD_H
#define MIR_PASSWORD_H

#include "buf.h"
#include "keys.h"

struct mir_kdf { /* stored beside the salt */
    uint8_t salt[16];
    uint32_t passes;     /* MIR_KDF_PASSES_MIN to _MAX */
    uint32_t memory_kib; /* MIR_KDF_MEMORY_KIB_MIN to _MAX */
};

/* BAD_VALUE when parameters are out of range (limits.md). */
mirsal_code mir_kdf_derive(struct mir_seal_key *out,
    const struct mir_kdf *kdf,
    struct mir_bytes passphrase,
    mirsal_error *err) MIRSAL_MUST_USE;

#define MIR_BOX_OVERHEAD 40u /* nonce 24, tag 16 */
/* Appends nonce ‖ sealed. */
void mir_box_seal(struct mir_buf *out,
    const struct mir_seal_key *key,
    const uint8_t nonce[24],
    struct mir_bytes aad,
    struct mir_bytes clear);
/* NOT_AUTHENTIC when it does not open. */
mirsal_code mir_box_open(struct mir_buf *out,
    const struct mir_seal_key *key,
    struct mir_bytes aad,
    struct mir_bytes sealed,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
