/* SPDX-License-Identifier: Apache-2.0 */
/* unit/values_test.c - references short and long, and what a value may hold. */
#include "values.h"

#include "mir_limits.h"
#include "msgpack.h"
#include "test_body.h"

#include <string.h>

static struct test_env test;
static struct test_body body;
static struct mir_created created;
static struct mir_buf out;

static int set_up(void **state)
{
    (void)state;
    test_env_init(&test, 7);
    test_body_init(&body, &test.env);
    for (uint32_t i = 0; i < 300; i++) {
        (void)test_body_create(&body, 1, i);
    }
    mir_buf_init(&out, &test.env, SIZE_MAX);
    assert_int_equal(
        mir_created_init(&created, &body.arena, body.body.creates, body.body.creates_count), 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_buf_fini(&out);
    test_body_fini(&body);
    test_env_fini(&test);
    return 0;
}

/* What a value is on the wire; back again it is the same. */
static mirsal_code shorten(struct mir_bytes value)
{
    mir_buf_reset(&out);
    mirsal_code code = mir_value_shorten(&out, value, &created);
    if (code == MIRSAL_OK) {
        struct mir_reader reader;
        mir_reader_init(&reader, out.data, out.size);
        struct mir_bytes back = mir_value_read(&reader, &created, &body.arena);
        assert_int_equal(mir_reader_finish(&reader, "value", NULL), MIRSAL_OK);
        assert_true(mir_bytes_equal(back, value));
    }
    return code;
}

static mirsal_code lengthen(const void *data, size_t size)
{
    struct mir_reader reader;
    mir_reader_init(&reader, data, size);
    struct mir_bytes value = mir_value_read(&reader, &created, &body.arena);
    mirsal_code code = mir_reader_finish(&reader, "value", NULL);
    assert_int_equal(value.size > 0, mir_reader_ok(&reader));
    return code;
}

#define SHORTEN(text)  shorten((struct mir_bytes){ (const uint8_t *)(text), sizeof(text) - 1 })
#define LENGTHEN(text) lengthen(text, sizeof(text) - 1)

static void finds_created_records(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < body.body.creates_count; i++) {
        assert_int_equal(mir_created_find(&created, body.body.creates[i].record.bytes), i);
    }
    uint8_t other[16];
    memcpy(other, body.body.creates[0].record.bytes, 16);
    other[15] ^= 1;
    assert_int_equal(mir_created_find(&created, other), MIR_NO_CREATE);
    created.count = 0;
    assert_int_equal(mir_created_find(&created, body.body.creates[0].record.bytes), MIR_NO_CREATE);
}

