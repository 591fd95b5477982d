/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/compared_test.c - both sides show the same words; an admin's comparison is said, another's
 * is kept.
 */
#include "compared.h"

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
    test_team_carry(&founder, &monitor, 1, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&monitor);
    test_store_fini(&founder);
    return 0;
}

static const struct mir_member *seen_by(const struct test_store *who, const struct test_store *of)
{
    const struct mir_member *member =
        mir_membership_device(who->store->membership, mir_store_device(of->store));
    assert_non_null(member);
    return member;
}

static void both_sides_show_the_same_words(void **state)
{
    (void)state;
    char there[MIR_COMPARED_WORDS_SIZE];
    char here[MIR_COMPARED_WORDS_SIZE];
    for (int arabic = 0; arabic < 2; arabic++) {
        mir_compared_words(there, monitor.store, seen_by(&monitor, &monitor), arabic);
        mir_compared_words(here, founder.store, seen_by(&founder, &monitor), arabic);
        assert_string_equal(there, here);
        mir_compared_words(here, founder.store, seen_by(&founder, &founder), arabic);
        assert_string_not_equal(there, here);
    }
}

static void an_admins_comparison_admits(void **state)
{
    (void)state;
    const mirsal_hash *device = mir_store_device(monitor.store);
    int here = 1;
    assert_int_equal(mir_compared_here(&here, founder.store, device, &err), MIRSAL_OK);
    assert_int_equal(here, 0);
    assert_int_equal(mir_compared_say(founder.store, device, &err), MIRSAL_OK);
    assert_int_equal(seen_by(&founder, &monitor)->confirmed, 1);
    assert_int_equal(seen_by(&founder, &monitor)->settled, 1);
    assert_int_equal(mir_compared_here(&here, founder.store, device, &err), MIRSAL_OK);
    assert_int_equal(here, 1);
}

static void anybody_elses_stays_here(void **state)
{
    (void)state;
    const mirsal_hash *device = mir_store_device(founder.store);
    int64_t count = test_team_count(&monitor, "SELECT count(*) FROM changeset");
    int here = 0;
    assert_int_equal(mir_compared_say(monitor.store, device, &err), MIRSAL_OK);
    assert_int_equal(mir_compared_here(&here, monitor.store, device, &err), MIRSAL_OK);
    assert_int_equal(here, 1);
    assert_int_equal(test_team_count(&monitor, "SELECT count(*) FROM changeset"), count);
}

static void what_cannot_be_compared_is_refused(void **state)
{
    (void)state;
    mirsal_hash nobody;
    memset(&nobody, 0xee, sizeof nobody);
    assert_int_equal(mir_compared_say(founder.store, &nobody, &err), MIRSAL_NOT_FOUND);
    assert_int_equal(
        mir_compared_say(founder.store, mir_store_device(founder.store), &err), MIRSAL_BAD_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_sides_show_the_same_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_admins_comparison_admits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(anybody_elses_stays_here, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_compared_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
