/* SPDX-License-Identifier: Apache-2.0 */
/* unit/teampolicy_test.c - policies in force. */
#include "team_fixture.h"

#include <string.h>

static struct mir_control *say_policy(struct team_fixture *team,
    char author,
    uint64_t name,
    int64_t value)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_POLICY };
    what.policy.name = name;
    what.policy.value = value;
    what.policy.is_integer = 1;
    return team_say(team, author, what);
}

static int64_t in_force(struct team_fixture *team, enum mir_team_policy name)
{
    return team_evaluate(team)->policies[name];
}

static void the_defaults_stand_until_somebody_says_otherwise(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    assert_int_equal(in_force(team, MIR_TEAM_EPOCH_DAYS), 180);
    assert_int_equal(in_force(team, MIR_TEAM_PURGE_DAYS), 30);
    assert_int_equal(in_force(team, MIR_TEAM_HISTORY), 1);
    team_free(team);
}

static void admins_make_it_stricter_and_root_looser(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    team_admin(team, 'A');
    const struct mir_control *strict = say_policy(team, 'A', MIR_TEAM_EPOCH_DAYS, 30);
    (void)say_policy(team, TEAM_FOUNDER, MIR_TEAM_EPOCH_DAYS, 400); /* looser: nothing */
    (void)say_policy(team, TEAM_FOUNDER, MIR_TEAM_PURGE_DAYS, 90);
    (void)say_policy(team, TEAM_FOUNDER, MIR_TEAM_PURGE_DAYS, 10);
    assert_int_equal(in_force(team, MIR_TEAM_EPOCH_DAYS), 30);
    assert_int_equal(in_force(team, MIR_TEAM_PURGE_DAYS), 90);
    team_tell(team, TEAM_ROOT, strict);
    (void)say_policy(team, TEAM_ROOT, MIR_TEAM_EPOCH_DAYS, 365);
    assert_int_equal(in_force(team, MIR_TEAM_EPOCH_DAYS), 365);
    (void)say_policy(team, 'A', MIR_TEAM_EPOCH_DAYS, 60); /* concurrent, stricter */
    assert_int_equal(in_force(team, MIR_TEAM_EPOCH_DAYS), 60);
    team_free(team);
}

static void what_these_rules_do_not_have_is_unresolved(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    assert_int_equal(team_fault(team, say_policy(team, TEAM_FOUNDER, 3, 1)), MIR_REASON_UNRESOLVED);
    assert_int_equal(
        team_fault(team, say_policy(team, TEAM_ROOT, MIR_TEAM_HISTORY, 2)), MIR_REASON_UNRESOLVED);
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    assert_int_equal(
        team_fault(team, say_policy(team, 'c', MIR_TEAM_HISTORY, 0)), MIR_REASON_NOT_ALLOWED);
    assert_int_equal(in_force(team, MIR_TEAM_HISTORY), 1);
    assert_int_equal(
        team_fault(team, say_policy(team, TEAM_FOUNDER, MIR_TEAM_HISTORY, 0)), MIR_REASON_NONE);
    assert_int_equal(in_force(team, MIR_TEAM_HISTORY), 0);
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_stand_until_somebody_says_otherwise),
        cmocka_unit_test(admins_make_it_stricter_and_root_looser),
        cmocka_unit_test(what_these_rules_do_not_have_is_unresolved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
