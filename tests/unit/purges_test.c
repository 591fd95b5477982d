/* SPDX-License-Identifier: Apache-2.0 */
/* unit/purges_test.c - orders, voices, levels, residues and receipts. */
#include "purges.h"

#include "team_fixture.h"

#include <string.h>

static const mirsal_id records[2] = { { { 1 } }, { { 2 } } };
static const mirsal_hash bodies[2] = { { { 8 } }, { { 9 } } };

/* An admin's device, by root's word, of that person. */
static void make_admin(struct team_fixture *team, char letter, uint32_t person)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_ROLE };
    what.role.device = team_key(letter);
    what.role.role = MIR_ROLE_ADMIN;
    what.role.person = person;
    (void)team_enrol(team, letter, MIR_ROLE_COORDINATOR);
    team_tell(team, letter, team_say(team, TEAM_ROOT, what));
}

static mirsal_hash order(struct team_fixture *team, char author, size_t count)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_PURGE };
    what.purge.records = records;
    what.purge.record_count = count;
    what.purge.changesets = bodies;
    what.purge.changeset_count = count;
    return team_say(team, author, what)->id;
}

static mirsal_hash approve(struct team_fixture *team, char author, const mirsal_hash *of)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_PURGE };
    what.purge.approves = 1;
    what.purge.of = *of;
    return team_say(team, author, what)->id;
}

static void lift(struct team_fixture *team, char author, const mirsal_hash *of)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_UNPURGE };
    what.unpurge.order = *of;
    (void)team_say(team, author, what);
}

static const struct mir_purge *found(struct team_fixture *team, const mirsal_hash *id)
{
    const struct mir_purge *purge = mir_purges_find(team_evaluate(team), id);
    assert_non_null(purge);
    return purge;
}

static void one_person_hides_and_two_order(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    make_admin(team, 'A', 0);
    make_admin(team, 'B', 5);
    mirsal_hash id = order(team, TEAM_FOUNDER, 1);
    (void)approve(team, TEAM_FOUNDER, &id);
    (void)approve(team, 'A', &id);
    assert_int_equal(found(team, &id)->level, MIR_PURGE_HIDDEN);
    assert_int_equal(found(team, &id)->voice_count, 3);
    assert_int_equal(found(team, &id)->second.bytes[0], 0);
    mirsal_hash second = approve(team, 'B', &id);
    assert_int_equal(found(team, &id)->level, MIR_PURGE_ORDERED);
    assert_memory_equal(found(team, &id)->second.bytes, second.bytes, 32);
    assert_int_equal(team_member(team, 'B')->person, 5);
    assert_int_equal(team_member(team, 'A')->person, 0);
    team_free(team);
}

static void lifted_is_lifted_for_good(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    make_admin(team, 'B', 5);
    mirsal_hash id = order(team, TEAM_FOUNDER, 1);
    lift(team, 'B', &id);
    (void)approve(team, 'B', &id);
    assert_int_equal(found(team, &id)->level, MIR_PURGE_NONE);
    assert_int_equal(found(team, &id)->lifted, 1);
    assert_int_equal(team_evaluate(team)->purges.record_count, 0);
    mirsal_hash roots = order(team, TEAM_ROOT, 1);
    lift(team, 'B', &roots);
    assert_int_equal(found(team, &roots)->level, MIR_PURGE_ORDERED);
    assert_memory_equal(found(team, &roots)->second.bytes, roots.bytes, 32);
    lift(team, TEAM_ROOT, &roots);
    assert_int_equal(found(team, &roots)->level, MIR_PURGE_NONE);
    assert_null(mir_purges_find(team_evaluate(team), &bodies[0]));
    team_free(team);
}

static void residues_and_receipts_stand_in_order(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_residue *first = NULL;
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    mirsal_hash id = order(team, TEAM_ROOT, 1);
    struct mir_statement residue = { .kind = MIR_STATEMENT_RESIDUE };
    residue.residue.changeset = bodies[1];
    residue.residue.size = 320;
    residue.residue.epoch = 2;
    (void)team_say(team, 'c', residue);
    (void)team_say(team, 'm', residue);
    residue.residue.changeset = bodies[0];
    (void)team_say(team, TEAM_FOUNDER, residue);
    struct mir_statement done = { .kind = MIR_STATEMENT_PURGE_DONE };
    done.purge_done.order = id;
    (void)team_say(team, 'm', done);
    (void)team_say(team, 'm', done);
    const struct mir_membership *membership = team_evaluate(team);
    assert_int_equal(membership->purges.residue_count, 2);
    assert_int_equal(mir_purges_residues(membership, &bodies[1], &first), 1);
    assert_int_equal(first->size, 320);
    assert_int_equal(first->epoch, 2);
    mirsal_hash by = team_key('c');
    assert_memory_equal(first->by.bytes, by.bytes, 32);
    assert_int_equal(mir_purges_residues(membership, &id, &first), 0);
    assert_int_equal(membership->purges.receipt_count, 1);
    by = team_key('m');
    assert_memory_equal(membership->purges.receipts[0].by.bytes, by.bytes, 32);
    assert_memory_equal(membership->purges.receipts[0].order.bytes, id.bytes, 32);
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_person_hides_and_two_order),
        cmocka_unit_test(lifted_is_lifted_for_good),
        cmocka_unit_test(residues_and_receipts_stand_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
