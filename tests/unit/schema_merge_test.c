/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/schema_merge_test.c - an extension file: what is new stands by its id, numbers come by
 * themselves and are those of the names.
 */
#include "schema_merge.h"

#include "mir_limits.h"
#include "schema_decode.h"
#include "test_env.h"
#include "test_vectors.h"

#include <string.h>

static struct test_env test;
static struct mir_arena arena;
static struct mir_schema base;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    test_env_init(&test, 1);
    mir_arena_init(&arena, &test.env, MIR_SCHEMA_MEMORY_MAX);
    return mir_schema_decode(&base, &arena, mir_schema_default_bytes(), &err) != MIRSAL_OK;
}

static int tear_down(void **state)
{
    (void)state;
    mir_arena_fini(&arena);
    test_env_fini(&test);
    return 0;
}

static json_t *merged(const char *json)
{
    json_t *whole = NULL;
    struct mir_bytes given = { (const uint8_t *)json, strlen(json) };
    if (mir_schema_read_json(&whole, &base, given, &test.env, &err) != MIRSAL_OK) {
        fail_msg("%s", err.message);
    }
    return whole;
}

static json_t *named(json_t *object, const char *list, const char *key, const char *name)
{
    json_t *found = NULL;
    json_int_t before = 0;
    size_t at;
    json_t *item;
    json_array_foreach(json_object_get(object, list), at, item)
    {
        json_int_t id = json_integer_value(json_object_get(item, "id"));
        assert_true(id > before);
        before = id;
        if (strcmp(json_string_value(json_object_get(item, key)), name) == 0) {
            assert_null(found);
            found = item;
        }
    }
    return found;
}

static void a_whole_schema_stays_as_it_is(void **state)
{
    (void)state;
    json_t *whole = merged("{\"schema\":\"mine\",\"version\":7}");
    assert_int_equal(test_number(whole, "version"), 7);
    assert_null(json_object_get(whole, "types"));
    json_decref(whole);
}

static void what_is_new_is_numbered_by_its_names(void **state)
{
    (void)state;
    static const char extension[] =
        "{\"extends\":1,\"vocabularies\":[{\"name\":\"depth\",\"codes\":[{\"code\":\"deep\"}]},"
        "{\"name\":\"event_type\",\"codes\":[{\"code\":\"barrel\"}]}],"
        "\"types\":[{\"name\":\"cave\"},{\"name\":\"incident\",\"fields\":[{\"name\":\"cave\"},"
        "{\"name\":\"title\",\"en\":\"Headline\"}]}],\"phrases\":[\"near the cave\"]}";
    json_t *first = merged(extension);
    json_t *again = merged(extension);
    assert_true(json_equal(first, again));
    assert_int_equal(test_number(first, "version"), 2);
    json_t *type = named(first, "types", "name", "cave");
    assert_true(test_number(type, "id") >= 1024 && test_number(type, "id") <= 4095);
    assert_non_null(named(type, "fields", "name", "source_id"));
    assert_non_null(named(type, "fields", "name", "withdrawn"));
    json_t *incident = named(first, "types", "name", "incident");
    assert_true(test_number(named(incident, "fields", "name", "cave"), "id") >= 65536);
    json_t *title = named(incident, "fields", "name", "title");
    assert_string_equal(test_text(title, "en"), "Headline");
    assert_int_equal(test_number(title, "id"), 121);
    assert_non_null(named(named(first, "vocabularies", "name", "depth"), "codes", "code", "deep"));
    assert_non_null(
        named(named(first, "vocabularies", "name", "event_type"), "codes", "code", "barrel"));
    const json_t *phrases = test_array(first, "phrases");
    assert_string_equal(
        json_string_value(json_array_get(phrases, json_array_size(phrases) - 1)), "near the cave");
    json_decref(again);
    json_decref(first);
}

static void a_protected_type_gets_protected_fields(void **state)
{
    (void)state;
    json_t *whole = merged("{\"extends\":1,\"types\":[{\"name\":\"cave\",\"compartment\":1}]}");
    json_t *type = named(whole, "types", "name", "cave");
    assert_int_equal(test_number(named(type, "fields", "name", "withdrawn"), "sensitivity"), 2);
    json_decref(whole);
}

static void a_name_keeps_its_id(void **state)
{
    (void)state;
    static const char json[] = "{\"extends\":1,\"types\":[{\"name\":\"incident\",\"id\":9}]}";
    json_t *whole = NULL;
    struct mir_bytes given = { (const uint8_t *)json, sizeof json - 1 };
    assert_int_equal(mir_schema_read_json(&whole, &base, given, &test.env, &err), MIRSAL_BAD_VALUE);
    assert_string_equal(err.field, "incident");
    assert_null(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_whole_schema_stays_as_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_new_is_numbered_by_its_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_protected_type_gets_protected_fields, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_keeps_its_id, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
