/* SPDX-License-Identifier: Apache-2.0 */
/* unit/answer_log_test.c - every changeset in the order it came; those of one record alone. */
#include "answers.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_changeset_has_a_line, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
