/* SPDX-License-Identifier: Apache-2.0 */
/* unit/adopts_test.c - late work brought back, and taken out again. */
#include "team_fixture.h"

#include <string.h>

static struct mir_control *cut_at(struct team_fixture *team,
    const struct mir_data_header *last,
    enum mir_cut_reason reason)
{
    struct mir_control *cut = team_cut(team, TEAM_FOUNDER, 'm', reason);
    team_leave(team, cut, last->compartment, last->seq, &last->id);
    return cut;
}

static void late_work_of_a_lost_device_is_adopted(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    (void)team_enrol(team, 'n', MIR_ROLE_MONITOR);
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    const struct mir_data_header *before = team_data(team, 'm', 0, NULL);
    const struct mir_data_header *late = team_data(team, 'm', 0, before);
    const struct mir_data_header *later = team_data(team, 'm', 0, late);
    (void)cut_at(team, before, MIR_CUT_LOST);
    ACCEPTED(team, before);
    HELD_BACK(team, late, CUT);
    (void)team_adopt(team, 'n', late); /* a monitor adopts nothing */
    HELD_BACK(team, late, CUT);
    const struct mir_control *adopt = team_adopt(team, 'c', late);
    ACCEPTED(team, late);
    HELD_BACK(team, later, CUT);
    assert_int_equal(team->membership.adopt_count, 1);
    struct mir_adoption by;
    assert_int_equal(mir_membership_adopted(&team->membership, &late->id, &by), 1);
    assert_memory_equal(by.by.bytes, team_key('c').bytes, 32);
    assert_int_equal(mir_membership_adopted(&team->membership, &later->id, NULL), 0);
    struct mir_control *again = cut_at(team, before, MIR_CUT_LOST);
    team->statements[again - team->facts][0].cut.undoes = &adopt->id;
    team->statements[again - team->facts][0].cut.undo_count = 1;
    HELD_BACK(team, late, CUT);
    assert_int_equal(team->membership.adopt_count, 0);
    (void)team_adopt(team, 'c', late); /* a new one is another */
    ACCEPTED(team, late);
    team_free(team);
}

static void hostile_work_is_adopted_by_an_admin_alone(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    const struct mir_data_header *before = team_data(team, 'm', 0, NULL);
    const struct mir_data_header *late = team_data(team, 'm', 0, before);
    (void)cut_at(team, before, MIR_CUT_HOSTILE);
    (void)team_adopt(team, 'c', late);
    HELD_BACK(team, late, CUT);
    (void)team_adopt(team, TEAM_FOUNDER, late);
    ACCEPTED(team, late);
    team_free(team);
}

static void an_adopt_gives_no_right(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'o', MIR_ROLE_OBSERVER);
    const struct mir_data_header *written = team_data(team, 'o', 0, NULL);
    (void)team_adopt(team, TEAM_FOUNDER, written);
    HELD_BACK(team, written, NOT_ALLOWED);
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_work_of_a_lost_device_is_adopted),
        cmocka_unit_test(hostile_work_is_adopted_by_an_admin_alone),
        cmocka_unit_test(an_adopt_gives_no_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
