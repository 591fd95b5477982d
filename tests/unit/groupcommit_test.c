/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/groupcommit_test.c - many batches in few commits; a failed group leaves nothing; each batch
 * hears of its own rejects.
 */
#include "server_fixture.h"
#include "teamlog.h"

#include <string.h>
#include <time.h>

#define WRITERS 8

struct writer {
    pthread_t thread;
    struct test_store device;
    struct mir_team *team;
    struct mir_queued *list;
    struct mir_sync_outcome outcome;
    mirsal_code rc;
};

static void outcome_init(struct mir_sync_outcome *outcome, struct server_fixture *server)
{
    outcome->stored = 0;
    mir_buf_init(&outcome->rejects, &server->env, 1 << 20);
    mir_buf_init(&outcome->ranges, &server->env, 1 << 20);
}

static void outcome_fini(struct mir_sync_outcome *outcome)
{
    mir_buf_fini(&outcome->rejects);
    mir_buf_fini(&outcome->ranges);
}

static void *write_batch(void *context)
{
    struct writer *writer = context;
    writer->rc = mir_team_commit(writer->team, writer->list, &writer->outcome, NULL);
    return NULL;
}

static size_t waiting(struct mir_team *team)
{
    size_t count = 0;
    pthread_mutex_lock(&team->lock);
    for (struct batch *batch = team->waiting; batch != NULL; batch = batch->next) {
        count++;
    }
    pthread_mutex_unlock(&team->lock);
    return count;
}

static void open_writer(struct writer *writer, struct server_fixture *server, struct mir_team *team)
{
    const struct test_invite invite = { .role = MIR_ROLE_MONITOR,
        .in_person = 1,
        .uses = 1,
        .expires_ms = TEST_START_MS + RELAY_FIXTURE_INVITE_MS };
    static uint64_t seed = 500;
    writer->team = team;
    test_team_join(&writer->device, &server->devices.admin, seed++, &invite);
    outcome_init(&writer->outcome, server);
}

static void many_batches_share_a_commit(void **state)
{
    (void)state;
    static struct writer writers[WRITERS];
    const struct timespec pause = { .tv_nsec = 1000000 };
    struct server_fixture server;
    struct mir_team_totals totals;
    struct mir_relay_log *blocker = NULL;
    uint64_t stored = 0;
    server_fixture_open(&server, 51);
    struct mir_team *team = server_fixture_register(&server);
    for (int i = 0; i < WRITERS; i++) {
        open_writer(&writers[i], &server, team);
    }
    stored += server_fixture_commit(
        &server, team, server_fixture_queue_all(&server, &server.devices.admin));
    for (int i = 0; i < WRITERS; i++) {
        (void)test_team_report(&writers[i].device, "one");
        (void)test_team_report(&writers[i].device, "two");
        writers[i].list = server_fixture_queue_all(&server, &writers[i].device);
    }
    /* While somebody else writes, the first waits for its turn and the others for the first. */
    assert_int_equal(mir_team_borrow(&blocker, team, NULL), MIRSAL_OK);
    assert_int_equal(mir_relay_log_begin(blocker, NULL), MIRSAL_OK);
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_create(&writers[i].thread, NULL, write_batch, &writers[i]), 0);
    }
    while (waiting(team) < WRITERS - 1) {
        nanosleep(&pause, NULL);
    }
    mir_relay_log_rollback(blocker);
    mir_team_give_back(team, blocker);
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_join(writers[i].thread, NULL), 0);
        assert_int_equal(writers[i].rc, MIRSAL_OK);
        assert_int_equal(writers[i].outcome.rejects.size, 0);
        /* join and two reports; the founder's part was there */
        assert_int_equal(writers[i].outcome.stored, 3);
        assert_int_equal(writers[i].outcome.ranges.size, sizeof(struct mir_sync_range));
        stored += writers[i].outcome.stored;
        outcome_fini(&writers[i].outcome);
        mir_queued_free(&server.env, writers[i].list);
        test_store_fini(&writers[i].device);
    }
    mir_teams_totals(&totals, server.teams);
    assert_int_equal(totals.changesets, stored);
    assert_int_equal(totals.commits, 3); /* the founder's, the first's, all others' */
    assert_int_equal(atomic_load(&server.commits), 1 + WRITERS);
    assert_int_equal(server_fixture_size(team), 1 + stored);
    server_fixture_close(&server);
}

