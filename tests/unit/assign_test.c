/* SPDX-License-Identifier: Apache-2.0 */
/* unit/assign_test.c - the command line's assignments, as JSON; edits against a record. */
#include "assign.h"

#include "test_entries.h"

#include <string.h>

static void gives(struct test_entries *test,
    const char *type,
    const char *const *assignments,
    const char *json)
{
    const char *got = test_entries_assign(test, type, assignments);
    if (got == NULL) {
        print_error("%s: %s\n", assignments[0], test->error.message);
    }
    assert_non_null(got);
    assert_string_equal(got, json);
}

static void fails(struct test_entries *test,
    const char *type,
    const char *const *assignments,
    mirsal_code code,
    const char *field)
{
    assert_null(test_entries_assign(test, type, assignments));
    assert_int_equal(test->error.code, code);
    assert_string_equal(test->error.field, field);
}

static void text_stands_in_a_language(void **state)
{
    struct test_entries *test = *state;
    gives(test, "incident", ASSIGN("title:ar=قصف", "title:en=Strike"),
        "{\"title\":[[\"ar\",\"قصف\"],[\"en\",\"Strike\"]]}");
    gives(test, "incident", ASSIGN("title=a=b"), "{\"title\":[[\"und\",\"a=b\"]]}");
    test->values.language = "ar";
    gives(test, "incident", ASSIGN("title=x"), "{\"title\":[[\"ar\",\"x\"]]}");
    fails(test, "incident", ASSIGN("title:a_b=x"), MIRSAL_BAD_VALUE, "title");
    fails(test, "incident", ASSIGN("rel_text:ar=x"), MIRSAL_BAD_VALUE, "rel_text");
}

static void dates_set_all_three(void **state)
{
    struct test_entries *test = *state;
    gives(test, "incident", ASSIGN("date_start=2019-11-17"),
        "{\"date_start\":\"2019-11-17\",\"date_end\":\"2019-11-17\",\"date_prec\":\"day\"}");
    gives(test, "incident", ASSIGN("date_start=2019-11"),
        "{\"date_start\":\"2019-11-01\",\"date_end\":\"2019-11-30\",\"date_prec\":\"month\"}");
    gives(test, "incident", ASSIGN("date_start=2019"),
        "{\"date_start\":\"2019-01-01\",\"date_end\":\"2019-12-31\",\"date_prec\":\"year\"}");
    gives(test, "incident", ASSIGN("date_start=2019-11-16/2019-11-18"),
        "{\"date_start\":\"2019-11-16\",\"date_end\":\"2019-11-18\",\"date_prec\":\"days\"}");
    gives(test, "incident", ASSIGN("date_end=2019-11-18", "date_start=2019-11-16"),
        "{\"date_start\":\"2019-11-16\",\"date_end\":\"2019-11-18\",\"date_prec\":\"days\"}");
    gives(test, "incident", ASSIGN("date_start=2019-11-16", "date_prec=week"),
        "{\"date_start\":\"2019-11-16\",\"date_end\":\"2019-11-16\",\"date_prec\":\"week\"}");
    gives(test, "incident", ASSIGN("date=2019-11-17"),
        "{\"date_start\":\"2019-11-17\",\"date_end\":\"2019-11-17\",\"date_prec\":\"day\"}");
    gives(test, "incident", ASSIGN("date_start="), "{}");
    fails(test, "incident", ASSIGN("date_start=2019-02-30"), MIRSAL_BAD_VALUE, "date_start");
    fails(test, "incident", ASSIGN("date_end=2019-02-03"), MIRSAL_BAD_VALUE, "date_start");
    fails(test, "incident", ASSIGN("date_start=2019-02-03", "date_end=2019-02-02"),
        MIRSAL_BAD_VALUE, "date_end");
}

