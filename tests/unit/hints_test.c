/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/hints_test.c - figures, hints and suggestions follow the claims of what was touched.
 */
#include "msgpack.h"
#include "project.h"
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

/* A judgement that the claim is mis-scoped. */
static mirsal_id reject(uint32_t number, int64_t device, const mirsal_id *rejected)
{
    struct draft draft;
    struct mir_buf value;
    begin(&draft, number, device);
    uint32_t place = draft_create(&draft, "assessment");
    draft_set(&draft, place, "assessment.subject", v_none(), v_ref(&world.arena, &ids[INCIDENT]));
    draft_set(&draft, place, "assessment.field", v_none(), TEXT("killed"));
    mir_buf_init(&value, world.store.env, 256);
    mir_mp_write_array(&value, 1);
    mir_mp_write_array(&value, 2);
    mir_mp_write_bin(&value, rejected->bytes, sizeof rejected->bytes);
    mir_mp_write_uint(&value, 1);
    draft_set(&draft, place, "assessment.rejected", v_none(), mir_buf_bytes(&value));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    mir_buf_fini(&value);
    return draft_id(number, place);
}

static void settle(void)
{
    assert_int_equal(mir_project_settle(&world.store, &err), MIRSAL_OK);
    assert_int_equal(count("SELECT count(*) FROM touched"), 0);
}

#define KILLED "SELECT count(*) FROM incident WHERE killed_min = "

static void claims_become_figures_and_hints(void **state)
{
    (void)state;
    add_seed();
    (void)claim(2, 1, &ids[CIVIL], 5);
    (void)claim(3, 1, &ids[OBSERVATORY], 5);
    mirsal_id twelve = claim(4, 2, &ids[OBSERVATORY], 12);
    settle();
    assert_int_equal(count(KILLED "5 AND killed_max = 12"), 1);
    assert_int_equal(count("SELECT count(*) FROM incident WHERE killed_min IS NULL"), 1);
    assert_int_equal(count("SELECT count(*) FROM review WHERE kind = 6"), 1);
    assert_int_equal(count("SELECT length(sources) FROM figures WHERE sources IS NOT NULL"), 32);
    (void)reject(5, 1, &twelve);
    settle();
    assert_int_equal(count(KILLED "5 AND killed_max = 12"), 1);
    (void)reject(6, 3, &twelve);
    settle();
    assert_int_equal(count(KILLED "5 AND killed_max = 5 AND killed_best = 5"), 1);
    assert_int_equal(count("SELECT count(*) FROM review WHERE kind BETWEEN 6 AND 9"), 0);
}

static void a_monitors_link_is_a_suggestion(void **state)
{
    (void)state;
    add_seed();
    (void)claim(2, 1, &ids[CIVIL], 5);
    (void)relate(3, 2, "same_as");
    settle();
    assert_int_equal(count("SELECT count(*) FROM review WHERE kind = 3"), 1);
    (void)relate(4, 3, "same_as");
    settle();
    assert_int_equal(count("SELECT count(*) FROM review WHERE kind = 3"), 1);
    assert_int_equal(mir_project_role(&world.store, 3, 2, &err), MIRSAL_OK);
}

static void many_touched_are_settled_as_few(void **state)
{
    (void)state;
    add_seed();
    (void)claim(2, 1, &ids[CIVIL], 5);
    struct draft draft;
    begin(&draft, 3, 1);
    draft_room(&draft, 400, 400);
    for (int i = 0; i < 400; i++) {
        (void)draft_create(&draft, "incident");
    }
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    settle();
    assert_int_equal(count(KILLED "5 AND killed_max = 5"), 1);
    assert_int_equal(count("SELECT count(*) FROM figures"), 402);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(claims_become_figures_and_hints, setup, teardown),
        cmocka_unit_test_setup_teardown(a_monitors_link_is_a_suggestion, setup, teardown),
        cmocka_unit_test_setup_teardown(many_touched_are_settled_as_few, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
