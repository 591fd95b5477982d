/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/writes_test.c - A register is loaded with every write held of it, from its rows or
 * from the cell.
 */
#include "world.h"
#include "writes.h"

#include <string.h>

#define TEXT(value) v_text(&world.arena, value)

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

static void the_cell_is_the_only_write_until_a_second(void **state)
{
    (void)state;
    struct draft draft;
    struct mir_writes writes;
    draft_begin(&draft, &world.arena, &world.schema, 1, 1);
    uint32_t place = draft_create(&draft, "incident");
    draft_set(&draft, place, "incident.raid_seq", v_none(), v_int(&world.arena, 1));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    mirsal_id id = draft_id(1, place);
    uint32_t field = field_id(&world.schema, "incident.raid_seq");
    assert_int_equal(
        mir_writes_load(&writes, &world.store, &id, field, v_none(), 0, &err), MIRSAL_OK);
    assert_int_equal(writes.count, 1);
    assert_false(writes.held[0].stored);
    assert_int_equal(writes.held[0].changeset, 1);
    assert_int_equal(writes.writes[0].role, 1);
    assert_int_equal(mir_writes_materialise(&writes, &world.store, &err), MIRSAL_OK);
    assert_int_equal(
        mir_writes_load(&writes, &world.store, &id, field, v_none(), 0, &err), MIRSAL_OK);
    assert_int_equal(writes.count, 1);
    assert_true(writes.held[0].stored);
    assert_int_equal(writes.held[0].old_state, MIR_STATE_WINNER);
}

static void single_writes_are_judged(void **state)
{
    (void)state;
    const struct mir_schema_field *number =
        mir_schema_field_by_id(&world.schema, field_id(&world.schema, "incident.raid_seq"));
    const struct mir_schema_field *keys =
        mir_schema_field_by_id(&world.schema, field_id(&world.schema, "place.match_keys"));
    const struct mir_schema_field *workflow =
        mir_schema_field_by_id(&world.schema, field_id(&world.schema, "incident.workflow"));
    struct mir_bytes one = v_int(&world.arena, 1);
    assert_int_equal(mir_write_judge(NULL, v_none(), one, 3), MIR_WRITE_SCHEMA);
    assert_int_equal(mir_write_judge(number, v_none(), one, 1), MIR_WRITE_NONE);
    assert_int_equal(mir_write_judge(number, TEXT("en"), one, 1), MIR_WRITE_TYPE);
    assert_int_equal(mir_write_judge(number, v_none(), TEXT("1"), 1), MIR_WRITE_VALUE);
    assert_int_equal(mir_write_judge(keys, TEXT("x"), one, 3), MIR_WRITE_POLICY);
    struct mir_bytes published =
        v_code(&world.arena, &world.schema, "incident.workflow", "published");
    assert_int_equal(mir_write_judge(workflow, v_none(), published, 1), MIR_WRITE_POLICY);
    assert_int_equal(mir_write_judge(workflow, v_none(), published, 2), MIR_WRITE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_cell_is_the_only_write_until_a_second, setup, teardown),
        cmocka_unit_test_setup_teardown(single_writes_are_judged, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
