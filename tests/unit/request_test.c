/* SPDX-License-Identifier: Apache-2.0 */
/* unit/request_test.c - frames that a client should not say: each is refused and nothing held. */
#include "exchange.h"

#include "fixture_world.h"
#include "msgpack.h"

#include <string.h>

static struct fixture_world world;

static int start(void **state)
{
    (void)state;
    fixture_world_init(&world);
    fixture_found(&world.relay, &world.team);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    fixture_world_fini(&world);
    return 0;
}

/* Sends world.frames in a first message; the code of the refusal, 0 for STATE. */
static enum mir_refuse_code send_first(void)
{
    static struct mir_refuse refuse;
    struct mir_bytes payload;
    fixture_raw_first(&world.raw, &world.drive.request, &world.alice, mir_buf_bytes(&world.frames));
    fixture_serve(&world.drive);
    assert_int_equal(world.drive.status, 200);
    fixture_raw_answer(&world.raw, &world.clear, &world.drive.answer);
    if (fixture_raw_frame(&world.clear, 0, &payload) == MIR_FRAME_STATE) {
        return 0;
    }
    assert_int_equal(fixture_raw_frame(&world.clear, 0, &payload), MIR_FRAME_REFUSE);
    assert_int_equal(fixture_raw_frame(&world.clear, 1, NULL), MIR_FRAME_NONE);
    assert_int_equal(mir_refuse_read(&refuse, payload, NULL), MIRSAL_OK);
    return refuse.code;
}

/* Begins with HELLO and the join, so that what follows is judged as a member's. */
static void begin(uint32_t flags)
{
    fixture_world_hello(&world, flags | MIR_HELLO_JOINS);
}

static void frames_out_of_order_are_refused(void **state)
{
    (void)state;
    mir_buf_reset(&world.frames);
    fixture_world_end(&world); /* before HELLO */
    assert_int_equal(send_first(), MIR_REFUSE_MALFORMED);
    mir_buf_reset(&world.frames);
    fixture_world_run(&world, 0);
    assert_int_equal(send_first(), MIR_REFUSE_MALFORMED);
    begin(0);
    fixture_world_run(&world, 0);
    mir_checkpoint_write(&world.frames, &(struct mir_checkpoint){ { 0 }, 1, { { 0 } }, 0, { 0 } });
    assert_int_equal(send_first(), MIR_REFUSE_MALFORMED);
    begin(0);
    fixture_world_end(&world);
    fixture_world_end(&world);
    assert_int_equal(send_first(), MIR_REFUSE_MALFORMED);
    begin(0);
    mir_hello_write(&world.frames, &world.hello);
    assert_int_equal(send_first(), MIR_REFUSE_MALFORMED);
    begin(MIR_HELLO_VECTOR); /* announced, and not first */
    fixture_world_run(&world, 0);
    assert_int_equal(send_first(), MIR_REFUSE_MALFORMED);
    begin(0);
    mir_vector_write(&world.frames, &(struct mir_vector){ 0, NULL, 0, NULL });
    assert_int_equal(send_first(), MIR_REFUSE_MALFORMED);
    assert_int_equal(fixture_count(&world.relay), 0);
}

static uint64_t words;

static mirsal_code take_word(void *context, struct mir_bytes word, mirsal_error *err)
{
    (void)context;
    (void)word;
    (void)err;
    words++;
    return MIRSAL_OK;
}

static void add_words(size_t count, size_t size)
{
    static const uint8_t zeros[MIR_RELAY_WORD_SIZE_MAX];
    for (size_t i = 0; i < count; i++) {
        mir_frame_write(&world.frames, MIR_FRAME_WORD, (struct mir_bytes){ zeros, size });
    }
}

