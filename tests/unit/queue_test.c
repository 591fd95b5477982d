/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/queue_test.c - what stands in the review queue, of one record or of all.
 */
#include "history.h"
#include "world.h"

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

static void the_queue_is_listed(void **state)
{
    (void)state;
    struct mir_review *items = NULL;
    size_t count = 0;
    mirsal_id id = world_incident(&world);
    mirsal_id unknown = draft_id(77, 0);
    world_edit(&world, 2, 2, &id, "other");
    world_edit(&world, 3, 2, &unknown, "orphan");
    assert_int_equal(
        mir_review_list(&items, &count, &world.arena, &world.store, NULL, 0, &err), MIRSAL_OK);
    assert_int_equal(count, 1);
    assert_int_equal(items[0].kind, MIR_REVIEW_VALUES);
    assert_int_equal(items[0].type, 1);
    assert_int_equal(items[0].field, field_id(&world.schema, "incident.rel_text"));
    assert_int_equal(
        mir_review_list(&items, &count, &world.arena, &world.store, NULL, 1, &err), MIRSAL_OK);
    assert_int_equal(count, 2);
    assert_int_equal(
        mir_review_list(&items, &count, &world.arena, &world.store, &unknown, 1, &err), MIRSAL_OK);
    assert_int_equal(count, 1);
    assert_int_equal(items[0].kind, MIR_REVIEW_ORPHAN);
    assert_int_equal(items[0].type, 0);
    assert_string_equal(mir_review_kind_name(MIR_REVIEW_ROOT_SOURCE), "root_source");
    assert_int_equal(mir_review_severity(MIR_REVIEW_SECRET), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_queue_is_listed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
