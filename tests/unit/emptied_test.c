/* SPDX-License-Identifier: Apache-2.0 */
/* unit/emptied_test.c - what an update names and does not show is emptied; all else stays. */
#include "emptied.h"

#include "accepting.h"
#include "handoff_fixture.h"
#include "test_desk.h"

#include <string.h>

static struct test_store nur;
static struct test_store court;
static struct handoff_bed bed;
static mirsal_id id;
static mirsal_error err;

static int set_up(void **state)
{
    struct mir_accepting accepting = { 0 };
    (void)state;
    memset(&bed, 0, sizeof bed);
    test_team_found(&nur, 1);
    test_team_found(&court, 2);
    id = test_team_report(&nur, "near the mill");
    assert_int_equal(
        handoff_bed_make(&bed, &nur, MIR_HANDOFF_ATTESTED, TEST_INCIDENT, &id, 1), MIRSAL_OK);
    handoff_bed_open(&bed, &nur);
    assert_int_equal(mir_handoff_accept(&accepting, court.store, bed.opened, &err), MIRSAL_OK);
    mir_buf_fini(&accepting.to_delete);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    handoff_bed_fini(&bed);
    test_store_fini(&court);
    test_store_fini(&nur);
    return 0;
}

static void assert_stands(const char *text)
{
    char name[MIR_FOREIGN_NAME_SIZE + 2u] = "@";
    mirsal_id found;
    mir_foreign_name(name + 1, &nur.store->team, &id);
    assert_int_equal(mir_record_named(&found, court.store, 0, name, &err), MIRSAL_OK);
    assert_string_equal(test_team_shown(&court, &found), text);
}

/* An update whose item shows nothing; it names the field where superseded, withholds it where
 * withheld. 1 when that empties it. */
static int take(int superseded, int withheld)
{
    static const uint32_t field = TEST_REL_TEXT;
    struct mir_handoff_manifest manifest = *bed.opened->manifest;
    struct mir_handoff_opened update = *bed.opened;
    struct mir_handoff_record entry = manifest.records[0];
    struct mir_handoff_item item = bed.opened->items[0];
    const struct mir_handoff_superseded old = { .record = id, .field = field };
    const struct mir_outdated outdated = { .count = 0 };
    struct mir_emptied emptied = { .opened = &update, .outdated = &outdated };
    item.entry = &entry;
    item.record.register_count = 0;
    entry.withheld = &field;
    entry.withheld_count = (uint32_t)withheld;
    manifest.supersedes = &old;
    manifest.supersede_count = (uint32_t)superseded;
    update.manifest = &manifest;
    assert_int_equal(mir_emptied_take(&emptied, court.store, &item, &err), MIRSAL_OK);
    assert_int_equal(emptied.changesets, emptied.any);
    return emptied.any;
}

static void what_is_named_and_not_shown_is_emptied(void **state)
{
    (void)state;
    assert_false(take(0, 0));
    assert_false(take(1, 1));
    assert_stands("near the mill");
    assert_true(take(1, 0));
    assert_stands("");
    assert_false(take(1, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_named_and_not_shown_is_emptied, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
