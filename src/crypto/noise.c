/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/noise.c - Noise_IK_25519_ChaChaPoly_SHA256; protocol/primitives.md 6.
 *
 *   <- s
 *   ...
 *   -> e, es, s, ss
 *   <- e, ee, se
 *
 * Names are those of revision 34. A handshake that failed is wiped; using it again, or out of turn,
 * is a programmer error. Nothing is appended to an output when a call fails.
 */
#include "noise.h"

#include "fail.h"
#include "hkdf.h"
#include "mir_limits.h"

#include <sodium.h>
#include <string.h>

#define KEY_SIZE        32u
#define SEALED_KEY_SIZE (KEY_SIZE + MIR_NOISE_TAG_SIZE)

static const char protocol_name[] = "Noise_IK_25519_ChaChaPoly_SHA256";
_Static_assert(sizeof protocol_name - 1 == 32, "h begins as the name itself");

enum step { STEP_FIRST, STEP_SECOND, STEP_DONE, STEP_FAILED };

/* h = SHA256(h ‖ data) */
static void mix_hash(struct mir_noise_handshake *noise, const void *data, size_t size)
{
    crypto_hash_sha256_state state;
    (void)crypto_hash_sha256_init(&state);
    (void)crypto_hash_sha256_update(&state, noise->h, sizeof noise->h);
    (void)crypto_hash_sha256_update(&state, data, size);
    (void)crypto_hash_sha256_final(&state, noise->h);
}

/* first, second = HKDF(ck, material, 2) */
static void derive_two(uint8_t first[32],
    uint8_t second[32],
    const uint8_t ck[32],
    struct mir_bytes material)
{
    struct mir_bytes salt = { ck, 32 };
    uint8_t prk[32];
    uint8_t both[64];
    mir_hkdf_extract(prk, salt, &material, 1);
    mir_hkdf_expand(both, sizeof both, prk, NULL, 0);
    memcpy(first, both, 32);
    memcpy(second, both + 32, 32);
    sodium_memzero(prk, sizeof prk);
    sodium_memzero(both, sizeof both);
}

/* ck, k = HKDF(ck, DH(secret, public)); 0 when DH is all zero. */
static int mix_agreement(struct mir_noise_handshake *noise,
    const struct mir_agree_secret *secret,
    const struct mir_agree_public *public_key)
{
    uint8_t dh[32];
    if (!mir_agree(dh, secret, public_key)) {
        return 0;
    }
    struct mir_bytes material = { dh, sizeof dh };
    derive_two(noise->ck, noise->k, noise->ck, material);
    noise->n = 0;
    sodium_memzero(dh, sizeof dh);
    return 1;
}

/* 32 bits of zeros, then n little-endian. */
static void make_nonce(uint8_t nonce[12], uint64_t n)
{
    memset(nonce, 0, 4);
    for (size_t i = 0; i < 8; i++) {
        nonce[4 + i] = (uint8_t)(n >> (8 * i));
    }
}

static void encrypt_and_hash(struct mir_noise_handshake *noise,
    uint8_t *out,
    struct mir_bytes clear)
{
    uint8_t nonce[12];
    make_nonce(nonce, noise->n++);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(
        out, NULL, clear.data, clear.size, noise->h, sizeof noise->h, NULL, nonce, noise->k);
    mix_hash(noise, out, clear.size + MIR_NOISE_TAG_SIZE);
}

/* 1 when it opens. out has room for sealed.size - tag. */
static int decrypt_and_hash(struct mir_noise_handshake *noise,
    uint8_t *out,
    struct mir_bytes sealed)
{
    uint8_t nonce[12];
    make_nonce(nonce, noise->n++);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.data, sealed.size,
            noise->h, sizeof noise->h, nonce, noise->k) != 0) {
        return 0;
    }
    mix_hash(noise, sealed.data, sealed.size);
    return 1;
}

static void init_common(struct mir_noise_handshake *out,
    struct mir_bytes prologue,
    const struct mir_agree_secret *s,
    const uint8_t e_seed[32])
{
    memset(out, 0, sizeof *out);
    memcpy(out->h, protocol_name, sizeof out->h);
    memcpy(out->ck, protocol_name, sizeof out->ck);
    mix_hash(out, prologue.data, prologue.size);
    out->s = *s;
    mir_agree_public_of(&out->s_public, s);
    mir_agree_keypair(&out->e_public, &out->e, e_seed);
    out->step = STEP_FIRST;
}

