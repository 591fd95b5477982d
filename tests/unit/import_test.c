/* SPDX-License-Identifier: Apache-2.0 */
/* unit/import_test.c - files of records: counts, updates, rejections with line, code and field. */
#include "import.h"

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

static void counts(json_t *answer, const char *wanted)
{
    char text[96];
    (void)snprintf(text, sizeof text, "%s %s %s %s %s", desk_at(answer, "rows"),
        desk_at(answer, "added"), desk_at(answer, "updated"), desk_at(answer, "unchanged"),
        desk_at(answer, "rejected_total"));
    if (strcmp(text, wanted) != 0) {
        char *dumped = json_dumps(answer, 0);
        print_error("%s\n", dumped);
    }
    assert_string_equal(text, wanted);
    json_decref(answer);
}

static const char file[] =
    "{\"type\":\"incident\",\"source_id\":\"x:1\",\"title\":\"one\",\"children\":["
    "{\"type\":\"casualty\",\"source_id\":\"x:1a\",\"min\":5,\"max\":6,\"outcome\":\"killed\","
    "\"root_source\":{\"source_id\":\"x:s\"}}]}\n"
    "\n"
    "{\"type\":\"source\",\"source_id\":\"x:s\",\"public_name\":\"Rescuers\"}\n"
    "{\"type\":\"incident\",\"source_id\":\"x:2\",\"place\":{\"source_id\":\"nowhere\"}}\n";

static void the_same_file_again_changes_nothing(void **state)
{
    (void)state;
    counts(desk_import(&founder, file, NULL), "3 3 0 0 0");
    counts(desk_import(&founder, file, NULL), "3 0 0 3 0");
    struct mir_answer_list list = { .type = "casualty" };
    json_t *lines = desk_list(&founder, &list);
    assert_int_equal(json_array_size(lines), 1);
    mirsal_id source = { 0 };
    assert_int_equal(mir_record_named(&source, founder.store, 0, "@x:s", &founder.err), MIRSAL_OK);
    assert_string_equal(desk_at(lines, "0/root_source"), desk_name(&source));
    json_decref(lines);
    list.type = "incident";
    list.where = "source_id = 'x:2'";
    lines = desk_list(&founder, &list);
    assert_string_equal(desk_at(lines, "0/place"), "{\"source_id\":\"nowhere\"}");
    json_decref(lines);
}

static void a_changed_line_is_an_update(void **state)
{
    (void)state;
    counts(desk_import(&founder, file, NULL), "3 3 0 0 0");
    counts(desk_import(&founder,
               "{\"type\":\"incident\",\"source_id\":\"x:1\",\"title\":\"uno\"}\n"
               "{\"type\":\"casualty\",\"source_id\":\"x:1a\",\"min\":5,\"max\":7}\n"
               "{\"type\":\"source\",\"source_id\":\"x:s\",\"public_name\":\"Rescuers\"}",
               NULL),
        "3 0 2 1 0");
    mirsal_id claim = { 0 };
    assert_int_equal(mir_record_named(&claim, founder.store, 0, "@x:1a", &founder.err), MIRSAL_OK);
    json_t *shown = desk_show(&founder, &claim, 0);
    assert_string_equal(desk_at(shown, "max"), "7");
    assert_string_equal(desk_at(shown, "outcome"), "killed");
    assert_int_equal(json_array_size(json_object_get(shown, "supersedes")), 1);
    json_decref(shown);
    counts(desk_import(&founder,
               "{\"type\":\"casualty\",\"source_id\":\"x:1a\",\"min\":5,\"max\":7}", NULL),
        "1 0 0 1 0");
}

