/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/guard_test.c - a text of others reads views, and nothing more.
 */
#include "guard.h"
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

static mirsal_code attempt(const char *sql, const char *view)
{
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_guard_prepare(&statement, &world.store, sql, view, &err);
    mir_sql_finalize(statement);
    return rc;
}

static void only_views_are_read(void **state)
{
    (void)state;
    assert_int_equal(
        attempt("SELECT id, count(*) FROM incident GROUP BY place_name", NULL), MIRSAL_OK);
    assert_int_equal(attempt("SELECT i.id FROM incident i JOIN casualty c ON 1", NULL), MIRSAL_OK);
    assert_int_equal(attempt("SELECT * FROM r_1", NULL), MIRSAL_NOT_ALLOWED);
    assert_int_equal(attempt("SELECT * FROM write", NULL), MIRSAL_NOT_ALLOWED);
    assert_int_equal(attempt("SELECT count(*) FROM write", NULL), MIRSAL_NOT_ALLOWED);
    assert_int_equal(attempt("SELECT * FROM sqlite_master", NULL), MIRSAL_NOT_ALLOWED);
    assert_int_equal(attempt("DELETE FROM r_1", NULL), MIRSAL_NOT_ALLOWED);
    assert_int_equal(attempt("DROP VIEW incident", NULL), MIRSAL_NOT_ALLOWED);
    assert_int_equal(attempt("PRAGMA journal_mode = DELETE", NULL), MIRSAL_NOT_ALLOWED);
    assert_int_equal(attempt("ATTACH 'x' AS y", NULL), MIRSAL_NOT_ALLOWED);
    assert_int_equal(attempt("SELECT randomblob(1000000000)", NULL), MIRSAL_NOT_ALLOWED);
    assert_int_equal(attempt("SELECT mir_uuid(x'00')", NULL), MIRSAL_NOT_ALLOWED);
    assert_int_equal(attempt("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
                             " SELECT * FROM c",
                         NULL),
        MIRSAL_NOT_ALLOWED);
    assert_int_equal(attempt("SELECT id FROM casualty", "incident"), MIRSAL_NOT_ALLOWED);
}

static void faults_are_named(void **state)
{
    (void)state;
    assert_int_equal(attempt("SELECT missing FROM incident", NULL), MIRSAL_UNKNOWN_FIELD);
    assert_string_equal(err.field, "missing");
    assert_int_equal(attempt("SELECT \"missing\" FROM incident", NULL), MIRSAL_UNKNOWN_FIELD);
    assert_int_equal(attempt("SELECT FROM", NULL), MIRSAL_BAD_VALUE);
    assert_int_equal(attempt("", NULL), MIRSAL_BAD_VALUE);
    assert_int_equal(attempt("SELECT id FROM incident; SELECT 1", NULL), MIRSAL_BAD_VALUE);
    assert_int_equal(attempt("SELECT id FROM incident ; \n", NULL), MIRSAL_OK);
}

static void steps_are_guarded_too(void **state)
{
    (void)state;
    struct draft draft;
    sqlite3_stmt *statement = NULL;
    int row = 0;
    begin(&draft, 1, 1);
    (void)draft_create(&draft, "incident");
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    assert_int_equal(mir_guard_prepare(&statement, &world.store,
                         "SELECT abs(-9223372036854775807 - count(*)) FROM incident", NULL, &err),
        MIRSAL_OK);
    assert_int_equal(mir_guard_step(&row, &world.store, statement, &err), MIRSAL_BAD_VALUE);
    mir_sql_finalize(statement);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_views_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(faults_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(steps_are_guarded_too, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
