/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/sim/meeting.c - two devices sync with each other, one of them serving, over a link that may
 * break; and neither holds after it what it may not.
 */
#include "sim.h"

#include "hosting.h"
#include "sql.h"

#include <string.h>

#define BODY_MAX      ((size_t)256 << 20)
#define EXCHANGES_MAX 100u

struct meeting {
    struct sim_world *world;
    struct sim_device *client;
    struct sim_device *server;
    struct mir_hosting *hosting;
    struct mir_responder *responder;
    struct mir_replica *replica;
    uint32_t exchanges;
    uint32_t breaks_at; /* the answer to this exchange breaks off */
    uint32_t ends_at;   /* nobody is there any more after it */
    uint64_t moved;
};

static unsigned serve(struct meeting *meeting, const struct mir_buf *request, struct mir_buf *reply)
{
    struct mir_visit *visit = NULL;
    struct mir_session *session = NULL;
    uint8_t piece[2048];
    size_t size = 0;
    unsigned status = 0;
    mirsal_code rc = mir_visit_open(&visit, meeting->hosting, NULL);
    if (rc == MIRSAL_OK) {
        rc = mir_responder_accept(&session, meeting->responder, mir_visit_host(visit), NULL);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_session_receive(session, request->data, request->size, NULL);
        rc = rc == MIRSAL_OK ? mir_session_receive(session, NULL, 0, NULL) : rc;
        status = mir_session_status(session);
        do {
            size = 0;
            rc = mir_session_send(piece, sizeof piece, &size, session, NULL);
            mir_buf_append(reply, piece, size);
        } while (rc == MIRSAL_OK && size > 0);
    }
    mir_session_close(session);
    mir_visit_close(visit);
    return crash_disk_stopped(meeting->server->disk) ? 0 : status;
}

