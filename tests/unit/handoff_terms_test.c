/* SPDX-License-Identifier: Apache-2.0 */
/* unit/handoff_terms_test.c - what came later is owed where the handoff's terms let it out. */
#include "handoff_terms.h"

#include "handoff_fixture.h"
#include "test_desk.h"

#include <string.h>

static struct test_store founder;
static struct handoff_bed bed;
static struct mir_arena arena;
static mirsal_id id;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    memset(&bed, 0, sizeof bed);
    test_team_found(&founder, 1);
    mir_arena_init(&arena, &founder.world.env, (size_t)16 << 20);
    id = desk_add(&founder, "incident", NULL, ASSIGN("rel_text=a mill", "release_level=partners"));
    bed.withheld = TEST_REL_TEXT;
    assert_int_equal(
        handoff_bed_make(&bed, &founder, MIR_HANDOFF_ATTESTED, TEST_INCIDENT, &id, 1), MIRSAL_OK);
    assert_int_equal(mir_handoff_keep(founder.store, &bed.made, &err), MIRSAL_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_arena_fini(&arena);
    handoff_bed_fini(&bed);
    test_store_fini(&founder);
    return 0;
}

static struct mir_handover_debt owed(void)
{
    struct mir_handover_debt debt;
    struct mir_handover *items = NULL;
    size_t count = 0;
    uint32_t *never = NULL;
    size_t never_count = 0;
    assert_int_equal(mir_handover_list(&items, &count, &arena, founder.store, &err), MIRSAL_OK);
    const struct mir_handover_asked asked = { .items = items, .count = count };
    assert_int_equal(mir_handoff_owed(&debt, &arena, founder.store, &asked, &err), MIRSAL_OK);
    assert_int_equal(mir_handoff_never_shown(&never, &never_count, &arena, items, &err), MIRSAL_OK);
    assert_int_equal(never_count, 1);
    assert_int_equal(never[0], TEST_REL_TEXT);
    return debt;
}

static void a_value_that_came_later(void **state)
{
    (void)state;
    assert_int_equal(owed().count, 0);
    (void)desk_edit(&founder, &id, ASSIGN("rel_text=another"));
    assert_int_equal(owed().count, 0);
    (void)desk_edit(&founder, &id, ASSIGN("means=rocket"));
    struct mir_handover_debt debt = owed();
    assert_int_equal(debt.count, 1);
    assert_memory_equal(&debt.items[0].record, &id, sizeof id);
    assert_int_equal(debt.items[0].why, MIR_HANDOFF_CORRECTED);
    assert_int_equal(debt.leaf_count, 0);
}

static void a_record_that_came_later(void **state)
{
    (void)state;
    mirsal_id toll = desk_add(
        &founder, "casualty", &id, ASSIGN("outcome=killed", "quality=exact", "min=2", "max=2"));
    desk_withdraw(&founder, &toll, "not there");
    toll = desk_add(
        &founder, "casualty", &id, ASSIGN("outcome=killed", "quality=exact", "min=3", "max=3"));
    struct mir_handover_debt debt = owed();
    assert_int_equal(debt.count, 0);
    assert_int_equal(debt.added_count, 1);
    assert_memory_equal(&debt.added[0], &toll, sizeof toll);
    desk_withdraw(&founder, &id, "twice");
    debt = owed();
    assert_int_equal(debt.count, 1);
    assert_int_equal(debt.added_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_value_that_came_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_record_that_came_later, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
