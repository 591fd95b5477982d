/* SPDX-License-Identifier: Apache-2.0 */
/* unit/rate_test.c - a minute's worth at once, then the pace; sources do not share. */
#include "rate.h"

#include "test_env.h"

static int taken_of(struct mir_rate *rate, const char *source, uint64_t ticks_ms, int tries)
{
    int taken = 0;
    for (int i = 0; i < tries; i++) {
        taken += mir_rate_take(rate, source, ticks_ms);
    }
    return taken;
}

static void a_minute_s_worth_then_the_pace(void **state)
{
    (void)state;
    static struct mir_rate rate;
    struct test_env test;
    test_env_init(&test, 1);
    mir_rate_init(&rate, &test.env, 60);
    assert_int_equal(taken_of(&rate, "127.0.0.1", 1000, 100), 60);
    assert_int_equal(taken_of(&rate, "127.0.0.1", 1999, 10), 0);
    assert_int_equal(taken_of(&rate, "127.0.0.1", 3000, 10), 2);
    assert_int_equal(taken_of(&rate, "127.0.0.1", 10000000, 100), 60);
    test_env_fini(&test);
}

static void small_steps_of_time_add_up(void **state)
{
    (void)state;
    static struct mir_rate rate;
    struct test_env test;
    test_env_init(&test, 2);
    mir_rate_init(&rate, &test.env, 60);
    assert_int_equal(taken_of(&rate, "a", 0, 100), 60);
    int taken = 0;
    for (uint64_t at = 1; at <= 10000; at++) {
        taken += mir_rate_take(&rate, "a", at);
    }
    assert_int_equal(taken, 10);
    test_env_fini(&test);
}

static void sources_do_not_share(void **state)
{
    (void)state;
    static struct mir_rate rate;
    struct test_env test;
    test_env_init(&test, 3);
    mir_rate_init(&rate, &test.env, 5);
    assert_int_equal(taken_of(&rate, "10.0.0.1", 5, 9), 5);
    assert_int_equal(taken_of(&rate, "10.0.0.2", 5, 9), 5);
    test_env_fini(&test);
}

static void zero_is_no_bound(void **state)
{
    (void)state;
    static struct mir_rate rate;
    struct test_env test;
    test_env_init(&test, 4);
    mir_rate_init(&rate, &test.env, 0);
    assert_int_equal(taken_of(&rate, "a", 0, 1000), 1000);
    test_env_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minute_s_worth_then_the_pace),
        cmocka_unit_test(small_steps_of_time_add_up),
        cmocka_unit_test(sources_do_not_share),
        cmocka_unit_test(zero_is_no_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
