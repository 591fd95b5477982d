/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/changes_test.c - each record a changeset wrote to, once, above the cursor.
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

static void changes_go_on_from_a_cursor(void **state)
{
    (void)state;
    struct mir_change *changes = NULL;
    size_t count = 0;
    mirsal_id id = world_incident(&world);
    world_edit(&world, 2, 2, &id, "other");
    assert_int_equal(
        mir_history_changes(&changes, &count, &world.arena, &world.store, 0, 0, &err), MIRSAL_OK);
    assert_int_equal(count, 2);
    assert_true(changes[0].cursor < changes[1].cursor);
    assert_int_equal(changes[0].type, 1);
    assert_int_equal(changes[0].field_count, 2);
    assert_int_equal(changes[1].field_count, 1);
    assert_int_equal(changes[1].fields[0], field_id(&world.schema, "incident.rel_text"));
    mirsal_hash second = draft_changeset(2);
    assert_memory_equal(&changes[1].changeset, &second, sizeof second);
    uint64_t cursor = changes[0].cursor;
    uint64_t last = changes[1].cursor;
    assert_int_equal(
        mir_history_changes(&changes, &count, &world.arena, &world.store, cursor, 0, &err),
        MIRSAL_OK);
    assert_int_equal(count, 1);
    assert_int_equal(changes[0].cursor, last);
    assert_int_equal(
        mir_history_changes(&changes, &count, &world.arena, &world.store, last, 0, &err),
        MIRSAL_OK);
    assert_int_equal(count, 0);
}

static void a_limit_cuts_a_batch(void **state)
{
    (void)state;
    struct draft draft;
    struct mir_change *changes = NULL;
    size_t count = 0;
    size_t total = 0;
    uint64_t cursor = 0;
    world_begin(&world, &draft, 1, 1);
    for (int i = 0; i < 10; i++) {
        (void)draft_create(&draft, i % 2 == 0 ? "place" : "source");
    }
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    do {
        assert_int_equal(
            mir_history_changes(&changes, &count, &world.arena, &world.store, cursor, 3, &err),
            MIRSAL_OK);
        assert_true(count <= 3);
        total += count;
        cursor = count > 0 ? changes[count - 1].cursor : cursor;
    } while (count > 0);
    assert_int_equal(total, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(changes_go_on_from_a_cursor, setup, teardown),
        cmocka_unit_test_setup_teardown(a_limit_cuts_a_batch, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
