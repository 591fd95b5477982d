/* SPDX-License-Identifier: Apache-2.0 */
/* unit/hkdf_test.c - RFC 5869, appendix A, and parts that equal the whole. */
#include "hkdf.h"

#include "keys.h"
#include "test_env.h"
#include "text.h"

#include <string.h>

static void rfc_5869_case_1(void **state)
{
    (void)state;
    uint8_t ikm[22];
    uint8_t prk[32];
    uint8_t okm[42];
    char text[85];
    memset(ikm, 0x0B, sizeof ikm);
    struct mir_bytes salt = {
        (const uint8_t *)"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C", 13
    };
    struct mir_bytes parts[] = { { ikm, 10 }, { NULL, 0 }, { ikm + 10, 12 } };
    mir_hkdf_extract(prk, salt, parts, 3);
    mir_hex_encode(text, prk, 32);
    assert_string_equal(text, "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
    struct mir_bytes info[] = { { (const uint8_t *)"\xF0\xF1\xF2\xF3\xF4", 5 },
        { (const uint8_t *)"\xF5\xF6\xF7\xF8\xF9", 5 } };
    mir_hkdf_expand(okm, sizeof okm, prk, info, 2);
    mir_hex_encode(text, okm, sizeof okm);
    assert_string_equal(text,
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

static void rfc_5869_case_3_has_no_salt_and_no_info(void **state)
{
    (void)state;
    uint8_t ikm[22];
    uint8_t prk[32];
    uint8_t okm[42];
    char text[85];
    memset(ikm, 0x0B, sizeof ikm);
    struct mir_bytes part = { ikm, sizeof ikm };
    mir_hkdf_extract(prk, (struct mir_bytes){ NULL, 0 }, &part, 1);
    mir_hkdf_expand(okm, sizeof okm, prk, NULL, 0);
    mir_hex_encode(text, okm, sizeof okm);
    assert_string_equal(text,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

static void shorter_output_is_a_prefix_of_longer(void **state)
{
    (void)state;
    const uint8_t prk[32] = { 1 };
    static uint8_t longest[MIR_HKDF_SIZE_MAX];
    uint8_t shorter[100];
    mir_hkdf_expand(longest, sizeof longest, prk, NULL, 0);
    for (size_t size = 0; size <= sizeof shorter; size++) {
        memset(shorter, 0xEE, sizeof shorter);
        mir_hkdf_expand(shorter, size, prk, NULL, 0);
        assert_memory_equal(shorter, longest, size);
        if (size < sizeof shorter) {
            assert_int_equal(shorter[size], 0xEE);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_5869_case_1),
        cmocka_unit_test(rfc_5869_case_3_has_no_salt_and_no_info),
        cmocka_unit_test(shorter_output_is_a_prefix_of_longer),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
