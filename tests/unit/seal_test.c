/* SPDX-License-Identifier: Apache-2.0 */
/* unit/seal_test.c - sealing: what stands in the header, padding, and that no key repeats. */
#include "changeset.h"

#include "hash.h"
#include "merkle.h"
#include "mir_limits.h"
#include "sealing.h"
#include "test_body.h"

#include <string.h>

static struct test_env test;
static struct test_body body;
static struct test_author author;

static int set_up(void **state)
{
    (void)state;
    test_env_init(&test, 11);
    test_body_init(&body, &test.env);
    test_author_init(&author, &test.env);
    return mir_crypto_start(NULL) == MIRSAL_OK ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    test_body_fini(&body);
    test_env_fini(&test);
    return 0;
}

static void opens_to_what_was_sealed(void **state)
{
    (void)state;
    struct mir_changeset sealed;
    struct mir_changeset again;
    struct mir_opened opened;
    mirsal_hash seen = { { 5 } };
    author.seal.seen = &seen;
    test_author_seal(&sealed, &author, &body, 9);
    assert_int_equal(
        mir_changeset_read(&again, sealed.header, sealed.signature, sealed.body, NULL), MIRSAL_OK);
    assert_int_equal(mir_changeset_verify(&again, NULL), MIRSAL_OK);
    assert_true(mir_hash_equal(&again.id, &sealed.id));
    assert_true(mir_hash_equal(&again.fields.team, &author.seal.team));
    assert_true(mir_hash_equal(&again.fields.device, &author.seal.device));
    assert_int_equal(again.fields.compartment, 0);
    assert_true(again.fields.seq == 1);
    assert_int_equal(again.fields.epoch, 4);
    assert_true(mir_hash_equal(&again.fields.authority, &author.seal.authority));
    assert_int_equal(again.fields.has_seen, 1);
    assert_true(mir_hash_equal(&again.fields.seen, &seen));
    struct mir_open keys = test_author_open(&author);
    assert_int_equal(mir_changeset_open(&opened, &body.arena, &again, &keys, NULL), MIRSAL_OK);
    assert_int_equal(opened.body.schema_version, 3);
    assert_int_equal(opened.body.writes_count, body.body.writes_count);
    struct mir_buf clear;
    mir_buf_init(&clear, &test.env, SIZE_MAX);
    assert_int_equal(
        mir_body_encode(&clear, &body.body, &body.place, &body.arena, NULL), MIRSAL_OK);
    assert_true(mir_bytes_equal(opened.clear, mir_buf_bytes(&clear)));
    mir_buf_fini(&clear);
}

static void random_state_repeats_and_keys_do_not(void **state)
{
    (void)state;
    struct mir_changeset first;
    struct mir_changeset second;
    struct mir_changeset third;
    struct mir_bytes clear;
    uint64_t random_state = test.random_state;
    (void)test_body_create(&body, 1, 0);
    assert_int_equal(
        mir_changeset_seal(&first, &clear, &body.arena, &author.seal, &body.body, NULL), MIRSAL_OK);
    test.random_state = random_state;
    assert_int_equal(
        mir_changeset_seal(&second, &clear, &body.arena, &author.seal, &body.body, NULL),
        MIRSAL_OK);
    assert_true(mir_bytes_equal(first.body, second.body)); /* the very same text and place */
    test.random_state = random_state;
    body.body.stamp++;
    assert_int_equal(
        mir_changeset_seal(&third, NULL, &body.arena, &author.seal, &body.body, NULL), MIRSAL_OK);
    assert_memory_not_equal(first.body.data, third.body.data, 32); /* another ephemeral key */
    assert_false(mir_hash_equal(&first.fields.content_root, &third.fields.content_root));
}

