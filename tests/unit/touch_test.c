/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/touch_test.c - Search, places and children follow the cells.
 */
#include "touch.h"
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

static void indexes_follow_edits(void **state)
{
    (void)state;
    struct draft draft;
    draft_begin(&draft, &world.arena, &world.schema, 1, 1);
    uint32_t incident = draft_create(&draft, "incident");
    uint32_t report = draft_create(&draft, "report");
    mirsal_id id = draft_id(1, incident);
    mirsal_id report_id = draft_id(1, report);
    draft_set(&draft, incident, "incident.title", TEXT("ar"), TEXT("غارة على المدرسة"));
    draft_set(&draft, incident, "incident.rel_text", v_none(), TEXT("near the Mill"));
    draft_set(&draft, incident, "incident.point", v_none(),
        v_ints(&world.arena, (const int64_t[]){ 355000000, 365000000, INT64_MIN, INT64_MIN }, 4));
    draft_set(&draft, report, "report.incident", v_ref(&world.arena, &id), v_int(&world.arena, 1));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    assert_int_equal(count("SELECT count(*) FROM words WHERE words MATCH 'المدرسه'"), 1);
    assert_int_equal(count("SELECT count(*) FROM words WHERE words MATCH 'mill'"), 1);
    assert_int_equal(count("SELECT count(*) FROM points WHERE south > 354000000"), 1);
    assert_int_equal(count("SELECT count(*) FROM child"), 1);
    draft_begin(&draft, &world.arena, &world.schema, 2, 1);
    draft_edit(&draft, &id, "incident.rel_text", v_none(), TEXT("near the school"),
        (const uint32_t[]){ 1, 0 });
    draft_edit(&draft, &id, "incident.point", v_none(),
        v_ints(&world.arena, (const int64_t[]){ 335000000, 365000000, INT64_MIN, INT64_MIN }, 4),
        (const uint32_t[]){ 1, 0 });
    draft_edit(&draft, &report_id, "report.incident", v_ref(&world.arena, &id),
        v_int(&world.arena, 0), (const uint32_t[]){ 1, 0 });
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    assert_int_equal(count("SELECT count(*) FROM words WHERE words MATCH 'mill'"), 0);
    assert_int_equal(count("SELECT count(*) FROM words WHERE words MATCH 'school'"), 1);
    assert_int_equal(count("SELECT count(*) FROM words WHERE words MATCH 'المدرسه'"), 1);
    assert_int_equal(count("SELECT count(*) FROM points WHERE south > 354000000"), 0);
    assert_int_equal(count("SELECT count(*) FROM points"), 1);
    assert_int_equal(count("SELECT count(*) FROM child"), 0);
}

static void review_items_tell_whether_they_changed(void **state)
{
    (void)state;
    struct mir_review item = { .record = draft_id(1, 0), .kind = MIR_REVIEW_DUPLICATE };
    int changed = 0;
    assert_int_equal(mir_touch_review(&changed, &world.store, &item, 1, &err), MIRSAL_OK);
    assert_true(changed);
    assert_int_equal(mir_touch_review(&changed, &world.store, &item, 1, &err), MIRSAL_OK);
    assert_false(changed);
    item.others = (struct mir_bytes){ item.record.bytes, 16 };
    assert_int_equal(mir_touch_review(&changed, &world.store, &item, 1, &err), MIRSAL_OK);
    assert_true(changed);
    assert_int_equal(mir_touch_review(&changed, &world.store, &item, 0, &err), MIRSAL_OK);
    assert_true(changed);
    assert_int_equal(count("SELECT count(*) FROM review"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(indexes_follow_edits, setup, teardown),
        cmocka_unit_test_setup_teardown(review_items_tell_whether_they_changed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
