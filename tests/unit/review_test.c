/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/review_test.c - A record's newest write goes by stamp, not by arrival; withdrawals by
 * who may.
 */
#include "review.h"
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

static mirsal_id add_incident(void)
{
    struct draft draft;
    draft_begin(&draft, &world.arena, &world.schema, 1, 1);
    uint32_t place = draft_create(&draft, "incident");
    draft_set(&draft, place, "incident.raid_seq", v_none(), v_int(&world.arena, 1));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    return draft_id(1, place);
}

static void withdraw(uint32_t number, int64_t device, const mirsal_id *id, const char *reason)
{
    struct draft draft;
    draft_begin(&draft, &world.arena, &world.schema, number, device);
    draft_edit(&draft, id, "incident.withdrawn", v_none(),
        reason == NULL ? v_ints(&world.arena, NULL, 0)
                       : v_withdrawal(&world.arena, reason, (const uint32_t[]){ 1 }, 1),
        NULL);
    draft_end(&draft);
    (void)world_apply(&world, &draft);
}

static void the_newest_write_goes_by_stamp(void **state)
{
    (void)state;
    mirsal_id id = add_incident();
    struct draft draft;
    for (uint32_t i = 0; i < 2; i++) {
        draft_begin(&draft, &world.arena, &world.schema, 5 - i, 2);
        draft_edit(&draft, &id, i == 0 ? "incident.rel_text" : "incident.grading_reason", v_none(),
            TEXT("x"), NULL);
        draft_end(&draft);
        (void)world_apply(&world, &draft);
    }
    assert_int_equal(count("SELECT updated FROM r_1"), 2);
}

static void a_stranger_cannot_take_back_the_authors_word(void **state)
{
    (void)state;
    mirsal_id id = add_incident();
    withdraw(2, 1, &id, "mine");
    assert_int_equal(count("SELECT withdrawn FROM r_1"), MIR_ROW_TAKEN_OUT);
    withdraw(3, 2, &id, NULL);
    assert_int_equal(count("SELECT withdrawn FROM r_1"), MIR_ROW_TAKEN_OUT);
    withdraw(4, 3, &id, NULL);
    assert_int_equal(count("SELECT withdrawn FROM r_1"), MIR_ROW_STANDS);
}

static void materialised_registers_count_as_before(void **state)
{
    (void)state;
    mirsal_id id = add_incident();
    struct mir_row row;
    mirsal_hash before;
    mirsal_hash after;
    assert_int_equal(mir_project_digest(&before, &world.store, 0, &err), MIRSAL_OK);
    assert_int_equal(mir_projection_find_any(&row, &world.store, &id, &err), MIRSAL_OK);
    assert_int_equal(mir_review_materialise(&world.store, &row, &err), MIRSAL_OK);
    assert_int_equal(count("SELECT count(*) FROM write WHERE state = 2"), 1);
    assert_int_equal(mir_review_resettle(&world.store, &id, &err), MIRSAL_OK);
    assert_int_equal(mir_project_digest_recompute(&after, &world.store, 0, &err), MIRSAL_OK);
    assert_memory_equal(&before, &after, sizeof before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_newest_write_goes_by_stamp, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_stranger_cannot_take_back_the_authors_word, setup, teardown),
        cmocka_unit_test_setup_teardown(materialised_registers_count_as_before, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
