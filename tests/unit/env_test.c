/* SPDX-License-Identifier: Apache-2.0 */
/* unit/env_test.c - defaults are filled in, and every call goes through the environment. */
#include "env.h"

#include "test_env.h"

#include <string.h>

static void unset_members_get_defaults(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    mirsal_env given = test.env;
    given.resize = NULL;
    given.log = NULL;
    mirsal_env filled;
    mir_env_fill(&filled, &given);
    assert_non_null(filled.log);
    assert_ptr_equal(filled.now_ms, given.now_ms);

    uint8_t *memory = mir_alloc(&filled, 100);
    assert_non_null(memory);
    memory = filled.resize(filled.context, memory, 100, 200);
    assert_non_null(memory);
    assert_int_equal(memory[99], 0);
    mir_release(&filled, memory, 200);
    mir_log(&filled, MIRSAL_LOG_INFO, "not shown");
    assert_int_equal(test.allocations, 0);
    assert_int_equal(test.log_lines, 0);
}

static void set_members_are_kept(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    mirsal_env filled;
    mir_env_fill(&filled, &test.env);
    mir_log(&filled, MIRSAL_LOG_ERROR, "%d frames", 3);
    assert_string_equal(test.log_last, "3 frames");
    assert_int_equal(test.log_level, MIRSAL_LOG_ERROR);
    test_env_advance(&test, 5);
    assert_int_equal(mir_now_ms(&filled), TEST_START_MS + 5);
    assert_int_equal(mir_ticks_ms(&filled), 1005);
    test_env_fini(&test);
}

static void memory_is_zeroed_and_counted(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    uint8_t *memory = mir_alloc(&test.env, 64);
    assert_non_null(memory);
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(memory[i], 0);
    }
    assert_int_equal(test.live_bytes, 64);
    mir_release(&test.env, memory, 64);
    mir_release(&test.env, NULL, 0);
    assert_null(mir_alloc(&test.env, 0));
    test.fail_at = 2;
    assert_null(mir_alloc(&test.env, 1));
    assert_int_equal(test.failures, 1);
    test_env_fini(&test);
}

static void one_seed_gives_one_sequence(void **state)
{
    (void)state;
    struct test_env a;
    struct test_env b;
    uint8_t first[32];
    uint8_t second[32];
    test_env_init(&a, 7);
    test_env_init(&b, 7);
    mir_random(&a.env, first, sizeof first);
    mir_random(&b.env, second, sizeof second);
    assert_memory_equal(first, second, sizeof first);
    mir_random(&a.env, first, sizeof first);
    assert_memory_not_equal(first, second, sizeof first);
}

static void given_texts_outlive_their_environment(void **state)
{
    (void)state;
    struct test_env test;
    struct mir_buf buf;
    mirsal_text text;
    test_env_init(&test, 1);
    mir_buf_init(&buf, &test.env, 4);
    mir_buf_append_text(&buf, "abc");
    assert_int_equal(mir_text_give(&text, &buf, NULL), MIRSAL_OK);
    mir_buf_append_text(&buf, "de");
    mirsal_text none = { 0 };
    assert_int_equal(mir_text_give(&none, &buf, NULL), MIRSAL_LIMIT);
    assert_null(none.data);
    mir_buf_fini(&buf);
    test_env_fini(&test);
    assert_string_equal(text.data, "abc");
    assert_int_equal(text.size, 3);
    mirsal_text_free(&text);
    assert_null(text.data);
    mirsal_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unset_members_get_defaults),
        cmocka_unit_test(set_members_are_kept),
        cmocka_unit_test(memory_is_zeroed_and_counted),
        cmocka_unit_test(one_seed_gives_one_sequence),
        cmocka_unit_test(given_texts_outlive_their_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
