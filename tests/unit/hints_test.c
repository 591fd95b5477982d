/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/hints_test.c - figures, hints and suggestions follow the claims of what was touched.
 */
#include "project.h"
#include "seed.h"

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

static void settle(void)
{
    assert_int_equal(mir_project_settle(&world.store, &err), MIRSAL_OK);
    assert_int_equal(world_count(&world, "SELECT count(*) FROM touched"), 0);
}

#define KILLED "SELECT count(*) FROM incident WHERE killed_min = "

static void claims_become_figures_and_hints(void **state)
{
    (void)state;
    seed_add(&world, ids);
    (void)seed_claim(&world, 2, 1, &ids[CIVIL], 5);
    (void)seed_claim(&world, 3, 1, &ids[OBSERVATORY], 5);
    mirsal_id twelve = seed_claim(&world, 4, 2, &ids[OBSERVATORY], 12);
    settle();
    assert_int_equal(world_count(&world, KILLED "5 AND killed_max = 12"), 1);
    assert_int_equal(
        world_count(&world, "SELECT count(*) FROM incident WHERE killed_min IS NULL"), 1);
    assert_int_equal(world_count(&world, "SELECT count(*) FROM review WHERE kind = 6"), 1);
    assert_int_equal(
        world_count(&world, "SELECT length(sources) FROM figures WHERE sources IS NOT NULL"), 32);
    (void)seed_reject(&world, 5, 1, &twelve);
    settle();
    assert_int_equal(world_count(&world, KILLED "5 AND killed_max = 12"), 1);
    (void)seed_reject(&world, 6, 3, &twelve);
    settle();
    assert_int_equal(world_count(&world, KILLED "5 AND killed_max = 5 AND killed_best = 5"), 1);
    assert_int_equal(
        world_count(&world, "SELECT count(*) FROM review WHERE kind BETWEEN 6 AND 9"), 0);
}

static void a_monitors_link_is_a_suggestion(void **state)
{
    (void)state;
    seed_add(&world, ids);
    (void)seed_claim(&world, 2, 1, &ids[CIVIL], 5);
    (void)seed_relate(&world, 3, 2, "same_as");
    settle();
    assert_int_equal(world_count(&world, "SELECT count(*) FROM review WHERE kind = 3"), 1);
    (void)seed_relate(&world, 4, 3, "same_as");
    settle();
    assert_int_equal(world_count(&world, "SELECT count(*) FROM review WHERE kind = 3"), 1);
    assert_int_equal(mir_project_role(&world.store, 3, 2, &err), MIRSAL_OK);
}

static void many_touched_are_settled_as_few(void **state)
{
    (void)state;
    seed_add(&world, ids);
    (void)seed_claim(&world, 2, 1, &ids[CIVIL], 5);
    struct draft draft;
    world_begin(&world, &draft, 3, 1);
    draft_room(&draft, 400, 400);
    for (int i = 0; i < 400; i++) {
        (void)draft_create(&draft, "incident");
    }
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    settle();
    assert_int_equal(world_count(&world, KILLED "5 AND killed_max = 5"), 1);
    assert_int_equal(world_count(&world, "SELECT count(*) FROM figures"), 402);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(claims_become_figures_and_hints, setup, teardown),
        cmocka_unit_test_setup_teardown(a_monitors_link_is_a_suggestion, setup, teardown),
        cmocka_unit_test_setup_teardown(many_touched_are_settled_as_few, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
