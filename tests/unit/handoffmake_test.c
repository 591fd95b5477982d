/* SPDX-License-Identifier: Apache-2.0 */
/* unit/handoffmake_test.c - who may hand over, what the manifest says, what is kept. */
#include "handoff_fixture.h"

#include <string.h>

static struct test_store founder;
static struct handoff_bed bed;

static int set_up(void **state)
{
    (void)state;
    memset(&bed, 0, sizeof bed);
    test_team_found(&founder, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    handoff_bed_fini(&bed);
    test_store_fini(&founder);
    return 0;
}

static void the_manifest_says_what_is_there(void **state)
{
    (void)state;
    const mirsal_id ids[] = { test_team_report(&founder, "one"),
        test_team_report(&founder, "two") };
    bed.withheld = TEST_REL_TEXT;
    assert_int_equal(
        handoff_bed_make(&bed, &founder, MIR_HANDOFF_ATTESTED, TEST_INCIDENT, ids, 2), MIRSAL_OK);
    handoff_bed_open(&bed, &founder);
    const struct mir_handoff_manifest *manifest = bed.opened->manifest;
    assert_memory_equal(&manifest->team, &founder.store->team, 32);
    assert_memory_equal(&manifest->signer, mir_store_device(founder.store), 32);
    assert_int_equal(manifest->record_count, 2);
    assert_int_equal(manifest->records[0].withheld_count, 1);
    assert_int_equal(manifest->records[0].withheld[0], TEST_REL_TEXT);
    assert_int_equal(bed.made.records, 2);
    assert_int_equal(bed.made.withheld, 2);
    assert_memory_equal(&bed.made.manifest_hash, &bed.opened->manifest_hash, 32);
    assert_memory_equal(bed.made.handoff, manifest->handoff, 16);
    assert_int_equal(manifest->control_count, 1);
    assert_false(handoff_bed_holds(&bed, "MARKER", 6));
}

static void a_monitor_hands_nothing_over(void **state)
{
    (void)state;
    struct test_store monitor;
    const struct test_invite invite = { .role = MIR_ROLE_MONITOR, .in_person = 1, .uses = 1 };
    test_team_join(&monitor, &founder, 2, &invite);
    mirsal_id id = test_team_report(&monitor, "own");
    assert_int_equal(handoff_bed_make(&bed, &monitor, MIR_HANDOFF_ATTESTED, TEST_INCIDENT, &id, 1),
        MIRSAL_NOT_ALLOWED);
    assert_int_equal(bed.content.size, 0);
    handoff_bed_fini(&bed);
    test_store_fini(&monitor);
}

static void what_was_given_is_kept(void **state)
{
    (void)state;
    mirsal_id id = test_team_report(&founder, "one");
    assert_int_equal(
        handoff_bed_make(&bed, &founder, MIR_HANDOFF_ATTESTED, TEST_INCIDENT, &id, 1), MIRSAL_OK);
    assert_int_equal(mir_handoff_keep(founder.store, &bed.made, &founder.err), MIRSAL_OK);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM handoff WHERE length(id) = 16"
                                               " AND length(secret) = 32 AND length(shown) > 60"),
        1);
    assert_int_not_equal(mir_handoff_keep(founder.store, &bed.made, &founder.err), MIRSAL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_manifest_says_what_is_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_monitor_hands_nothing_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_given_is_kept, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
