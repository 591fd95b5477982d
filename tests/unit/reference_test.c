/* SPDX-License-Identifier: Apache-2.0 */
/* unit/reference_test.c - references by id, prefix and source id, held or not. */
#include "scalar.h"

#include "fail.h"
#include "test_entries.h"

#include <string.h>

static const mirsal_id held = { { 1, 2, 3, 4, 5, 6, 0x80, 8, 0x80, 9, 10, 11, 12, 13, 14, 15 } };

static mirsal_code find_prefix(void *context,
    mirsal_id *out,
    uint32_t type,
    struct mir_bytes text,
    mirsal_error *err)
{
    (void)context;
    (void)type;
    if (text.size != 6 || memcmp(text.data, "010203", 6) != 0) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "no such record");
    }
    *out = held;
    return MIRSAL_OK;
}

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
    *found = source_id.size == 6 && memcmp(source_id.data, "seed:1", 6) == 0;
    *out = held;
    return MIRSAL_OK;
}

/* The record held is an incident. */
static mirsal_code find_type(void *context, uint32_t *type, const mirsal_id *id, mirsal_error *err)
{
    (void)context;
    (void)err;
    *type = memcmp(id, &held, sizeof held) == 0 ? 1 : 0;
    return MIRSAL_OK;
}

static mirsal_code refer(struct test_entries *test, uint32_t refers, const char *text)
{
    struct mir_bytes bytes = { (const uint8_t *)text, strlen(text) };
    mir_buf_reset(&test->scratch);
    memset(&test->error, 0, sizeof test->error);
    return mir_reference_text(&test->scratch, &test->values, refers, "f", bytes, &test->error);
}

static void what_is_held_is_named_by_its_id(void **state)
{
    struct test_entries *test = *state;
    struct mir_lookup lookup = { NULL, find_prefix, find_source, find_type };
    static const char *const spellings[] = { "01020304-0506-8008-8009-0a0b0c0d0e0f", "010203",
        "@seed:1" };
    test->values.lookup = &lookup;
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        assert_int_equal(refer(test, 1, spellings[i]), MIRSAL_OK);
        assert_int_equal(test->scratch.size, 18);
        assert_memory_equal(test->scratch.data + 2, held.bytes, 16);
    }
    assert_int_equal(refer(test, 1, "@seed:2"), MIRSAL_OK);
    assert_memory_equal(test->scratch.data, "\xa6seed:2", 7);
    assert_int_equal(refer(test, 13, "010203"), MIRSAL_BAD_VALUE);
    assert_int_equal(refer(test, 0, "010203"), MIRSAL_OK);
    assert_int_equal(refer(test, 0, "ffffff"), MIRSAL_NOT_FOUND);
    assert_string_equal(test->error.field, "f");
    assert_int_equal(refer(test, 0, "0102"), MIRSAL_BAD_VALUE);
    assert_int_equal(refer(test, 0, "White Helmets"), MIRSAL_BAD_VALUE);
    assert_int_equal(refer(test, 13, "f1020304-0506-8008-8009-0a0b0c0d0e0f"), MIRSAL_OK);
}

static void without_a_store_nothing_is_held(void **state)
{
    struct test_entries *test = *state;
    assert_int_equal(refer(test, 1, "@seed:1"), MIRSAL_OK);
    assert_int_equal(test->scratch.data[0], 0xa6);
    assert_int_equal(refer(test, 1, "010203"), MIRSAL_BAD_VALUE);
    assert_int_equal(refer(test, 1, "@\xff"), MIRSAL_NOT_UTF8);
    struct mir_bytes none = { NULL, 0 };
    assert_int_equal(
        mir_reference_source(&test->scratch, &test->values, 0, "f", none, &test->error),
        MIRSAL_BAD_VALUE);
}

#define WITH_ENTRIES(name)                                                                         \
    cmocka_unit_test_setup_teardown(name, test_entries_setup, test_entries_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ENTRIES(what_is_held_is_named_by_its_id),
        WITH_ENTRIES(without_a_store_nothing_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
