/* SPDX-License-Identifier: Apache-2.0 */
/* unit/owed_test.c - what is owed of what was handed over. */
#include "handovers.h"

#include "edit.h"
#include "handoff_fixture.h"
#include "sql.h"
#include "test_desk.h"

#include <stdlib.h>
#include <string.h>

static struct test_store founder;
static struct handoff_bed bed;
static struct mir_arena arena;
static mirsal_id ids[3];
static mirsal_error err;

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(mirsal_id));
}

static int begin(enum mir_handoff_mode mode)
{
    memset(&bed, 0, sizeof bed);
    test_team_found(&founder, 1);
    mir_arena_init(&arena, &founder.world.env, (size_t)16 << 20);
    for (size_t i = 0; i < 3; i++) {
        ids[i] = test_team_report(&founder, "as handed");
    }
    qsort(ids, 3, sizeof ids[0], compare);
    assert_int_equal(handoff_bed_make(&bed, &founder, mode, TEST_INCIDENT, ids, 3), MIRSAL_OK);
    assert_int_equal(mir_handoff_keep(founder.store, &bed.made, &err), MIRSAL_OK);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    return begin(MIR_HANDOFF_ATTESTED);
}

static int set_up_author(void **state)
{
    (void)state;
    return begin(MIR_HANDOFF_BY_AUTHOR);
}

static int tear_down(void **state)
{
    (void)state;
    mir_arena_fini(&arena);
    handoff_bed_fini(&bed);
    test_store_fini(&founder);
    return 0;
}

static struct mir_handover *list(void)
{
    struct mir_handover *items = NULL;
    size_t count = 0;
    assert_int_equal(mir_handover_list(&items, &count, &arena, founder.store, &err), MIRSAL_OK);
    assert_int_equal(count, 1);
    return items;
}

static size_t owed(struct mir_handoff_retraction **out)
{
    struct mir_handover_debt debt;
    const struct mir_handover_asked asked = { .items = list(), .count = 1 };
    assert_int_equal(mir_handover_owed(&debt, &arena, founder.store, &asked, &err), MIRSAL_OK);
    *out = debt.items;
    for (size_t i = 0; i < debt.count; i++) {
        int other = debt.items[i].why == MIR_HANDOFF_CORRECTED;
        assert_int_equal(
            memcmp(&debt.corrections[i], &debt.items[i].record, sizeof(mirsal_id)) == 0, other);
    }
    return debt.count;
}

static void only_what_changed_is_owed(void **state)
{
    (void)state;
    struct mir_handoff_retraction *items = NULL;
    assert_int_equal(owed(&items), 0);
    assert_int_equal(test_team_edit(&founder, &ids[0], "another"), MIRSAL_OK);
    desk_withdraw(&founder, &ids[2], "twice");
    assert_int_equal(owed(&items), 2);
    assert_memory_equal(&items[0].record, &ids[0], sizeof ids[0]);
    assert_int_equal(items[0].why, MIR_HANDOFF_CORRECTED);
    assert_memory_equal(&items[1].record, &ids[2], sizeof ids[2]);
    assert_int_equal(items[1].why, MIR_HANDOFF_WITHDRAWN);
    assert_int_equal(test_team_edit(&founder, &ids[0], "as handed"), MIRSAL_OK);
    assert_int_equal(owed(&items), 1);
}

/* A purge leaves no row of what was shown. */
static void a_record_without_rows_is_judged_too(void **state)
{
    (void)state;
    struct mir_handoff_retraction *items = NULL;
    desk_withdraw(&founder, &ids[1], "twice");
    assert_int_equal(
        mir_sql_run(founder.store->sql, "UPDATE handoff SET shown = x''", &err), MIRSAL_OK);
    assert_int_equal(owed(&items), 1);
    assert_memory_equal(&items[0].record, &ids[1], sizeof ids[1]);
}

#define OWED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OWED(only_what_changed_is_owed),
        cmocka_unit_test_setup_teardown(only_what_changed_is_owed, set_up_author, tear_down),
        OWED(a_record_without_rows_is_judged_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
