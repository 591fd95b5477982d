/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/insert_test.c - Created records become rows, whole batches at once; what cannot stand
 * in a row goes beside it.
 */
#include "insert.h"
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

static void a_batch_becomes_rows(void **state)
{
    (void)state;
    struct draft draft;
    struct mir_record record;
    draft_begin(&draft, &world.arena, &world.schema, 1, 0);
    draft_room(&draft, 300, 1200);
    for (int i = 0; i < 150; i++) {
        uint32_t incident = draft_create(&draft, "incident");
        draft_set(&draft, incident, "incident.raid_seq", v_none(), v_int(&world.arena, i));
        draft_set(&draft, incident, "incident.title", TEXT("en"), TEXT("Raid"));
        draft_set(&draft, incident, "incident.title", TEXT("fr"), TEXT("Raid"));
        draft_set(&draft, incident, "incident.ref_codes", TEXT("b:2"), v_int(&world.arena, 1));
    }
    for (int i = 0; i < 150; i++) {
        uint32_t place = draft_create(&draft, "place");
        draft_set(&draft, place, "place.pcode", v_none(), TEXT("SY07"));
    }
    draft_end(&draft);
    assert_int_equal(world_apply(&world, &draft), 0);
    assert_int_equal(count("SELECT count(*) FROM r_1"), 150);
    assert_int_equal(count("SELECT count(*) FROM r_13"), 150);
    assert_int_equal(count("SELECT count(*) FROM write"), 0);
    mirsal_id id = draft_id(1, 77);
    assert_int_equal(mir_read_record(&record, &world.arena, &world.store, &id, &err), MIRSAL_OK);
    assert_int_equal(record.register_count, 4);
    const struct mir_shown *shown =
        mir_record_find(&record, field_id(&world.schema, "incident.raid_seq"), v_none());
    assert_true(mir_bytes_equal(shown->value, v_int(&world.arena, 77)));
}

static void bad_writes_stand_beside_the_row(void **state)
{
    (void)state;
    struct draft draft;
    draft_begin(&draft, &world.arena, &world.schema, 1, 1);
    uint32_t place = draft_create(&draft, "incident");
    draft_set(&draft, place, "incident.raid_seq", v_none(), v_int(&world.arena, -1));
    draft_set(&draft, place, "incident.rel_text", v_none(), TEXT("near"));
    draft_set(&draft, place, "report.url", v_none(), TEXT("x"));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    assert_int_equal(count("SELECT count(*) FROM r_1 WHERE f115 IS NULL AND f111 IS NOT NULL"), 1);
    assert_int_equal(count("SELECT count(*) FROM write"), 2);
    assert_int_equal(count("SELECT reason FROM write WHERE field = 115"), MIR_WRITE_VALUE);
    assert_int_equal(count("SELECT reason FROM write WHERE field = 413"), MIR_WRITE_TYPE);
}

static void a_twin_writes_protected_fields(void **state)
{
    (void)state;
    struct draft main_draft;
    struct draft twin;
    draft_begin(&main_draft, &world.arena, &world.schema, 1, 0);
    uint32_t place = draft_create(&main_draft, "report");
    draft_set(&main_draft, place, "report.url", v_none(), TEXT("u"));
    draft_end(&main_draft);
    mirsal_id id = draft_id(1, place);
    draft_begin(&twin, &world.arena, &world.schema, 2, 0);
    twin.compartment = 1;
    twin.body.stamp = main_draft.body.stamp;
    draft_edit(&twin, &id, "report.private_url", v_none(), TEXT("p"), NULL);
    draft_end(&twin);
    (void)world_apply(&world, &twin);
    (void)world_apply(&world, &main_draft);
    assert_int_equal(count("SELECT count(*) FROM r_4 WHERE f414 IS NOT NULL"), 1);
    assert_int_equal(count("SELECT count(*) FROM review"), 0);
    draft_begin(&twin, &world.arena, &world.schema, 3, 0);
    twin.compartment = 1;
    draft_edit(&twin, &id, "report.private_text", v_none(), TEXT("late"), NULL);
    draft_end(&twin);
    (void)world_apply(&world, &twin);
    assert_int_equal(count("SELECT count(*) FROM r_4 WHERE f419 IS NOT NULL"), 0);
    assert_int_equal(count("SELECT count(*) FROM review WHERE kind = 5"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_batch_becomes_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_writes_stand_beside_the_row, setup, teardown),
        cmocka_unit_test_setup_teardown(a_twin_writes_protected_fields, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
