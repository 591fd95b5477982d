/* SPDX-License-Identifier: Apache-2.0 */
/* unit/purgebodies_test.c - bodies that no order names are named by an admin's device, and go. */
#include "purgebodies.h"

#include "acts.h"
#include "members.h"
#include "purge.h"
#include "test_pages.h"
#include "test_team.h"

#include <string.h>

#define DAYS UINT64_C(86400000)

static struct test_store founder;
static struct test_store second;
static struct test_store helper;
static mirsal_error err;

static void meet_all(uint64_t seed)
{
    for (uint64_t i = 0; i < 2; i++) {
        test_team_meet(&founder, &second, seed + i);
        test_team_meet(&founder, &helper, seed + 20 + i);
        test_team_meet(&second, &helper, seed + 40 + i);
    }
}

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .uses = 1, .in_person = 1
    };
    test_team_found(&founder, 1);
    test_team_join(&second, &founder, 2, &terms);
    test_team_join(&helper, &founder, 3, &terms);
    test_team_meet(&founder, &second, 4);
    test_team_make_admin(&founder, &second, "Amal");
    meet_all(6);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&helper);
    test_store_fini(&second);
    test_store_fini(&founder);
    return 0;
}

static void pass_days(uint64_t days)
{
    test_env_advance(&founder.world, days * DAYS);
    test_env_advance(&second.world, days * DAYS);
    test_env_advance(&helper.world, days * DAYS);
}

static int64_t bodies_gone(struct test_store *device)
{
    return test_team_count(device, "SELECT count(*) FROM changeset WHERE kept = 3");
}

static size_t named_by(struct test_store *device, const mirsal_hash *of)
{
    return mir_purges_find(device->store->membership, of)->naming_count;
}

/* Its author has not heard of the order; nobody has to purge the record again. */
static void a_late_edit_is_named_and_goes(void **state)
{
    (void)state;
    mirsal_id witness = test_team_report(&helper, "saffron");
    (void)test_team_report(&helper, "cobalt");
    mirsal_hash of;
    meet_all(60);
    assert_int_equal(mir_purge_say(&of, founder.store, NULL, &witness, NULL, &err), MIRSAL_OK);
    test_team_meet(&founder, &second, 90);
    assert_int_equal(test_team_edit(&helper, &witness, "vermilion"), MIRSAL_OK);
    meet_all(100);
    assert_int_equal(named_by(&founder, &of), 0); /* one person's word hides alone */
    assert_int_equal(mir_purge_approve(second.store, NULL, &of, &err), MIRSAL_OK);
    meet_all(200);
    assert_true(named_by(&founder, &of) > 0);
    pass_days(31);
    meet_all(300);
    struct test_store *all[] = { &founder, &second, &helper };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bodies_gone(all[i]), 2);
        assert_int_equal(test_pages_holding(all[i]->store->sql, "saffron", 7), 0);
        assert_int_equal(test_pages_holding(all[i]->store->sql, "vermilion", 9), 0);
    }
}

/* A body that a naming alone names has the policy's days from then on, however old the order. */
static void its_days_count_from_the_naming(void **state)
{
    (void)state;
    mirsal_id witness = test_team_report(&helper, "saffron");
    mirsal_hash of;
    meet_all(60);
    assert_int_equal(mir_purge_say(&of, founder.store, NULL, &witness, NULL, &err), MIRSAL_OK);
    test_team_meet(&founder, &second, 90);
    assert_int_equal(mir_purge_approve(second.store, NULL, &of, &err), MIRSAL_OK);
    test_team_meet(&founder, &second, 91);
    pass_days(31);
    test_team_meet(&founder, &second, 92);
    assert_int_equal(bodies_gone(&founder), 1);
    assert_int_equal(test_team_edit(&helper, &witness, "vermilion"), MIRSAL_OK);
    meet_all(100);
    assert_true(named_by(&founder, &of) > 0);
    pass_days(29);
    meet_all(300);
    assert_int_equal(bodies_gone(&founder), 1);
    assert_true(test_pages_holding(founder.store->sql, "vermilion", 9) > 0);
    pass_days(2);
    meet_all(400);
    struct test_store *all[] = { &founder, &second, &helper };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bodies_gone(all[i]), 2);
        assert_int_equal(test_pages_holding(all[i]->store->sql, "vermilion", 9), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_late_edit_is_named_and_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(its_days_count_from_the_naming, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
