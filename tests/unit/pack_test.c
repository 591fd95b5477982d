/* SPDX-License-Identifier: Apache-2.0 */
/* unit/pack_test.c - shortest forms, as wire's reader accepts them, and back. */
#include "pack.h"

#include "msgpack.h"
#include "test_env.h"

#include <string.h>

static void integers_agree_with_wire(void **state)
{
    (void)state;
    static const int64_t numbers[] = { 0, 1, 127, 128, 255, 256, 65535, 65536, 4294967295,
        4294967296, INT64_MAX, -1, -32, -33, -128, -129, -32768, -32769, -2147483648LL,
        -2147483649LL, INT64_MIN };
    struct test_env env;
    struct mir_buf ours;
    struct mir_buf wire;
    test_env_init(&env, 1);
    mir_buf_init(&ours, &env.env, 64);
    mir_buf_init(&wire, &env.env, 64);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        mir_buf_reset(&ours);
        mir_buf_reset(&wire);
        mir_pack_int(&ours, numbers[i]);
        mir_mp_write_int(&wire, numbers[i]);
        assert_true(mir_bytes_equal(mir_buf_bytes(&ours), mir_buf_bytes(&wire)));
        struct mir_packed back = mir_packed_of(mir_buf_bytes(&ours));
        assert_int_equal(back.kind, MIR_PACKED_INT);
        assert_true(back.number == numbers[i]);
    }
    mir_buf_fini(&ours);
    mir_buf_fini(&wire);
    test_env_fini(&env);
}

static void sizes_agree_with_wire(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 15, 16, 31, 32, 255, 256, 65535, 65536 };
    static const char bytes[65536] = { 0 };
    struct test_env env;
    struct mir_buf ours;
    struct mir_buf wire;
    test_env_init(&env, 1);
    mir_buf_init(&ours, &env.env, (size_t)1 << 20);
    mir_buf_init(&wire, &env.env, (size_t)1 << 20);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        mir_buf_reset(&ours);
        mir_buf_reset(&wire);
        mir_pack_text(&ours, bytes, sizes[i]);
        mir_pack_bin(&ours, bytes, sizes[i]);
        mir_pack_array(&ours, sizes[i]);
        mir_mp_write_str(&wire, bytes, sizes[i]);
        mir_mp_write_bin(&wire, bytes, sizes[i]);
        mir_mp_write_array(&wire, (uint32_t)sizes[i]);
        assert_true(mir_bytes_equal(mir_buf_bytes(&ours), mir_buf_bytes(&wire)));
        struct mir_reader reader;
        mir_reader_init(&reader, ours.data, ours.size);
        assert_int_equal(mir_packed_next(&reader).bytes.size, sizes[i]);
        assert_int_equal(mir_packed_next(&reader).kind, MIR_PACKED_BIN);
        assert_int_equal(mir_packed_next(&reader).count, sizes[i]);
        assert_int_equal(mir_packed_next(&reader).kind, MIR_PACKED_NONE);
    }
    mir_buf_fini(&ours);
    mir_buf_fini(&wire);
    test_env_fini(&env);
}

static void a_value_is_taken_whole(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0x92, 0x93, 1, 2, 0xc0, 0xa1, 'x', 7 };
    struct mir_reader reader;
    mir_reader_init(&reader, bytes, sizeof bytes);
    assert_int_equal(mir_packed_whole(&reader).size, sizeof bytes - 1);
    assert_int_equal(mir_packed_next(&reader).number, 7);
    mir_reader_init(&reader, bytes, 3);
    assert_int_equal(mir_packed_whole(&reader).size, 0);
    assert_true(mir_packed_unknown((struct mir_bytes){ (const uint8_t *)"\x90", 1 }));
    assert_false(mir_packed_unknown((struct mir_bytes){ bytes, sizeof bytes }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_agree_with_wire),
        cmocka_unit_test(sizes_agree_with_wire),
        cmocka_unit_test(a_value_is_taken_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
