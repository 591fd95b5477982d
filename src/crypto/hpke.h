/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/hpke.h - RFC 9180 base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305.
 */
#ifndef MIR_HPKE_H
#define MIR_HPKE_H

#include "hash.h"

#define MIR_HPKE_ENC_SIZE 32u
#define MIR_HPKE_TAG_SIZE 16u

struct mir_hpke { /* a context; wipe with mir_hpke_fini */
    uint8_t key[32];
    uint8_t base_nonce[12];
    uint8_t exporter[32];
    uint64_t seq;
};

/* DeriveKeyPair(ikm): RFC 9180 section 7.1.3. */
void mir_hpke_derive_keypair(struct mir_agree_public *public_key,
    struct mir_agree_secret *secret,
    const void *ikm,
    size_t ikm_size);

/*
 * SetupBaseS with the ephemeral given as its ikm (32 bytes). info is a context's text without
 * zero fill or any bytes (vectors). Fails NOT_AUTHENTIC when the shared secret is all zero.
 */
mirsal_code mir_hpke_setup_sender(struct mir_hpke *out,
    uint8_t enc[32],
    const struct mir_agree_public *recipient,
    struct mir_bytes info,
    const uint8_t ikm[32],
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_hpke_setup_receiver(struct mir_hpke *out,
    const uint8_t enc[32],
    const struct mir_agree_secret *recipient,
    struct mir_bytes info,
    mirsal_error *err) MIRSAL_MUST_USE;
/* out has room for clear_size + 16. */
void mir_hpke_seal(struct mir_hpke *hpke,
    uint8_t *out,
    struct mir_bytes aad,
    const void *clear,
    size_t clear_size);
/* out has room for size - 16. NOT_AUTHENTIC when it does not open. */
mirsal_code mir_hpke_open(struct mir_hpke *hpke,
    uint8_t *out,
    struct mir_bytes aad,
    const void *sealed,
    size_t size,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_hpke_export(const struct mir_hpke *hpke,
    uint8_t *out,
    size_t size,
    struct mir_bytes context);
void mir_hpke_fini(struct mir_hpke *hpke);

/* Single shot: appends enc ‖ sealed to out. ikm 32 random bytes; info = the context's text. */
mirsal_code mir_hpke_seal_to(struct mir_buf *out,
    const struct mir_agree_public *recipient,
    enum mir_context info,
    const uint8_t ikm[32],
    struct mir_bytes aad,
    struct mir_bytes clear,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_hpke_open_from(struct mir_buf *out,
    const struct mir_agree_secret *recipient,
    enum mir_context info,
    struct mir_bytes aad,
    struct mir_bytes sealed,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
