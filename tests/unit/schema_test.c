/* SPDX-License-Identifier: Apache-2.0 */
/* unit/schema_test.c - lookups in a finished schema. */
#include "schema.h"

#include "test_schema.h"

#include <string.h>

static int setup(void **state)
{
    static struct test_schema fixture;
    test_schema_init(&fixture);
    *state = &fixture;
    return test_schema_build(&fixture) == MIRSAL_OK ? 0 : -1;
}

static int teardown(void **state)
{
    test_schema_fini(*state);
    return 0;
}

static void types_are_found_by_id_and_name(void **state)
{
    const struct mir_schema *schema = &((struct test_schema *)*state)->schema;
    assert_string_equal(mir_schema_type_by_id(schema, 1)->name, "event");
    assert_string_equal(mir_schema_type_by_id(schema, 2)->name, "person");
    assert_null(mir_schema_type_by_id(schema, 0));
    assert_null(mir_schema_type_by_id(schema, 3));
    assert_int_equal(mir_schema_type_by_name(schema, "person")->id, 2);
    assert_null(mir_schema_type_by_name(schema, "persons"));
    assert_null(mir_schema_type_by_name(schema, ""));
}

static void every_field_is_found_by_its_id(void **state)
{
    struct test_schema *fixture = *state;
    for (int i = 0; i < TEST_FIELDS; i++) {
        uint32_t id = fixture->fields[i].given.id;
        const struct mir_schema_field *field = mir_schema_field_by_id(&fixture->schema, id);
        assert_non_null(field);
        assert_int_equal(field->id, id);
        assert_string_equal(field->name, fixture->fields[i].name);
        assert_int_equal(field->type->id, id / 100);
    }
    assert_null(mir_schema_field_by_id(&fixture->schema, 100));
    assert_null(mir_schema_field_by_id(&fixture->schema, 150));
    assert_null(mir_schema_field_by_id(&fixture->schema, 204));
}

static void a_components_name_stands_for_its_register(void **state)
{
    const struct mir_schema *schema = &((struct test_schema *)*state)->schema;
    const struct mir_schema_type *event = mir_schema_type_by_id(schema, 1);
    int component = 7;
    assert_int_equal(mir_schema_field_by_name(&component, event, "date")->id, 103);
    assert_int_equal(component, -1);
    assert_int_equal(mir_schema_field_by_name(&component, event, "date_end")->id, 103);
    assert_int_equal(component, 1);
    assert_int_equal(mir_schema_field_by_name(NULL, event, "date_prec")->id, 103);
    assert_int_equal(mir_schema_field_by_name(&component, event, "colour")->id, 104);
    assert_int_equal(component, -1);
    assert_null(mir_schema_field_by_name(&component, event, "names"));
    assert_int_equal(component, -1);
    assert_null(mir_schema_field_by_name(NULL, event, "date_"));
}

static const struct mir_schema_code *by_text(const struct mir_schema *schema, const char *text)
{
    return mir_schema_code_by_text(mir_schema_vocabulary_by_id(schema, 1), text, strlen(text));
}

static void codes_are_found_by_code_label_and_alias_whole(void **state)
{
    const struct mir_schema *schema = &((struct test_schema *)*state)->schema;
    const struct mir_schema_vocabulary *colour = mir_schema_vocabulary_by_name(schema, "colour");
    assert_ptr_equal(colour, mir_schema_vocabulary_by_id(schema, 1));
    assert_null(mir_schema_vocabulary_by_id(schema, 3));
    assert_null(mir_schema_vocabulary_by_name(schema, "shape"));
    assert_string_equal(mir_schema_code_by_id(colour, 9)->code, "blue");
    assert_int_equal(mir_schema_code_by_id(colour, 9)->rank, 2);
    assert_null(mir_schema_code_by_id(colour, 2));
    assert_int_equal(by_text(schema, "green")->id, 4);
    assert_int_equal(by_text(schema, "GREEN")->id, 4);
    assert_int_equal(by_text(schema, "cRIMSON")->id, 1);
    assert_int_equal(by_text(schema, "لون blue")->id, 9);
    assert_null(by_text(schema, "gree"));
    assert_null(by_text(schema, "greens"));
    assert_null(by_text(schema, ""));
    assert_null(by_text(schema, "low"));
    assert_null(mir_schema_code_by_text(colour, "red\0x", 5));
    assert_int_equal(mir_schema_code_by_text(colour, "reddish", 3)->id, 1);
}

