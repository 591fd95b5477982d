/* SPDX-License-Identifier: Apache-2.0 */
/* unit/state_test.c - what STATE and HEADERS say, frame by frame, to a request by hand. */
#include "exchange.h"

#include "fixture_world.h"
#include "merkle.h"

#include <string.h>

static struct fixture_world world;
static struct mir_state told;

static int start(void **state)
{
    (void)state;
    fixture_world_init(&world);
    fixture_found(&world.relay, &world.team);
    fixture_copy(&world.relay, &world.alice);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    fixture_world_fini(&world);
    return 0;
}

/* Sends HELLO as it stands in world.hello, with END; STATE goes to told. */
static void ask(void)
{
    struct mir_bytes payload;
    mir_buf_reset(&world.frames);
    mir_hello_write(&world.frames, &world.hello);
    fixture_world_end(&world);
    fixture_raw_first(&world.raw, &world.drive.request, &world.alice, mir_buf_bytes(&world.frames));
    fixture_serve(&world.drive);
    assert_int_equal(world.drive.status, 200);
    fixture_raw_answer(&world.raw, &world.clear, &world.drive.answer);
    assert_int_equal(fixture_raw_frame(&world.clear, 0, &payload), MIR_FRAME_STATE);
    assert_int_equal(mir_state_read(&told, payload, NULL), MIRSAL_OK);
}

static void heads_are_those_of_own_chains(void **state)
{
    (void)state;
    fixture_write(&world.relay, &world.alice.device, 1, "source", 6);
    fixture_copy(&world.relay, &world.bob);
    fixture_world_hello(&world, 0);
    ask();
    assert_int_equal(told.head_count, 2);
    assert_int_equal(told.heads[0].compartment, 1);
    assert_int_equal(told.heads[1].compartment, 255);
    assert_memory_equal(
        told.heads[1].id, fixture_at(&world.alice, 0)->changeset.id.bytes, sizeof told.heads[1].id);
    assert_int_equal(told.key_serial, 1);
    assert_true(told.has_session);
    assert_memory_equal(told.store_epoch, world.relay.store_epoch, 8);
}

static void the_clock_is_off_by_more_than_ten_minutes(void **state)
{
    (void)state;
    fixture_world_hello(&world, 0);
    world.hello.time_ms -= 600000;
    ask();
    assert_int_equal(told.hints & MIR_HINT_CLOCK, 0);
    world.hello.time_ms -= 1;
    ask();
    assert_int_equal(told.hints & MIR_HINT_CLOCK, MIR_HINT_CLOCK);
    world.hello.time_ms += 2 * 600000 + 2;
    ask();
    assert_int_equal(told.hints & MIR_HINT_CLOCK, MIR_HINT_CLOCK);
}

static void headers_show_what_the_device_seems_to_lack(void **state)
{
    (void)state;
    struct mir_bytes payload;
    struct mir_headers headers;
    struct mir_arena arena;
    fixture_write(&world.relay, &world.alice.device, 0, "lost", 4);
    fixture_write(&world.relay, &world.alice.device, 1, "lost", 4);
    fixture_world_hello(&world, 0);
    ask();
    assert_int_equal(told.hints, MIR_HINT_BEHIND);
    assert_int_equal(fixture_raw_frame(&world.clear, 1, &payload), MIR_FRAME_HEADERS);
    assert_int_not_equal(fixture_raw_frame(&world.clear, 2, NULL), MIR_FRAME_HEADERS);
    mir_arena_init(&arena, &world.test.env, 1u << 20);
    assert_int_equal(mir_headers_read(&headers, payload, &arena, NULL), MIRSAL_OK);
    assert_int_equal(headers.count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct mir_changeset *lost = &fixture_at(&world.relay, 1 + i)->changeset;
        assert_true(mir_bytes_equal(headers.items[i].header, lost->header));
        assert_memory_equal(headers.items[i].signature, lost->signature.data, 64);
    }
    mir_arena_fini(&arena);
}

static void another_changeset_at_its_own_place_is_a_fork(void **state)
{
    (void)state;
    fixture_world_hello(&world, 0);
    world.hello.heads[0].id[0] ^= 1;
    ask();
    assert_int_equal(told.hints, MIR_HINT_FORK);
    assert_int_equal(fixture_raw_frame(&world.clear, 1, NULL), MIR_FRAME_HEADERS);
}

static void a_checkpoint_comes_with_news_and_its_proof(void **state)
{
    (void)state;
    fixture_world_hello(&world, 0);
    ask();
    assert_true(told.has_checkpoint);
    assert_null(told.proof.data);
    struct mir_checkpoint first = told.checkpoint;
    assert_true(mir_checkpoint_verify(&first, &world.relay.identity.id, &world.team));
    world.hello.has_epoch = 1;
    memcpy(world.hello.store_epoch, told.store_epoch, 8);
    world.hello.has_checkpoint = 1;
    world.hello.checkpoint_size = first.size;
    memcpy(world.hello.checkpoint_root, first.root.bytes, 16);
    ask();
    assert_false(told.has_checkpoint);
    fixture_copy(&world.relay, &world.bob);
    fixture_write(&world.relay, &world.bob.device, 0, "b1", 2);
    ask();
    assert_true(told.has_checkpoint);
    assert_true(mir_merkle_consistency_verify(
        &first.root, first.size, &told.checkpoint.root, told.checkpoint.size, told.proof));
    world.hello.budget = 2048; /* too little for news of that kind */
    ask();
    assert_false(told.has_checkpoint);
}

static void a_checkpoint_that_does_not_fit_is_asked_for(void **state)
{
    (void)state;
    fixture_world_hello(&world, 0);
    world.hello.has_checkpoint = 1;
    world.hello.checkpoint_size = 1; /* another root */
    ask();
    assert_int_equal(told.hints, MIR_HINT_CHECKPOINT);
    world.hello.checkpoint_size = 99;
    ask();
    assert_int_equal(told.hints, MIR_HINT_CHECKPOINT);
    assert_int_equal(fixture_raw_frame(&world.clear, 1, NULL), MIR_FRAME_END);
}

static void another_store_epoch_asks_for_a_vector(void **state)
{
    (void)state;
    fixture_world_hello(&world, 0);
    world.hello.has_epoch = 1;
    ask();
    assert_int_equal(told.hints, MIR_HINT_VECTOR);
    assert_int_equal(fixture_raw_frame(&world.clear, 1, NULL), MIR_FRAME_END);
}

static void standing_and_quota_are_told(void **state)
{
    (void)state;
    world.relay.members[0].device.standing = MIR_SYNC_WAITING;
    world.relay.members[0].device.quota_near = 1;
    fixture_world_hello(&world, 0);
    ask();
    assert_int_equal(told.hints, MIR_HINT_WAITING | MIR_HINT_QUOTA);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(heads_are_those_of_own_chains),
        TEST(the_clock_is_off_by_more_than_ten_minutes),
        TEST(headers_show_what_the_device_seems_to_lack),
        TEST(another_changeset_at_its_own_place_is_a_fork),
        TEST(a_checkpoint_comes_with_news_and_its_proof),
        TEST(a_checkpoint_that_does_not_fit_is_asked_for),
        TEST(another_store_epoch_asks_for_a_vector),
        TEST(standing_and_quota_are_told),
    };
    return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
