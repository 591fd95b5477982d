/* SPDX-License-Identifier: Apache-2.0 */
/* unit/ladder_test.c - roles along a chain: what knows a gain has it, a loss cuts. */
#include "team_fixture.h"

#include <string.h>

static void a_gain_holds_for_what_knows_it_or_stands_above_its_place(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'o', MIR_ROLE_OBSERVER);
    const struct mir_data_header *first = team_data(team, 'o', 0, NULL);
    const struct mir_data_header *second = team_data(team, 'o', 0, first);
    const struct mir_control *raised = team_role(team, TEAM_FOUNDER, 'o', MIR_ROLE_MONITOR);
    const struct mir_data_header *unaware = team_data(team, 'o', 0, second);
    team_tell(team, 'o', raised);
    const struct mir_data_header *aware = team_data(team, 'o', 0, unaware);
    HELD_BACK(team, unaware, NOT_ALLOWED);
    ACCEPTED(team, aware);
    team_from(team, raised, 0, second->seq, &second->id);
    HELD_BACK(team, first, NOT_ALLOWED);
    ACCEPTED(team, second);
    ACCEPTED(team, unaware);
    team_free(team);
}

static void knowledge_never_shrinks_up_a_chain(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_control *join = team_enrol(team, 'o', MIR_ROLE_OBSERVER);
    team_tell(team, 'o', team_role(team, TEAM_FOUNDER, 'o', MIR_ROLE_MONITOR));
    const struct mir_data_header *first = team_data(team, 'o', 0, NULL);
    team_tell(team, 'o', join); /* an older authority is no error */
    const struct mir_data_header *second = team_data(team, 'o', 0, first);
    ACCEPTED(team, second);
    team_free(team);
}

static void a_loss_is_a_cut_and_leaves_what_is_left(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_COORDINATOR);
    const struct mir_data_header *kept = team_data(team, 'm', 0, NULL);
    const struct mir_data_header *late = team_data(team, 'm', 0, kept);
    const struct mir_control *lost = team_role(team, TEAM_FOUNDER, 'm', MIR_ROLE_MONITOR);
    team_leave(team, lost, 0, kept->seq, &kept->id);
    team_tell(team, 'm', lost);
    const struct mir_data_header *aware = team_data(team, 'm', 0, late);
    ACCEPTED(team, kept);
    HELD_BACK(team, late, CUT);
    ACCEPTED(team, aware);
    const struct mir_data_header *backdated = team_data(team, 'm', 1, NULL); /* it knows the loss */
    ACCEPTED(team, backdated);
    team_tell(team, 'm', &team->facts[0]);
    const struct mir_data_header *unnamed = team_data(team, 'm', 2, NULL);
    (void)team_grant(team, TEAM_FOUNDER, 2, 'x', 1);
    HELD_BACK(team, unnamed, CUT); /* a chain that the loss does not name is cut at 0 */
    team_free(team);
}

static void who_is_given_it_back_does_not_revive_what_was_cut(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    const struct mir_data_header *kept = team_data(team, 'm', 0, NULL);
    const struct mir_control *lost = team_role(team, TEAM_FOUNDER, 'm', MIR_ROLE_OBSERVER);
    team_leave(team, lost, 0, kept->seq, &kept->id);
    const struct mir_control *again = team_role(team, TEAM_FOUNDER, 'm', MIR_ROLE_MONITOR);
    const struct mir_data_header *backdated = team_data(team, 'm', 0, kept);
    team_tell(team, 'm', again);
    const struct mir_data_header *after = team_data(team, 'm', 0, backdated);
    HELD_BACK(team, backdated, CUT);
    ACCEPTED(team, after);
    team_free(team);
}

static void concurrent_words_give_the_lowest(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    (void)team_enrol(team, 'A', MIR_ROLE_COORDINATOR);
    team_tell(team, 'A', team_role(team, TEAM_ROOT, 'A', MIR_ROLE_ADMIN));
    const struct mir_control *up = team_role(team, TEAM_FOUNDER, 'm', MIR_ROLE_COORDINATOR);
    const struct mir_control *down = team_role(team, 'A', 'm', MIR_ROLE_OBSERVER);
    team_tell(team, 'm', up);
    const struct mir_data_header *one = team_data(team, 'm', 0, NULL);
    HELD_BACK(team, one, CUT); /* the loss that it does not know leaves nothing */
    team_tell(team, 'm', down);
    const struct mir_data_header *two = team_data(team, 'm', 0, one);
    HELD_BACK(team, two, NOT_ALLOWED); /* it knows both now */
    assert_int_equal(team_member(team, 'm')->role, MIR_ROLE_OBSERVER);
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gain_holds_for_what_knows_it_or_stands_above_its_place),
        cmocka_unit_test(knowledge_never_shrinks_up_a_chain),
        cmocka_unit_test(a_loss_is_a_cut_and_leaves_what_is_left),
        cmocka_unit_test(who_is_given_it_back_does_not_revive_what_was_cut),
        cmocka_unit_test(concurrent_words_give_the_lowest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
