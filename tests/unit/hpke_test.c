/* SPDX-License-Identifier: Apache-2.0 */
/* unit/hpke_test.c - seal and open, in order, with the right key, info and aad alone. */
#include "hpke.h"

#include "test_env.h"

#include <string.h>

static const uint8_t ikm[32] = { 5, 4, 3 };

struct pair {
    struct mir_agree_public public_key;
    struct mir_agree_secret secret;
};

static struct pair pair_of(uint8_t first)
{
    struct pair pair;
    uint8_t seed[32] = { 0 };
    seed[0] = first;
    mir_hpke_derive_keypair(&pair.public_key, &pair.secret, seed, sizeof seed);
    return pair;
}

static struct mir_bytes text_bytes(const char *text)
{
    struct mir_bytes bytes = { (const uint8_t *)text, strlen(text) };
    return bytes;
}

static void messages_open_in_order_alone(void **state)
{
    (void)state;
    struct pair reader = pair_of(1);
    struct mir_hpke sender;
    struct mir_hpke receiver;
    uint8_t enc[32];
    uint8_t sealed[2][5 + 16];
    uint8_t clear[5];
    uint8_t exported[2][48];
    struct mir_bytes info = text_bytes("info");
    struct mir_bytes aad = text_bytes("aad");
    assert_int_equal(
        mir_hpke_setup_sender(&sender, enc, &reader.public_key, info, ikm, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_hpke_setup_receiver(&receiver, enc, &reader.secret, info, NULL), MIRSAL_OK);
    mir_hpke_seal(&sender, sealed[0], aad, "first", 5);
    mir_hpke_seal(&sender, sealed[1], aad, "first", 5);
    assert_memory_not_equal(sealed[0], sealed[1], 21);
    assert_int_equal(
        mir_hpke_open(&receiver, clear, aad, sealed[1], 21, NULL), MIRSAL_NOT_AUTHENTIC);
    assert_int_equal(mir_hpke_open(&receiver, clear, aad, sealed[0], 21, NULL), MIRSAL_OK);
    assert_memory_equal(clear, "first", 5);
    assert_int_equal(mir_hpke_open(&receiver, clear, aad, sealed[1], 21, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_hpke_open(&receiver, clear, aad, sealed[1], 15, NULL), MIRSAL_NOT_AUTHENTIC);
    mir_hpke_export(&sender, exported[0], 48, text_bytes("x"));
    mir_hpke_export(&receiver, exported[1], 48, text_bytes("x"));
    assert_memory_equal(exported[0], exported[1], 48);
    mir_hpke_export(&receiver, exported[1], 48, text_bytes("y"));
    assert_memory_not_equal(exported[0], exported[1], 48);
    mir_hpke_fini(&sender);
    const struct mir_hpke empty = { 0 };
    assert_memory_equal(&sender, &empty, sizeof empty);
}

static void single_shot_opens_with_all_the_same_alone(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    struct pair reader = pair_of(1);
    struct pair other = pair_of(2);
    struct mir_buf sealed;
    struct mir_buf clear;
    mirsal_error err;
    struct mir_bytes aad = text_bytes("aad");
    mir_buf_init(&sealed, &test.env, 1000);
    mir_buf_init(&clear, &test.env, 1000);
    mir_buf_append_text(&sealed, "before");
    mir_buf_append_text(&clear, "kept ");
    assert_int_equal(mir_hpke_seal_to(&sealed, &reader.public_key, MIR_CONTEXT_TEXT, ikm, aad,
                         text_bytes("a label"), &err),
        MIRSAL_OK);
    assert_int_equal(sealed.size, 6 + 32 + 7 + 16);
    mir_buf_consume(&sealed, 6);
    struct mir_bytes whole = mir_buf_bytes(&sealed);
    assert_int_equal(
        mir_hpke_open_from(&clear, &reader.secret, MIR_CONTEXT_TEXT, aad, whole, &err), MIRSAL_OK);
    assert_int_equal(clear.size, 12);
    assert_memory_equal(clear.data, "kept a label", 12);

    assert_int_equal(mir_hpke_open_from(&clear, &other.secret, MIR_CONTEXT_TEXT, aad, whole, &err),
        MIRSAL_NOT_AUTHENTIC);
    assert_int_equal(mir_hpke_open_from(&clear, &reader.secret, MIR_CONTEXT_KEY, aad, whole, &err),
        MIRSAL_NOT_AUTHENTIC);
    assert_int_equal(mir_hpke_open_from(
                         &clear, &reader.secret, MIR_CONTEXT_TEXT, text_bytes("aae"), whole, &err),
        MIRSAL_NOT_AUTHENTIC);
    for (size_t size = 0; size < whole.size; size++) {
        struct mir_bytes cut = { whole.data, size };
        assert_int_equal(
            mir_hpke_open_from(&clear, &reader.secret, MIR_CONTEXT_TEXT, aad, cut, &err),
            MIRSAL_NOT_AUTHENTIC);
    }
    assert_int_equal(clear.size, 12);
    mir_buf_fini(&sealed);
    mir_buf_fini(&clear);
    test_env_fini(&test);
}

static void a_key_of_small_order_is_refused_on_both_sides(void **state)
{
    (void)state;
    struct pair reader = pair_of(1);
    struct mir_agree_public zero = { { 0 } };
    struct mir_hpke hpke;
    mirsal_error err;
    uint8_t enc[32] = { 1 };
    const struct mir_hpke empty = { 0 };
    assert_int_equal(
        mir_hpke_setup_sender(&hpke, enc, &zero, text_bytes("i"), ikm, &err), MIRSAL_NOT_AUTHENTIC);
    assert_memory_equal(&hpke, &empty, sizeof empty);
    assert_int_equal(
        mir_hpke_setup_receiver(&hpke, zero.bytes, &reader.secret, text_bytes("i"), &err),
        MIRSAL_NOT_AUTHENTIC);
    assert_memory_equal(&hpke, &empty, sizeof empty);
}

static void no_memory_leaves_the_output_as_it_was(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    struct pair reader = pair_of(1);
    static const uint8_t clear[500];
    struct mir_bytes bytes = { clear, sizeof clear };
    struct mir_buf out;
    mirsal_error err;
    mir_buf_init(&out, &test.env, 1000);
    mir_buf_append_text(&out, "x");
    test.fail_at = test.allocations + 1;
    assert_int_equal(mir_hpke_seal_to(&out, &reader.public_key, MIR_CONTEXT_SEAL, ikm,
                         text_bytes(""), bytes, &err),
        MIRSAL_NO_MEMORY);
    assert_int_equal(out.size, 1);
    mir_buf_fini(&out);
    mir_buf_init(&out, &test.env, 100);
    assert_int_equal(mir_hpke_seal_to(&out, &reader.public_key, MIR_CONTEXT_SEAL, ikm,
                         text_bytes(""), bytes, &err),
        MIRSAL_LIMIT);
    assert_int_equal(out.size, 0);
    mir_buf_fini(&out);
    test_env_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_open_in_order_alone),
        cmocka_unit_test(single_shot_opens_with_all_the_same_alone),
        cmocka_unit_test(a_key_of_small_order_is_refused_on_both_sides),
        cmocka_unit_test(no_memory_leaves_the_output_as_it_was),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
