/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/stream_test.c - streams in pieces of any size, in bounded memory, what does not open; the
 * vectors of protocol/vectors/primitives.json whose operation begins with "stream_".
 */
#include "stream.h"

#include "hash.h"
#include "test_vectors.h"
#include "text.h"

#include <string.h>

#define CHUNK MIR_STREAM_CHUNK_SIZE

static const struct mir_seal_key key = { { 1 } };
static const uint8_t prefix[MIR_STREAM_PREFIX_SIZE] = { 2 };
static const struct mir_bytes aad = { (const uint8_t *)"head", 4 };

static void fill(uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)((i >> 8) + i * 7);
    }
}

static void seal(struct mir_buf *out, struct test_env *test, struct mir_bytes clear, size_t step)
{
    struct mir_stream stream;
    mir_buf_init(out, &test->env, SIZE_MAX / 2);
    mir_stream_writer_init(&stream, &test->env, &key, prefix, aad);
    for (size_t at = 0; at < clear.size; at += step) {
        size_t left = clear.size - at;
        struct mir_bytes piece = { clear.data + at, left < step ? left : step };
        assert_int_equal(mir_stream_write(out, &stream, piece, NULL), MIRSAL_OK);
    }
    assert_int_equal(mir_stream_write_end(out, &stream, NULL), MIRSAL_OK);
    mir_stream_fini(&stream);
}

static mirsal_code open_in(struct mir_buf *out,
    struct test_env *test,
    struct mir_bytes sealed,
    size_t step)
{
    struct mir_stream stream;
    mirsal_code rc = MIRSAL_OK;
    mir_buf_init(out, &test->env, SIZE_MAX / 2);
    mir_stream_reader_init(&stream, &test->env, &key, aad);
    for (size_t at = 0; rc == MIRSAL_OK && at < sealed.size; at += step) {
        size_t left = sealed.size - at;
        struct mir_bytes piece = { sealed.data + at, left < step ? left : step };
        rc = mir_stream_read(out, &stream, piece, NULL);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_stream_read_end(out, &stream, NULL);
    }
    mir_stream_fini(&stream);
    return rc;
}

static void pieces_of_any_size_give_one_stream(void **state)
{
    (void)state;
    static uint8_t clear[2 * CHUNK + 77];
    static const size_t sizes[] = { 0, 1, CHUNK - 1, CHUNK, CHUNK + 1, sizeof clear };
    static const size_t steps[] = { 1000, CHUNK, CHUNK + 3, sizeof clear + 100 };
    struct test_env test;
    test_env_init(&test, 1);
    fill(clear, sizeof clear);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct mir_buf whole;
        struct mir_bytes given = { clear, sizes[i] };
        seal(&whole, &test, given, sizeof clear);
        for (size_t j = 0; j < sizeof steps / sizeof steps[0]; j++) {
            struct mir_buf again;
            struct mir_buf opened;
            seal(&again, &test, given, steps[j]);
            assert_true(mir_bytes_equal(mir_buf_bytes(&whole), mir_buf_bytes(&again)));
            assert_int_equal(open_in(&opened, &test, mir_buf_bytes(&whole), steps[j]), MIRSAL_OK);
            assert_true(mir_bytes_equal(mir_buf_bytes(&opened), given));
            mir_buf_fini(&again);
            mir_buf_fini(&opened);
        }
        mir_buf_fini(&whole);
    }
    test_env_fini(&test);
}

static void a_stream_cut_anywhere_does_not_end(void **state)
{
    (void)state;
    static uint8_t clear[CHUNK + 40];
    struct test_env test;
    struct mir_buf whole;
    test_env_init(&test, 1);
    fill(clear, sizeof clear);
    seal(&whole, &test, (struct mir_bytes){ clear, sizeof clear }, sizeof clear);
    for (size_t size = 0; size < whole.size; size += size < 100 || size > CHUNK - 1000 ? 1 : 997) {
        struct mir_buf opened;
        struct mir_bytes cut = { whole.data, size };
        assert_int_equal(open_in(&opened, &test, cut, CHUNK), MIRSAL_NOT_AUTHENTIC);
        assert_true(opened.size <= CHUNK);
        assert_memory_equal(opened.size > 0 ? opened.data : clear, clear, opened.size);
        mir_buf_fini(&opened);
    }
    mir_buf_fini(&whole);
    test_env_fini(&test);
}

