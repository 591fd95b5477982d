/* SPDX-License-Identifier: Apache-2.0 */
/* unit/schema_extends_test.c - each change of a meaning is named; what is added is not. */
#include "schema_extends.h"

#include "test_schema.h"

#include <string.h>

/* One change of the newer schema, and the item that the error names; root: root may do it. */
struct change {
    const char *what;
    const char *field;
    int root;
    void (*make)(struct test_schema *newer);
};

#define GIVEN(at) newer->fields[at].given

static void another_name(struct test_schema *newer)
{
    newer->fields[TEST_TITLE].name = "headline";
}

static void another_id(struct test_schema *newer)
{
    GIVEN(TEST_PARTS).id += 50;
}

static void another_kind(struct test_schema *newer)
{
    GIVEN(TEST_TITLE).shape.kind = MIR_KIND_TEXT;
}

static void another_sensitivity(struct test_schema *newer)
{
    GIVEN(TEST_TITLE).sensitivity = 3;
}

static void stricter_policy(struct test_schema *newer)
{
    GIVEN(TEST_TITLE).policy = MIR_POLICY_ONCE;
}

static void looser_policy(struct test_schema *newer)
{
    GIVEN(TEST_TITLE).policy = MIR_POLICY_LATEST;
}

static void narrower_range(struct test_schema *newer)
{
    GIVEN(TEST_COUNT).shape.has_min = 1;
    GIVEN(TEST_COUNT).shape.min = 5;
}

static void wider_range(struct test_schema *newer)
{
    GIVEN(TEST_COUNT).shape.has_min = 0;
}

static void another_component(struct test_schema *newer)
{
    newer->components[0].name = "date_first";
}

static void another_type(struct test_schema *newer)
{
    newer->types[1].name = "witness";
}

static const struct change changes[] = {
    { "another name", "title", 0, another_name },
    { "another id", "parts", 0, another_id },
    { "another kind", "title", 0, another_kind },
    { "another sensitivity", "title", 0, another_sensitivity },
    { "a stricter policy", "title", 0, stricter_policy },
    { "a looser policy", "title", 1, looser_policy },
    { "a narrower range", "count", 0, narrower_range },
    { "a wider range", "count", 1, wider_range },
    { "another component", "date", 0, another_component },
    { "another type", "person", 0, another_type },
};

static void each_change_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct test_schema older;
        struct test_schema newer;
        mirsal_error err = { 0 };
        test_schema_init(&older);
        test_schema_init(&newer);
        older.fields[TEST_COUNT].given.shape.has_min = 1;
        older.fields[TEST_COUNT].given.shape.min = 0;
        newer.fields[TEST_COUNT].given.shape.has_min = 1;
        newer.fields[TEST_COUNT].given.shape.min = 0;
        changes[i].make(&newer);
        assert_int_equal(test_schema_build(&older), MIRSAL_OK);
        if (test_schema_build(&newer) != MIRSAL_OK) {
            fail_msg("%s: %s", changes[i].what, newer.error.message);
        }
        assert_int_equal(
            mir_schema_extends(&newer.schema, &older.schema, 0, &err), MIRSAL_BAD_VALUE);
        if (strcmp(err.field, changes[i].field) != 0) {
            fail_msg("%s: %s", changes[i].what, err.field);
        }
        assert_int_equal(mir_schema_extends(&newer.schema, &older.schema, 1, &err),
            changes[i].root ? MIRSAL_OK : MIRSAL_BAD_VALUE);
        test_schema_fini(&newer);
        test_schema_fini(&older);
    }
}

static void what_is_taken_out_is_missed_and_what_is_added_is_not(void **state)
{
    (void)state;
    struct test_schema more;
    struct test_schema less;
    mirsal_error err = { 0 };
    test_schema_init(&more);
    test_schema_init(&less);
    less.fields[TEST_PERSON_NAMES].name = NULL;
    assert_int_equal(test_schema_build(&more), MIRSAL_OK);
    if (test_schema_build(&less) != MIRSAL_OK) {
        fail_msg("%s", less.error.message);
    }
    assert_int_equal(mir_schema_extends(&more.schema, &less.schema, 0, &err), MIRSAL_OK);
    assert_int_equal(mir_schema_extends(&less.schema, &more.schema, 1, &err), MIRSAL_BAD_VALUE);
    assert_string_equal(err.field, "names");
    test_schema_fini(&less);
    test_schema_fini(&more);
}

static void one_meaning_whatever_the_label(void **state)
{
    (void)state;
    struct test_schema a;
    struct test_schema b;
    test_schema_init(&a);
    test_schema_init(&b);
    b.alias = "scarlet";
    b.fields[TEST_COUNT].given.shape.element = MIR_KIND_NONE;
    b.fields[TEST_TITLE].given.sensitivity = 3;
    assert_int_equal(test_schema_build(&a), MIRSAL_OK);
    assert_int_equal(test_schema_build(&b), MIRSAL_OK);
    for (uint32_t i = 0; i < a.schema.field_count; i++) {
        int same = mir_schema_same_meaning(a.schema.fields[i], b.schema.fields[i]);
        assert_int_equal(same, strcmp(a.schema.fields[i]->name, "title") != 0);
    }
    test_schema_fini(&b);
    test_schema_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_is_named),
        cmocka_unit_test(what_is_taken_out_is_missed_and_what_is_added_is_not),
        cmocka_unit_test(one_meaning_whatever_the_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