void mir_noise_init_initiator(struct mir_noise_handshake *out,
    struct mir_bytes prologue,
    const struct mir_agree_secret *s,
    const struct mir_agree_public *rs,
    const uint8_t e_seed[32])
{
    init_common(out, prologue, s, e_seed);
    out->initiator = 1;
    out->rs = *rs;
    mix_hash(out, rs->bytes, sizeof rs->bytes);
}

void mir_noise_init_responder(struct mir_noise_handshake *out,
    struct mir_bytes prologue,
    const struct mir_agree_secret *s,
    const uint8_t e_seed[32])
{
    init_common(out, prologue, s, e_seed);
    mix_hash(out, out->s_public.bytes, sizeof out->s_public.bytes);
}

void mir_noise_fini(struct mir_noise_handshake *noise)
{
    sodium_memzero(noise, sizeof *noise);
    noise->step = STEP_FAILED;
}

static mirsal_code refuse(struct mir_noise_handshake *noise,
    mirsal_code code,
    const char *why,
    mirsal_error *err)
{
    mir_noise_fini(noise);
    return mir_fail(err, code, "%s", why);
}

/* -> e, es, s, ss. room is message 1 whole. */
static int write_first(struct mir_noise_handshake *noise, uint8_t *room, struct mir_bytes payload)
{
    struct mir_bytes s_public = { noise->s_public.bytes, KEY_SIZE };
    memcpy(room, noise->e_public.bytes, KEY_SIZE);
    mix_hash(noise, room, KEY_SIZE);
    if (!mix_agreement(noise, &noise->e, &noise->rs)) {
        return 0;
    }
    encrypt_and_hash(noise, room + KEY_SIZE, s_public);
    if (!mix_agreement(noise, &noise->s, &noise->rs)) {
        return 0;
    }
    encrypt_and_hash(noise, room + KEY_SIZE + SEALED_KEY_SIZE, payload);
    return 1;
}

static int read_first(struct mir_noise_handshake *noise, uint8_t *room, struct mir_bytes message)
{
    struct mir_bytes sealed_s = { message.data + KEY_SIZE, SEALED_KEY_SIZE };
    struct mir_bytes sealed = { message.data + KEY_SIZE + SEALED_KEY_SIZE,
        message.size - KEY_SIZE - SEALED_KEY_SIZE };
    memcpy(noise->re.bytes, message.data, KEY_SIZE);
    mix_hash(noise, noise->re.bytes, KEY_SIZE);
    return mix_agreement(noise, &noise->s, &noise->re) &&
           decrypt_and_hash(noise, noise->rs.bytes, sealed_s) &&
           mix_agreement(noise, &noise->s, &noise->rs) && decrypt_and_hash(noise, room, sealed);
}

/* <- e, ee, se. room is message 2 whole. */
static int write_second(struct mir_noise_handshake *noise, uint8_t *room, struct mir_bytes payload)
{
    memcpy(room, noise->e_public.bytes, KEY_SIZE);
    mix_hash(noise, room, KEY_SIZE);
    if (!mix_agreement(noise, &noise->e, &noise->re) ||
        !mix_agreement(noise, &noise->e, &noise->rs)) {
        return 0;
    }
    encrypt_and_hash(noise, room + KEY_SIZE, payload);
    return 1;
}

static int read_second(struct mir_noise_handshake *noise, uint8_t *room, struct mir_bytes message)
{
    struct mir_bytes sealed = { message.data + KEY_SIZE, message.size - KEY_SIZE };
    memcpy(noise->re.bytes, message.data, KEY_SIZE);
    mix_hash(noise, noise->re.bytes, KEY_SIZE);
    return mix_agreement(noise, &noise->e, &noise->re) &&
           mix_agreement(noise, &noise->s, &noise->re) && decrypt_and_hash(noise, room, sealed);
}