static void a_failed_group_leaves_nothing(void **state)
{
    (void)state;
    struct server_fixture server;
    struct mir_sync_outcome outcome;
    mirsal_code rc = MIRSAL_NO_MEMORY;
    long failures = 0;
    server_fixture_open(&server, 52);
    struct mir_team *team = server_fixture_register(&server);
    struct mir_queued *list = server_fixture_queue_all(&server, &server.devices.admin);
    outcome_init(&outcome, &server);
    assert_int_equal(server_fixture_size(team), 1); /* a reader is open from here on */
    for (long fail_in = 1; rc != MIRSAL_OK; fail_in++) {
        mirsal_error err = { 0 };
        atomic_store(&server.fail_in, fail_in);
        rc = mir_team_commit(team, list, &outcome, &err);
        atomic_store(&server.fail_in, 0);
        if (rc != MIRSAL_OK) {
            assert_int_equal(err.code, rc);
            assert_int_equal(outcome.stored, 0);
            assert_int_equal(outcome.ranges.size, 0);
            assert_int_equal(outcome.rejects.size, 0);
            assert_int_equal(server_fixture_size(team), 1);
            assert_int_equal(atomic_load(&server.commits), 0);
            failures++;
        }
    }
    assert_true(failures > 3);
    assert_int_equal(outcome.rejects.size, 0);
    assert_int_equal(server_fixture_size(team), 1 + outcome.stored);
    assert_true(outcome.stored >= 2);
    outcome_fini(&outcome);
    mir_queued_free(&server.env, list);
    server_fixture_close(&server);
}

/* The device's data changesets at seq 1, 2 and 3, the second with a signature that is not its. */
static struct mir_queued *with_a_bad_second(struct server_fixture *server, struct test_store *store)
{
    struct mir_queued *list = server_fixture_queue_all(server, store);
    for (struct mir_queued *item = list; item != NULL; item = item->next) {
        if (item->changeset.fields.compartment == 0 && item->changeset.fields.seq == 2) {
            uint8_t signature[MIR_SIGNATURE_SIZE];
            memcpy(signature, item->changeset.signature.data, sizeof signature);
            signature[9] ^= 1;
            item->changeset.signature.data =
                mir_arena_copy(&server->arena, signature, sizeof signature);
        }
    }
    return list;
}

static void a_chain_stops_at_its_reject(void **state)
{
    (void)state;
    struct server_fixture server;
    struct mir_sync_outcome outcome;
    struct mir_reject reject;
    server_fixture_open(&server, 53);
    struct mir_team *team = server_fixture_register(&server);
    struct test_store *monitor = &server.devices.monitor;
    server_fixture_commit(&server, team, server_fixture_queue_all(&server, &server.devices.admin));
    (void)test_team_report(monitor, "second");
    (void)test_team_report(monitor, "third");
    struct mir_queued *list = with_a_bad_second(&server, monitor);
    outcome_init(&outcome, &server);
    assert_int_equal(mir_team_commit(team, list, &outcome, NULL), MIRSAL_OK);
    assert_int_equal(outcome.stored, 2); /* the join and the first report */
    assert_int_equal(outcome.rejects.size, sizeof reject);
    memcpy(&reject, outcome.rejects.data, sizeof reject);
    assert_int_equal(reject.code, MIR_REJECT_SIGNATURE);
    assert_int_equal(reject.seq, 2);
    assert_memory_equal(reject.device.bytes, monitor->store->keys->sign_public.bytes, 32);
    mir_queued_free(&server.env, list);
    outcome_fini(&outcome);
    /* Whole, the rest is taken: nothing of the first try stands in its way. */
    assert_int_equal(
        server_fixture_commit(&server, team, server_fixture_queue_all(&server, monitor)), 2);
    server_fixture_close(&server);
}

static void what_is_held_is_no_commit(void **state)
{
    (void)state;
    struct server_fixture server;
    struct mir_team_totals before;
    struct mir_team_totals after;
    server_fixture_open(&server, 54);
    struct mir_team *team = server_fixture_register(&server);
    struct test_store *admin = &server.devices.admin;
    server_fixture_commit(&server, team, server_fixture_queue_all(&server, admin));
    mir_teams_totals(&before, server.teams);
    assert_int_equal(
        server_fixture_commit(&server, team, server_fixture_queue_all(&server, admin)), 0);
    mir_teams_totals(&after, server.teams);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(atomic_load(&server.commits), 1);
    server_fixture_close(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_batches_share_a_commit),
        cmocka_unit_test(a_failed_group_leaves_nothing),
        cmocka_unit_test(a_chain_stops_at_its_reject),
        cmocka_unit_test(what_is_held_is_no_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
