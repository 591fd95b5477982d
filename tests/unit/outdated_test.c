/* SPDX-License-Identifier: Apache-2.0 */
/* unit/outdated_test.c - files in any order: what a later handoff told of stays as it left it. */
#include "outdated.h"

#include "handoff_fixture.h"
#include "test_desk.h"

#include <string.h>

#define HOUR UINT64_C(3600000)

static struct test_store nur;
static struct test_store court;
static struct handoff_bed bed;
static struct mir_arena arena;
static struct mir_handoff_record record;
static struct mir_handoff_manifest manifest; /* of the one that is judged */
static mirsal_id id;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    memset(&bed, 0, sizeof bed);
    test_team_found(&nur, 1);
    test_team_found(&court, 2);
    id = test_team_report(&nur, "near the mill");
    assert_int_equal(
        handoff_bed_make(&bed, &nur, MIR_HANDOFF_ATTESTED, TEST_INCIDENT, &id, 1), MIRSAL_OK);
    handoff_bed_open(&bed, &nur);
    mir_arena_init(&arena, &court.world.env, (size_t)1 << 24);
    manifest = *bed.opened->manifest;
    record = manifest.records[0];
    manifest.records = &record;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_arena_fini(&arena);
    handoff_bed_fini(&bed);
    test_store_fini(&court);
    test_store_fini(&nur);
    return 0;
}

/* Another one, as if it had been accepted before. */
static void accepted(struct mir_handoff_manifest other, uint8_t name, uint64_t made_ms)
{
    struct mir_buf bytes;
    memset(other.handoff, name, sizeof other.handoff);
    other.made_ms = made_ms;
    mir_buf_init(&bytes, &court.world.env, (size_t)1 << 20);
    mir_handoff_manifest_write(&bytes, &other);
    assert_int_equal(
        mir_accepted_keep(court.store, &other, mir_buf_bytes(&bytes), 1, 0, &err), MIRSAL_OK);
    mir_buf_fini(&bytes);
}

static struct mir_outdated judged(void)
{
    struct mir_outdated outdated;
    assert_int_equal(mir_outdated_read(&outdated, &arena, court.store, &manifest, &err), MIRSAL_OK);
    assert_int_equal(
        mir_outdated_record(&outdated, 0, &id), mir_outdated_record(&outdated, record.type, &id));
    return outdated;
}

static void itself_and_earlier_ones_overtake_nothing(void **state)
{
    (void)state;
    struct mir_handoff_manifest other = manifest;
    struct mir_buf bytes;
    mir_buf_init(&bytes, &court.world.env, (size_t)1 << 20);
    mir_handoff_manifest_write(&bytes, &manifest);
    assert_int_equal(
        mir_accepted_keep(court.store, &manifest, mir_buf_bytes(&bytes), 1, 0, &err), MIRSAL_OK);
    mir_buf_fini(&bytes);
    accepted(manifest, 7, manifest.made_ms - HOUR);
    other.team.bytes[0] ^= 1;
    accepted(other, 8, manifest.made_ms + HOUR);
    struct mir_outdated outdated = judged();
    assert_int_equal(outdated.count, 0);
    assert_false(mir_outdated_record(&outdated, record.type, &id));
}

static void a_later_one_tells_all_but_what_it_withholds(void **state)
{
    (void)state;
    uint32_t withheld = TEST_REL_TEXT;
    struct mir_handoff_record later = record;
    struct mir_handoff_manifest other = manifest;
    other.records = &later;
    later.withheld = &withheld;
    later.withheld_count = 1;
    accepted(other, 7, manifest.made_ms + HOUR);
    struct mir_outdated outdated = judged();
    assert_true(mir_outdated_record(&outdated, record.type, &id));
    assert_false(mir_outdated_field(&outdated, &record, withheld));
    assert_true(mir_outdated_field(&outdated, &record, withheld + 1));
    mirsal_id another = id;
    another.bytes[0] ^= 1;
    assert_false(mir_outdated_record(&outdated, record.type, &another));
}

static void an_update_is_later_whatever_the_clocks_say(void **state)
{
    (void)state;
    struct mir_handoff_retraction retraction = { id, MIR_HANDOFF_WITHDRAWN };
    struct mir_handoff_manifest other = manifest;
    other.is_update = 1;
    memcpy(other.update_of, manifest.handoff, sizeof other.update_of);
    other.record_count = 0;
    accepted(other, 7, manifest.made_ms - HOUR);
    memset(other.update_of, 7, sizeof other.update_of);
    other.retractions = &retraction;
    other.retraction_count = 1;
    accepted(other, 8, manifest.made_ms - 2 * HOUR);
    struct mir_outdated outdated = judged();
    assert_int_equal(outdated.count, 2);
    assert_true(mir_outdated_field(&outdated, &record, 1));
    /* And what this one is the update of is not, by whatever clock. */
    manifest.is_update = 1;
    memset(manifest.update_of, 9, sizeof manifest.update_of);
    other.is_update = 0;
    accepted(other, 9, manifest.made_ms + HOUR);
    memset(manifest.handoff, 10, sizeof manifest.handoff);
    assert_int_equal(judged().count, 0);
}

#define OUTDATED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OUTDATED(itself_and_earlier_ones_overtake_nothing),
        OUTDATED(a_later_one_tells_all_but_what_it_withholds),
        OUTDATED(an_update_is_later_whatever_the_clocks_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
