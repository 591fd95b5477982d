/* SPDX-License-Identifier: Apache-2.0 */
/* unit/schema_build_test.c - what the builder refuses item by item. */
#include "schema.h"

#include "test_schema.h"

#include <string.h>

static int setup(void **state)
{
    static struct test_schema fixture;
    test_schema_init(&fixture);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    test_schema_fini(*state);
    return 0;
}

static void assert_refused(struct test_schema *fixture, mirsal_code code, const char *field)
{
    assert_int_equal(test_schema_build(fixture), code);
    assert_int_equal(fixture->error.code, code);
    assert_string_equal(fixture->error.field, field);
}

static void a_copy_is_kept_of_what_was_given(void **state)
{
    struct test_schema *fixture = *state;
    char name[] = "colours";
    fixture->fields[TEST_COLOUR].name = name;
    assert_int_equal(test_schema_build(fixture), MIRSAL_OK);
    memset(name, 'x', sizeof name - 1);
    assert_string_equal(mir_schema_field_by_id(&fixture->schema, 104)->name, "colours");
    assert_int_equal(fixture->schema.version, 1);
    assert_string_equal(fixture->schema.name, "test.small");
    assert_int_equal(fixture->schema.phrase_count, 1);
    assert_string_equal(fixture->schema.phrases[0], "near");
}

static void ids_must_ascend(void **state)
{
    struct test_schema *fixture = *state;
    fixture->fields[TEST_MEANS].given.id = 104;
    assert_refused(fixture, MIRSAL_MALFORMED, "means");
    fixture->fields[TEST_MEANS].given.id = 105;
    fixture->types[1].id = 1;
    assert_refused(fixture, MIRSAL_MALFORMED, "person");
    fixture->types[1].id = 2;
    fixture->types[0].id = 0;
    assert_refused(fixture, MIRSAL_MALFORMED, "event");
}

static void names_are_lower_case_and_short(void **state)
{
    struct test_schema *fixture = *state;
    const char *bad[] = { "", "Means", "1st", "_a", "two words", "méans",
        "a23456789012345678901234567890123456789012345678" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fixture->fields[TEST_MEANS].name = bad[i];
        assert_int_equal(test_schema_build(fixture), MIRSAL_MALFORMED);
    }
    fixture->fields[TEST_MEANS].name = "a2345678901234567890123456789012345678901234567";
    assert_int_equal(test_schema_build(fixture), MIRSAL_OK);
}

static void labels_hold_no_control_character(void **state)
{
    struct test_schema *fixture = *state;
    fixture->alias = "two\nlines";
    assert_refused(fixture, MIRSAL_MALFORMED, "red");
    fixture->alias = "";
    assert_refused(fixture, MIRSAL_MALFORMED, "red");
}

static void numbers_out_of_range_are_named(void **state)
{
    struct test_schema *fixture = *state;
    fixture->fields[TEST_COUNT].given.sensitivity = 4;
    assert_refused(fixture, MIRSAL_MALFORMED, "count");
    fixture->fields[TEST_COUNT].given.sensitivity = 0;
    fixture->types[0].compartment = 2;
    assert_refused(fixture, MIRSAL_MALFORMED, "event");
    fixture->types[0].compartment = 0;
    fixture->fields[TEST_DATE].given.component_count = 17;
    assert_refused(fixture, MIRSAL_LIMIT, "date");
}