static void points_have_both_degrees(void **state)
{
    struct test_entries *test = *state;
    gives(test, "incident", ASSIGN("lat=35.59209", "lon=36.49474", "geo_prec=village"),
        "{\"lat\":35.59209,\"lon\":36.49474,\"geo_prec\":\"village\"}");
    fails(test, "incident", ASSIGN("lat=35.59209"), MIRSAL_BAD_VALUE, "lon");
    fails(test, "incident", ASSIGN("lon=35.59209"), MIRSAL_BAD_VALUE, "lat");
    fails(test, "incident", ASSIGN("lat=91", "lon=36"), MIRSAL_OUT_OF_RANGE, "lat");
    fails(test, "incident", ASSIGN("lat=35", "lon=-180.1"), MIRSAL_OUT_OF_RANGE, "lon");
    fails(test, "incident", ASSIGN("geo_prec=village"), MIRSAL_BAD_VALUE, "lat");
}

static void sets_are_written_by_commas_or_json(void **state)
{
    struct test_entries *test = *state;
    gives(test, "incident", ASSIGN("means=mortar, barrel_bomb", "means+=برميل متفجر"),
        "{\"means\":[\"barrel_bomb\",\"mortar\"]}");
    gives(test, "incident", ASSIGN("ref_codes=[\"a,b\",\"c\"]"), "{\"ref_codes\":[\"a,b\",\"c\"]}");
    gives(test, "place", ASSIGN("names:ar=سراقب", "names:en=Saraqeb"),
        "{\"names\":[[\"ar\",\"سراقب\"],[\"en\",\"Saraqeb\"]]}");
    gives(test, "casualty", ASSIGN("includes=[[\"female\",\"adult\"],[null,\"child\"]]"),
        "{\"includes\":[[\"female\",\"adult\"],[null,\"child\"]]}");
    gives(test, "attribution", ASSIGN("basis=munition,flight_pattern,munition"),
        "{\"basis\":[\"flight_pattern\",\"munition\"]}");
    fails(test, "incident", ASSIGN("title+=x"), MIRSAL_BAD_VALUE, "title");
    fails(test, "incident", ASSIGN("means=zeppelin"), MIRSAL_BAD_VALUE, "means");
    fails(test, "incident", ASSIGN("parties=[[\"x\""), MIRSAL_BAD_VALUE, "parties");
}

static void references_are_ids_or_source_ids(void **state)
{
    struct test_entries *test = *state;
    gives(test, "report",
        ASSIGN("source=01020304-0506-8008-8009-0a0b0c0d0e0f", "root_source=@seed:S1"),
        "{\"source\":\"01020304-0506-8008-8009-0a0b0c0d0e0f\","
        "\"root_source\":{\"source_id\":\"seed:S1\"}}");
    fails(test, "report", ASSIGN("source=somebody"), MIRSAL_BAD_VALUE, "source");
}

static void bad_assignments_have_their_codes(void **state)
{
    struct test_entries *test = *state;
    fails(test, "incident", ASSIGN("colour=red"), MIRSAL_UNKNOWN_FIELD, "colour");
    fails(test, "incident", ASSIGN("title"), MIRSAL_USAGE, "");
    fails(test, "incident", ASSIGN("=x"), MIRSAL_USAGE, "");
    fails(test, "incident", ASSIGN("title=\xc3"), MIRSAL_NOT_UTF8, "title");
    fails(test, "incident", ASSIGN("strikes_min=3", "strikes_max=2"), MIRSAL_MIN_ABOVE_MAX,
        "strikes_min");
    fails(test, "casualty", ASSIGN("min=7", "max=5"), MIRSAL_MIN_ABOVE_MAX, "min");
    fails(test, "casualty", ASSIGN("min=-7"), MIRSAL_OUT_OF_RANGE, "min");
    fails(test, "place", ASSIGN("match_keys=x"), MIRSAL_BAD_VALUE, "match_keys");
}

static void edits(struct test_entries *test, const char *const *assignments, const char *json)
{
    const char *got = test_entries_edit(test, assignments);
    assert_non_null(got);
    assert_string_equal(got, json);
}

