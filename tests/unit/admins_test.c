/* SPDX-License-Identifier: Apache-2.0 */
/* unit/admins_test.c - who speaks as admin, and freezes. */
#include "team_fixture.h"

#include <string.h>

static void what_does_not_know_the_gain_has_no_right(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'A', MIR_ROLE_COORDINATOR);
    const struct mir_control *given = team_role(team, TEAM_ROOT, 'A', MIR_ROLE_ADMIN);
    const struct mir_control *early = team_invite(team, 'A', MIR_ROLE_MONITOR, 1);
    assert_int_equal(team_fault(team, early), MIR_REASON_NOT_ALLOWED);
    team_tell(team, 'A', given);
    assert_int_equal(
        team_fault(team, team_invite(team, 'A', MIR_ROLE_MONITOR, 1)), MIR_REASON_NONE);
    assert_int_equal(team_fault(team, early), MIR_REASON_NOT_ALLOWED);
    team_from(team, given, MIR_COMPARTMENT_CONTROL, early->seq, &early->id);
    assert_int_equal(team_fault(team, early), MIR_REASON_NONE); /* it holds from there */
    team_free(team);
}

static void nobody_makes_itself_an_admin(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    team_admin(team, 'A');
    assert_int_equal(
        team_fault(team, team_role(team, 'm', 'm', MIR_ROLE_ADMIN)), MIR_REASON_NOT_ALLOWED);
    assert_int_equal(
        team_fault(team, team_role(team, 'm', 'm', MIR_ROLE_COORDINATOR)), MIR_REASON_NOT_ALLOWED);
    assert_int_equal(
        team_fault(team, team_role(team, 'A', 'm', MIR_ROLE_ADMIN)), MIR_REASON_NOT_ALLOWED);
    assert_int_equal(team_fault(team, team_cut(team, 'A', TEAM_FOUNDER, MIR_CUT_HOSTILE)),
        MIR_REASON_NOT_ALLOWED);
    assert_int_equal(team_member(team, 'm')->role, MIR_ROLE_MONITOR);
    assert_int_equal(team_member(team, TEAM_FOUNDER)->role, MIR_ROLE_ADMIN);
    assert_int_equal(team_member(team, TEAM_FOUNDER)->ended, 0);
    team_free(team);
}

static void root_takes_the_right_from_a_place_on(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    team_admin(team, 'A');
    const struct mir_control *before = team_invite(team, 'A', MIR_ROLE_MONITOR, 1);
    const struct mir_control *after = team_invite(team, 'A', MIR_ROLE_MONITOR, 1);
    const struct mir_control *taken = team_role(team, TEAM_ROOT, 'A', MIR_ROLE_COORDINATOR);
    team_leave(team, taken, MIR_COMPARTMENT_CONTROL, before->seq, &before->id);
    assert_int_equal(team_fault(team, before), MIR_REASON_NONE);
    assert_int_equal(team_fault(team, after), MIR_REASON_CUT);
    team_tell(team, 'A', taken); /* who knows the loss has what is left */
    const struct mir_control *join = team_join(team, 'm', before);
    assert_int_equal(team_fault(team, team_admit(team, 'A', join, 0)), MIR_REASON_NONE);
    assert_int_equal(
        team_fault(team, team_invite(team, 'A', MIR_ROLE_MONITOR, 1)), MIR_REASON_NOT_ALLOWED);
    assert_int_equal(team_member(team, 'A')->role, MIR_ROLE_COORDINATOR);
    team_free(team);
}

static void two_admins_freeze_each_other_until_root_decides(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    team_admin(team, 'A');
    team_admin(team, 'B');
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    const struct mir_control *a = team_invite(team, 'A', MIR_ROLE_COORDINATOR, 1);
    const struct mir_control *b = team_invite(team, 'B', MIR_ROLE_COORDINATOR, 1);
    const struct mir_control *by_a = team_freeze(team, 'A', 'B', b);
    const struct mir_control *by_b = team_freeze(team, 'B', 'A', a);
    const struct mir_control *a_later = team_cut(team, 'A', 'm', MIR_CUT_HOSTILE);
    const struct mir_control *b_later = team_invite(team, 'B', MIR_ROLE_COORDINATOR, 1);
    assert_int_equal(team_fault(team, a), MIR_REASON_NONE);
    assert_int_equal(team_fault(team, a_later), MIR_REASON_FROZEN);
    assert_int_equal(team_fault(team, b_later), MIR_REASON_FROZEN);
    assert_int_equal(team->membership.freeze_count, 2);
    assert_true(team_member(team, 'A')->frozen && team_member(team, 'B')->frozen);
    assert_int_equal(team_member(team, 'm')->ended, 0);
    (void)team_unfreeze(team, by_b);
    assert_int_equal(team_fault(team, a_later), MIR_REASON_NONE);
    assert_int_equal(team_fault(team, b_later), MIR_REASON_FROZEN);
    assert_int_equal(team_fault(team, by_a), MIR_REASON_NONE);
    assert_int_equal(team_member(team, 'm')->ended, 2);
    team_free(team);
}

static void a_false_freeze_hides_no_report(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    team_admin(team, 'A');
    (void)team_freeze(team, 'A', TEAM_FOUNDER, NULL); /* all that the founder ever said */
    struct mir_control *plain = team_invite(team, TEAM_FOUNDER, MIR_ROLE_MONITOR, 2);
    team->statements[plain - team->facts][0].invite.in_person = 1;
    struct mir_control *reader = team_invite(team, TEAM_FOUNDER, MIR_ROLE_MONITOR, 1);
    team->statements[reader - team->facts][0].invite.protected_ = 1;
    const struct mir_control *join = team_join(team, 'm', plain);
    (void)team_admit(team, TEAM_FOUNDER, join, 1);
    (void)team_join(team, 'p', reader);
    assert_int_equal(team_fault(team, plain), MIR_REASON_NONE);
    assert_int_equal(team_fault(team, reader), MIR_REASON_FROZEN);
    assert_true(team_member(team, 'm')->settled);
    assert_false(team_member(team, 'm')->vouched || team_member(team, 'm')->in_person);
    assert_false(team_member(team, 'p')->member);
    const struct mir_data_header *report = team_data(team, 'm', 0, NULL);
    assert_int_equal(team_state(team, report).state, MIR_STATE_ACCEPTED);
    team_free(team);
}

static void a_freeze_by_no_admin_is_nothing(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    const struct mir_control *freeze = team_freeze(team, 'c', TEAM_FOUNDER, NULL);
    assert_int_equal(team_fault(team, freeze), MIR_REASON_NOT_ALLOWED);
    assert_int_equal(team->membership.freeze_count, 0);
    assert_false(team_member(team, TEAM_FOUNDER)->frozen);
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_know_the_gain_has_no_right),
        cmocka_unit_test(nobody_makes_itself_an_admin),
        cmocka_unit_test(root_takes_the_right_from_a_place_on),
        cmocka_unit_test(two_admins_freeze_each_other_until_root_decides),
        cmocka_unit_test(a_false_freeze_hides_no_report),
        cmocka_unit_test(a_freeze_by_no_admin_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
