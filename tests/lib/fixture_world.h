/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/fixture_world.h - a relay and two devices of one team, for tests of sync.
 */
#ifndef FIXTURE_WORLD_H
#define FIXTURE_WORLD_H

#include "fixture_raw.h"

struct fixture_world {
    struct test_env test;
    struct fixture_replica relay;
    struct fixture_replica alice; /* registers the team */
    struct fixture_replica bob;
    struct fixture_drive drive;
    struct fixture_raw raw;
    struct mir_buf frames; /* for frames by hand */
    struct mir_buf clear;  /* for frames of an answer */
    mirsal_hash team;
    struct mir_hello hello;
};

void fixture_world_init(struct fixture_world *world);
void fixture_world_fini(struct fixture_world *world);
/* world->frames = HELLO as alice would say it, with these flags. */
void fixture_world_hello(struct fixture_world *world, uint32_t flags);
/* Appends END, RUN with one changeset of alice's store. */
void fixture_world_end(struct fixture_world *world);
void fixture_world_run(struct fixture_world *world, size_t index);

#endif
