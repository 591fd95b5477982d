/* SPDX-License-Identifier: Apache-2.0 */
/* unit/reader_test.c - reads, the end, sticky failure with its place, trailing bytes. */
#include "reader.h"

#include "test_env.h"

#include <string.h>

static const uint8_t sample[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18 };

static void reads_move_forward(void **state)
{
    (void)state;
    struct mir_reader reader;
    uint8_t copy[2];
    mir_reader_init(&reader, sample, sizeof sample);
    assert_int_equal(mir_reader_peek(&reader), 1);
    assert_int_equal(mir_reader_u8(&reader), 1);
    size_t mark = reader.at;
    assert_int_equal(mir_reader_be16(&reader), 0x0203);
    assert_int_equal(mir_reader_be32(&reader), 0x04050607);
    assert_int_equal(mir_reader_be64(&reader), 0x08090A0B0C0D0E0F);
    struct mir_bytes since = mir_reader_since(&reader, mark);
    assert_ptr_equal(since.data, sample + 1);
    assert_int_equal(since.size, 14);
    struct mir_bytes one = mir_reader_take(&reader, 1);
    assert_ptr_equal(one.data, sample + 15);
    assert_int_equal(one.size, 1);
    assert_int_equal(mir_reader_left(&reader), 2);
    mir_reader_copy(&reader, copy, sizeof copy);
    assert_memory_equal(copy, sample + 16, 2);
    assert_int_equal(mir_reader_peek(&reader), 0);
    assert_true(mir_reader_ok(&reader));
    assert_int_equal(mir_reader_finish(&reader, "sample", NULL), MIRSAL_OK);
}

static void every_prefix_ends_early(void **state)
{
    (void)state;
    for (size_t size = 0; size < 15; size++) {
        struct mir_reader reader;
        mirsal_error err;
        mir_reader_init(&reader, sample, size);
        (void)mir_reader_u8(&reader);
        (void)mir_reader_be16(&reader);
        (void)mir_reader_be32(&reader);
        assert_int_equal(mir_reader_be64(&reader), 0);
        assert_false(mir_reader_ok(&reader));
        assert_int_equal(mir_reader_finish(&reader, "sample", &err), MIRSAL_MALFORMED);
        size_t expected = size < 1 ? 0 : size < 3 ? 1 : size < 7 ? 3 : 7;
        assert_int_equal(err.offset, expected);
    }
}

static void failure_is_sticky(void **state)
{
    (void)state;
    struct mir_reader reader;
    mirsal_error err;
    uint8_t copy[2] = { 9, 9 };
    mir_reader_init(&reader, sample, 4);
    (void)mir_reader_u8(&reader);
    assert_null(mir_reader_take(&reader, SIZE_MAX).data);
    mir_reader_fail(&reader, MIRSAL_LIMIT, "later");
    assert_int_equal(mir_reader_u8(&reader), 0);
    assert_int_equal(mir_reader_left(&reader), 0);
    assert_int_equal(mir_reader_peek(&reader), 0);
    mir_reader_copy(&reader, copy, sizeof copy);
    assert_int_equal(copy[0] | copy[1], 0);
    assert_int_equal(mir_reader_since(&reader, 0).size, 0);
    assert_int_equal(mir_reader_finish(&reader, "sample", &err), MIRSAL_MALFORMED);
    assert_string_equal(err.message, "sample: ends early at byte 1");
    assert_int_equal(err.code, MIRSAL_MALFORMED);
}

static void a_decoder_names_its_own_failure(void **state)
{
    (void)state;
    struct mir_reader reader;
    mirsal_error err;
    mir_reader_init(&reader, sample, 4);
    (void)mir_reader_be16(&reader);
    mir_reader_fail(&reader, MIRSAL_LIMIT, "too many");
    assert_int_equal(mir_reader_finish(&reader, "list", &err), MIRSAL_LIMIT);
    assert_string_equal(err.message, "list: too many at byte 2");
}

static void trailing_bytes_are_refused(void **state)
{
    (void)state;
    struct mir_reader reader;
    mirsal_error err;
    mir_reader_init(&reader, sample, 4);
    (void)mir_reader_be16(&reader);
    assert_int_equal(mir_reader_finish(&reader, "pair", &err), MIRSAL_MALFORMED);
    assert_string_equal(err.message, "pair: trailing bytes at byte 2");
    assert_int_equal(err.offset, 2);
}

static void nothing_reads_as_nothing(void **state)
{
    (void)state;
    struct mir_reader reader;
    mir_reader_init(&reader, NULL, 0);
    assert_int_equal(mir_reader_take(&reader, 0).size, 0);
    mir_reader_copy(&reader, NULL, 0);
    assert_int_equal(mir_reader_finish(&reader, "none", NULL), MIRSAL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_move_forward),
        cmocka_unit_test(every_prefix_ends_early),
        cmocka_unit_test(failure_is_sticky),
        cmocka_unit_test(a_decoder_names_its_own_failure),
        cmocka_unit_test(trailing_bytes_are_refused),
        cmocka_unit_test(nothing_reads_as_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