static void shapes_are_tied_to_their_vocabularies(void **state)
{
    const struct mir_schema *schema = &((struct test_schema *)*state)->schema;
    const struct mir_schema_field *date = mir_schema_field_by_id(schema, 103);
    assert_string_equal(date->components[2].shape.vocabulary->name, "level");
    assert_string_equal(mir_schema_field_by_id(schema, 105)->shape.vocabulary->name, "level");
    assert_null(mir_schema_field_by_id(schema, 107)->shape.vocabulary);
    assert_ptr_equal(mir_schema_type_by_id(schema, 1)->parent, mir_schema_field_by_id(schema, 108));
    assert_null(mir_schema_type_by_id(schema, 2)->parent);
}

static void key_forms_follow_the_kind(void **state)
{
    const struct mir_schema *schema = &((struct test_schema *)*state)->schema;
    assert_int_equal(mir_schema_key_form(mir_schema_field_by_id(schema, 106)), MIR_KEY_TEXT);
    assert_int_equal(mir_schema_key_form(mir_schema_field_by_id(schema, 105)), MIR_KEY_SET);
    assert_int_equal(mir_schema_key_form(mir_schema_field_by_id(schema, 203)), MIR_KEY_SET);
    assert_int_equal(mir_schema_key_form(mir_schema_field_by_id(schema, 109)), MIR_KEY_NONE);
    assert_int_equal(mir_schema_key_form(mir_schema_field_by_id(schema, 101)), MIR_KEY_NONE);
}

static void sensitive_fields_stand_in_protected(void **state)
{
    const struct mir_schema *schema = &((struct test_schema *)*state)->schema;
    const struct mir_schema_field *open = mir_schema_field_by_id(schema, 101);
    const struct mir_schema_field *sealed = mir_schema_field_by_id(schema, 108);
    const struct mir_schema_field *personal = mir_schema_field_by_id(schema, 203);
    assert_int_equal(mir_schema_field_compartment(open, 0), 0);
    assert_int_equal(mir_schema_field_compartment(open, 7), 7);
    assert_int_equal(mir_schema_field_compartment(open, 1), 1);
    assert_int_equal(mir_schema_field_compartment(sealed, 0), 1);
    assert_int_equal(mir_schema_field_compartment(sealed, 7), 1);
    assert_int_equal(mir_schema_field_compartment(personal, 1), 1);
    const struct mir_schema_type *event = mir_schema_type_by_id(schema, 1);
    const struct mir_schema_type *person = mir_schema_type_by_id(schema, 2);
    assert_true(mir_schema_type_allows(event, 0));
    assert_true(mir_schema_type_allows(event, 254));
    assert_false(mir_schema_type_allows(event, 255));
    assert_false(mir_schema_type_allows(person, 0));
    assert_true(mir_schema_type_allows(person, 1));
    assert_false(mir_schema_type_allows(person, 2));
}

static void kinds_have_the_names_of_the_json(void **state)
{
    (void)state;
    assert_string_equal(mir_kind_name(MIR_KIND_INT), "int");
    assert_string_equal(mir_kind_name(MIR_KIND_WITHDRAWAL), "withdrawal");
    assert_string_equal(mir_kind_name(MIR_KIND_NONE), "none");
    assert_string_equal(mir_kind_name((enum mir_kind)17), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_found_by_id_and_name),
        cmocka_unit_test(every_field_is_found_by_its_id),
        cmocka_unit_test(a_components_name_stands_for_its_register),
        cmocka_unit_test(codes_are_found_by_code_label_and_alias_whole),
        cmocka_unit_test(shapes_are_tied_to_their_vocabularies),
        cmocka_unit_test(key_forms_follow_the_kind),
        cmocka_unit_test(sensitive_fields_stand_in_protected),
        cmocka_unit_test(kinds_have_the_names_of_the_json),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