static mirsal_code exchange(struct meeting *meeting, struct mir_session *session, mirsal_error *err)
{
    struct mir_buf request;
    struct mir_buf reply;
    uint8_t piece[2048];
    size_t size = 0;
    mir_buf_init(&request, &meeting->client->test.env, BODY_MAX);
    mir_buf_init(&reply, &meeting->server->test.env, BODY_MAX);
    mirsal_code rc = MIRSAL_OK;
    do {
        rc = mir_session_send(piece, sizeof piece, &size, session, err);
        mir_buf_append(&request, piece, size);
    } while (rc == MIRSAL_OK && size > 0);
    meeting->exchanges++;
    sim_device_clock(meeting->server);
    unsigned status = rc == MIRSAL_OK ? serve(meeting, &request, &reply) : 0;
    sim_device_clock(meeting->client);
    if (meeting->exchanges == meeting->breaks_at) {
        reply.size = (size_t)sim_draw(meeting->world, reply.size + 1u);
    }
    if (rc == MIRSAL_OK && status == 200 && reply.size > 0) {
        rc = mir_session_receive(session, reply.data, reply.size, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_session_receive(session, NULL, 0, err);
    }
    sim_trace(meeting->world, reply.data, reply.size);
    mir_buf_fini(&reply);
    mir_buf_fini(&request);
    return rc;
}

/* 1 when the run came to its end. */
static int run(struct meeting *meeting, mirsal_code *rc, mirsal_error *err)
{
    struct mir_session *session = NULL;
    struct mir_session_counters counters;
    const struct mir_session_options options = { .env = &meeting->client->test.env,
        .local = mir_replica_local(meeting->replica),
        .request_size = 1024 + (size_t)sim_draw(meeting->world, 60000) };
    int ended = 0;
    *rc = mir_session_open(&session, &options, err);
    while (*rc == MIRSAL_OK && !ended && meeting->exchanges < EXCHANGES_MAX) {
        if (mir_session_need(session) == MIR_NEED_DONE) {
            ended = 1;
        } else if (meeting->exchanges == meeting->ends_at && meeting->ends_at != 0) {
            break;
        } else {
            *rc = exchange(meeting, session, err);
        }
    }
    if (session != NULL) {
        mir_session_count(&counters, session);
        meeting->moved += counters.pulled + counters.pushed;
        if (counters.behind || counters.forked) {
            sim_fail(meeting->world, "device %u: behind %d, forked %d at %u",
                meeting->client->index, counters.behind, counters.forked, meeting->server->index);
        }
    }
    mir_session_close(session);
    return ended && *rc == MIRSAL_OK;
}

static mirsal_code open_meeting(struct meeting *meeting, mirsal_error *err)
{
    const struct mir_responder_options options = { .env = &meeting->server->test.env };
    const struct mir_hosting_options alone = { NULL, NULL, NULL };
    const mirsal_hash *identity = &meeting->server->key;
    struct mir_relay_key key;
    struct mir_buf announced;
    mir_buf_init(&announced, &meeting->client->test.env, 4096);
    mirsal_code rc = mir_responder_open(&meeting->responder, &options, err);
    if (rc == MIRSAL_OK) {
        rc = mir_hosting_open(&meeting->hosting, meeting->server->store, &alone, err);
    }
    if (rc == MIRSAL_OK) {
        mir_hosting_announce(&announced, meeting->hosting);
        rc = mir_relay_key_read(&key, mir_buf_bytes(&announced), identity, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_replica_open_peer(&meeting->replica, meeting->client->store, identity, err);
    }
    if (rc == MIRSAL_OK) {
        mir_replica_peer_key(meeting->replica, &key);
    }
    mir_buf_fini(&announced);
    return rc;
}

static void close_meeting(struct meeting *meeting)
{
    mir_replica_close(meeting->replica);
    mir_responder_close(meeting->responder);
    mir_hosting_close(meeting->hosting);
}

/* As the client's driver does. 1 when it came to its end. */
static int meet(struct meeting *meeting, mirsal_code *rc, mirsal_error *err)
{
    enum mir_peer_standing standing = MIR_PEER_UNKNOWN;
    *rc = mir_replica_peer_standing(&standing, meeting->replica, err);
    if (*rc == MIRSAL_OK && standing == MIR_PEER_UNKNOWN) {
        mir_replica_peer_meets(meeting->replica, 1);
        if (!run(meeting, rc, err)) {
            return 0;
        }
        mir_replica_peer_meets(meeting->replica, 0);
        *rc = mir_replica_peer_standing(&standing, meeting->replica, err);
        if (*rc == MIRSAL_OK && standing != MIR_PEER_JOINED) {
            sim_fail(meeting->world, "device %u does not know %u after it met it",
                meeting->client->index, meeting->server->index);
        }
    }
    return *rc == MIRSAL_OK && run(meeting, rc, err);
}

static int64_t count_others(struct sim_device *device, int64_t least)
{
    static const char text[] =
        "SELECT count(*) FROM changeset AS c JOIN device AS d ON d.no = c.device"
        " WHERE c.compartment <> 255 AND c.compartment >= ?2 AND d.key <> ?1";
    sqlite3_stmt *statement = NULL;
    struct mir_sql *sql = device->store->sql;
    int row = 0;
    int64_t count = 0;
    if (mir_sql_prepare(&statement, sql, text, NULL) == MIRSAL_OK) {
        mir_sql_bind_blob(statement, 1, device->key.bytes, sizeof device->key.bytes);
        mir_sql_bind_int(statement, 2, least);
        count = mir_sql_step(&row, sql, statement, NULL) == MIRSAL_OK && row
                    ? mir_sql_column_int(statement, 0)
                    : 0;
    }
    mir_sql_release(statement);
    return count;
}

static void check_blind(struct sim_device *device)
{
    struct sim_world *world = device->world;
    int64_t others = 0;
    if (device->store == NULL || !world->checks) {
        return;
    }
    if (device->role == MIR_ROLE_MONITOR) {
        others = count_others(device, 0);
    } else if (!device->protected_) {
        others = count_others(device, 1);
    }
    if (others > 0) {
        sim_fail(world, "device %u holds %lld changesets that it may not", device->index,
            (long long)others);
    }
}

void sim_meet(struct sim_device *client, struct sim_device *server)
{
    struct sim_world *world = client->world;
    struct meeting meeting = { .world = world, .client = client, .server = server };
    mirsal_error err = { 0 };
    mirsal_code rc = MIRSAL_OK;
    int whole = 0;
    if (sim_fires(world, SIM_MET_BROKEN, 30)) {
        meeting.breaks_at = 1u + (uint32_t)sim_draw(world, 4);
        meeting.ends_at = sim_chance(world, 50) ? 1u + (uint32_t)sim_draw(world, 4) : 0;
    }
    sim_device_clock(client);
    sim_device_clock(server);
    rc = open_meeting(&meeting, &err);
    if (rc == MIRSAL_OK) {
        whole = meet(&meeting, &rc, &err);
    }
    close_meeting(&meeting);
    int died = crash_disk_stopped(server->disk) || crash_disk_stopped(client->disk);
    if (!whole && rc != MIRSAL_OK && !died) {
        sim_fail(world, "device %u at %u: code %d: %s", client->index, server->index, (int)rc,
            err.message);
    }
    sim_event(world, "device %u met %u: %s, %llu moved", client->index, server->index,
        whole ? "whole" : "broken off", (unsigned long long)meeting.moved);
    (void)sim_device_alive(server, MIRSAL_OK, &err, "serving");
    if (!world->failed) {
        (void)sim_device_alive(client, MIRSAL_OK, &err, "meeting");
    }
    if (!world->failed) {
        sim_forget(client);
        sim_forget(server);
    }
    if (!world->failed) {
        check_blind(client);
        check_blind(server);
    }
}
