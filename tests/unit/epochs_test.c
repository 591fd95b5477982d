/* SPDX-License-Identifier: Apache-2.0 */
/* unit/epochs_test.c - which epoch writers use, and which schema is in force. */
#include "membership.h"

#include "team_fixture.h"

#include <string.h>

static unsigned used(struct team_fixture *team)
{
    const struct mir_epoch *epoch = mir_membership_epoch_for_writing(team_evaluate(team), 0);
    assert_non_null(epoch);
    return epoch->name.public_key.bytes[0] - 0x80u;
}

static void genesis_epochs_are_used_at_once(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    assert_int_equal(used(team), 0);
    assert_int_equal(mir_membership_epoch_for_writing(&team->membership, 1)->name.number, 1);
    assert_null(mir_membership_epoch_for_writing(&team->membership, 7));
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    assert_int_equal(used(team), 0);
    team_free(team);
}

static void an_epoch_among_ones_own_is_used_at_once(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    (void)team_epoch(team, TEAM_FOUNDER, 2, 5, 1);
    assert_int_equal(used(team), 5);
    (void)team_epoch(team, 'c', 3, 6, 1); /* a coordinator turns no epoch */
    assert_int_equal(used(team), 5);
    team_free(team);
}

static void another_admins_reader_must_have_opened_it(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'A', MIR_ROLE_COORDINATOR);
    const struct mir_control *named = team_role(team, TEAM_ROOT, 'A', MIR_ROLE_ADMIN);
    team_tell(team, 'A', named);
    const struct mir_control *invite = team_invite(team, 'A', MIR_ROLE_OBSERVER, 1);
    const struct mir_control *join = team_join(team, 'o', invite);
    const struct mir_control *admit = team_admit(team, 'A', join, 1);
    team_tell(team, 'o', admit);
    (void)team_epoch(team, TEAM_FOUNDER, 2, 5, 1);
    assert_int_equal(used(team), 0); /* o was admitted by another than the issuer */
    (void)team_answer(team, 'A', 5, 1);
    assert_int_equal(used(team), 0); /* A was admitted by the issuer */
    (void)team_answer(team, 'o', 5, 0);
    assert_int_equal(used(team), 0);
    (void)team_answer(team, 'o', 5, 1);
    assert_int_equal(used(team), 5);
    team_free(team);
}

static void a_reader_of_ones_own_invite_is_no_witness(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    struct mir_control *invite = team_invite(team, TEAM_FOUNDER, MIR_ROLE_OBSERVER, 1);
    team->statements[invite - team->facts][0].invite.in_person = 1;
    (void)team_join(team, 'o', invite); /* a place, and no admit */
    (void)team_epoch(team, TEAM_FOUNDER, 2, 5, 1);
    assert_int_equal(used(team), 5);
    team_free(team);
}

static void of_two_epochs_of_a_number_the_smaller_key_is_used(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_epoch(team, TEAM_FOUNDER, 2, 9, 1);
    (void)team_epoch(team, TEAM_FOUNDER, 2, 4, 1);
    (void)team_epoch(team, TEAM_FOUNDER, 2, 9, 0); /* said twice: one epoch */
    assert_int_equal(used(team), 4);
    assert_int_equal(team->membership.epoch_count, 4);
    team_free(team);
}

static void numbers_come_in_turn(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_control *last = team_epoch(team, TEAM_FOUNDER, UINT32_MAX, 7, 1);
    const struct mir_control *third = team_epoch(team, TEAM_FOUNDER, 3, 8, 1);
    assert_int_equal(team_fault(team, last), MIR_REASON_UNRESOLVED);
    assert_int_equal(team_fault(team, third), MIR_REASON_UNRESOLVED);
    assert_int_equal(mir_membership_epoch_for_writing(&team->membership, 0)->name.number, 1);
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    const struct mir_control *second = team_epoch(team, 'm', 2, 9, 1); /* said, though by nobody */
    assert_int_equal(team_fault(team, second), MIR_REASON_NOT_ALLOWED);
    assert_int_equal(team_fault(team, third), MIR_REASON_NONE);
    assert_int_equal(team_fault(team, last), MIR_REASON_UNRESOLVED);
    assert_int_equal(mir_membership_epoch_for_writing(&team->membership, 0)->name.number, 3);
    team_free(team);
}

static void the_highest_schema_is_in_force_then_the_smaller_hash(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    struct mir_statement schema = { .kind = MIR_STATEMENT_SCHEMA };
    schema.schema.version = 2;
    schema.schema.hash = team_key('q');
    (void)team_say(team, TEAM_FOUNDER, schema);
    schema.schema.hash = team_key('p');
    (void)team_say(team, TEAM_FOUNDER, schema);
    (void)team_say(team, TEAM_FOUNDER, schema);
    schema.schema.version = 9;
    (void)team_say(team, 'x', schema);
    const struct mir_membership *found = team_evaluate(team);
    assert_int_equal(found->schema_count, 3);
    assert_int_equal(found->schema.version, 2);
    assert_memory_equal(found->schema.hash.bytes, team_key('p').bytes, 32);
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(genesis_epochs_are_used_at_once),
        cmocka_unit_test(an_epoch_among_ones_own_is_used_at_once),
        cmocka_unit_test(another_admins_reader_must_have_opened_it),
        cmocka_unit_test(a_reader_of_ones_own_invite_is_no_witness),
        cmocka_unit_test(of_two_epochs_of_a_number_the_smaller_key_is_used),
        cmocka_unit_test(numbers_come_in_turn),
        cmocka_unit_test(the_highest_schema_is_in_force_then_the_smaller_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
