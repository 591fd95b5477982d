/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/query_test.c - rows of the views by SQL.
 */
#include "query.h"
#include "world.h"

#include <string.h>

#define TEXT(value) v_text(&world.arena, value)

static struct world world;
static mirsal_error err;

static int setup(void **state)
{
    (void)state;
    world_open(&world);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static void begin(struct draft *draft, uint32_t number, int64_t device)
{
    draft_begin(draft, &world.arena, &world.schema, number, device);
}

static void rows_come_with_names_and_types(void **state)
{
    (void)state;
    struct draft draft;
    struct mir_query *query = NULL;
    int row = 0;
    begin(&draft, 1, 1);
    for (int i = 0; i < 3; i++) {
        uint32_t place = draft_create(&draft, "incident");
        draft_set(&draft, place, "incident.raid_seq", v_none(), v_int(&world.arena, i));
    }
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    assert_int_equal(mir_query_open(&query, &world.store,
                         "SELECT raid_seq, raid_seq / 2.0 AS half, title FROM incident"
                         " WHERE raid_seq >= CAST(?1 AS INTEGER) ORDER BY 1",
                         &err),
        MIRSAL_OK);
    assert_int_equal(mir_query_bind(query, 1, "1", &err), MIRSAL_OK);
    assert_int_equal(mir_query_bind(query, 2, "1", &err), MIRSAL_BAD_VALUE);
    assert_int_equal(mir_query_columns(query), 3);
    assert_string_equal(mir_query_name(query, 1), "half");
    assert_null(mir_query_text(query, 0));
    assert_int_equal(mir_query_step(&row, query, &err), MIRSAL_OK);
    assert_true(row);
    assert_int_equal(mir_query_int(query, 0), 1);
    assert_int_equal(mir_query_type(query, 0), 1);
    assert_true(mir_query_double(query, 1) > 0.49 && mir_query_double(query, 1) < 0.51);
    assert_null(mir_query_text(query, 2));
    assert_null(mir_query_text(query, 3));
    assert_int_equal(mir_query_step(&row, query, &err), MIRSAL_OK);
    assert_string_equal(mir_query_text(query, 0), "2");
    assert_int_equal(mir_query_step(&row, query, &err), MIRSAL_OK);
    assert_false(row);
    mir_query_close(query);
    assert_int_equal(
        mir_query_open(&query, &world.store, "SELECT 1 FROM author", &err), MIRSAL_NOT_ALLOWED);
    assert_null(query);
    mir_query_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_come_with_names_and_types, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
