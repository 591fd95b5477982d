/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/sim/network.c - runs of devices with the relay, a step at a time, over a network that does
 * what networks do. Requests and replies of several devices are under way at once.
 */
#include "sim.h"

#include "relay.h"

#include <stdlib.h>
#include <string.h>

#define BODY_MAX      ((size_t)256 << 20)
#define EXCHANGES_MAX 400u
#define PIECE         8192u
#define BAD_REQUEST   400u
#define OK            200u

static void fetch_key(struct sim_device *device)
{
    struct sim_relay *relay = &device->world->relay;
    struct mir_relay_key key;
    struct mir_buf bytes;
    mirsal_error err = { 0 };
    mir_buf_init(&bytes, &device->test.env, 4096);
    sim_relay_key(relay, &bytes);
    mirsal_code rc = mir_relay_key_read(&key, mir_buf_bytes(&bytes), &relay->identity, &err);
    if (rc == MIRSAL_OK) {
        rc = mir_replica_relay_key(device->run->replica, &key, &err);
    }
    mir_buf_fini(&bytes);
    (void)sim_device_alive(device, rc, &err, "relay's key");
}

static void open_session(struct sim_device *device, uint64_t budget)
{
    struct sim_run *run = device->run;
    const struct mir_session_options options = { .env = &device->test.env,
        .local = mir_replica_local(run->replica),
        .budget = budget,
        .request_size = 1024 + (size_t)sim_draw(device->world, 60000) };
    mirsal_error err = { 0 };
    mirsal_code rc = mir_session_open(&run->session, &options, &err);
    (void)sim_device_alive(device, rc, &err, "session");
}

static int64_t find_peer(struct sim_device *device)
{
    struct mir_arena arena;
    struct mir_peer *peers = NULL;
    size_t count = 0;
    mirsal_error err = { 0 };
    mir_arena_init(&arena, &device->test.env, 1u << 20);
    mirsal_code rc = mir_relay_list(&peers, &count, &arena, device->store, &err);
    int64_t no = rc == MIRSAL_OK && count > 0 ? peers[0].no : 0;
    mir_arena_fini(&arena);
    return sim_device_alive(device, rc, &err, "peers") ? no : 0;
}

void sim_run_begin(struct sim_device *device, uint64_t budget)
{
    struct sim_world *world = device->world;
    uint32_t serial = 0;
    mirsal_error err = { 0 };
    sim_device_clock(device);
    int64_t peer = find_peer(device);
    if (peer == 0) {
        if (!world->failed && device->store != NULL) {
            sim_event(world, "device %u knows no relay", device->index);
        }
        return;
    }
    struct mir_replica *replica = NULL;
    mirsal_code rc = mir_replica_open(&replica, device->store, peer, &err);
    if (!sim_device_alive(device, rc, &err, "replica")) {
        mir_replica_close(replica);
        return;
    }
    device->run = calloc(1, sizeof *device->run);
    device->run->replica = replica;
    device->run->restores = world->relay.restores;
    mir_buf_init(&device->run->request, &device->test.env, BODY_MAX);
    mir_buf_init(&device->run->reply, &world->relay.test.env, BODY_MAX);
    if (!mir_replica_has_key(replica, &serial)) {
        fetch_key(device);
    }
    if (device->run != NULL) {
        open_session(device, budget);
    }
    sim_event(
        world, "device %u begins a run, budget %llu", device->index, (unsigned long long)budget);
}

void sim_run_end(struct sim_device *device, const char *why)
{
    struct sim_run *run = device->run;
    if (run == NULL) {
        return;
    }
    device->run = NULL;
    if (run->session != NULL) {
        mir_session_count(&device->last, run->session);
    }
    mir_session_close(run->session);
    mir_replica_close(run->replica);
    mir_buf_fini(&run->request);
    mir_buf_fini(&run->reply);
    free(run);
    if (why != NULL) {
        sim_event(device->world, "device %u: run ends: %s; pushed %llu, pulled %llu, rounds %u%s",
            device->index, why, (unsigned long long)device->last.pushed,
            (unsigned long long)device->last.pulled, device->last.rounds,
            device->last.more ? ", more" : "");
    }
}

/* The run came to its end by itself. */
static void finish(struct sim_device *device)
{
    struct sim_world *world = device->world;
    struct sim_run *run = device->run;
    mirsal_error err = { 0 };
    uint32_t serial = 0;
    mir_session_count(&device->last, run->session);
    mirsal_code rc = mir_replica_synced(run->replica, device->last.hints, &err);
    if (!sim_device_alive(device, rc, &err, "synced")) {
        return;
    }
    if (mir_replica_has_key(run->replica, &serial) && device->last.key_serial > serial) {
        fetch_key(device);
        if (device->run == NULL) {
            return;
        }
    }
    int whole = run->restores == world->relay.restores && !device->last.more;
    device->last_code = MIRSAL_OK;
    if (device->last.behind || device->last.forked || device->last.contradicted) {
        /* No device is ever set back here: its own log must never be behind what others saw. */
        if (device->last.behind || device->last.forked) {
            sim_fail(world, "device %u: behind %d, forked %d", device->index, device->last.behind,
                device->last.forked);
        }
    }
    sim_run_end(device, "done");
    sim_forget(device);
    if (device->store == NULL) {
        return;
    }
    sim_check_kept(device);
    if (world->checks && whole) {
        sim_check_known(device);
    }
    sim_check_device(device);
}

