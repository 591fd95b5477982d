/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/keys.h - typed keys and hashes, wiping, and the start of libsodium.
 */
#ifndef MIR_KEYS_H
#define MIR_KEYS_H

#include <mirsal/types.h>

struct mir_sign_public {
    uint8_t bytes[32];
};
struct mir_sign_secret {
    uint8_t bytes[64];
}; /* seed ‖ public, as libsodium keeps it */
struct mir_agree_public {
    uint8_t bytes[32];
}; /* X25519: Noise static or HPKE */
struct mir_agree_secret {
    uint8_t bytes[32];
};
struct mir_seal_key {
    uint8_t bytes[32];
}; /* a symmetric key */

/* Starts libsodium; idempotent. Every program and test calls it first. */
mirsal_code mir_crypto_start(mirsal_error *err) MIRSAL_MUST_USE;

void mir_wipe(void *data, size_t size);
/* Constant time. 1 when equal. */
int mir_equal(const void *a, const void *b, size_t size);
/* System randomness, for mirsal_env.random's default. */
void mir_system_random(void *context, void *out, size_t size);

/* Wipes on every path out of the scope: MIR_WIPED_SIGN struct mir_sign_secret secret; */
void mir_wipe_sign_secret(struct mir_sign_secret *secret);
void mir_wipe_agree_secret(struct mir_agree_secret *secret);
void mir_wipe_seal_key(struct mir_seal_key *key);
#define MIR_WIPED_SIGN  __attribute__((cleanup(mir_wipe_sign_secret)))
#define MIR_WIPED_AGREE __attribute__((cleanup(mir_wipe_agree_secret)))
#define MIR_WIPED_SEAL  __attribute__((cleanup(mir_wipe_seal_key)))

/* Guarded, locked memory (sodium_malloc), zeroed, for long-lived secrets. Wiped on free. */
void *mir_secret_alloc(size_t size);
void mir_secret_free(void *memory);

/* Key pairs from 32 bytes of randomness (Ed25519 seed; X25519 scalar). */
void mir_sign_keypair(struct mir_sign_public *public_key,
    struct mir_sign_secret *secret,
    const uint8_t seed[32]);
void mir_agree_keypair(struct mir_agree_public *public_key,
    struct mir_agree_secret *secret,
    const uint8_t seed[32]);
void mir_agree_public_of(struct mir_agree_public *public_key,
    const struct mir_agree_secret *secret);

/* X25519. 1, or 0 and zeros when the result is all zero (a peer's key of small order). */
int mir_agree(uint8_t out[32],
    const struct mir_agree_secret *secret,
    const struct mir_agree_public *public_key) MIRSAL_MUST_USE;

#endif
