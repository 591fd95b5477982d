/* SPDX-License-Identifier: Apache-2.0 */
/* unit/msgpack_test.c - one form per value, and msgpack-c as a second opinion on what is accepted.
 */
#include "msgpack.h"

#include "fail.h"
#include "mir_limits.h"
#include "test_env.h"

#include <limits.h> /* pack.h wants it, and does not say so */
#include <msgpack/object.h>
#include <msgpack/pack.h>
#include <msgpack/sbuffer.h>
#include <msgpack/unpack.h>
#include <string.h>

static struct test_env test;

static int set_up(void **state)
{
    (void)state;
    test_env_init(&test, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_env_fini(&test);
    return 0;
}

static mirsal_code judge(const void *data, size_t size)
{
    struct mir_reader reader;
    mir_reader_init(&reader, data, size);
    struct mir_bytes value = mir_mp_read_value(&reader, SIZE_MAX);
    mirsal_code code = mir_reader_finish(&reader, "value", NULL);
    if (code == MIRSAL_OK) {
        assert_ptr_equal(value.data, data);
        assert_int_equal(value.size, size);
    } else {
        assert_true(mir_reader_ok(&reader) || value.size == 0);
    }
    return code;
}

#define JUDGE(bytes) judge("" bytes, sizeof("" bytes) - 1)

static void writes_shortest_integers(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        size_t size;
        uint8_t head;
    } cases[] = {
        { 0, 1, 0x00 },
        { 127, 1, 0x7f },
        { 128, 2, 0xcc },
        { 255, 2, 0xcc },
        { 256, 3, 0xcd },
        { 65535, 3, 0xcd },
        { 65536, 5, 0xce },
        { INT64_C(4294967295), 5, 0xce },
        { INT64_C(4294967296), 9, 0xcf },
        { INT64_MAX, 9, 0xcf },
        { -1, 1, 0xff },
        { -32, 1, 0xe0 },
        { -33, 2, 0xd0 },
        { -128, 2, 0xd0 },
        { -129, 3, 0xd1 },
        { -32768, 3, 0xd1 },
        { -32769, 5, 0xd2 },
        { INT64_C(-2147483648), 5, 0xd2 },
        { INT64_C(-2147483649), 9, 0xd3 },
        { INT64_MIN, 9, 0xd3 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mir_buf buf;
        struct mir_reader reader;
        mir_buf_init(&buf, &test.env, 64);
        mir_mp_write_int(&buf, cases[i].value);
        assert_int_equal(buf.size, cases[i].size);
        assert_int_equal(buf.data[0], cases[i].head);
        mir_reader_init(&reader, buf.data, buf.size);
        assert_int_equal(mir_mp_peek(&reader), MIR_MP_INT);
        assert_true(mir_mp_read_int(&reader) == cases[i].value);
        assert_int_equal(mir_reader_finish(&reader, "n", NULL), MIRSAL_OK);
        mir_reader_init(&reader, buf.data, buf.size);
        uint64_t number = mir_mp_read_uint(&reader);
        assert_true(number == (cases[i].value < 0 ? 0 : (uint64_t)cases[i].value));
        assert_int_equal(mir_reader_ok(&reader), cases[i].value >= 0);
        if (cases[i].value >= 0) {
            mir_buf_reset(&buf);
            mir_mp_write_uint(&buf, (uint64_t)cases[i].value);
            assert_int_equal(buf.size, cases[i].size);
        }
        assert_int_equal(judge(buf.data, buf.size), MIRSAL_OK);
        mir_buf_fini(&buf);
    }
}

static void reads_the_largest_integer(void **state)
{
    (void)state;
    struct mir_reader reader;
    mir_reader_init(&reader, "\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 9);
    assert_true(mir_mp_read_uint(&reader) == UINT64_MAX);
    mir_reader_init(&reader, "\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 9);
    assert_true(mir_mp_read_int(&reader) == 0);
    assert_int_equal(reader.failed, MIRSAL_MALFORMED);
    mir_reader_init(&reader, "\x05", 1);
    assert_int_equal(mir_mp_read_uint_max(&reader, 5), 5);
    mir_reader_init(&reader, "\x06", 1);
    assert_int_equal(mir_mp_read_uint_max(&reader, 5), 0);
    assert_int_equal(reader.failed, MIRSAL_LIMIT);
    mir_reader_init(&reader, "\x05", 1);
    assert_int_equal(mir_mp_read_uint_in(&reader, 5), 5);
    mir_reader_init(&reader, "\x06", 1);
    assert_int_equal(mir_mp_read_uint_in(&reader, 5), 0);
    assert_int_equal(reader.failed, MIRSAL_MALFORMED);
}

static void refuses_longer_forms(void **state)
{
    (void)state;
    assert_int_equal(JUDGE("\xcc\x7f"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xcd\x00\xff"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xce\x00\x00\xff\xff"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xcf\x00\x00\x00\x00\xff\xff\xff\xff"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xd0\xe0"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xd0\x05"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xd1\xff\x80"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xd1\x01\x00"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xd2\xff\xff\x80\x00"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xd3\xff\xff\xff\xff\x80\x00\x00\x00"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xd3\x00\x00\x00\x01\x00\x00\x00\x00"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xd9\x01x"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xda\x00\x01x"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xdb\x00\x00\x00\x01x"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xc5\x00\x01x"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xc6\x00\x00\x00\x01x"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xdc\x00\x01\x01"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xdd\x00\x00\x00\x01\x01"), MIRSAL_MALFORMED);
}

static void refuses_forbidden_forms(void **state)
{
    (void)state;
    static const uint8_t heads[] = { 0x80, 0x8f, 0xc1, 0xc2, 0xc3, 0xc7, 0xc8, 0xc9, 0xca, 0xcb,
        0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xde, 0xdf };
    for (size_t i = 0; i < sizeof heads; i++) {
        uint8_t bytes[20] = { heads[i] };
        struct mir_reader reader;
        mir_reader_init(&reader, bytes, sizeof bytes);
        assert_int_equal(mir_mp_peek(&reader), MIR_MP_BAD);
        assert_int_equal(mir_mp_read_value(&reader, SIZE_MAX).size, 0);
        assert_int_equal(reader.failed, MIRSAL_MALFORMED);
    }
    assert_int_equal(judge(NULL, 0), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\x01\x01"), MIRSAL_MALFORMED);
}

static void texts_are_utf8(void **state)
{
    (void)state;
    struct mir_reader reader;
    assert_int_equal(JUDGE("\xa2\xd8\xad"), MIRSAL_OK);
    assert_int_equal(JUDGE("\xa0"), MIRSAL_OK);
    assert_int_equal(JUDGE("\xa1\xff"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xa1\x00"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xa2\xc0\x80"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xa3\xed\xa0\x80"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xc4\x01\xff"), MIRSAL_OK);
    mir_reader_init(&reader,
        "\xa3"
        "abc",
        4);
    struct mir_bytes text = mir_mp_read_str(&reader, 3);
    assert_int_equal(text.size, 3);
    assert_memory_equal(text.data, "abc", 3);
    mir_reader_init(&reader,
        "\xa3"
        "abc",
        4);
    assert_int_equal(mir_mp_read_str(&reader, 2).size, 0);
    assert_int_equal(reader.failed, MIRSAL_LIMIT);
    mir_reader_init(&reader, "\x01", 1);
    assert_int_equal(mir_mp_read_str(&reader, 2).size, 0);
    assert_int_equal(reader.failed, MIRSAL_MALFORMED);
}

static void lengths_at_each_boundary(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536 };
    static uint8_t filler[65536];
    memset(filler, 'a', sizeof filler);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct mir_buf buf;
        struct mir_reader reader;
        mir_buf_init(&buf, &test.env, 3 * 65600);
        mir_mp_write_str(&buf, filler, sizes[i]);
        mir_mp_write_bin(&buf, filler, sizes[i]);
        mir_mp_write_array(&buf, (uint32_t)sizes[i]);
        mir_buf_append(&buf, filler, sizes[i]);
        mir_reader_init(&reader, buf.data, buf.size);
        assert_int_equal(mir_mp_peek(&reader), MIR_MP_STR);
        assert_int_equal(mir_mp_read_str(&reader, sizes[i]).size, sizes[i]);
        assert_int_equal(mir_mp_peek(&reader), MIR_MP_BIN);
        assert_int_equal(mir_mp_read_bin(&reader, sizes[i]).size, sizes[i]);
        size_t mark = reader.at;
        assert_int_equal(mir_mp_peek(&reader), MIR_MP_ARRAY);
        assert_int_equal(mir_mp_read_array(&reader, (uint32_t)sizes[i]), sizes[i]);
        (void)mir_reader_take(&reader, sizes[i]);
        assert_int_equal(mir_reader_finish(&reader, "three", NULL), MIRSAL_OK);
        reader.at = mark;
        assert_int_equal(mir_mp_read_value(&reader, SIZE_MAX).size, buf.size - mark);
        /* One byte short: each count exceeds what is left. */
        assert_int_equal(judge(buf.data + mark, buf.size - mark - 1), MIRSAL_MALFORMED);
        mir_buf_fini(&buf);
    }
}

static void counts_are_bounded_by_bytes(void **state)
{
    (void)state;
    struct mir_reader reader;
    assert_int_equal(JUDGE("\xdd\xff\xff\xff\xff"), MIRSAL_MALFORMED);
    assert_int_equal(JUDGE("\xc6\xff\xff\xff\xff"), MIRSAL_MALFORMED);
    mir_reader_init(&reader, "\x92\x01\x02", 3);
    assert_int_equal(mir_mp_read_array(&reader, 1), 0);
    assert_int_equal(reader.failed, MIRSAL_LIMIT);
    mir_reader_init(&reader, "\x92\x01\x02", 3);
    mir_mp_read_array_exact(&reader, 2);
    assert_true(mir_reader_ok(&reader));
    mir_reader_init(&reader, "\x92\x01\x02", 3);
    mir_mp_read_array_exact(&reader, 3);
    assert_int_equal(reader.failed, MIRSAL_MALFORMED);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    uint8_t bytes[MIR_MSGPACK_DEPTH_MAX + 1];
    memset(bytes, 0x91, sizeof bytes);
    bytes[MIR_MSGPACK_DEPTH_MAX - 1] = 0x90;
    assert_int_equal(judge(bytes, MIR_MSGPACK_DEPTH_MAX), MIRSAL_OK);
    bytes[MIR_MSGPACK_DEPTH_MAX - 1] = 0x91;
    bytes[MIR_MSGPACK_DEPTH_MAX] = 0x01;
    assert_int_equal(judge(bytes, MIR_MSGPACK_DEPTH_MAX + 1), MIRSAL_OK);
    bytes[MIR_MSGPACK_DEPTH_MAX] = 0x90;
    assert_int_equal(judge(bytes, MIR_MSGPACK_DEPTH_MAX + 1), MIRSAL_LIMIT);
    assert_int_equal(JUDGE("\x93\x91\x01\x90\x92\xc0\xa1z"), MIRSAL_OK);
    uint8_t deep[MIR_MP_STRUCTURE_DEPTH + 1];
    struct mir_reader reader;
    memset(deep, 0x91, sizeof deep);
    deep[sizeof deep - 1] = 0x01;
    mir_reader_init(&reader, deep, sizeof deep);
    assert_int_equal(mir_mp_read_structure(&reader).size, sizeof deep);
    deep[sizeof deep - 1] = 0x90;
    mir_reader_init(&reader, deep, sizeof deep);
    assert_int_equal(mir_mp_read_structure(&reader).size, 0);
    assert_int_equal(reader.failed, MIRSAL_LIMIT);
}

static void exact_bins_and_nil(void **state)
{
    (void)state;
    struct mir_reader reader;
    uint8_t out[2] = { 9, 9 };
    mir_reader_init(&reader, "\xc0\xc4\x02\x01\x02\xc4\x01\x05", 8);
    assert_int_equal(mir_mp_read_nil_if(&reader), 1);
    assert_int_equal(mir_mp_read_nil_if(&reader), 0);
    mir_mp_read_bin_exact(&reader, out, 2);
    assert_memory_equal(out, "\x01\x02", 2);
    mir_mp_read_bin_exact(&reader, out, 2);
    assert_int_equal(reader.failed, MIRSAL_MALFORMED);
    assert_memory_equal(out, "\x00\x00", 2);
    mir_reader_init(&reader, "\xa1x", 2);
    assert_int_equal(mir_mp_read_value(&reader, 1).size, 0);
    assert_int_equal(reader.failed, MIRSAL_LIMIT);
}

/* Whatever we accept, msgpack-c unpacks and packs to the same bytes. */
static void msgpack_c_agrees(void **state)
{
    (void)state;
    unsigned accepted = 0;
    for (unsigned round = 0; round < 200000; round++) {
        static const uint8_t likely[] = { 0x90, 0x91, 0x92, 0xa1, 0xa0, 0xc0, 0xc4, 0xcc, 0xcd,
            0xd0, 0xd1, 0xd9, 0x01, 0x00, 0xff, 0x80 };
        uint8_t bytes[6];
        size_t size = 1 + round % sizeof bytes;
        test.env.random(test.env.context, bytes, size);
        for (size_t i = 0; i < size; i++) {
            bytes[i] = bytes[i] < 160 ? likely[bytes[i] % sizeof likely] : bytes[i];
        }
        if (judge(bytes, size) != MIRSAL_OK) {
            continue;
        }
        accepted++;
        msgpack_unpacked unpacked;
        msgpack_sbuffer again;
        size_t offset = 0;
        msgpack_unpacked_init(&unpacked);
        msgpack_sbuffer_init(&again);
        assert_int_equal(msgpack_unpack_next(&unpacked, (const char *)bytes, size, &offset),
            MSGPACK_UNPACK_SUCCESS);
        assert_int_equal(offset, size);
        msgpack_packer packer;
        msgpack_packer_init(&packer, &again, msgpack_sbuffer_write);
        assert_int_equal(msgpack_pack_object(&packer, unpacked.data), 0);
        assert_int_equal(again.size, size);
        assert_memory_equal(again.data, bytes, size);
        msgpack_sbuffer_destroy(&again);
        msgpack_unpacked_destroy(&unpacked);
    }
    assert_true(accepted > 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_shortest_integers),
        cmocka_unit_test(reads_the_largest_integer),
        cmocka_unit_test(refuses_longer_forms),
        cmocka_unit_test(refuses_forbidden_forms),
        cmocka_unit_test(texts_are_utf8),
        cmocka_unit_test(lengths_at_each_boundary),
        cmocka_unit_test(counts_are_bounded_by_bytes),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(exact_bins_and_nil),
        cmocka_unit_test(msgpack_c_agrees),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
