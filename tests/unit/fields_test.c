/* SPDX-License-Identifier: Apache-2.0 */
/* unit/fields_test.c - each kind of field from JSON; lists in their canonical order. */
#include "fields.h"

#include "pack.h"
#include "test_entries.h"

#include <jansson.h>
#include <string.h>

static mirsal_code put(struct test_entries *test,
    struct mir_entry *entry,
    const char *name,
    const char *json)
{
    json_t *loaded = json_loads(json, JSON_DECODE_ANY, NULL);
    assert_non_null(loaded);
    memset(&test->error, 0, sizeof test->error);
    mirsal_code rc = mir_field_json(entry, &test->values, name, loaded, &test->error);
    json_decref(loaded);
    return rc;
}

static struct mir_entry entry_of(struct test_entries *test, const char *type)
{
    return (struct mir_entry){ .type = mir_schema_type_by_name(&test->schema, type) };
}

static void lists_ascend_by_their_bytes(void **state)
{
    struct test_entries *test = *state;
    struct mir_entry entry = entry_of(test, "casualty");
    assert_int_equal(put(test, &entry, "scope",
                         "[{\"source_id\":\"bb\"},{\"source_id\":\"a\"},{\"source_id\":\"bb\"},"
                         "\"01020304-0506-8008-8009-0a0b0c0d0e0f\"]"),
        MIRSAL_OK);
    struct mir_reader reader;
    mir_reader_init(&reader, entry.writes[0].value.data, entry.writes[0].value.size);
    assert_int_equal(mir_packed_next(&reader).count, 3);
    assert_memory_equal(mir_packed_next(&reader).bytes.data, "a", 1);
    assert_memory_equal(mir_packed_next(&reader).bytes.data, "bb", 2);
    assert_int_equal(mir_packed_next(&reader).bytes.size, 16);
}

static void a_tuple_is_an_array_or_an_object(void **state)
{
    struct test_entries *test = *state;
    struct mir_entry array = entry_of(test, "casualty");
    struct mir_entry object = entry_of(test, "casualty");
    assert_int_equal(put(test, &array, "includes", "[[\"female\"]]"), MIRSAL_OK);
    assert_int_equal(
        put(test, &object, "includes", "[{\"sex\":\"female\",\"age\":null}]"), MIRSAL_OK);
    assert_true(mir_bytes_equal(array.writes[0].value, object.writes[0].value));
    static const char *const bad[] = { "[[]]", "[[null,null]]", "[{\"sex\":\"female\",\"x\":1}]",
        "[[\"female\",\"adult\",1]]", "[\"female\"]", "{}", "[[\"dragon\"]]" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(put(test, &array, "includes", bad[i]), MIRSAL_BAD_VALUE);
    }
}

static void names_carry_a_language_and_a_kind(void **state)
{
    struct test_entries *test = *state;
    struct mir_entry entry = entry_of(test, "victim");
    assert_int_equal(put(test, &entry, "names",
                         "[[\"ar\",\"اسم\",\"father\"],[\"en\",\"Name\"],\"bare\",[\"en\",\"\"]]"),
        MIRSAL_OK);
    assert_int_equal(entry.count, 3);
    assert_memory_equal(entry.writes[2].key.data,
        "\x92\xa3und\xa4"
        "bare",
        10);
    assert_non_null(entry.replaced);
    assert_int_equal(put(test, &entry, "names", "[[\"en\",\"x\",\"dragon\"]]"), MIRSAL_BAD_VALUE);
    assert_int_equal(put(test, &entry, "names", "[[\"en\"]]"), MIRSAL_BAD_VALUE);
    assert_int_equal(put(test, &entry, "names", "[[\"e n\",\"x\"]]"), MIRSAL_BAD_VALUE);
}

static void null_and_nothing_are_no_write(void **state)
{
    struct test_entries *test = *state;
    struct mir_entry entry = entry_of(test, "casualty");
    assert_int_equal(put(test, &entry, "min", "null"), MIRSAL_OK);
    assert_int_equal(put(test, &entry, "verbatim", "\"\""), MIRSAL_OK);
    assert_int_equal(put(test, &entry, "scope", "[]"), MIRSAL_OK);
    assert_int_equal(entry.count, 0);
    assert_int_equal(put(test, &entry, "withdrawn", "\"\""), MIRSAL_BAD_VALUE);
    assert_int_equal(put(test, &entry, "withdrawn", "\"twice\""), MIRSAL_OK);
    assert_memory_equal(entry.writes[0].value.data, "\x92\xa5twice\x90", 8);
    assert_int_equal(put(test, &entry, "killed", "1"), MIRSAL_UNKNOWN_FIELD);
    assert_string_equal(test->error.field, "killed");
}

#define WITH_ENTRIES(name)                                                                         \
    cmocka_unit_test_setup_teardown(name, test_entries_setup, test_entries_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ENTRIES(lists_ascend_by_their_bytes),
        WITH_ENTRIES(a_tuple_is_an_array_or_an_object),
        WITH_ENTRIES(names_carry_a_language_and_a_kind),
        WITH_ENTRIES(null_and_nothing_are_no_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
