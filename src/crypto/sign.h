/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/sign.h - Ed25519 (RFC 8032) over context ‖ bytes, verified by libsodium's strict rules,
 * one by one. What is signed has at most MIR_SIGNED_SIZE_MAX bytes; more is signed by its hash.
 */
#ifndef MIR_SIGN_H
#define MIR_SIGN_H

#include "hash.h"

void mir_sign(uint8_t signature[64],
    enum mir_context context,
    const void *data,
    size_t size,
    const struct mir_sign_secret *secret);
/* 1 when it verifies. 0 also beyond MIR_SIGNED_SIZE_MAX. */
int mir_sign_verify(const uint8_t signature[64],
    enum mir_context context,
    const void *data,
    size_t size,
    const uint8_t public_key[32]);
/* Without context: for public vectors only. */
int mir_sign_verify_raw(const uint8_t signature[64],
    const void *data,
    size_t size,
    const uint8_t public_key[32]);

#endif
