/* SPDX-License-Identifier: Apache-2.0 */
/* unit/timeline_handed_test.c - a record's timeline says who was handed it, and of which fields. */
#include "handoff_fixture.h"
#include "handovers.h"
#include "test_desk.h"

#include <string.h>

static json_t *timeline(struct test_store *store, const mirsal_id *id)
{
    json_t *lines = json_array();
    assert_int_equal(
        mir_answer_log(store->store, id, desk_take_line, lines, &store->err), MIRSAL_OK);
    return lines;
}

static void who_was_handed_a_record_is_told(void **state)
{
    (void)state;
    struct test_store founder;
    struct handoff_bed bed;
    mirsal_error err;
    memset(&bed, 0, sizeof bed);
    test_team_found(&founder, 1);
    mirsal_id id = test_team_report(&founder, "one");
    mirsal_id other = test_team_report(&founder, "other");
    assert_int_equal(
        handoff_bed_make(&bed, &founder, MIR_HANDOFF_ATTESTED, TEST_INCIDENT, &id, 1), MIRSAL_OK);
    handoff_bed_open(&bed, &founder);
    assert_int_equal(mir_handoff_keep(founder.store, &bed.made, &err), MIRSAL_OK);
    assert_int_equal(
        mir_accepted_keep(founder.store, bed.opened->manifest, bed.made.manifest, 1, 0, &err),
        MIRSAL_OK);
    json_t *lines = timeline(&founder, &id);
    assert_int_equal(json_array_size(lines), 2); /* its own team's: accepted from nobody */
    const json_t *handed = json_array_get(lines, 1);
    assert_string_equal(desk_at(handed, "event"), "handed_over");
    assert_string_equal(desk_at(handed, "mode"), "attested");
    assert_int_equal(json_integer_value(json_object_get(handed, "disclosed")),
        bed.opened->manifest->records[0].leaves - 1);
    json_decref(lines);
    lines = timeline(&founder, &other);
    assert_int_equal(json_array_size(lines), 1);
    json_decref(lines);
    handoff_bed_fini(&bed);
    test_store_fini(&founder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_was_handed_a_record_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
