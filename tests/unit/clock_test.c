/* SPDX-License-Identifier: Apache-2.0 */
/* unit/clock_test.c - the clocks go, forward, and agree with the C library's. */
#include "clock.h"

#include "test_env.h"

#include <time.h>

static void wall_clock_is_the_system_s(void **state)
{
    (void)state;
    uint64_t before_s = (uint64_t)time(NULL);
    uint64_t now_ms = mir_clock_now_ms(NULL);
    assert_in_range(now_ms / 1000u, before_s, before_s + 2u);
}

static void ticks_go_forward(void **state)
{
    (void)state;
    const struct timespec pause = { .tv_nsec = 5000000 };
    uint64_t before = mir_clock_ticks_ms(NULL);
    nanosleep(&pause, NULL);
    uint64_t after = mir_clock_ticks_ms(NULL);
    assert_in_range(after - before, 4, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wall_clock_is_the_system_s),
        cmocka_unit_test(ticks_go_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
