/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/projection_test.c - Rows are found by id and number; digests of compartments change
 * apart.
 */
#include "projection.h"
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

static void rows_are_found(void **state)
{
    (void)state;
    struct draft draft;
    struct mir_row row;
    draft_begin(&draft, &world.arena, &world.schema, 1, 1);
    uint32_t place = draft_create(&draft, "place");
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    mirsal_id id = draft_id(1, place);
    mirsal_id found;
    assert_int_equal(mir_projection_find_any(&row, &world.store, &id, &err), MIRSAL_OK);
    assert_string_equal(row.table->type->name, "place");
    assert_int_equal(row.changeset, 1);
    assert_ptr_equal(mir_projection_table_of_no(world.store.projection, row.no), row.table);
    assert_int_equal(mir_projection_id(&found, &world.store, row.no, &err), MIRSAL_OK);
    assert_memory_equal(&found, &id, sizeof id);
    assert_int_equal(mir_projection_id(&found, &world.store, row.no + 4096, &err), MIRSAL_CORRUPT);
    assert_int_equal(mir_projection_find(&row, &world.store,
                         mir_projection_table(world.store.projection, 1), &id, &err),
        MIRSAL_OK);
    assert_null(row.table);
}

static void fields_name_their_table(void **state)
{
    (void)state;
    uint32_t column = 0;
    const struct mir_table *table = mir_projection_field(
        &column, world.store.projection, field_id(&world.schema, "report.url"));
    assert_string_equal(table->type->name, "report");
    assert_string_equal(table->columns[column].field->name, "url");
    assert_null(mir_projection_field(&column, world.store.projection, 999999));
    assert_null(mir_projection_table(world.store.projection, 999));
}

static void digests_stand_apart(void **state)
{
    (void)state;
    mirsal_hash term;
    mirsal_hash zero = { { 0 } };
    mirsal_hash sum;
    memset(&term, 7, sizeof term);
    world.store.projection->compartment = 0;
    assert_int_equal(mir_projection_digest_change(&world.store, 5, &term, 1, &err), MIRSAL_OK);
    assert_int_equal(mir_project_digest(&sum, &world.store, 5, &err), MIRSAL_OK);
    assert_memory_equal(&sum, &term, sizeof sum);
    assert_int_equal(mir_projection_digest_change(&world.store, 5, &term, -1, &err), MIRSAL_OK);
    assert_int_equal(mir_project_digest(&sum, &world.store, 5, &err), MIRSAL_OK);
    assert_memory_equal(&sum, &zero, sizeof sum);
    assert_int_equal(mir_project_digest(&sum, &world.store, 0, &err), MIRSAL_OK);
    assert_memory_equal(&sum, &zero, sizeof sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_are_found, setup, teardown),
        cmocka_unit_test_setup_teardown(fields_name_their_table, setup, teardown),
        cmocka_unit_test_setup_teardown(digests_stand_apart, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
