/* SPDX-License-Identifier: Apache-2.0 */
/* unit/schema_finish_test.c - what the whole of a schema must fulfil; protocol/schema.md 1 to 4. */
#include "schema.h"

#include "test_schema.h"

#include <string.h>

/* One change of the tables, and the field that the error names. */
struct breach {
    const char *what;
    const char *field;
    void (*make)(struct test_schema *fixture);
};

#define GIVEN(at) fixture->fields[at].given

static void name_twice(struct test_schema *fixture)
{
    fixture->fields[TEST_TITLE].name = "count";
}

static void name_of_a_component(struct test_schema *fixture)
{
    fixture->fields[TEST_TITLE].name = "date_end";
}

static void reserved_name(struct test_schema *fixture)
{
    fixture->fields[TEST_TITLE].name = "children";
}

static void field_id_of_another_type(struct test_schema *fixture)
{
    GIVEN(TEST_PERSON_SOURCE_ID).id = 102;
}

static void type_name_twice(struct test_schema *fixture)
{
    fixture->types[1].name = "event";
}

static void unknown_kind(struct test_schema *fixture)
{
    GIVEN(TEST_COUNT).shape.kind = (enum mir_kind)17;
}

static void unknown_policy(struct test_schema *fixture)
{
    GIVEN(TEST_COUNT).policy = (enum mir_policy)9;
}

static void unknown_vocabulary(struct test_schema *fixture)
{
    GIVEN(TEST_COLOUR).shape.vocabulary_id = 3;
}

static void code_without_vocabulary(struct test_schema *fixture)
{
    GIVEN(TEST_COLOUR).shape.vocabulary_id = 0;
}

static void vocabulary_of_a_number(struct test_schema *fixture)
{
    GIVEN(TEST_COUNT).shape.vocabulary_id = 1;
}

static void set_without_element(struct test_schema *fixture)
{
    GIVEN(TEST_MEANS).shape.element = MIR_KIND_NONE;
}

static void set_of_dates(struct test_schema *fixture)
{
    GIVEN(TEST_MEANS).shape.element = MIR_KIND_DATE;
}

static void element_of_a_number(struct test_schema *fixture)
{
    GIVEN(TEST_COUNT).shape.element = MIR_KIND_TEXT;
}

static void set_for_review(struct test_schema *fixture)
{
    GIVEN(TEST_MEANS).policy = MIR_POLICY_REVIEW;
}

static void number_as_set(struct test_schema *fixture)
{
    GIVEN(TEST_COUNT).policy = MIR_POLICY_SET;
}

static void number_as_lattice(struct test_schema *fixture)
{
    GIVEN(TEST_COUNT).policy = MIR_POLICY_LATTICE;
}

static void withdrawal_that_is_once(struct test_schema *fixture)
{
    GIVEN(TEST_WITHDRAWN).policy = MIR_POLICY_ONCE;
}

static void minimum_above_maximum(struct test_schema *fixture)
{
    GIVEN(TEST_COUNT).shape.min = 10;
}

static void bounds_of_a_text(struct test_schema *fixture)
{
    GIVEN(TEST_TITLE).shape.has_max = 1;
}

static void reference_to_no_type(struct test_schema *fixture)
{
    GIVEN(TEST_WITHIN).shape.refers = 3;
}

static void number_that_refers(struct test_schema *fixture)
{
    GIVEN(TEST_COUNT).shape.refers = 1;
}

static void date_of_two_parts(struct test_schema *fixture)
{
    fixture->components[2].name = NULL;
}

static void date_of_other_parts(struct test_schema *fixture)
{
    fixture->components[0].shape.kind = MIR_KIND_INT;
}

static void list_of_empty_tuples(struct test_schema *fixture)
{
    fixture->components[3].name = NULL;
    fixture->components[4].name = NULL;
}

static void components_of_a_number(struct test_schema *fixture)
{
    GIVEN(TEST_COUNT).component_count = 1;
    fixture->components[5] =
        (struct test_component){ TEST_COUNT, "part", { .kind = MIR_KIND_INT } };
}

static void component_twice(struct test_schema *fixture)
{
    fixture->components[4].name = "colour";
}

static void component_that_is_a_set(struct test_schema *fixture)
{
    fixture->components[4].shape.kind = MIR_KIND_SET;
}

static void component_of_no_vocabulary(struct test_schema *fixture)
{
    fixture->components[3].shape.vocabulary_id = 7;
}

