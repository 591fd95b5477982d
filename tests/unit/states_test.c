/* SPDX-License-Identifier: Apache-2.0 */
/* unit/states_test.c - the state of each statement, in the order of the protocol. */
#include "team_fixture.h"

#include <string.h>

/* Reason against the last changeset's statement, NONE when it counts. */
static enum mir_reason fault_of(struct team_fixture *team, const struct mir_control *fact)
{
    const struct mir_membership *found = team_evaluate(team);
    for (size_t i = 0; i < found->fault_count; i++) {
        if (memcmp(found->faults[i].changeset.bytes, fact->id.bytes, 32) == 0 &&
            found->faults[i].statement + 1 == fact->statement_count) {
            return found->faults[i].reason;
        }
    }
    return MIR_REASON_NONE;
}

static void each_statement_needs_its_right(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    assert_int_equal(team_evaluate(team)->fault_count, 0);
    assert_int_equal(
        fault_of(team, team_role(team, 'c', 'm', MIR_ROLE_OBSERVER)), MIR_REASON_NOT_ALLOWED);
    assert_int_equal(
        fault_of(team, team_role(team, TEAM_FOUNDER, 'm', MIR_ROLE_ADMIN)), MIR_REASON_NOT_ALLOWED);
    assert_int_equal(
        fault_of(team, team_role(team, TEAM_FOUNDER, 'm', MIR_ROLE_OBSERVER)), MIR_REASON_NONE);
    assert_int_equal(
        fault_of(team, team_invite(team, 'c', MIR_ROLE_MONITOR, 1)), MIR_REASON_NOT_ALLOWED);
    assert_int_equal(
        fault_of(team, team_invite(team, TEAM_FOUNDER, MIR_ROLE_ADMIN, 1)), MIR_REASON_NOT_ALLOWED);
    assert_int_equal(fault_of(team, team_epoch(team, 'c', 2, 7, 1)), MIR_REASON_NOT_ALLOWED);
    assert_int_equal(fault_of(team, team_epoch(team, TEAM_FOUNDER, 2, 7, 1)), MIR_REASON_NONE);
    assert_int_equal(fault_of(team, team_answer(team, 'c', 7, 1)), MIR_REASON_NONE);
    assert_int_equal(fault_of(team, team_answer(team, 'x', 7, 1)), MIR_REASON_NOT_ALLOWED);
    assert_int_equal(
        fault_of(team, team_grant(team, TEAM_FOUNDER, 255, 'm', 1)), MIR_REASON_NOT_ALLOWED);
    assert_int_equal(
        fault_of(team, team_cut(team, TEAM_FOUNDER, 'm', MIR_CUT_LOST)), MIR_REASON_NONE);
    assert_int_equal(
        fault_of(team, team_cut(team, 'c', 'm', MIR_CUT_LOST)), MIR_REASON_NOT_ALLOWED);
    assert_int_equal(fault_of(team, team_cut(team, TEAM_FOUNDER, TEAM_FOUNDER, MIR_CUT_LOST)),
        MIR_REASON_NOT_ALLOWED);
    assert_int_equal(fault_of(team, team_unfreeze(team, &team->facts[0])), MIR_REASON_NONE);
    struct mir_statement purge = { .kind = MIR_STATEMENT_PURGE };
    assert_int_equal(fault_of(team, team_say(team, TEAM_FOUNDER, purge)), MIR_REASON_NONE);
    assert_int_equal(fault_of(team, team_say(team, 'c', purge)), MIR_REASON_NOT_ALLOWED);
    struct mir_control *two = team_say(team, TEAM_ROOT, purge);
    team_add(team, two, purge);
    assert_int_equal(fault_of(team, two), MIR_REASON_NOT_ALLOWED);
    struct mir_statement residue = { .kind = MIR_STATEMENT_RESIDUE };
    assert_int_equal(fault_of(team, team_say(team, 'c', residue)), MIR_REASON_NONE);
    assert_int_equal(fault_of(team, team_say(team, 'x', residue)), MIR_REASON_NOT_ALLOWED);
    assert_int_equal(
        fault_of(team, team_invite(team, TEAM_ROOT, MIR_ROLE_MONITOR, 1)), MIR_REASON_NOT_ALLOWED);
    team_free(team);
}

static void one_wrong_statement_suffers_alone(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    struct mir_control *fact = team_invite(team, TEAM_FOUNDER, MIR_ROLE_MONITOR, 1);
    struct mir_statement second = team->statements[fact - team->facts][0];
    team_add(team, fact, second); /* a grant names a changeset, so it holds one invite */
    (void)team_join(team, 'a', fact);
    assert_int_equal(fault_of(team, fact), MIR_REASON_NOT_ALLOWED);
    assert_int_equal(team->membership.fault_count, 1);
    assert_true(team_member(team, 'a')->member);
    team_free(team);
}

static void what_may_yet_count_waits(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_control *full = team_invite(team, TEAM_FOUNDER, MIR_ROLE_COORDINATOR, 0);
    const struct mir_control *join = team_join(team, 'a', full);
    assert_int_equal(fault_of(team, join), MIR_REASON_ADMIT);
    assert_int_equal(fault_of(team, team_answer(team, 'a', 0, 1)), MIR_REASON_ADMIT);
    struct mir_control *lost = team_join(team, 'b', full);
    team->statements[lost - team->facts][0].join.grant = team_key('?');
    assert_int_equal(fault_of(team, lost), MIR_REASON_AUTHORITY);
    struct mir_control *gap = team_answer(team, 'a', 0, 1);
    gap->prev = team_key('?');
    assert_int_equal(fault_of(team, gap), MIR_REASON_PREV);
    team_free(team);
}

static void after_an_unknown_statement_its_author_is_unresolved(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    struct mir_statement unknown = { .kind = MIR_STATEMENT_UNKNOWN };
    struct mir_control *fact = team_say(team, TEAM_FOUNDER, unknown);
    assert_int_equal(fault_of(team, fact), MIR_REASON_UNRESOLVED);
    struct mir_statement role = { .kind = MIR_STATEMENT_ROLE };
    role.role.device = team_key('m');
    role.role.role = MIR_ROLE_OBSERVER;
    team_add(team, fact, role);
    assert_int_equal(fault_of(team, fact), MIR_REASON_UNRESOLVED);
    const struct mir_control *later = team_role(team, TEAM_FOUNDER, 'm', MIR_ROLE_OBSERVER);
    assert_int_equal(fault_of(team, later), MIR_REASON_UNRESOLVED);
    assert_int_equal(team_member(team, 'm')->role, MIR_ROLE_MONITOR); /* what came before stands */
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_statement_needs_its_right),
        cmocka_unit_test(one_wrong_statement_suffers_alone),
        cmocka_unit_test(what_may_yet_count_waits),
        cmocka_unit_test(after_an_unknown_statement_its_author_is_unresolved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
