/* SPDX-License-Identifier: Apache-2.0 */
/* unit/carry_test.c - two copies of one device signed: nothing is lost, nothing counts twice. */
#include "carry.h"

#include "identity.h"
#include "retire.h"
#include "test_twin.h"

#include <stdio.h>

static struct test_store office;
static struct test_store phone;
static struct test_store twin;
static mirsal_error err;

static int set_up(void **state)
{
    static const struct test_invite monitor = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    (void)state;
    test_team_found(&office, 1);
    test_team_join(&phone, &office, 2, &monitor);
    test_team_report(&phone, "before both");
    test_team_meet(&office, &phone, 1);
    test_twin_make(&twin, &phone, 3);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&twin);
    test_store_fini(&phone);
    test_store_fini(&office);
    return 0;
}

static int64_t reports(struct test_store *device, const char *text)
{
    char sql[200];
    (void)snprintf(sql, sizeof sql,
        "SELECT count(*) FROM r_1 WHERE instr(f111, CAST('%s' AS BLOB)) > 0", text);
    return test_team_count(device, sql);
}

static void what_lost_is_carried_over_once(void **state)
{
    (void)state;
    uint32_t carried = 0;
    mirsal_id lost = test_team_report(&twin, "of the twin");
    assert_int_equal(test_team_edit(&twin, &lost, "of the twin, corrected"), MIRSAL_OK);
    test_team_report(&phone, "of the phone");
    test_team_meet(&office, &phone, 2); /* the office's receipt names the phone's branch */
    test_team_carry(&twin, &office, 3, 0);
    twin.store->behind = 1;
    assert_int_equal(mir_team_retire(twin.store, &err), MIRSAL_OK);
    assert_int_equal(reports(&twin, "of the twin, corrected"), 1);
    assert_int_equal(mir_store_begin(twin.store, &err), MIRSAL_OK);
    assert_int_equal(mir_carry_over(&carried, twin.store, &err), MIRSAL_OK);
    assert_int_equal(carried, 0);
    assert_int_equal(mir_store_commit(twin.store, &err), MIRSAL_OK);
    test_team_meet(&office, &twin, 4);
    assert_int_equal(reports(&office, "before both"), 1);
    assert_int_equal(reports(&office, "of the phone"), 1);
    assert_int_equal(reports(&office, "of the twin"), 1);
    assert_int_equal(reports(&office, "of the twin, corrected"), 1);
    assert_int_equal(test_team_count(&office, "SELECT count(*) FROM r_1"), 3);
}

static void what_may_still_count_waits(void **state)
{
    (void)state;
    test_team_report(&twin, "of the twin");
    test_team_report(&phone, "of the phone");
    test_team_carry(&twin, &phone, 3, 0); /* nobody has named a branch */
    int64_t before = test_team_count(&twin, "SELECT count(*) FROM changeset WHERE compartment = 0");
    twin.store->behind = 1;
    assert_int_equal(mir_team_retire(twin.store, &err), MIRSAL_OK);
    assert_int_equal(
        test_team_count(&twin, "SELECT count(*) FROM changeset WHERE compartment = 0"), before);
    assert_int_equal(test_team_count(&twin, "SELECT count(*) FROM left_head"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_lost_is_carried_over_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_may_still_count_waits, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
