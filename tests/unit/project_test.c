/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/project_test.c - Changesets become rows, registers, review items and a digest; by the
 * rules of merge.md.
 */
#include "cells.h"
#include "project.h"
#include "world.h"

#include <string.h>

#define TEXT(value) v_text(&world.arena, value)

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

static void begin(struct draft *draft, uint32_t number, int64_t device)
{
    draft_begin(draft, &world.arena, &world.schema, number, device);
}

static int64_t count(const char *text)
{
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_error err;
    assert_int_equal(mir_sql_prepare_once(&statement, world.store.sql, text, &err), MIRSAL_OK);
    assert_int_equal(mir_sql_step(&row, world.store.sql, statement, &err), MIRSAL_OK);
    int64_t out = row ? mir_sql_column_int(statement, 0) : -1;
    mir_sql_finalize(statement);
    return out;
}

/* What the record shows in a field without keys, as text; NULL: nothing. */
static const char *shown(const mirsal_id *id, const char *field)
{
    static char out[256];
    struct mir_arena arena;
    struct mir_record record;
    mirsal_error err = { 0 };
    mir_arena_init(&arena, world.store.env, 1 << 20);
    assert_int_equal(mir_read_record(&record, &arena, &world.store, id, &err), MIRSAL_OK);
    const struct mir_shown *found =
        mir_record_find(&record, field_id(&world.schema, field), v_none());
    if (found != NULL) {
        assert_true(found->value.size > 0 && found->value.size < 31);
        memcpy(out, found->value.data + 1, found->value.size - 1);
        out[found->value.size - 1] = 0;
    }
    mir_arena_fini(&arena);
    return found == NULL ? NULL : out;
}

/* The digest kept and the digest computed are one. */
static mirsal_hash digest(uint32_t compartment)
{
    mirsal_hash kept;
    mirsal_hash computed;
    mirsal_error err = { 0 };
    assert_int_equal(mir_project_digest(&kept, &world.store, compartment, &err), MIRSAL_OK);
    assert_int_equal(
        mir_project_digest_recompute(&computed, &world.store, compartment, &err), MIRSAL_OK);
    assert_memory_equal(&kept, &computed, sizeof kept);
    return kept;
}

/* Device 1 creates an incident; the draft's number is 1. */
static mirsal_id create_incident(void)
{
    struct draft draft;
    begin(&draft, 1, 1);
    uint32_t place = draft_create(&draft, "incident");
    draft_set(&draft, place, "incident.rel_text", v_none(), TEXT("near the mill"));
    draft_set(&draft, place, "incident.title", TEXT("en"), TEXT("Raid"));
    draft_set(&draft, place, "incident.title", TEXT("ar"), TEXT("غارة"));
    draft_set(&draft, place, "incident.ref_codes", TEXT("x:1"), v_int(&world.arena, 1));
    draft_end(&draft);
    assert_int_equal(world_apply(&world, &draft), 0);
    return draft_id(1, place);
}

static void edit(uint32_t number,
    int64_t device,
    const mirsal_id *id,
    const char *value,
    const uint32_t *parents,
    uint32_t opened)
{
    struct draft draft;
    begin(&draft, number, device);
    draft_edit(&draft, id, "incident.rel_text", v_none(), TEXT(value), parents);
    draft_end(&draft);
    assert_int_equal(world_apply(&world, &draft), opened);
}

static void untouched_record_is_one_row(void **state)
{
    (void)state;
    mirsal_id id = create_incident();
    assert_string_equal(shown(&id, "incident.rel_text"), "near the mill");
    assert_int_equal(count("SELECT count(*) FROM r_1"), 1);
    assert_int_equal(count("SELECT count(*) FROM write"), 0);
    mirsal_hash zero = { { 0 } };
    mirsal_hash sum = digest(0);
    assert_memory_not_equal(&sum, &zero, sizeof sum);
    sum = digest(1);
    assert_memory_equal(&sum, &zero, sizeof sum);
}

static void own_edit_supersedes(void **state)
{
    (void)state;
    mirsal_id id = create_incident();
    edit(2, 1, &id, "near the school", (const uint32_t[]){ 1, 0 }, 0);
    assert_string_equal(shown(&id, "incident.rel_text"), "near the school");
    assert_int_equal(count("SELECT count(*) FROM write"), 2);
    assert_int_equal(count("SELECT count(*) FROM write WHERE state > 0"), 1);
    assert_int_equal(count("SELECT count(*) FROM review"), 0);
    (void)digest(0);
}