static void memory_stays_at_a_chunk_and_is_wiped(void **state)
{
    (void)state;
    static uint8_t clear[CHUNK];
    struct test_env test;
    struct mir_stream writer;
    struct mir_stream reader;
    struct mir_buf sealed;
    struct mir_buf opened;
    test_env_init(&test, 1);
    test.count_unwiped = 1;
    fill(clear, sizeof clear);
    mir_buf_init(&sealed, &test.env, CHUNK * 4);
    mir_buf_init(&opened, &test.env, CHUNK * 4);
    mir_stream_writer_init(&writer, &test.env, &key, prefix, aad);
    mir_stream_reader_init(&reader, &test.env, &key, aad);
    for (size_t i = 0; i < 40; i++) {
        struct mir_bytes piece = { clear, sizeof clear };
        mir_buf_reset(&sealed);
        mir_buf_reset(&opened);
        assert_int_equal(mir_stream_write(&sealed, &writer, piece, NULL), MIRSAL_OK);
        assert_int_equal(
            mir_stream_read(&opened, &reader, mir_buf_bytes(&sealed), NULL), MIRSAL_OK);
    }
    assert_true(test.live_bytes_max < (size_t)8 * CHUNK);
    mir_stream_fini(&writer);
    mir_stream_fini(&reader);
    mir_buf_fini(&sealed);
    mir_buf_fini(&opened);
    assert_int_equal(test.unwiped_pieces, 0);
    test_env_fini(&test);
}

static void an_output_that_is_full_is_no_stream(void **state)
{
    (void)state;
    struct test_env test;
    struct mir_stream stream;
    struct mir_buf sealed;
    struct mir_buf out;
    test_env_init(&test, 1);
    seal(&sealed, &test, (struct mir_bytes){ (const uint8_t *)"secret", 6 }, 6);
    mir_buf_init(&out, &test.env, 5);
    mir_stream_reader_init(&stream, &test.env, &key, aad);
    assert_int_equal(mir_stream_read(&out, &stream, mir_buf_bytes(&sealed), NULL), MIRSAL_OK);
    assert_int_equal(mir_stream_read_end(&out, &stream, NULL), MIRSAL_LIMIT);
    assert_int_equal(out.size, 0);
    mir_stream_fini(&stream);
    mir_buf_fini(&out);
    mir_buf_fini(&sealed);
    test_env_fini(&test);
}

static void chunks_end_at_two_to_the_32(void **state)
{
    (void)state;
    struct test_env test;
    struct mir_stream stream;
    struct mir_buf out;
    test_env_init(&test, 1);
    mir_buf_init(&out, &test.env, CHUNK);
    mir_stream_writer_init(&stream, &test.env, &key, prefix, aad);
    stream.next = UINT32_MAX;
    assert_int_equal(mir_stream_write_end(&out, &stream, NULL), MIRSAL_OK);
    assert_int_equal(mir_stream_write_end(&out, &stream, NULL), MIRSAL_LIMIT);
    mir_stream_fini(&stream);
    mir_buf_fini(&out);
    test_env_fini(&test);
}

/* Byte i of what a vector seals is i mod 251. */
static void seal_given(struct mir_buf *out, struct test_env *test, const json_t *input)
{
    struct mir_stream stream;
    struct mir_seal_key given;
    uint8_t begins[MIR_STREAM_PREFIX_SIZE];
    uint8_t clear[251];
    size_t size = test_number(input, "size");
    test_fixed(given.bytes, 32, input, "key");
    test_fixed(begins, sizeof begins, input, "prefix");
    for (size_t i = 0; i < sizeof clear; i++) {
        clear[i] = (uint8_t)i;
    }
    mir_buf_init(out, &test->env, SIZE_MAX / 2);
    mir_stream_writer_init(&stream, &test->env, &given, begins, test_bytes(input, "aad"));
    for (size_t at = 0; at < size; at += sizeof clear) {
        size_t left = size - at;
        struct mir_bytes piece = { clear, left < sizeof clear ? left : sizeof clear };
        assert_int_equal(mir_stream_write(out, &stream, piece, NULL), MIRSAL_OK);
    }
    assert_int_equal(mir_stream_write_end(out, &stream, NULL), MIRSAL_OK);
    mir_stream_fini(&stream);
}

