/* SPDX-License-Identifier: Apache-2.0 */
/* unit/password_test.c - bounds of the derivation, and boxes that open with all the same alone. */
#include "password.h"

#include "mir_limits.h"
#include "test_env.h"

#include <string.h>

static struct mir_bytes text_bytes(const char *text)
{
    struct mir_bytes bytes = { (const uint8_t *)text, strlen(text) };
    return bytes;
}

static void parameters_out_of_range_are_refused(void **state)
{
    (void)state;
    const struct mir_kdf bad[] = {
        { { 0 }, MIR_KDF_PASSES_MIN - 1, MIR_KDF_MEMORY_KIB_MIN },
        { { 0 }, MIR_KDF_PASSES_MAX + 1, MIR_KDF_MEMORY_KIB_MIN },
        { { 0 }, MIR_KDF_PASSES_MIN, MIR_KDF_MEMORY_KIB_MIN - 1 },
        { { 0 }, MIR_KDF_PASSES_MIN, MIR_KDF_MEMORY_KIB_MAX + 1 },
        { { 0 }, 0, 0 },
        { { 0 }, UINT32_MAX, UINT32_MAX },
    };
    const uint8_t zeros[32] = { 0 };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mir_seal_key key = { { 1 } };
        mirsal_error err;
        assert_int_equal(mir_kdf_derive(&key, &bad[i], text_bytes("x"), &err), MIRSAL_BAD_VALUE);
        assert_memory_equal(key.bytes, zeros, 32);
    }
}

static void salt_and_passphrase_both_matter(void **state)
{
    (void)state;
    struct mir_kdf kdf = { { 1 }, MIR_KDF_PASSES_MIN, MIR_KDF_MEMORY_KIB_MIN };
    struct mir_seal_key keys[4];
    assert_int_equal(mir_kdf_derive(&keys[0], &kdf, text_bytes("a"), NULL), MIRSAL_OK);
    assert_int_equal(mir_kdf_derive(&keys[1], &kdf, text_bytes("b"), NULL), MIRSAL_OK);
    assert_int_equal(
        mir_kdf_derive(&keys[2], &kdf, (struct mir_bytes){ NULL, 0 }, NULL), MIRSAL_OK);
    kdf.salt[15] = 1;
    assert_int_equal(mir_kdf_derive(&keys[3], &kdf, text_bytes("a"), NULL), MIRSAL_OK);
    for (size_t a = 0; a < 4; a++) {
        for (size_t b = a + 1; b < 4; b++) {
            assert_memory_not_equal(keys[a].bytes, keys[b].bytes, 32);
        }
    }
}

static void a_box_opens_with_all_the_same_alone(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    struct mir_seal_key key = { { 1 } };
    struct mir_seal_key other = { { 2 } };
    const uint8_t nonce[24] = { 3 };
    struct mir_buf box;
    struct mir_buf clear;
    mirsal_error err;
    mir_buf_init(&box, &test.env, 100);
    mir_buf_init(&clear, &test.env, 100);
    mir_box_seal(&box, &key, nonce, text_bytes("aad"), text_bytes("secret"));
    assert_int_equal(box.size, 6 + MIR_BOX_OVERHEAD);
    assert_memory_equal(box.data, nonce, 24);
    struct mir_bytes sealed = mir_buf_bytes(&box);
    assert_int_equal(mir_box_open(&clear, &key, text_bytes("aad"), sealed, &err), MIRSAL_OK);
    assert_memory_equal(clear.data, "secret", 6);
    assert_int_equal(
        mir_box_open(&clear, &other, text_bytes("aad"), sealed, &err), MIRSAL_NOT_AUTHENTIC);
    assert_int_equal(
        mir_box_open(&clear, &key, text_bytes("aax"), sealed, &err), MIRSAL_NOT_AUTHENTIC);
    for (size_t size = 0; size < sealed.size; size++) {
        struct mir_bytes cut = { sealed.data, size };
        assert_int_equal(
            mir_box_open(&clear, &key, text_bytes("aad"), cut, &err), MIRSAL_NOT_AUTHENTIC);
    }
    assert_int_equal(clear.size, 6);
    mir_buf_fini(&clear);
    mir_buf_init(&clear, &test.env, 5);
    assert_int_equal(mir_box_open(&clear, &key, text_bytes("aad"), sealed, &err), MIRSAL_LIMIT);
    mir_buf_fini(&box);
    mir_buf_init(&box, &test.env, 45);
    mir_box_seal(&box, &key, nonce, text_bytes(""), text_bytes("secret"));
    assert_int_equal(mir_buf_finish(&box, &err), MIRSAL_LIMIT);
    mir_buf_fini(&box);
    mir_buf_fini(&clear);
    test_env_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_out_of_range_are_refused),
        cmocka_unit_test(salt_and_passphrase_both_matter),
        cmocka_unit_test(a_box_opens_with_all_the_same_alone),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
