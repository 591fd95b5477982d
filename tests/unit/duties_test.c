/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/duties_test.c - what is owed is said once: admissions, keys, words on keys, receipts.
 */
#include "duties.h"

#include "members.h"
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

static uint32_t run(struct test_store *device)
{
    uint32_t wrote = 9;
    assert_int_equal(mir_duties_run(&wrote, device->store, &err), MIRSAL_OK);
    return wrote;
}

static void an_admin_settles_joins_and_receipts_what_it_opened(void **state)
{
    (void)state;
    (void)test_team_report(&monitor, "near the mill");
    assert_int_equal(run(&founder), 0);
    test_team_carry(&founder, &monitor, 1, 0);
    const struct mir_member *member =
        mir_membership_device(founder.store->membership, mir_store_device(monitor.store));
    assert_int_equal(member->settled, 0);
    assert_int_equal(run(&founder), 1);
    assert_int_equal(run(&founder), 0);
    member = mir_membership_device(founder.store->membership, mir_store_device(monitor.store));
    assert_int_equal(member->settled, 1);
    assert_int_equal(member->confirmed, 0);
    assert_int_equal(founder.store->membership->receipt_count, 1);
    assert_int_equal(founder.store->membership->receipts[0].head.seq, 1);
    assert_int_equal(run(&monitor), 0);
}

static void keys_wait_for_a_compared_fingerprint(void **state)
{
    (void)state;
    static const struct test_invite terms = { .role = MIR_ROLE_COORDINATOR, .uses = 1 };
    struct test_store coordinator;
    test_team_join(&coordinator, &founder, 3, &terms);
    test_team_meet(&founder, &coordinator, 1);
    assert_int_equal(test_team_count(&coordinator, "SELECT count(*) FROM epoch_secret"), 0);
    assert_int_equal(
        mir_device_admit(founder.store, mir_store_device(coordinator.store), &err), MIRSAL_OK);
    test_team_meet(&founder, &coordinator, 3);
    /* main alone: protected is granted apart. */
    assert_int_equal(test_team_count(&coordinator, "SELECT count(*) FROM epoch_secret"), 1);
    assert_int_equal(test_team_count(&coordinator, "SELECT count(*) FROM said WHERE kind = 9"), 1);
    test_store_fini(&coordinator);
}

static void a_coordinator_who_is_not_settled_admits_nobody(void **state)
{
    (void)state;
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .in_person = 1, .uses = 1
    };
    struct test_store coordinator;
    test_team_join(&coordinator, &founder, 4, &terms);
    (void)run(&founder); /* nothing of the others is here: keys for nobody yet */
    test_team_carry(&coordinator, &founder, 1, 0);
    test_team_carry(&coordinator, &monitor, 1, 0);
    (void)run(&coordinator);
    assert_int_equal(run(&coordinator), 0);
    const struct mir_member *member =
        mir_membership_device(coordinator.store->membership, mir_store_device(monitor.store));
    assert_int_equal(member->settled, 0);
    test_store_fini(&coordinator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            an_admin_settles_joins_and_receipts_what_it_opened, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_coordinator_who_is_not_settled_admits_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_wait_for_a_compared_fingerprint, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
