/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/rebuild_test.c - tables dropped and made again give the same digest.
 */
#include "rebuild.h"

#include "sql.h"
#include "test_team.h"

#include <string.h>

static struct test_store founder;
static struct test_store monitor;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    test_team_found(&founder, 1);
    test_team_join(&monitor, &founder, 2, &terms);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&monitor);
    test_store_fini(&founder);
    return 0;
}

static void a_rebuild_gives_the_same_digest(void **state)
{
    (void)state;
    mirsal_id id = test_team_report(&monitor, "near the mill");
    test_team_meet(&founder, &monitor, 1);
    assert_int_equal(test_team_edit(&founder, &id, "by the river"), MIRSAL_OK);
    mirsal_hash before = test_team_digest(&founder);
    assert_int_equal(mir_sql_run(founder.store->sql, "DELETE FROM r_1", &err), MIRSAL_OK);
    assert_int_equal(mir_rebuild(founder.store, &err), MIRSAL_OK);
    mirsal_hash after = test_team_digest(&founder);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM r_1"), 1);
    /* A monitor cannot open its own bodies: it rebuilds from what it kept clear. */
    assert_int_equal(mir_rebuild(monitor.store, &err), MIRSAL_OK);
    assert_string_equal(test_team_shown(&monitor, &id), "near the mill");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_rebuild_gives_the_same_digest, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
