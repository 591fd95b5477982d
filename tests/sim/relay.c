/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/sim/relay.c - a relay of one team in one thread: the responder over a relay's log.
 */
#include "sim.h"

#include "changeset.h"
#include "fail.h"

#include <stdlib.h>
#include <string.h>

#define RELAY_PATH     "relay.db"
#define KEYS_ANSWERED  4u
#define DROPPED_CANARY 8u

static uint64_t disk_now(void *context)
{
    const struct sim_relay *relay = context;
    return relay->test.now_ms;
}

/* The Noise key of a serial: drawn from the serial, so that a restart knows it. */
static void noise_of(struct mir_agree_public *public_key,
    struct mir_agree_secret *secret,
    const struct sim_relay *relay,
    uint32_t serial)
{
    struct test_random random = { relay->world->seed * 1000u + serial };
    uint8_t seed[32];
    for (size_t i = 0; i < sizeof seed; i++) {
        seed[i] = (uint8_t)test_random_below(&random, 256);
    }
    mir_agree_keypair(public_key, secret, seed);
}

static mirsal_code host_identity(void *context,
    mirsal_hash *out,
    uint32_t *serial,
    mirsal_error *err)
{
    const struct sim_relay *relay = context;
    (void)err;
    *out = relay->identity;
    *serial = relay->serial;
    return MIRSAL_OK;
}

static mirsal_code host_noise_secret(void *context,
    uint32_t serial,
    struct mir_agree_secret *out,
    mirsal_error *err)
{
    const struct sim_relay *relay = context;
    struct mir_agree_public public_key;
    if (serial == 0 || serial > relay->serial || serial + KEYS_ANSWERED < relay->serial) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "no such key");
    }
    noise_of(&public_key, out, relay, serial);
    return MIRSAL_OK;
}

static mirsal_code host_find_team(void *context,
    const uint8_t prefix[16],
    mirsal_hash *team,
    mirsal_error *err)
{
    const struct sim_relay *relay = context;
    if (relay->log == NULL || memcmp(prefix, mir_relay_log_of(relay->log), 16) != 0) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "no such team");
    }
    *team = *mir_relay_log_of(relay->log);
    return MIRSAL_OK;
}

static void remove_log(struct sim_relay *relay)
{
    static const char *const names[] = { RELAY_PATH, RELAY_PATH "-wal", RELAY_PATH "-journal" };
    sqlite3_vfs *vfs = sqlite3_vfs_find(crash_disk_name(relay->disk));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)vfs->xDelete(vfs, names[i], 1);
    }
}

static mirsal_code host_register_team(void *context,
    struct mir_bytes token,
    struct mir_bytes genesis,
    mirsal_hash *team,
    mirsal_error *err)
{
    struct sim_relay *relay = context;
    if (token.size != 5 || memcmp(token.data, "token", 5) != 0) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "not the token of this relay");
    }
    mirsal_code rc = mir_relay_log_team(team, genesis, err);
    if (rc != MIRSAL_OK || relay->log != NULL) {
        return rc;
    }
    remove_log(relay);
    rc = mir_relay_log_create(
        &relay->log, &relay->test.env, RELAY_PATH, crash_disk_name(relay->disk), genesis, err);
    relay->registered = relay->registered || rc == MIRSAL_OK;
    return rc;
}

static mirsal_code host_find_device(void *context,
    const mirsal_hash *team,
    const struct mir_agree_public *noise,
    struct mir_sync_device *out,
    mirsal_error *err)
{
    struct sim_relay *relay = context;
    (void)team;
    return mir_relay_log_find_device(relay->log, noise, out, err);
}

static mirsal_code find_set(struct mir_served **out,
    struct mir_host_parts *parts,
    const mirsal_hash *team,
    mirsal_error *err)
{
    struct sim_relay *relay = (struct sim_relay *)(void *)parts;
    (void)team;
    (void)err;
    *out = mir_relay_log_served(relay->log);
    return MIRSAL_OK;
}

static mirsal_code append(int *taken,
    uint64_t *arrival,
    struct mir_reject *reject,
    void *set,
    const struct mir_queued *item,
    mirsal_error *err)
{
    struct sim_relay *relay = set;
    if (relay->world->canary == SIM_CANARY_RELAY_DROPS &&
        item->changeset.id.bytes[0] % DROPPED_CANARY == 0) {
        return MIRSAL_OK;
    }
    return mir_relay_log_append(taken, arrival, reject, relay->log,
        item->has_sender ? &item->sender : NULL, &item->changeset, err);
}

