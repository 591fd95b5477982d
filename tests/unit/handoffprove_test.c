/* SPDX-License-Identifier: Apache-2.0 */
/* unit/handoffprove_test.c - mode author: whoever wrote a value is shown, with the time claimed. */
#include "handoff_fixture.h"

#include <string.h>

static struct test_store founder;
static struct test_store monitor;
static struct handoff_bed bed;

static int set_up(void **state)
{
    const struct test_invite invite = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    (void)state;
    memset(&bed, 0, sizeof bed);
    test_team_found(&founder, 1);
    test_team_join(&monitor, &founder, 2, &invite);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    handoff_bed_fini(&bed);
    test_store_fini(&monitor);
    test_store_fini(&founder);
    return 0;
}

static void each_value_has_its_author(void **state)
{
    (void)state;
    const mirsal_id ids[] = { test_team_report(&monitor, "seen"),
        test_team_report(&founder, "heard") };
    test_team_meet(&founder, &monitor, 3);
    assert_int_equal(test_team_edit(&founder, &ids[0], "MARKER corrected"), MIRSAL_OK);
    assert_int_equal(
        handoff_bed_make(&bed, &founder, MIR_HANDOFF_BY_AUTHOR, TEST_INCIDENT, ids, 2), MIRSAL_OK);
    handoff_bed_open(&bed, &founder);
    assert_int_equal(bed.opened->manifest->author_count, 2);
    assert_int_equal(bed.opened->manifest->changeset_count, 3);
    for (size_t i = 0; i < 2; i++) {
        const struct mir_handoff_item *item = &bed.opened->items[i];
        const struct mir_handoff_author *author = &bed.opened->manifest->authors[item->author - 1];
        int by_monitor = memcmp(&item->record.id, &ids[0], 16) == 0;
        const struct test_store *who = by_monitor ? &monitor : &founder;
        assert_memory_equal(&author->device, mir_store_device(who->store), 32);
        assert_int_equal(author->role, by_monitor ? MIR_ROLE_MONITOR : MIR_ROLE_ADMIN);
        assert_true(item->claimed >> 16 >= TEST_START_MS);
        for (size_t k = 0; k < item->record.register_count; k++) {
            int corrected = by_monitor && item->record.registers[k].field == TEST_REL_TEXT;
            assert_int_equal(item->authors[k] != item->author, corrected);
        }
    }
}

static void withheld_leaves_stay_closed(void **state)
{
    (void)state;
    mirsal_id id = test_team_report(&founder, "MARKER");
    bed.withheld = TEST_REL_TEXT;
    assert_int_equal(
        handoff_bed_make(&bed, &founder, MIR_HANDOFF_BY_AUTHOR, TEST_INCIDENT, &id, 1), MIRSAL_OK);
    handoff_bed_open(&bed, &founder);
    assert_false(handoff_bed_holds(&bed, "MARKER", 6));
    assert_int_equal(bed.opened->count, 1);
}

static void what_is_not_proven_is_left_out(void **state)
{
    (void)state;
    const mirsal_id ids[] = { test_team_report(&monitor, "seen"),
        test_team_report(&founder, "heard") };
    test_team_carry(&founder, &monitor, 3, 0); /* nobody has admitted the monitor yet */
    mirsal_code rc = handoff_bed_make(&bed, &founder, MIR_HANDOFF_BY_AUTHOR, TEST_INCIDENT, ids, 2);
    assert_int_equal(rc, MIRSAL_OK);
    handoff_bed_open(&bed, &founder);
    assert_int_equal(bed.opened->count, 1);
    assert_memory_equal(&bed.opened->items[0].record.id, &ids[1], 16);
    assert_int_equal(bed.opened->manifest->left_count, 1);
    assert_int_equal(bed.opened->manifest->left[0].why, MIR_HANDOFF_LEFT_UNPROVEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_value_has_its_author, set_up, tear_down),
        cmocka_unit_test_setup_teardown(withheld_leaves_stay_closed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_proven_is_left_out, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
