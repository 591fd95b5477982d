/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/figures_test.c - only the fresh are saved; what nobody states stays empty.
 */
#include "figures.h"
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

/* Two incidents, two sources: draft 1 by device 1. */
enum { INCIDENT, SECOND, CIVIL, OBSERVATORY, SEED_RECORDS };
static mirsal_id ids[SEED_RECORDS];

static void add_seed(void)
{
    static const char *const types[SEED_RECORDS] = { "incident", "incident", "source", "source" };
    struct draft draft;
    begin(&draft, 1, 1);
    for (uint32_t i = 0; i < SEED_RECORDS; i++) {
        ids[draft_create(&draft, types[i])] = draft_id(1, i);
    }
    for (uint32_t i = INCIDENT; i <= SECOND; i++) {
        draft_set(&draft, i, "incident.date", v_none(),
            v_ints(&world.arena, (const int64_t[]){ 18217, 18217, 1 }, 3));
    }
    draft_end(&draft);
    (void)world_apply(&world, &draft);
}

/* One claim of killed civilians on the first incident. */
static mirsal_id claim(uint32_t number, int64_t device, const mirsal_id *root, int64_t killed)
{
    struct draft draft;
    begin(&draft, number, device);
    uint32_t place = draft_create(&draft, "casualty");
    draft_set(&draft, place, "casualty.scope", v_none(), v_refs(&world.arena, &ids[INCIDENT], 1));
    draft_set(&draft, place, "casualty.root_source", v_none(), v_ref(&world.arena, root));
    draft_set(&draft, place, "casualty.outcome", v_none(), CODE("casualty.outcome", "killed"));
    draft_set(&draft, place, "casualty.status", v_none(), CODE("casualty.status", "civilian"));
    draft_set(&draft, place, "casualty.quality", v_none(), CODE("casualty.quality", "exact"));
    draft_set(&draft, place, "casualty.min", v_none(), v_int(&world.arena, killed));
    draft_set(&draft, place, "casualty.max", v_none(), v_int(&world.arena, killed));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    return draft_id(number, place);
}

static mirsal_id relate(uint32_t number, int64_t device, const char *relation)
{
    struct draft draft;
    begin(&draft, number, device);
    uint32_t place = draft_create(&draft, "link");
    draft_set(&draft, place, "link.a", v_none(), v_ref(&world.arena, &ids[SECOND]));
    draft_set(&draft, place, "link.rel", v_none(), CODE("link.rel", relation));
    draft_set(&draft, place, "link.b", v_none(), v_ref(&world.arena, &ids[INCIDENT]));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    return draft_id(number, place);
}

static int64_t count(const char *text)
{
    sqlite3_stmt *statement = NULL;
    int row = 0;
    assert_int_equal(mir_sql_prepare_once(&statement, world.store.sql, text, &err), MIRSAL_OK);
    assert_int_equal(mir_sql_step(&row, world.store.sql, statement, &err), MIRSAL_OK);
    int64_t out = row ? mir_sql_column_int(statement, 0) : -1;
    mir_sql_finalize(statement);
    return out;
}

static void only_fresh_incidents_are_saved(void **state)
{
    (void)state;
    struct mir_row_numbers incidents = { 0 };
    struct mir_row_numbers others = { 0 };
    struct mir_tally_data data;
    uint8_t fresh[2] = { 0, 0 };
    add_seed();
    (void)claim(2, 1, &ids[CIVIL], 5);
    (void)relate(3, 3, "precedes");
    assert_int_equal(
        mir_rows_all(&incidents, &world.arena, &world.store, "incident", &err), MIRSAL_OK);
    assert_int_equal(
        mir_rows_all(&others, &world.arena, &world.store, "casualty", &err), MIRSAL_OK);
    assert_int_equal(
        mir_tally_read_some(&data, &world.arena, &world.store, &incidents, &others, &err),
        MIRSAL_OK);
    for (size_t i = 0; i < 2; i++) {
        fresh[i] = memcmp(&data.input.incidents[i].id, &ids[INCIDENT], sizeof ids[0]) == 0;
    }
    assert_int_equal(
        mir_figures_save(&world.store, &data, &incidents, fresh, &world.arena, &err), MIRSAL_OK);
    assert_int_equal(count("SELECT count(*) FROM figures"), 1);
    assert_int_equal(count("SELECT killed_max FROM figures"), 5);
    assert_int_equal(count("SELECT count(*) FROM figures WHERE wounded_min IS NULL"), 1);
    assert_int_equal(count("SELECT count(*) FROM figures WHERE actors IS NULL"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_fresh_incidents_are_saved, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
