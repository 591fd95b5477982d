/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/recompute_test.c - The recomputed digest sees what the kept one cannot: rows that
 * were changed behind it.
 */
#include "project.h"
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

static void damage_changes_the_recomputed_digest(void **state)
{
    (void)state;
    struct draft draft;
    mirsal_hash kept;
    mirsal_hash computed;
    draft_begin(&draft, &world.arena, &world.schema, 1, 1);
    uint32_t place = draft_create(&draft, "incident");
    draft_set(&draft, place, "incident.raid_seq", v_none(), v_int(&world.arena, 1));
    draft_set(&draft, place, "incident.ref_codes", TEXT("a:1"), v_int(&world.arena, 1));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    mirsal_id id = draft_id(1, place);
    draft_begin(&draft, &world.arena, &world.schema, 2, 2);
    draft_edit(&draft, &id, "incident.raid_seq", v_none(), v_int(&world.arena, 2), NULL);
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    assert_int_equal(mir_project_digest(&kept, &world.store, 0, &err), MIRSAL_OK);
    assert_int_equal(mir_project_digest_recompute(&computed, &world.store, 0, &err), MIRSAL_OK);
    assert_memory_equal(&kept, &computed, sizeof kept);
    assert_int_equal(
        mir_sql_run(world.store.sql, "UPDATE r_1 SET f120 = x'91a3613a32'", &err), MIRSAL_OK);
    assert_int_equal(mir_project_digest_recompute(&computed, &world.store, 0, &err), MIRSAL_OK);
    assert_memory_not_equal(&kept, &computed, sizeof kept);
    assert_int_equal(mir_sql_run(world.store.sql,
                         "UPDATE r_1 SET f120 = x'91a3613a31';"
                         "UPDATE write SET value = x'07' WHERE changeset = 2",
                         &err),
        MIRSAL_OK);
    assert_int_equal(mir_project_digest_recompute(&computed, &world.store, 0, &err), MIRSAL_OK);
    assert_memory_not_equal(&kept, &computed, sizeof kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(damage_changes_the_recomputed_digest, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