static void each_bad_line_is_named_and_the_rest_goes_in(void **state)
{
    (void)state;
    json_t *answer = desk_import(&founder,
        "{\"type\":\"incident\",\"source_id\":\"b:1\"}\n"
        "{\"type\":\"incident\",\"lat\":95,\"lon\":3}\n"
        "{\"type\":\"incident\",\"colour\":1}\n"
        "{\"type\":\"dragon\"}\n"
        "not json\n"
        "{\"type\":\"incident\",\"title\":\"\xff\"}\n"
        "{\"type\":\"casualty\",\"min\":3,\"max\":2}\n"
        "{\"type\":\"incident\",\"source_id\":\"b:1\"}\n"
        "{\"type\":\"incident\",\"source_id\":\"b:2\",\"children\":["
        "{\"type\":\"casualty\",\"min\":-1}]}\n"
        "{\"type\":\"incident\",\"source_id\":\"b:3\",\"children\":["
        "{\"type\":\"casualty\",\"source_id\":\"b:3\"}]}\n"
        "{\"type\":\"incident\",\"source_id\":\"b:2\"}\n",
        NULL);
    static const char *const wanted[][3] = { { "2", "out_of_range", "lat" },
        { "3", "unknown_field", "colour" }, { "4", "unknown_type", "type" },
        { "5", "bad_value", "null" }, { "6", "not_utf8", "null" }, { "7", "min_above_max", "min" },
        { "8", "duplicate_source_id", "source_id" }, { "9", "out_of_range", "min" },
        { "10", "duplicate_source_id", "source_id" } };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        const json_t *row = json_array_get(json_object_get(answer, "rejected"), i);
        assert_string_equal(desk_at(row, "line"), wanted[i][0]);
        assert_string_equal(desk_at(row, "code"), wanted[i][1]);
        assert_string_equal(desk_at(row, "field"), wanted[i][2]);
        assert_string_not_equal(desk_at(row, "reason"), "");
    }
    counts(answer, "11 2 0 0 9");
    struct mir_answer_list list = { .type = "casualty" };
    json_t *lines = desk_list(&founder, &list);
    assert_int_equal(json_array_size(lines), 0);
    json_decref(lines);
}

static void a_dry_run_writes_nothing(void **state)
{
    (void)state;
    struct mir_import options = { .dry_run = 1 };
    counts(desk_import(&founder, file, &options), "3 3 0 0 0");
    counts(desk_import(&founder, file, &options), "3 3 0 0 0");
    assert_int_equal(
        test_team_count(&founder, "SELECT count(*) FROM changeset WHERE compartment = 0"), 0);
}

static void type_and_source_id_may_come_from_outside(void **state)
{
    (void)state;
    struct mir_import options = { .type = "incident", .source_id = "code" };
    counts(desk_import(&founder, "{\"code\":\"k7\",\"title\":\"x\"}\n", &options), "1 1 0 0 0");
    counts(desk_import(&founder, "{\"code\":\"k7\",\"title\":\"y\"}\n", &options), "1 0 1 0 0");
    mirsal_id id = { 0 };
    assert_int_equal(mir_record_named(&id, founder.store, 0, "@k7", &founder.err), MIRSAL_OK);
}

static void an_id_that_is_held_is_that_record(void **state)
{
    (void)state;
    char line[256];
    mirsal_id id = desk_add(&founder, "incident", NULL, ASSIGN("rel_text=a"));
    (void)snprintf(line, sizeof line, "{\"type\":\"incident\",\"id\":\"%s\",\"rel_text\":\"b\"}",
        desk_name(&id));
    counts(desk_import(&founder, line, NULL), "1 0 1 0 0");
    (void)snprintf(line, sizeof line,
        "{\"type\":\"incident\",\"source_id\":\"id:%s\",\"rel_text\":\"b\"}", desk_name(&id));
    counts(desk_import(&founder, line, NULL), "1 0 0 1 0");
    const char *other = "{\"type\":\"incident\",\"id\":\"01020304-0506-8008-8009-0a0b0c0d0e0f\"}";
    counts(desk_import(&founder, other, NULL), "1 1 0 0 0");
    counts(desk_import(&founder, other, NULL), "1 0 0 1 0");
}

/* A set's element that was a source id when it was written. */
static void references_are_compared_by_what_they_mean(void **state)
{
    (void)state;
    const char *report = "{\"type\":\"report\",\"source_id\":\"r:1\",\"incident\":["
                         "{\"source_id\":\"r:i\"},{\"source_id\":\"r:j\"}]}\n";
    counts(desk_import(&founder, report, NULL), "1 1 0 0 0");
    counts(
        desk_import(&founder, "{\"type\":\"incident\",\"source_id\":\"r:i\"}", NULL), "1 1 0 0 0");
    counts(desk_import(&founder, report, NULL), "1 0 0 1 0");
    counts(desk_import(&founder,
               "{\"type\":\"report\",\"source_id\":\"r:1\",\"incident\":["
               "{\"source_id\":\"r:j\"}]}",
               NULL),
        "1 0 1 0 0");
    mirsal_id id = { 0 };
    assert_int_equal(mir_record_named(&id, founder.store, 0, "@r:1", &founder.err), MIRSAL_OK);
    json_t *shown = desk_show(&founder, &id, 0);
    assert_string_equal(desk_at(shown, "incident"), "[{\"source_id\":\"r:j\"}]");
    json_decref(shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_same_file_again_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_changed_line_is_an_update, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            each_bad_line_is_named_and_the_rest_goes_in, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dry_run_writes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            type_and_source_id_may_come_from_outside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_id_that_is_held_is_that_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            references_are_compared_by_what_they_mean, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
