/* SPDX-License-Identifier: Apache-2.0 */
/* unit/initiator_test.c - broken links at every byte, changed bytes at every byte, budgets. */
#include "initiator.h"

#include "fixture_world.h"

#include <stdlib.h>
#include <string.h>

static struct fixture_world world;

/* A device with something of every size to say, a relay that has what it does not. */
static void prepare(void)
{
    fixture_world_init(&world);
    struct fixture_replica *alice = &world.alice;
    struct fixture_replica *bob = &world.bob;
    for (unsigned i = 0; i < 10; i++) {
        fixture_write_bulk(alice, i % 2 == 0 ? 0 : 1, 60 + 20 * i);
    }
    fixture_write_bulk(alice, 0, 1500);
    fixture_found(&world.relay, &world.team);
    for (unsigned i = 0; i < 4; i++) {
        fixture_write_bulk(bob, 0, 200);
    }
    fixture_copy(&world.relay, bob);
    world.drive.request_size = 1024;
}

static void converges(void)
{
    for (unsigned tries = 0; tries < 3 && world.drive.counters.more; tries++) {
        assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
    }
    fixture_assert_same(&world.alice, &world.relay);
    assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
    assert_int_equal(world.drive.counters.requests, 1);
    assert_int_equal(world.drive.counters.pushed + world.drive.counters.pulled, 0);
    assert_int_equal(world.alice.vectors, 0);
}

static void a_large_push_takes_several_requests(void **state)
{
    (void)state;
    prepare();
    assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
    assert_true(world.drive.counters.requests >= 3);
    assert_int_equal(world.drive.counters.rounds, 1);
    assert_int_equal(world.drive.counters.pushed, 12);
    assert_int_equal(world.drive.counters.pulled, 5);
    converges();
    fixture_world_fini(&world);
}

/* Bytes that a whole run sends and gets; and of its first messages, without padding. */
static uint64_t sent;
static uint64_t answered;
static uint64_t first_request;
static uint64_t first_answer;

static void measure(void)
{
    prepare();
    world.drive.exchanges_max = 1;
    assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
    const uint8_t *size = world.drive.answer.data;
    first_answer = 2u + ((uint64_t)size[0] << 8 | size[1]);
    size = world.drive.request.data + 3;
    first_request = 5u + ((uint64_t)size[0] << 8 | size[1]);
    fixture_world_fini(&world);
    prepare();
    assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
    sent = world.drive.sent;
    answered = world.drive.answered;
    fixture_world_fini(&world);
}

/* Every byte when MIRSAL_SWEEP is set, else every 23rd. */
static uint64_t stride(void)
{
    return getenv("MIRSAL_SWEEP") != NULL ? 1 : 23;
}

static void a_link_that_breaks_after_any_byte_is_taken_up_again(void **state)
{
    (void)state;
    measure();
    for (uint64_t at = 0; at < sent; at += stride()) {
        prepare();
        world.drive.cut_request = at;
        assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
        converges();
        fixture_world_fini(&world);
    }
    for (uint64_t at = 0; at < answered; at += stride()) {
        prepare();
        world.drive.cut_answer = at;
        assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
        converges();
        fixture_world_fini(&world);
    }
}

/* A request broken off after whole runs has them held; the next run does not push them again. */
static void what_arrived_before_the_break_is_held(void **state)
{
    (void)state;
    prepare();
    world.drive.request_size = 1u << 20;
    for (unsigned i = 0; i < 40; i++) {
        fixture_write_bulk(&world.alice, 0, 50000);
    }
    world.drive.cut_request = 1200000;
    world.drive.exchanges_max = 2;
    assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
    size_t held = fixture_count(&world.relay);
    assert_true(held > 5 + 15);
    world.drive.exchanges_max = 0;
    assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
    fixture_assert_same(&world.alice, &world.relay);
    assert_true(world.drive.counters.bytes_out < 1200000);
    fixture_world_fini(&world);
}

