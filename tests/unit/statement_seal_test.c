/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/statement_seal_test.c - sealed texts and envelopes open for their key alone.
 */
#include "statement.h"

#include "test_env.h"

#include <string.h>

static struct test_env world;
static struct mir_arena arena;
static struct mir_buf bytes;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    test_env_init(&world, 1);
    assert_int_equal(mir_crypto_start(&err), MIRSAL_OK);
    mir_arena_init(&arena, &world.env, 1u << 20);
    mir_buf_init(&bytes, &world.env, 1u << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_buf_fini(&bytes);
    mir_arena_fini(&arena);
    test_env_fini(&world);
    return 0;
}

static mirsal_hash hash(uint8_t fill)
{
    mirsal_hash out;
    memset(out.bytes, fill, sizeof out.bytes);
    return out;
}

static void texts_and_envelopes_open_for_their_key_alone(void **state)
{
    (void)state;
    struct mir_agree_public main_public;
    struct mir_agree_public other_public;
    struct mir_agree_secret main_secret;
    struct mir_agree_secret other_secret;
    struct mir_agree_secret opened;
    struct mir_sealed_text text;
    uint8_t envelope[MIR_ENVELOPE_SIZE];
    mirsal_hash team = hash(1);
    mirsal_hash recipient;
    mir_agree_keypair(&main_public, &main_secret, hash(2).bytes);
    mir_agree_keypair(&other_public, &other_secret, hash(3).bytes);
    struct mir_epoch_public epoch = { 0, 4, { { 0 } } };
    memcpy(epoch.public_key.bytes, main_public.bytes, 32);
    memcpy(recipient.bytes, other_public.bytes, 32);
    struct mir_bytes words = { (const uint8_t *)"Amal's phone", 12 };
    assert_int_equal(
        mir_text_seal(&text, &arena, &epoch, &team, words, &world.env, &err), MIRSAL_OK);
    assert_int_equal(text.sealed.size, 32 + 16 + 16);
    assert_int_equal(mir_text_open(&bytes, &text, &team, &main_secret, &err), MIRSAL_OK);
    assert_true(mir_bytes_equal(mir_buf_bytes(&bytes), words));
    assert_int_equal(
        mir_text_open(&bytes, &text, &team, &other_secret, &err), MIRSAL_NOT_AUTHENTIC);
    assert_int_equal(
        mir_envelope_seal(envelope, &epoch, &team, &main_secret, &recipient, &world.env, &err),
        MIRSAL_OK);
    assert_int_equal(
        mir_envelope_open(&opened, envelope, &epoch, &team, &other_secret, &world.env, &err),
        MIRSAL_OK);
    assert_memory_equal(opened.bytes, main_secret.bytes, 32);
    epoch.number = 5;
    assert_int_equal(
        mir_envelope_open(&opened, envelope, &epoch, &team, &other_secret, &world.env, &err),
        MIRSAL_NOT_AUTHENTIC);
    epoch.public_key = recipient;
    assert_int_equal(
        mir_envelope_seal(envelope, &epoch, &team, &main_secret, &recipient, &world.env, &err),
        MIRSAL_OK);
    assert_int_equal(
        mir_envelope_open(&opened, envelope, &epoch, &team, &other_secret, &world.env, &err),
        MIRSAL_NOT_AUTHENTIC);
}

static void a_join_signs_its_keys(void **state)
{
    (void)state;
    struct mir_say_join join = { .grant = hash(2), .noise = hash(4), .hpke = hash(5) };
    mirsal_hash team = hash(1);
    mirsal_hash device = hash(3);
    mir_join_message(&bytes, &team, &device, &join);
    assert_int_equal(bytes.size, 160);
    for (size_t i = 0; i < 160; i++) {
        assert_int_equal(bytes.data[i], 1 + i / 32);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            texts_and_envelopes_open_for_their_key_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_join_signs_its_keys, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