static mirsal_code open_given(struct mir_buf *out,
    struct test_env *test,
    const json_t *input,
    struct mir_bytes sealed)
{
    struct mir_stream stream;
    struct mir_seal_key given;
    test_fixed(given.bytes, 32, input, "key");
    mir_buf_init(out, &test->env, SIZE_MAX / 2);
    mir_stream_reader_init(&stream, &test->env, &given, test_bytes(input, "aad"));
    mirsal_code rc = mir_stream_read(out, &stream, sealed, NULL);
    if (rc == MIRSAL_OK) {
        rc = mir_stream_read_end(out, &stream, NULL);
    }
    mir_stream_fini(&stream);
    return rc;
}

/* The pieces of a sealed stream that the vector names, then what it appends. */
static void edit_given(struct mir_buf *out, struct test_env *test, const json_t *input)
{
    struct mir_buf whole;
    struct mir_bytes then = test_bytes(input, "then");
    const json_t *pieces = test_array(input, "pieces");
    mir_buf_init(out, &test->env, SIZE_MAX / 2);
    seal_given(&whole, test, input);
    for (size_t i = 0; i < json_array_size(pieces); i++) {
        const json_t *piece = json_array_get(pieces, i);
        size_t from = (size_t)json_integer_value(json_array_get(piece, 0));
        size_t to = (size_t)json_integer_value(json_array_get(piece, 1));
        assert_true(from <= to && to <= whole.size);
        mir_buf_append(out, whole.data + from, to - from);
    }
    mir_buf_append(out, then.data, then.size);
    mir_buf_fini(&whole);
}

static void expect_bytes(const json_t *vector, const struct mir_buf *out)
{
    const json_t *expect = json_object_get(vector, "expect");
    uint8_t hash[32];
    struct mir_bytes given = mir_buf_bytes(out);
    const char *member = test_has(expect, "stream") ? "stream" : "clear";
    if (test_has(expect, "hash")) {
        mir_hash_keyed(hash, sizeof hash, -1, NULL, 0, given);
        given = (struct mir_bytes){ hash, sizeof hash };
        member = "hash";
    }
    if (!mir_bytes_equal(given, test_bytes(expect, member))) {
        fail_msg("%s: other bytes", test_text(vector, "name"));
    }
}

static void judge(const json_t *vector)
{
    struct test_env test;
    struct mir_buf sealed = { 0 };
    struct mir_buf opened = { 0 };
    const json_t *input = json_object_get(vector, "input");
    const char *operation = test_text(vector, "operation");
    const struct mir_buf *out = &opened;
    mirsal_code rc = MIRSAL_OK;
    test_env_init(&test, 1);
    if (strcmp(operation, "stream_open") == 0) {
        rc = open_given(&opened, &test, input, test_bytes(input, "stream"));
    } else if (strcmp(operation, "stream_edited") == 0) {
        edit_given(&sealed, &test, input);
        rc = open_given(&opened, &test, input, mir_buf_bytes(&sealed));
    } else {
        seal_given(&sealed, &test, input);
        out = &sealed;
    }
    if (test_has(vector, "error")) {
        assert_string_equal(test_text(vector, "error"), "NOT_AUTHENTIC");
        if (rc != MIRSAL_NOT_AUTHENTIC) {
            fail_msg("%s: not refused", test_text(vector, "name"));
        }
    } else {
        assert_int_equal(rc, MIRSAL_OK);
        expect_bytes(vector, out);
    }
    mir_buf_fini(&sealed);
    mir_buf_fini(&opened);
    test_release_bytes();
    test_env_fini(&test);
}

static void vectors_of_streams_hold(void **state)
{
    (void)state;
    json_t *file = test_load_source("protocol/vectors/primitives.json");
    const json_t *vectors = test_array(file, "vectors");
    size_t judged = 0;
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *vector = json_array_get(vectors, i);
        if (strncmp(test_text(vector, "operation"), "stream_", 7) == 0) {
            judge(vector);
            judged++;
        }
    }
    assert_true(judged > 30);
    json_decref(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_any_size_give_one_stream),
        cmocka_unit_test(a_stream_cut_anywhere_does_not_end),
        cmocka_unit_test(memory_stays_at_a_chunk_and_is_wiped),
        cmocka_unit_test(an_output_that_is_full_is_no_stream),
        cmocka_unit_test(chunks_end_at_two_to_the_32),
        cmocka_unit_test(vectors_of_streams_hold),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
