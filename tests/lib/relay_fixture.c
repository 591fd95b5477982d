/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/relay_fixture.c - a relay's log on disk and a team to fill it.
 */
#include "relay_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void relay_fixture_load(struct mir_changeset *out,
    struct mir_arena *arena,
    struct test_store *store,
    int64_t no)
{
    assert_int_equal(mir_chain_load(out, arena, store->store->sql, no, NULL), MIRSAL_OK);
}

void relay_fixture_open(struct relay_fixture *relay, uint64_t seed)
{
    const struct test_invite invite = { .role = MIR_ROLE_MONITOR,
        .in_person = 1,
        .uses = 1,
        .expires_ms = TEST_START_MS + RELAY_FIXTURE_INVITE_MS };
    struct mir_arena arena;
    struct mir_changeset genesis;
    struct mir_buf lone;
    memset(relay, 0, sizeof *relay);
    test_team_found(&relay->admin, seed);
    test_team_join(&relay->monitor, &relay->admin, seed + 1, &invite);
    (void)test_team_report(&relay->admin, "of the founder");
    (void)test_team_report(&relay->monitor, "of the monitor");
    snprintf(relay->path, sizeof relay->path, "%s/relay.db", relay->admin.folder);
    mir_arena_init(&arena, &relay->admin.world.env, 1 << 22);
    relay_fixture_load(&genesis, &arena, &relay->admin, 1);
    mir_buf_init(&lone, &relay->admin.world.env, 1 << 20);
    mir_changeset_encode(&lone, &genesis);
    assert_int_equal(mir_relay_log_create(&relay->log, &relay->admin.world.env, relay->path, NULL,
                         mir_buf_bytes(&lone), NULL),
        MIRSAL_OK);
    mir_buf_fini(&lone);
    mir_arena_fini(&arena);
}

void relay_fixture_reopen(struct relay_fixture *relay)
{
    mir_relay_log_close(relay->log);
    assert_int_equal(
        mir_relay_log_open(&relay->log, &relay->admin.world.env, relay->path, NULL, NULL),
        MIRSAL_OK);
}

void relay_fixture_close(struct relay_fixture *relay)
{
    mir_relay_log_close(relay->log);
    unlink(relay->path);
    test_store_fini(&relay->monitor);
    test_store_fini(&relay->admin);
}

enum mir_reject_code relay_fixture_put(struct relay_fixture *relay,
    const struct mir_changeset *changeset,
    uint64_t *arrival)
{
    return relay_fixture_put_from(relay, NULL, changeset, arrival);
}

enum mir_reject_code relay_fixture_put_from(struct relay_fixture *relay,
    const mirsal_hash *sender,
    const struct mir_changeset *changeset,
    uint64_t *arrival)
{
    struct mir_reject reject;
    int taken = 0;
    assert_int_equal(mir_relay_log_begin(relay->log, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_relay_log_append(&taken, arrival, &reject, relay->log, sender, changeset, NULL),
        MIRSAL_OK);
    assert_int_equal(mir_relay_log_commit(relay->log, NULL), MIRSAL_OK);
    assert_int_equal(taken, reject.code == 0 || reject.code == MIR_REJECT_FORK);
    return reject.code;
}

static size_t put_part(struct relay_fixture *relay, struct test_store *store, int control)
{
    size_t stored = 0;
    struct mir_arena arena;
    mir_arena_init(&arena, &relay->admin.world.env, 1 << 24);
    int64_t count = test_team_count(store, "SELECT count(*) FROM changeset");
    for (int64_t no = 1; no <= count; no++) {
        struct mir_changeset changeset;
        uint64_t arrival = 0;
        relay_fixture_load(&changeset, &arena, store, no);
        if ((changeset.fields.compartment == MIR_COMPARTMENT_CONTROL) == control) {
            assert_int_equal(relay_fixture_put(relay, &changeset, &arrival), 0);
            stored += arrival != 0;
        }
    }
    mir_arena_fini(&arena);
    return stored;
}

size_t relay_fixture_put_all(struct relay_fixture *relay, struct test_store *store)
{
    size_t stored = put_part(relay, store, 1);
    return stored + put_part(relay, store, 0);
}