static void two_accounts_stay_until_a_coordinator_resolves(void **state)
{
    (void)state;
    mirsal_id id = create_incident();
    edit(2, 2, &id, "near the school", (const uint32_t[]){ 1, 0 }, 1);
    assert_int_equal(count("SELECT count(*) FROM review WHERE kind = 1"), 1);
    assert_int_equal(count("SELECT count(*) FROM write WHERE state > 0"), 2);
    (void)digest(0);
    edit(3, 3, &id, "south of the mill", (const uint32_t[]){ 1, 2, 0 }, 0);
    assert_string_equal(shown(&id, "incident.rel_text"), "south of the mill");
    assert_int_equal(count("SELECT count(*) FROM review"), 0);
    assert_int_equal(count("SELECT count(*) FROM write WHERE state > 0"), 1);
    (void)digest(0);
}

static void edits_before_their_record_join_it(void **state)
{
    (void)state;
    mirsal_id id = draft_id(1, 0);
    edit(2, 1, &id, "near the school", (const uint32_t[]){ 1, 0 }, 0);
    assert_int_equal(count("SELECT count(*) FROM review WHERE kind = 4"), 1);
    assert_int_equal(count("SELECT count(*) FROM write WHERE reason = 6"), 1);
    mirsal_hash zero = { { 0 } };
    mirsal_hash sum = digest(0);
    assert_memory_equal(&sum, &zero, sizeof sum);
    (void)create_incident();
    assert_string_equal(shown(&id, "incident.rel_text"), "near the school");
    assert_int_equal(count("SELECT count(*) FROM review"), 0);
    assert_int_equal(count("SELECT count(*) FROM write WHERE reason <> 0"), 0);
    assert_int_equal(count("SELECT count(*) FROM orphan"), 0);
    (void)digest(0);
}

static void set_elements_come_and_go(void **state)
{
    (void)state;
    mirsal_id id = create_incident();
    struct draft draft;
    begin(&draft, 2, 1);
    draft_edit(&draft, &id, "incident.ref_codes", TEXT("x:2"), v_int(&world.arena, 1), NULL);
    draft_edit(&draft, &id, "incident.ref_codes", TEXT("x:1"), v_int(&world.arena, 0),
        (const uint32_t[]){ 1, 0 });
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    assert_int_equal(count("SELECT count(*) FROM temp.incident WHERE ref_codes = 'x:2'"), 1);
    (void)digest(0);
}

static void single_writes_are_quarantined(void **state)
{
    (void)state;
    mirsal_id id = create_incident();
    struct draft draft;
    begin(&draft, 2, 1);
    draft_edit(&draft, &id, "incident.rel_text", v_none(), v_int(&world.arena, 7), NULL);
    draft_edit(&draft, &id, "incident.nothing", v_none(), TEXT("x"), NULL);
    draft_edit(&draft, &id, "report.url", v_none(), TEXT("x"), NULL);
    draft_edit(&draft, &id, "place.match_keys", TEXT("x"), v_int(&world.arena, 1), NULL);
    draft_edit(&draft, &id, "incident.private_point", v_none(),
        v_ints(&world.arena, (const int64_t[]){ 1, 2, INT64_MIN, INT64_MIN }, 4), NULL);
    draft_edit(&draft, &id, "incident.workflow", v_none(),
        v_code(&world.arena, &world.schema, "incident.workflow", "published"), NULL);
    draft_end(&draft);
    assert_int_equal(world_apply(&world, &draft), 0);
    assert_string_equal(shown(&id, "incident.rel_text"), "near the mill");
    assert_int_equal(count("SELECT count(*) FROM write WHERE reason = 1"), 1);
    assert_int_equal(count("SELECT count(*) FROM write WHERE reason = 2"), 1);
    assert_int_equal(count("SELECT count(*) FROM write WHERE reason = 3"), 1);
    assert_int_equal(count("SELECT count(*) FROM write WHERE reason = 4"), 1);
    assert_int_equal(count("SELECT count(*) FROM write WHERE reason = 5"), 2);
    (void)digest(0);
}

static void a_role_gained_changes_ranks(void **state)
{
    (void)state;
    mirsal_id id = create_incident();
    edit(2, 2, &id, "near the school", (const uint32_t[]){ 1, 0 }, 1);
    const char *before = shown(&id, "incident.rel_text");
    assert_non_null(before);
    mirsal_error err;
    assert_int_equal(mir_project_role(&world.store, 3, 2, &err), MIRSAL_OK);
    assert_string_equal(shown(&id, "incident.rel_text"), "near the school");
    assert_int_equal(count("SELECT count(*) FROM review"), 0);
    (void)digest(0);
}

