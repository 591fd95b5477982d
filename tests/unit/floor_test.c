/* SPDX-License-Identifier: Apache-2.0 */
/* unit/floor_test.c - the floor inserts each report and leaves nothing behind. */
#include "floor.h"

#include "test_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void make(struct mir_floor_report *out, void *context, uint32_t number)
{
    uint32_t *made = context;
    *out = (struct mir_floor_report){ .lat = 1.0 };
    (void)snprintf(out->source_id, sizeof out->source_id, "%u", (unsigned)number);
    (*made)++;
}

static void make_same(struct mir_floor_report *out, void *context, uint32_t number)
{
    (void)context;
    (void)number;
    *out = (struct mir_floor_report){ .source_id = "one" };
}

static void each_report_is_inserted_and_the_file_goes(void **state)
{
    (void)state;
    struct test_env test;
    char folder[] = "/tmp/mirsal-test-XXXXXX";
    char path[64];
    uint64_t elapsed_ms = 1;
    uint32_t made = 0;
    test_env_init(&test, 1);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/plain.db", folder);
    assert_int_equal(
        mir_floor_insert(&elapsed_ms, &test.env, path, 50, make, &made, NULL), MIRSAL_OK);
    assert_int_equal(made, 50);
    assert_int_equal(elapsed_ms, 0); /* the test's clock stands */
    /* The primary key shows that rows really go in: the second of one name fails. */
    assert_int_not_equal(
        mir_floor_insert(&elapsed_ms, &test.env, path, 2, make_same, NULL, NULL), MIRSAL_OK);
    assert_int_equal(rmdir(folder), 0);
    test_env_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_report_is_inserted_and_the_file_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
