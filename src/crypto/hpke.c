/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/hpke.c - RFC 9180 base mode; protocol/primitives.md 5.
 *
 * Suite DHKEM(X25519, HKDF-SHA256) 0x0020, HKDF-SHA256 0x0001, ChaCha20Poly1305 0x0003. The
 * ephemeral is given as ikm of DeriveKeyPair: the caller draws it, so that a state of randomness
 * used twice never seals two texts with one key.
 */
#include "hpke.h"

#include "fail.h"
#include "hkdf.h"

#include <sodium.h>
#include <string.h>

#define LABEL(text)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

static const struct mir_bytes version_label = LABEL("HPKE-v1");
static const struct mir_bytes kem_suite = LABEL("KEM\x00\x20");
static const struct mir_bytes hpke_suite = LABEL("HPKE\x00\x20\x00\x01\x00\x03");

/* LabeledExtract(salt, label, ikm) = Extract(salt, "HPKE-v1" ‖ suite_id ‖ label ‖ ikm) */
static void labeled_extract(uint8_t prk[32],
    struct mir_bytes suite,
    struct mir_bytes salt,
    const char *label,
    struct mir_bytes ikm)
{
    struct mir_bytes parts[] = { version_label, suite, { (const uint8_t *)label, strlen(label) },
        ikm };
    mir_hkdf_extract(prk, salt, parts, sizeof parts / sizeof parts[0]);
}

/* LabeledExpand(prk, label, info, L) = Expand(prk, I2OSP(L, 2) ‖ "HPKE-v1" ‖ suite_id ‖ …) */
static void labeled_expand(uint8_t *out,
    size_t size,
    const uint8_t prk[32],
    struct mir_bytes suite,
    const char *label,
    struct mir_bytes info)
{
    uint8_t length[2] = { (uint8_t)(size >> 8), (uint8_t)size };
    struct mir_bytes parts[] = { { length, sizeof length }, version_label, suite,
        { (const uint8_t *)label, strlen(label) }, info };
    mir_hkdf_expand(out, size, prk, parts, sizeof parts / sizeof parts[0]);
}

void mir_hpke_derive_keypair(struct mir_agree_public *public_key,
    struct mir_agree_secret *secret,
    const void *ikm,
    size_t ikm_size)
{
    const struct mir_bytes none = { NULL, 0 };
    struct mir_bytes material = { ikm, ikm_size };
    uint8_t prk[32];
    labeled_extract(prk, kem_suite, none, "dkp_prk", material);
    labeled_expand(secret->bytes, sizeof secret->bytes, prk, kem_suite, "sk", none);
    sodium_memzero(prk, sizeof prk);
    mir_agree_public_of(public_key, secret);
}

/* ExtractAndExpand(dh, enc ‖ pkR) of the KEM. 0 when dh is all zero. */
static int agree_shared(uint8_t shared[32],
    const struct mir_agree_secret *secret,
    const struct mir_agree_public *peer,
    const uint8_t enc[32],
    const struct mir_agree_public *recipient)
{
    const struct mir_bytes none = { NULL, 0 };
    uint8_t dh[32];
    uint8_t prk[32];
    uint8_t kem_context[64];
    if (!mir_agree(dh, secret, peer)) {
        return 0;
    }
    memcpy(kem_context, enc, 32);
    memcpy(kem_context + 32, recipient->bytes, 32);
    struct mir_bytes material = { dh, sizeof dh };
    struct mir_bytes info = { kem_context, sizeof kem_context };
    labeled_extract(prk, kem_suite, none, "eae_prk", material);
    labeled_expand(shared, 32, prk, kem_suite, "shared_secret", info);
    sodium_memzero(dh, sizeof dh);
    sodium_memzero(prk, sizeof prk);
    return 1;
}

/* KeySchedule of mode base: no psk, no psk_id. */
static void schedule_keys(struct mir_hpke *out, const uint8_t shared[32], struct mir_bytes info)
{
    const struct mir_bytes none = { NULL, 0 };
    uint8_t schedule[1 + 32 + 32] = { 0 }; /* mode_base, psk_id_hash, info_hash */
    uint8_t secret[32];
    labeled_extract(schedule + 1, hpke_suite, none, "psk_id_hash", none);
    labeled_extract(schedule + 33, hpke_suite, none, "info_hash", info);
    struct mir_bytes context = { schedule, sizeof schedule };
    struct mir_bytes salt = { shared, 32 };
    labeled_extract(secret, hpke_suite, salt, "secret", none);
    labeled_expand(out->key, sizeof out->key, secret, hpke_suite, "key", context);
    labeled_expand(
        out->base_nonce, sizeof out->base_nonce, secret, hpke_suite, "base_nonce", context);
    labeled_expand(out->exporter, sizeof out->exporter, secret, hpke_suite, "exp", context);
    out->seq = 0;
    sodium_memzero(secret, sizeof secret);
}