/* A code ended it: the network's or the relay's doing, or the device died. */
static void give_up(struct sim_device *device, mirsal_code code, const mirsal_error *err)
{
    struct sim_world *world = device->world;
    if (crash_disk_stopped(device->disk)) {
        (void)sim_device_alive(device, code, err, "run");
        return;
    }
    mirsal_class class = mirsal_code_class(code);
    int usual = class == MIRSAL_CLASS_PEER || code == MIRSAL_NO_RELAY || code == MIRSAL_REFUSED;
    if (!usual || world->calm) {
        sim_fail(world, "device %u: run: code %d: %s", device->index, (int)code, err->message);
    }
    device->last_code = code;
    sim_run_end(device, err->message);
    sim_forget(device);
    sim_check_kept(device);
    sim_check_device(device);
}

static void make_request(struct sim_device *device)
{
    struct sim_run *run = device->run;
    uint8_t piece[PIECE];
    size_t size = 0;
    mirsal_error err = { 0 };
    mir_buf_reset(&run->request);
    do {
        mirsal_code rc = mir_session_send(piece, sizeof piece, &size, run->session, &err);
        if (rc != MIRSAL_OK) {
            give_up(device, rc, &err);
            return;
        }
        mir_buf_append(&run->request, piece, size);
    } while (size > 0);
    sim_trace(device->world, run->request.data, run->request.size);
    run->in_flight = 1;
    run->exchanges++;
    device->world->exchanges++;
}

static void serve(struct sim_device *device, size_t size)
{
    struct sim_run *run = device->run;
    struct mir_bytes request = { run->request.data, size };
    run->status = sim_relay_serve(&device->world->relay, request, &run->reply);
}

static void flip(struct sim_world *world, struct mir_buf *bytes)
{
    if (bytes->size > 0) {
        size_t at = (size_t)sim_draw(world, bytes->size);
        bytes->data[at] ^= (uint8_t)(1u << sim_draw(world, 8));
    }
}

/* The request reaches the relay, or does not. */
static void carry_request(struct sim_device *device)
{
    struct sim_world *world = device->world;
    struct sim_run *run = device->run;
    size_t size = run->request.size;
    uint32_t percent = world->calm ? 0 : world->profile.network_percent;
    run->in_flight = 0;
    run->answered = 1;
    run->status = 0;
    mir_buf_reset(&run->reply);
    if (sim_fires(world, SIM_DELAY, percent)) {
        sim_pass(world, 60000 + sim_draw(world, 900000));
    }
    if (world->old_request.size > 0 && sim_fires(world, SIM_REPLAY, percent)) {
        (void)sim_relay_serve(&world->relay, mir_buf_bytes(&world->old_request), &run->reply);
        mir_buf_reset(&run->reply);
    }
    if (sim_fires(world, SIM_DROP_REQUEST, percent)) {
        return;
    }
    if (sim_fires(world, SIM_CUT_REQUEST, percent)) {
        serve(device, (size_t)sim_draw(world, size));
        mir_buf_reset(&run->reply);
        run->status = 0;
        return;
    }
    if (sim_fires(world, SIM_FLIP_REQUEST, percent)) {
        struct mir_buf flipped;
        mir_buf_init(&flipped, &device->test.env, BODY_MAX);
        mir_buf_append(&flipped, run->request.data, size);
        flip(world, &flipped);
        run->status = sim_relay_serve(&world->relay, mir_buf_bytes(&flipped), &run->reply);
        mir_buf_fini(&flipped);
        return;
    }
    if (sim_fires(world, SIM_DUPLICATE, percent)) {
        serve(device, size);
    }
    serve(device, size);
    if (sim_chance(world, 10)) {
        mir_buf_reset(&world->old_request);
        mir_buf_append(&world->old_request, run->request.data, size);
    }
}

/* A new key and a new session, as a client does that was not understood. */
static void begin_anew(struct sim_device *device)
{
    struct sim_run *run = device->run;
    run->key_fetched = 1;
    mir_session_close(run->session);
    run->session = NULL;
    fetch_key(device);
    if (device->run != NULL) {
        open_session(device, 0);
    }
}

/* The reply reaches the device, or does not. */
static void carry_reply(struct sim_device *device)
{
    struct sim_world *world = device->world;
    struct sim_run *run = device->run;
    size_t size = run->status == OK ? run->reply.size : 0;
    uint32_t percent = world->calm ? 0 : world->profile.network_percent;
    mirsal_error err = { 0 };
    mirsal_code rc = MIRSAL_OK;
    run->answered = 0;
    if (run->status == BAD_REQUEST && !run->key_fetched) {
        begin_anew(device);
        return;
    }
    if (size > 0 && sim_fires(world, SIM_DROP_REPLY, percent)) {
        size = 0;
    }
    if (size > 0 && sim_fires(world, SIM_CUT_REPLY, percent)) {
        size = (size_t)sim_draw(world, size);
    }
    if (size > 0 && sim_fires(world, SIM_FLIP_REPLY, percent)) {
        flip(world, &run->reply);
    }
    sim_trace(world, run->reply.data, size);
    for (size_t at = 0; rc == MIRSAL_OK && at < size; at += PIECE) {
        size_t piece = size - at < PIECE ? size - at : PIECE;
        rc = mir_session_receive(run->session, run->reply.data + at, piece, &err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_session_receive(run->session, NULL, 0, &err);
    }
    if (rc != MIRSAL_OK || crash_disk_stopped(device->disk)) {
        give_up(device, rc, &err);
    }
}

void sim_run_step(struct sim_device *device)
{
    struct sim_run *run = device->run;
    sim_device_clock(device);
    if (run->in_flight) {
        carry_request(device);
    } else if (run->answered) {
        carry_reply(device);
    } else if (mir_session_need(run->session) == MIR_NEED_DONE) {
        finish(device);
    } else if (run->exchanges >= EXCHANGES_MAX) {
        sim_fail(device->world, "device %u: a run of %u exchanges", device->index, EXCHANGES_MAX);
    } else {
        make_request(device);
    }
}