static void open_field_of_a_protected_type(struct test_schema *fixture)
{
    GIVEN(TEST_PERSON_NAMES).sensitivity = 1;
}

static void parent_of_another_type(struct test_schema *fixture)
{
    fixture->types[0].parent_id = 201;
}

static void parent_that_is_no_reference(struct test_schema *fixture)
{
    fixture->types[0].parent_id = 107;
}

static void type_without_withdrawn(struct test_schema *fixture)
{
    fixture->fields[TEST_PERSON_WITHDRAWN].name = "gone";
}

static void source_id_that_may_change(struct test_schema *fixture)
{
    GIVEN(TEST_SOURCE_ID).policy = MIR_POLICY_LATEST;
}

static void alias_of_another_code(struct test_schema *fixture)
{
    fixture->alias = "GREEN";
}

static const struct breach breaches[] = {
    { "name twice", "count", name_twice },
    { "name of a component", "date_end", name_of_a_component },
    { "reserved name", "children", reserved_name },
    { "field id of another type", NULL, field_id_of_another_type },
    { "type name twice", "event", type_name_twice },
    { "unknown kind", "count", unknown_kind },
    { "unknown policy", "count", unknown_policy },
    { "unknown vocabulary", "colour", unknown_vocabulary },
    { "code without vocabulary", "colour", code_without_vocabulary },
    { "vocabulary of a number", "count", vocabulary_of_a_number },
    { "set without element", "means", set_without_element },
    { "set of dates", "means", set_of_dates },
    { "element of a number", "count", element_of_a_number },
    { "set for review", "means", set_for_review },
    { "number as set", "count", number_as_set },
    { "number as lattice", "count", number_as_lattice },
    { "withdrawal that is once", "withdrawn", withdrawal_that_is_once },
    { "minimum above maximum", "count", minimum_above_maximum },
    { "bounds of a text", "title", bounds_of_a_text },
    { "reference to no type", "within", reference_to_no_type },
    { "number that refers", "count", number_that_refers },
    { "date of two parts", "date", date_of_two_parts },
    { "date of other parts", "date", date_of_other_parts },
    { "list of empty tuples", "parts", list_of_empty_tuples },
    { "components of a number", "count", components_of_a_number },
    { "component twice", "parts", component_twice },
    { "component that is a set", "parts", component_that_is_a_set },
    { "component of no vocabulary", "parts", component_of_no_vocabulary },
    { "open field of a protected type", "names", open_field_of_a_protected_type },
    { "parent of another type", "event", parent_of_another_type },
    { "parent that is no reference", "event", parent_that_is_no_reference },
    { "type without withdrawn", "person", type_without_withdrawn },
    { "source id that may change", "event", source_id_that_may_change },
    { "alias of another code", "colour", alias_of_another_code },
};

static void each_breach_is_refused_and_named(void **state)
{
    static struct test_schema fixture;
    (void)state;
    for (size_t i = 0; i < sizeof breaches / sizeof breaches[0]; i++) {
        test_schema_init(&fixture);
        breaches[i].make(&fixture);
        mirsal_code rc = test_schema_build(&fixture);
        if (rc != MIRSAL_MALFORMED || fixture.schema.finished) {
            fail_msg("%s: taken", breaches[i].what);
        }
        if (breaches[i].field != NULL && strcmp(fixture.error.field, breaches[i].field) != 0) {
            fail_msg("%s: names %s", breaches[i].what, fixture.error.field);
        }
        test_schema_fini(&fixture);
    }
}

static void the_tables_unchanged_are_taken(void **state)
{
    static struct test_schema fixture;
    (void)state;
    test_schema_init(&fixture);
    assert_int_equal(test_schema_build(&fixture), MIRSAL_OK);
    assert_true(fixture.schema.finished);
    assert_int_equal(fixture.schema.field_count, TEST_FIELDS);
    test_schema_fini(&fixture);
}

static void an_alias_may_repeat_its_own_code(void **state)
{
    static struct test_schema fixture;
    (void)state;
    test_schema_init(&fixture);
    fixture.alias = "RED";
    assert_int_equal(test_schema_build(&fixture), MIRSAL_OK);
    const struct mir_schema_vocabulary *colour = mir_schema_vocabulary_by_id(&fixture.schema, 1);
    assert_int_equal(mir_schema_code_by_text(colour, "red", 3)->id, 1);
    test_schema_fini(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_breach_is_refused_and_named),
        cmocka_unit_test(the_tables_unchanged_are_taken),
        cmocka_unit_test(an_alias_may_repeat_its_own_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
