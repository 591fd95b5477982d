/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/sim/device.c - a device: its store on a disk that forgets, its clock that errs.
 */
#include "sim.h"

#include "sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t disk_now(void *context)
{
    const struct sim_device *device = context;
    return device->test.now_ms;
}

void sim_device_init(struct sim_device *device, struct sim_world *world, uint32_t index)
{
    char name[32];
    device->world = world;
    device->index = index;
    test_env_init(&device->test, test_random_next(&world->random));
    (void)snprintf(device->folder, sizeof device->folder, "%s/%u", world->folder, index);
    (void)snprintf(device->recovery, sizeof device->recovery, "%s.recovery", device->folder);
    (void)snprintf(name, sizeof name, "sim-%u", index);
    device->disk = crash_disk_new(name, test_random_next(&world->random), disk_now, device);
    crash_disk_ignore_syncs(device->disk, world->canary == SIM_CANARY_NO_SYNC);
    mir_buf_init(&device->invite, &device->test.env, 1u << 16);
    device->role = MIR_ROLE_MONITOR;
    sim_device_clock(device);
}

void sim_device_free(struct sim_device *device)
{
    static const char *const names[] = { "keys", "keys.new", "lock" };
    char path[160];
    if (device->disk == NULL) {
        return;
    }
    sim_run_end(device, NULL);
    mir_store_close(device->store);
    device->store = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", device->folder, names[i]);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof path, "%s/media", device->folder);
    (void)rmdir(path);
    (void)rmdir(device->folder);
    (void)unlink(device->recovery);
    mir_buf_fini(&device->invite);
    crash_disk_free(device->disk);
    device->disk = NULL;
    if (device->test.live_pieces != 0) {
        sim_fail(device->world, "device %u: %llu pieces of memory were not released", device->index,
            (unsigned long long)device->test.live_pieces);
    }
}

/* The device's clocks follow the world's, as they err. */
void sim_device_clock(struct sim_device *device)
{
    const struct sim_world *world = device->world;
    int64_t gone = (int64_t)world->ticks_ms;
    int64_t now = (int64_t)world->now_ms + device->clock_offset_ms +
                  gone / 1000 * (int64_t)device->clock_drift;
    device->test.now_ms = now > 0 ? (uint64_t)now : 0;
    device->test.ticks_ms = world->ticks_ms;
}

static void fill_options(struct mir_store_options *out, const struct sim_device *device)
{
    memset(out, 0, sizeof *out);
    out->env = &device->test.env;
    out->directory = device->folder;
    out->vfs = crash_disk_name(device->disk);
}

static void create(struct sim_device *device)
{
    struct mir_store_options options;
    mirsal_error err = { 0 };
    fill_options(&options, device);
    if (mir_store_create(&device->store, &options, &err) != MIRSAL_OK) {
        sim_fail(device->world, "device %u: create: %s", device->index, err.message);
    }
}

void sim_device_found(struct sim_device *device)
{
    struct mir_team_options team = {
        .name = "Nur", .label = "office", .recovery = { .path = device->recovery }
    };
    struct sim_relay *relay = &device->world->relay;
    mirsal_error err = { 0 };
    create(device);
    if (device->store == NULL) {
        return;
    }
    mirsal_code rc = mir_team_create(device->store, &team, &err);
    if (rc == MIRSAL_OK) {
        rc = mir_relay_add(device->store, "http://relay.example", &relay->identity,
            (struct mir_bytes){ (const uint8_t *)"token", 5 }, &err);
    }
    if (rc != MIRSAL_OK) {
        sim_fail(device->world, "found: %s", err.message);
        return;
    }
    device->role = MIR_ROLE_ADMIN;
    device->protected_ = 1;
    device->joined = 1;
    device->key = *mir_store_device(device->store);
    relay->team = device->store->team;
}

void sim_device_invite(struct sim_device *device, struct sim_device *founder)
{
    const struct mir_invite_options terms = { .role = device->role,
        .protected_ = device->protected_,
        .in_person = device->in_person,
        .uses = 1,
        .label = "phone" };
    mirsal_error err = { 0 };
    mirsal_hash id;
    mir_buf_reset(&device->invite);
    if (mir_invite_create(&device->invite, &id, founder->store, &terms, &err) != MIRSAL_OK) {
        sim_fail(device->world, "device %u: invite: %s", device->index, err.message);
    }
}

void sim_device_join(struct sim_device *device)
{
    const struct mir_join_options join = { .invite = mir_buf_bytes(&device->invite),
        .write_only = device->write_only };
    mirsal_error err = { 0 };
    sim_device_clock(device);
    create(device);
    if (device->store == NULL) {
        return;
    }
    if (mir_team_join(device->store, &join, &err) != MIRSAL_OK) {
        sim_fail(device->world, "device %u: join: %s", device->index, err.message);
        return;
    }
    device->joined = 1;
    device->key = *mir_store_device(device->store);
    device->world->fired[SIM_WRITE_ONLY] += (uint64_t)device->write_only;
    sim_event(device->world, "device %u joins as %s%s%s%s", device->index,
        mir_role_name(device->role), device->protected_ ? ", protected" : "",
        device->in_person ? ", in person" : "", device->write_only ? ", write-only" : "");
}

static void check_integrity(struct sim_device *device)
{
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_error err = { 0 };
    mirsal_code rc =
        mir_sql_prepare_once(&statement, device->store->sql, "PRAGMA integrity_check", &err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, device->store->sql, statement, &err);
    }
    struct mir_bytes text = row ? mir_sql_column(statement, 0) : (struct mir_bytes){ NULL, 0 };
    if (rc != MIRSAL_OK || text.size != 2 || memcmp(text.data, "ok", 2) != 0) {
        sim_fail(device->world, "device %u: integrity_check: %.*s", device->index, (int)text.size,
            text.size > 0 ? (const char *)text.data : "");
    }
    mir_sql_finalize(statement);
}

void sim_device_restart(struct sim_device *device, enum sim_stop how)
{
    struct mir_store_options options;
    mirsal_error err = { 0 };
    if (how != SIM_STOP_CLOSE) {
        crash_disk_stop(device->disk);
    }
    sim_run_end(device, "restart");
    mir_store_close(device->store);
    device->store = NULL;
    if (how == SIM_STOP_POWER) {
        crash_disk_cut_power(device->disk);
    }
    crash_disk_start(device->disk);
    fill_options(&options, device);
    sim_device_clock(device);
    if (mir_store_open(&device->store, &options, &err) != MIRSAL_OK) {
        sim_fail(device->world, "device %u: open after restart: %s", device->index, err.message);
        return;
    }
    if (how == SIM_STOP_POWER && device->world->checks) {
        check_integrity(device);
    }
    sim_author_recover(device);
    sim_check_kept(device);
}

int sim_device_alive(struct sim_device *device,
    mirsal_code code,
    const mirsal_error *err,
    const char *what)
{
    struct sim_world *world = device->world;
    if (crash_disk_stopped(device->disk)) {
        world->fired[SIM_DIED_IN_CALL]++;
        sim_event(world, "device %u dies: %s", device->index, what);
        sim_device_restart(device, SIM_STOP_POWER);
        return 0;
    }
    if (code != MIRSAL_OK) {
        sim_fail(world, "device %u: %s: code %d: %s", device->index, what, (int)code, err->message);
        return 0;
    }
    return 1;
}