static void withdrawal_by_the_author_takes_out(void **state)
{
    (void)state;
    mirsal_id id = create_incident();
    struct draft draft;
    begin(&draft, 2, 2);
    draft_edit(&draft, &id, "incident.withdrawn", v_none(),
        v_withdrawal(&world.arena, "wrong", (const uint32_t[]){ 1 }, 1), NULL);
    draft_end(&draft);
    assert_int_equal(world_apply(&world, &draft), 0);
    assert_int_equal(count("SELECT withdrawn FROM r_1"), 2);
    assert_int_equal(count("SELECT count(*) FROM review WHERE kind = 3"), 1);
    begin(&draft, 3, 1);
    draft_edit(&draft, &id, "incident.withdrawn", v_none(),
        v_withdrawal(&world.arena, "wrong", (const uint32_t[]){ 1 }, 1), NULL);
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    assert_int_equal(count("SELECT withdrawn FROM r_1"), 1);
    assert_int_equal(count("SELECT count(*) FROM review WHERE kind = 3"), 0);
    assert_int_equal(count("SELECT count(*) FROM review WHERE kind = 2"), 0);
    edit(4, 1, &id, "near the school", (const uint32_t[]){ 1, 0 }, 1);
    assert_int_equal(count("SELECT count(*) FROM review WHERE kind = 2"), 1);
    (void)digest(0);
}

static void once_takes_the_creating_write_alone(void **state)
{
    (void)state;
    mirsal_id id = create_incident();
    struct draft draft;
    begin(&draft, 2, 1);
    draft_edit(&draft, &id, "incident.source_id", v_none(), TEXT("late"), NULL);
    draft_end(&draft);
    assert_int_equal(world_apply(&world, &draft), 0);
    assert_null(shown(&id, "incident.source_id"));
    assert_int_equal(count("SELECT count(*) FROM review WHERE kind = 5"), 1);
    (void)digest(0);
}

static void second_creation_joins_the_first(void **state)
{
    (void)state;
    mirsal_id id = create_incident();
    struct draft draft;
    begin(&draft, 2, 1);
    uint32_t place = draft_create(&draft, "incident");
    draft.body.creates[place].record = id;
    draft_set(&draft, place, "incident.rel_text", v_none(), TEXT("other"));
    draft_set(&draft, place, "incident.source_id", v_none(), TEXT("s:2"));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    assert_int_equal(count("SELECT count(*) FROM r_1"), 1);
    assert_int_equal(count("SELECT count(*) FROM review WHERE kind = 1"), 1);
    mirsal_hash first = draft_changeset(1);
    mirsal_hash second = draft_changeset(2);
    int smaller = memcmp(&second, &first, sizeof first) < 0;
    assert_int_equal(count("SELECT changeset FROM r_1"), smaller ? 2 : 1);
    assert_int_equal(shown(&id, "incident.source_id") != NULL, smaller);
    (void)digest(0);
}

static void reset_and_reapply_give_the_same_digest(void **state)
{
    (void)state;
    mirsal_error err;
    mirsal_id id = create_incident();
    edit(2, 2, &id, "near the school", (const uint32_t[]){ 1, 0 }, 1);
    mirsal_hash before = digest(0);
    assert_int_equal(mir_project_reset(&world.store, &err), MIRSAL_OK);
    assert_int_equal(count("SELECT count(*) FROM r_1"), 0);
    world.arrivals = 0;
    (void)create_incident();
    edit(2, 2, &id, "near the school", (const uint32_t[]){ 1, 0 }, 1);
    mirsal_hash after = digest(0);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(count("SELECT max(seq) FROM applied"), 4);
}

static void live_writes_are_named(void **state)
{
    (void)state;
    mirsal_error err;
    mirsal_id id = create_incident();
    edit(2, 2, &id, "near the school", (const uint32_t[]){ 1, 0 }, 1);
    struct mir_buf names;
    int foreign = 0;
    mir_buf_init(&names, world.store.env, 1024);
    assert_int_equal(mir_project_live(&names, &foreign, &world.store, &id,
                         field_id(&world.schema, "incident.rel_text"), v_none(), &err),
        MIRSAL_OK);
    assert_int_equal(names.size, 32);
    assert_int_equal(foreign, 1);
    mir_buf_fini(&names);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(untouched_record_is_one_row),
        TEST(own_edit_supersedes),
        TEST(two_accounts_stay_until_a_coordinator_resolves),
        TEST(edits_before_their_record_join_it),
        TEST(set_elements_come_and_go),
        TEST(single_writes_are_quarantined),
        TEST(a_role_gained_changes_ranks),
        TEST(withdrawal_by_the_author_takes_out),
        TEST(once_takes_the_creating_write_alone),
        TEST(second_creation_joins_the_first),
        TEST(reset_and_reapply_give_the_same_digest),
        TEST(live_writes_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
