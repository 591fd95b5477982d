/* SPDX-License-Identifier: Apache-2.0 */
/* unit/retire_test.c - a device vouches for the one that it becomes. */
#include "retire.h"

#include "identity.h"
#include "layout.h"
#include "rebuild.h"
#include "test_twin.h"

static struct test_store office;
static struct test_store phone;
static mirsal_error err;

static int set_up(void **state)
{
    static const struct test_invite coordinator = {
        .role = MIR_ROLE_COORDINATOR, .uses = 1, .in_person = 1
    };
    (void)state;
    test_team_found(&office, 1);
    test_team_join(&phone, &office, 2, &coordinator);
    test_team_meet(&office, &phone, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&phone);
    test_store_fini(&office);
    return 0;
}

static void it_keeps_all_and_is_a_monitor(void **state)
{
    (void)state;
    mirsal_hash old = *mir_store_device(phone.store);
    mirsal_id of_office = test_team_report(&office, "of the office");
    mirsal_id before = test_team_report(&phone, "before");
    test_team_meet(&office, &phone, 2);
    phone.store->behind = 1;
    assert_int_equal(mir_team_retire(phone.store, &err), MIRSAL_OK);
    assert_int_equal(mir_identity_signing(phone.store), MIR_SIGNS);
    assert_memory_not_equal(mir_store_device(phone.store)->bytes, old.bytes, 32);
    assert_true(mir_identity_is_own(phone.store, &old));
    const struct mir_member *now =
        mir_membership_device(phone.store->membership, mir_store_device(phone.store));
    assert_non_null(now);
    assert_true(now->member);
    assert_int_equal(now->role, MIR_ROLE_MONITOR);
    test_store_reopen(&phone);
    mirsal_id after = test_team_report(&phone, "after");
    test_team_meet(&office, &phone, 3);
    assert_string_equal(test_team_shown(&office, &after), "after");
    assert_string_equal(test_team_shown(&office, &before), "before");
    assert_int_equal(mir_rebuild(phone.store, &err), MIRSAL_OK);
    assert_string_equal(test_team_shown(&phone, &before), "before");
    assert_string_equal(test_team_shown(&phone, &of_office), "of the office");
    assert_int_equal(mir_membership_device(office.store->membership, &old)->ended, 1);
}

static void it_may_correct_what_the_old_one_wrote(void **state)
{
    (void)state;
    mirsal_id before = test_team_report(&phone, "before");
    test_team_meet(&office, &phone, 2);
    phone.store->behind = 1;
    assert_int_equal(mir_team_retire(phone.store, &err), MIRSAL_OK);
    assert_int_equal(test_team_edit(&phone, &before, "corrected"), MIRSAL_OK);
    mirsal_id foreign = test_team_report(&office, "of the office");
    test_team_meet(&office, &phone, 3);
    assert_string_equal(test_team_shown(&office, &before), "corrected");
    assert_int_equal(test_team_count(&office, "SELECT count(*) FROM review WHERE kind <= 2"), 0);
    assert_int_equal(test_team_edit(&phone, &foreign, "x"), MIRSAL_NOT_ALLOWED);
}

static void a_restored_store_cannot(void **state)
{
    (void)state;
    mirsal_hash other = *mir_store_device(office.store);
    assert_int_equal(mir_identity_set(phone.store, &other, &err), MIRSAL_OK);
    test_store_reopen(&phone);
    assert_int_equal(mir_team_retire(phone.store, &err), MIRSAL_NOT_ALLOWED);
}

static void a_retired_device_names_no_second_one(void **state)
{
    (void)state;
    struct test_store twin;
    test_twin_make(&twin, &phone, 5);
    twin.store->behind = 1;
    assert_int_equal(mir_team_retire(twin.store, &err), MIRSAL_OK);
    test_team_meet(&office, &twin, 2);
    test_team_carry(&phone, &office, 3, 0);
    phone.store->behind = 1;
    assert_false(mir_team_may_retire(phone.store));
    assert_int_equal(mir_team_retire(phone.store, &err), MIRSAL_NOT_ALLOWED);
    test_store_fini(&twin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_keeps_all_and_is_a_monitor, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_may_correct_what_the_old_one_wrote, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_restored_store_cannot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_retired_device_names_no_second_one, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