static mirsal_code host_commit(void *context,
    const mirsal_hash *team,
    struct mir_sync_outcome *outcome,
    mirsal_error *err)
{
    struct sim_relay *relay = context;
    (void)team;
    if (relay->parts.first == NULL) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_relay_log_begin(relay->log, err);
    if (rc == MIRSAL_OK) {
        rc = mir_queued_store(outcome, relay->parts.first, append, relay, err);
    }
    if (rc == MIRSAL_OK && outcome->stored > 0) {
        rc = mir_relay_log_checkpoint(relay->log, &relay->identity, &relay->secret, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_relay_log_commit(relay->log, err);
    }
    if (rc != MIRSAL_OK) {
        mir_relay_log_rollback(relay->log);
        mir_buf_reset(&outcome->rejects);
        mir_buf_reset(&outcome->ranges);
        outcome->stored = 0;
    }
    mir_host_parts_fini(&relay->parts);
    return rc;
}

static mirsal_code host_log(void *context,
    const mirsal_hash *team,
    struct mir_sync_log *out,
    mirsal_error *err)
{
    const struct sim_relay *relay = context;
    (void)team;
    return mir_relay_log_state(relay->log, out, err);
}

static mirsal_code host_root_at(void *context,
    const mirsal_hash *team,
    uint64_t size,
    mirsal_hash *root,
    mirsal_error *err)
{
    const struct sim_relay *relay = context;
    (void)team;
    return mir_relay_log_root_at(relay->log, size, root, err);
}

static mirsal_code host_consistency(void *context,
    const mirsal_hash *team,
    uint64_t old_size,
    uint64_t size,
    struct mir_buf *proof,
    mirsal_error *err)
{
    const struct sim_relay *relay = context;
    (void)team;
    return mir_relay_log_consistency(relay->log, old_size, size, proof, err);
}

static mirsal_code host_acknowledge(void *context,
    const mirsal_hash *team,
    struct mir_acknowledgement *acknowledgement,
    mirsal_error *err)
{
    const struct sim_relay *relay = context;
    (void)err;
    mir_acknowledgement_sign(acknowledgement, &relay->identity, team, &relay->secret);
    return MIRSAL_OK;
}

static mirsal_code host_restored(void *context, const mirsal_hash *team, mirsal_error *err)
{
    const struct sim_relay *relay = context;
    (void)team;
    return mir_relay_log_restored(relay->log, err);
}

static void open_responder(struct sim_relay *relay)
{
    const struct mir_responder_options options = { .env = &relay->test.env, .sessions_max = 4 };
    if (mir_responder_open(&relay->responder, &options, NULL) != MIRSAL_OK) {
        sim_fail(relay->world, "the relay has no memory");
    }
}

void sim_relay_init(struct sim_relay *relay, struct sim_world *world)
{
    struct mir_sign_public public_key;
    uint8_t seed[32];
    relay->world = world;
    relay->serial = 1;
    test_env_init(&relay->test, test_random_next(&world->random));
    relay->disk = crash_disk_new("sim-relay", test_random_next(&world->random), disk_now, relay);
    crash_disk_ignore_syncs(relay->disk, world->canary == SIM_CANARY_RELAY_NO_SYNC);
    relay->test.env.random(&relay->test, seed, sizeof seed);
    mir_sign_keypair(&public_key, &relay->secret, seed);
    memcpy(relay->identity.bytes, public_key.bytes, sizeof relay->identity.bytes);
    relay->host = (struct mir_sync_host){
        .identity = host_identity,
        .noise_secret = host_noise_secret,
        .find_team = host_find_team,
        .register_team = host_register_team,
        .find_device = host_find_device,
        .commit = host_commit,
        .log = host_log,
        .root_at = host_root_at,
        .consistency = host_consistency,
        .acknowledge = host_acknowledge,
        .restored = host_restored,
    };
    relay->parts.env = &relay->test.env;
    relay->parts.find = find_set;
    mir_host_parts_fill(&relay->host, &relay->parts);
    open_responder(relay);
}

void sim_relay_free(struct sim_relay *relay)
{
    if (relay->disk == NULL) {
        return;
    }
    mir_responder_close(relay->responder);
    mir_relay_log_close(relay->log);
    mir_host_parts_fini(&relay->parts);
    crash_image_free(relay->copy);
    crash_disk_free(relay->disk);
    relay->disk = NULL;
    if (relay->test.live_pieces != 0) {
        sim_fail(relay->world, "relay: %llu pieces of memory were not released",
            (unsigned long long)relay->test.live_pieces);
    }
}

static void clock_of_relay(struct sim_relay *relay)
{
    relay->test.now_ms = relay->world->now_ms;
    relay->test.ticks_ms = relay->world->ticks_ms;
}

static void close_relay(struct sim_relay *relay)
{
    mir_responder_close(relay->responder);
    relay->responder = NULL;
    mir_relay_log_close(relay->log);
    relay->log = NULL;
    mir_host_parts_fini(&relay->parts);
}

static void open_relay(struct sim_relay *relay)
{
    mirsal_error err = { 0 };
    clock_of_relay(relay);
    open_responder(relay);
    if (!relay->registered) {
        return; /* what an unfinished registration left is removed by the next one */
    }
    if (mir_relay_log_open(&relay->log, &relay->test.env, RELAY_PATH, crash_disk_name(relay->disk),
            &err) != MIRSAL_OK) {
        sim_fail(relay->world, "relay: open after restart: %s", err.message);
    } else if (relay->world->checks && mir_relay_log_check(relay->log, &err) != MIRSAL_OK) {
        sim_fail(relay->world, "relay: check after restart: %s", err.message);
    }
}

void sim_relay_restart(struct sim_relay *relay, enum sim_stop how)
{
    if (how != SIM_STOP_CLOSE) {
        crash_disk_stop(relay->disk);
    }
    close_relay(relay);
    if (how == SIM_STOP_POWER) {
        crash_disk_cut_power(relay->disk);
    }
    crash_disk_start(relay->disk);
    open_relay(relay);
}

void sim_relay_keep_copy(struct sim_relay *relay)
{
    close_relay(relay);
    crash_image_free(relay->copy);
    relay->copy = crash_disk_copy(relay->disk);
    open_relay(relay);
}

void sim_relay_restore(struct sim_relay *relay)
{
    close_relay(relay);
    crash_disk_restore(relay->disk, relay->copy);
    relay->restores++;
    open_relay(relay);
}

unsigned sim_relay_serve(struct sim_relay *relay, struct mir_bytes request, struct mir_buf *reply)
{
    struct mir_session *session = NULL;
    uint8_t piece[4096];
    size_t size = 0;
    mirsal_error err = { 0 };
    mirsal_code ignored = MIRSAL_OK;
    clock_of_relay(relay);
    mir_buf_reset(reply);
    mirsal_code rc = mir_responder_accept(&session, relay->responder, &relay->host, &err);
    for (size_t at = 0; rc == MIRSAL_OK && at < request.size; at += sizeof piece) {
        size_t left = request.size - at;
        size_t part = left < sizeof piece ? left : sizeof piece;
        ignored = mir_session_receive(session, request.data + at, part, NULL);
    }
    ignored = mir_session_receive(session, NULL, 0, NULL); /* the status says it */
    (void)ignored;
    unsigned status = mir_session_status(session);
    do {
        rc = mir_session_send(piece, sizeof piece, &size, session, &err);
        mir_buf_append(reply, piece, rc == MIRSAL_OK ? size : 0);
    } while (rc == MIRSAL_OK && size > 0);
    mir_session_close(session);
    if (crash_disk_stopped(relay->disk)) {
        mir_buf_reset(reply);
        relay->world->fired[SIM_RELAY_DIED_IN_CALL]++;
        sim_event(relay->world, "relay dies");
        sim_relay_restart(relay, SIM_STOP_POWER);
        return 0;
    }
    return status;
}

void sim_relay_key(struct sim_relay *relay, struct mir_buf *out)
{
    struct mir_relay_key key = {
        .identity = relay->identity, .serial = relay->serial, .from_ms = TEST_START_MS
    };
    struct mir_agree_secret secret;
    noise_of(&key.noise, &secret, relay, relay->serial);
    mir_buf_reset(out);
    mir_relay_key_write(out, &key, &relay->secret);
}

static int take_id(void *context, const struct mir_sync_place *place)
{
    mir_buf_append(context, &place->id, sizeof place->id);
    return 0;
}

static int take_none(void *context, const struct mir_changeset *changeset, uint64_t arrival)
{
    (void)context;
    (void)changeset;
    (void)arrival;
    return 1;
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(mirsal_hash));
}

void sim_relay_ids(struct sim_relay *relay, struct mir_buf *out)
{
    static const uint8_t compartments[] = { 0, 1, MIR_COMPARTMENT_CONTROL };
    const struct mir_sync_sink sink = { out, take_id, take_none };
    mirsal_error err = { 0 };
    for (size_t i = 0; relay->log != NULL && i < sizeof compartments; i++) {
        struct mir_sync_query query = { &relay->team, compartments[i], NULL, 0 };
        uint64_t size = 0;
        int ended = 0;
        if (mir_served_read(mir_relay_log_served(relay->log), &query, &sink, &size, &ended, &err) !=
            MIRSAL_OK) {
            sim_fail(relay->world, "relay: read: %s", err.message);
        }
    }
    if (out->size > 0) {
        qsort(out->data, out->size / sizeof(mirsal_hash), sizeof(mirsal_hash), compare_ids);
    }
}
