/* SPDX-License-Identifier: Apache-2.0 */
/* unit/forks_test.c - which branch of a data chain stands. */
#include "team_fixture.h"

#include <string.h>

static void a_fork_that_nobody_names_holds_all_branches_back(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    const struct mir_data_header *below = team_data(team, 'm', 0, NULL);
    const struct mir_data_header *one = team_data(team, 'm', 0, below);
    const struct mir_data_header *more = team_data(team, 'm', 0, one);
    ACCEPTED(team, more);
    const struct mir_data_header *two = team_data(team, 'm', 0, below);
    ACCEPTED(team, below);
    HELD_BACK(team, one, FORK);
    HELD_BACK(team, more, FORK);
    HELD_BACK(team, two, FORK);
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    (void)team_receipt(team, 'c', more);
    ACCEPTED(team, one);
    ACCEPTED(team, more);
    HELD_BACK(team, two, FORK);
    team_free(team);
}

static void a_stolen_phone_erases_nothing_that_was_receipted(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    const struct mir_data_header *first = team_data(team, 'm', 0, NULL);
    const struct mir_data_header *last = team_data(team, 'm', 0, first);
    (void)team_receipt(team, 'c', last);
    const struct mir_data_header *later = team_data(team, 'm', 0, last);
    const struct mir_data_header *forged = team_data(team, 'm', 0, NULL);
    struct mir_data_header *above = team_data(team, 'm', 0, forged);
    (void)team_receipt(team, 'm', above); /* its own word is nobody's */
    ACCEPTED(team, first);
    ACCEPTED(team, last);
    ACCEPTED(team, later);
    HELD_BACK(team, forged, FORK);
    HELD_BACK(team, above, FORK);
    (void)team_adopt(team, 'c', above); /* the one is taken in, nothing of the rest is lost */
    ACCEPTED(team, above);
    HELD_BACK(team, forged, FORK);
    ACCEPTED(team, later);
    team_free(team);
}

static void readers_who_name_two_branches_leave_it_to_a_person(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    (void)team_enrol(team, 'd', MIR_ROLE_COORDINATOR);
    const struct mir_data_header *one = team_data(team, 'm', 0, NULL);
    const struct mir_data_header *two = team_data(team, 'm', 0, NULL);
    (void)team_receipt(team, 'c', one);
    (void)team_receipt(team, 'd', two);
    HELD_BACK(team, one, FORK);
    HELD_BACK(team, two, FORK);
    (void)team_adopt(team, 'c', one);
    ACCEPTED(team, one);
    HELD_BACK(team, two, FORK);
    team_free(team);
}

static void an_adopt_names_a_branch_that_no_receipt_does(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    const struct mir_data_header *one = team_data(team, 'm', 0, NULL);
    const struct mir_data_header *above = team_data(team, 'm', 0, one);
    const struct mir_data_header *two = team_data(team, 'm', 0, NULL);
    (void)team_adopt(team, 'm', above); /* nobody adopts its own; a monitor adopts nothing */
    HELD_BACK(team, above, FORK);
    (void)team_adopt(team, 'c', above);
    ACCEPTED(team, one);
    ACCEPTED(team, above);
    HELD_BACK(team, two, FORK);
    team_free(team);
}

static void what_a_cut_leaves_is_no_fork(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    const struct mir_data_header *below = team_data(team, 'm', 0, NULL);
    const struct mir_data_header *one = team_data(team, 'm', 0, below);
    const struct mir_data_header *two = team_data(team, 'm', 0, below);
    const struct mir_control *cut = team_cut(team, TEAM_FOUNDER, 'm', MIR_CUT_LOST);
    team_leave(team, cut, 0, one->seq, &one->id);
    ACCEPTED(team, one);
    HELD_BACK(team, two, CUT);
    team_free(team);
}

static void a_proof_shows_a_fork_of_which_one_branch_is_held(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    const struct mir_data_header *below = team_data(team, 'm', 0, NULL);
    const struct mir_data_header *held = team_data(team, 'm', 0, below);
    struct mir_data_header two[2] = { *held, *held };
    two[1].id = team_key('z');
    struct mir_statement proof = { .kind = MIR_STATEMENT_FORK_PROOF };
    ACCEPTED(team, held);
    (void)team_say(team, 'c', proof); /* its signatures prove nothing */
    ACCEPTED(team, held);
    proof.fork_proof.two = two;
    (void)team_say(team, 'c', proof);
    ACCEPTED(team, below);
    HELD_BACK(team, held, FORK);
    (void)team_receipt(team, 'c', held);
    ACCEPTED(team, held);
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fork_that_nobody_names_holds_all_branches_back),
        cmocka_unit_test(a_stolen_phone_erases_nothing_that_was_receipted),
        cmocka_unit_test(readers_who_name_two_branches_leave_it_to_a_person),
        cmocka_unit_test(an_adopt_names_a_branch_that_no_receipt_does),
        cmocka_unit_test(what_a_cut_leaves_is_no_fork),
        cmocka_unit_test(a_proof_shows_a_fork_of_which_one_branch_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