static void a_changed_byte_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    measure();
    for (uint64_t at = 0; at < answered; at += stride()) {
        mirsal_hash before;
        mirsal_hash after;
        prepare();
        world.drive.flip_answer = at;
        world.drive.exchanges_max = 1;
        fixture_digest(&before, &world.alice);
        mirsal_code code = fixture_run(&world.drive, &world.alice);
        fixture_digest(&after, &world.alice);
        if (at < first_answer) { /* nothing before it was authentic */
            assert_memory_equal(&before, &after, sizeof before);
        }
        if (at < world.drive.answered) { /* it was in this exchange */
            assert_true(code == MIRSAL_OK || mirsal_code_class(code) == MIRSAL_CLASS_PEER);
        }
        world.drive.exchanges_max = 0;
        world.drive.flip_answer = DRIVE_NEVER;
        world.drive.flip_request = DRIVE_NEVER;
        assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
        converges();
        fixture_world_fini(&world);
    }
    for (uint64_t at = 0; at < sent; at += stride()) {
        prepare();
        size_t held = fixture_count(&world.relay);
        world.drive.flip_request = at;
        world.drive.exchanges_max = 1;
        (void)!fixture_run(&world.drive, &world.alice);
        if (at < first_request) {
            assert_int_equal(fixture_count(&world.relay), held);
        }
        if (at < world.drive.sent) {
            assert_int_not_equal(world.drive.status, 200);
        }
        world.drive.exchanges_max = 0;
        world.drive.flip_answer = DRIVE_NEVER;
        world.drive.flip_request = DRIVE_NEVER;
        assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
        converges();
        fixture_world_fini(&world);
    }
}

static void a_relay_that_never_answers_ends_the_run(void **state)
{
    (void)state;
    prepare();
    struct mir_session *client = NULL;
    const struct mir_session_options options = { .env = &world.test.env,
        .local = &world.alice.local };
    assert_int_equal(mir_session_open(&client, &options, NULL), MIRSAL_OK);
    mirsal_code code = MIRSAL_OK;
    unsigned exchanges = 0;
    while (code == MIRSAL_OK) {
        uint8_t buffer[1000];
        size_t size = 0;
        assert_int_equal(mir_session_need(client), MIR_NEED_WRITE);
        do {
            assert_int_equal(
                mir_session_send(buffer, sizeof buffer, &size, client, NULL), MIRSAL_OK);
        } while (size > 0);
        code = mir_session_receive(client, NULL, 0, NULL);
        exchanges++;
    }
    assert_int_equal(code, MIRSAL_NO_RELAY);
    assert_int_equal(exchanges, 6);
    assert_int_equal(mir_session_need(client), MIR_NEED_DONE);
    mir_session_close(client);
    fixture_world_fini(&world);
}

/* Runs under one budget after the other end in step, and none goes over its budget. */
static void a_budget_holds_in_both_directions(void **state)
{
    (void)state;
    const uint64_t budgets[] = { 3072, 3500, 4096, 7777 };
    for (size_t b = 0; b < sizeof budgets / sizeof budgets[0]; b++) {
        unsigned runs = 0;
        prepare();
        world.drive.request_size = 0;
        for (unsigned i = 0; i < 8; i++) {
            fixture_write_bulk(&world.bob, 0, 400);
            fixture_write_bulk(&world.alice, 0, 400);
        }
        fixture_copy(&world.relay, &world.bob);
        world.drive.budget = budgets[b];
        do {
            assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
            assert_true(
                world.drive.counters.bytes_in + world.drive.counters.bytes_out <= budgets[b]);
            assert_int_equal(world.drive.counters.bytes_out, world.drive.sent);
            assert_int_equal(world.drive.counters.bytes_in, world.drive.answered);
            assert_true(runs++ < 40);
        } while (world.drive.counters.more);
        assert_true(runs > 1);
        fixture_assert_same(&world.alice, &world.relay);
        fixture_world_fini(&world);
    }
}

