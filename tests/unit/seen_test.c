/* SPDX-License-Identifier: Apache-2.0 */
/* unit/seen_test.c - source ids found again, many of them. */
#include "seen.h"

#include "test_env.h"

#include <stdio.h>
#include <string.h>

static struct mir_bytes name(char out[32], unsigned number)
{
    int size = snprintf(out, 32, "test:%u", number);
    return (struct mir_bytes){ (const uint8_t *)out, (size_t)size };
}

static void many_are_found_and_others_are_not(void **state)
{
    (void)state;
    struct test_env env;
    struct mir_seen seen;
    char text[32];
    test_env_init(&env, 3);
    mir_seen_init(&seen, &env.env);
    assert_null(mir_seen_find(&seen, name(text, 1)));
    for (unsigned i = 0; i < 20000; i++) {
        mirsal_id id = { { (uint8_t)(i >> 8), (uint8_t)i } };
        assert_int_equal(
            mir_seen_put(&seen, name(text, i), i % 2 == 0 ? &id : NULL, NULL), MIRSAL_OK);
    }
    for (unsigned i = 0; i < 40000; i++) {
        const struct mir_seen_item *item = mir_seen_find(&seen, name(text, i));
        assert_int_equal(item != NULL, i < 20000);
        assert_true(item == NULL || item->has_id == (i % 2 == 0));
        assert_true(item == NULL || !item->has_id || item->id.bytes[1] == (uint8_t)i);
    }
    mir_seen_fini(&seen);
    test_env_fini(&env);
}

static void without_memory_it_says_so(void **state)
{
    (void)state;
    struct test_env env;
    struct mir_seen seen;
    char text[32];
    test_env_init(&env, 3);
    mir_seen_init(&seen, &env.env);
    env.fail_at = 1;
    env.fail_from_there = 1;
    assert_int_equal(mir_seen_put(&seen, name(text, 1), NULL, NULL), MIRSAL_NO_MEMORY);
    mir_seen_fini(&seen);
    test_env_fini(&env);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_are_found_and_others_are_not),
        cmocka_unit_test(without_memory_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
