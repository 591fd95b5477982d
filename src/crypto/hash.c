/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/hash.c - BLAKE2b with a context per use; protocol/primitives.md 2.
 */
#include "hash.h"

#include "fail.h"

#include <sodium.h>
#include <string.h>

#define CONTEXT_SIZE crypto_generichash_blake2b_PERSONALBYTES

static const uint8_t contexts[][CONTEXT_SIZE + 1] = {
#define CONTEXT_ROW(name, text) [MIR_CONTEXT_##name] = { text },
    MIR_CONTEXTS(CONTEXT_ROW)
#undef CONTEXT_ROW
};

#define CONTEXT_COUNT (sizeof contexts / sizeof contexts[0])

#define CONTEXT_FITS(name, text)                                                                   \
    _Static_assert(sizeof(text) - 1 <= CONTEXT_SIZE, "context " #name " fits 16 bytes");
MIR_CONTEXTS(CONTEXT_FITS)
#undef CONTEXT_FITS

const uint8_t *mir_context_bytes(enum mir_context context)
{
    MIR_ASSERT((size_t)context < CONTEXT_COUNT);
    return contexts[context];
}

struct mir_bytes mir_context_text(enum mir_context context)
{
    const uint8_t *text = mir_context_bytes(context);
    struct mir_bytes bytes = { text, strlen((const char *)text) };
    return bytes;
}

void mir_hash_bytes(mirsal_hash *out, enum mir_context context, const void *data, size_t size)
{
    struct mir_bytes part = { data, size };
    mir_hash_parts(out, context, &part, 1);
}

void mir_hash_parts(mirsal_hash *out,
    enum mir_context context,
    const struct mir_bytes *parts,
    size_t count)
{
    crypto_generichash_blake2b_state state;
    int rc = crypto_generichash_blake2b_init_salt_personal(
        &state, NULL, 0, sizeof out->bytes, NULL, mir_context_bytes(context));
    MIR_ASSERT(rc == 0);
    for (size_t i = 0; i < count; i++) {
        (void)crypto_generichash_blake2b_update(&state, parts[i].data, parts[i].size);
    }
    (void)crypto_generichash_blake2b_final(&state, out->bytes, sizeof out->bytes);
    sodium_memzero(&state, sizeof state);
}

void mir_hash_keyed(uint8_t *out,
    size_t out_size,
    int context,
    const void *key,
    size_t key_size,
    struct mir_bytes data)
{
    MIR_ASSERT(out_size >= crypto_generichash_blake2b_BYTES_MIN && out_size <= 32);
    const uint8_t *personal = context < 0 ? NULL : mir_context_bytes((enum mir_context)context);
    int rc = crypto_generichash_blake2b_salt_personal(
        out, out_size, data.data, data.size, key, key_size, NULL, personal);
    MIR_ASSERT(rc == 0);
}

_Static_assert(sizeof(struct mir_sha256) >= sizeof(crypto_hash_sha256_state), "SHA-256 state");
_Static_assert(_Alignof(struct mir_sha256) >= _Alignof(crypto_hash_sha256_state), "SHA-256 state");

static crypto_hash_sha256_state *sha256_state(struct mir_sha256 *state)
{
    return (crypto_hash_sha256_state *)(void *)state;
}

void mir_sha256_init(struct mir_sha256 *state)
{
    (void)crypto_hash_sha256_init(sha256_state(state));
}

void mir_sha256_update(struct mir_sha256 *state, const void *data, size_t size)
{
    (void)crypto_hash_sha256_update(sha256_state(state), data, size);
}

void mir_sha256_final(struct mir_sha256 *state, mirsal_hash *out)
{
    (void)crypto_hash_sha256_final(sha256_state(state), out->bytes);
    sodium_memzero(state, sizeof *state);
}
