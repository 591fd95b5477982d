/* SPDX-License-Identifier: Apache-2.0 */
/* unit/answer_log_test.c - every changeset in the order it came; those of one record alone. */
#include "answers.h"

#include "acts.h"
#include "test_desk.h"

#include <string.h>

static struct test_store founder;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&founder, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&founder);
    return 0;
}

static void every_changeset_has_a_line(void **state)
{
    (void)state;
    mirsal_id first = desk_add(&founder, "incident", NULL, ASSIGN("title:ar=a", "rel_text=b"));
    mirsal_id second = desk_add(&founder, "incident", NULL, ASSIGN("rel_text=c"));
    (void)desk_edit(&founder, &first, ASSIGN("rel_text=d"));
    json_t *lines = json_array();
    assert_int_equal(
        mir_answer_log(founder.store, NULL, desk_take_line, lines, &founder.err), MIRSAL_OK);
    size_t count = (size_t)test_team_count(&founder, "SELECT count(*) FROM changeset");
    assert_int_equal(json_array_size(lines), count);
    assert_string_equal(desk_at(lines, "0/kind"), "control");
    assert_string_equal(desk_at(lines, "0/compartment"), "255");
    assert_string_equal(desk_at(lines, "0/writes"), "[]");
    const json_t *last = json_array_get(lines, count - 1);
    assert_string_equal(desk_at(last, "kind"), "data");
    assert_string_equal(desk_at(last, "label"), "office");
    assert_string_equal(desk_at(last, "state"), "accepted");
    assert_string_equal(desk_at(last, "seq"), "3");
    assert_null(json_object_get(last, "reason"));
    assert_string_equal(desk_at(last, "writes/0/record"), desk_name(&first));
    assert_string_equal(desk_at(last, "writes/0/field"), "rel_text");
    json_decref(lines);
    lines = json_array();
    assert_int_equal(
        mir_answer_log(founder.store, &first, desk_take_line, lines, &founder.err), MIRSAL_OK);
    assert_int_equal(json_array_size(lines), 2);
    assert_string_equal(desk_at(lines, "0/writes/1/field"), "title:ar");
    json_decref(lines);
    lines = json_array();
    assert_int_equal(
        mir_answer_log(founder.store, &second, desk_take_line, lines, &founder.err), MIRSAL_OK);
    assert_int_equal(json_array_size(lines), 1);
    json_decref(lines);
}

static void what_a_cut_holds_back_names_it(void **state)
{
    (void)state;
    static const struct test_invite terms = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    struct test_store monitor;
    mirsal_hash cut;
    size_t told = 0;
    test_team_join(&monitor, &founder, 2, &terms);
    test_team_meet(&founder, &monitor, 1);
    const struct mir_cut_order order = { .device = mir_store_device(monitor.store),
        .reason = MIR_CUT_LOST };
    assert_int_equal(mir_device_cut(&cut, founder.store, NULL, &order, &founder.err), MIRSAL_OK);
    (void)test_team_report(&monitor, "late");
    test_team_carry(&founder, &monitor, 2, 0);
    json_t *lines = json_array();
    assert_int_equal(
        mir_answer_log(founder.store, NULL, desk_take_line, lines, &founder.err), MIRSAL_OK);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        if (strcmp(desk_at(line, "reason"), "cut") == 0) {
            assert_string_equal(desk_at(line, "state"), "quarantined");
            assert_string_equal(desk_at(line, "by/label"), "office");
            told++;
        }
        if (json_object_get(line, "affects") != NULL) {
            assert_string_equal(desk_at(line, "affects"), "1");
            assert_string_equal(desk_at(line, "kind"), "control");
            told++;
        }
        assert_null(json_object_get(line, "faults"));
    }
    assert_int_equal(told, 2);
    json_decref(lines);
    lines = json_array();
    assert_int_equal(
        mir_answer_log(monitor.store, NULL, desk_take_line, lines, &monitor.err), MIRSAL_OK);
    json_decref(lines);
    test_store_fini(&monitor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_changeset_has_a_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_cut_holds_back_names_it, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
