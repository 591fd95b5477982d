/* SPDX-License-Identifier: Apache-2.0 */
/* unit/exchange_test.c - single HTTP requests at the relay: repeats, replays, statuses. */
#include "exchange.h"

#include "fixture_world.h"

#include <string.h>

static struct fixture_world world;
static struct mir_buf kept; /* bytes of an earlier request or answer */

static int start(void **state)
{
    (void)state;
    fixture_world_init(&world);
    fixture_found(&world.relay, &world.team);
    mir_buf_init(&kept, &world.test.env, 1u << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    mir_buf_fini(&kept);
    fixture_world_fini(&world);
    return 0;
}

static void keep(const struct mir_buf *from)
{
    mir_buf_reset(&kept);
    mir_buf_append(&kept, from->data, from->size);
}

static void put_back(struct mir_buf *to)
{
    mir_buf_reset(to);
    mir_buf_append(to, kept.data, kept.size);
}

/* Alice's first request, by hand: HELLO and her join, without END when more is to come. */
static void say_hello(int end)
{
    fixture_world_hello(&world, MIR_HELLO_JOINS);
    fixture_world_run(&world, 0);
    if (end) {
        fixture_world_end(&world);
    }
    fixture_raw_first(&world.raw, &world.drive.request, &world.alice, mir_buf_bytes(&world.frames));
    fixture_serve(&world.drive);
    assert_int_equal(world.drive.status, 200);
    fixture_raw_answer(&world.raw, &world.clear, &world.drive.answer);
    assert_int_equal(fixture_raw_frame(&world.clear, 0, NULL), MIR_FRAME_STATE);
    assert_int_equal(
        fixture_raw_frame(&world.clear, 1, NULL), end ? MIR_FRAME_PAGE : MIR_FRAME_NONE);
}

static void later(uint32_t counter)
{
    fixture_raw_later(&world.raw, &world.drive.request, counter, mir_buf_bytes(&world.frames));
    fixture_serve(&world.drive);
}

static void a_repeated_counter_gets_the_same_bytes(void **state)
{
    (void)state;
    fixture_write(&world.alice, &world.alice.device, 0, "a1", 2);
    say_hello(0);
    mir_buf_reset(&world.frames);
    fixture_world_run(&world, 1);
    later(1);
    assert_int_equal(world.drive.status, 200);
    assert_int_equal(fixture_count(&world.relay), 2);
    keep(&world.drive.answer);
    uint32_t commits = world.relay.commits_hosted;
    fixture_serve(&world.drive); /* the same request again */
    assert_int_equal(world.drive.status, 200);
    assert_int_equal(world.drive.answer.size, kept.size);
    assert_memory_equal(world.drive.answer.data, kept.data, kept.size);
    assert_int_equal(world.relay.commits_hosted, commits);
    fixture_raw_answer(&world.raw, &world.clear, &world.drive.answer);
    /* and the session goes on from there */
    mir_buf_reset(&world.frames);
    fixture_world_end(&world);
    later(2);
    assert_int_equal(world.drive.status, 200);
    fixture_raw_answer(&world.raw, &world.clear, &world.drive.answer);
    assert_int_equal(fixture_raw_frame(&world.clear, 0, NULL), MIR_FRAME_STATE);
}

static void a_counter_out_of_turn_is_unknown(void **state)
{
    (void)state;
    say_hello(0);
    mir_buf_reset(&world.frames);
    fixture_world_end(&world);
    struct mir_noise_transport before = world.raw.transport;
    later(2);
    assert_int_equal(world.drive.status, 404);
    world.raw.transport = before;
    later(0);
    assert_int_equal(world.drive.status, 404);
    world.raw.transport = before;
    later(1);
    assert_int_equal(world.drive.status, 200);
}

static void an_unknown_session_is_404(void **state)
{
    (void)state;
    say_hello(0);
    world.raw.session[3] ^= 1;
    mir_buf_reset(&world.frames);
    fixture_world_end(&world);
    later(1);
    assert_int_equal(world.drive.status, 404);
}

static void a_session_ends_ten_minutes_after_its_last_request(void **state)
{
    (void)state;
    say_hello(0);
    mir_buf_reset(&world.frames);
    fixture_world_run(&world, 0);
    test_env_advance(&world.test, 600000);
    later(1);
    assert_int_equal(world.drive.status, 200);
    fixture_raw_answer(&world.raw, &world.clear, &world.drive.answer);
    test_env_advance(&world.test, 600001);
    later(2);
    assert_int_equal(world.drive.status, 404);
}

static void a_replayed_first_message_is_answered_from_the_cache(void **state)
{
    (void)state;
    say_hello(1);
    keep(&world.drive.answer);
    fixture_serve(&world.drive);
    assert_int_equal(world.drive.status, 200);
    assert_int_equal(world.drive.answer.size, kept.size);
    assert_memory_equal(world.drive.answer.data, kept.data, kept.size);
}

static void a_replay_after_the_session_gets_state_and_end_alone(void **state)
{
    (void)state;
    say_hello(1);
    struct mir_noise_handshake fresh;
    keep(&world.drive.request);
    test_env_advance(&world.test, 700000);
    fixture_write(&world.bob, &world.bob.device, 0, "newer", 5);
    fixture_copy(&world.relay, &world.bob);
    put_back(&world.drive.request);
    (void)fresh;
    uint32_t commits = world.relay.commits_hosted;
    uint32_t reads = world.relay.reads;
    fixture_serve(&world.drive);
    assert_int_equal(world.drive.status, 200);
    assert_int_equal(world.relay.commits_hosted, commits);
    assert_int_equal(world.relay.reads, reads);
    assert_int_equal(world.drive.answer.size, 256);
}

static void what_does_not_parse_or_open_is_400(void **state)
{
    (void)state;
    fixture_world_hello(&world, MIR_HELLO_JOINS);
    fixture_raw_first(&world.raw, &world.drive.request, &world.alice, mir_buf_bytes(&world.frames));
    keep(&world.drive.request);
    world.drive.request.data[0] = 3; /* kind */
    fixture_serve(&world.drive);
    assert_int_equal(world.drive.status, 400);
    put_back(&world.drive.request);
    world.drive.request.data[2] ^= 1; /* serial */
    fixture_serve(&world.drive);
    assert_int_equal(world.drive.status, 400);
    put_back(&world.drive.request);
    world.drive.request.data[40] ^= 1; /* message */
    fixture_serve(&world.drive);
    assert_int_equal(world.drive.status, 400);
    put_back(&world.drive.request);
    world.drive.request.data[world.drive.request.size - 1] = 1; /* padding */
    fixture_serve(&world.drive);
    assert_int_equal(world.drive.status, 400);
    mir_buf_reset(&world.drive.request);
    fixture_serve(&world.drive);
    assert_int_equal(world.drive.status, 400);
    assert_int_equal(world.drive.answer.size, 0);
    assert_int_equal(fixture_count(&world.relay), 0);
}

static void a_body_over_the_limit_is_413(void **state)
{
    (void)state;
    struct mir_session *server = NULL;
    static uint8_t zeros[65536];
    mirsal_code code = MIRSAL_OK;
    assert_int_equal(
        mir_responder_accept(&server, world.drive.responder, &world.relay.host, NULL), MIRSAL_OK);
    zeros[0] = MIR_CARRIAGE_FIRST;
    for (size_t at = 0; at <= MIR_HTTP_BODY_MAX; at += sizeof zeros) {
        code = mir_session_receive(server, zeros, sizeof zeros, NULL);
        zeros[0] = 0;
    }
    (void)!mir_session_receive(server, NULL, 0, NULL);
    (void)code;
    assert_true(mir_session_status(server) == 413 || mir_session_status(server) == 400);
    assert_int_equal(mir_session_need(server), MIR_NEED_DONE);
    mir_session_close(server);
    /* Within a session, where nothing else is wrong with it. */
    say_hello(0);
    mir_buf_reset(&world.frames);
    fixture_raw_later(&world.raw, &world.drive.request, 1, mir_buf_bytes(&world.frames));
    assert_non_null(mir_buf_extend(&world.drive.request, MIR_HTTP_BODY_MAX));
    fixture_serve(&world.drive);
    assert_int_equal(world.drive.status, 413);
}

/* Someone who saw the session's id cannot end it. */
static void foreign_bytes_do_not_harm_a_session(void **state)
{
    (void)state;
    say_hello(0);
    mir_buf_reset(&world.frames);
    fixture_world_end(&world);
    struct mir_noise_transport before = world.raw.transport;
    world.raw.transport.send.k[0] ^= 1;
    later(1);
    assert_int_equal(world.drive.status, 400);
    world.raw.transport = before;
    later(1);
    assert_int_equal(world.drive.status, 200);
}

static void a_second_request_meanwhile_is_503(void **state)
{
    (void)state;
    say_hello(0);
    mir_buf_reset(&world.frames);
    fixture_world_end(&world);
    fixture_raw_later(&world.raw, &world.drive.request, 1, mir_buf_bytes(&world.frames));
    struct mir_session *server = NULL;
    assert_int_equal(
        mir_responder_accept(&server, world.drive.responder, &world.relay.host, NULL), MIRSAL_OK);
    assert_int_equal(mir_session_receive(server, world.drive.request.data, 30, NULL), MIRSAL_OK);
    fixture_serve(&world.drive);
    assert_int_equal(world.drive.status, 503);
    mir_session_close(server); /* breaks off; the session waits for the repeat */
    fixture_serve(&world.drive);
    assert_int_equal(world.drive.status, 200);
}

/* A large answer is not kept: its repeat is unknown, a new handshake goes on from the cursors. */
static void a_large_answer_is_not_kept(void **state)
{
    (void)state;
    say_hello(1);
    for (unsigned i = 0; i < 3; i++) {
        fixture_write_bulk(&world.bob, 0, 40000);
    }
    fixture_copy(&world.relay, &world.bob);
    fixture_world_hello(&world, 0);
    fixture_world_end(&world);
    later(1);
    assert_int_equal(world.drive.status, 200);
    assert_true(world.drive.answer.size > 120000);
    fixture_serve(&world.drive);
    assert_int_equal(world.drive.status, 404);
}

/* A small answer that was never sent is whole all the same for the repeat. */
static void an_answer_that_was_not_sent_can_be_repeated(void **state)
{
    (void)state;
    say_hello(1);
    fixture_world_hello(&world, 0);
    fixture_world_end(&world);
    fixture_raw_later(&world.raw, &world.drive.request, 1, mir_buf_bytes(&world.frames));
    struct mir_session *server = NULL;
    assert_int_equal(
        mir_responder_accept(&server, world.drive.responder, &world.relay.host, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_session_receive(server, world.drive.request.data, world.drive.request.size, NULL),
        MIRSAL_OK);
    assert_int_equal(mir_session_receive(server, NULL, 0, NULL), MIRSAL_OK);
    assert_int_equal(mir_session_need(server), MIR_NEED_WRITE);
    mir_session_close(server);
    fixture_serve(&world.drive);
    assert_int_equal(world.drive.status, 200);
    fixture_raw_answer(&world.raw, &world.clear, &world.drive.answer);
    assert_int_equal(fixture_raw_frame(&world.clear, 0, NULL), MIR_FRAME_STATE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_repeated_counter_gets_the_same_bytes),
        TEST(a_counter_out_of_turn_is_unknown),
        TEST(an_unknown_session_is_404),
        TEST(a_session_ends_ten_minutes_after_its_last_request),
        TEST(a_replayed_first_message_is_answered_from_the_cache),
        TEST(a_replay_after_the_session_gets_state_and_end_alone),
        TEST(what_does_not_parse_or_open_is_400),
        TEST(a_body_over_the_limit_is_413),
        TEST(foreign_bytes_do_not_harm_a_session),
        TEST(a_second_request_meanwhile_is_503),
        TEST(a_large_answer_is_not_kept),
        TEST(an_answer_that_was_not_sent_can_be_repeated),
    };
    return cmocka_run_group_tests_name("exchange", tests, NULL, NULL);
}
