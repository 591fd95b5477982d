/* SPDX-License-Identifier: Apache-2.0 */
/* unit/answer_handed_test.c - handoff list: who holds what, and what is owed. */
#include "handoff_fixture.h"
#include "handovers.h"
#include "test_desk.h"

#include <string.h>

static void each_handoff_is_a_line(void **state)
{
    (void)state;
    struct test_store founder;
    struct handoff_bed bed;
    mirsal_error err;
    struct mir_handoff_manifest manifest;
    memset(&bed, 0, sizeof bed);
    test_team_found(&founder, 1);
    mirsal_id id = test_team_report(&founder, "one");
    assert_int_equal(
        handoff_bed_make(&bed, &founder, MIR_HANDOFF_ATTESTED, TEST_INCIDENT, &id, 1), MIRSAL_OK);
    handoff_bed_open(&bed, &founder);
    assert_int_equal(mir_handoff_keep(founder.store, &bed.made, &err), MIRSAL_OK);
    manifest = *bed.opened->manifest;
    assert_int_equal(
        mir_accepted_keep(founder.store, &manifest, bed.made.manifest, 1, 0, &err), MIRSAL_OK);
    assert_int_equal(test_team_edit(&founder, &id, "two"), MIRSAL_OK);
    json_t *lines = json_array();
    assert_int_equal(
        mir_answer_handed(founder.store, NULL, desk_take_line, lines, &err), MIRSAL_OK);
    assert_int_equal(json_array_size(lines), 2);
    const json_t *out = json_array_get(lines, 0);
    assert_string_equal(desk_at(out, "direction"), "out");
    assert_string_equal(desk_at(out, "owed/0/record"), desk_name(&id));
    assert_string_equal(desk_at(out, "owed/0/why"), "corrected");
    assert_true(json_is_null(
        json_object_get(json_array_get(json_object_get(out, "recipients"), 0), "receipt")));
    assert_string_equal(desk_at(json_array_get(lines, 1), "direction"), "in");
    json_decref(lines);
    assert_int_equal(
        mir_answer_handed(founder.store, "zz", desk_take_line, NULL, &err), MIRSAL_NOT_FOUND);
    handoff_bed_fini(&bed);
    test_store_fini(&founder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_handoff_is_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
