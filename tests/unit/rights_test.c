/* SPDX-License-Identifier: Apache-2.0 */
/* unit/rights_test.c - roles, grants, and what each device may do. */
#include "membership.h"

#include "team_fixture.h"

#include <string.h>

static int reads(struct team_fixture *team, char letter, uint32_t compartment)
{
    mirsal_hash key = team_key(letter);
    return mir_membership_can_read(team_evaluate(team), &key, compartment);
}

static int writes(struct team_fixture *team, char letter, uint32_t compartment)
{
    mirsal_hash key = team_key(letter);
    return mir_membership_can_write(team_evaluate(team), &key, compartment);
}

static void roles_are_sets_of_rights(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'o', MIR_ROLE_OBSERVER);
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    assert_true(reads(team, 'o', 0) && !writes(team, 'o', 0) && !writes(team, 'o', 1));
    assert_true(!reads(team, 'm', 0) && writes(team, 'm', 0) && writes(team, 'm', 1));
    assert_true(reads(team, 'c', 0) && writes(team, 'c', 0) && writes(team, 'c', 1));
    assert_true(!reads(team, 'o', 1) && !reads(team, 'm', 1) && !reads(team, 'c', 1));
    assert_true(reads(team, TEAM_FOUNDER, 0) && reads(team, TEAM_FOUNDER, 1));
    assert_false(reads(team, TEAM_FOUNDER, 255) || writes(team, TEAM_FOUNDER, 255));
    assert_false(reads(team, 'x', 0) || writes(team, 'x', 0));
    team_free(team);
}

static void the_newest_word_on_a_role_counts_of_several_the_lowest(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    (void)team_enrol(team, 'A', MIR_ROLE_COORDINATOR);
    const struct mir_control *named = team_role(team, TEAM_ROOT, 'A', MIR_ROLE_ADMIN);
    team_tell(team, 'A', named);
    const struct mir_control *raised = team_role(team, TEAM_FOUNDER, 'm', MIR_ROLE_COORDINATOR);
    team_evaluate(team);
    assert_int_equal(team_member(team, 'm')->role, MIR_ROLE_COORDINATOR);
    struct mir_control *lowered = team_role(team, 'A', 'm', MIR_ROLE_OBSERVER);
    team_evaluate(team); /* concurrent */
    assert_int_equal(team_member(team, 'm')->role, MIR_ROLE_OBSERVER);
    const struct mir_control *again = team_role(team, TEAM_FOUNDER, 'm', MIR_ROLE_MONITOR);
    team_evaluate(team); /* replaces the founder's own word only */
    assert_int_equal(team_member(team, 'm')->role, MIR_ROLE_OBSERVER);
    team->knows[lowered - team->facts][0] = raised->id; /* as if A had known the first: the same */
    lowered->knows_count = 1;
    team_evaluate(team);
    assert_int_equal(team_member(team, 'm')->role, MIR_ROLE_OBSERVER);
    team_tell(team, 'A', again);
    (void)team_role(team, 'A', 'm', MIR_ROLE_COORDINATOR);
    team_evaluate(team);
    assert_int_equal(team_member(team, 'm')->role, MIR_ROLE_COORDINATOR);
    (void)team_role(team, 'm', 'm', MIR_ROLE_ADMIN);
    team_evaluate(team);
    assert_int_equal(team_member(team, 'm')->role, MIR_ROLE_COORDINATOR);
    team_free(team);
}

static void protected_is_granted_apart_and_refusal_wins(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    struct mir_control *invite = team_invite(team, TEAM_FOUNDER, MIR_ROLE_COORDINATOR, 1);
    team->statements[invite - team->facts][0].invite.protected_ = 1;
    (void)team_join(team, 'c', invite);
    assert_true(reads(team, 'c', 1));
    (void)team_enrol(team, 'A', MIR_ROLE_COORDINATOR);
    const struct mir_control *named = team_role(team, TEAM_ROOT, 'A', MIR_ROLE_ADMIN);
    team_tell(team, 'A', named);
    (void)team_grant(team, 'c', 1, 'A', 1); /* a coordinator grants nothing */
    assert_false(reads(team, 'A', 1));
    const struct mir_control *given = team_grant(team, TEAM_FOUNDER, 1, 'A', 1);
    assert_true(reads(team, 'A', 1));
    (void)team_grant(team, 'A', 1, 'c', 0);
    assert_false(reads(team, 'c', 1));
    (void)team_grant(team, TEAM_FOUNDER, 1, 'c', 1); /* concurrent with the refusal */
    assert_false(reads(team, 'c', 1));
    team_tell(team, 'A', &team->facts[team->count - 1]);
    (void)given;
    (void)team_grant(team, 'A', 1, 'c', 1); /* knows both */
    assert_true(reads(team, 'c', 1));
    team_free(team);
}

