/* SPDX-License-Identifier: Apache-2.0 */
/* unit/admission_test.c - invites, joins, and whose place an invite gives. */
#include "membership.h"

#include "team_fixture.h"

#include <string.h>

static int is_member(struct team_fixture *team, char letter)
{
    team_evaluate(team);
    const struct mir_member *member = team_member(team, letter);
    return member != NULL && member->member;
}

static void a_join_under_an_admins_invite_has_a_place(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_control *invite = team_invite(team, TEAM_FOUNDER, MIR_ROLE_MONITOR, 1);
    const struct mir_control *join = team_join(team, 'a', invite);
    assert_true(is_member(team, 'a'));
    const struct mir_member *member = team_member(team, 'a');
    assert_int_equal(member->role, MIR_ROLE_MONITOR);
    assert_false(member->settled || member->confirmed);
    assert_memory_equal(member->join.bytes, join->id.bytes, 32);
    assert_memory_equal(member->invited_by.bytes, team_key(TEAM_FOUNDER).bytes, 32);
    assert_int_equal(team->membership.invites[0].remaining, 0);
    team_free(team);
}

static void a_bad_proof_or_a_strangers_invite_gives_none(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_control *invite = team_invite(team, TEAM_FOUNDER, MIR_ROLE_MONITOR, 9);
    struct mir_control *join = team_join(team, 'a', invite);
    team->statements[join - team->facts][0].join.proof_ok = 0;
    assert_false(is_member(team, 'a'));
    (void)team_join(team, 'm', invite);
    const struct mir_control *own = team_invite(team, 'm', MIR_ROLE_COORDINATOR, 9);
    (void)team_join(team, 'b', own);
    assert_true(is_member(team, 'm'));
    assert_false(is_member(team, 'b'));
    team_free(team);
}

static void an_invite_counts_while_its_chain_waits(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    struct mir_control *first = team_invite(team, TEAM_FOUNDER, MIR_ROLE_MONITOR, 1);
    const struct mir_control *invite = team_invite(team, TEAM_FOUNDER, MIR_ROLE_MONITOR, 1);
    (void)team_join(team, 'a', invite);
    first->id = team_key('?'); /* what stands before the invite is not held */
    team_evaluate(team);
    assert_false(mir_membership_stands(&team->membership, &invite->id));
    assert_true(is_member(team, 'a'));
    team_free(team);
}

static void more_joins_than_uses_wait_in_the_order_of_ids(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_control *invite = team_invite(team, TEAM_FOUNDER, MIR_ROLE_MONITOR, 2);
    struct mir_control *joins[3];
    for (int i = 0; i < 3; i++) {
        joins[i] = team_join(team, (char)('a' + i), invite);
        joins[i]->id.bytes[0] = (uint8_t)(3 - i);
    }
    assert_false(is_member(team, 'a'));
    assert_true(is_member(team, 'b') && is_member(team, 'c'));
    /* An admit settles for good, beyond the uses too; the unsettled never unsettle it. */
    (void)team_admit(team, TEAM_FOUNDER, joins[0], 0);
    assert_true(is_member(team, 'a') && is_member(team, 'c'));
    assert_false(is_member(team, 'b'));
    (void)team_admit(team, TEAM_FOUNDER, joins[1], 0);
    assert_true(is_member(team, 'a') && is_member(team, 'b'));
    assert_false(is_member(team, 'c'));
    (void)team_admit(team, TEAM_FOUNDER, joins[2], 1);
    assert_true(is_member(team, 'a') && is_member(team, 'b') && is_member(team, 'c'));
    assert_true(team_member(team, 'c')->confirmed);
    assert_false(team_member(team, 'b')->confirmed);
    assert_int_equal(team->membership.invites[0].remaining, 0);
    team_free(team);
}

static void a_revoke_that_the_join_knew_ends_it(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_control *invite = team_invite(team, TEAM_FOUNDER, MIR_ROLE_MONITOR, 9);
    struct mir_control *before = team_join(team, 'a', invite);
    const struct mir_control *revoke = team_revoke(team, TEAM_FOUNDER, invite);
    struct mir_control *after = team_join(team, 'b', invite);
    after->authority = revoke->id;
    assert_false(is_member(team, 'a') || is_member(team, 'b'));
    (void)team_admit(team, TEAM_FOUNDER, before, 0);
    (void)team_admit(team, TEAM_FOUNDER, after, 0);
    assert_true(is_member(team, 'a')); /* it joined in good faith, and an admin says so */
    assert_false(is_member(team, 'b'));
    assert_true(team->membership.invites[0].revoked);
    team_free(team);
}

static void a_monitor_revokes_nothing(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_control *invite = team_invite(team, TEAM_FOUNDER, MIR_ROLE_MONITOR, 9);
    (void)team_join(team, 'a', invite);
    (void)team_revoke(team, 'a', invite);
    assert_true(is_member(team, 'a'));
    team_free(team);
}

static void coordinators_admit_when_they_are_settled_themselves(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_control *door = team_invite(team, TEAM_FOUNDER, MIR_ROLE_COORDINATOR, 3);
    const struct mir_control *full = team_invite(team, TEAM_FOUNDER, MIR_ROLE_MONITOR, 0);
    const struct mir_control *c = team_join(team, 'c', door);
    const struct mir_control *d = team_join(team, 'd', door);
    const struct mir_control *a = team_join(team, 'a', full);
    const struct mir_control *b = team_join(team, 'b', full);
    (void)team_admit(team, 'c', c, 0); /* itself */
    (void)team_admit(team, 'd', a, 0);
    (void)team_admit(team, 'd', b, 1); /* that fingerprints were compared is an admin's word */
    assert_true(is_member(team, 'c'));
    assert_false(team_member(team, 'c')->settled);
    assert_false(is_member(team, 'a'));
    (void)team_admit(team, 'c', d, 0);
    assert_false(is_member(team, 'a'));
    (void)team_admit(team, TEAM_FOUNDER, c, 0); /* c settles d, and d settles a */
    assert_true(is_member(team, 'a'));
    assert_true(team_member(team, 'd')->settled);
    assert_memory_equal(team_member(team, 'd')->admitted_by.bytes, team_key('c').bytes, 32);
    assert_false(is_member(team, 'b'));
    team_free(team);
}

static void an_admit_names_the_join_and_its_device(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_control *full = team_invite(team, TEAM_FOUNDER, MIR_ROLE_MONITOR, 0);
    const struct mir_control *a = team_join(team, 'a', full);
    struct mir_control *admit = team_admit(team, TEAM_FOUNDER, a, 0);
    team->statements[admit - team->facts][0].admit.device = team_key('b');
    assert_false(is_member(team, 'a'));
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_join_under_an_admins_invite_has_a_place),
        cmocka_unit_test(a_bad_proof_or_a_strangers_invite_gives_none),
        cmocka_unit_test(an_invite_counts_while_its_chain_waits),
        cmocka_unit_test(more_joins_than_uses_wait_in_the_order_of_ids),
        cmocka_unit_test(a_revoke_that_the_join_knew_ends_it),
        cmocka_unit_test(a_monitor_revokes_nothing),
        cmocka_unit_test(coordinators_admit_when_they_are_settled_themselves),
        cmocka_unit_test(an_admit_names_the_join_and_its_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
