/* SPDX-License-Identifier: Apache-2.0 */
/* unit/canonical_test.c - references written as source ids, as the records they mean by now. */
#include "canonical.h"

#include "test_entries.h"

#include <string.h>

static const mirsal_id held = { { 9, 9 } };

static mirsal_code find_source(void *context,
    mirsal_id *out,
    int *found,
    uint32_t type,
    struct mir_bytes source_id,
    mirsal_error *err)
{
    (void)context;
    (void)type;
    (void)err;
    *out = held;
    *found = source_id.size == 2 && memcmp(source_id.data, "s1", 2) == 0;
    return MIRSAL_OK;
}

static void what_is_held_by_now_is_an_id(void **state)
{
    struct test_entries *test = *state;
    struct mir_lookup lookup = { NULL, NULL, find_source, NULL };
    struct mir_record canonical = { 0 };
    test_entries_keep(test,
        "{\"type\":\"incident\",\"place\":{\"source_id\":\"s1\"},\"title\":\"s1\","
        "\"supersedes\":[{\"source_id\":\"s1\"},{\"source_id\":\"s2\"}],"
        "\"parties\":[[{\"source_id\":\"s1\"},\"attacker\"]]}");
    test->values.lookup = &lookup;
    assert_int_equal(
        mir_canonical_record(&canonical, &test->values, &test->current, &test->error), MIRSAL_OK);
    assert_int_equal(canonical.register_count, 5);
    size_t ids = 0;
    for (size_t i = 0; i < canonical.register_count; i++) {
        const struct mir_shown *now = &canonical.registers[i];
        const struct mir_shown *then = &test->current.registers[i];
        assert_int_equal(now->field, then->field);
        ids += !mir_bytes_equal(now->value, then->value) || !mir_bytes_equal(now->key, then->key);
    }
    assert_int_equal(ids, 3);
    struct mir_entry_write write = { .field = mir_schema_field_by_id(&test->schema, 103),
        .key = canonical.registers[0].key,
        .value = { (const uint8_t *)"\0", 1 } };
    struct mir_entry entry = { .writes = &write, .count = 1 };
    assert_int_equal(write.key.size, 18);
    mir_canonical_restore(&entry, &canonical, &test->current);
    assert_memory_equal(write.key.data, "\xa2s1", 3);
}

static void a_list_is_sorted_anew(void **state)
{
    struct test_entries *test = *state;
    struct mir_lookup lookup = { NULL, NULL, find_source, NULL };
    struct mir_record canonical = { 0 };
    test_entries_keep(
        test, "{\"type\":\"casualty\",\"scope\":[{\"source_id\":\"s1\"},{\"source_id\":\"s2\"}]}");
    test->values.lookup = &lookup;
    assert_int_equal(
        mir_canonical_record(&canonical, &test->values, &test->current, &test->error), MIRSAL_OK);
    struct mir_bytes value = canonical.registers[0].value;
    assert_memory_equal(value.data, "\x92\xa2s2\xc4\x10\x09\x09", 8);
}

#define WITH_ENTRIES(name)                                                                         \
    cmocka_unit_test_setup_teardown(name, test_entries_setup, test_entries_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ENTRIES(what_is_held_by_now_is_an_id),
        WITH_ENTRIES(a_list_is_sorted_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
