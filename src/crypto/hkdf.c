/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/hkdf.c - HKDF-SHA256 over libsodium's HMAC; protocol/primitives.md 5 and 6.
 *
 * libsodium before 1.0.19 has no HKDF. RFC 5869's, RFC 9180's and the Noise vectors judge this one.
 */
#include "hkdf.h"

#include "fail.h"

#include <sodium.h>
#include <string.h>

static void update_parts(crypto_auth_hmacsha256_state *state,
    const struct mir_bytes *parts,
    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)crypto_auth_hmacsha256_update(state, parts[i].data, parts[i].size);
    }
}

void mir_hkdf_extract(uint8_t prk[32],
    struct mir_bytes salt,
    const struct mir_bytes *parts,
    size_t count)
{
    static const uint8_t none[1] = { 0 };
    crypto_auth_hmacsha256_state state;
    (void)crypto_auth_hmacsha256_init(&state, salt.size > 0 ? salt.data : none, salt.size);
    update_parts(&state, parts, count);
    (void)crypto_auth_hmacsha256_final(&state, prk);
    sodium_memzero(&state, sizeof state);
}

void mir_hkdf_expand(uint8_t *out,
    size_t size,
    const uint8_t prk[32],
    const struct mir_bytes *parts,
    size_t count)
{
    MIR_ASSERT(size <= MIR_HKDF_SIZE_MAX);
    crypto_auth_hmacsha256_state state;
    uint8_t block[32];
    uint8_t number = 0;
    for (size_t done = 0; done < size;) {
        (void)crypto_auth_hmacsha256_init(&state, prk, 32);
        if (number > 0) {
            (void)crypto_auth_hmacsha256_update(&state, block, sizeof block);
        }
        number++;
        update_parts(&state, parts, count);
        (void)crypto_auth_hmacsha256_update(&state, &number, 1);
        (void)crypto_auth_hmacsha256_final(&state, block);
        size_t piece = size - done < sizeof block ? size - done : sizeof block;
        memcpy(out + done, block, piece);
        done += piece;
    }
    sodium_memzero(block, sizeof block);
    sodium_memzero(&state, sizeof state);
}
