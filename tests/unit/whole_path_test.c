/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/whole_path_test.c - real stores and a real relay's log behind real sessions, without a
 * socket: what one records, all readers see, and nothing is carried twice.
 */
#include "duties.h"
#include "host.h"
#include "peers.h"
#include "replica.h"
#include "server_fixture.h"
#include "session.h"
#include "test_team.h"
#include "text.h"

#include <string.h>

static struct server_fixture server;
static struct mir_responder *responder;
static struct test_store coordinator;
static struct test_store *founder;
static struct test_store *monitor;
static mirsal_error err;

static void know_relay(struct test_store *device, int registers)
{
    char token[2 * MIR_RELAY_TOKEN_SIZE + 1];
    struct mir_bytes text = { NULL, 0 };
    mirsal_hash identity;
    memcpy(identity.bytes, server.keys->identity.bytes, sizeof identity.bytes);
    mir_hex_encode(token, server.keys->token, MIR_RELAY_TOKEN_SIZE);
    if (registers) {
        text = (struct mir_bytes){ (const uint8_t *)token, sizeof token - 1 };
    }
    assert_int_equal(
        mir_relay_add(device->store, "http://localhost:1", &identity, text, &err), MIRSAL_OK);
}

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .protected_ = 1, .in_person = 1, .uses = 1
    };
    struct mir_responder_options options = { .env = &server.env };
    server_fixture_open(&server, 1);
    founder = &server.devices.admin;
    monitor = &server.devices.monitor;
    know_relay(founder, 1);
    know_relay(monitor, 0);
    test_team_join(&coordinator, founder, 9, &terms);
    assert_int_equal(mir_responder_open(&responder, &options, &err), MIRSAL_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_responder_close(responder);
    test_store_fini(&coordinator);
    server_fixture_close(&server);
    return 0;
}

/* One HTTP request, served as a thread of the server does. */
static void serve(struct mir_buf *answer, const struct mir_buf *request)
{
    struct mir_host_options options = { &server.env, server.teams, server.keys };
    struct mir_host *host = NULL;
    struct mir_session *session = NULL;
    uint8_t piece[2048];
    size_t size = 0;
    assert_int_equal(mir_host_open(&host, &options, &err), MIRSAL_OK);
    assert_int_equal(
        mir_responder_accept(&session, responder, mir_host_vtable(host), &err), MIRSAL_OK);
    mirsal_code rc = mir_session_receive(session, request->data, request->size, &err);
    if (rc == MIRSAL_OK) {
        rc = mir_session_receive(session, NULL, 0, &err);
    }
    if (rc != MIRSAL_OK || mir_session_status(session) != 200) {
        fail_msg("relay: %u %s", mir_session_status(session), err.message);
    }
    do {
        assert_int_equal(mir_session_send(piece, sizeof piece, &size, session, &err), MIRSAL_OK);
        mir_buf_append(answer, piece, size);
    } while (size > 0);
    mir_session_close(session);
    mir_host_close(host);
}

static struct mir_session_counters drive(struct mir_session *session)
{
    struct mir_session_counters counters;
    struct mir_buf request;
    struct mir_buf answer;
    uint8_t piece[2048];
    size_t size = 0;
    mir_buf_init(&request, &server.env, 1u << 26);
    mir_buf_init(&answer, &server.env, 1u << 26);
    while (mir_session_need(session) != MIR_NEED_DONE) {
        mir_buf_reset(&request);
        mir_buf_reset(&answer);
        do {
            assert_int_equal(
                mir_session_send(piece, sizeof piece, &size, session, &err), MIRSAL_OK);
            mir_buf_append(&request, piece, size);
        } while (size > 0);
        serve(&answer, &request);
        mirsal_code rc = mir_session_receive(session, answer.data, answer.size, &err);
        if (rc == MIRSAL_OK) {
            rc = mir_session_receive(session, NULL, 0, &err);
        }
        if (rc != MIRSAL_OK) {
            fail_msg("device: %s", err.message);
        }
    }
    mir_session_count(&counters, session);
    mir_buf_fini(&answer);
    mir_buf_fini(&request);
    return counters;
}

