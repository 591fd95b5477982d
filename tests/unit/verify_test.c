/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/verify_test.c - a sound store has no problem; each kind of damage is found.
 */
#include "verify.h"

#include "rebuild.h"
#include "sql.h"
#include "test_team.h"

#include <stdio.h>
#include <string.h>

static struct test_store founder;
static struct mir_verify_result result;
static mirsal_id record;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&founder, 1);
    record = test_team_report(&founder, "near the mill");
    assert_int_equal(test_team_edit(&founder, &record, "by the river"), MIRSAL_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&founder);
    return 0;
}

static uint64_t problems(int deep)
{
    assert_int_equal(mir_verify(&result, founder.store, deep, &err), MIRSAL_OK);
    return result.problem_count;
}

static void damage(const char *sql)
{
    assert_int_equal(mir_sql_run(founder.store->sql, sql, &err), MIRSAL_OK);
}

static void a_sound_store_has_no_problem(void **state)
{
    (void)state;
    assert_int_equal(problems(1), 0);
    assert_int_equal(result.changesets, 3);
    assert_int_equal(result.opened, 2);
    assert_string_equal(test_team_shown(&founder, &record), "by the river");
}

static void damage_is_found(void **state)
{
    (void)state;
    damage("UPDATE content SET body = zeroblob(length(body)) WHERE no = 2");
    assert_int_equal(problems(0), 1);
    assert_string_equal(result.problems[0].text, "its bytes are not the ones signed");
    damage("UPDATE content SET body = (SELECT body FROM content WHERE no = 3) WHERE no = 2");
    assert_int_equal(problems(0), 1);
}

static void a_wrong_signature_is_found(void **state)
{
    (void)state;
    damage("UPDATE content SET signature = (SELECT signature FROM content WHERE no = 2)"
           " WHERE no = 3");
    assert_int_equal(problems(0), 1);
    assert_string_equal(result.problems[0].text, "its signature does not verify");
}

static void a_missing_one_is_found(void **state)
{
    (void)state;
    damage("DELETE FROM changeset WHERE no = 2");
    assert_int_equal(problems(0), 1);
    assert_string_equal(result.problems[0].text, "the one before it in its chain is missing");
}

static void tables_are_compared_with_the_chains_and_rebuilt(void **state)
{
    (void)state;
    damage("UPDATE r_1 SET f111 = x'a16e'");
    assert_int_equal(problems(0), 0);
    assert_true(problems(1) > 0);
    assert_int_equal(mir_rebuild(founder.store, &err), MIRSAL_OK);
    assert_int_equal(problems(1), 0);
    assert_string_equal(test_team_shown(&founder, &record), "by the river");
}

static void flip(long at)
{
    char path[96];
    (void)snprintf(path, sizeof path, "%s/store.db", founder.folder);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fputc(byte ^ 1, file), byte ^ 1);
    assert_int_equal(fclose(file), 0);
}

static void each_damaged_page_is_named(void **state)
{
    (void)state;
    char wanted[64];
    sqlite3_stmt *statement = NULL;
    int row = 0;
    damage("PRAGMA wal_checkpoint(TRUNCATE)");
    assert_int_equal(
        mir_sql_prepare_once(&statement, founder.store->sql, "PRAGMA page_count", &err), MIRSAL_OK);
    assert_int_equal(mir_sql_step(&row, founder.store->sql, statement, &err), MIRSAL_OK);
    long pages = (long)mir_sql_column_int(statement, 0);
    mir_sql_finalize(statement);
    assert_true(pages > 20);
    flip((pages - 1) * 4096 + 77);
    flip((pages - 5) * 4096 + 4095);
    assert_true(problems(1) >= 2);
    assert_int_equal(result.damaged_pages, 2);
    (void)snprintf(wanted, sizeof wanted, "page %ld of store.db does not open", pages - 4);
    assert_string_equal(result.problems[0].text, wanted);
    (void)snprintf(wanted, sizeof wanted, "page %ld of store.db does not open", pages);
    assert_string_equal(result.problems[1].text, wanted);
    flip((pages - 1) * 4096 + 77);
    flip((pages - 5) * 4096 + 4095);
    assert_int_equal(problems(1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sound_store_has_no_problem, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damage_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_signature_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_damaged_page_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_one_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            tables_are_compared_with_the_chains_and_rebuilt, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
