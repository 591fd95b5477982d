/* SPDX-License-Identifier: Apache-2.0 */
/* unit/dates_test.c - days, periods and times, there and back. */
#include "dates.h"

#include "test_env.h"

#include <string.h>

static struct mir_period period(const char *text)
{
    struct mir_period out = { -1, -1, MIR_DATE_DAY };
    assert_int_equal(mir_period_parse(&out, text, strlen(text)), 1);
    return out;
}

static void a_period_has_both_days_and_a_precision(void **state)
{
    (void)state;
    struct mir_period day = period("2019-11-17");
    assert_int_equal(day.first, 18217);
    assert_int_equal(day.last, 18217);
    assert_int_equal(day.precision, MIR_DATE_DAY);
    struct mir_period month = period("2020-02");
    assert_int_equal(month.last - month.first, 28);
    assert_int_equal(month.precision, MIR_DATE_MONTH);
    struct mir_period year = period("1900");
    assert_int_equal(year.last - year.first, 364);
    assert_int_equal(year.precision, MIR_DATE_YEAR);
    struct mir_period range = period("2019-11-16/2019-11-18");
    assert_int_equal(range.last - range.first, 2);
    assert_int_equal(range.precision, MIR_DATE_DAYS);
    assert_int_equal(period("2019-11-01/2019-11-07").precision, MIR_DATE_WEEK);
    assert_int_equal(period("2019-11/2019-12").precision, MIR_DATE_YEAR);
}

static void what_is_no_date_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "0000-00-00", "2019-02-29", "2019-13", "2019-00-10",
        "2019-11-31", "19-11-17", "2019-11-17 ", "2019/11/17", "2019-11-18/2019-11-16", "2019-1",
        "20191117", "+2019", "2019-11-17/", "٢٠١٩" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mir_period out;
        assert_int_equal(mir_period_parse(&out, bad[i], strlen(bad[i])), 0);
    }
}

static void every_day_of_four_centuries_comes_back(void **state)
{
    (void)state;
    for (int32_t day = -100000; day < 50000; day++) {
        char text[MIR_DAY_TEXT_SIZE];
        int32_t back = 0;
        mir_day_format(text, day);
        assert_int_equal(mir_day_parse(&back, text, strlen(text)), 1);
        assert_int_equal(back, day);
    }
    char text[MIR_DAY_TEXT_SIZE];
    mir_day_format(text, 0);
    assert_string_equal(text, "1970-01-01");
    mir_day_format(text, -719162);
    assert_string_equal(text, "0001-01-01");
}

static void times_have_a_zone(void **state)
{
    (void)state;
    int64_t ms = 0;
    int offset = 0;
    char text[MIR_TIME_TEXT_SIZE];
    const char *given = "2019-11-17T09:30:05.250+02:00";
    assert_int_equal(mir_time_parse(&ms, &offset, given, strlen(given)), 1);
    assert_int_equal(offset, 120);
    assert_int_equal(ms, INT64_C(1573975805250));
    mir_time_format(text, ms, offset, 1);
    assert_string_equal(text, given);
    mir_time_format(text, ms, 0, 0);
    assert_string_equal(text, "2019-11-17T07:30:05Z");
    mir_time_format(text, -1, 0, 1);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    assert_int_equal(mir_time_parse(&ms, &offset, "2019-11-17T09:30Z", 17), 1);
    assert_int_equal(mir_time_parse(&ms, &offset, "2019-11-17T09:30", 16), 0);
    assert_int_equal(mir_time_parse(&ms, &offset, "2019-11-17T24:00:00Z", 20), 0);
    assert_int_equal(mir_time_parse(&ms, &offset, "2019-11-17T09:30:00+15:00", 25), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_period_has_both_days_and_a_precision),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(every_day_of_four_centuries_comes_back),
        cmocka_unit_test(times_have_a_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
