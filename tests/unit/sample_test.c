/* SPDX-License-Identifier: Apache-2.0 */
/* unit/sample_test.c - one number, one report; others differ; both forms parse. */
#include "sample.h"

#include "test_env.h"

#include <jansson.h>
#include <string.h>

static void a_number_gives_one_report_and_others_differ(void **state)
{
    (void)state;
    struct mir_floor_report a;
    struct mir_floor_report b;
    mir_sample_report(&a, 7);
    mir_sample_report(&b, 7);
    assert_memory_equal(&a, &b, sizeof a);
    mir_sample_report(&b, 8);
    assert_string_not_equal(a.summary, b.summary);
    assert_true(a.killed_min <= a.killed_max);
}

static void lines_are_json_with_a_claim(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    for (uint32_t number = 0; number < 200; number++) {
        struct mir_floor_report report;
        struct mir_buf line;
        mir_buf_init(&line, &test.env, 8192);
        mir_sample_report(&report, number);
        mir_sample_json(&line, &report);
        json_t *json = json_loadb((const char *)line.data, line.size, 0, NULL);
        assert_non_null(json);
        assert_string_equal(
            json_string_value(json_object_get(json, "source_id")), report.source_id);
        assert_int_equal(json_array_size(json_object_get(json, "children")), 1);
        json_decref(json);
        mir_buf_reset(&line);
        mir_sample_sql(&line, &report);
        mir_buf_append_u8(&line, 0);
        assert_non_null(strstr((const char *)line.data, report.summary));
        assert_null(strchr(report.summary, '\''));
        mir_buf_fini(&line);
    }
    test_env_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_gives_one_report_and_others_differ),
        cmocka_unit_test(lines_are_json_with_a_claim),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
