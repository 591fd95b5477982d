/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/quick_kdf_shim.c - an LD_PRELOAD module that puts one keyed hash of the passphrase, the salt
 * and the costs where libsodium's Argon2id is, for tests that open stores a hundred times and ask
 * nothing of the cost. What is made with it opens with it alone.
 */
#include <sodium.h>
#include <string.h>

#define SHIM __attribute__((visibility("default")))

SHIM int crypto_pwhash_argon2id(unsigned char *const out,
    unsigned long long size,
    const char *const passphrase,
    unsigned long long passphrase_size,
    const unsigned char *const salt,
    unsigned long long passes,
    size_t memory,
    int algorithm)
{
    const unsigned long long costs[] = { passes, memory, (unsigned long long)algorithm };
    crypto_generichash_state state;
    crypto_generichash_init(&state, salt, crypto_pwhash_argon2id_SALTBYTES, (size_t)size);
    crypto_generichash_update(&state, (const unsigned char *)costs, sizeof costs);
    crypto_generichash_update(&state, (const unsigned char *)passphrase, passphrase_size);
    return crypto_generichash_final(&state, out, (size_t)size);
}

/* As Python's nacl calls it. */
SHIM int crypto_pwhash(unsigned char *const out,
    unsigned long long size,
    const char *const passphrase,
    unsigned long long passphrase_size,
    const unsigned char *const salt,
    unsigned long long passes,
    size_t memory,
    int algorithm)
{
    return crypto_pwhash_argon2id(
        out, size, passphrase, passphrase_size, salt, passes, memory, algorithm);
}
