/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/shares.c - Shamir's scheme, byte by byte, over GF(2⁸) modulo x⁸ + x⁴ + x³ + x + 1.
 *
 * The field is computed with shifts and masks: no branch and no address depends on a secret byte.
 * Indices of shares are public.
 */
#include "shares.h"

#include "env.h"
#include "fail.h"
#include "keys.h"

#include <string.h>

#define FIELD_REST 0x1bu /* of the field's polynomial, below x⁸ */

static uint8_t times(uint8_t a, uint8_t b)
{
    unsigned product = 0;
    unsigned left = a;
    for (unsigned bit = 0; bit < 8; bit++) {
        product ^= left & (0u - (unsigned)(b >> bit & 1));
        left = (left << 1 ^ (FIELD_REST & (0u - (left >> 7)))) & 0xffu;
    }
    return (uint8_t)product;
}

/* a to the power 254; 0 gives 0. */
static uint8_t inverse(uint8_t a)
{
    uint8_t square = a;
    uint8_t out = 1;
    for (unsigned i = 0; i < 7; i++) {
        square = times(square, square);
        out = times(out, square);
    }
    return out;
}

mirsal_code mir_shares_split(uint8_t *values,
    struct mir_bytes secret,
    uint32_t threshold,
    uint32_t count,
    const mirsal_env *env,
    mirsal_error *err)
{
    uint8_t rows[(MIR_SHARES_MAX - 1) * MIR_SHARED_SIZE_MAX];
    if (threshold < 2 || threshold > count || count > MIR_SHARES_MAX) {
        return mir_fail(err, MIRSAL_BAD_VALUE, "shares: 2 to %u, of which 2 or more are needed",
            MIR_SHARES_MAX);
    }
    if (secret.size == 0 || secret.size > MIR_SHARED_SIZE_MAX) {
        return mir_fail(err, MIRSAL_BAD_VALUE, "%zu bytes cannot be shared", secret.size);
    }
    mir_random(env, rows, (threshold - 1) * secret.size);
    for (uint32_t x = 1; x <= count; x++) {
        uint8_t *value = values + (x - 1) * secret.size;
        for (size_t i = 0; i < secret.size; i++) {
            uint8_t sum = 0;
            for (uint32_t row = threshold - 1; row > 0; row--) {
                sum = times((uint8_t)(sum ^ rows[(row - 1) * secret.size + i]), (uint8_t)x);
            }
            value[i] = sum ^ secret.data[i];
        }
    }
    mir_wipe(rows, sizeof rows);
    return MIRSAL_OK;
}

/* What the polynomial through the first threshold shares is at x. */
static void evaluate(uint8_t *out,
    size_t size,
    uint8_t x,
    const struct mir_share_value *shares,
    uint32_t threshold)
{
    memset(out, 0, size);
    for (uint32_t i = 0; i < threshold; i++) {
        uint8_t weight = 1;
        for (uint32_t j = 0; j < threshold; j++) {
            if (j != i) {
                uint8_t apart = shares[i].index ^ shares[j].index;
                weight = times(weight, times(x ^ shares[j].index, inverse(apart)));
            }
        }
        for (size_t at = 0; at < size; at++) {
            out[at] ^= times(weight, shares[i].bytes[at]);
        }
    }
}

static mirsal_code check_indices(uint32_t threshold,
    const struct mir_share_value *shares,
    size_t count,
    mirsal_error *err)
{
    uint32_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t index = shares[i].index;
        if (index == 0 || index > MIR_SHARES_MAX) {
            return mir_fail(err, MIRSAL_BAD_VALUE, "no share has the index %u", index);
        }
        if (seen >> index & 1) {
            return mir_fail(err, MIRSAL_BAD_VALUE, "share %u is given twice", index);
        }
        seen |= 1u << index;
    }
    if (threshold < 2 || count < threshold) {
        return mir_fail(
            err, MIRSAL_BAD_VALUE, "%zu of the %u shares that are needed", count, threshold);
    }
    return MIRSAL_OK;
}

mirsal_code mir_shares_join(uint8_t *secret,
    size_t size,
    uint32_t threshold,
    const struct mir_share_value *shares,
    size_t count,
    mirsal_error *err)
{
    uint8_t expected[MIR_SHARED_SIZE_MAX];
    memset(secret, 0, size);
    if (size == 0 || size > MIR_SHARED_SIZE_MAX) {
        return mir_fail(err, MIRSAL_BAD_VALUE, "%zu bytes are no shared secret", size);
    }
    mirsal_code rc = check_indices(threshold, shares, count, err);
    for (size_t i = threshold; rc == MIRSAL_OK && i < count; i++) {
        evaluate(expected, size, shares[i].index, shares, threshold);
        if (!mir_equal(expected, shares[i].bytes, size)) {
            rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the shares do not fit together");
        }
    }
    if (rc == MIRSAL_OK) {
        evaluate(secret, size, 0, shares, threshold);
    }
    mir_wipe(expected, sizeof expected);
    return rc;
}