static void what_goes_beside_the_bodies_is_of_the_budget_too(void **state)
{
    (void)state;
    const uint64_t beside[] = { 0, 700 };
    uint64_t pushed[2];
    for (size_t i = 0; i < 2; i++) {
        prepare();
        world.drive.request_size = 1024;
        for (unsigned n = 0; n < 24; n++) {
            fixture_write_bulk(&world.alice, 0, 400);
        }
        world.drive.budget = 9000;
        world.drive.beside = beside[i];
        assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
        uint64_t bodies = world.drive.counters.bytes_in + world.drive.counters.bytes_out;
        assert_true(world.drive.exchanges > 2);
        assert_true(bodies + (world.drive.exchanges - 1) * beside[i] <= 9000);
        assert_int_equal(world.drive.counters.more, 1);
        pushed[i] = world.drive.counters.pushed;
        fixture_world_fini(&world);
    }
    assert_true(pushed[1] < pushed[0]);
}

/* Whatever the budget of a device that joins: it is not refused, its join goes out or nothing. */
static void no_round_goes_out_without_the_join_it_needs(void **state)
{
    (void)state;
    unsigned silent = 0;
    unsigned joined = 0;
    for (uint64_t budget = 700; budget <= 3000; budget += 50) {
        fixture_world_init(&world);
        fixture_found(&world.relay, &world.team);
        for (unsigned i = 0; i < 6; i++) {
            fixture_write_bulk(&world.bob, 0, 300);
        }
        world.drive.budget = budget;
        assert_int_equal(fixture_run(&world.drive, &world.bob), MIRSAL_OK);
        assert_int_equal(world.drive.counters.refused, 0);
        const mirsal_hash *join = &fixture_at(&world.bob, 0)->changeset.id;
        unsigned held = fixture_find(&world.relay, join) != NULL;
        assert_int_equal(world.drive.exchanges > 0, held);
        silent += !held;
        joined += held;
        fixture_world_fini(&world);
    }
    assert_true(silent > 3 && joined > 3);
}

static void a_budget_too_small_for_a_request_sends_nothing(void **state)
{
    (void)state;
    prepare();
    world.drive.budget = 600;
    assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
    assert_int_equal(world.drive.counters.more, 1);
    assert_int_equal(world.drive.exchanges, 0);
    fixture_world_fini(&world);
}

static void no_allocation_that_fails_changes_the_store(void **state)
{
    (void)state;
    for (uint64_t at = 1;; at++) {
        struct mir_session *client = NULL;
        prepare();
        const struct mir_session_options options = { .env = &world.test.env,
            .local = &world.alice.local };
        world.test.fail_at = world.test.allocations + at;
        mirsal_code code = mir_session_open(&client, &options, NULL);
        int failed = world.test.failures > 0;
        world.test.fail_at = 0;
        if (failed) {
            assert_int_equal(code, MIRSAL_NO_MEMORY);
            assert_null(client);
        } else {
            assert_int_equal(code, MIRSAL_OK);
            mir_session_close(client);
        }
        fixture_world_fini(&world);
        if (!failed) {
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_push_takes_several_requests),
        cmocka_unit_test(what_arrived_before_the_break_is_held),
        cmocka_unit_test(a_link_that_breaks_after_any_byte_is_taken_up_again),
        cmocka_unit_test(a_changed_byte_is_refused_and_changes_nothing),
        cmocka_unit_test(a_relay_that_never_answers_ends_the_run),
        cmocka_unit_test(a_budget_holds_in_both_directions),
        cmocka_unit_test(what_goes_beside_the_bodies_is_of_the_budget_too),
        cmocka_unit_test(no_round_goes_out_without_the_join_it_needs),
        cmocka_unit_test(a_budget_too_small_for_a_request_sends_nothing),
        cmocka_unit_test(no_allocation_that_fails_changes_the_store),
    };
    return cmocka_run_group_tests_name("initiator", tests, NULL, NULL);
}
