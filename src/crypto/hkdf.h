/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/hkdf.h - HKDF-SHA256 (RFC 5869), which HPKE and Noise stand on.
 */
#ifndef MIR_HKDF_H
#define MIR_HKDF_H

#include "buf.h"

#define MIR_HKDF_SIZE_MAX ((size_t)255 * 32)

/* prk = HMAC-SHA256(salt, parts one after another). An empty salt counts as zeros. */
void mir_hkdf_extract(uint8_t prk[32],
    struct mir_bytes salt,
    const struct mir_bytes *parts,
    size_t count);
/* info is the parts one after another; size ≤ MIR_HKDF_SIZE_MAX. */
void mir_hkdf_expand(uint8_t *out,
    size_t size,
    const uint8_t prk[32],
    const struct mir_bytes *parts,
    size_t count);

#endif
