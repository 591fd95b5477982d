/* SPDX-License-Identifier: Apache-2.0 */
/* unit/strata_test.c - root and admins, and how words on one subject combine. */
#include "strata.h"

#include "team_fixture.h"

#include <string.h>

static int is_admin(struct team_fixture *team, char letter)
{
    team_evaluate(team);
    const struct mir_member *member = team_member(team, letter);
    return member != NULL && member->role == MIR_ROLE_ADMIN;
}

static void without_genesis_nothing_counts(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    team->statements[0][0].genesis.is_team = 0;
    (void)team_enrol(team, 'a', MIR_ROLE_MONITOR);
    const struct mir_membership *found = team_evaluate(team);
    assert_false(found->has_genesis);
    assert_null(team_member(team, TEAM_FOUNDER));
    assert_false(team_member(team, 'a')->member);
    assert_true(found->fault_count >= 3);
    team_free(team);
}

static void the_founder_is_admin_until_root_says_otherwise(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    assert_true(is_admin(team, TEAM_FOUNDER));
    (void)team_role(team, TEAM_ROOT, TEAM_FOUNDER, MIR_ROLE_MONITOR);
    assert_false(is_admin(team, TEAM_FOUNDER));
    assert_int_equal(team_member(team, TEAM_FOUNDER)->role, MIR_ROLE_MONITOR);
    (void)team_role(team, TEAM_ROOT, TEAM_FOUNDER, MIR_ROLE_ADMIN);
    assert_true(is_admin(team, TEAM_FOUNDER));
    team_free(team);
}

static void only_root_makes_admins(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'a', MIR_ROLE_COORDINATOR);
    (void)team_role(team, TEAM_FOUNDER, 'a', MIR_ROLE_ADMIN);
    assert_false(is_admin(team, 'a'));
    assert_int_equal(team_member(team, 'a')->role, MIR_ROLE_COORDINATOR);
    (void)team_role(team, TEAM_ROOT, 'a', MIR_ROLE_ADMIN);
    assert_true(is_admin(team, 'a'));
    (void)team_role(team, TEAM_FOUNDER, 'a', MIR_ROLE_OBSERVER);
    assert_true(is_admin(team, 'a')); /* nor unmakes them */
    team_free(team);
}

static void of_two_branches_of_root_taking_wins(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'a', MIR_ROLE_MONITOR);
    const struct mir_control *genesis = &team->facts[0];
    struct mir_statement gives = { .kind = MIR_STATEMENT_ROLE };
    gives.role.device = team_key('a');
    gives.role.role = MIR_ROLE_ADMIN;
    struct mir_statement takes = gives;
    takes.role.role = MIR_ROLE_OBSERVER;
    const struct mir_control *given = team_fork(team, TEAM_ROOT, genesis, gives);
    assert_true(is_admin(team, 'a'));
    const struct mir_control *taken = team_fork(team, TEAM_ROOT, genesis, takes);
    assert_false(is_admin(team, 'a'));
    struct mir_control *again = team_fork(team, TEAM_ROOT, given, gives);
    assert_false(is_admin(team, 'a')); /* does not know what was taken */
    team->knows[again - team->facts][0] = taken->id;
    again->knows_count = 1;
    assert_true(is_admin(team, 'a'));
    team_free(team);
}

static void later_in_one_changeset_replaces_earlier(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'a', MIR_ROLE_MONITOR);
    struct mir_control *fact = team_role(team, TEAM_ROOT, 'a', MIR_ROLE_OBSERVER);
    struct mir_statement gives = { .kind = MIR_STATEMENT_ROLE };
    gives.role.device = team_key('a');
    gives.role.role = MIR_ROLE_ADMIN;
    team_add(team, fact, gives);
    assert_true(is_admin(team, 'a'));
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_genesis_nothing_counts),
        cmocka_unit_test(the_founder_is_admin_until_root_says_otherwise),
        cmocka_unit_test(only_root_makes_admins),
        cmocka_unit_test(of_two_branches_of_root_taking_wins),
        cmocka_unit_test(later_in_one_changeset_replaces_earlier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
