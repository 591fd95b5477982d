/* SPDX-License-Identifier: Apache-2.0 */
/* unit/cuts_test.c - cuts of control chains, and devices that retire. */
#include "team_fixture.h"

#include <string.h>

static void a_cut_device_says_nothing_new(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    const struct mir_control *invite = team_invite(team, TEAM_FOUNDER, MIR_ROLE_MONITOR, 0);
    const struct mir_control *one = team_join(team, 'm', invite);
    const struct mir_control *two = team_join(team, 'n', invite);
    const struct mir_control *before = team_admit(team, 'c', one, 0);
    const struct mir_control *after = team_admit(team, 'c', two, 0);
    const struct mir_control *cut = team_cut(team, TEAM_FOUNDER, 'c', MIR_CUT_LOST);
    team_leave(team, cut, MIR_COMPARTMENT_CONTROL, before->seq, &before->id);
    assert_int_equal(team_fault(team, before), MIR_REASON_NONE);
    assert_int_equal(team_fault(team, after), MIR_REASON_CUT);
    assert_true(team_member(team, 'm')->settled);
    assert_false(team_member(team, 'n')->member);
    team_tell(team, 'c', cut); /* nothing counts after a cut, whatever it knows */
    assert_int_equal(team_fault(team, team_admit(team, 'c', two, 0)), MIR_REASON_CUT);
    assert_true(team_member(team, 'c')->member); /* no cut reaches its join */
    team_free(team);
}

static void a_cut_is_not_cut_by_whom_it_cuts(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    team_admin(team, 'A');
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    const struct mir_control *back = team_cut(team, 'c', 'A', MIR_CUT_HOSTILE);
    const struct mir_control *cut = team_cut(team, 'A', 'c', MIR_CUT_HOSTILE);
    assert_int_equal(team_fault(team, cut), MIR_REASON_NONE);
    assert_int_equal(team_fault(team, back), MIR_REASON_CUT);
    assert_int_equal(team_member(team, 'c')->ended, 2);
    /* Root cuts the admin below its cut: that cut is gone, and the coordinator stands. */
    const struct mir_control *root = team_cut(team, TEAM_ROOT, 'A', MIR_CUT_HOSTILE);
    team_leave(team, root, MIR_COMPARTMENT_CONTROL, cut->seq - 1, &cut->prev);
    assert_int_equal(team_fault(team, cut), MIR_REASON_CUT);
    assert_int_equal(team_member(team, 'c')->ended, 0);
    assert_int_equal(team_member(team, 'A')->ended, 2);
    team_free(team);
}

static void several_cuts_leave_what_each_leaves(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    team_admin(team, 'A');
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    const struct mir_control *said[4];
    for (size_t i = 0; i < 4; i++) {
        said[i] = team_answer(team, 'c', 0, 1);
    }
    const struct mir_control *high = team_cut(team, TEAM_FOUNDER, 'c', MIR_CUT_RETIRED);
    team_leave(team, high, MIR_COMPARTMENT_CONTROL, said[2]->seq, &said[2]->id);
    assert_int_equal(team_fault(team, said[2]), MIR_REASON_NONE);
    assert_int_equal(team_fault(team, said[3]), MIR_REASON_CUT);
    const struct mir_control *low = team_cut(team, 'A', 'c', MIR_CUT_RETIRED);
    team_leave(team, low, MIR_COMPARTMENT_CONTROL, said[1]->seq, &said[1]->id);
    assert_int_equal(team_fault(team, said[1]), MIR_REASON_NONE);
    assert_int_equal(team_fault(team, said[2]), MIR_REASON_CUT);
    assert_int_equal(team->membership.cut_count, 2);
    mirsal_hash key = team_key('c');
    uint64_t seq = 0;
    assert_true(mir_membership_cut_at(&seq, &team->membership, &key, MIR_COMPARTMENT_CONTROL));
    assert_int_equal(seq, said[1]->seq);
    assert_true(mir_membership_cut_at(&seq, &team->membership, &key, 0));
    assert_int_equal(seq, 0); /* a chain that no cut names */
    key = team_key('A');
    assert_false(mir_membership_cut_at(&seq, &team->membership, &key, 0));
    team_free(team);
}

static void a_cut_device_is_not_readmitted(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    (void)team_cut(team, TEAM_FOUNDER, 'c', MIR_CUT_HOSTILE);
    const struct mir_control *invite = team_invite(team, TEAM_FOUNDER, MIR_ROLE_COORDINATOR, 1);
    const struct mir_control *again = team_join(team, 'c', invite);
    (void)team_admit(team, TEAM_FOUNDER, again, 1);
    const struct mir_control *role = team_role(team, TEAM_FOUNDER, 'c', MIR_ROLE_COORDINATOR);
    team_tell(team, 'c', role);
    (void)team_evaluate(team);
    mirsal_hash key = team_key('c');
    assert_int_equal(team_member(team, 'c')->ended, 2);
    assert_false(mir_membership_can_read(&team->membership, &key, 0));
    assert_int_equal(team_fault(team, team_answer(team, 'c', 0, 1)), MIR_REASON_CUT);
    team_free(team);
}

static void after_its_own_retire_a_device_says_nothing(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    const struct mir_control *before = team_answer(team, 'c', 0, 1);
    const struct mir_control *retire = team_retire(team, 'c', 'd');
    const struct mir_control *after = team_answer(team, 'c', 0, 1);
    const struct mir_control *twice = team_retire(team, 'c', 'e');
    assert_int_equal(team_fault(team, before), MIR_REASON_NONE);
    assert_int_equal(team_fault(team, retire), MIR_REASON_NONE);
    assert_int_equal(team_fault(team, after), MIR_REASON_CUT);
    assert_int_equal(team_fault(team, twice), MIR_REASON_CUT);
    const struct mir_data_header *data = team_data(team, 'c', 0, NULL);
    assert_int_equal(
        team_state(team, data).state, MIR_STATE_ACCEPTED); /* it may have been before */
    team_tell(team, 'c', retire);
    data = team_data(team, 'c', 0, data);
    assert_int_equal(team_state(team, data).reason, MIR_REASON_CUT);
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_device_says_nothing_new),
        cmocka_unit_test(a_cut_is_not_cut_by_whom_it_cuts),
        cmocka_unit_test(several_cuts_leave_what_each_leaves),
        cmocka_unit_test(a_cut_device_is_not_readmitted),
        cmocka_unit_test(after_its_own_retire_a_device_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
