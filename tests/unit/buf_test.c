/* SPDX-License-Identifier: Apache-2.0 */
/* unit/buf_test.c - appending, the ceiling, sticky failure, wiping. */
#include "buf.h"

#include "test_env.h"

#include <string.h>

static void appends_stand_one_after_another(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    struct mir_buf buf;
    mir_buf_init(&buf, &test.env, 1000);
    mir_buf_append_u8(&buf, 0x01);
    mir_buf_append_be16(&buf, 0x0203);
    mir_buf_append_be32(&buf, 0x04050607);
    mir_buf_append_be64(&buf, 0x08090A0B0C0D0E0F);
    mir_buf_append(&buf, "", 0);
    mir_buf_append(&buf, NULL, 0);
    const uint8_t expected[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    assert_int_equal(buf.size, sizeof expected);
    assert_memory_equal(buf.data, expected, sizeof expected);
    mir_buf_reset(&buf);
    assert_int_equal(buf.size, 0);
    mir_buf_append_text(&buf, "ab");
    mir_buf_append_format(&buf, "-%d-%s", 12, "x");
    mir_buf_append_format(&buf, "%s", "");
    struct mir_bytes bytes = mir_buf_bytes(&buf);
    assert_int_equal(bytes.size, 7);
    assert_memory_equal(bytes.data, "ab-12-x", 7);
    assert_int_equal(mir_buf_finish(&buf, NULL), MIRSAL_OK);
    mir_buf_fini(&buf);
    test_env_fini(&test);
}

static void growth_keeps_content_and_wipes_what_it_leaves(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    test.count_unwiped = 1;
    struct mir_buf buf;
    mir_buf_init(&buf, &test.env, 100000);
    for (unsigned i = 0; i < 50000; i++) {
        mir_buf_append_u8(&buf, (uint8_t)(i * 7u + 1u));
    }
    for (unsigned i = 0; i < 50000; i++) {
        assert_int_equal(buf.data[i], (uint8_t)(i * 7u + 1u));
    }
    assert_true(test.allocations > 1 && test.allocations < 20);
    mir_buf_fini(&buf);
    assert_int_equal(test.unwiped_pieces, 0);
    test_env_fini(&test);
}

static void the_ceiling_is_exact_and_sticky(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    struct mir_buf buf;
    mirsal_error err;
    mir_buf_init(&buf, &test.env, 5);
    mir_buf_append_format(&buf, "%s", "12345");
    assert_int_equal(mir_buf_finish(&buf, &err), MIRSAL_OK);
    mir_buf_append_u8(&buf, 6);
    assert_int_equal(buf.size, 5);
    assert_int_equal(mir_buf_finish(&buf, &err), MIRSAL_LIMIT);
    assert_string_equal(err.message, "more than 5 bytes");
    mir_buf_reset(&buf);
    mir_buf_append(&buf, "123456", 6);
    mir_buf_append_u8(&buf, 1);
    assert_int_equal(buf.size, 0);
    assert_null(mir_buf_extend(&buf, 0));
    mir_buf_reset(&buf);
    assert_null(mir_buf_extend(&buf, SIZE_MAX));
    assert_int_equal(buf.failed, MIRSAL_LIMIT);
    mir_buf_fini(&buf);
    test_env_fini(&test);
}

static void no_memory_is_told_once_at_the_end(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    struct mir_buf buf;
    mirsal_error err;
    mir_buf_init(&buf, &test.env, SIZE_MAX);
    test.fail_at = 1;
    mir_buf_append_text(&buf, "lost");
    mir_buf_append_text(&buf, "lost too");
    assert_int_equal(buf.size, 0);
    assert_int_equal(mir_buf_finish(&buf, &err), MIRSAL_NO_MEMORY);
    mir_buf_reset(&buf);
    mir_buf_append_text(&buf, "kept");
    assert_int_equal(mir_buf_finish(&buf, &err), MIRSAL_OK);
    assert_int_equal(test.failures, 1);
    mir_buf_fini(&buf);
    test_env_fini(&test);
}

static void extend_is_zeroed_and_consume_drops_the_head(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    struct mir_buf buf;
    mir_buf_init(&buf, &test.env, 100);
    mir_buf_append_text(&buf, "abcdef");
    mir_buf_consume(&buf, 2);
    mir_buf_consume(&buf, 0);
    uint8_t *room = mir_buf_extend(&buf, 2);
    assert_non_null(room);
    assert_memory_equal(buf.data, "cdef\0\0", 6);
    room[1] = 'z';
    assert_int_equal(buf.data[5], 'z');
    mir_buf_consume(&buf, 6);
    assert_int_equal(buf.size, 0);
    mir_buf_fini(&buf);
    struct mir_buf empty = { 0 };
    mir_buf_fini(&empty);
    test_env_fini(&test);
}

static void bytes_compare_in_memory_order(void **state)
{
    (void)state;
    struct mir_bytes none = { NULL, 0 };
    struct mir_bytes a = { (const uint8_t *)"a", 1 };
    struct mir_bytes ab = { (const uint8_t *)"ab", 2 };
    struct mir_bytes high = { (const uint8_t *)"\xFF", 1 };
    assert_true(mir_bytes_equal(none, none));
    assert_false(mir_bytes_equal(a, ab));
    assert_false(mir_bytes_equal(a, high));
    assert_true(mir_bytes_equal(ab, ab));
    assert_true(mir_bytes_compare(none, a) < 0);
    assert_true(mir_bytes_compare(ab, a) > 0);
    assert_true(mir_bytes_compare(ab, high) < 0);
    assert_int_equal(mir_bytes_compare(ab, ab), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_stand_one_after_another),
        cmocka_unit_test(growth_keeps_content_and_wipes_what_it_leaves),
        cmocka_unit_test(the_ceiling_is_exact_and_sticky),
        cmocka_unit_test(no_memory_is_told_once_at_the_end),
        cmocka_unit_test(extend_is_zeroed_and_consume_drops_the_head),
        cmocka_unit_test(bytes_compare_in_memory_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
