/* SPDX-License-Identifier: Apache-2.0 */
/* unit/answer_test.c - what a relay serves: page by page, in bounded memory, over a growing log. */
#include "exchange.h"

#include "fixture_world.h"

#include <string.h>

static struct fixture_world world;

static int start(void **state)
{
    (void)state;
    fixture_world_init(&world);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    fixture_world_fini(&world);
    return 0;
}

static void run_ok(struct fixture_replica *device)
{
    assert_int_equal(fixture_run(&world.drive, device), MIRSAL_OK);
}

static void a_large_log_is_served_in_pages(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        fixture_write_bulk(&world.alice, 0, 50000);
    }
    run_ok(&world.alice);
    run_ok(&world.bob);
    assert_int_equal(world.drive.counters.pulled, 61);
    assert_int_equal(world.drive.counters.requests, 1);
    assert_true(world.bob.pages >= 12);
    fixture_assert_same(&world.bob, &world.relay);
}

/* While 6 MB are served no more than a few pages are in memory. */
static void an_answer_of_any_size_takes_bounded_memory(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 120; i++) {
        fixture_write_bulk(&world.alice, 0, 50000);
    }
    run_ok(&world.alice);
    fixture_world_hello(&world, 0);
    fixture_world_end(&world);
    fixture_raw_first(&world.raw, &world.drive.request, &world.alice, mir_buf_bytes(&world.frames));
    struct mir_session *server = NULL;
    assert_int_equal(
        mir_responder_accept(&server, world.drive.responder, &world.relay.host, NULL), MIRSAL_OK);
    world.hello.wants[0] = 0;
    size_t before = world.test.live_bytes;
    world.test.live_bytes_max = before;
    assert_int_equal(
        mir_session_receive(server, world.drive.request.data, world.drive.request.size, NULL),
        MIRSAL_OK);
    assert_int_equal(mir_session_receive(server, NULL, 0, NULL), MIRSAL_OK);
    uint64_t total = 0;
    size_t size = 0;
    do {
        uint8_t buffer[4096];
        assert_int_equal(mir_session_send(buffer, sizeof buffer, &size, server, NULL), MIRSAL_OK);
        total += size;
    } while (size > 0);
    assert_true(total > 120 * 50000);
    assert_int_equal(total % MIR_HTTP_PAD, 0);
    assert_true(world.test.live_bytes_max - before < 2000000);
    mir_session_close(server);
}

static uint32_t grow_times;

static void grow(struct fixture_replica *relay)
{
    if (grow_times > 0) {
        grow_times--;
        fixture_write(relay, &world.alice.device, 0, "meanwhile", 9);
    }
}

static void what_comes_during_the_pull_is_served_too(void **state)
{
    (void)state;
    run_ok(&world.alice);
    world.relay.on_read = grow;
    grow_times = 1;
    run_ok(&world.bob);
    fixture_assert_same(&world.bob, &world.relay);
    assert_int_equal(world.bob.vectors, 0);
    assert_int_equal(world.drive.counters.requests, 1);
}

static void a_log_that_never_rests_has_no_frontier(void **state)
{
    (void)state;
    run_ok(&world.alice);
    world.relay.on_read = grow;
    grow_times = 1000;
    run_ok(&world.bob);
    assert_int_equal(world.bob.vectors, 0);
    assert_int_equal(world.drive.counters.requests, 1);
    grow_times = 0;
    run_ok(&world.bob);
    fixture_assert_same(&world.bob, &world.relay);
}

static void a_break_in_the_middle_keeps_whole_pages(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 30; i++) {
        fixture_write_bulk(&world.alice, 0, 50000);
    }
    run_ok(&world.alice);
    world.drive.cut_answer = 900000;
    world.drive.exchanges_max = 1;
    run_ok(&world.bob);
    size_t held = fixture_count(&world.bob);
    assert_true(held > 10 && held < 30);
    assert_true(world.bob.cursors[0] > 0);
    world.drive.exchanges_max = 0;
    run_ok(&world.bob);
    fixture_assert_same(&world.bob, &world.relay);
    assert_true(world.drive.counters.bytes_in < 900000);
}

static void a_removed_want_is_not_served(void **state)
{
    (void)state;
    fixture_write(&world.alice, &world.alice.device, 1, "source", 6);
    fixture_write(&world.alice, &world.alice.device, 0, "report", 6);
    run_ok(&world.alice);
    world.bob.want_count = 1;
    run_ok(&world.bob);
    assert_int_equal(world.drive.counters.pulled, 2);
    world.bob.want_count = 2;
    run_ok(&world.bob);
    assert_int_equal(world.drive.counters.pulled, 1);
    fixture_assert_same(&world.bob, &world.relay);
    assert_int_equal(world.bob.vectors, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_large_log_is_served_in_pages),
        TEST(an_answer_of_any_size_takes_bounded_memory),
        TEST(what_comes_during_the_pull_is_served_too),
        TEST(a_log_that_never_rests_has_no_frontier),
        TEST(a_break_in_the_middle_keeps_whole_pages),
        TEST(a_removed_want_is_not_served),
    };
    return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
