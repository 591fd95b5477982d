/* SPDX-License-Identifier: Apache-2.0 */
/* unit/record_in_test.c - records from JSON: what is accepted, and the code of what is not. */
#include "record_in.h"

#include "test_entries.h"

#include <string.h>

static mirsal_code parse(struct test_entries *test,
    struct mir_entries *out,
    const char *json,
    struct mir_record_in options)
{
    struct json_t *loaded = NULL;
    memset(&test->error, 0, sizeof test->error);
    mirsal_code rc = mir_json_load(&loaded, json, strlen(json), &test->error);
    if (rc == MIRSAL_OK) {
        rc = mir_record_parse(out, &test->values, loaded, &options, &test->error);
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < out->count; i++) {
        rc = mir_entry_settle(&out->items[i], &test->values, NULL, &test->error);
    }
    mir_json_drop(loaded);
    return rc;
}

static void each_bad_record_has_its_code(void **state)
{
    struct test_entries *test = *state;
    static const struct {
        const char *json;
        mirsal_code code;
        const char *field;
    } cases[] = {
        { "{\"type\":\"incident\"", MIRSAL_BAD_VALUE, "" },
        { "[]", MIRSAL_BAD_VALUE, "" },
        { "{\"type\":\"incident\",\"title\":\"a\",\"title\":\"b\"}", MIRSAL_BAD_VALUE, "" },
        { "{\"type\":\"incident\",\"title\":\"\xc3\"}", MIRSAL_NOT_UTF8, "" },
        { "{\"type\":\"incident\",\"raid_seq\":99999999999999999999}", MIRSAL_OUT_OF_RANGE, "" },
        { "{\"title\":\"a\"}", MIRSAL_UNKNOWN_TYPE, "type" },
        { "{\"type\":\"dragon\"}", MIRSAL_UNKNOWN_TYPE, "type" },
        { "{\"type\":7}", MIRSAL_UNKNOWN_TYPE, "type" },
        { "{\"type\":\"incident\",\"colour\":\"red\"}", MIRSAL_UNKNOWN_FIELD, "colour" },
        { "{\"type\":\"incident\",\"colour\":null}", MIRSAL_UNKNOWN_FIELD, "colour" },
        { "{\"type\":\"incident\",\"lat\":95.0,\"lon\":36.5}", MIRSAL_OUT_OF_RANGE, "lat" },
        { "{\"type\":\"incident\",\"lat\":35.0,\"lon\":1e9}", MIRSAL_OUT_OF_RANGE, "lon" },
        { "{\"type\":\"incident\",\"lat\":\"35\",\"lon\":36.5}", MIRSAL_BAD_VALUE, "lat" },
        { "{\"type\":\"incident\",\"lat\":35.5}", MIRSAL_BAD_VALUE, "lon" },
        { "{\"type\":\"incident\",\"date_start\":\"2019-13-01\"}", MIRSAL_BAD_VALUE, "date_start" },
        { "{\"type\":\"incident\",\"date_start\":20191101}", MIRSAL_BAD_VALUE, "date_start" },
        { "{\"type\":\"incident\",\"means\":\"mortar\"}", MIRSAL_BAD_VALUE, "means" },
        { "{\"type\":\"incident\",\"means\":[\"x\"]}", MIRSAL_BAD_VALUE, "means" },
        { "{\"type\":\"incident\",\"title\":[[\"ar\"]]}", MIRSAL_BAD_VALUE, "title" },
        { "{\"type\":\"incident\",\"title\":5}", MIRSAL_BAD_VALUE, "title" },
        { "{\"type\":\"incident\",\"id\":\"x\"}", MIRSAL_BAD_VALUE, "id" },
        { "{\"type\":\"incident\",\"source_id\":\"\"}", MIRSAL_BAD_VALUE, "source_id" },
        { "{\"type\":\"incident\",\"children\":{}}", MIRSAL_BAD_VALUE, "children" },
        { "{\"type\":\"incident\",\"children\":[{\"type\":\"place\"}]}", MIRSAL_BAD_VALUE,
            "children" },
        { "{\"type\":\"incident\",\"children\":[{\"min\":1}]}", MIRSAL_UNKNOWN_TYPE, "type" },
        { "{\"type\":\"incident\",\"children\":[{\"type\":\"casualty\",\"min\":-1}]}",
            MIRSAL_OUT_OF_RANGE, "min" },
        { "{\"type\":\"casualty\",\"min\":6,\"max\":5}", MIRSAL_MIN_ABOVE_MAX, "min" },
        { "{\"type\":\"incident\",\"strikes_min\":6,\"strikes_max\":5}", MIRSAL_MIN_ABOVE_MAX,
            "strikes_min" },
        { "{\"type\":\"toll\",\"from\":\"2019-11-02\",\"to\":\"2019-11-01\"}", MIRSAL_MIN_ABOVE_MAX,
            "from" },
        { "{\"type\":\"casualty\",\"report\":{\"source\":\"x\"}}", MIRSAL_BAD_VALUE, "report" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mir_entries entries = { 0 };
        mirsal_code rc = parse(test, &entries, cases[i].json, (struct mir_record_in){ 0 });
        if (rc != cases[i].code || strcmp(test->error.field, cases[i].field) != 0) {
            print_error("%s: %d %s\n", cases[i].json, (int)rc, test->error.message);
        }
        assert_int_equal(rc, cases[i].code);
        assert_string_equal(test->error.field, cases[i].field);
    }
}

static void children_stand_behind_their_parents(void **state)
{
    struct test_entries *test = *state;
    struct mir_entries entries = { 0 };
    assert_int_equal(parse(test, &entries,
                         "{\"type\":\"incident\",\"source_id\":\"x:1\",\"children\":["
                         "{\"type\":\"observation\",\"children\":[{\"type\":\"note\"}]},"
                         "{\"type\":\"casualty\",\"source_id\":\"x:2\"}],\"meta\":{}}",
                         (struct mir_record_in){ 0 }),
        MIRSAL_OK);
    assert_int_equal(entries.count, 4);
    assert_string_equal(entries.items[1].type->name, "observation");
    assert_string_equal(entries.items[2].type->name, "casualty");
    assert_string_equal(entries.items[3].type->name, "note");
    assert_int_equal(entries.items[2].parent, 0);
    assert_int_equal(entries.items[3].parent, 1);
    assert_memory_equal(entries.items[2].source_id.data, "x:2", 3);
}

static void a_source_id_comes_from_its_key_or_the_id(void **state)
{
    struct test_entries *test = *state;
    struct mir_entries entries = { 0 };
    assert_int_equal(parse(test, &entries, "{\"code\":17,\"source_id\":\"unused\"}",
                         (struct mir_record_in){ "incident", "code" }),
        MIRSAL_OK);
    assert_int_equal(entries.items[0].source_id.size, 2);
    assert_memory_equal(entries.items[0].source_id.data, "17", 2);
    assert_int_equal(entries.items[0].count, 1);
    assert_int_equal(parse(test, &entries,
                         "{\"type\":\"incident\",\"id\":\"01020304-0506-8008-8009-0a0b0c0d0e0f\"}",
                         (struct mir_record_in){ 0 }),
        MIRSAL_OK);
    assert_true(entries.items[0].has_id);
    assert_memory_equal(entries.items[0].source_id.data, "id:01020304-0506-8008", 21);
}

static void fields_alone_know_no_type(void **state)
{
    struct test_entries *test = *state;
    struct json_t *loaded = NULL;
    struct mir_entry entry = { .type = mir_schema_type_by_name(&test->schema, "incident") };
    const char *json = "{\"type\":\"incident\"}";
    assert_int_equal(mir_json_load(&loaded, json, strlen(json), &test->error), MIRSAL_OK);
    assert_int_equal(
        mir_fields_parse(&entry, &test->values, loaded, &test->error), MIRSAL_UNKNOWN_FIELD);
    mir_json_drop(loaded);
}

#define WITH_ENTRIES(name)                                                                         \
    cmocka_unit_test_setup_teardown(name, test_entries_setup, test_entries_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ENTRIES(each_bad_record_has_its_code),
        WITH_ENTRIES(children_stand_behind_their_parents),
        WITH_ENTRIES(a_source_id_comes_from_its_key_or_the_id),
        WITH_ENTRIES(fields_alone_know_no_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
