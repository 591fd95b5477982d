/* SPDX-License-Identifier: Apache-2.0 */
/* unit/frame_lists_test.c - HEADERS and VECTOR there and back, and what their decoders refuse. */
#include "frames.h"

#include "msgpack.h"
#include "test_env.h"

#include <string.h>

static struct test_env test;
static struct mir_buf frame;
static struct mir_arena arena;

static int start(void **state)
{
    (void)state;
    test_env_init(&test, 8);
    mir_buf_init(&frame, &test.env, 8u << 20);
    mir_arena_init(&arena, &test.env, 8u << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    mir_arena_fini(&arena);
    mir_buf_fini(&frame);
    test_env_fini(&test);
    return 0;
}

static struct mir_bytes payload_of(enum mir_frame_kind kind)
{
    assert_int_equal(mir_buf_finish(&frame, NULL), MIRSAL_OK);
    struct mir_reader reader;
    mir_reader_init(&reader, frame.data, frame.size);
    assert_int_equal(mir_reader_u8(&reader), kind);
    size_t size = (size_t)mir_mp_read_uint(&reader);
    return mir_reader_take(&reader, size);
}

static void headers_go_round(void **state)
{
    (void)state;
    uint8_t signature[64] = { 5 };
    struct mir_signed_header items[2] = { { { (const uint8_t *)"one", 3 }, signature },
        { { (const uint8_t *)"other", 5 }, signature } };
    mir_headers_write(&frame, &(struct mir_headers){ 2, items });
    struct mir_headers out;
    struct mir_bytes payload = payload_of(MIR_FRAME_HEADERS);
    assert_int_equal(mir_headers_read(&out, payload, &arena, NULL), MIRSAL_OK);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.items[1].header.size, 5);
    assert_memory_equal(out.items[1].signature, signature, 64);
    for (size_t size = 0; size < payload.size; size++) {
        assert_int_not_equal(
            mir_headers_read(&out, (struct mir_bytes){ payload.data, size }, &arena, NULL),
            MIRSAL_OK);
        assert_int_equal(out.count, 0);
    }
}

static void headers_refuse_other_sizes(void **state)
{
    (void)state;
    uint8_t bytes[400] = { 0 };
    struct mir_signed_header item = { { bytes, MIR_HEADER_SIZE_MAX + 1 }, bytes };
    struct mir_headers out;
    mir_headers_write(&frame, &(struct mir_headers){ 1, &item });
    assert_int_equal(
        mir_headers_read(&out, payload_of(MIR_FRAME_HEADERS), &arena, NULL), MIRSAL_LIMIT);
    struct mir_buf payload;
    mir_buf_init(&payload, &test.env, 1000);
    mir_mp_write_array(&payload, 1);
    mir_mp_write_array(&payload, 2);
    mir_mp_write_bin(&payload, bytes, 10);
    mir_mp_write_bin(&payload, bytes, 63);
    assert_int_equal(
        mir_headers_read(&out, mir_buf_bytes(&payload), &arena, NULL), MIRSAL_MALFORMED);
    mir_buf_fini(&payload);
}

static struct mir_vector_entry entries[3];
static mirsal_hash devices[2];

static mirsal_code vector_again(struct mir_vector *out)
{
    mir_buf_reset(&frame);
    mir_vector_write(&frame, &(struct mir_vector){ 2, devices, 3, entries });
    return mir_vector_read(out, payload_of(MIR_FRAME_VECTOR), &arena, NULL);
}

static void fill_vector(void)
{
    memset(devices, 0, sizeof devices);
    devices[1].bytes[31] = 1;
    entries[0] = (struct mir_vector_entry){ 0, 0, 300, { 1 } };
    entries[1] = (struct mir_vector_entry){ 0, 0, 300, { 2 } };
    entries[2] = (struct mir_vector_entry){ 1, 255, 1, { 0 } };
}

static void vector_goes_round(void **state)
{
    (void)state;
    struct mir_vector out;
    fill_vector();
    assert_int_equal(vector_again(&out), MIRSAL_OK);
    assert_int_equal(out.device_count, 2);
    assert_int_equal(out.entry_count, 3);
    assert_memory_equal(out.devices, devices, sizeof devices);
    assert_int_equal(out.entries[1].seq, 300);
    assert_int_equal(out.entries[1].tag[0], 2);
    assert_int_equal(out.entries[2].compartment, 255);
    struct mir_bytes payload = payload_of(MIR_FRAME_VECTOR);
    for (size_t size = 0; size < payload.size; size++) {
        assert_int_not_equal(
            mir_vector_read(&out, (struct mir_bytes){ payload.data, size }, &arena, NULL),
            MIRSAL_OK);
        assert_null(out.entries);
    }
}

static void vector_refuses_what_is_out_of_order_or_range(void **state)
{
    (void)state;
    struct mir_vector out;
    fill_vector();
    devices[0].bytes[31] = 1;
    assert_int_equal(vector_again(&out), MIRSAL_MALFORMED);
    fill_vector();
    entries[2].device = 2;
    assert_int_equal(vector_again(&out), MIRSAL_MALFORMED);
    fill_vector();
    entries[1].tag[0] = 1;
    assert_int_equal(vector_again(&out), MIRSAL_MALFORMED);
    fill_vector();
    entries[0].seq = 301;
    assert_int_equal(vector_again(&out), MIRSAL_MALFORMED);
    fill_vector();
    entries[0].compartment = 1;
    assert_int_equal(vector_again(&out), MIRSAL_MALFORMED);
    fill_vector();
    entries[0].device = 1;
    entries[0].compartment = 255;
    assert_int_equal(vector_again(&out), MIRSAL_MALFORMED);
}

static void a_claimed_count_reserves_nothing(void **state)
{
    (void)state;
    const uint8_t claims[] = { 0x92, 0xdd, 0, 0, 0xff, 0xff, 0xc4 };
    struct mir_vector out;
    assert_int_not_equal(
        mir_vector_read(&out, (struct mir_bytes){ claims, sizeof claims }, &arena, NULL),
        MIRSAL_OK);
    assert_int_equal(arena.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(headers_go_round, start, stop),
        cmocka_unit_test_setup_teardown(headers_refuse_other_sizes, start, stop),
        cmocka_unit_test_setup_teardown(vector_goes_round, start, stop),
        cmocka_unit_test_setup_teardown(vector_refuses_what_is_out_of_order_or_range, start, stop),
        cmocka_unit_test_setup_teardown(a_claimed_count_reserves_nothing, start, stop),
    };
    return cmocka_run_group_tests_name("frame_lists", tests, NULL, NULL);
}
