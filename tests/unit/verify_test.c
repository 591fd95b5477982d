/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/verify_test.c - a sound store has no problem; each kind of damage is found.
 */
#include "verify.h"

#include "rebuild.h"
#include "sql.h"
#include "test_team.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sound_store_has_no_problem, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damage_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_signature_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_one_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            tables_are_compared_with_the_chains_and_rebuilt, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
