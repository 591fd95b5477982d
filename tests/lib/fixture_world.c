/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/fixture_world.c - a relay and two devices of one team.
 */
#include "fixture_world.h"

#include "run.h"

#include <string.h>

void fixture_world_init(struct fixture_world *world)
{
    memset(world, 0, sizeof *world);
    test_env_init(&world->test, 21);
    const mirsal_env *env = &world->test.env;
    memset(world->team.bytes, 0x33, sizeof world->team.bytes);
    fixture_init_relay(&world->relay, env, 1);
    fixture_init_device(&world->alice, env, 2);
    fixture_init_device(&world->bob, env, 3);
    fixture_attach(&world->alice, &world->relay);
    fixture_attach(&world->bob, &world->relay);
    fixture_drive_init(&world->drive, env, &world->relay);
    fixture_join(&world->alice, &world->team, 'M');
    fixture_join(&world->bob, &world->team, 'M');
    world->alice.token = "letmein";
    fixture_raw_init(&world->raw, env);
    mir_buf_init(&world->frames, env, 1u << 20);
    mir_buf_init(&world->clear, env, 8u << 20);
}

void fixture_world_fini(struct fixture_world *world)
{
    mir_buf_fini(&world->frames);
    mir_buf_fini(&world->clear);
    fixture_drive_fini(&world->drive);
    fixture_fini(&world->alice);
    fixture_fini(&world->bob);
    fixture_fini(&world->relay);
    test_env_fini(&world->test);
}

void fixture_world_hello(struct fixture_world *world, uint32_t flags)
{
    struct mir_hello *hello = &world->hello;
    memset(hello, 0, sizeof *hello);
    memcpy(hello->team, world->team.bytes, sizeof hello->team);
    hello->head_count = 1;
    hello->heads[0].compartment = MIR_COMPARTMENT_CONTROL;
    hello->heads[0].seq = 1;
    memcpy(hello->heads[0].id, fixture_at(&world->alice, 0)->changeset.id.bytes, 8);
    hello->want_count = 2;
    hello->wants[1] = 1;
    hello->time_ms = world->test.now_ms;
    hello->flags = flags;
    mir_buf_reset(&world->frames);
    mir_hello_write(&world->frames, hello);
}

void fixture_world_end(struct fixture_world *world)
{
    mir_end_write(&world->frames, &(struct mir_end){ 0, 0, { 0 } });
}

void fixture_world_run(struct fixture_world *world, size_t index)
{
    struct mir_run_writer writer;
    struct mir_buf payload;
    mir_run_writer_init(&writer, &world->test.env, MIR_FRAME_SIZE_MAX);
    mir_buf_init(&payload, &world->test.env, MIR_FRAME_SIZE_MAX);
    assert_int_equal(
        mir_run_writer_add(&writer, &fixture_at(&world->alice, index)->changeset, NULL), MIRSAL_OK);
    assert_int_equal(mir_run_writer_finish(&writer, &payload, NULL, NULL), MIRSAL_OK);
    mir_frame_write(&world->frames, MIR_FRAME_RUN, mir_buf_bytes(&payload));
    mir_buf_fini(&payload);
    mir_run_writer_fini(&writer);
}
