/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/tables_test.c - Tables grow with the schema, and are made once.
 */
#include "tables.h"
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

static int64_t count(const char *text)
{
    sqlite3_stmt *statement = NULL;
    int row = 0;
    assert_int_equal(mir_sql_prepare_once(&statement, world.store.sql, text, &err), MIRSAL_OK);
    assert_int_equal(mir_sql_step(&row, world.store.sql, statement, &err), MIRSAL_OK);
    int64_t out = row ? mir_sql_column_int(statement, 0) : -1;
    mir_sql_finalize(statement);
    return out;
}

static void a_field_that_is_missing_gets_its_column(void **state)
{
    (void)state;
    static const char older[] =
        "DROP TABLE r_16; CREATE TABLE r_16 (no INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
        " changeset INTEGER NOT NULL, updated INTEGER NOT NULL, compartment INTEGER NOT NULL,"
        " withdrawn INTEGER NOT NULL DEFAULT 0, f1601 BLOB, f1602 BLOB);";
    assert_int_equal(mir_sql_run(world.store.sql, older, &err), MIRSAL_OK);
    assert_int_equal(mir_tables_make(&world.store, &err), MIRSAL_OK);
    assert_int_equal(
        count("SELECT count(*) FROM pragma_table_info('r_16') WHERE name = 'f1607'"), 1);
    assert_int_equal(mir_tables_make(&world.store, &err), MIRSAL_OK);
}

static void emptying_keeps_the_order_of_changes(void **state)
{
    (void)state;
    struct draft draft;
    draft_begin(&draft, &world.arena, &world.schema, 1, 1);
    (void)draft_create(&draft, "incident");
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    assert_int_equal(count("SELECT count(*) FROM r_1"), 1);
    assert_int_equal(mir_tables_empty(&world.store, &err), MIRSAL_OK);
    assert_int_equal(count("SELECT count(*) FROM r_1"), 0);
    assert_int_equal(count("SELECT seq FROM projected"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_field_that_is_missing_gets_its_column, setup, teardown),
        cmocka_unit_test_setup_teardown(emptying_keeps_the_order_of_changes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
