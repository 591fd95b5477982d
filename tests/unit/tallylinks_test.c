/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/tallylinks_test.c - links count by who wrote them, and until they are denied.
 */
#include "tallyread.h"
#include "world.h"

#include <string.h>

#define TEXT(value)       v_text(&world.arena, value)
#define CODE(field, code) v_code(&world.arena, &world.schema, field, code)

static struct world world;
static mirsal_error err;

static int setup(void **state)
{
    (void)state;
    world_open(&world);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static void begin(struct draft *draft, uint32_t number, int64_t device)
{
    draft_begin(draft, &world.arena, &world.schema, number, device);
}

/* Two incidents, two sources: draft 1 by device 1. */
enum { INCIDENT, SECOND, CIVIL, OBSERVATORY, SEED_RECORDS };
static mirsal_id ids[SEED_RECORDS];

static void add_seed(void)
{
    static const char *const types[SEED_RECORDS] = { "incident", "incident", "source", "source" };
    struct draft draft;
    begin(&draft, 1, 1);
    for (uint32_t i = 0; i < SEED_RECORDS; i++) {
        ids[draft_create(&draft, types[i])] = draft_id(1, i);
    }
    for (uint32_t i = INCIDENT; i <= SECOND; i++) {
        draft_set(&draft, i, "incident.date", v_none(),
            v_ints(&world.arena, (const int64_t[]){ 18217, 18217, 1 }, 3));
    }
    draft_end(&draft);
    (void)world_apply(&world, &draft);
}

static mirsal_id relate(uint32_t number, int64_t device, const char *relation)
{
    struct draft draft;
    begin(&draft, number, device);
    uint32_t place = draft_create(&draft, "link");
    draft_set(&draft, place, "link.a", v_none(), v_ref(&world.arena, &ids[SECOND]));
    draft_set(&draft, place, "link.rel", v_none(), CODE("link.rel", relation));
    draft_set(&draft, place, "link.b", v_none(), v_ref(&world.arena, &ids[INCIDENT]));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    return draft_id(number, place);
}

static struct mir_tally_data data;

static void read_all(void)
{
    const struct mir_tally_filter filter = { 0 };
    assert_int_equal(mir_tally_read(&data, &world.arena, &world.store, &filter, &err), MIRSAL_OK);
}

static void links_are_a_coordinators_or_the_authors(void **state)
{
    (void)state;
    add_seed();
    (void)relate(2, 2, "same_as");
    read_all();
    assert_int_equal(data.input.same_count, 0);
    (void)relate(3, 3, "same_as");
    read_all();
    assert_int_equal(data.input.same_count, 1);
    (void)relate(4, 4, "not_same_as");
    read_all();
    assert_int_equal(data.input.same_count, 0);
    (void)relate(5, 1, "part_of");
    read_all();
    assert_int_equal(data.input.part_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(links_are_a_coordinators_or_the_authors, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
