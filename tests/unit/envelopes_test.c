/* SPDX-License-Identifier: Apache-2.0 */
/* unit/envelopes_test.c - who still needs an envelope, and from whom. */
#include "membership.h"

#include "team_fixture.h"

#include <string.h>

/* What holder should write now. */
static size_t due(struct team_fixture *team, char holder, struct mir_key_due **list)
{
    mirsal_hash key = team_key(holder);
    size_t count = 0;
    team_evaluate(team);
    assert_int_equal(
        mir_membership_keys_due(list, &count, &team->membership, &key, NULL), MIRSAL_OK);
    return count;
}

static void a_confirmed_reader_gets_what_it_may_read(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    struct mir_key_due *list = NULL;
    const struct mir_control *invite = team_invite(team, TEAM_FOUNDER, MIR_ROLE_COORDINATOR, 2);
    const struct mir_control *join = team_join(team, 'c', invite);
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    assert_int_equal(due(team, TEAM_FOUNDER, &list), 0);
    (void)team_admit(team, TEAM_FOUNDER, join, 0);
    assert_int_equal(due(team, TEAM_FOUNDER, &list), 0); /* no fingerprint was compared */
    (void)team_admit(team, TEAM_FOUNDER, join, 1);
    assert_int_equal(due(team, TEAM_FOUNDER, &list), 1);
    assert_memory_equal(list[0].device.bytes, team_key('c').bytes, 32);
    assert_memory_equal(list[0].hpke.bytes, team_key('h').bytes, 32);
    assert_int_equal(list[0].epoch.compartment, 0);
    assert_int_equal(due(team, 'm', &list), 0);
    assert_int_equal(due(team, 'x', &list), 0);
    (void)team_grant(team, TEAM_FOUNDER, 1, 'c', 1);
    assert_int_equal(due(team, TEAM_FOUNDER, &list), 2);
    assert_int_equal(list[1].epoch.compartment, 1);
    team_free(team);
}

static void in_person_needs_no_admit_and_write_only_no_key(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    struct mir_key_due *list = NULL;
    struct mir_control *invite = team_invite(team, TEAM_FOUNDER, MIR_ROLE_COORDINATOR, 2);
    team->statements[invite - team->facts][0].invite.in_person = 1;
    struct mir_control *join = team_join(team, 'c', invite);
    assert_int_equal(due(team, TEAM_FOUNDER, &list), 1);
    team->statements[join - team->facts][0].join.write_only = 1;
    assert_int_equal(due(team, TEAM_FOUNDER, &list), 0);
    team_free(team);
}

static void once_and_again_by_another_when_it_does_not_open(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    struct mir_key_due *list = NULL;
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    (void)team_enrol(team, 'd', MIR_ROLE_COORDINATOR);
    (void)team_deliver(team, TEAM_FOUNDER, 0, 'd');
    (void)team_answer(team, 'd', 0, 1);
    const struct mir_control *bad = team_deliver(team, TEAM_FOUNDER, 0, 'c');
    assert_int_equal(due(team, TEAM_FOUNDER, &list), 0);
    assert_int_equal(due(team, 'd', &list), 0);
    (void)team_answer(team, 'c', 0, 0); /* of another envelope: this one it does not know */
    assert_int_equal(due(team, 'd', &list), 0);
    team_tell(team, 'c', bad);
    (void)team_answer(team, 'c', 0, 0);
    assert_int_equal(due(team, TEAM_FOUNDER, &list), 0); /* it had its turn */
    assert_int_equal(due(team, 'd', &list), 1);
    (void)team_deliver(team, 'd', 0, 'c');
    assert_int_equal(due(team, 'd', &list), 0);
    team_free(team);
}

static void a_newer_epoch_opens_the_one_before(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    struct mir_key_due *list = NULL;
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    (void)team_epoch(team, TEAM_FOUNDER, 2, 5, 1);
    assert_int_equal(due(team, TEAM_FOUNDER, &list), 1);
    assert_int_equal(list[0].epoch.number, 2);
    (void)team_epoch(team, TEAM_FOUNDER, 3, 6, 0); /* without history */
    assert_int_equal(due(team, TEAM_FOUNDER, &list), 2);
    (void)team_answer(team, 'c', 0, 0); /* the first did not come through the second */
    assert_int_equal(due(team, TEAM_FOUNDER, &list), 3);
    team_free(team);
}

static void of_two_epochs_of_a_number_both_are_delivered(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    struct mir_key_due *list = NULL;
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    (void)team_epoch(team, TEAM_FOUNDER, 2, 5, 1);
    (void)team_epoch(team, TEAM_FOUNDER, 2, 6, 1);
    (void)team_epoch(team, TEAM_FOUNDER, 3, 7, 1);
    assert_int_equal(due(team, TEAM_FOUNDER, &list), 3);
    assert_int_equal(list[0].epoch.number, 2);
    assert_int_equal(list[2].epoch.number, 3);
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_confirmed_reader_gets_what_it_may_read),
        cmocka_unit_test(in_person_needs_no_admit_and_write_only_no_key),
        cmocka_unit_test(once_and_again_by_another_when_it_does_not_open),
        cmocka_unit_test(a_newer_epoch_opens_the_one_before),
        cmocka_unit_test(of_two_epochs_of_a_number_both_are_delivered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
