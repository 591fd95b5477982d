/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/record_test.c - Whole records: what each register shows and by whom; children by id
 * and by source id.
 */
#include "read.h"
#include "world.h"

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

static mirsal_id add_incident(void)
{
    struct draft draft;
    draft_begin(&draft, &world.arena, &world.schema, 1, 1);
    uint32_t place = draft_create(&draft, "incident");
    draft_set(&draft, place, "incident.source_id", v_none(), TEXT("i:1"));
    draft_set(&draft, place, "incident.rel_text", v_none(), TEXT("near"));
    draft_set(&draft, place, "incident.title", TEXT("ar"), TEXT("غارة"));
    draft_set(&draft, place, "incident.title", TEXT("en"), TEXT("Raid"));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    return draft_id(1, place);
}

static void registers_and_authors_are_read(void **state)
{
    (void)state;
    mirsal_id id = add_incident();
    struct draft draft;
    draft_begin(&draft, &world.arena, &world.schema, 2, 2);
    draft_edit(&draft, &id, "incident.rel_text", v_none(), TEXT("south"), NULL);
    draft_edit(&draft, &id, "incident.raid_seq", v_none(), v_int(&world.arena, 2), NULL);
    draft_end(&draft);
    assert_int_equal(world_apply(&world, &draft), 1);
    struct mir_record record;
    assert_int_equal(mir_read_record(&record, &world.arena, &world.store, &id, &err), MIRSAL_OK);
    assert_int_equal(record.register_count, 5);
    assert_int_equal(record.type, 1);
    assert_int_equal(record.state, MIR_RECORD_ACCEPTED);
    assert_int_equal(record.created.changeset, 1);
    assert_int_equal(record.created.role, 1);
    assert_int_equal(record.updated.changeset, 2);
    assert_int_equal(record.conflicts, 1);
    const struct mir_shown *shown =
        mir_record_find(&record, field_id(&world.schema, "incident.rel_text"), v_none());
    assert_true(shown->conflict);
    shown = mir_record_find(&record, field_id(&world.schema, "incident.raid_seq"), v_none());
    assert_int_equal(shown->changeset, 2);
    assert_false(shown->conflict);
    shown = mir_record_find(&record, field_id(&world.schema, "incident.title"), TEXT("en"));
    assert_int_equal(shown->changeset, 1);
    assert_true(mir_bytes_equal(shown->value, TEXT("Raid")));
    for (size_t i = 1; i < record.register_count; i++) {
        assert_true(record.registers[i - 1].field <= record.registers[i].field);
    }
    mirsal_id unknown = draft_id(9, 9);
    assert_int_equal(
        mir_read_record(&record, &world.arena, &world.store, &unknown, &err), MIRSAL_NOT_FOUND);
}

static void children_are_found(void **state)
{
    (void)state;
    mirsal_id id = add_incident();
    const mirsal_id scope[1] = { id };
    struct draft draft;
    draft_begin(&draft, &world.arena, &world.schema, 2, 1);
    uint32_t observation = draft_create(&draft, "observation");
    uint32_t report = draft_create(&draft, "report");
    uint32_t casualty = draft_create(&draft, "casualty");
    draft_set(&draft, observation, "observation.incident", v_none(), TEXT("i:1"));
    draft_set(&draft, report, "report.incident", v_ref(&world.arena, &id), v_int(&world.arena, 1));
    draft_set(&draft, casualty, "casualty.scope", v_none(), v_refs(&world.arena, scope, 1));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    struct mir_items items;
    assert_int_equal(mir_read_children(&items, &world.arena, &world.store, &id, &err), MIRSAL_OK);
    assert_int_equal(items.count, 3);
    assert_int_equal(items.items[0].type, 4);
    assert_int_equal(items.items[1].type, 5);
    assert_int_equal(items.items[2].type, 2);
}

static void a_record_of_an_unknown_type_is_quarantined(void **state)
{
    (void)state;
    struct draft draft;
    draft_begin(&draft, &world.arena, &world.schema, 1, 1);
    uint32_t place = draft_create(&draft, "nothing");
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    mirsal_id id = draft_id(1, place);
    struct mir_record record;
    assert_int_equal(mir_read_record(&record, &world.arena, &world.store, &id, &err), MIRSAL_OK);
    assert_int_equal(record.state, MIR_RECORD_QUARANTINED);
    assert_int_equal(record.type, 999);
    assert_string_equal(mir_record_state_name(record.state), "quarantined");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(registers_and_authors_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(children_are_found, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_record_of_an_unknown_type_is_quarantined, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
