/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/figures_test.c - only the fresh are saved; what nobody states stays empty.
 */
#include "figures.h"
#include "seed.h"

#include <string.h>

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

static void what_is_said_of_an_incident_is_saved(void **state)
{
    (void)state;
    struct mir_row_set incidents = { 0 };
    struct mir_row_set others = { 0 };
    struct mir_tally_data data;
    seed_add(&world, ids);
    (void)seed_claim(&world, 2, 1, &ids[CIVIL], 5);
    (void)seed_relate(&world, 3, 3, "precedes");
    assert_int_equal(
        mir_rows_take_all(&incidents, &world.arena, &world.store, "incident", &err), MIRSAL_OK);
    assert_int_equal(
        mir_rows_take_all(&others, &world.arena, &world.store, "casualty", &err), MIRSAL_OK);
    assert_int_equal(
        mir_tally_read_some(&data, &world.arena, &world.store, &incidents, &others, &err),
        MIRSAL_OK);
    assert_int_equal(
        mir_figures_save(&world.store, &data, &incidents.numbers, &world.arena, &err), MIRSAL_OK);
    assert_int_equal(world_count(&world, "SELECT count(*) FROM figures"), 2);
    assert_int_equal(
        world_count(&world, "SELECT sum(killed_max) FROM figures WHERE killed_max IS NOT NULL"), 5);
    assert_int_equal(
        world_count(&world, "SELECT count(*) FROM figures WHERE wounded_min IS NULL"), 2);
    assert_int_equal(world_count(&world, "SELECT count(*) FROM figures WHERE actors IS NULL"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_said_of_an_incident_is_saved, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
