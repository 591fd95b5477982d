/* SPDX-License-Identifier: Apache-2.0 */
/* unit/answer_tally_test.c - figures with groups, periods and gradings; what is refused. */
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

static json_t *tally(const struct mir_answer_tally *query)
{
    struct mir_buf out;
    mir_buf_init(&out, &founder.world.env, (size_t)16 << 20);
    if (mir_answer_tally(&out, founder.store, query, &founder.err) != MIRSAL_OK) {
        fail_msg("tally: %s", founder.err.message);
    }
    json_t *json = json_loadb((const char *)out.data, out.size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    mir_buf_fini(&out);
    return json;
}

/* Two incidents of an invented day, one of them with two actors and an open figure. */
static void add_day(void)
{
    json_decref(desk_import(&founder,
        "{\"type\":\"actor\",\"source_id\":\"A\",\"names\":[[\"ar\",\"ألف\"],[\"en\",\"Alpha\"]]}\n"
        "{\"type\":\"actor\",\"source_id\":\"B\",\"names\":[[\"en\",\"Beta\"]]}\n"
        "{\"type\":\"source\",\"source_id\":\"S\",\"public_name\":\"Watchers\"}\n"
        "{\"type\":\"place\",\"source_id\":\"P\",\"names\":[[\"en\",\"Mill\"]]}\n"
        "{\"type\":\"incident\",\"source_id\":\"I\",\"date_start\":\"2031-05-04\",\"place\":"
        "{\"source_id\":\"P\"},\"grading\":\"fair\",\"children\":["
        "{\"type\":\"casualty\",\"outcome\":\"killed\",\"status\":\"civilian\",\"min\":5,\"max\":5,"
        "\"quality\":\"exact\",\"root_source\":{\"source_id\":\"S\"}},"
        "{\"type\":\"attribution\",\"actor\":{\"source_id\":\"A\"},\"role\":\"perpetrator\"}]}\n"
        "{\"type\":\"incident\",\"source_id\":\"J\",\"date_start\":\"2031-05\",\"children\":["
        "{\"type\":\"casualty\",\"outcome\":\"killed\",\"min\":2,\"quality\":\"at_least\"},"
        "{\"type\":\"attribution\",\"actor\":{\"source_id\":\"A\"},\"role\":\"perpetrator\"},"
        "{\"type\":\"attribution\",\"actor\":{\"source_id\":\"B\"},\"role\":\"perpetrator\"}]}\n"
        "{\"type\":\"toll\",\"from\":\"2031-05-01\",\"to\":\"2031-05-09\","
        "\"figures\":[[\"killed\",\"civilian\",null,9,9]]}\n",
        NULL));
}

static void without_groups_there_is_one_row(void **state)
{
    (void)state;
    struct mir_answer_tally query = { 0 };
    json_t *empty = tally(&query);
    assert_string_equal(desk_at(empty, "rows/0/incidents"), "0");
    assert_string_equal(desk_at(empty, "rows/0/killed/min"), "0");
    assert_string_equal(desk_at(empty, "rows/0/killed/women/max"), "0");
    assert_int_equal(json_array_size(json_object_get(empty, "rows")), 1);
    json_decref(empty);
    add_day();
    json_t *all = tally(&query);
    assert_string_equal(desk_at(all, "rows/0/incidents"), "2");
    assert_string_equal(desk_at(all, "rows/0/without_figures"), "0");
    assert_string_equal(desk_at(all, "rows/0/killed/min"), "7");
    assert_string_equal(desk_at(all, "rows/0/killed/max"), "null");
    assert_string_equal(desk_at(all, "rows/0/killed/open"), "true");
    assert_string_equal(desk_at(all, "rows/0/killed/civilians/min"), "5");
    assert_string_equal(desk_at(all, "rows/0/wounded/min"), "0");
    assert_string_equal(desk_at(all, "rows/0/sole/incidents"), "1");
    assert_string_equal(desk_at(all, "rows/0/sole/killed/max"), "5");
    assert_string_equal(desk_at(all, "rows/0/gradings/fair"), "1");
    assert_string_equal(desk_at(all, "rows/0/gradings/none"), "1");
    assert_int_equal(json_array_size(json_object_get(all, "tolls")), 1);
    assert_int_equal(strlen(desk_at(all, "as_of/digest")), 64);
    assert_int_equal(strlen(desk_at(all, "as_of/frontier")), 32);
    assert_int_equal(strlen(desk_at(all, "policy")), 64);
    const json_t *row = json_array_get(json_object_get(all, "rows"), 0);
    assert_int_equal(json_array_size(json_object_get(row, "ids")), 2);
    assert_int_equal(json_array_size(json_object_get(row, "claims")), 2);
    json_decref(all);
}

static void an_incident_of_two_actors_is_in_both_rows(void **state)
{
    (void)state;
    struct mir_answer_tally query = { .by = "actor" };
    add_day();
    json_t *rows = tally(&query);
    assert_int_equal(json_array_size(json_object_get(rows, "rows")), 2);
    int alpha = strcmp(desk_at(rows, "rows/0/actor"), "Alpha") == 0 ? 0 : 1;
    const json_t *row = json_array_get(json_object_get(rows, "rows"), (size_t)alpha);
    assert_string_equal(desk_at(row, "actor"), "Alpha");
    assert_string_equal(desk_at(row, "incidents"), "2");
    assert_int_equal(strlen(desk_at(row, "actor_id")), 36);
    row = json_array_get(json_object_get(rows, "rows"), (size_t)(1 - alpha));
    assert_string_equal(desk_at(row, "actor"), "Beta");
    assert_string_equal(desk_at(row, "incidents"), "1");
    json_decref(rows);
    query.by = "month,place";
    rows = tally(&query);
    assert_string_equal(desk_at(rows, "rows/0/month"), "2031-05");
    json_decref(rows);
    query.by = "source";
    rows = tally(&query);
    int found = 0;
    for (size_t i = 0; i < json_array_size(json_object_get(rows, "rows")); i++) {
        row = json_array_get(json_object_get(rows, "rows"), i);
        found |= strcmp(desk_at(row, "source"), "Watchers") == 0;
    }
    assert_true(found);
    json_decref(rows);
}

static void a_period_leaves_the_boundary_out(void **state)
{
    (void)state;
    struct mir_answer_tally query = { .since = "2031-05-02", .until = "2031-05-20" };
    add_day();
    json_t *rows = tally(&query);
    assert_string_equal(desk_at(rows, "rows/0/incidents"), "1");
    assert_string_equal(desk_at(rows, "rows/0/killed/best"), "null");
    assert_string_equal(desk_at(rows, "rows/0/killed/max"), "5");
    assert_int_equal(json_array_size(json_object_get(rows, "boundary")), 1);
    assert_string_equal(desk_at(rows, "query/since"), "2031-05-02");
    json_decref(rows);
    query = (struct mir_answer_tally){ .grading = "fair" };
    rows = tally(&query);
    assert_string_equal(desk_at(rows, "rows/0/incidents"), "1");
    json_decref(rows);
    query = (struct mir_answer_tally){ .where = "source_id = 'J'", .since = "2032" };
    rows = tally(&query);
    assert_string_equal(desk_at(rows, "rows/0/incidents"), "0");
    assert_int_equal(json_array_size(json_object_get(rows, "tolls")), 0);
    json_decref(rows);
}

static void queries_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct mir_answer_tally query;
        mirsal_code code;
        const char *field;
    } cases[] = {
        { { .by = "colour" }, MIRSAL_BAD_VALUE, "by" },
        { { .by = "actor,actor" }, MIRSAL_BAD_VALUE, "by" },
        { { .since = "soon" }, MIRSAL_BAD_VALUE, "since" },
        { { .until = "soon" }, MIRSAL_BAD_VALUE, "until" },
        { { .grading = "good" }, MIRSAL_BAD_VALUE, "grading" },
    };
    struct mir_buf out;
    mir_buf_init(&out, &founder.world.env, 4096);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(
            mir_answer_tally(&out, founder.store, &cases[i].query, &founder.err), cases[i].code);
        assert_string_equal(founder.err.field, cases[i].field);
    }
    mir_buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_groups_there_is_one_row, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            an_incident_of_two_actors_is_in_both_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_period_leaves_the_boundary_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(queries_that_cannot_be_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
