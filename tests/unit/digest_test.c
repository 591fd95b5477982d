/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/digest_test.c - A register's term is the hash that control.md 6.1 says; sums wrap at
 * 2²⁵⁶.
 */
#include "digest.h"
#include "hash.h"
#include "test_env.h"

#include <string.h>

static void sums_carry_and_wrap(void **state)
{
    (void)state;
    mirsal_hash sum;
    mirsal_hash one = { { 0 } };
    mirsal_hash zero = { { 0 } };
    memset(&sum, 0xff, sizeof sum);
    one.bytes[31] = 1;
    mir_digest_add(&sum, &one);
    assert_memory_equal(&sum, &zero, sizeof sum);
    mir_digest_subtract(&sum, &one);
    for (size_t i = 0; i < sizeof sum.bytes; i++) {
        assert_int_equal(sum.bytes[i], 0xff);
    }
}

static void a_term_is_the_hash_of_its_array(void **state)
{
    (void)state;
    struct test_env test;
    struct mir_buf scratch;
    mirsal_error err;
    mirsal_id record;
    mirsal_hash winner;
    mirsal_hash others[2];
    test_env_init(&test, 1);
    mir_buf_init(&scratch, &test.env, 4096);
    memset(&record, 0x11, sizeof record);
    memset(&winner, 0x22, sizeof winner);
    memset(&others[0], 0x44, sizeof others[0]);
    memset(&others[1], 0x33, sizeof others[1]);
    uint8_t expected[200];
    size_t size = 0;
    expected[size++] = 0x96;
    memcpy(expected + size, "\xc4\x10", 2);
    memset(expected + size + 2, 0x11, 16);
    size += 18;
    memcpy(expected + size, "\xcd\x01\x00", 3);
    size += 3;
    expected[size++] = 0xc0;
    memcpy(expected + size, "\xc4\x20", 2);
    memset(expected + size + 2, 0x22, 32);
    size += 34;
    expected[size++] = 0x05;
    memcpy(expected + size, "\x92\xc4\x20", 3);
    memset(expected + size + 3, 0x33, 32);
    memcpy(expected + size + 35, "\xc4\x20", 2);
    memset(expected + size + 37, 0x44, 32);
    size += 69;
    mirsal_hash wanted;
    mir_hash_bytes(&wanted, MIR_CONTEXT_DIGEST, expected, size);
    const struct mir_digest_register given = { .record = &record,
        .field = 256,
        .winner = &winner,
        .value = { (const uint8_t *)"\x05", 1 },
        .others = others,
        .other_count = 2 };
    mirsal_hash term;
    assert_int_equal(mir_digest_register(&term, &given, &scratch, &err), MIRSAL_OK);
    assert_memory_equal(&term, &wanted, sizeof term);
    mir_buf_fini(&scratch);
    test_env_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_carry_and_wrap),
        cmocka_unit_test(a_term_is_the_hash_of_its_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
