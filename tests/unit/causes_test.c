/* SPDX-License-Identifier: Apache-2.0 */
/* unit/causes_test.c - the statement that holds back what is cut or frozen. */
#include "team_fixture.h"

#include <string.h>

static void assert_cause(struct team_fixture *team,
    const struct mir_control *of,
    const struct mir_control *cause)
{
    const mirsal_hash *found = mir_membership_cause(team_evaluate(team), &of->id);
    if (cause == NULL) {
        assert_null(found);
        return;
    }
    assert_non_null(found);
    assert_memory_equal(found->bytes, cause->id.bytes, sizeof found->bytes);
}

static void of_control_a_cut_a_loss_a_retire_a_freeze(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    (void)team_enrol(team, 'd', MIR_ROLE_COORDINATOR);
    (void)team_enrol(team, 'e', MIR_ROLE_COORDINATOR);
    team_admin(team, 'A');
    const struct mir_control *invite = team_invite(team, TEAM_FOUNDER, MIR_ROLE_MONITOR, 0);
    const struct mir_control *join = team_join(team, 'm', invite);
    const struct mir_control *by_c = team_admit(team, 'c', join, 0);
    const struct mir_control *by_d = team_admit(team, 'd', join, 0);
    const struct mir_control *retire = team_retire(team, 'e', 'f');
    team_tell(team, 'e', retire);
    const struct mir_control *by_e = team_admit(team, 'e', join, 0);
    const struct mir_control *by_a = team_revoke(team, 'A', invite);
    assert_cause(team, by_c, NULL);
    const struct mir_control *cut = team_cut(team, TEAM_FOUNDER, 'c', MIR_CUT_LOST);
    const struct mir_control *loss = team_role(team, TEAM_FOUNDER, 'd', MIR_ROLE_MONITOR);
    const struct mir_control *freeze = team_freeze(team, TEAM_FOUNDER, 'A', NULL);
    assert_cause(team, by_c, cut);
    assert_cause(team, by_d, loss);
    assert_cause(team, by_e, retire);
    assert_cause(team, by_a, freeze);
    assert_cause(team, cut, NULL);
    const struct mir_control *by_root = team_cut(team, TEAM_ROOT, 'A', MIR_CUT_HOSTILE);
    assert_cause(team, by_a, by_root); /* a cut comes before a freeze */
    team_free(team);
}

static void of_data_each_changeset_has_its_own(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    mirsal_hash causes[3] = { 0 };
    struct mir_verdict states[3];
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    const struct mir_data_header *one = team_data(team, 'm', 0, NULL);
    const struct mir_data_header *two = team_data(team, 'm', 0, one);
    const struct mir_data_header *three = team_data(team, 'm', 0, two);
    const struct mir_data_header chain[3] = { *one, *two, *three };
    const struct mir_control *loss = team_role(team, TEAM_FOUNDER, 'm', MIR_ROLE_OBSERVER);
    team_leave(team, loss, 0, one->seq, &one->id);
    const struct mir_control *cut = team_cut(team, TEAM_FOUNDER, 'm', MIR_CUT_LOST);
    team_leave(team, cut, 0, two->seq, &two->id);
    assert_int_equal(
        mir_line_causes(states, causes, team_evaluate(team), chain, 3, NULL), MIRSAL_OK);
    static const mirsal_hash none;
    assert_int_equal(states[0].state, MIR_STATE_ACCEPTED);
    assert_memory_equal(causes[0].bytes, none.bytes, 32);
    assert_int_equal(states[1].reason, MIR_REASON_CUT);
    assert_memory_equal(causes[1].bytes, loss->id.bytes, 32);
    assert_int_equal(states[2].reason, MIR_REASON_CUT);
    assert_memory_equal(causes[2].bytes, cut->id.bytes, 32); /* a cut comes before a loss */
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_control_a_cut_a_loss_a_retire_a_freeze),
        cmocka_unit_test(of_data_each_changeset_has_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
