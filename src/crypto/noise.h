/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/noise.h - Noise_IK_25519_ChaChaPoly_SHA256 (revision 34) over bytes.
 *
 *   <- s
 *   ...
 *   -> e, es, s, ss     message 1, with a payload
 *   <- e, ee, se        message 2, with a payload
 */
#ifndef MIR_NOISE_H
#define MIR_NOISE_H

#include "hash.h"

#define MIR_NOISE_M1_OVERHEAD 96u /* e 32, s 32 + 16, tag 16 */
#define MIR_NOISE_M2_OVERHEAD 48u
#define MIR_NOISE_TAG_SIZE    16u

struct mir_noise_handshake { /* the caller's; wipe with mir_noise_fini */
    uint8_t h[32];
    uint8_t ck[32];
    uint8_t k[32];
    uint64_t n;
    struct mir_agree_secret s;
    struct mir_agree_public s_public;
    struct mir_agree_secret e;
    struct mir_agree_public e_public;
    struct mir_agree_public rs;
    struct mir_agree_public re;
    int initiator;
    int step;
};

struct mir_noise_cipher {
    uint8_t k[32];
    uint64_t n;
};
struct mir_noise_transport {
    struct mir_noise_cipher send;
    struct mir_noise_cipher receive;
    uint8_t handshake_hash[32];
};

/* e_seed: 32 random bytes, the ephemeral scalar. */
void mir_noise_init_initiator(struct mir_noise_handshake *out,
    struct mir_bytes prologue,
    const struct mir_agree_secret *s,
    const struct mir_agree_public *rs,
    const uint8_t e_seed[32]);
void mir_noise_init_responder(struct mir_noise_handshake *out,
    struct mir_bytes prologue,
    const struct mir_agree_secret *s,
    const uint8_t e_seed[32]);
/* Initiator writes 1 and reads 2; responder reads 1 and writes 2. Appends to out. */
mirsal_code mir_noise_write(struct mir_noise_handshake *noise,
    struct mir_buf *out,
    struct mir_bytes payload,
    mirsal_error *err) MIRSAL_MUST_USE;
/* After reading 1 the initiator's static key is in noise->rs. */
mirsal_code mir_noise_read(struct mir_noise_handshake *noise,
    struct mir_buf *payload,
    struct mir_bytes message,
    mirsal_error *err) MIRSAL_MUST_USE;
/* After message 2. Wipes the handshake. */
void mir_noise_split(struct mir_noise_transport *out, struct mir_noise_handshake *noise);
mirsal_code mir_noise_seal(struct mir_noise_transport *transport,
    struct mir_buf *out,
    struct mir_bytes clear,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_noise_open(struct mir_noise_transport *transport,
    struct mir_buf *out,
    struct mir_bytes sealed,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_noise_fini(struct mir_noise_handshake *noise);

#endif
