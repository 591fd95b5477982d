/* SPDX-License-Identifier: Apache-2.0 */
/* unit/joins_test.c - invites, the joins that stand on them, and devices that enrol anew. */
#include "team_fixture.h"

#include <string.h>

static void an_invite_used_twice_gives_one_place(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_control *invite = team_invite(team, TEAM_FOUNDER, MIR_ROLE_MONITOR, 1);
    const struct mir_control *joins[2] = { team_join(team, 'a', invite),
        team_join(team, 'b', invite) };
    size_t first = memcmp(joins[0]->id.bytes, joins[1]->id.bytes, 32) < 0 ? 0 : 1;
    assert_int_equal(team_fault(team, joins[first]), MIR_REASON_NONE);
    assert_int_equal(team_fault(team, joins[1 - first]), MIR_REASON_ADMIT);
    (void)team_admit(team, TEAM_FOUNDER, joins[1 - first], 0); /* settled for good */
    assert_int_equal(team_fault(team, joins[1 - first]), MIR_REASON_NONE);
    assert_int_equal(team_fault(team, joins[first]), MIR_REASON_ADMIT);
    assert_int_equal(team->membership.invites[0].remaining, 0);
    team_free(team);
}

static void a_forged_join_joins_nobody(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_control *invite = team_invite(team, TEAM_FOUNDER, MIR_ROLE_COORDINATOR, 9);
    struct mir_control *forged = team_join(team, 'x', invite);
    team->statements[forged - team->facts][0].join.proof_ok = 0;
    (void)team_admit(team, TEAM_FOUNDER, forged, 1);
    assert_int_equal(team_fault(team, forged), MIR_REASON_NOT_ALLOWED);
    assert_false(team_member(team, 'x')->member);
    const struct mir_data_header *data = team_data(team, 'x', 0, NULL);
    assert_int_equal(team_state(team, data).reason, MIR_REASON_ADMIT);
    assert_int_equal(team->membership.invites[0].remaining, 9);
    team_free(team);
}

static void who_is_settled_outlives_its_inviter(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'A', MIR_ROLE_COORDINATOR);
    team_tell(team, 'A', team_role(team, TEAM_ROOT, 'A', MIR_ROLE_ADMIN));
    const struct mir_control *invite = team_invite(team, 'A', MIR_ROLE_COORDINATOR, 5);
    const struct mir_control *settled = team_join(team, 'm', invite);
    const struct mir_control *loose = team_join(team, 'n', invite);
    (void)team_admit(team, TEAM_FOUNDER, settled, 0);
    assert_int_equal(team_fault(team, loose), MIR_REASON_NONE);
    (void)team_cut(team, TEAM_ROOT, 'A', MIR_CUT_HOSTILE);
    assert_int_equal(team_fault(team, invite), MIR_REASON_CUT);
    assert_int_equal(team_fault(team, settled), MIR_REASON_NONE);
    assert_int_equal(team_fault(team, loose), MIR_REASON_ADMIT);
    assert_int_equal(team_member(team, 'm')->role, MIR_ROLE_MONITOR); /* no more than that */
    team_free(team);
}

static void a_device_enrols_anew_as_a_monitor(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    const struct mir_control *retire = team_retire(team, 'c', 'd');
    const struct mir_control *join = team_join(team, 'd', retire);
    const struct mir_control *thief = team_join(team, 'x', retire); /* not whom it names */
    assert_int_equal(team_fault(team, join), MIR_REASON_NONE);
    assert_int_equal(team_fault(team, thief), MIR_REASON_NOT_ALLOWED);
    assert_int_equal(team_member(team, 'd')->role, MIR_ROLE_MONITOR);
    assert_false(team_member(team, 'd')->settled || team_member(team, 'd')->vouched);
    mirsal_hash old = team_key('c');
    mirsal_hash new = team_key('d');
    mirsal_hash other = team_key(TEAM_FOUNDER);
    assert_true(mir_membership_same_author(&team->membership, &old, &new));
    assert_false(mir_membership_same_author(&team->membership, &other, &new));
    assert_memory_equal(mir_membership_author(&team->membership, &new)->bytes, old.bytes, 32);
    assert_int_equal(team_member(team, 'c')->ended, 1);
    team_free(team);
}

static void two_successors_wait_for_a_person(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_control *join = team_enrol(team, 'm', MIR_ROLE_MONITOR);
    const struct mir_control *retire = team_retire(team, 'm', 'n');
    struct mir_statement what = { .kind = MIR_STATEMENT_RETIRE };
    what.retire.successor = team_key('x');
    const struct mir_control *stolen = team_fork(team, 'm', join, what);
    const struct mir_control *honest = team_join(team, 'n', retire);
    const struct mir_control *thief = team_join(team, 'x', stolen);
    assert_int_equal(team_fault(team, honest), MIR_REASON_ADMIT);
    assert_int_equal(team_fault(team, thief), MIR_REASON_ADMIT);
    (void)team_admit(team, TEAM_FOUNDER, honest, 0);
    assert_int_equal(team_fault(team, honest), MIR_REASON_NONE);
    assert_int_equal(team_fault(team, thief), MIR_REASON_ADMIT);
    team_free(team);
}

static void a_second_first_changeset_is_another_join(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_control *join = team_enrol(team, 'm', MIR_ROLE_MONITOR);
    const struct mir_control *invite = team_invite(team, TEAM_FOUNDER, MIR_ROLE_COORDINATOR, 1);
    const struct mir_control *other = team_join(team, 'm', invite);
    struct mir_statement adopt = { .kind = MIR_STATEMENT_ADOPT };
    const struct mir_control *said = team_fork(team, 'm', other, adopt);
    assert_int_equal(team_fault(team, join), MIR_REASON_NONE);
    assert_int_equal(team_fault(team, other), MIR_REASON_ADMIT);
    assert_int_equal(team_fault(team, said), MIR_REASON_ADMIT); /* on a join that does not count */
    assert_int_equal(team_member(team, 'm')->role, MIR_ROLE_MONITOR);
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_invite_used_twice_gives_one_place),
        cmocka_unit_test(a_forged_join_joins_nobody),
        cmocka_unit_test(who_is_settled_outlives_its_inviter),
        cmocka_unit_test(a_device_enrols_anew_as_a_monitor),
        cmocka_unit_test(two_successors_wait_for_a_person),
        cmocka_unit_test(a_second_first_changeset_is_another_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
