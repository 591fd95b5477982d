/* SPDX-License-Identifier: Apache-2.0 */
/* unit/stamp_test.c - the clock moves forward only, and others move it little. */
#include "stamp.h"

#include "test_env.h"

#define MS_2026 UINT64_C(1795000000000)
#define MS_2106 UINT64_C(4294967296000) /* where 32 bits of seconds end */

static void parts_come_back(void **state)
{
    (void)state;
    uint64_t stamp = mir_stamp_make(MS_2026, 513);
    assert_true(mir_stamp_ms(stamp) == MS_2026);
    assert_int_equal(mir_stamp_counter(stamp), 513);
    assert_true(mir_stamp_make(0, 0) == 0);
    assert_true(mir_stamp_make(1, 0) == 65536);
    assert_true(mir_stamp_make(MIR_STAMP_MS_MAX + 1, 7) == mir_stamp_make(MIR_STAMP_MS_MAX, 7));
    assert_true(mir_stamp_make(UINT64_MAX, UINT16_MAX) == UINT64_MAX);
}

static void next_follows_the_clock_and_never_repeats(void **state)
{
    (void)state;
    uint64_t last = 0;
    assert_true(mir_stamp_next(&last, MS_2026) == mir_stamp_make(MS_2026, 0));
    assert_true(mir_stamp_next(&last, MS_2026) == mir_stamp_make(MS_2026, 1));
    assert_true(mir_stamp_next(&last, MS_2026 - 5000) == mir_stamp_make(MS_2026, 2));
    assert_true(mir_stamp_next(&last, MS_2026 + 1) == mir_stamp_make(MS_2026 + 1, 0));
    assert_true(last == mir_stamp_make(MS_2026 + 1, 0));
}

static void a_full_counter_runs_into_the_milliseconds(void **state)
{
    (void)state;
    uint64_t last = mir_stamp_make(MS_2026, UINT16_MAX);
    assert_true(mir_stamp_next(&last, MS_2026) == mir_stamp_make(MS_2026 + 1, 0));
    for (unsigned i = 0; i < 70000; i++) {
        uint64_t before = last;
        assert_true(mir_stamp_next(&last, MS_2026) > before);
    }
}

static void strange_years_order_as_any_other(void **state)
{
    (void)state;
    uint64_t last = 0;
    assert_true(mir_stamp_next(&last, 0) == 1); /* 1970: a phone whose battery was out */
    assert_true(mir_stamp_next(&last, 0) == 2);
    assert_true(mir_stamp_next(&last, MS_2106) == mir_stamp_make(MS_2106, 0));
    assert_true(mir_stamp_next(&last, MS_2026) == mir_stamp_make(MS_2106, 1));
    assert_true(mir_stamp_next(&last, MIR_STAMP_MS_MAX) == mir_stamp_make(MIR_STAMP_MS_MAX, 0));
    assert_true(mir_stamp_next(&last, UINT64_MAX) == mir_stamp_make(MIR_STAMP_MS_MAX, 1));
    last = UINT64_MAX;
    assert_true(mir_stamp_next(&last, MS_2026) == UINT64_MAX);
}

static void others_move_it_ten_minutes_at_most(void **state)
{
    (void)state;
    uint64_t last = mir_stamp_make(MS_2026, 3);
    mir_stamp_observe(&last, mir_stamp_make(MS_2026 - 1, 9), MS_2026);
    assert_true(last == mir_stamp_make(MS_2026, 3));
    mir_stamp_observe(&last, mir_stamp_make(MS_2026 + 2000, 9), MS_2026);
    assert_true(last == mir_stamp_make(MS_2026 + 2000, 9));
    mir_stamp_observe(&last, mir_stamp_make(MS_2106, 0), MS_2026);
    assert_true(last == mir_stamp_make(MS_2026 + 600000, 0));
    assert_true(mir_stamp_next(&last, MS_2026) == mir_stamp_make(MS_2026 + 600000, 1));
    mir_stamp_observe(&last, UINT64_MAX, MS_2026);
    assert_true(last == mir_stamp_make(MS_2026 + 600000, 1)); /* its own word stands */
    last = 0;
    mir_stamp_observe(&last, UINT64_MAX, UINT64_MAX);
    assert_true(last == mir_stamp_make(MIR_STAMP_MS_MAX, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_back),
        cmocka_unit_test(next_follows_the_clock_and_never_repeats),
        cmocka_unit_test(a_full_counter_runs_into_the_milliseconds),
        cmocka_unit_test(strange_years_order_as_any_other),
        cmocka_unit_test(others_move_it_ten_minutes_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