static void bodies_are_padded(void **state)
{
    (void)state;
    struct mir_changeset sealed;
    test_author_seal(&sealed, &author, &body, 3);
    assert_int_equal((sealed.body.size - 48) % 32, 0);
    test_body_fini(&body);
    test_body_init(&body, &test.env);
    test_author_seal(&sealed, &author, &body, 200);
    assert_int_equal((sealed.body.size - 48) % 1024, 0);
    assert_int_equal(mir_padding_unit(8192), 32);
    assert_int_equal(mir_padding_unit(8193), 1024);
}

static void header_before_body_is_authenticated(void **state)
{
    (void)state;
    static const uint8_t array[] = { 0x9c, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xc0, 11, 12 };
    struct mir_bytes aad = mir_header_authenticated((struct mir_bytes){ array, sizeof array });
    assert_ptr_equal(aad.data, &array[1]);
    assert_int_equal(aad.size, 10);
}

static void control_is_signed_as_it_is(void **state)
{
    (void)state;
    struct mir_changeset control;
    struct mir_changeset again;
    const struct mir_bytes text = { (const uint8_t *)"statements", 10 };
    mirsal_hash hash;
    assert_int_equal(
        mir_changeset_control(&control, &body.arena, &author.seal, text, NULL), MIRSAL_OK);
    assert_true(mir_bytes_equal(control.body, text));
    assert_int_equal(
        mir_changeset_read(&again, control.header, control.signature, control.body, NULL),
        MIRSAL_OK);
    assert_int_equal(mir_changeset_verify(&again, NULL), MIRSAL_OK);
    assert_int_equal(again.fields.compartment, MIR_COMPARTMENT_CONTROL);
    assert_int_equal(again.fields.epoch, 0);
    mir_hash_bytes(&hash, MIR_CONTEXT_BODY, text.data, text.size);
    assert_true(mir_hash_equal(&again.fields.content_root, &hash));
    const struct mir_bytes large = { mir_arena_alloc(&body.arena, MIR_CONTROL_BODY_SIZE_MAX + 1, 1),
        MIR_CONTROL_BODY_SIZE_MAX + 1 };
    assert_int_equal(
        mir_changeset_control(&control, &body.arena, &author.seal, large, NULL), MIRSAL_LIMIT);
    assert_int_equal(control.header.size, 0);
}

static void passes_on_what_is_no_body(void **state)
{
    (void)state;
    struct mir_changeset sealed;
    assert_int_equal(mir_changeset_seal(&sealed, NULL, &body.arena, &author.seal, &body.body, NULL),
        MIRSAL_BAD_VALUE);
    assert_int_equal(sealed.header.size, 0);
    (void)test_body_create(&body, 1, 0);
    memset(author.seal.epoch_key.bytes, 0, 32); /* a key of low order */
    assert_int_equal(mir_changeset_seal(&sealed, NULL, &body.arena, &author.seal, &body.body, NULL),
        MIRSAL_NOT_AUTHENTIC);
}

static void tells_when_memory_is_out(void **state)
{
    (void)state;
    struct mir_changeset sealed;
    struct mir_bytes clear;
    test_body_random(&body, 6, 2);
    for (uint64_t at = 1;; at++) {
        struct mir_arena arena;
        mir_arena_init(&arena, &test.env, SIZE_MAX);
        test.failures = 0;
        test.fail_at = test.allocations + at;
        mirsal_code code =
            mir_changeset_seal(&sealed, &clear, &arena, &author.seal, &body.body, NULL);
        test.fail_at = 0;
        mir_arena_fini(&arena);
        if (test.failures == 0) {
            assert_int_equal(code, MIRSAL_OK);
            assert_true(at > 8);
            return;
        }
        assert_int_equal(code, MIRSAL_NO_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(opens_to_what_was_sealed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_state_repeats_and_keys_do_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bodies_are_padded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(header_before_body_is_authenticated, set_up, tear_down),
        cmocka_unit_test_setup_teardown(control_is_signed_as_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(passes_on_what_is_no_body, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_when_memory_is_out, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
