/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/keys.c - typed keys, wiping, X25519; protocol/primitives.md 4.
 */
#include "keys.h"

#include "fail.h"

#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(struct mir_sign_secret) == crypto_sign_SECRETKEYBYTES, "sign secret");
_Static_assert(sizeof(struct mir_agree_secret) == crypto_scalarmult_SCALARBYTES, "agree secret");

mirsal_code mir_crypto_start(mirsal_error *err)
{
    if (sodium_init() < 0) {
        return mir_fail(err, MIRSAL_IO, "libsodium did not start");
    }
    return MIRSAL_OK;
}

void mir_wipe(void *data, size_t size)
{
    if (size > 0) {
        sodium_memzero(data, size);
    }
}

int mir_equal(const void *a, const void *b, size_t size)
{
    return sodium_memcmp(a, b, size) == 0;
}

void mir_system_random(void *context, void *out, size_t size)
{
    (void)context;
    randombytes_buf(out, size);
}

void mir_wipe_sign_secret(struct mir_sign_secret *secret)
{
    sodium_memzero(secret, sizeof *secret);
}

void mir_wipe_agree_secret(struct mir_agree_secret *secret)
{
    sodium_memzero(secret, sizeof *secret);
}

void mir_wipe_seal_key(struct mir_seal_key *key)
{
    sodium_memzero(key, sizeof *key);
}

void *mir_secret_alloc(size_t size)
{
    void *memory = sodium_malloc(size);
    if (memory != NULL) {
        memset(memory, 0, size);
    }
    return memory;
}

void mir_secret_free(void *memory)
{
    sodium_free(memory);
}

void mir_sign_keypair(struct mir_sign_public *public_key,
    struct mir_sign_secret *secret,
    const uint8_t seed[32])
{
    (void)crypto_sign_seed_keypair(public_key->bytes, secret->bytes, seed);
}

void mir_agree_keypair(struct mir_agree_public *public_key,
    struct mir_agree_secret *secret,
    const uint8_t seed[32])
{
    memcpy(secret->bytes, seed, sizeof secret->bytes);
    mir_agree_public_of(public_key, secret);
}

void mir_agree_public_of(struct mir_agree_public *public_key, const struct mir_agree_secret *secret)
{
    (void)crypto_scalarmult_base(public_key->bytes, secret->bytes);
}

int mir_agree(uint8_t out[32],
    const struct mir_agree_secret *secret,
    const struct mir_agree_public *public_key)
{
    if (crypto_scalarmult(out, secret->bytes, public_key->bytes) != 0) {
        sodium_memzero(out, 32);
        return 0;
    }
    return 1;
}
