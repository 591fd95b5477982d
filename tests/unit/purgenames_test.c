/* SPDX-License-Identifier: Apache-2.0 */
/* unit/purgenames_test.c - what orders name, by themselves and by namings, and how it is found. */
#include "purges.h"

#include "team_fixture.h"

#include <string.h>

static const mirsal_id records[2] = { { { 1 } }, { { 2 } } };
static const mirsal_hash bodies[2] = { { { 8 } }, { { 9 } } };
static const mirsal_hash late[3] = { { { 4 } }, { { 8 } }, { { 7 } } };

static mirsal_hash order(struct team_fixture *team, char author, size_t count)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_PURGE };
    what.purge.records = records;
    what.purge.record_count = count;
    what.purge.changesets = bodies;
    what.purge.changeset_count = count;
    return team_say(team, author, what)->id;
}

static mirsal_hash name_late(struct team_fixture *team, char author, const mirsal_hash *of)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_PURGE };
    what.purge.approves = 1;
    what.purge.of = *of;
    what.purge.changesets = late;
    what.purge.changeset_count = 3;
    return team_say(team, author, what)->id;
}

static void what_is_named_is_found_by_its_highest_level(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    mirsal_hash two = order(team, TEAM_FOUNDER, 2);
    (void)order(team, TEAM_ROOT, 1);
    const struct mir_membership *membership = team_evaluate(team);
    assert_int_equal(membership->purges.record_count, 2);
    assert_int_equal(mir_purges_of_record(membership, &records[0]), MIR_PURGE_ORDERED);
    assert_int_equal(mir_purges_of_record(membership, &records[1]), MIR_PURGE_HIDDEN);
    assert_int_equal(mir_purges_of_body(membership, &bodies[0]), MIR_PURGE_ORDERED);
    assert_int_equal(mir_purges_of_body(membership, &bodies[1]), MIR_PURGE_HIDDEN);
    static const mirsal_id other = { { 3 } };
    assert_int_equal(mir_purges_of_record(membership, &other), MIR_PURGE_NONE);
    assert_int_equal(mir_purges_of_body(membership, &two), MIR_PURGE_NONE);
    team_free(team);
}

/* Behind what stands in the order, each once; a naming is no voice. */
static void namings_add_bodies(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_purge_naming *first = NULL;
    mirsal_hash roots = order(team, TEAM_ROOT, 1);
    mirsal_hash hidden = order(team, TEAM_FOUNDER, 2);
    mirsal_hash said = name_late(team, TEAM_FOUNDER, &roots);
    (void)name_late(team, TEAM_FOUNDER, &roots);
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    (void)name_late(team, 'c', &hidden);
    const struct mir_membership *membership = team_evaluate(team);
    const struct mir_purge *purge = mir_purges_find(membership, &roots);
    assert_non_null(purge);
    assert_int_equal(purge->voice_count, 1);
    assert_int_equal(purge->own_count, 1);
    assert_int_equal(purge->changeset_count, 3);
    assert_memory_equal(purge->changesets[0].bytes, bodies[0].bytes, 32);
    assert_memory_equal(purge->changesets[1].bytes, late[0].bytes, 32);
    assert_memory_equal(purge->changesets[2].bytes, late[2].bytes, 32);
    assert_int_equal(mir_purge_namings(purge, &late[2], &first), 2);
    assert_true(memcmp(first[0].said.bytes, said.bytes, 32) == 0 ||
                memcmp(first[1].said.bytes, said.bytes, 32) == 0);
    assert_int_equal(mir_purge_namings(purge, &bodies[1], &first), 0);
    assert_int_equal(mir_purges_of_body(membership, &late[0]), MIR_PURGE_ORDERED);
    purge = mir_purges_find(membership, &hidden);
    assert_int_equal(purge->changeset_count, 2);
    assert_int_equal(mir_purge_namings(purge, &late[0], &first), 0);
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_named_is_found_by_its_highest_level),
        cmocka_unit_test(namings_add_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
