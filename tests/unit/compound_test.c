/* SPDX-License-Identifier: Apache-2.0 */
/* unit/compound_test.c - registers of several components: what stands, is given, follows. */
#include "compound.h"

#include "test_entries.h"

#include <string.h>

static void names_of_bounds_go_in_pairs(void **state)
{
    (void)state;
    assert_true(mir_compound_bounds("min", "max"));
    assert_true(mir_compound_bounds("strikes_min", "strikes_max"));
    assert_true(mir_compound_bounds("from", "to"));
    assert_false(mir_compound_bounds("max", "min"));
    assert_false(mir_compound_bounds("a_min", "b_max"));
    assert_false(mir_compound_bounds("tz_min", "max"));
    assert_false(mir_compound_bounds("xmin", "xmax"));
    assert_false(mir_compound_bounds("to", "from"));
}

static void edits(struct test_entries *test, const char *assignment, const char *json)
{
    const char *got = test_entries_edit(test, ASSIGN(assignment));
    if (json == NULL) {
        assert_null(got);
        return;
    }
    assert_non_null(got);
    assert_string_equal(got, json);
}

static void a_component_keeps_the_others(void **state)
{
    struct test_entries *test = *state;
    test_entries_keep(test,
        "{\"type\":\"incident\",\"local_time_from\":60,\"time_word\":\"morning\","
        "\"date_start\":\"2019-11\",\"lat\":35.5,\"lon\":36.5,\"geo_basis\":\"gps\"}");
    edits(test, "local_time_to=90",
        "{\"local_time_from\":60,\"local_time_to\":90,\"time_word\":\"morning\"}");
    edits(test, "local_time_from=", "{\"time_word\":\"morning\"}");
    edits(test, "date_prec=week",
        "{\"date_start\":\"2019-11-01\",\"date_end\":\"2019-11-30\",\"date_prec\":\"week\"}");
    edits(test, "date_prec=", "{\"date_start\":\"2019-11-01\",\"date_end\":\"2019-11-30\"}");
    edits(test, "date_start=2019-11-05",
        "{\"date_start\":\"2019-11-05\",\"date_end\":\"2019-11-05\",\"date_prec\":\"day\"}");
    edits(test, "date_end=2019-10-30", NULL);
    edits(test, "lat=36", NULL);
    assert_string_equal(test->error.field, "lon");
    edits(test, "point=36,37.25", "{\"lat\":36.0,\"lon\":37.25,\"geo_basis\":\"gps\"}");
    edits(test, "point=36", NULL);
    edits(test, "point=1,2,village,gps,5", NULL);
    assert_string_equal(test->error.field, "point");
}

static void empty_text_makes_the_register_unknown(void **state)
{
    struct test_entries *test = *state;
    struct mir_values *values = &test->values;
    struct mir_entry entry = { .type = mir_schema_type_by_name(&test->schema, "incident") };
    int component = -1;
    const struct mir_schema_field *field =
        mir_schema_field_by_name(&component, entry.type, "date_start");
    struct mir_bytes none = { NULL, 0 };
    struct mir_bytes value = none;
    assert_int_equal(
        mir_compound_text(&entry, values, field, component, none, &test->error), MIRSAL_OK);
    static const uint8_t standing[] = { 0x93, 1, 2, 2 };
    assert_int_equal(mir_compound_value(&value, values, entry.parts,
                         (struct mir_bytes){ standing, sizeof standing }, &test->error),
        MIRSAL_OK);
    assert_int_equal(value.size, 1);
    assert_int_equal(value.data[0], 0x90);
    assert_int_equal(mir_compound_text(&entry, values, field, -1, none, &test->error), MIRSAL_OK);
    assert_int_equal(mir_entry_find(&entry, field, none)->value.data[0], 0x90);
}

#define WITH_ENTRIES(name)                                                                         \
    cmocka_unit_test_setup_teardown(name, test_entries_setup, test_entries_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_bounds_go_in_pairs),
        WITH_ENTRIES(a_component_keeps_the_others),
        WITH_ENTRIES(empty_text_makes_the_register_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