static struct mir_session_counters sync_once(struct test_store *device)
{
    struct mir_relay_key key;
    struct mir_session_options options = { .env = &device->world.env };
    struct mir_session *session = NULL;
    struct mir_replica *replica = NULL;
    struct mir_buf announced;
    mirsal_hash identity;
    int64_t peer = 0;
    memcpy(identity.bytes, server.keys->identity.bytes, sizeof identity.bytes);
    mir_buf_init(&announced, &server.env, 4096);
    mir_relay_keys_announce(&announced, server.keys);
    assert_int_equal(
        mir_relay_key_read(&key, mir_buf_bytes(&announced), &identity, &err), MIRSAL_OK);
    assert_int_equal(mir_peer_find(&peer, device->store, &identity, &err), MIRSAL_OK);
    assert_int_equal(mir_replica_open(&replica, device->store, peer, &err), MIRSAL_OK);
    assert_int_equal(mir_replica_relay_key(replica, &key, &err), MIRSAL_OK);
    options.local = mir_replica_local(replica);
    assert_int_equal(mir_session_open(&session, &options, &err), MIRSAL_OK);
    struct mir_session_counters counters = drive(session);
    mir_session_close(session);
    mir_replica_close(replica);
    mir_buf_fini(&announced);
    return counters;
}

static void what_one_records_all_readers_see(void **state)
{
    (void)state;
    mirsal_id id = test_team_report(monitor, "near the mill");
    struct mir_session_counters counters = sync_once(founder);
    assert_int_equal(counters.refused, 0);
    assert_true(counters.pushed >= 3);
    counters = sync_once(monitor);
    assert_int_equal(counters.refused, 0);
    assert_int_equal(counters.rejected, 0);
    counters = sync_once(founder);
    assert_string_equal(test_team_shown(founder, &id), "near the mill");
    counters = sync_once(&coordinator);
    assert_int_equal(counters.rejected, 0);
    counters = sync_once(founder);
    counters = sync_once(&coordinator);
    assert_string_equal(test_team_shown(&coordinator, &id), "near the mill");
    assert_int_equal(test_team_edit(&coordinator, &id, "by the river"), MIRSAL_OK);
    (void)sync_once(&coordinator);
    (void)sync_once(founder);
    assert_string_equal(test_team_shown(founder, &id), "by the river");
    mirsal_hash a = test_team_digest(founder);
    mirsal_hash b = test_team_digest(&coordinator);
    assert_memory_equal(&a, &b, sizeof a);
}

static void all_settle(void)
{
    struct test_store *all[] = { founder, monitor, &coordinator };
    for (int i = 0; i < 12; i++) {
        (void)sync_once(all[i % 3]);
    }
}

static void in_sync_costs_one_small_round(void **state)
{
    (void)state;
    struct test_store *all[] = { founder, monitor, &coordinator };
    (void)test_team_report(monitor, "one");
    all_settle();
    for (int i = 0; i < 3; i++) {
        struct mir_session_counters counters = sync_once(all[i]);
        assert_int_equal(counters.requests, 1);
        assert_int_equal(counters.pushed, 0);
        assert_int_equal(counters.pulled, 0);
        assert_true(counters.bytes_in + counters.bytes_out <= 600);
    }
    struct mir_unsent unsent;
    assert_int_equal(mir_replica_unsent(&unsent, monitor->store, &err), MIRSAL_OK);
    assert_int_equal(unsent.changesets, 0);
}

static void a_day_is_one_round(void **state)
{
    (void)state;
    all_settle();
    (void)test_team_report(monitor, "one");
    (void)test_team_report(monitor, "two");
    struct mir_session_counters counters = sync_once(monitor);
    assert_int_equal(counters.requests, 1);
    assert_int_equal(counters.pushed, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_one_records_all_readers_see, set_up, tear_down),
        cmocka_unit_test_setup_teardown(in_sync_costs_one_small_round, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_day_is_one_round, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