static void references_are_short_on_the_wire(void **state)
{
    (void)state;
    static const struct {
        uint32_t place;
        const char *bytes;
        size_t size;
    } cases[] = {
        { 0, "\xc4\x01\x00", 3 },
        { 255, "\xc4\x01\xff", 3 },
        { 256, "\xc4\x02\x01\x00", 4 },
        { 299, "\xc4\x02\x01\x2b", 4 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t value[18] = { 0xc4, 16 };
        memcpy(&value[2], body.body.creates[cases[i].place].record.bytes, 16);
        assert_int_equal(shorten((struct mir_bytes){ value, sizeof value }), MIRSAL_OK);
        assert_int_equal(out.size, cases[i].size);
        assert_memory_equal(out.data, cases[i].bytes, out.size);
        assert_int_equal(lengthen(value, sizeof value), MIRSAL_MALFORMED);
    }
}

static void references_inside_arrays(void **state)
{
    (void)state;
    struct mir_buf value;
    mir_buf_init(&value, &test.env, SIZE_MAX);
    mir_mp_write_array(&value, 5);
    mir_mp_write_bin(&value, body.body.creates[7].record.bytes, 16);
    mir_mp_write_str(&value, "حلب", 6);
    mir_mp_write_array(&value, 2);
    mir_mp_write_bin(&value, "0123456789abcdef", 16);
    mir_mp_write_bin(&value, body.body.creates[8].record.bytes, 16);
    mir_mp_write_nil(&value);
    mir_mp_write_int(&value, -7);
    assert_int_equal(shorten(mir_buf_bytes(&value)), MIRSAL_OK);
    assert_int_equal(out.size, value.size - 2 * 15);
    mir_buf_fini(&value);
}

static void what_a_value_may_hold(void **state)
{
    (void)state;
    assert_int_equal(SHORTEN("\x00"), MIRSAL_OK);
    assert_int_equal(SHORTEN("\x90"), MIRSAL_OK);
    assert_int_equal(SHORTEN("\x91\xc0"), MIRSAL_OK);
    assert_int_equal(SHORTEN("\xc4\x20"
                             "0123456789abcdef0123456789abcdef"),
        MIRSAL_OK);
    assert_int_equal(SHORTEN("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"), MIRSAL_OK);
    assert_int_equal(SHORTEN("\xcf\x80\x00\x00\x00\x00\x00\x00\x00"), MIRSAL_MALFORMED);
    assert_int_equal(SHORTEN(""), MIRSAL_MALFORMED);
    assert_int_equal(SHORTEN("\xc0"), MIRSAL_MALFORMED);
    assert_int_equal(SHORTEN("\x01\x01"), MIRSAL_MALFORMED);
    assert_int_equal(SHORTEN("\xc4\x01\x00"), MIRSAL_MALFORMED); /* short ones are for the wire */
    assert_int_equal(SHORTEN("\xc4\x00"), MIRSAL_MALFORMED);
    assert_int_equal(SHORTEN("\xc4\x11"
                             "0123456789abcdefg"),
        MIRSAL_MALFORMED);
}

static void what_the_wire_may_hold(void **state)
{
    (void)state;
    assert_int_equal(LENGTHEN("\xc4\x01\x00"), MIRSAL_OK);
    assert_int_equal(LENGTHEN("\x91\xc4\x02\x01\x2b"), MIRSAL_OK);
    assert_int_equal(LENGTHEN("\xc4\x02\x01\x2c"), MIRSAL_MALFORMED); /* the 301st record */
    assert_int_equal(LENGTHEN("\xc4\x02\x00\x01"), MIRSAL_MALFORMED); /* not the shortest */
    assert_int_equal(LENGTHEN("\xc4\x04\x00\x00\x00\x01"), MIRSAL_MALFORMED);
    assert_int_equal(LENGTHEN("\xc4\x04\x01\x00\x00\x00"), MIRSAL_MALFORMED);
    assert_int_equal(LENGTHEN("\xc4\x05\x01\x00\x00\x00\x00"), MIRSAL_MALFORMED);
    assert_int_equal(LENGTHEN("\xc4\x00"), MIRSAL_MALFORMED);
    assert_int_equal(LENGTHEN("\xc0"), MIRSAL_MALFORMED);
    assert_int_equal(LENGTHEN("\xcf\x80\x00\x00\x00\x00\x00\x00\x00"), MIRSAL_MALFORMED);
    assert_int_equal(LENGTHEN("\xc4\x10"
                              "0123456789abcdef"),
        MIRSAL_OK);
}

static void sizes_are_limited(void **state)
{
    (void)state;
    struct mir_buf value;
    uint8_t *text = mir_arena_alloc(&body.arena, MIR_TEXT_SIZE_MAX + 1, 1);
    memset(text, 'a', MIR_TEXT_SIZE_MAX + 1);
    mir_buf_init(&value, &test.env, SIZE_MAX);
    mir_mp_write_str(&value, text, MIR_TEXT_SIZE_MAX);
    assert_int_equal(shorten(mir_buf_bytes(&value)), MIRSAL_OK);
    mir_buf_reset(&value);
    mir_mp_write_str(&value, text, MIR_TEXT_SIZE_MAX + 1);
    assert_int_equal(shorten(mir_buf_bytes(&value)), MIRSAL_LIMIT);
    assert_int_equal(lengthen(value.data, value.size), MIRSAL_LIMIT);
    mir_buf_reset(&value);
    mir_mp_write_array(&value, 3);
    mir_mp_write_str(&value, text, MIR_TEXT_SIZE_MAX);
    mir_mp_write_str(&value, text, MIR_TEXT_SIZE_MAX - 16);
    mir_mp_write_nil(&value);
    assert_int_equal(value.size, MIR_VALUE_SIZE_MAX - 4);
    assert_int_equal(shorten(mir_buf_bytes(&value)), MIRSAL_OK);
    value.data[value.size - 1] = 0xc4; /* three bytes that grow to eighteen */
    mir_buf_append(&value, "\x01\x05", 2);
    assert_int_equal(lengthen(value.data, value.size), MIRSAL_LIMIT);
    mir_buf_fini(&value);
}

static void tells_when_memory_is_out(void **state)
{
    (void)state;
    body.arena.used_max = body.arena.used;
    assert_int_equal(LENGTHEN("\xc4\x01\x00"), MIRSAL_NO_MEMORY);
    assert_int_equal(mir_created_init(&created, &body.arena, body.body.creates, 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_created_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(references_are_short_on_the_wire, set_up, tear_down),
        cmocka_unit_test_setup_teardown(references_inside_arrays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_value_may_hold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_wire_may_hold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sizes_are_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_when_memory_is_out, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
