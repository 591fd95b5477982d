/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/relaykeys.h - what makes a relay itself: identity key, the ring of Noise keys, the token.
 *
 * protocol/sync.md 1.6: the Noise key turns weekly; the current one and the four before are
 * answered.
 */
#ifndef MIR_RELAYKEYS_H
#define MIR_RELAYKEYS_H

#include "buf.h"
#include "keys.h"
#include "relay.h"

#define MIR_RELAY_KEYS_KEPT     5u
#define MIR_RELAY_KEY_PERIOD_MS ((uint64_t)7 * 24 * 3600 * 1000)
#define MIR_RELAY_TOKEN_SIZE    16u

struct mir_relay_noise {
    uint32_t serial;
    uint64_t from_ms;
    struct mir_agree_secret secret;
};

struct mir_relay_keys { /* in mir_secret_alloc memory */
    struct mir_sign_public identity;
    struct mir_sign_secret secret;
    uint8_t token[MIR_RELAY_TOKEN_SIZE];
    uint32_t noise_count; /* oldest first; the last is current */
    struct mir_relay_noise noise[MIR_RELAY_KEYS_KEPT];
    char url[512];
};

/* Fresh keys. */
void mir_relay_keys_make(struct mir_relay_keys *keys, const mirsal_env *env, const char *url);
/* 1 when the current Noise key is older than a week: a new one was added and should be saved. */
int mir_relay_keys_turn(struct mir_relay_keys *keys, const mirsal_env *env);
/* The file: magic, then the secrets, sealed where the passphrase is not empty. Durable. */
mirsal_code mir_relay_keys_save(const struct mir_relay_keys *keys,
    const mirsal_env *env,
    const char *path,
    struct mir_bytes passphrase,
    mirsal_error *err) MIRSAL_MUST_USE;
/* NO_STORE, WRONG_PASSPHRASE (also when one is missing), CORRUPT, VERSION. */
mirsal_code mir_relay_keys_load(struct mir_relay_keys *keys,
    const mirsal_env *env,
    const char *path,
    struct mir_bytes passphrase,
    mirsal_error *err) MIRSAL_MUST_USE;
/* NOT_FOUND for a serial that is too old or not yet. */
mirsal_code mir_relay_keys_noise(struct mir_agree_secret *out,
    const struct mir_relay_keys *keys,
    uint32_t serial,
    mirsal_error *err) MIRSAL_MUST_USE;
uint32_t mir_relay_keys_serial(const struct mir_relay_keys *keys);
/* The answer of GET /v1/relay. */
void mir_relay_keys_announce(struct mir_buf *out, const struct mir_relay_keys *keys);
/* "URL#KEY". */
void mir_relay_keys_name(struct mir_buf *out, const struct mir_relay_keys *keys);

#endif