/* A round with VECTOR, as far as there; the code of the refusal of what world.frames then adds. */
static enum mir_refuse_code send_behind_vector(size_t before, size_t after, size_t size)
{
    static struct mir_refuse refuse;
    struct mir_bytes payload;
    words = 0;
    fixture_world_hello(&world, MIR_HELLO_VECTOR);
    assert_int_equal(send_first(), 0);
    mir_buf_reset(&world.frames);
    mir_vector_write(&world.frames, &(struct mir_vector){ 0, NULL, 0, NULL });
    add_words(before, size);
    fixture_world_run(&world, 0);
    add_words(after, size);
    fixture_world_end(&world);
    fixture_raw_later(&world.raw, &world.drive.request, 1, mir_buf_bytes(&world.frames));
    fixture_serve(&world.drive);
    fixture_raw_answer(&world.raw, &world.clear, &world.drive.answer);
    if (fixture_raw_frame(&world.clear, 0, &payload) == MIR_FRAME_STATE) {
        return 0;
    }
    assert_int_equal(mir_refuse_read(&refuse, payload, NULL), MIRSAL_OK);
    return refuse.code;
}

static void words_come_to_a_peer_alone_before_runs_and_not_without_end(void **state)
{
    (void)state;
    fixture_copy(&world.relay, &world.alice);
    assert_int_equal(send_behind_vector(1, 0, 10), MIR_REFUSE_MALFORMED); /* to a relay */
    world.relay.host.word = take_word;
    assert_int_equal(send_behind_vector(3, 0, 10), 0);
    assert_int_equal(words, 3);
    assert_int_equal(send_behind_vector(1, 1, 10), MIR_REFUSE_MALFORMED);
    assert_int_equal(words, 1);
    const size_t size = MIR_RELAY_WORD_SIZE_MAX;
    const size_t most = MIR_RELAY_WORDS_SIZE_MAX / size;
    assert_int_equal(send_behind_vector(most, 0, size), 0);
    assert_int_equal(words, most);
    assert_int_equal(send_behind_vector(most + 1, 0, size), MIR_REFUSE_MALFORMED);
    assert_int_equal(words, most);
}

static void frames_of_a_relay_are_refused(void **state)
{
    (void)state;
    static struct mir_state relay_state;
    begin(0);
    mir_state_write(&world.frames, &relay_state);
    assert_int_equal(send_first(), MIR_REFUSE_MALFORMED);
    begin(0);
    mir_page_write(&world.frames, &(struct mir_cursor){ 0, 1 });
    assert_int_equal(send_first(), MIR_REFUSE_MALFORMED);
    begin(0);
    mir_refuse_write(&world.frames, MIR_REFUSE_QUOTA, "");
    assert_int_equal(send_first(), MIR_REFUSE_MALFORMED);
}

static void a_vector_needs_the_session(void **state)
{
    (void)state;
    begin(MIR_HELLO_VECTOR);
    mir_vector_write(&world.frames, &(struct mir_vector){ 0, NULL, 0, NULL });
    assert_int_equal(send_first(), MIR_REFUSE_MALFORMED);
}

static void no_frame_at_all_is_refused(void **state)
{
    (void)state;
    mir_buf_reset(&world.frames);
    assert_int_equal(send_first(), MIR_REFUSE_MALFORMED);
}

static void half_a_frame_after_end_is_refused(void **state)
{
    (void)state;
    begin(0);
    fixture_world_run(&world, 0);
    fixture_world_end(&world);
    mir_buf_append_u8(&world.frames, MIR_FRAME_RUN);
    assert_int_equal(send_first(), MIR_REFUSE_MALFORMED);
}

/* Each byte of a run changed, in good carriage: refused or rejected. */
static void no_changed_byte_of_a_run_is_held(void **state)
{
    (void)state;
    struct mir_buf good;
    begin(0);
    size_t before = world.frames.size;
    fixture_world_run(&world, 0);
    size_t after = world.frames.size;
    fixture_world_end(&world);
    mir_buf_init(&good, &world.test.env, 1u << 20);
    mir_buf_append(&good, world.frames.data, world.frames.size);
    for (size_t at = before; at < after; at++) {
        mir_buf_reset(&world.frames);
        mir_buf_append(&world.frames, good.data, good.size);
        world.frames.data[at] ^= 0x21;
        (void)send_first();
        assert_int_equal(fixture_count(&world.relay), 0);
    }
    mir_buf_fini(&good);
}

