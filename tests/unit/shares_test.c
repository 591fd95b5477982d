/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/shares_test.c - the field, whole; every choice of shares; and that fewer tell nothing.
 */
#include "shares.h"

#include "keys.h"
#include "test_env.h"

#include <string.h>

/* The coefficients that mir_shares_split draws. */
static uint8_t rows[16];

static void deal(void *context, void *out, size_t size)
{
    (void)context;
    memcpy(out, rows, size);
}

static const mirsal_env dealing = { .random = deal };

/* Schoolbook: the product of polynomials, then the rest by 0x11b. */
static unsigned slow_times(unsigned a, unsigned b)
{
    unsigned product = 0;
    for (unsigned bit = 0; bit < 8; bit++) {
        product ^= (b >> bit & 1) != 0 ? a << bit : 0;
    }
    for (unsigned bit = 15; bit >= 8; bit--) {
        product ^= (product >> bit & 1) != 0 ? 0x11bu << (bit - 8) : 0;
    }
    return product;
}

/* Share x of a line is secret + slope · x: all products by the sixteen indices. */
static void every_product_is_the_field_s(void **state)
{
    (void)state;
    uint8_t values[MIR_SHARES_MAX];
    for (unsigned slope = 0; slope < 256; slope++) {
        const uint8_t secret = 0x5a;
        rows[0] = (uint8_t)slope;
        assert_int_equal(mir_shares_split(values, (struct mir_bytes){ &secret, 1 }, 2,
                             MIR_SHARES_MAX, &dealing, NULL),
            MIRSAL_OK);
        for (unsigned x = 1; x <= MIR_SHARES_MAX; x++) {
            assert_int_equal(values[x - 1], secret ^ slow_times(slope, x));
        }
    }
}

/* Each secret and slope, each pair of shares, both ways round. */
static void every_pair_of_every_line_rebuilds(void **state)
{
    (void)state;
    uint8_t values[MIR_SHARES_MAX];
    for (unsigned slope = 0; slope < 256; slope += 5) {
        for (unsigned byte = 0; byte < 256; byte += 3) {
            const uint8_t secret = (uint8_t)byte;
            rows[0] = (uint8_t)slope;
            assert_int_equal(mir_shares_split(values, (struct mir_bytes){ &secret, 1 }, 2,
                                 MIR_SHARES_MAX, &dealing, NULL),
                MIRSAL_OK);
            for (unsigned a = 0; a < MIR_SHARES_MAX; a++) {
                unsigned b = (a + 1 + byte) % MIR_SHARES_MAX;
                const struct mir_share_value two[] = { { (uint8_t)(a + 1), &values[a] },
                    { (uint8_t)(b + 1), &values[b] } };
                uint8_t out = 0;
                if (a != b) {
                    assert_int_equal(mir_shares_join(&out, 1, 2, two, 2, NULL), MIRSAL_OK);
                    assert_int_equal(out, secret);
                }
            }
        }
    }
}

/* Every subset of six shares of which three are needed. */
static void a_subset_rebuilds_when_it_is_large_enough(void **state)
{
    (void)state;
    struct test_env test;
    uint8_t secret[36];
    uint8_t values[6 * sizeof secret];
    test_env_init(&test, 7);
    test.env.random(test.env.context, secret, sizeof secret);
    assert_int_equal(mir_shares_split(values, (struct mir_bytes){ secret, sizeof secret }, 3, 6,
                         &test.env, NULL),
        MIRSAL_OK);
    for (unsigned subset = 1; subset < 64; subset++) {
        struct mir_share_value shares[6];
        uint8_t out[sizeof secret];
        const uint8_t zeros[sizeof secret] = { 0 };
        size_t count = 0;
        for (unsigned i = 0; i < 6; i++) {
            if ((subset >> i & 1) != 0) {
                shares[count++] =
                    (struct mir_share_value){ (uint8_t)(i + 1), values + i * sizeof secret };
            }
        }
        mirsal_code rc = mir_shares_join(out, sizeof out, 3, shares, count, NULL);
        assert_int_equal(rc, count >= 3 ? MIRSAL_OK : MIRSAL_BAD_VALUE);
        assert_memory_equal(out, count >= 3 ? secret : zeros, sizeof out);
    }
    test_env_fini(&test);
}

/* One share of two: over all slopes it takes each value once, whatever the secret is. */
static void a_share_alone_tells_nothing(void **state)
{
    (void)state;
    const uint8_t secrets[] = { 0, 1, 0x80, 0xff };
    for (size_t at = 0; at < sizeof secrets; at++) {
        uint8_t seen[2][256] = { { 0 } };
        for (unsigned slope = 0; slope < 256; slope++) {
            uint8_t values[2];
            rows[0] = (uint8_t)slope;
            assert_int_equal(mir_shares_split(values, (struct mir_bytes){ &secrets[at], 1 }, 2, 2,
                                 &dealing, NULL),
                MIRSAL_OK);
            seen[0][values[0]]++;
            seen[1][values[1]]++;
        }
        for (unsigned value = 0; value < 256; value++) {
            assert_int_equal(seen[0][value], 1);
            assert_int_equal(seen[1][value], 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_product_is_the_field_s),
        cmocka_unit_test(every_pair_of_every_line_rebuilds),
        cmocka_unit_test(a_subset_rebuilds_when_it_is_large_enough),
        cmocka_unit_test(a_share_alone_tells_nothing),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
