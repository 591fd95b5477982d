/* SPDX-License-Identifier: Apache-2.0 */
/* unit/deflate_test.c - exact sizes, dictionaries, streams that end early or go on, memory out. */
#include "deflate.h"

#include "test_env.h"

#include <string.h>

static const char text[] = "barrel bomb, barrel bomb, field hospital, barrel bomb, school, market";
static const char words[] = "market school field hospital barrel bomb";

static struct mir_bytes bytes_of(const char *from)
{
    return (struct mir_bytes){ (const uint8_t *)from, strlen(from) };
}

static mirsal_code inflate_all(const struct test_env *test,
    struct mir_bytes packed,
    struct mir_bytes dictionary,
    size_t clear_size)
{
    uint8_t clear[sizeof text + 8];
    struct mir_bytes rest = packed;
    mirsal_code code = mir_inflate(clear, clear_size, &rest, dictionary, &test->env, NULL);
    if (code == MIRSAL_OK) {
        assert_true(rest.size < packed.size);
        assert_ptr_equal(rest.data + rest.size, packed.data + packed.size);
        assert_memory_equal(clear, text, clear_size);
    } else {
        assert_ptr_equal(rest.data, packed.data);
        assert_int_equal(rest.size, packed.size);
    }
    return code;
}

static void comes_back_exactly(void **state)
{
    (void)state;
    struct test_env test;
    struct mir_buf packed;
    const struct mir_bytes clear = bytes_of(text);
    const struct mir_bytes none = { NULL, 0 };
    test_env_init(&test, 1);
    mir_buf_init(&packed, &test.env, 4096);
    assert_int_equal(mir_deflate(&packed, clear, none, NULL), MIRSAL_OK);
    size_t without = packed.size;
    assert_true(without < clear.size);
    assert_int_equal(inflate_all(&test, mir_buf_bytes(&packed), none, clear.size), MIRSAL_OK);
    assert_int_equal(
        inflate_all(&test, mir_buf_bytes(&packed), none, clear.size - 1), MIRSAL_MALFORMED);
    assert_int_equal(
        inflate_all(&test, mir_buf_bytes(&packed), none, clear.size + 1), MIRSAL_MALFORMED);
    assert_int_equal(inflate_all(&test, mir_buf_bytes(&packed), none, 0), MIRSAL_MALFORMED);
    for (size_t size = 0; size < without; size++) {
        struct mir_bytes part = { packed.data, size };
        assert_int_equal(inflate_all(&test, part, none, clear.size), MIRSAL_MALFORMED);
    }
    /* What follows the stream is left to the caller. */
    mir_buf_append(&packed, "\0\0\0", 3);
    assert_int_equal(inflate_all(&test, mir_buf_bytes(&packed), none, clear.size), MIRSAL_OK);
    mir_buf_fini(&packed);
    test_env_fini(&test);
}

static void a_dictionary_makes_it_shorter(void **state)
{
    (void)state;
    struct test_env test;
    struct mir_buf packed;
    const struct mir_bytes clear = bytes_of(text);
    const struct mir_bytes none = { NULL, 0 };
    test_env_init(&test, 1);
    mir_buf_init(&packed, &test.env, 4096);
    assert_int_equal(mir_deflate(&packed, clear, none, NULL), MIRSAL_OK);
    size_t without = packed.size;
    mir_buf_reset(&packed);
    mir_buf_append_u8(&packed, 7); /* appends behind what is there */
    assert_int_equal(mir_deflate(&packed, clear, bytes_of(words), NULL), MIRSAL_OK);
    assert_int_equal(packed.data[0], 7);
    assert_true(packed.size - 1 < without);
    struct mir_bytes stream = { packed.data + 1, packed.size - 1 };
    assert_int_equal(inflate_all(&test, stream, bytes_of(words), clear.size), MIRSAL_OK);
    assert_int_equal(inflate_all(&test, stream, none, clear.size), MIRSAL_MALFORMED);
    mir_buf_fini(&packed);
    test_env_fini(&test);
}

static void nothing_deflates_too(void **state)
{
    (void)state;
    struct test_env test;
    struct mir_buf packed;
    const struct mir_bytes none = { NULL, 0 };
    test_env_init(&test, 1);
    mir_buf_init(&packed, &test.env, 64);
    assert_int_equal(mir_deflate(&packed, none, none, NULL), MIRSAL_OK);
    assert_int_equal(inflate_all(&test, mir_buf_bytes(&packed), none, 0), MIRSAL_OK);
    assert_int_equal(inflate_all(&test, mir_buf_bytes(&packed), none, 1), MIRSAL_MALFORMED);
    mir_buf_fini(&packed);
    test_env_fini(&test);
}

static void tells_memory_and_limits(void **state)
{
    (void)state;
    struct test_env test;
    struct mir_buf packed;
    uint8_t clear[sizeof text];
    const struct mir_bytes dictionary = bytes_of(words);
    test_env_init(&test, 1);
    mir_buf_init(&packed, &test.env, 4096);
    for (uint64_t at = 1;; at++) {
        test.fail_at = test.allocations + at;
        mir_buf_fini(&packed);
        mir_buf_init(&packed, &test.env, 4096);
        mirsal_code code = mir_deflate(&packed, bytes_of(text), dictionary, NULL);
        if (code == MIRSAL_OK) {
            assert_true(at > 2);
            break;
        }
        assert_int_equal(code, MIRSAL_NO_MEMORY);
    }
    for (uint64_t at = 1;; at++) {
        test.fail_at = test.allocations + at;
        struct mir_bytes stream = mir_buf_bytes(&packed);
        mirsal_code code =
            mir_inflate(clear, sizeof text - 1, &stream, dictionary, &test.env, NULL);
        if (code == MIRSAL_OK) {
            assert_true(at > 1);
            break;
        }
        assert_int_equal(code, MIRSAL_NO_MEMORY);
    }
    test.fail_at = 0;
    mir_buf_fini(&packed);
    mir_buf_init(&packed, &test.env, 16);
    assert_int_equal(mir_deflate(&packed, bytes_of(text), dictionary, NULL), MIRSAL_LIMIT);
    mir_buf_fini(&packed);
    test_env_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_exactly),
        cmocka_unit_test(a_dictionary_makes_it_shorter),
        cmocka_unit_test(nothing_deflates_too),
        cmocka_unit_test(tells_memory_and_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
