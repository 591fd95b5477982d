/* SPDX-License-Identifier: Apache-2.0 */
/* unit/line_test.c - the states of one data chain, in the order of the protocol. */
#include "team_fixture.h"

#include <string.h>

static void the_first_that_lacks_is_the_reason(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    struct mir_data_header *first = team_data(team, 'm', 0, NULL);
    struct mir_data_header *second = team_data(team, 'm', 0, first);
    struct mir_data_header *other = team_data(team, 'm', 9, NULL);
    second->prev = team_key('?');
    first->authority = team_key('?');
    team_assert_state(team, second, MIR_STATE_WAITING, MIR_REASON_PREV);
    team_assert_state(team, first, MIR_STATE_WAITING, MIR_REASON_AUTHORITY);
    first->authority = team->facts[0].id;
    second->prev = first->id;
    team_assert_state(team, second, MIR_STATE_WAITING, MIR_REASON_ADMIT);
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    ACCEPTED(team, second);
    HELD_BACK(team, other, NOT_ALLOWED);
    (void)team_grant(team, TEAM_FOUNDER, 9, 'x', 1);
    ACCEPTED(team, other);
    team_free(team);
}

static void backdated_work_of_a_cut_device_stays_out(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    (void)team_enrol(team, 'n', MIR_ROLE_MONITOR);
    const struct mir_data_header *kept = team_data(team, 'm', 0, NULL);
    const struct mir_data_header *honest = team_data(team, 'n', 0, NULL);
    const struct mir_control *cut = team_cut(team, TEAM_FOUNDER, 'm', MIR_CUT_HOSTILE);
    team_leave(team, cut, 0, kept->seq, &kept->id);
    const struct mir_data_header *above = team_data(team, 'm', 0, kept);
    const struct mir_data_header *aside = team_data(team, 'm', 1, NULL); /* a chain not named */
    const struct mir_data_header *below = team_data(team, 'm', 0, NULL); /* an old number again */
    ACCEPTED(team, kept);
    HELD_BACK(team, above, CUT);
    HELD_BACK(team, aside, CUT);
    HELD_BACK(team, below, CUT);
    ACCEPTED(team, honest);
    team_free(team);
}

static void a_cut_at_what_is_not_held_leaves_what_stands_below_any_fork(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    mirsal_hash unheld = team_key('u');
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    const struct mir_data_header *chain[4] = { NULL, NULL, NULL, NULL };
    for (size_t i = 0; i < 4; i++) {
        chain[i] = team_data(team, 'm', 0, i == 0 ? NULL : chain[i - 1]);
    }
    const struct mir_control *cut = team_cut(team, TEAM_FOUNDER, 'm', MIR_CUT_LOST);
    team_leave(team, cut, 0, 3, &unheld);
    ACCEPTED(team, chain[2]);
    HELD_BACK(team, chain[3], CUT);
    const struct mir_data_header *fork = team_data(team, 'm', 0, chain[0]);
    ACCEPTED(team, chain[0]);
    HELD_BACK(team, chain[1], CUT);
    HELD_BACK(team, fork, CUT);
    struct mir_data_header *named = team_data(team, 'm', 0, fork);
    named->id = unheld; /* it came: its path is what the cut leaves */
    ACCEPTED(team, fork);
    ACCEPTED(team, named);
    HELD_BACK(team, chain[1], CUT);
    team_free(team);
}

static void most_devices_are_plain(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const char letters[] = { 'a', 'b', 'c', 'd', 'e', 'f' };
    for (size_t i = 0; i < sizeof letters; i++) {
        (void)team_enrol(team, letters[i], MIR_ROLE_MONITOR);
    }
    (void)team_enrol(team, 'o', MIR_ROLE_OBSERVER);
    (void)team_role(team, TEAM_FOUNDER, 'b', MIR_ROLE_COORDINATOR); /* a gain takes nothing */
    (void)team_role(team, TEAM_FOUNDER, 'c', MIR_ROLE_OBSERVER);
    (void)team_cut(team, TEAM_FOUNDER, 'd', MIR_CUT_LOST);
    (void)team_retire(team, 'e', 'x');
    (void)team_evaluate(team);
    const char plain[] = { 'a', 'b', 'f', TEAM_FOUNDER };
    const char others[] = { 'c', 'd', 'e', 'o', 'x' };
    for (size_t i = 0; i < sizeof plain; i++) {
        mirsal_hash key = team_key(plain[i]);
        assert_true(mir_line_is_plain(&team->membership, &key));
    }
    for (size_t i = 0; i < sizeof others; i++) {
        mirsal_hash key = team_key(others[i]);
        assert_false(mir_line_is_plain(&team->membership, &key));
    }
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_lacks_is_the_reason),
        cmocka_unit_test(backdated_work_of_a_cut_device_stays_out),
        cmocka_unit_test(a_cut_at_what_is_not_held_leaves_what_stands_below_any_fork),
        cmocka_unit_test(most_devices_are_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