static void an_edit_writes_what_changes(void **state)
{
    struct test_entries *test = *state;
    test_entries_keep(test,
        "{\"type\":\"incident\",\"title\":[[\"ar\",\"قصف\"],[\"en\",\"Strike\"]],"
        "\"date_start\":\"2019-11-17\",\"lat\":35.5,\"lon\":36.5,\"geo_prec\":\"town\","
        "\"means\":[\"mortar\",\"barrel_bomb\"],\"strikes_min\":2}");
    edits(test, ASSIGN("title:en=Strike"), "{}");
    edits(test, ASSIGN("title:en=Raid"), "{\"title\":[[\"en\",\"Raid\"]]}");
    edits(test, ASSIGN("geo_basis=gps"),
        "{\"lat\":35.5,\"lon\":36.5,\"geo_prec\":\"town\",\"geo_basis\":\"gps\"}");
    edits(test, ASSIGN("date_end=2019-11-18"),
        "{\"date_start\":\"2019-11-17\",\"date_end\":\"2019-11-18\",\"date_prec\":\"days\"}");
    edits(test, ASSIGN("means=mortar,small_arms"),
        "{\"means\":[\"small_arms\"],\"-\":{\"means\":[\"barrel_bomb\"]}}");
    edits(test, ASSIGN("means+=small_arms"), "{\"means\":[\"small_arms\"]}");
    edits(test, ASSIGN("means-=mortar"), "{\"-\":{\"means\":[\"mortar\"]}}");
    edits(test, ASSIGN("means="), "{\"-\":{\"means\":[\"barrel_bomb\",\"mortar\"]}}");
    edits(test, ASSIGN("strikes_max=4"), "{\"strikes_min\":2,\"strikes_max\":4}");
    assert_null(test_entries_edit(test, ASSIGN("strikes_max=1")));
    assert_int_equal(test->error.code, MIRSAL_MIN_ABOVE_MAX);
}

static void names_of_one_language_are_replaced_alone(void **state)
{
    struct test_entries *test = *state;
    test_entries_keep(
        test, "{\"type\":\"place\",\"names\":[[\"ar\",\"سراقب\"],[\"en\",\"Saraqib\"]]}");
    edits(test, ASSIGN("names:en=Saraqeb"),
        "{\"names\":[[\"en\",\"Saraqeb\"]],\"-\":{\"names\":[[\"en\",\"Saraqib\"]]}}");
    edits(test, ASSIGN("names:en+=Saraqeb"), "{\"names\":[[\"en\",\"Saraqeb\"]]}");
    edits(test, ASSIGN("names:en-=Saraqib"), "{\"-\":{\"names\":[[\"en\",\"Saraqib\"]]}}");
}

static void a_bound_is_judged_with_what_stands(void **state)
{
    struct test_entries *test = *state;
    test_entries_keep(test, "{\"type\":\"casualty\",\"min\":5,\"max\":7}");
    assert_null(test_entries_edit(test, ASSIGN("max=4")));
    assert_int_equal(test->error.code, MIRSAL_MIN_ABOVE_MAX);
    edits(test, ASSIGN("max=6"), "{\"max\":6}");
}

#define WITH_ENTRIES(name)                                                                         \
    cmocka_unit_test_setup_teardown(name, test_entries_setup, test_entries_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ENTRIES(text_stands_in_a_language),
        WITH_ENTRIES(dates_set_all_three),
        WITH_ENTRIES(points_have_both_degrees),
        WITH_ENTRIES(sets_are_written_by_commas_or_json),
        WITH_ENTRIES(references_are_ids_or_source_ids),
        WITH_ENTRIES(bad_assignments_have_their_codes),
        WITH_ENTRIES(an_edit_writes_what_changes),
        WITH_ENTRIES(names_of_one_language_are_replaced_alone),
        WITH_ENTRIES(a_bound_is_judged_with_what_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
