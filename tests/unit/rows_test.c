/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/rows_test.c - rows by number, their fields by name, what their references mean.
 */
#include "rows.h"
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

static void fields_are_read_by_name(void **state)
{
    (void)state;
    struct draft draft;
    struct mir_full_row row;
    int64_t number = 0;
    int64_t value = 0;
    begin(&draft, 1, 1);
    uint32_t incident = draft_create(&draft, "incident");
    uint32_t casualty = draft_create(&draft, "casualty");
    mirsal_id id = draft_id(1, incident);
    mirsal_id casualty_id = draft_id(1, casualty);
    draft_set(&draft, incident, "incident.source_id", v_none(), TEXT("x:1"));
    draft_set(&draft, casualty, "casualty.scope", v_none(), v_refs(&world.arena, &id, 1));
    draft_set(&draft, casualty, "casualty.min", v_none(), v_int(&world.arena, 7));
    draft_set(&draft, casualty, "casualty.outcome", v_none(), CODE("casualty.outcome", "wounded"));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    assert_int_equal(mir_rows_find(&number, &world.store, &casualty_id, &err), MIRSAL_OK);
    assert_int_equal(mir_rows_read(&row, &world.arena, &world.store, number, &err), MIRSAL_OK);
    assert_true(mir_rows_int(&value, &row, "min"));
    assert_int_equal(value, 7);
    assert_false(mir_rows_int(&value, &row, "max"));
    assert_string_equal(mir_rows_code(&row, "outcome"), "wounded");
    assert_string_equal(mir_rows_code(&row, "sex"), "");
    assert_int_equal(mir_rows_cell(&row, "missing").size, 0);
    mirsal_id *refs = NULL;
    size_t count = 0;
    assert_int_equal(
        mir_rows_refs(&refs, &count, &world.arena, &world.store, &row, "scope", &err), MIRSAL_OK);
    assert_int_equal(count, 1);
    assert_memory_equal(&refs[0], &id, sizeof id);
    struct mir_row_set taken = { 0 };
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            mir_rows_take(&taken, &world.arena, &world.store, number, &err), MIRSAL_OK);
    }
    assert_int_equal(taken.numbers.count, 1);
    assert_memory_equal(&taken.rows[0].row.id, &casualty_id, sizeof casualty_id);
    assert_int_equal(taken.rows[0].author.changeset, row.author.changeset);
}

static void winners_are_named(void **state)
{
    (void)state;
    struct draft draft;
    struct mir_full_row row;
    struct mir_author author;
    int64_t number = 0;
    begin(&draft, 1, 1);
    uint32_t place = draft_create(&draft, "incident");
    draft_set(&draft, place, "incident.raid_seq", v_none(), v_int(&world.arena, 1));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    mirsal_id id = draft_id(1, place);
    begin(&draft, 2, 3);
    draft_edit(&draft, &id, "incident.raid_seq", v_none(), v_int(&world.arena, 2),
        (const uint32_t[]){ 1, 0 });
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    assert_int_equal(mir_rows_find(&number, &world.store, &id, &err), MIRSAL_OK);
    assert_int_equal(mir_rows_read(&row, &world.arena, &world.store, number, &err), MIRSAL_OK);
    assert_int_equal(row.author.changeset, 1);
    assert_int_equal(mir_rows_winner(&author, &world.store, &row, "raid_seq", &err), MIRSAL_OK);
    assert_int_equal(author.changeset, 2);
    assert_int_equal(mir_rows_winner(&author, &world.store, &row, "date", &err), MIRSAL_OK);
    assert_int_equal(author.changeset, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fields_are_read_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(winners_are_named, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
