/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/parts_test.c - Parts of values: components, texts, references; other shapes have
 * none.
 */
#include "parts.h"
#include "world.h"

#include <string.h>

static struct world world;

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

static const struct mir_schema_field *field(const char *name)
{
    return mir_schema_field_by_id(&world.schema, field_id(&world.schema, name));
}

static void components_are_found(void **state)
{
    (void)state;
    struct mir_bytes tuple = v_ints(&world.arena, (const int64_t[]){ 5, INT64_MIN, -7 }, 3);
    int64_t number = 0;
    assert_true(mir_part_int(&number, tuple, 0));
    assert_int_equal(number, 5);
    assert_false(mir_part_int(&number, tuple, 1));
    assert_true(mir_part_int(&number, tuple, 2));
    assert_int_equal(number, -7);
    assert_false(mir_part_int(&number, tuple, 3));
    assert_true(mir_part_int(&number, v_int(&world.arena, 9), 0));
    assert_int_equal(number, 9);
    assert_false(mir_part_int(&number, v_text(&world.arena, "9"), 0));
    assert_false(mir_part_int(&number, v_none(), 0));
}

static void texts_are_found(void **state)
{
    (void)state;
    struct mir_bytes text = mir_part_text(
        field("incident.title"), v_text(&world.arena, "en"), v_text(&world.arena, "Raid"));
    assert_int_equal(text.size, 4);
    text = mir_part_text(
        field("place.names"), v_name(&world.arena, "en", "Saraqeb"), v_int(&world.arena, 1));
    assert_memory_equal(text.data, "Saraqeb", 7);
    text = mir_part_text(field("incident.raid_seq"), v_none(), v_int(&world.arena, 1));
    assert_int_equal(text.size, 0);
}

static void references_are_found(void **state)
{
    (void)state;
    const mirsal_id ids[2] = { draft_id(1, 0), draft_id(1, 1) };
    struct mir_refs refs;
    struct mir_bytes ref;
    mir_refs_begin(&refs, field("casualty.scope"), v_none(), v_refs(&world.arena, ids, 2));
    assert_true(mir_refs_next(&refs, &ref));
    assert_true(mir_bytes_equal(ref, v_ref(&world.arena, &ids[0])));
    assert_true(mir_refs_next(&refs, &ref));
    assert_false(mir_refs_next(&refs, &ref));
    mir_refs_begin(&refs, field("report.incident"), v_ref(&world.arena, &ids[1]), v_none());
    assert_true(mir_refs_next(&refs, &ref));
    assert_true(mir_bytes_equal(ref, v_ref(&world.arena, &ids[1])));
    mir_refs_begin(&refs, field("observation.incident"), v_none(), v_text(&world.arena, "s:1"));
    assert_true(mir_refs_next(&refs, &ref));
    mir_refs_begin(&refs, field("observation.incident"), v_none(), v_ints(&world.arena, NULL, 0));
    assert_false(mir_refs_next(&refs, &ref));
    mir_refs_begin(&refs, field("incident.rel_text"), v_none(), v_text(&world.arena, "x"));
    assert_false(mir_refs_next(&refs, &ref));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(components_are_found, setup, teardown),
        cmocka_unit_test_setup_teardown(texts_are_found, setup, teardown),
        cmocka_unit_test_setup_teardown(references_are_found, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
