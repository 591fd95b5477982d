/* SPDX-License-Identifier: Apache-2.0 */
/* unit/push_test.c - how a round's requests are filled: order, sizes, one changeset of any size. */
#include "initiator.h"

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

static void control_goes_first_then_own_then_others(void **state)
{
    (void)state;
    struct fixture_replica *alice = &world.alice;
    fixture_write(&world.bob, &world.bob.device, 0, "b1", 2);
    fixture_copy(alice, &world.bob);
    fixture_write(alice, &alice->device, 0, "a1", 2);
    fixture_write(alice, &alice->device, 255, "control", 7);
    assert_int_equal(fixture_run(&world.drive, alice), MIRSAL_OK);
    const uint8_t compartments[] = { 255, 255, 255, 0, 0 };
    assert_int_equal(fixture_count(&world.relay), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(
            fixture_at(&world.relay, i)->changeset.fields.compartment, compartments[i]);
    }
    assert_true(
        mir_hash_equal(&fixture_at(&world.relay, 3)->changeset.fields.device, &alice->device.id));
}

static void requests_keep_to_their_size_and_none_is_over_the_limit(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        fixture_write_bulk(&world.alice, 0, 50000);
    }
    assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
    /* 3.0 MB: 65 KB in message 1, then about 1 MiB each */
    assert_int_equal(world.drive.counters.requests, 4);
    assert_true(world.drive.counters.bytes_out < 60 * 50300);
    fixture_assert_same(&world.alice, &world.relay);
}

static void one_changeset_of_the_largest_size_goes_through(void **state)
{
    (void)state;
    fixture_write(&world.alice, &world.alice.device, 0, "small", 5);
    fixture_write_bulk(&world.alice, 0, MIR_BODY_SIZE_MAX);
    fixture_write(&world.alice, &world.alice.device, 0, "after", 5);
    assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
    fixture_assert_same(&world.alice, &world.relay);
    world.drive.piece = 1000;
    assert_int_equal(fixture_run(&world.drive, &world.bob), MIRSAL_OK);
    fixture_assert_same(&world.bob, &world.relay);
}

/* 190 bytes a lone changeset at most, above its body. */
static void a_lone_changeset_costs_little_beside_its_body(void **state)
{
    (void)state;
    assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
    fixture_write_bulk(&world.alice, 0, 300);
    fixture_write_bulk(&world.alice, 0, 300);
    assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
    uint64_t two = world.drive.counters.bytes_out;
    for (unsigned i = 0; i < 12; i++) {
        fixture_write_bulk(&world.alice, 0, 300);
    }
    assert_int_equal(fixture_run(&world.drive, &world.alice), MIRSAL_OK);
    assert_true(world.drive.counters.bytes_out - two < 10 * (300 + 110) + 512);
}

static void the_same_seed_gives_the_same_first_request(void **state)
{
    (void)state;
    struct mir_buf requests[2];
    for (unsigned turn = 0; turn < 2; turn++) {
        static struct fixture_world other;
        fixture_world_init(&other);
        other.drive.exchanges_max = 1;
        assert_int_equal(fixture_run(&other.drive, &other.alice), MIRSAL_OK);
        mir_buf_init(&requests[turn], &world.test.env, 1u << 20);
        mir_buf_append(&requests[turn], other.drive.request.data, other.drive.request.size);
        fixture_world_fini(&other);
    }
    assert_int_equal(requests[0].size, requests[1].size);
    assert_memory_equal(requests[0].data, requests[1].data, requests[0].size);
    mir_buf_fini(&requests[0]);
    mir_buf_fini(&requests[1]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(control_goes_first_then_own_then_others),
        TEST(requests_keep_to_their_size_and_none_is_over_the_limit),
        TEST(one_changeset_of_the_largest_size_goes_through),
        TEST(a_lone_changeset_costs_little_beside_its_body),
        TEST(the_same_seed_gives_the_same_first_request),
    };
    return cmocka_run_group_tests_name("push", tests, NULL, NULL);
}
