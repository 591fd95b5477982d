/* SPDX-License-Identifier: Apache-2.0 */
/* unit/accepting_test.c - a handoff becomes records of another team; an update takes back. */
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
    (void)state;
    memset(&bed, 0, sizeof bed);
    test_team_found(&nur, 1);
    test_team_found(&court, 2);
    id = test_team_report(&nur, "near the mill");
    assert_int_equal(
        handoff_bed_make(&bed, &nur, MIR_HANDOFF_ATTESTED, TEST_INCIDENT, &id, 1), MIRSAL_OK);
    handoff_bed_open(&bed, &nur);
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

static struct mir_accepting accept(const struct mir_handoff_opened *opened)
{
    struct mir_accepting accepting = { 0 };
    mirsal_code rc = mir_handoff_accept(&accepting, court.store, opened, &err);
    if (rc != MIRSAL_OK) {
        fail_msg("%s", err.message);
    }
    return accepting;
}

static mirsal_id ours(void)
{
    mirsal_id found;
    char name[MIR_FOREIGN_NAME_SIZE + 2u] = "@";
    mir_foreign_name(name + 1, &nur.store->team, &id);
    assert_int_equal(mir_record_named(&found, court.store, 0, name, &err), MIRSAL_OK);
    return found;
}

static void records_come_with_their_origin(void **state)
{
    (void)state;
    struct mir_accepting accepting = accept(bed.opened);
    assert_int_equal(accepting.counts.added, 1);
    mir_buf_fini(&accepting.to_delete);
    mirsal_id found = ours();
    assert_string_equal(test_team_shown(&court, &found), "near the mill");
    json_t *shown = desk_show(&court, &found, 0);
    assert_string_equal(desk_at(shown, "meta/origin/mode"), "attested");
    assert_string_equal(desk_at(shown, "meta/origin/record"), desk_name(&id));
    assert_int_equal(strlen(desk_at(shown, "meta/origin/handoff")), 32);
    json_decref(shown);
    accepting = accept(bed.opened);
    assert_int_equal(accepting.counts.unchanged, 1);
    assert_int_equal(accepting.counts.changesets, 0);
    mir_buf_fini(&accepting.to_delete);
}

static void what_the_origin_took_back_is_withdrawn(void **state)
{
    (void)state;
    struct mir_accepting accepting = accept(bed.opened);
    mir_buf_fini(&accepting.to_delete);
    mirsal_id found = ours();
    struct mir_handoff_retraction retraction = { id, MIR_HANDOFF_PURGED };
    struct mir_handoff_manifest manifest = *bed.opened->manifest;
    struct mir_handoff_opened update = *bed.opened;
    manifest.retractions = &retraction;
    manifest.retraction_count = 1;
    update.manifest = &manifest;
    update.count = 0;
    accepting = accept(&update);
    assert_int_equal(accepting.withdrawn, 1);
    assert_int_equal(accepting.to_delete_count, 1);
    mir_buf_fini(&accepting.to_delete);
    json_t *shown = desk_show(&court, &found, 0);
    assert_string_equal(desk_at(shown, "meta/state"), "withdrawn");
    json_decref(shown);
    accepting = accept(&update);
    assert_int_equal(accepting.withdrawn, 0);
    assert_int_equal(accepting.to_delete_count, 1);
    mir_buf_fini(&accepting.to_delete);
}

static void its_own_team_accepts_nothing(void **state)
{
    (void)state;
    struct mir_accepting accepting = { 0 };
    assert_int_equal(
        mir_handoff_accept(&accepting, nur.store, bed.opened, &err), MIRSAL_NOT_ALLOWED);
    mir_buf_fini(&accepting.to_delete);
}

#define ACCEPTING(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACCEPTING(records_come_with_their_origin),
        ACCEPTING(what_the_origin_took_back_is_withdrawn),
        ACCEPTING(its_own_team_accepts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