static void more_items_than_announced_are_refused(void **state)
{
    struct test_schema *fixture = *state;
    struct mir_schema *schema = &fixture->schema;
    mirsal_error *err = &fixture->error;
    const struct mir_schema_words words = test_schema_words("more");
    const struct mir_schema_shape shape = { .kind = MIR_KIND_INT };
    fixture->fields[TEST_DATE].given.component_count = 2;
    assert_int_equal(test_schema_build(fixture), MIRSAL_MALFORMED);
    fixture->fields[TEST_DATE].given.component_count = 3;
    assert_int_equal(test_schema_build(fixture), MIRSAL_OK);
    assert_int_equal(
        mir_schema_add_type(schema, &fixture->types[0], &words, 1, err), MIRSAL_MALFORMED);
    assert_int_equal(
        mir_schema_add_field(schema, &fixture->fields[0].given, err), MIRSAL_MALFORMED);
    assert_int_equal(mir_schema_add_component(schema, &words, &shape, err), MIRSAL_MALFORMED);
    assert_int_equal(
        mir_schema_add_phrase(schema, test_schema_text("more"), err), MIRSAL_MALFORMED);
    assert_int_equal(
        mir_schema_add_vocabulary(schema, 3, test_schema_text("more"), 1, err), MIRSAL_MALFORMED);
    assert_int_equal(mir_schema_add_code(schema, 7, 0, &words, 0, err), MIRSAL_MALFORMED);
    assert_int_equal(mir_schema_add_alias(schema, test_schema_text("more"), err), MIRSAL_MALFORMED);
}

static void items_without_their_container_are_refused(void **state)
{
    struct test_schema *fixture = *state;
    struct mir_schema *schema = &fixture->schema;
    mirsal_error *err = &fixture->error;
    const struct mir_schema_words words = test_schema_words("early");
    const struct mir_schema_shape shape = { .kind = MIR_KIND_INT };
    const struct mir_schema_counts counts = { 1, 1, 0 };
    assert_int_equal(
        mir_schema_begin(schema, &fixture->arena, test_schema_text("early"), 1, counts, err),
        MIRSAL_OK);
    assert_int_equal(mir_schema_add_code(schema, 1, 0, &words, 0, err), MIRSAL_MALFORMED);
    assert_int_equal(
        mir_schema_add_alias(schema, test_schema_text("early"), err), MIRSAL_MALFORMED);
    assert_int_equal(
        mir_schema_add_field(schema, &fixture->fields[0].given, err), MIRSAL_MALFORMED);
    assert_int_equal(mir_schema_add_component(schema, &words, &shape, err), MIRSAL_MALFORMED);
    assert_int_equal(
        mir_schema_add_vocabulary(schema, 1, test_schema_text("early"), 0, err), MIRSAL_MALFORMED);
}

static void a_schema_has_a_version_and_types(void **state)
{
    struct test_schema *fixture = *state;
    const struct mir_schema_counts none = { 0, 0, 0 };
    const struct mir_schema_counts one = { 0, 1, 0 };
    const struct mir_schema_counts many = { 0, 1, 16385 };
    struct mir_bytes name = test_schema_text("early");
    struct mir_schema *schema = &fixture->schema;
    mirsal_error *err = &fixture->error;
    assert_int_equal(
        mir_schema_begin(schema, &fixture->arena, name, 1, none, err), MIRSAL_MALFORMED);
    assert_int_equal(
        mir_schema_begin(schema, &fixture->arena, name, 0, one, err), MIRSAL_MALFORMED);
    assert_int_equal(mir_schema_begin(schema, &fixture->arena, name, 1, many, err), MIRSAL_LIMIT);
}

static void memory_that_ends_anywhere_is_an_error(void **state)
{
    struct test_schema *fixture = *state;
    assert_int_equal(test_schema_build(fixture), MIRSAL_OK);
    size_t need = fixture->arena.used;
    size_t failures = 0;
    for (size_t max = 0; max < need; max += 16) {
        mir_arena_fini(&fixture->arena);
        mir_arena_init(&fixture->arena, &fixture->test.env, max);
        mirsal_code rc = test_schema_build(fixture);
        failures += rc == MIRSAL_LIMIT || rc == MIRSAL_NO_MEMORY;
        assert_true(rc == MIRSAL_OK || rc == MIRSAL_LIMIT || rc == MIRSAL_NO_MEMORY);
    }
    assert_true(failures > need / 32);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_copy_is_kept_of_what_was_given),
        TEST(ids_must_ascend),
        TEST(names_are_lower_case_and_short),
        TEST(labels_hold_no_control_character),
        TEST(numbers_out_of_range_are_named),
        TEST(more_items_than_announced_are_refused),
        TEST(items_without_their_container_are_refused),
        TEST(a_schema_has_a_version_and_types),
        TEST(memory_that_ends_anywhere_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
