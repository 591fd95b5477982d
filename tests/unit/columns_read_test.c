/* SPDX-License-Identifier: Apache-2.0 */
/* unit/columns_read_test.c - columns in another form than their own are refused. */
#include "columns.h"

#include "mir_limits.h"
#include "test_body.h"

#include <string.h>

#define RECORDS 3u

static struct test_env test;
static struct test_body body;
static struct mir_columns columns;
static const struct mir_entry entry = { 0, RECORDS };

static int set_up(void **state)
{
    (void)state;
    test_env_init(&test, 7);
    test_body_init(&body, &test.env);
    for (uint32_t i = 0; i < RECORDS; i++) {
        (void)test_body_create(&body, 1, i);
    }
    memset(&columns, 0, sizeof columns);
    columns.body = &body.body;
    columns.arena = &body.arena;
    columns.writes_max = 16;
    mir_buf_init(&columns.parts, &test.env, SIZE_MAX);
    mir_buf_init(&columns.values, &test.env, SIZE_MAX);
    assert_int_equal(
        mir_created_init(&columns.created, &body.arena, body.body.creates, RECORDS), 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_buf_fini(&columns.parts);
    mir_buf_fini(&columns.values);
    test_body_fini(&body);
    test_env_fini(&test);
    return 0;
}

static mirsal_code judge(const void *data, size_t size)
{
    struct mir_reader reader;
    struct mir_buf again;
    body.body.writes_count = 0;
    mir_reader_init(&reader, data, size);
    uint32_t field = mir_column_decode(&columns, &reader, &entry);
    mirsal_code code = mir_reader_finish(&reader, "column", NULL);
    if (code != MIRSAL_OK) {
        return code;
    }
    mir_buf_init(&again, &test.env, SIZE_MAX);
    assert_int_equal(
        mir_column_encode(&again, &columns, &entry, body.body.writes, body.body.writes_count, NULL),
        MIRSAL_OK);
    assert_int_equal(again.size, size);
    assert_memory_equal(again.data, data, size);
    assert_int_equal(body.body.writes[0].field, field);
    mir_buf_fini(&again);
    return code;
}

#define JUDGE(text) judge(text, sizeof(text) - 1)

static void every_form_reads(void **state)
{
    (void)state;
    assert_int_equal(JUDGE("\x94\x05\x00\x01\x93\x0a\xc0\xff"), MIRSAL_OK);
    assert_int_equal(body.body.writes_count, 2);
    assert_int_equal(body.body.writes[1].create, 2);
    assert_int_equal(body.body.writes[1].value.size, 1);
    assert_int_equal(body.body.writes[1].value.data[0], 9);
    assert_memory_equal(body.body.writes[1].record.bytes, body.body.creates[2].record.bytes, 16);
    assert_int_equal(JUDGE("\x94\x05\x00\x00\x93\xa1x\xc0\xc4\x01\x01"), MIRSAL_OK);
    assert_int_equal(body.body.writes[1].value.size, 18);
    assert_memory_equal(&body.body.writes[1].value.data[2], body.body.creates[1].record.bytes, 16);
    assert_int_equal(
        JUDGE("\x94\x05\x00\x02\x94\x02\x93\x01\x00\x01\x92\x0a\xff\x92\xc0\x02"), MIRSAL_OK);
    assert_int_equal(body.body.writes_count, 2);
    assert_int_equal(body.body.writes[1].value.size, 3);
    assert_memory_equal(body.body.writes[1].value.data, "\x92\x09\x02", 3);
    assert_int_equal(JUDGE("\x94\x05\x00\x02\x93\x01\xc0\x93\x01\x00\x00"), MIRSAL_OK);
    assert_int_equal(JUDGE("\x94\x05\x01\x00\x93\x91\x92\xa1k\x07\xc0\xc0"), MIRSAL_OK);
    assert_int_equal(body.body.writes[0].key.size, 2);
    assert_int_equal(JUDGE("\x94\x05\x02\x00\x93\xc0\x92\x01\x02\xc0"), MIRSAL_OK);
    assert_int_equal(body.body.writes_count, 2);
    assert_int_equal(body.body.writes[0].value.data[0], 1);
}

static void other_forms_are_refused(void **state)
{
    (void)state;
    assert_int_equal(JUDGE("\x94\x05\x00\x00\x93\x0a\xc0\x09"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x00\x00\x93\x91\x0a\xc0\xc0"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x00\x01\x93\xa1x\xc0\xc0"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x00\x03\x93\x01\xc0\xc0"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x03\x00\x93\x91\x01\xc0\xc0"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x02\x01\x93\x01\x01\x01"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\xcf\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x93\x01\x01\x01"),
        MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x93\x05\x00\x01"), MIRSAL_MALFORMED);
}

static void rows_of_another_length(void **state)
{
    (void)state;
    assert_int_equal(JUDGE("\x94\x05\x00\x01\x92\x0a\x01"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x00\x01\x94\x0a\x01\x01\x01"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x00\x00\x92\xa1x\xa1x"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x00\x02\x93\x01\xc0\x92\x01\x00"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x00\x02\x94\x01\xc0\x93\x01\x00\x00\xc0"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x00\x02\x92\x00\xc0"), MIRSAL_MALFORMED);
}

static void columns_that_say_nothing(void **state)
{
    (void)state;
    assert_int_equal(JUDGE("\x94\x05\x00\x01\x93\xc0\xc0\xc0"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x00\x00\x93\xc0\xc0\xc0"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x02\x00\x93\xc0\x90\xc0"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x01\x00\x93\xc0\x90\xc0"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x00\x02\x93\x01\x93\x00\x00\x00\x90"), MIRSAL_MALFORMED);
    assert_int_equal(
        JUDGE("\x94\x05\x00\x02\x93\x01\x93\x01\x01\x01\x93\x01\x00\x00"), MIRSAL_MALFORMED);
    assert_int_equal(
        JUDGE("\x94\x05\x00\x02\x93\x01\x93\x02\x00\x00\x92\x01\x00"), MIRSAL_MALFORMED);
}

static void keys_ascend(void **state)
{
    (void)state;
    assert_int_equal(JUDGE("\x94\x05\x02\x00\x93\xc0\x92\x02\x01\xc0"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x02\x00\x93\xc0\x92\x02\x02\xc0"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x02\x00\x93\xc0\x91\xc0\xc0"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x01\x00\x93\x91\x92\xa1k\xc0\xc0\xc0"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x01\x00\x93\x91\x93\xa1k\x01\x01\xc0\xc0"), MIRSAL_MALFORMED);
    /* By their long form: which of two records made here comes first is their ids' matter. */
    int swapped =
        memcmp(body.body.creates[0].record.bytes, body.body.creates[1].record.bytes, 16) > 0;
    assert_int_equal(JUDGE("\x94\x05\x02\x00\x93\xc0\x92\xc4\x01\x00\xc4\x01\x01\xc0"),
        swapped ? MIRSAL_MALFORMED : MIRSAL_OK);
    assert_int_equal(JUDGE("\x94\x05\x02\x00\x93\xc0\x92\xc4\x01\x01\xc4\x01\x00\xc0"),
        swapped ? MIRSAL_OK : MIRSAL_MALFORMED);
}

static void sums_do_not_overflow(void **state)
{
    (void)state;
    assert_int_equal(JUDGE("\x94\x05\x00\x01\x93\xcf\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x01"),
        MIRSAL_MALFORMED);
    assert_int_equal(
        JUDGE("\x94\x05\x00\x01\x93\xcf\x7f\xff\xff\xff\xff\xff\xff\xff\x00\xff"), MIRSAL_OK);
    assert_int_equal(JUDGE("\x94\x05\x00\x02\x93\x01\xc0\x93\xd3\x80\x00\x00\x00\x00\x00\x00\x00"
                           "\x00\xff"),
        MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x94\x05\x00\x01\x93\xcf\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
        MIRSAL_MALFORMED);
}

static void leaves_are_limited(void **state)
{
    (void)state;
    columns.writes_max = 2;
    assert_int_equal(JUDGE("\x94\x05\x00\x01\x93\x0a\xc0\xff"), MIRSAL_OK);
    assert_int_equal(JUDGE("\x94\x05\x00\x01\x93\x0a\x01\xff"), MIRSAL_LIMIT);
    assert_int_equal(JUDGE("\x94\x05\x02\x00\x93\xc0\x93\x01\x02\x03\xc0"), MIRSAL_LIMIT);
    assert_int_equal(JUDGE("\x94\x05\x00\x02\x93\x01\xc0\x93\x01\x00\x00"), MIRSAL_LIMIT);
}

static void every_prefix_is_refused(void **state)
{
    (void)state;
    static const char tuples[] = "\x94\x05\x00\x02\x94\x02\x93\x01\x00\x01\x92\x0a\xff\x92\xc0\x02";
    for (size_t size = 0; size < sizeof tuples - 1; size++) {
        assert_int_equal(judge(tuples, size), MIRSAL_MALFORMED);
    }
}

static void tells_when_memory_is_out(void **state)
{
    (void)state;
    static const char tuples[] = "\x94\x05\x00\x02\x94\x02\x93\x01\x00\x01\x92\x0a\xff\x92\xc0\x02";
    for (uint64_t at = 1; at <= 2; at++) {
        mir_buf_fini(&columns.parts);
        mir_buf_fini(&columns.values);
        mir_buf_init(&columns.parts, &test.env, SIZE_MAX);
        mir_buf_init(&columns.values, &test.env, SIZE_MAX);
        test.fail_at = test.allocations + at;
        assert_int_equal(JUDGE(tuples), MIRSAL_NO_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_form_reads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_forms_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_of_another_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(columns_that_say_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_ascend, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sums_do_not_overflow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_are_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_prefix_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_when_memory_is_out, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
