/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/password.c - a key from a passphrase, and the box that key files are kept in;
 * protocol/primitives.md 8.
 */
#include "password.h"

#include "fail.h"
#include "mir_limits.h"

#include <sodium.h>
#include <string.h>

#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE   crypto_aead_xchacha20poly1305_ietf_ABYTES

_Static_assert(MIR_BOX_OVERHEAD == NONCE_SIZE + TAG_SIZE, "overhead of a box");
_Static_assert(sizeof(((struct mir_kdf *)0)->salt) == crypto_pwhash_argon2id_SALTBYTES, "salt");

mirsal_code mir_kdf_derive(struct mir_seal_key *out,
    const struct mir_kdf *kdf,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    if (kdf->passes < MIR_KDF_PASSES_MIN || kdf->passes > MIR_KDF_PASSES_MAX) {
        return mir_fail(err, MIRSAL_BAD_VALUE, "%u passes over a passphrase", kdf->passes);
    }
    if (kdf->memory_kib < MIR_KDF_MEMORY_KIB_MIN || kdf->memory_kib > MIR_KDF_MEMORY_KIB_MAX) {
        return mir_fail(
            err, MIRSAL_BAD_VALUE, "%u KiB of memory for a passphrase", kdf->memory_kib);
    }
    const char *text = passphrase.size > 0 ? (const char *)passphrase.data : "";
    if (crypto_pwhash_argon2id(out->bytes, sizeof out->bytes, text, passphrase.size, kdf->salt,
            kdf->passes, (size_t)kdf->memory_kib * 1024,
            crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
        mir_wipe_seal_key(out);
        return mir_fail(err, MIRSAL_NO_MEMORY, "no %u KiB for a passphrase", kdf->memory_kib);
    }
    return MIRSAL_OK;
}

void mir_box_seal(struct mir_buf *out,
    const struct mir_seal_key *key,
    const uint8_t nonce[24],
    struct mir_bytes aad,
    struct mir_bytes clear)
{
    uint8_t *room = mir_buf_extend(out, MIR_BOX_OVERHEAD + clear.size);
    if (room != NULL) {
        memcpy(room, nonce, NONCE_SIZE);
        (void)crypto_aead_xchacha20poly1305_ietf_encrypt(room + NONCE_SIZE, NULL, clear.data,
            clear.size, aad.data, aad.size, NULL, nonce, key->bytes);
    }
}

mirsal_code mir_box_open(struct mir_buf *out,
    const struct mir_seal_key *key,
    struct mir_bytes aad,
    struct mir_bytes sealed,
    mirsal_error *err)
{
    size_t size_before = out->size;
    if (sealed.size < MIR_BOX_OVERHEAD) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "box of %zu bytes", sealed.size);
    }
    uint8_t *clear = mir_buf_extend(out, sealed.size - MIR_BOX_OVERHEAD);
    if (clear == NULL) {
        return mir_buf_finish(out, err);
    }
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(clear, NULL, NULL, sealed.data + NONCE_SIZE,
            sealed.size - NONCE_SIZE, aad.data, aad.size, sealed.data, key->bytes) != 0) {
        out->size = size_before;
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "box does not open");
    }
    return MIRSAL_OK;
}