mirsal_code mir_hpke_setup_sender(struct mir_hpke *out,
    uint8_t enc[32],
    const struct mir_agree_public *recipient,
    struct mir_bytes info,
    const uint8_t ikm[32],
    mirsal_error *err)
{
    MIR_WIPED_AGREE struct mir_agree_secret ephemeral;
    struct mir_agree_public ephemeral_public;
    uint8_t shared[32];
    memset(out, 0, sizeof *out);
    mir_hpke_derive_keypair(&ephemeral_public, &ephemeral, ikm, 32);
    memcpy(enc, ephemeral_public.bytes, 32);
    if (!agree_shared(shared, &ephemeral, recipient, enc, recipient)) {
        memset(enc, 0, 32);
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "recipient's key is of small order");
    }
    schedule_keys(out, shared, info);
    sodium_memzero(shared, sizeof shared);
    return MIRSAL_OK;
}

mirsal_code mir_hpke_setup_receiver(struct mir_hpke *out,
    const uint8_t enc[32],
    const struct mir_agree_secret *recipient,
    struct mir_bytes info,
    mirsal_error *err)
{
    struct mir_agree_public recipient_public;
    struct mir_agree_public ephemeral;
    uint8_t shared[32];
    memset(out, 0, sizeof *out);
    mir_agree_public_of(&recipient_public, recipient);
    memcpy(ephemeral.bytes, enc, 32);
    if (!agree_shared(shared, recipient, &ephemeral, enc, &recipient_public)) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "sealed with a key of small order");
    }
    schedule_keys(out, shared, info);
    sodium_memzero(shared, sizeof shared);
    return MIRSAL_OK;
}

/* base_nonce xor the sequence number, big-endian. */
static void message_nonce(uint8_t nonce[12], const struct mir_hpke *hpke)
{
    memcpy(nonce, hpke->base_nonce, 12);
    for (size_t i = 0; i < 8; i++) {
        nonce[11 - i] ^= (uint8_t)(hpke->seq >> (8 * i));
    }
}

void mir_hpke_seal(struct mir_hpke *hpke,
    uint8_t *out,
    struct mir_bytes aad,
    const void *clear,
    size_t clear_size)
{
    uint8_t nonce[12];
    MIR_ASSERT(hpke->seq < UINT64_MAX);
    message_nonce(nonce, hpke);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(
        out, NULL, clear, clear_size, aad.data, aad.size, NULL, nonce, hpke->key);
    hpke->seq++;
}

mirsal_code mir_hpke_open(struct mir_hpke *hpke,
    uint8_t *out,
    struct mir_bytes aad,
    const void *sealed,
    size_t size,
    mirsal_error *err)
{
    uint8_t nonce[12];
    if (size < MIR_HPKE_TAG_SIZE || hpke->seq == UINT64_MAX) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "sealed text of %zu bytes", size);
    }
    message_nonce(nonce, hpke);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(
            out, NULL, NULL, sealed, size, aad.data, aad.size, nonce, hpke->key) != 0) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "sealed text does not open");
    }
    hpke->seq++;
    return MIRSAL_OK;
}

void mir_hpke_export(const struct mir_hpke *hpke,
    uint8_t *out,
    size_t size,
    struct mir_bytes context)
{
    labeled_expand(out, size, hpke->exporter, hpke_suite, "sec", context);
}

void mir_hpke_fini(struct mir_hpke *hpke)
{
    sodium_memzero(hpke, sizeof *hpke);
}

mirsal_code mir_hpke_seal_to(struct mir_buf *out,
    const struct mir_agree_public *recipient,
    enum mir_context info,
    const uint8_t ikm[32],
    struct mir_bytes aad,
    struct mir_bytes clear,
    mirsal_error *err)
{
    struct mir_hpke hpke = { 0 };
    uint8_t enc[MIR_HPKE_ENC_SIZE];
    size_t size_before = out->size;
    uint8_t *sealed = NULL;
    mirsal_code rc = mir_hpke_setup_sender(&hpke, enc, recipient, mir_context_text(info), ikm, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    mir_buf_append(out, enc, sizeof enc);
    sealed = mir_buf_extend(out, clear.size + MIR_HPKE_TAG_SIZE);
    if (sealed == NULL) {
        out->size = size_before;
        rc = mir_buf_finish(out, err);
        goto out;
    }
    mir_hpke_seal(&hpke, sealed, aad, clear.data, clear.size);
out:
    mir_hpke_fini(&hpke);
    return rc;
}

mirsal_code mir_hpke_open_from(struct mir_buf *out,
    const struct mir_agree_secret *recipient,
    enum mir_context info,
    struct mir_bytes aad,
    struct mir_bytes sealed,
    mirsal_error *err)
{
    struct mir_hpke hpke = { 0 };
    size_t size_before = out->size;
    size_t size = 0;
    uint8_t *clear = NULL;
    mirsal_code rc = MIRSAL_OK;
    if (sealed.size < MIR_HPKE_ENC_SIZE + MIR_HPKE_TAG_SIZE) {
        rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "sealed text of %zu bytes", sealed.size);
        goto out;
    }
    rc = mir_hpke_setup_receiver(&hpke, sealed.data, recipient, mir_context_text(info), err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    size = sealed.size - MIR_HPKE_ENC_SIZE;
    clear = mir_buf_extend(out, size - MIR_HPKE_TAG_SIZE);
    if (clear == NULL) {
        rc = mir_buf_finish(out, err);
        goto out;
    }
    rc = mir_hpke_open(&hpke, clear, aad, sealed.data + MIR_HPKE_ENC_SIZE, size, err);
    if (rc != MIRSAL_OK) {
        out->size = size_before;
    }
out:
    mir_hpke_fini(&hpke);
    return rc;
}
