/* SPDX-License-Identifier: Apache-2.0 */
/* unit/bench_test.c - the bench records what it says, and its rows are those it prints. */
#include "test_env.h"

#include <jansson.h>
#include <mirsal/bench.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lines {
    size_t count;
    size_t bytes;
    size_t stop_at;
};

static int count_line(void *context, const char *line, size_t size)
{
    struct lines *lines = context;
    assert_int_equal(strlen(line), size);
    lines->count++;
    lines->bytes += size + 1;
    return lines->count == lines->stop_at;
}

static void figures_stand_beside_their_floors(void **state)
{
    (void)state;
    char folder[] = "/tmp/mirsal-test-XXXXXX";
    char command[64];
    mirsal_text answer = { 0 };
    struct lines rows = { 0 };
    assert_non_null(mkdtemp(folder));
    assert_int_equal(mirsal_bench(&answer, folder, 60, NULL), MIRSAL_OK);
    assert_int_equal(mirsal_bench_rows(60, 0, count_line, &rows, NULL), MIRSAL_OK);
    json_t *json = json_loads(answer.data, 0, NULL);
    assert_non_null(json);
    assert_int_equal(json_integer_value(json_object_get(json, "records")), 60);
    assert_int_equal(json_integer_value(json_object_get(json, "rows_bytes")), rows.bytes);
    json_int_t sealed = json_integer_value(json_object_get(json, "sealed_bytes"));
    assert_true(sealed > 1000 && sealed < (json_int_t)rows.bytes);
    assert_true(json_integer_value(json_object_get(json, "changesets")) >= 1);
    assert_true(json_number_value(json_object_get(json, "sign_per_s")) > 0);
    assert_true(json_integer_value(json_object_get(json, "wipe_keys_ms")) <=
                json_integer_value(json_object_get(json, "wipe_ms")));
    assert_int_equal(json_object_size(json_object_get(json, "floors")), 3);
    json_decref(json);
    mirsal_text_free(&answer);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void rows_are_as_many_as_asked_and_can_be_stopped(void **state)
{
    (void)state;
    struct lines rows = { 0 };
    assert_int_equal(mirsal_bench_rows(7, 0, count_line, &rows, NULL), MIRSAL_OK);
    assert_int_equal(rows.count, 7);
    struct lines sql = { 0 };
    assert_int_equal(mirsal_bench_rows(7, 1, count_line, &sql, NULL), MIRSAL_OK);
    assert_int_equal(sql.count, 9); /* tables before, COMMIT behind */
    struct lines stopped = { .stop_at = 3 };
    assert_int_equal(mirsal_bench_rows(7, 0, count_line, &stopped, NULL), MIRSAL_CANCELLED);
    assert_int_equal(stopped.count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_stand_beside_their_floors),
        cmocka_unit_test(rows_are_as_many_as_asked_and_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