mirsal_code mir_noise_write(struct mir_noise_handshake *noise,
    struct mir_buf *out,
    struct mir_bytes payload,
    mirsal_error *err)
{
    MIR_ASSERT(noise->step == (noise->initiator ? STEP_FIRST : STEP_SECOND));
    size_t overhead = noise->initiator ? MIR_NOISE_M1_OVERHEAD : MIR_NOISE_M2_OVERHEAD;
    if (payload.size > MIR_NOISE_MESSAGE_MAX - overhead) {
        return mir_fail(err, MIRSAL_LIMIT, "handshake payload of %zu bytes", payload.size);
    }
    size_t size_before = out->size;
    uint8_t *room = mir_buf_extend(out, overhead + payload.size);
    if (room == NULL) {
        return mir_buf_finish(out, err);
    }
    int written =
        noise->initiator ? write_first(noise, room, payload) : write_second(noise, room, payload);
    if (!written) {
        out->size = size_before;
        return refuse(noise, MIRSAL_NOT_AUTHENTIC, "peer's key is of small order", err);
    }
    noise->step++;
    return MIRSAL_OK;
}

mirsal_code mir_noise_read(struct mir_noise_handshake *noise,
    struct mir_buf *payload,
    struct mir_bytes message,
    mirsal_error *err)
{
    MIR_ASSERT(noise->step == (noise->initiator ? STEP_SECOND : STEP_FIRST));
    size_t overhead = noise->initiator ? MIR_NOISE_M2_OVERHEAD : MIR_NOISE_M1_OVERHEAD;
    if (message.size > MIR_NOISE_MESSAGE_MAX) {
        return refuse(noise, MIRSAL_LIMIT, "handshake message too long", err);
    }
    if (message.size < overhead) {
        return refuse(noise, MIRSAL_NOT_AUTHENTIC, "handshake message too short", err);
    }
    size_t size_before = payload->size;
    uint8_t *room = mir_buf_extend(payload, message.size - overhead);
    if (room == NULL) {
        return mir_buf_finish(payload, err);
    }
    int opened =
        noise->initiator ? read_second(noise, room, message) : read_first(noise, room, message);
    if (!opened) {
        payload->size = size_before;
        return refuse(noise, MIRSAL_NOT_AUTHENTIC, "handshake message does not open", err);
    }
    noise->step++;
    return MIRSAL_OK;
}

void mir_noise_split(struct mir_noise_transport *out, struct mir_noise_handshake *noise)
{
    MIR_ASSERT(noise->step == STEP_DONE);
    const struct mir_bytes none = { NULL, 0 };
    struct mir_noise_cipher *from_initiator = noise->initiator ? &out->send : &out->receive;
    struct mir_noise_cipher *from_responder = noise->initiator ? &out->receive : &out->send;
    memset(out, 0, sizeof *out);
    derive_two(from_initiator->k, from_responder->k, noise->ck, none);
    memcpy(out->handshake_hash, noise->h, sizeof out->handshake_hash);
    mir_noise_fini(noise);
}

mirsal_code mir_noise_seal(struct mir_noise_transport *transport,
    struct mir_buf *out,
    struct mir_bytes clear,
    mirsal_error *err)
{
    uint8_t nonce[12];
    struct mir_noise_cipher *cipher = &transport->send;
    if (clear.size > MIR_NOISE_MESSAGE_MAX - MIR_NOISE_TAG_SIZE || cipher->n == UINT64_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "transport message of %zu bytes", clear.size);
    }
    uint8_t *room = mir_buf_extend(out, clear.size + MIR_NOISE_TAG_SIZE);
    if (room == NULL) {
        return mir_buf_finish(out, err);
    }
    make_nonce(nonce, cipher->n);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(
        room, NULL, clear.data, clear.size, NULL, 0, NULL, nonce, cipher->k);
    cipher->n++;
    return MIRSAL_OK;
}

mirsal_code mir_noise_open(struct mir_noise_transport *transport,
    struct mir_buf *out,
    struct mir_bytes sealed,
    mirsal_error *err)
{
    uint8_t nonce[12];
    struct mir_noise_cipher *cipher = &transport->receive;
    if (sealed.size > MIR_NOISE_MESSAGE_MAX || cipher->n == UINT64_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "transport message of %zu bytes", sealed.size);
    }
    if (sealed.size < MIR_NOISE_TAG_SIZE) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "transport message too short");
    }
    size_t size_before = out->size;
    uint8_t *room = mir_buf_extend(out, sealed.size - MIR_NOISE_TAG_SIZE);
    if (room == NULL) {
        return mir_buf_finish(out, err);
    }
    make_nonce(nonce, cipher->n);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(
            room, NULL, NULL, sealed.data, sealed.size, NULL, 0, nonce, cipher->k) != 0) {
        out->size = size_before;
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "transport message does not open");
    }
    cipher->n++;
    return MIRSAL_OK;
}
