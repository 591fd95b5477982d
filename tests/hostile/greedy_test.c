/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile/greedy_test.c - a member's device that asks a real relay for more than it may hold: of
 * other devices it is given control alone.
 */
#include "host.h"
#include "peers.h"
#include "replica.h"
#include "server_fixture.h"
#include "session.h"

#include <string.h>

static struct server_fixture server;
static struct mir_responder *responder;
static mirsal_error err;

/* The real replica's calls, and what the greedy one makes of them. */
static const struct mir_sync_local *real;
static mirsal_hash self;
static uint32_t asked;
static uint32_t control;
static uint32_t others; /* data of other devices */

static mirsal_code describe(void *context, struct mir_sync_self *out, mirsal_error *error)
{
    mirsal_code rc = real->describe(context, out, error);
    out->want_count = 3;
    for (uint8_t i = 0; i < 3; i++) {
        out->wants[i] = i;
    }
    asked++;
    return rc;
}

static mirsal_code put(void *context,
    enum mir_sync_verdict *verdict,
    const struct mir_changeset *changeset,
    mirsal_error *error)
{
    control += changeset->fields.compartment == MIR_COMPARTMENT_CONTROL;
    others += changeset->fields.compartment != MIR_COMPARTMENT_CONTROL &&
              !mir_hash_equal(&changeset->fields.device, &self);
    return real->put(context, verdict, changeset, error);
}

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
    (void)!mir_session_receive(session, request->data, request->size, &err);
    (void)!mir_session_receive(session, NULL, 0, &err);
    assert_int_equal(mir_session_status(session), 200);
    do {
        assert_int_equal(mir_session_send(piece, sizeof piece, &size, session, &err), MIRSAL_OK);
        mir_buf_append(answer, piece, size);
    } while (size > 0);
    mir_session_close(session);
    mir_host_close(host);
}

static void drive(struct mir_session *session)
{
    struct mir_buf request;
    struct mir_buf answer;
    uint8_t piece[2048];
    size_t size = 0;
    mir_buf_init(&request, &server.env, 1u << 24);
    mir_buf_init(&answer, &server.env, 1u << 24);
    while (mir_session_need(session) != MIR_NEED_DONE) {
        mir_buf_reset(&request);
        mir_buf_reset(&answer);
        do {
            assert_int_equal(
                mir_session_send(piece, sizeof piece, &size, session, &err), MIRSAL_OK);
            mir_buf_append(&request, piece, size);
        } while (size > 0);
        serve(&answer, &request);
        assert_int_equal(mir_session_receive(session, answer.data, answer.size, &err), MIRSAL_OK);
        assert_int_equal(mir_session_receive(session, NULL, 0, &err), MIRSAL_OK);
    }
    mir_buf_fini(&answer);
    mir_buf_fini(&request);
}

static void sync_greedily(struct test_store *device)
{
    struct mir_relay_key key;
    struct mir_session_options options = { .env = &device->world.env };
    struct mir_session *session = NULL;
    struct mir_replica *replica = NULL;
    struct mir_sync_local greedy;
    struct mir_buf announced;
    mirsal_hash identity;
    int64_t peer = 0;
    memcpy(identity.bytes, server.keys->identity.bytes, sizeof identity.bytes);
    mir_buf_init(&announced, &server.env, 4096);
    mir_relay_keys_announce(&announced, server.keys);
    assert_int_equal(
        mir_relay_key_read(&key, mir_buf_bytes(&announced), &identity, &err), MIRSAL_OK);
    assert_int_equal(mir_relay_add(device->store, "http://localhost:1", &identity,
                         (struct mir_bytes){ NULL, 0 }, &err),
        MIRSAL_OK);
    assert_int_equal(mir_peer_find(&peer, device->store, &identity, &err), MIRSAL_OK);
    assert_int_equal(mir_replica_open(&replica, device->store, peer, &err), MIRSAL_OK);
    assert_int_equal(mir_replica_relay_key(replica, &key, &err), MIRSAL_OK);
    real = mir_replica_local(replica);
    greedy = *real;
    greedy.describe = describe;
    greedy.put = put;
    options.local = &greedy;
    assert_int_equal(mir_session_open(&session, &options, &err), MIRSAL_OK);
    drive(session);
    mir_session_close(session);
    mir_replica_close(replica);
    mir_buf_fini(&announced);
}

static void a_monitor_is_given_nothing_of_others(void **state)
{
    (void)state;
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .in_person = 1, .uses = 1
    };
    struct test_store reader;
    struct test_store *founder = &server.devices.admin;
    struct test_store *monitor = &server.devices.monitor;
    struct mir_team *team = server_fixture_register(&server);
    (void)test_team_report(founder, "for readers alone");
    test_team_carry(founder, monitor, 1, 0);
    test_team_join(&reader, founder, 90, &terms);
    test_team_meet(founder, &reader, 2);
    (void)server_fixture_commit(
        &server, team, server_fixture_queue_all(&server, &server.devices.admin));
    self = *mir_store_device(monitor->store);
    sync_greedily(monitor);
    assert_true(asked > 0);
    assert_int_equal(others, 0);
    assert_true(control > 0);
    /* The same of one who may read: what was withheld is there. */
    self = *mir_store_device(reader.store);
    sync_greedily(&reader);
    assert_true(others > 0);
    test_store_fini(&reader);
}

static int set_up(void **state)
{
    struct mir_responder_options options = { .env = &server.env };
    (void)state;
    server_fixture_open(&server, 77);
    assert_int_equal(mir_responder_open(&responder, &options, &err), MIRSAL_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_responder_close(responder);
    server_fixture_close(&server);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_monitor_is_given_nothing_of_others, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