static void what_was_queued_before_a_broken_frame_is_dropped(void **state)
{
    (void)state;
    begin(0);
    fixture_world_run(&world, 0);
    mir_frame_write(&world.frames, MIR_FRAME_RUN, (struct mir_bytes){ (const uint8_t *)"x", 1 });
    fixture_world_end(&world);
    assert_int_equal(send_first(), MIR_REFUSE_MALFORMED);
    assert_int_equal(fixture_count(&world.relay), 0);
    assert_int_equal(world.relay.queue.size, 0);
}

static void an_unknown_device_brings_eight_kibibytes_at_most(void **state)
{
    (void)state;
    struct fixture_device stranger;
    fixture_device_init(&stranger, 9);
    static const uint8_t body[3000];
    for (unsigned i = 0; i < 4; i++) {
        fixture_write(&world.alice, &stranger, 255, body, sizeof body);
    }
    world.alice.device = stranger;
    begin(0);
    for (unsigned i = 1; i <= 4; i++) {
        fixture_world_run(&world, i);
    }
    fixture_world_end(&world);
    assert_int_equal(send_first(), MIR_REFUSE_DEVICE);
    assert_true(fixture_count(&world.relay) <= 2);
}

static void a_refused_session_is_over(void **state)
{
    (void)state;
    begin(0);
    fixture_world_run(&world, 0);
    assert_int_equal(send_first(), 0);
    mir_buf_reset(&world.frames);
    mir_hello_write(&world.frames, &world.hello);
    fixture_raw_later(&world.raw, &world.drive.request, 1, mir_buf_bytes(&world.frames));
    fixture_serve(&world.drive);
    fixture_raw_answer(&world.raw, &world.clear, &world.drive.answer);
    assert_int_equal(fixture_raw_frame(&world.clear, 0, NULL), MIR_FRAME_REFUSE);
    mir_buf_reset(&world.frames);
    fixture_world_end(&world);
    fixture_raw_later(&world.raw, &world.drive.request, 2, mir_buf_bytes(&world.frames));
    fixture_serve(&world.drive);
    assert_int_equal(world.drive.status, 404);
}

static void another_team_in_one_session_is_refused(void **state)
{
    (void)state;
    begin(0);
    fixture_world_run(&world, 0);
    fixture_world_end(&world);
    assert_int_equal(send_first(), 0);
    world.hello.team[0] ^= 1;
    mir_buf_reset(&world.frames);
    mir_hello_write(&world.frames, &world.hello);
    fixture_raw_later(&world.raw, &world.drive.request, 1, mir_buf_bytes(&world.frames));
    fixture_serve(&world.drive);
    fixture_raw_answer(&world.raw, &world.clear, &world.drive.answer);
    assert_int_equal(fixture_raw_frame(&world.clear, 0, NULL), MIR_FRAME_REFUSE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(frames_out_of_order_are_refused),
        TEST(words_come_to_a_peer_alone_before_runs_and_not_without_end),
        TEST(frames_of_a_relay_are_refused),
        TEST(a_vector_needs_the_session),
        TEST(no_frame_at_all_is_refused),
        TEST(half_a_frame_after_end_is_refused),
        TEST(no_changed_byte_of_a_run_is_held),
        TEST(what_was_queued_before_a_broken_frame_is_dropped),
        TEST(an_unknown_device_brings_eight_kibibytes_at_most),
        TEST(a_refused_session_is_over),
        TEST(another_team_in_one_session_is_refused),
    };
    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
