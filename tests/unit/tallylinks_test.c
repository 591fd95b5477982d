/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/tallylinks_test.c - links count by who wrote them, and until they are denied.
 */
#include "seed.h"
#include "tallyread.h"

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

static mirsal_id ids[SEED_RECORDS];

static struct mir_tally_data data;

static void read_all(void)
{
    const struct mir_tally_filter filter = { 0 };
    assert_int_equal(mir_tally_read(&data, &world.arena, &world.store, &filter, &err), MIRSAL_OK);
}

static void links_are_a_coordinators_or_the_authors(void **state)
{
    (void)state;
    seed_add(&world, ids);
    (void)seed_relate(&world, 2, 2, "same_as");
    read_all();
    assert_int_equal(data.input.same_count, 0);
    (void)seed_relate(&world, 3, 3, "same_as");
    read_all();
    assert_int_equal(data.input.same_count, 1);
    (void)seed_relate(&world, 4, 4, "not_same_as");
    read_all();
    assert_int_equal(data.input.same_count, 0);
    (void)seed_relate(&world, 5, 1, "part_of");
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
