/* SPDX-License-Identifier: Apache-2.0 */
/* unit/frames_test.c - each frame there and back, byte for byte, and what its decoder refuses. */
#include "frames.h"

#include "msgpack.h"
#include "test_env.h"

#include <string.h>

static struct test_env test;
static struct mir_buf frame; /* one whole frame */

static int start(void **state)
{
    (void)state;
    test_env_init(&test, 7);
    mir_buf_init(&frame, &test.env, 1u << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    mir_buf_fini(&frame);
    test_env_fini(&test);
    return 0;
}

/* The payload of the one frame in `frame`, whose head is checked. */
static struct mir_bytes payload_of(enum mir_frame_kind kind)
{
    assert_int_equal(mir_buf_finish(&frame, NULL), MIRSAL_OK);
    struct mir_reader reader;
    mir_reader_init(&reader, frame.data, frame.size);
    assert_int_equal(mir_reader_u8(&reader), kind);
    size_t size = (size_t)mir_mp_read_uint(&reader);
    struct mir_bytes payload = mir_reader_take(&reader, size);
    assert_int_equal(mir_reader_finish(&reader, "frame", NULL), MIRSAL_OK);
    return payload;
}

static union {
    struct mir_register_frame registration;
    struct mir_hello hello;
    struct mir_state relay;
    struct mir_cursor page;
    struct mir_reject reject;
    struct mir_checkpoint checkpoint;
    struct mir_end end;
    struct mir_refuse refuse;
} out;

static mirsal_code read_any(enum mir_frame_kind kind, struct mir_bytes payload)
{
    switch (kind) {
    case MIR_FRAME_REGISTER:
        return mir_register_read(&out.registration, payload, NULL);
    case MIR_FRAME_HELLO:
        return mir_hello_read(&out.hello, payload, NULL);
    case MIR_FRAME_STATE:
        return mir_state_read(&out.relay, payload, NULL);
    case MIR_FRAME_PAGE:
        return mir_page_read(&out.page, payload, NULL);
    case MIR_FRAME_REJECT:
        return mir_reject_read(&out.reject, payload, NULL);
    case MIR_FRAME_CHECKPOINT:
        return mir_checkpoint_read(&out.checkpoint, payload, NULL);
    case MIR_FRAME_END:
        return mir_end_read(&out.end, payload, NULL);
    case MIR_FRAME_REFUSE:
        return mir_refuse_read(&out.refuse, payload, NULL);
    case MIR_FRAME_NONE:
    case MIR_FRAME_RUN:
    case MIR_FRAME_HEADERS:
    case MIR_FRAME_VECTOR:
    case MIR_FRAME_BUNDLE:
    case MIR_FRAME_PURGED:
    case MIR_FRAME_WORD:
    case MIR_FRAME_CLOSE:
    default:
        return MIRSAL_MISUSE;
    }
}

static void write_any(struct mir_buf *to, enum mir_frame_kind kind)
{
    switch (kind) {
    case MIR_FRAME_REGISTER:
        mir_register_write(to, &out.registration);
        break;
    case MIR_FRAME_HELLO:
        mir_hello_write(to, &out.hello);
        break;
    case MIR_FRAME_STATE:
        mir_state_write(to, &out.relay);
        break;
    case MIR_FRAME_PAGE:
        mir_page_write(to, &out.page);
        break;
    case MIR_FRAME_REJECT:
        mir_reject_write(to, &out.reject);
        break;
    case MIR_FRAME_CHECKPOINT:
        mir_checkpoint_write(to, &out.checkpoint);
        break;
    case MIR_FRAME_END:
        mir_end_write(to, &out.end);
        break;
    case MIR_FRAME_REFUSE:
        mir_refuse_write(to, out.refuse.code, out.refuse.text);
        break;
    case MIR_FRAME_NONE:
    case MIR_FRAME_RUN:
    case MIR_FRAME_HEADERS:
    case MIR_FRAME_VECTOR:
    case MIR_FRAME_BUNDLE:
    case MIR_FRAME_PURGED:
    case MIR_FRAME_WORD:
    case MIR_FRAME_CLOSE:
    default:
        fail();
    }
}

/* Decodes, encodes again to the same bytes, refuses each strict prefix and one byte more. */
static void goes_round(enum mir_frame_kind kind)
{
    struct mir_bytes payload = payload_of(kind);
    assert_int_equal(read_any(kind, payload), MIRSAL_OK);
    struct mir_buf again;
    mir_buf_init(&again, &test.env, 1u << 20);
    write_any(&again, kind);
    assert_int_equal(again.size, frame.size);
    assert_memory_equal(again.data, frame.data, frame.size);
    mir_buf_fini(&again);
    for (size_t size = 0; size < payload.size; size++) {
        assert_int_not_equal(read_any(kind, (struct mir_bytes){ payload.data, size }), MIRSAL_OK);
    }
    uint8_t longer[2048];
    assert_true(payload.size < sizeof longer);
    memcpy(longer, payload.data, payload.size);
    longer[payload.size] = 0;
    assert_int_equal(
        read_any(kind, (struct mir_bytes){ longer, payload.size + 1 }), MIRSAL_MALFORMED);
    /* Each byte changed: refused, or another value that goes round as well. */
    for (size_t at = 0; at < payload.size; at++) {
        memcpy(longer, payload.data, payload.size);
        longer[at] ^= 0x41;
        struct mir_bytes changed = { longer, payload.size };
        if (read_any(kind, changed) == MIRSAL_OK) {
            struct mir_buf other;
            mir_buf_init(&other, &test.env, 1u << 20);
            write_any(&other, kind);
            assert_int_equal(other.size, frame.size);
            assert_memory_equal(
                other.data + (frame.size - payload.size), changed.data, changed.size);
            mir_buf_fini(&other);
        }
    }
}

static void the_small_frames_go_round(void **state)
{
    (void)state;
    const struct mir_register_frame registration = { { (const uint8_t *)"token", 5 },
        { (const uint8_t *)"genesis", 7 } };
    mir_register_write(&frame, &registration);
    goes_round(MIR_FRAME_REGISTER);
    mir_buf_reset(&frame);
    mir_page_write(&frame, &(struct mir_cursor){ 255, 70000 });
    goes_round(MIR_FRAME_PAGE);
    mir_buf_reset(&frame);
    struct mir_reject reject = { { { 1, 2 } }, 1, 9, MIR_REJECT_GAP, "its prev is missing" };
    mir_reject_write(&frame, &reject);
    goes_round(MIR_FRAME_REJECT);
    mir_buf_reset(&frame);
    mir_checkpoint_write(
        &frame, &(struct mir_checkpoint){ { 5 }, 12, { { 3 } }, 1700000000000, { 9 } });
    goes_round(MIR_FRAME_CHECKPOINT);
    mir_buf_reset(&frame);
    mir_end_write(&frame, &(struct mir_end){ 0, 0, { 0 } });
    assert_int_equal(frame.size, 5);
    goes_round(MIR_FRAME_END);
    mir_buf_reset(&frame);
    mir_end_write(&frame, &(struct mir_end){ 1, 1, { 4, 5 } });
    goes_round(MIR_FRAME_END);
    mir_buf_reset(&frame);
    mir_refuse_write(&frame, MIR_REFUSE_TOKEN, "the token is not this relay's");
    goes_round(MIR_FRAME_REFUSE);
}

static struct mir_hello hello;

static void fill_hello(void)
{
    memset(&hello, 0, sizeof hello);
    memset(hello.team, 7, sizeof hello.team);
    hello.has_epoch = 1;
    memset(hello.store_epoch, 8, sizeof hello.store_epoch);
    hello.cursor_count = 2;
    hello.cursors[0] = (struct mir_cursor){ 0, 5 };
    hello.cursors[1] = (struct mir_cursor){ 255, 900 };
    hello.has_checkpoint = 1;
    hello.checkpoint_size = 900;
    hello.head_count = 3;
    hello.heads[0] = (struct mir_own_head){ 0, 4, { 1 } };
    hello.heads[1] = (struct mir_own_head){ 0, 4, { 2 } };
    hello.heads[2] = (struct mir_own_head){ 1, 1, { 0 } };
    hello.want_count = 2;
    hello.wants[0] = 0;
    hello.wants[1] = 1;
    hello.time_ms = TEST_START_MS;
    hello.flags = MIR_HELLO_VECTOR;
}

static void hello_goes_round_whole_and_bare(void **state)
{
    (void)state;
    fill_hello();
    mir_hello_write(&frame, &hello);
    goes_round(MIR_FRAME_HELLO);
    mir_buf_reset(&frame);
    memset(&hello, 0, sizeof hello);
    mir_hello_write(&frame, &hello);
    goes_round(MIR_FRAME_HELLO);
}

static mirsal_code hello_again(void)
{
    mir_buf_reset(&frame);
    mir_hello_write(&frame, &hello);
    return mir_hello_read(&out.hello, payload_of(MIR_FRAME_HELLO), NULL);
}

static void hello_refuses_lists_out_of_order(void **state)
{
    (void)state;
    fill_hello();
    hello.cursors[1].compartment = 0;
    assert_int_equal(hello_again(), MIRSAL_MALFORMED);
    fill_hello();
    hello.heads[1].id[0] = 1;
    assert_int_equal(hello_again(), MIRSAL_MALFORMED);
    fill_hello();
    hello.heads[0].seq = 5;
    assert_int_equal(hello_again(), MIRSAL_MALFORMED);
    fill_hello();
    hello.wants[1] = 0;
    assert_int_equal(hello_again(), MIRSAL_MALFORMED);
    fill_hello();
    hello.wants[1] = 255;
    assert_int_equal(hello_again(), MIRSAL_MALFORMED);
    fill_hello();
    assert_int_equal(hello_again(), MIRSAL_OK);
    assert_int_equal(out.hello.heads[1].id[0], 2);
}

static void counts_over_the_limits_are_refused(void **state)
{
    (void)state;
    struct mir_buf payload;
    mir_buf_init(&payload, &test.env, 1u << 20);
    mir_mp_write_array(&payload, 9);
    mir_mp_write_bin(&payload, hello.team, 16);
    mir_mp_write_nil(&payload);
    mir_mp_write_array(&payload, 0);
    mir_mp_write_nil(&payload);
    mir_mp_write_array(&payload, MIR_HEADS_MAX + 1);
    for (unsigned i = 0; i <= MIR_HEADS_MAX; i++) {
        mir_mp_write_array(&payload, 3);
        mir_mp_write_uint(&payload, 0);
        mir_mp_write_uint(&payload, i + 1);
        mir_mp_write_bin(&payload, hello.team, 8);
    }
    assert_int_equal(mir_hello_read(&out.hello, mir_buf_bytes(&payload), NULL), MIRSAL_LIMIT);
    mir_buf_fini(&payload);
}

static void state_goes_round_whole_and_bare(void **state)
{
    (void)state;
    static struct mir_state relay;
    memset(&relay, 0, sizeof relay);
    mir_state_write(&frame, &relay);
    goes_round(MIR_FRAME_STATE);
    mir_buf_reset(&frame);
    uint8_t nodes[64] = { 1 };
    relay.head_count = 1;
    relay.heads[0] = (struct mir_own_head){ 255, 70, { 3 } };
    relay.has_checkpoint = 1;
    relay.checkpoint.size = 8;
    relay.proof = (struct mir_bytes){ nodes, sizeof nodes };
    relay.hints = MIR_HINT_CLOCK | MIR_HINT_QUOTA;
    relay.key_serial = 65535;
    relay.has_session = 1;
    mir_state_write(&frame, &relay);
    goes_round(MIR_FRAME_STATE);
}

static void unknown_codes_and_long_texts_are_refused(void **state)
{
    (void)state;
    mir_refuse_write(&frame, (enum mir_refuse_code)9, "");
    assert_int_equal(
        mir_refuse_read(&out.refuse, payload_of(MIR_FRAME_REFUSE), NULL), MIRSAL_MALFORMED);
    mir_buf_reset(&frame);
    mir_refuse_write(&frame, (enum mir_refuse_code)0, "");
    assert_int_equal(
        mir_refuse_read(&out.refuse, payload_of(MIR_FRAME_REFUSE), NULL), MIRSAL_MALFORMED);
    char text[300];
    memset(text, 'a', sizeof text);
    text[299] = 0;
    mir_buf_reset(&frame);
    mir_refuse_write(&frame, MIR_REFUSE_QUOTA, text);
    assert_int_equal(mir_refuse_read(&out.refuse, payload_of(MIR_FRAME_REFUSE), NULL), MIRSAL_OK);
    assert_int_equal(strlen(out.refuse.text), MIR_ERROR_TEXT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_small_frames_go_round, start, stop),
        cmocka_unit_test_setup_teardown(hello_goes_round_whole_and_bare, start, stop),
        cmocka_unit_test_setup_teardown(hello_refuses_lists_out_of_order, start, stop),
        cmocka_unit_test_setup_teardown(counts_over_the_limits_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(state_goes_round_whole_and_bare, start, stop),
        cmocka_unit_test_setup_teardown(unknown_codes_and_long_texts_are_refused, start, stop),
    };
    return cmocka_run_group_tests_name("frames", tests, NULL, NULL);
}
