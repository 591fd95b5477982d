/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/peer_pump.c - see the header.
 */
#include "peer_pump.h"

#include "mir_limits.h"
#include "sql.h"

#include <string.h>

#define ANSWER_MAX    (64u << 20)
#define EXCHANGES_MAX 200u

static void lock(void *context)
{
    struct peer_pump *pump = context;
    assert_int_equal(pump->locks++, 0);
}

static void unlock(void *context)
{
    struct peer_pump *pump = context;
    assert_int_equal(--pump->locks, 0);
}

void peer_pump_open(struct peer_pump *pump, struct test_store *server)
{
    const struct mir_responder_options responder = { .env = &server->world.env };
    const struct mir_hosting_options options = { pump, lock, unlock };
    memset(pump, 0, sizeof *pump);
    pump->server = server;
    assert_int_equal(mir_responder_open(&pump->responder, &responder, NULL), MIRSAL_OK);
    assert_int_equal(mir_hosting_open(&pump->hosting, server->store, &options, NULL), MIRSAL_OK);
}

void peer_pump_close(struct peer_pump *pump)
{
    mir_responder_close(pump->responder);
    mir_hosting_close(pump->hosting);
    assert_int_equal(pump->locks, 0);
}

/* The server's answer to a whole request body; its status. */
static unsigned serve(struct peer_pump *pump, const struct mir_buf *request, struct mir_buf *answer)
{
    struct mir_visit *visit = NULL;
    struct mir_session *session = NULL;
    uint8_t piece[4096];
    size_t size = 0;
    assert_int_equal(mir_visit_open(&visit, pump->hosting, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_responder_accept(&session, pump->responder, mir_visit_host(visit), NULL), MIRSAL_OK);
    if (mir_session_receive(session, request->data, request->size, NULL) == MIRSAL_OK) {
        (void)!mir_session_receive(session, NULL, 0, NULL); /* the answer says what was wrong */
    }
    unsigned status = mir_session_status(session);
    do {
        if (mir_session_send(piece, sizeof piece, &size, session, NULL) != MIRSAL_OK) {
            break;
        }
        mir_buf_append(answer, piece, size);
    } while (size > 0);
    mir_session_close(session);
    mir_visit_close(visit);
    return status;
}

static mirsal_code exchange(struct peer_pump *pump, struct mir_session *client)
{
    const mirsal_env *env = &pump->server->world.env;
    struct mir_buf request;
    struct mir_buf answer;
    uint8_t piece[1000];
    size_t size = 0;
    mir_buf_init(&request, env, 2u * MIR_HTTP_BODY_MAX);
    mir_buf_init(&answer, env, ANSWER_MAX);
    do {
        assert_int_equal(mir_session_send(piece, sizeof piece, &size, client, NULL), MIRSAL_OK);
        mir_buf_append(&request, piece, size);
    } while (size > 0);
    pump->exchanges++;
    unsigned status = serve(pump, &request, &answer);
    if (pump->break_at != 0 && (uint32_t)pump->break_at == pump->exchanges) {
        answer.size /= 2;
    }
    mirsal_code code = MIRSAL_OK;
    if (status == 200 && answer.size > 0) {
        code = mir_session_receive(client, answer.data, answer.size, &pump->err);
    }
    if (code == MIRSAL_OK) {
        code = mir_session_receive(client, NULL, 0, &pump->err);
    }
    mir_buf_fini(&answer);
    mir_buf_fini(&request);
    return code;
}

static mirsal_code run(struct peer_pump *pump,
    struct test_store *client,
    struct mir_replica *replica)
{
    const struct mir_session_options options = { .env = &client->world.env,
        .local = mir_replica_local(replica) };
    struct mir_session *session = NULL;
    mirsal_code code = mir_session_open(&session, &options, &pump->err);
    while (code == MIRSAL_OK && mir_session_need(session) != MIR_NEED_DONE) {
        assert_true(pump->exchanges < EXCHANGES_MAX);
        code = exchange(pump, session);
        if (pump->stop_at != 0 && (uint32_t)pump->stop_at == pump->exchanges) {
            break;
        }
    }
    mir_session_count(&pump->counters, session);
    mir_session_close(session);
    return code;
}

mirsal_code peer_pump_run(struct peer_pump *pump, struct test_store *client)
{
    struct mir_replica *replica = NULL;
    struct mir_relay_key key;
    struct mir_buf announced;
    enum mir_peer_standing standing = MIR_PEER_UNKNOWN;
    const mirsal_hash *identity = mir_store_device(pump->server->store);
    pump->exchanges = 0;
    pump->met = MIRSAL_OK;
    mir_buf_init(&announced, &client->world.env, 4096);
    mir_hosting_announce(&announced, pump->hosting);
    assert_int_equal(
        mir_relay_key_read(&key, mir_buf_bytes(&announced), identity, NULL), MIRSAL_OK);
    mir_buf_fini(&announced);
    assert_int_equal(mir_replica_open_peer(&replica, client->store, identity, NULL), MIRSAL_OK);
    mir_replica_peer_key(replica, &key);
    assert_int_equal(mir_replica_peer_standing(&standing, replica, NULL), MIRSAL_OK);
    if (standing == MIR_PEER_UNKNOWN) {
        mir_replica_peer_meets(replica, 1);
        pump->met = run(pump, client, replica);
        mir_replica_peer_meets(replica, 0);
        assert_int_equal(mir_replica_peer_standing(&standing, replica, NULL), MIRSAL_OK);
    }
    mirsal_code code = pump->met;
    if (code == MIRSAL_OK) {
        code = standing == MIR_PEER_JOINED ? run(pump, client, replica) : MIRSAL_NOT_AUTHENTIC;
    }
    mir_replica_close(replica);
    return code;
}

int64_t peer_pump_held(struct test_store *device, struct test_store *author, uint8_t compartment)
{
    static const char text[] =
        "SELECT count(*) FROM changeset AS c JOIN device AS d ON d.no = c.device"
        " WHERE c.compartment = ?1 AND (?2 IS NULL OR d.key = ?2)";
    sqlite3_stmt *statement = NULL;
    struct mir_sql *sql = device->store->sql;
    int row = 0;
    assert_int_equal(mir_sql_prepare(&statement, sql, text, NULL), MIRSAL_OK);
    mir_sql_bind_int(statement, 1, compartment);
    if (author != NULL) {
        mir_sql_bind_blob(statement, 2, mir_store_device(author->store)->bytes, 32);
    } else {
        mir_sql_bind_null(statement, 2);
    }
    assert_int_equal(mir_sql_step(&row, sql, statement, NULL), MIRSAL_OK);
    int64_t count = mir_sql_column_int(statement, 0);
    mir_sql_release(statement);
    return count;
}
