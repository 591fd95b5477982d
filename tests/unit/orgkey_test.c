/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/orgkey_test.c - organisation keys as text and as secrets, receipts both ways.
 */
#include "orgkey.h"

#include "test_env.h"

#include <string.h>

static struct test_env world;
static struct mir_arena arena;
static struct mir_buf out;
static struct mir_org_key key;
static struct mir_org_secret secret;
static mirsal_error err;

static int set_up(void **state)
{
    const mirsal_hash team = { { 7 } };
    (void)state;
    test_env_init(&world, 1);
    assert_int_equal(mir_crypto_start(&err), MIRSAL_OK);
    mir_arena_init(&arena, &world.env, 1u << 20);
    mir_buf_init(&out, &world.env, 1u << 20);
    mir_org_make(
        &key, &secret, &team, (struct mir_bytes){ (const uint8_t *)"Court", 5 }, &world.env);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_buf_fini(&out);
    mir_arena_fini(&arena);
    test_env_fini(&world);
    return 0;
}

static void same_key(const struct mir_org_key *a, const struct mir_org_key *b)
{
    assert_memory_equal(&a->team, &b->team, 32);
    assert_memory_equal(&a->sign, &b->sign, 32);
    assert_memory_equal(&a->hpke, &b->hpke, 32);
    assert_true(mir_bytes_equal(a->name, b->name));
}

static void a_key_goes_both_ways(void **state)
{
    (void)state;
    struct mir_org_key read;
    mir_buf_append_text(&out, " \n");
    assert_int_equal(mir_org_key_write(&out, &key, &err), MIRSAL_OK);
    mir_buf_append_text(&out, "\n");
    assert_memory_equal(out.data + 2, "mirsalorg1", 10);
    assert_int_equal(mir_org_key_read(&read, &arena, mir_buf_bytes(&out), &err), MIRSAL_OK);
    same_key(&read, &key);
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    struct mir_org_key read;
    assert_int_equal(mir_org_key_write(&out, &key, &err), MIRSAL_OK);
    struct mir_bytes text = mir_buf_bytes(&out);
    for (size_t size = 0; size < text.size; size++) {
        struct mir_bytes cut = { text.data, size };
        assert_int_not_equal(mir_org_key_read(&read, &arena, cut, &err), MIRSAL_OK);
    }
    out.data[0] = 'M';
    assert_int_equal(mir_org_key_read(&read, &arena, text, &err), MIRSAL_MALFORMED);
    out.data[0] = 'm';
    mir_buf_append_text(&out, "AA");
    assert_int_equal(mir_org_key_read(&read, &arena, mir_buf_bytes(&out), &err), MIRSAL_MALFORMED);
}

static void a_secret_gives_its_public_half(void **state)
{
    (void)state;
    struct mir_org_key read;
    struct mir_org_secret again;
    assert_int_equal(mir_org_secret_write(&out, &key, &secret, &err), MIRSAL_OK);
    assert_int_equal(mir_org_secret_read(&read, &again, mir_buf_bytes(&out), &err), MIRSAL_OK);
    same_key(&read, &key);
    assert_memory_equal(&again, &secret, sizeof secret);
    struct mir_bytes cut = { out.data, out.size - 1 };
    assert_int_equal(mir_org_secret_read(&read, &again, cut, &err), MIRSAL_NOT_AUTHENTIC);
}

static void a_receipt_is_signed(void **state)
{
    (void)state;
    struct mir_handoff_receipt receipt = { .handoff = { 1 }, .made_ms = 5, .accepted = 12 };
    struct mir_handoff_receipt read;
    receipt.manifest.bytes[3] = 9;
    assert_int_equal(mir_handoff_receipt_write(&out, &receipt, &secret, &err), MIRSAL_OK);
    assert_memory_equal(&receipt.sign, &key.sign, 32);
    assert_int_equal(mir_handoff_receipt_read(&read, mir_buf_bytes(&out), &err), MIRSAL_OK);
    assert_int_equal(read.accepted, 12);
    assert_int_equal(read.made_ms, 5);
    assert_int_equal(read.manifest.bytes[3], 9);
    assert_memory_equal(&read.sign, &key.sign, 32);
    for (size_t i = 0; i < out.size; i++) {
        out.data[i] ^= 1;
        mirsal_code rc = mir_handoff_receipt_read(&read, mir_buf_bytes(&out), &err);
        assert_true(rc == MIRSAL_NOT_AUTHENTIC || rc == MIRSAL_BAD_SIGNATURE);
        out.data[i] ^= 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_goes_both_ways, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_texts_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_secret_gives_its_public_half, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_receipt_is_signed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
