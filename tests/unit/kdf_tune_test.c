/* SPDX-License-Identifier: Apache-2.0 */
/* unit/kdf_tune_test.c - how many passes a time aimed at gives, by a clock that the test moves. */
#include "kdf_tune.h"

#include "keys.h"
#include "mir_limits.h"
#include "test_env.h"

struct clock {
    struct test_env test;
    uint64_t step_ms; /* each look at the clock moves it */
    unsigned looks;
};

static uint64_t move_on(void *context)
{
    struct clock *clock = context;
    clock->looks++;
    clock->test.ticks_ms += clock->step_ms;
    return clock->test.ticks_ms;
}

static uint32_t tune(struct clock *clock, uint32_t aim_ms)
{
    uint32_t passes = 0;
    uint32_t memory_kib = 0;
    test_env_init(&clock->test, 1);
    mirsal_env env = clock->test.env;
    env.context = clock;
    env.ticks_ms = move_on;
    clock->looks = 0;
    assert_int_equal(mir_kdf_tune(&passes, &memory_kib, &env, aim_ms, NULL), MIRSAL_OK);
    assert_int_equal(memory_kib, MIR_KDF_MEMORY_KIB_MIN);
    test_env_fini(&clock->test);
    return passes;
}

static void more_time_gives_more_passes(void **state)
{
    struct clock clock = { .step_ms = 100 };
    (void)state;
    assert_int_equal(tune(&clock, 1000), 20);
    assert_int_equal(tune(&clock, 0), 10);
    assert_int_equal(tune(&clock, 100), MIR_KDF_PASSES_MIN);
    assert_int_equal(tune(&clock, 4000000), MIR_KDF_PASSES_MAX);
}

static void a_slow_machine_stays_at_the_floor(void **state)
{
    struct clock clock = { .step_ms = 20000 };
    (void)state;
    assert_int_equal(tune(&clock, 500), MIR_KDF_PASSES_MIN);
}

static void a_small_aim_measures_nothing(void **state)
{
    struct clock clock = { .step_ms = 1 };
    (void)state;
    assert_int_equal(tune(&clock, 1), MIR_KDF_PASSES_MIN);
    assert_int_equal(clock.looks, 0);
}

static void a_clock_that_stands_tells_nothing(void **state)
{
    struct clock clock = { .step_ms = 0 };
    (void)state;
    assert_int_equal(tune(&clock, 500), MIR_KDF_PASSES_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_time_gives_more_passes),
        cmocka_unit_test(a_slow_machine_stays_at_the_floor),
        cmocka_unit_test(a_small_aim_measures_nothing),
        cmocka_unit_test(a_clock_that_stands_tells_nothing),
    };
    assert_int_equal(mir_crypto_start(NULL), MIRSAL_OK);
    return cmocka_run_group_tests_name("kdf_tune", tests, NULL, NULL);
}
