/* SPDX-License-Identifier: Apache-2.0 */
/* unit/tally_index_test.c - records of one event are one place, and who did it. */
#include "tally_index.h"

#include "tally_fixture.h"

#include <string.h>

static struct tally_fixture *fixture_new(void)
{
    struct tally_fixture *fixture = test_calloc(1, sizeof *fixture);
    tally_fixture_init(fixture);
    return fixture;
}

static void fixture_free(struct tally_fixture *fixture)
{
    tally_fixture_fini(fixture);
    test_free(fixture);
}

static void build(struct mir_tally_index *index, struct mir_arena *arena, struct tally_fixture *f)
{
    mir_arena_fini(arena);
    mir_arena_init(arena, &f->test.env, SIZE_MAX);
    assert_int_equal(mir_tally_index_build(index, arena, &f->input, NULL), MIRSAL_OK);
}

static uint32_t place(const struct mir_tally_index *index, unsigned id)
{
    mirsal_id wanted = tally_id(id);
    return mir_tally_index_find(index, &wanted);
}

static void links_and_source_ids_join_records(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    struct mir_tally_index index;
    struct mir_arena arena = { 0 };
    for (unsigned id = 1; id <= 6; id++) {
        tally_incident(f, id)->same_as = id >= 5 ? 77 : 0;
    }
    tally_same(f, 3, 2);
    tally_same(f, 3, 4);
    tally_same(f, 4, 99); /* not held */
    tally_same(f, 6, 1);
    build(&index, &arena, f);
    assert_int_equal(index.place_count, 2);
    assert_int_equal(place(&index, 2), place(&index, 4));
    assert_int_equal(place(&index, 1), place(&index, 5)); /* by way of 6 */
    assert_int_not_equal(place(&index, 1), place(&index, 2));
    assert_int_equal(place(&index, 99), MIR_TALLY_NOWHERE);
    assert_memory_equal(index.places[place(&index, 4)].id.bytes, tally_id(2).bytes, 16);
    mir_arena_fini(&arena);
    fixture_free(f);
}

static void the_lowest_that_counts_represents_and_the_next_fills_in(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    struct mir_tally_index index;
    struct mir_arena arena = { 0 };
    struct mir_tally_incident *third = tally_incident(f, 3);
    struct mir_tally_incident *first = tally_incident(f, 1);
    struct mir_tally_incident *second = tally_incident(f, 2);
    tally_same(f, 1, 2);
    tally_same(f, 2, 3);
    first->withdrawn = 1;
    first->codes[0] = 9;
    second->codes[1] = 5;
    third->codes[0] = 4;
    third->codes[1] = 6;
    third->has_date = 1;
    third->date_start = 7;
    build(&index, &arena, f);
    const struct mir_tally_place *found = &index.places[place(&index, 1)];
    assert_memory_equal(found->id.bytes, tally_id(2).bytes, 16);
    assert_int_equal(found->codes[0], 4);
    assert_int_equal(found->codes[1], 5);
    assert_int_equal(found->date_start, 7);
    second->withdrawn = 1;
    third->withdrawn = 1;
    build(&index, &arena, f);
    assert_false(index.places[place(&index, 1)].live);
    mir_arena_fini(&arena);
    fixture_free(f);
}

static void perpetrators_are_each_once_and_a_judgement_replaces_them(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    struct mir_tally_index index;
    struct mir_arena arena = { 0 };
    (void)tally_incident(f, 1);
    (void)tally_incident(f, 2);
    tally_same(f, 1, 2);
    (void)tally_attribute(f, 201, 1);
    (void)tally_attribute(f, 202, 2);
    (void)tally_attribute(f, 201, 2);
    (void)tally_attribute(f, 203, 8);
    build(&index, &arena, f);
    assert_int_equal(index.places[0].actor_count, 2);
    assert_memory_equal(
        index.actors[index.places[0].actors_at].actor.bytes, tally_id(201).bytes, 16);
    tally_assess(f, 2, MIR_TALLY_KILLED, 0, 0)->actor = tally_id(204);
    build(&index, &arena, f);
    assert_int_equal(index.places[0].actor_count, 1);
    assert_memory_equal(index.actors[0].actor.bytes, tally_id(204).bytes, 16);
    mir_arena_fini(&arena);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_and_source_ids_join_records),
        cmocka_unit_test(the_lowest_that_counts_represents_and_the_next_fills_in),
        cmocka_unit_test(perpetrators_are_each_once_and_a_judgement_replaces_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
