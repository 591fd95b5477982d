/* SPDX-License-Identifier: Apache-2.0 */
/* unit/read_calls_test.c - what is shown, listed, searched, counted and queried. */
#include "client_fixture.h"

#include <stdio.h>
#include <string.h>

static struct client admin;
static struct client_lines lines;

static int start(void **state)
{
    (void)state;
    client_found(&admin, 1);
    client_lines_init(&lines);
    client_incident(&admin, "a:1", "raid on the mill");
    client_incident(&admin, "a:2", "raid on the market");
    client_insert(&admin,
        "{\"type\":\"casualty\",\"source_id\":\"a:3\",\"scope\":[{\"source_id\":\"a:1\"}],"
        "\"outcome\":\"killed\",\"min\":5,\"max\":5,\"quality\":\"exact\"}");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    client_lines_fini(&lines);
    client_fini(&admin);
    return 0;
}

static void a_list_gives_a_line_each_and_can_be_stopped(void **state)
{
    mirsal_list_options list = MIRSAL_LIST_OPTIONS_INIT;
    (void)state;
    list.type = "incident";
    client_ok(&admin, mirsal_list(admin.store, &list, client_take_line, &lines, &admin.err));
    assert_int_equal(json_array_size(lines.values), 2);
    list.where = "source_id = 'a:2'";
    client_ok(&admin, mirsal_list(admin.store, &list, client_take_line, &lines, &admin.err));
    assert_int_equal(json_array_size(lines.values), 3);
    list.where = NULL;
    lines.stop_at = 4;
    assert_int_equal(
        mirsal_list(admin.store, &list, client_take_line, &lines, &admin.err), MIRSAL_CANCELLED);
    assert_int_equal(json_array_size(lines.values), 4);
    list.type = "accident";
    assert_int_equal(
        mirsal_list(admin.store, &list, client_take_line, &lines, &admin.err), MIRSAL_UNKNOWN_TYPE);
    list.type = NULL;
    assert_int_equal(
        mirsal_list(admin.store, &list, client_take_line, &lines, &admin.err), MIRSAL_MISUSE);
}

static void a_search_finds_words(void **state)
{
    (void)state;
    client_ok(&admin, mirsal_search(admin.store, "market", client_take_line, &lines, &admin.err));
    assert_int_equal(json_array_size(lines.values), 1);
    assert_string_equal(test_text(json_array_get(lines.values, 0), "type"), "incident");
}

static void changes_go_on_from_a_cursor(void **state)
{
    char cursor[64];
    (void)state;
    client_ok(&admin, mirsal_changes(admin.store, NULL, client_take_line, &lines, &admin.err));
    size_t count = json_array_size(lines.values);
    assert_true(count >= 3);
    json_t *last = json_array_get(lines.values, count - 1);
    json_t *value = json_object_get(last, "cursor");
    if (json_is_string(value)) {
        (void)snprintf(cursor, sizeof cursor, "%s", json_string_value(value));
    } else {
        (void)snprintf(cursor, sizeof cursor, "%lld", (long long)json_integer_value(value));
    }
    client_ok(&admin, mirsal_changes(admin.store, cursor, client_take_line, &lines, &admin.err));
    assert_int_equal(json_array_size(lines.values), count);
    client_incident(&admin, "a:4", "later");
    client_ok(&admin, mirsal_changes(admin.store, cursor, client_take_line, &lines, &admin.err));
    assert_int_equal(json_array_size(lines.values), count + 1);
}

static void the_log_names_changesets(void **state)
{
    (void)state;
    client_ok(&admin, mirsal_log(admin.store, NULL, client_take_line, &lines, &admin.err));
    size_t all = json_array_size(lines.values);
    assert_true(all >= 4);
    client_ok(&admin, mirsal_log(admin.store, "@a:2", client_take_line, &lines, &admin.err));
    assert_int_equal(json_array_size(lines.values), all + 1);
    assert_int_equal(
        mirsal_log(admin.store, "@a:9", client_take_line, &lines, &admin.err), MIRSAL_NOT_FOUND);
}

static void there_are_no_conflicts_of_one_author(void **state)
{
    (void)state;
    client_ok(&admin, mirsal_conflicts(admin.store, 0, client_take_line, &lines, &admin.err));
    assert_int_equal(json_array_size(lines.values), 0);
}

static void a_tally_without_groups_has_one_row(void **state)
{
    mirsal_tally_options options = MIRSAL_TALLY_OPTIONS_INIT;
    mirsal_text answer = { 0 };
    (void)state;
    client_ok(&admin, mirsal_tally(&answer, admin.store, &options, &admin.err));
    json_t *tally = client_json(&answer);
    const json_t *rows = test_array(tally, "rows");
    assert_int_equal(json_array_size(rows), 1);
    assert_int_equal(test_number(json_object_get(json_array_get(rows, 0), "killed"), "min"), 5);
    json_decref(tally);
    options.by = "weather";
    assert_int_equal(mirsal_tally(&answer, admin.store, &options, &admin.err), MIRSAL_BAD_VALUE);
    assert_null(answer.data);
}

static void a_query_reads_the_views_and_nothing_else(void **state)
{
    mirsal_query *query = NULL;
    int row = 0;
    (void)state;
    client_ok(
        &admin, mirsal_query_open(&query, admin.store,
                    "SELECT source_id, 2 AS two FROM incident WHERE source_id = ?1", &admin.err));
    client_ok(&admin, mirsal_query_bind(query, 1, "a:2", &admin.err));
    client_ok(&admin, mirsal_query_step(&row, query, &admin.err));
    assert_int_equal(row, 1);
    assert_int_equal(mirsal_query_columns(query), 2);
    assert_string_equal(mirsal_query_name(query, 1), "two");
    assert_string_equal(mirsal_query_text(query, 0), "a:2");
    assert_int_equal(mirsal_query_int(query, 1), 2);
    client_ok(&admin, mirsal_query_step(&row, query, &admin.err));
    assert_int_equal(row, 0);
    mirsal_query_close(query);
    mirsal_query_close(NULL);
    assert_int_not_equal(
        mirsal_query_open(&query, admin.store, "DELETE FROM incident", &admin.err), MIRSAL_OK);
    assert_null(query);
}

static void a_record_is_shown_with_its_history(void **state)
{
    mirsal_text answer = { 0 };
    (void)state;
    client_ok(&admin, mirsal_show(&answer, admin.store, "@a:1", 1, &admin.err));
    json_t *record = client_json(&answer);
    assert_true(json_array_size(test_array(record, "history")) > 0);
    json_decref(record);
    client_ok(&admin, mirsal_show(&answer, admin.store, "@a:1", 0, &admin.err));
    record = client_json(&answer);
    assert_null(json_object_get(record, "history"));
    json_decref(record);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_list_gives_a_line_each_and_can_be_stopped),
        TEST(a_search_finds_words),
        TEST(changes_go_on_from_a_cursor),
        TEST(the_log_names_changesets),
        TEST(there_are_no_conflicts_of_one_author),
        TEST(a_tally_without_groups_has_one_row),
        TEST(a_query_reads_the_views_and_nothing_else),
        TEST(a_record_is_shown_with_its_history),
    };
    return cmocka_run_group_tests_name("read_calls", tests, NULL, NULL);
}