static void a_compartment_of_the_team_exists_when_an_admin_says_so(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    assert_false(writes(team, 'm', 7));
    (void)team_grant(team, 'm', 7, 'm', 1);
    assert_false(writes(team, 'm', 7) || reads(team, 'm', 7));
    (void)team_grant(team, TEAM_FOUNDER, 7, 'm', 1);
    assert_true(writes(team, 'm', 7) && reads(team, 'm', 7));
    assert_false(reads(team, TEAM_FOUNDER, 7));      /* nobody asked for that */
    (void)team_grant(team, TEAM_FOUNDER, 0, 'm', 1); /* main is read by role alone */
    assert_false(reads(team, 'm', 0));
    team_free(team);
}

static void a_device_is_ended_by_a_cut_or_its_own_retire(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const char letters[] = { 'a', 'b', 'c', 'd' };
    for (size_t i = 0; i < sizeof letters; i++) {
        (void)team_enrol(team, letters[i], MIR_ROLE_COORDINATOR);
    }
    assert_true(reads(team, 'a', 0) && writes(team, 'a', 0));
    (void)team_cut(team, TEAM_FOUNDER, 'a', MIR_CUT_LOST);
    (void)team_cut(team, 'a', 'b', MIR_CUT_LOST); /* a coordinator cuts nobody */
    (void)team_retire(team, 'c', 'x');
    (void)team_cut(team, TEAM_FOUNDER, TEAM_FOUNDER, MIR_CUT_LOST); /* root's to say */
    team_evaluate(team);
    assert_int_equal(team_member(team, 'a')->ended, 2);
    assert_int_equal(team_member(team, 'b')->ended, 0);
    assert_int_equal(team_member(team, 'c')->ended, 1);
    assert_int_equal(team_member(team, 'd')->ended, 0);
    assert_int_equal(team_member(team, TEAM_FOUNDER)->ended, 0);
    assert_false(reads(team, 'a', 0) || writes(team, 'a', 0));
    assert_false(reads(team, 'c', 0) || writes(team, 'c', 0));
    (void)team_cut(team, TEAM_ROOT, TEAM_FOUNDER, MIR_CUT_HOSTILE);
    team_evaluate(team);
    assert_int_equal(team_member(team, TEAM_FOUNDER)->ended, 2);
    assert_int_equal(team_member(team, 'a')->ended, 0); /* what the founder said is gone too */
    team_free(team);
}

static void one_entry_a_device_the_settled_join_first(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_control *one = team_invite(team, TEAM_FOUNDER, MIR_ROLE_MONITOR, 1);
    const struct mir_control *two = team_invite(team, TEAM_FOUNDER, MIR_ROLE_OBSERVER, 1);
    struct mir_control *first = team_join(team, 'a', one);
    struct mir_control *second = team_join(team, 'a', two); /* a clone: both at seq 1 */
    first->id.bytes[0] = 1;
    second->id.bytes[0] = 2;
    const struct mir_membership *found = team_evaluate(team);
    assert_int_equal(found->member_count, 2);
    assert_int_equal(team_member(team, 'a')->role, MIR_ROLE_MONITOR);
    (void)team_admit(team, TEAM_FOUNDER, second, 0);
    team_evaluate(team);
    assert_int_equal(team_member(team, 'a')->role, MIR_ROLE_OBSERVER);
    for (size_t i = 1; i < team->membership.member_count; i++) {
        assert_true(
            memcmp(&team->membership.members[i - 1].key, &team->membership.members[i].key, 32) < 0);
    }
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_are_sets_of_rights),
        cmocka_unit_test(the_newest_word_on_a_role_counts_of_several_the_lowest),
        cmocka_unit_test(protected_is_granted_apart_and_refusal_wins),
        cmocka_unit_test(a_compartment_of_the_team_exists_when_an_admin_says_so),
        cmocka_unit_test(a_device_is_ended_by_a_cut_or_its_own_retire),
        cmocka_unit_test(one_entry_a_device_the_settled_join_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
