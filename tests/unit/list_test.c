/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/list_test.c - records by condition, period and place, in order.
 */
#include "list.h"
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

static void begin(struct draft *draft, uint32_t number, int64_t device)
{
    draft_begin(draft, &world.arena, &world.schema, number, device);
}

static mirsal_id ids[4];

/* Four incidents: days 10, 11 to 20, 15 and none; 0 to 2 have points along the 36th meridian. */
static void add_four(void)
{
    struct draft draft;
    static const int64_t dates[3][3] = { { 10, 10, 1 }, { 11, 20, 2 }, { 15, 15, 1 } };
    begin(&draft, 1, 1);
    for (int i = 0; i < 4; i++) {
        uint32_t place = draft_create(&draft, "incident");
        ids[i] = draft_id(1, place);
        draft_set(&draft, place, "incident.raid_seq", v_none(), v_int(&world.arena, 4 - i));
        if (i < 3) {
            const int64_t point[4] = { 350000000 + i * 1000000, 360000000, INT64_MIN, INT64_MIN };
            draft_set(&draft, place, "incident.date", v_none(), v_ints(&world.arena, dates[i], 3));
            draft_set(&draft, place, "incident.point", v_none(), v_ints(&world.arena, point, 4));
        }
    }
    draft_end(&draft);
    (void)world_apply(&world, &draft);
}

static struct mir_items items;

static mirsal_code run(const struct mir_list *list)
{
    return mir_list(&items, &world.arena, &world.store, list, &err);
}

static void expect(const int *expected, size_t count)
{
    assert_int_equal(items.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_memory_equal(&items.items[i].id, &ids[expected[i]], sizeof ids[0]);
    }
}

static void order_and_limit(void **state)
{
    (void)state;
    add_four();
    assert_int_equal(run(&(struct mir_list){ .type = 1 }), MIRSAL_OK);
    expect((const int[]){ 0, 1, 2, 3 }, 4);
    assert_int_equal(run(&(struct mir_list){ .type = 1, .sort = "raid_seq" }), MIRSAL_OK);
    expect((const int[]){ 3, 2, 1, 0 }, 4);
    assert_int_equal(
        run(&(struct mir_list){ .type = 1, .sort = "-raid_seq", .limit = 2 }), MIRSAL_OK);
    expect((const int[]){ 0, 1 }, 2);
    assert_int_equal(run(&(struct mir_list){ .type = 1, .sort = "missing" }), MIRSAL_UNKNOWN_FIELD);
    assert_int_equal(run(&(struct mir_list){ .type = 999 }), MIRSAL_UNKNOWN_TYPE);
}

static void conditions(void **state)
{
    (void)state;
    add_four();
    assert_int_equal(
        run(&(struct mir_list){ .type = 1, .where = "raid_seq > 2 AND lat < 36" }), MIRSAL_OK);
    expect((const int[]){ 0, 1 }, 2);
    assert_int_equal(
        run(&(struct mir_list){ .type = 1, .where = "missing = 1" }), MIRSAL_UNKNOWN_FIELD);
    assert_int_equal(run(&(struct mir_list){ .type = 1, .where = "1) --" }), MIRSAL_BAD_VALUE);
    assert_int_equal(
        run(&(struct mir_list){ .type = 1, .where = "EXISTS (SELECT 1 FROM casualty)" }),
        MIRSAL_NOT_ALLOWED);
}

static void periods(void **state)
{
    (void)state;
    add_four();
    struct mir_list list = { .type = 1, .has_since = 1, .since = 12 };
    assert_int_equal(run(&list), MIRSAL_OK);
    expect((const int[]){ 1, 2 }, 2);
    assert_true(items.items[0].boundary);
    assert_false(items.items[1].boundary);
    list = (struct mir_list){ .type = 1, .has_until = 1, .until = 11 };
    assert_int_equal(run(&list), MIRSAL_OK);
    expect((const int[]){ 0, 1 }, 2);
    list.type = 13;
    assert_int_equal(run(&list), MIRSAL_UNKNOWN_FIELD);
}

static void places(void **state)
{
    (void)state;
    add_four();
    struct mir_list list = { .type = 1,
        .has_box = 1,
        .west = 359000000,
        .east = 361000000,
        .south = 350500000,
        .north = 352000000 };
    assert_int_equal(run(&list), MIRSAL_OK);
    expect((const int[]){ 1, 2 }, 2);
    list.west = 361000000;
    list.east = 359000000;
    assert_int_equal(run(&list), MIRSAL_OK);
    expect(NULL, 0);
    list = (struct mir_list){
        .type = 1, .has_near = 1, .near_lat = 350000000, .near_lon = 361000000, .near_m = 9200
    };
    assert_int_equal(run(&list), MIRSAL_OK);
    expect((const int[]){ 0 }, 1);
    list.near_m = 9000;
    assert_int_equal(run(&list), MIRSAL_OK);
    expect(NULL, 0);
}

static void withdrawn_records_are_left_out(void **state)
{
    (void)state;
    add_four();
    struct draft draft;
    begin(&draft, 2, 1);
    draft_edit(&draft, &ids[0], "incident.withdrawn", v_none(),
        v_withdrawal(&world.arena, "r", (const uint32_t[]){ 1 }, 1), NULL);
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    assert_int_equal(run(&(struct mir_list){ .type = 1 }), MIRSAL_OK);
    expect((const int[]){ 1, 2, 3 }, 3);
    assert_int_equal(run(&(struct mir_list){ .type = 1, .all = 1 }), MIRSAL_OK);
    expect((const int[]){ 0, 1, 2, 3 }, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(order_and_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(conditions, setup, teardown),
        cmocka_unit_test_setup_teardown(periods, setup, teardown),
        cmocka_unit_test_setup_teardown(places, setup, teardown),
        cmocka_unit_test_setup_teardown(withdrawn_records_are_left_out, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
