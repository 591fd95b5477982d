/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/history_test.c - every write held, with its author, whether it counts or not.
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

static void a_register_tells_all_its_writes(void **state)
{
    (void)state;
    mirsal_id id = world_incident(&world);
    uint32_t field = field_id(&world.schema, "incident.rel_text");
    struct mir_writings writings;
    assert_int_equal(
        mir_history_register(&writings, &world.arena, &world.store, &id, field, v_none(), &err),
        MIRSAL_OK);
    assert_int_equal(writings.count, 1);
    assert_true(writings.writes[0].winner);
    world_edit(&world, 2, 2, &id, "other");
    world_edit(&world, 3, 1, &id, "third");
    assert_int_equal(
        mir_history_register(&writings, &world.arena, &world.store, &id, field, v_none(), &err),
        MIRSAL_OK);
    assert_int_equal(writings.count, 3);
    assert_true(writings.writes[0].winner);
    assert_true(writings.writes[1].live);
    assert_false(writings.writes[2].live);
    assert_int_equal(writings.writes[2].author.changeset, 1);
    assert_int_equal(writings.writes[0].parents.size, 16);
    assert_int_equal(writings.writes[0].reason, MIR_WRITE_NONE);
}

static void a_record_tells_all_its_registers(void **state)
{
    (void)state;
    mirsal_id id = world_incident(&world);
    world_edit(&world, 2, 2, &id, "other");
    struct mir_writings writings;
    assert_int_equal(
        mir_history_record(&writings, &world.arena, &world.store, &id, &err), MIRSAL_OK);
    assert_int_equal(writings.count, 3);
    assert_int_equal(writings.writes[2].field, field_id(&world.schema, "incident.raid_seq"));
    assert_true(writings.writes[2].winner);
    int64_t *changesets = NULL;
    size_t count = 0;
    assert_int_equal(
        mir_history_changesets(&changesets, &count, &world.arena, &world.store, &id, &err),
        MIRSAL_OK);
    assert_int_equal(count, 2);
    assert_int_equal(changesets[1], 2);
}

static void a_changeset_tells_what_it_wrote(void **state)
{
    (void)state;
    mirsal_id id = world_incident(&world);
    world_edit(&world, 2, 2, &id, "other");
    struct mir_writings writings;
    struct mir_items created;
    assert_int_equal(
        mir_history_changeset(&writings, &world.arena, &world.store, 1, &err), MIRSAL_OK);
    assert_int_equal(writings.count, 2);
    assert_int_equal(
        mir_history_changeset(&writings, &world.arena, &world.store, 2, &err), MIRSAL_OK);
    assert_int_equal(writings.count, 1);
    assert_int_equal(mir_history_created(&created, &world.arena, &world.store, 1, &err), MIRSAL_OK);
    assert_int_equal(created.count, 1);
    assert_memory_equal(&created.items[0].id, &id, sizeof id);
    assert_int_equal(mir_history_created(&created, &world.arena, &world.store, 2, &err), MIRSAL_OK);
    assert_int_equal(created.count, 0);
    assert_string_equal(mir_write_reason_name(MIR_WRITE_COMPARTMENT), "compartment");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_register_tells_all_its_writes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_record_tells_all_its_registers, setup, teardown),
        cmocka_unit_test_setup_teardown(a_changeset_tells_what_it_wrote, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
