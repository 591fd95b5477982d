/* SPDX-License-Identifier: Apache-2.0 */
/* unit/handoffattest_test.c - mode attested tells of no author; two handoffs cannot be joined. */
#include "handoff_fixture.h"

#include <string.h>

static struct test_store founder;
static struct test_store monitor;
static struct handoff_bed first;
static struct handoff_bed second;
static mirsal_id id;

static int set_up(void **state)
{
    const struct test_invite invite = { .role = MIR_ROLE_MONITOR, .in_person = 1, .uses = 1 };
    (void)state;
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    test_team_found(&founder, 1);
    test_team_join(&monitor, &founder, 2, &invite);
    id = test_team_report(&monitor, "MARKER what a monitor saw");
    test_team_meet(&founder, &monitor, 3);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    handoff_bed_fini(&first);
    handoff_bed_fini(&second);
    test_store_fini(&monitor);
    test_store_fini(&founder);
    return 0;
}

static void make(struct handoff_bed *bed)
{
    assert_int_equal(
        handoff_bed_make(bed, &founder, MIR_HANDOFF_ATTESTED, TEST_INCIDENT, &id, 1), MIRSAL_OK);
    handoff_bed_open(bed, &founder);
}

static void nothing_of_the_author_is_in_it(void **state)
{
    (void)state;
    uint8_t stamp[8];
    make(&first);
    assert_true(handoff_bed_holds(&first, "MARKER", 6));
    assert_int_equal(first.opened->items[0].author, 0);
    assert_null(first.opened->items[0].authors);
    assert_false(handoff_bed_holds(&first, mir_store_device(monitor.store)->bytes, 32));
    for (size_t i = 0; i < 8; i++) {
        stamp[i] = (uint8_t)(monitor.store->stamp >> (56 - 8 * i));
    }
    assert_false(handoff_bed_holds(&first, stamp, 8));
    assert_int_equal(first.opened->manifest->changeset_count, 0);
}

static void two_handoffs_share_ids_and_values_alone(void **state)
{
    (void)state;
    make(&first);
    make(&second);
    const struct mir_handoff_item *a = &first.opened->items[0];
    const struct mir_handoff_item *b = &second.opened->items[0];
    assert_memory_equal(&a->record.id, &b->record.id, 16);
    assert_memory_not_equal(&a->entry->root, &b->entry->root, 32);
    assert_memory_not_equal(&a->entry->shown, &b->entry->shown, 32);
    for (size_t i = 0; i < a->record.register_count; i++) {
        assert_true(mir_bytes_equal(a->record.registers[i].value, b->record.registers[i].value));
        assert_memory_not_equal(&a->leaves[i], &b->leaves[i], 32);
    }
}

static void what_is_withheld_is_in_no_byte(void **state)
{
    (void)state;
    make(&second);
    first.withheld = TEST_REL_TEXT;
    make(&first);
    assert_false(handoff_bed_holds(&first, "MARKER", 6));
    assert_int_equal(handoff_bed_value(&first, 0, TEST_REL_TEXT).size, 0);
    assert_int_equal(first.opened->items[0].entry->withheld_count, 1);
    assert_int_equal(
        first.opened->items[0].entry->leaves + 1, second.opened->items[0].entry->leaves);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_of_the_author_is_in_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_handoffs_share_ids_and_values_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_withheld_is_in_no_byte, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
