/* SPDX-License-Identifier: Apache-2.0 */
/* unit/answer_records_test.c - list by date, place and condition; search; changes by cursor. */
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

static size_t listed(struct mir_answer_list list)
{
    list.type = "incident";
    json_t *lines = desk_list(&founder, &list);
    size_t count = json_array_size(lines);
    json_decref(lines);
    return count;
}

static mirsal_code refused(struct mir_answer_list list)
{
    json_t *lines = json_array();
    mirsal_code rc = mir_answer_list(founder.store, &list, desk_take_line, lines, &founder.err);
    json_decref(lines);
    return rc;
}

static void a_list_keeps_to_its_conditions(void **state)
{
    (void)state;
    (void)desk_add(&founder, "incident", NULL,
        ASSIGN("date_start=2019-11-17", "lat=35.6", "lon=36.5", "strikes_min=2"));
    (void)desk_add(&founder, "incident", NULL, ASSIGN("date_start=2019-11", "lat=10", "lon=10"));
    (void)desk_add(&founder, "incident", NULL, ASSIGN("title=undated"));
    assert_int_equal(listed((struct mir_answer_list){ 0 }), 3);
    assert_int_equal(listed((struct mir_answer_list){ .limit = 2 }), 2);
    assert_int_equal(listed((struct mir_answer_list){ .since = "2019-11", .until = "2019" }), 2);
    assert_int_equal(listed((struct mir_answer_list){ .bbox = "36,35,37,36" }), 1);
    assert_int_equal(listed((struct mir_answer_list){ .near_ = "35.6,36.51,5" }), 1);
    assert_int_equal(listed((struct mir_answer_list){ .where = "strikes_min > 1" }), 1);
    struct mir_answer_list list = { .type = "incident", .since = "2019-11-10" };
    json_t *lines = desk_list(&founder, &list);
    assert_int_equal(json_array_size(lines), 2);
    assert_string_equal(desk_at(lines, "0/boundary"), "true");
    assert_string_equal(desk_at(lines, "1/boundary"), "");
    assert_string_equal(desk_at(lines, "1/meta/state"), "accepted");
    assert_string_equal(desk_at(lines, "1/meta/conflicts"), "0");
    json_decref(lines);
}

static void conditions_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct mir_answer_list list;
        mirsal_code code;
    } cases[] = {
        { { .type = "dragon" }, MIRSAL_UNKNOWN_TYPE },
        { { .type = "incident", .since = "soon" }, MIRSAL_BAD_VALUE },
        { { .type = "incident", .until = "2019-13" }, MIRSAL_BAD_VALUE },
        { { .type = "incident", .bbox = "1,2,3" }, MIRSAL_BAD_VALUE },
        { { .type = "incident", .bbox = "1,2,3,4,5" }, MIRSAL_BAD_VALUE },
        { { .type = "incident", .bbox = "1,40,3,39" }, MIRSAL_BAD_VALUE },
        { { .type = "incident", .bbox = "1,2,3,95" }, MIRSAL_OUT_OF_RANGE },
        { { .type = "incident", .near_ = "1,2,-3" }, MIRSAL_OUT_OF_RANGE },
        { { .type = "incident", .near_ = "a,b,c" }, MIRSAL_BAD_VALUE },
        { { .type = "incident", .where = "colour = 1" }, MIRSAL_UNKNOWN_FIELD },
        { { .type = "incident", .where = "title = (" }, MIRSAL_BAD_VALUE },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(refused(cases[i].list), cases[i].code);
    }
}

static int stop(void *context, const char *json, size_t size)
{
    (void)json;
    (void)size;
    *(int *)context += 1;
    return 1;
}

static void a_callback_may_stop(void **state)
{
    (void)state;
    int lines = 0;
    struct mir_answer_list list = { .type = "incident" };
    (void)desk_add(&founder, "incident", NULL, ASSIGN("title=a"));
    (void)desk_add(&founder, "incident", NULL, ASSIGN("title=b"));
    assert_int_equal(
        mir_answer_list(founder.store, &list, stop, &lines, &founder.err), MIRSAL_CANCELLED);
    assert_int_equal(lines, 1);
}

static void words_are_found_in_any_spelling(void **state)
{
    (void)state;
    mirsal_id id = desk_add(&founder, "incident", NULL, ASSIGN("title:ar=قصف على إدلب"));
    json_t *lines = json_array();
    assert_int_equal(
        mir_answer_search(founder.store, "ادلب", desk_take_line, lines, &founder.err), MIRSAL_OK);
    assert_int_equal(json_array_size(lines), 1);
    assert_string_equal(desk_at(lines, "0/id"), desk_name(&id));
    assert_string_equal(desk_at(lines, "0/type"), "incident");
    assert_string_not_equal(desk_at(lines, "0/snippet"), "");
    json_decref(lines);
}

static void changes_go_on_from_a_cursor(void **state)
{
    (void)state;
    mirsal_id id = desk_add(&founder, "incident", NULL, ASSIGN("title=a", "date_start=2019"));
    json_t *lines = json_array();
    assert_int_equal(
        mir_answer_changes(founder.store, NULL, desk_take_line, lines, &founder.err), MIRSAL_OK);
    assert_int_equal(json_array_size(lines), 1);
    assert_string_equal(desk_at(lines, "0/id"), desk_name(&id));
    assert_string_equal(desk_at(lines, "0/fields"), "[\"date\",\"title\"]");
    char cursor[32];
    (void)snprintf(cursor, sizeof cursor, "%s", desk_at(lines, "0/cursor"));
    json_decref(lines);
    (void)desk_edit(&founder, &id, ASSIGN("rel_text=near"));
    lines = json_array();
    assert_int_equal(
        mir_answer_changes(founder.store, cursor, desk_take_line, lines, &founder.err), MIRSAL_OK);
    assert_int_equal(json_array_size(lines), 1);
    assert_string_equal(desk_at(lines, "0/fields"), "[\"rel_text\"]");
    json_decref(lines);
    assert_int_equal(mir_answer_changes(founder.store, "x", desk_take_line, NULL, &founder.err),
        MIRSAL_BAD_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_list_keeps_to_its_conditions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(conditions_that_cannot_be_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_callback_may_stop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_are_found_in_any_spelling, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changes_go_on_from_a_cursor, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
