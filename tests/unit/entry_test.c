/* SPDX-License-Identifier: Apache-2.0 */
/* unit/entry_test.c - an entry beside the record that stands: what is once, what a parent adds. */
#include "entry.h"

#include "pack.h"
#include "record_in.h"
#include "test_entries.h"

#include <string.h>

static struct mir_entry load(struct test_entries *test, const char *json)
{
    struct json_t *loaded = NULL;
    struct mir_entries entries = { 0 };
    struct mir_record_in options = { 0 };
    assert_int_equal(mir_json_load(&loaded, json, strlen(json), &test->error), MIRSAL_OK);
    assert_int_equal(
        mir_record_parse(&entries, &test->values, loaded, &options, &test->error), MIRSAL_OK);
    mir_json_drop(loaded);
    return entries.items[0];
}

static const struct mir_schema_field *named(const struct mir_entry *entry, const char *name)
{
    int component = -1;
    return mir_schema_field_by_name(&component, entry->type, name);
}

static void what_stands_so_is_dropped(void **state)
{
    struct test_entries *test = *state;
    test_entries_keep(test, "{\"type\":\"casualty\",\"min\":5,\"max\":5,\"outcome\":\"killed\"}");
    struct mir_entry entry = load(test, "{\"type\":\"casualty\",\"min\":5,\"max\":6}");
    assert_int_equal(
        mir_entry_settle(&entry, &test->values, &test->current, &test->error), MIRSAL_OK);
    mir_entry_drop_equal(&entry, &test->current, 1);
    assert_int_equal(entry.count, 1);
    assert_string_equal(entry.writes[0].field->name, "max");
    assert_true(mir_entry_once(&entry));
}

static void a_register_in_the_queue_is_written_again_by_a_person(void **state)
{
    struct test_entries *test = *state;
    test_entries_keep(test, "{\"type\":\"incident\",\"rel_text\":\"near\"}");
    test->current.registers[0].conflict = 1;
    struct mir_entry entry = load(test, "{\"type\":\"incident\",\"rel_text\":\"near\"}");
    mir_entry_drop_equal(&entry, &test->current, 0);
    assert_int_equal(entry.count, 1);
    mir_entry_drop_equal(&entry, &test->current, 1);
    assert_int_equal(entry.count, 0);
    assert_false(mir_entry_once(&entry));
}

static void a_superseding_record_copies_the_rest(void **state)
{
    struct test_entries *test = *state;
    test_entries_keep(test, "{\"type\":\"casualty\",\"source_id\":\"x:1\",\"min\":5,\"max\":5,"
                            "\"supersedes\":[{\"source_id\":\"x:0\"}],\"withdrawn\":\"wrong\"}");
    struct mir_entry entry = load(test, "{\"type\":\"casualty\",\"max\":6}");
    assert_int_equal(
        mir_entry_supersede(&entry, &test->values, &test->current, &test->error), MIRSAL_OK);
    assert_int_equal(entry.count, 5);
    struct mir_bytes none = { NULL, 0 };
    assert_int_equal(
        mir_packed_of(mir_entry_find(&entry, named(&entry, "max"), none)->value).number, 6);
    assert_int_equal(
        mir_packed_of(mir_entry_find(&entry, named(&entry, "min"), none)->value).number, 5);
    assert_null(mir_entry_find(&entry, named(&entry, "withdrawn"), none));
    uint8_t key[18] = { 0xc4, 16 };
    memcpy(key + 2, test->current.id.bytes, 16);
    assert_non_null(
        mir_entry_find(&entry, named(&entry, "supersedes"), (struct mir_bytes){ key, sizeof key }));
}

static void a_parent_joins_the_scope_once(void **state)
{
    struct test_entries *test = *state;
    mirsal_id parent = { { 9, 9, 9 } };
    struct mir_bytes source = { (const uint8_t *)"x:1", 3 };
    struct mir_entry entry = load(test, "{\"type\":\"casualty\",\"scope\":[{\"source_id\":\"x:1\"},"
                                        "{\"source_id\":\"x:2\"}]}");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            mir_entry_parent(&entry, &test->values, &parent, source, &test->error), MIRSAL_OK);
    }
    struct mir_bytes value =
        mir_entry_find(&entry, named(&entry, "scope"), (struct mir_bytes){ NULL, 0 })->value;
    struct mir_reader reader;
    mir_reader_init(&reader, value.data, value.size);
    assert_int_equal(mir_packed_next(&reader).count, 2);
    assert_int_equal(mir_packed_next(&reader).kind, MIR_PACKED_TEXT);
    assert_int_equal(mir_packed_next(&reader).kind, MIR_PACKED_BIN);
    struct mir_entry place = load(test, "{\"type\":\"place\"}");
    assert_int_equal(
        mir_entry_parent(&place, &test->values, &parent, source, &test->error), MIRSAL_BAD_VALUE);
}

#define WITH_ENTRIES(name)                                                                         \
    cmocka_unit_test_setup_teardown(name, test_entries_setup, test_entries_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ENTRIES(what_stands_so_is_dropped),
        WITH_ENTRIES(a_register_in_the_queue_is_written_again_by_a_person),
        WITH_ENTRIES(a_superseding_record_copies_the_rest),
        WITH_ENTRIES(a_parent_joins_the_scope_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
