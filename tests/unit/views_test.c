/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/views_test.c - Views show names, dates and states in plain SQL.
 */
#include "views.h"
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

static void an_incident_shows_its_place(void **state)
{
    (void)state;
    struct draft draft;
    draft_begin(&draft, &world.arena, &world.schema, 1, 1);
    uint32_t governorate = draft_create(&draft, "place");
    uint32_t village = draft_create(&draft, "place");
    uint32_t incident = draft_create(&draft, "incident");
    mirsal_id governorate_id = draft_id(1, governorate);
    mirsal_id village_id = draft_id(1, village);
    draft_set(&draft, governorate, "place.names", v_name(&world.arena, "en", "Idlib"),
        v_int(&world.arena, 1));
    draft_set(&draft, village, "place.names", v_name(&world.arena, "en", "Saraqeb"),
        v_int(&world.arena, 1));
    draft_set(&draft, village, "place.admin1", v_none(), v_ref(&world.arena, &governorate_id));
    draft_set(&draft, village, "place.point", v_none(),
        v_ints(&world.arena, (const int64_t[]){ 358644700, 368059100, INT64_MIN, INT64_MIN }, 4));
    draft_set(&draft, incident, "incident.place", v_none(), v_ref(&world.arena, &village_id));
    draft_set(&draft, incident, "incident.date", v_none(),
        v_ints(&world.arena, (const int64_t[]){ 18217, 18217, 1 }, 3));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    assert_int_equal(count("SELECT count(*) FROM incident WHERE place_name = 'Saraqeb'"
                           " AND governorate = 'Idlib' AND date_start = '2019-11-17'"
                           " AND date_prec = 'day' AND state = 'accepted' AND conflicts = 0"
                           " AND round(lat, 4) = 35.8645 AND round(lon, 4) = 36.8059"
                           " AND updated LIKE '1970-%Z'"),
        1);
    assert_int_equal(count("SELECT count(*) FROM place WHERE names = 'Idlib'"), 1);
}

static void views_are_made_again(void **state)
{
    (void)state;
    assert_int_equal(mir_views_make(&world.store, &err), MIRSAL_OK);
    assert_int_equal(count("SELECT count(*) FROM temp.sqlite_master WHERE type = 'view'"),
        world.schema.type_count);
}

/* The index of points stays open until the transaction ends, which stands in the way of SQLite. */
static void views_are_made_again_behind_points(void **state)
{
    (void)state;
    struct draft draft;
    assert_int_equal(mir_sql_run(world.store.sql, "BEGIN IMMEDIATE", &err), MIRSAL_OK);
    draft_begin(&draft, &world.arena, &world.schema, 1, 1);
    uint32_t incident = draft_create(&draft, "incident");
    draft_set(&draft, incident, "incident.point", v_none(),
        v_ints(&world.arena, (const int64_t[]){ 358644700, 368059100, INT64_MIN, INT64_MIN }, 4));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    assert_int_equal(mir_views_make(&world.store, &err), MIRSAL_OK);
    assert_int_equal(count("SELECT count(*) FROM incident WHERE lat IS NOT NULL"), 1);
    assert_int_equal(mir_sql_run(world.store.sql, "COMMIT", &err), MIRSAL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_incident_shows_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(views_are_made_again, setup, teardown),
        cmocka_unit_test_setup_teardown(views_are_made_again_behind_points, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
