/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/sim/world.c - a world from its seed: storm, calm, audit.
 *
 * In the storm any fault may happen, and what a device acknowledged must stay. In the calm all
 * devices run, the network works, and a bounded number of rounds must bring all to one state.
 */
#include "sim.h"

#include "epochturn.h"
#include "members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CALM_ROUNDS_MAX 14u
#define WEIGHT_MEET     6u
#define WEIGHT_CUT      3u
#define DAY_MS          UINT64_C(86400000)
#define YEAR_MS         UINT64_C(31557600000)

static const char *const fault_names[] = {
#define FAULT_NAME(name, text) text,
    SIM_FAULTS(FAULT_NAME)
#undef FAULT_NAME
};

static const char *const canary_names[] = {
#define CANARY_NAME(name, text) text,
    SIM_CANARIES(CANARY_NAME)
#undef CANARY_NAME
};

const char *sim_fault_name(enum sim_fault fault)
{
    return fault_names[fault];
}

const char *sim_canary_name(enum sim_canary canary)
{
    return canary_names[canary];
}

enum sim_canary sim_canary_by_name(const char *name)
{
    for (size_t i = 0; i < SIM_CANARY_COUNT; i++) {
        if (strcmp(canary_names[i], name) == 0) {
            return (enum sim_canary)i;
        }
    }
    return SIM_CANARY_COUNT;
}

void sim_trace(struct sim_world *world, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        world->trace = (world->trace ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
}

void sim_fail(struct sim_world *world, const char *format, ...)
{
    va_list list;
    if (world->failed) {
        return;
    }
    va_start(list, format);
    (void)vsnprintf(world->failure, sizeof world->failure, format, list);
    va_end(list);
    world->failed = 1;
}

void sim_event(struct sim_world *world, const char *format, ...)
{
    char *text = world->last[world->event_count++ % SIM_LAST_EVENTS];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, SIM_EVENT_SIZE, format, list);
    va_end(list);
    sim_trace(world, text, strlen(text));
}

int sim_fires(struct sim_world *world, enum sim_fault fault, uint32_t percent)
{
    if (!world->profile.enabled[fault] || percent == 0 || !sim_chance(world, percent)) {
        return 0;
    }
    world->fired[fault]++;
    return 1;
}

void sim_pass(struct sim_world *world, uint64_t milliseconds)
{
    world->now_ms += milliseconds;
    world->ticks_ms += milliseconds;
    if (world->canary == SIM_CANARY_CLOCK_LEAK) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        world->now_ms += (uint64_t)now.tv_nsec % 1000u;
    }
}

static void draw_profile(struct sim_world *world)
{
    struct sim_profile *profile = &world->profile;
    static const uint32_t percents[] = { 0, 2, 4, 8, 15, 25 };
    profile->network_percent = percents[sim_draw(world, sizeof percents / sizeof percents[0])];
    for (size_t i = 0; i < SIM_FAULT_COUNT; i++) {
        profile->enabled[i] = sim_chance(world, 65);
    }
    profile->enabled[SIM_INTERLEAVED] = 1;
    profile->enabled[SIM_LATE_JOIN] = 1;
    profile->weight_author = 10 + (uint32_t)sim_draw(world, 30);
    profile->weight_sync = 4 + (uint32_t)sim_draw(world, 12);
    profile->weight_network = 40 + (uint32_t)sim_draw(world, 60);
    profile->weight_device = (uint32_t)sim_draw(world, 20);
    profile->weight_relay = (uint32_t)sim_draw(world, 8);
    profile->weight_purge = profile->enabled[SIM_PURGED] ? 5 + (uint32_t)sim_draw(world, 20) : 0;
}

/* The founder, a coordinator or more, monitors; the last is the reader server: an observer. */
static void draw_people(struct sim_world *world)
{
    world->device_count = 3 + (uint32_t)sim_draw(world, SIM_DEVICES_MAX - 2);
    for (uint32_t i = 0; i < world->device_count && !world->failed; i++) {
        struct sim_device *device = &world->devices[i];
        sim_device_init(device, world, i);
        if (i == 0) {
            sim_device_found(device);
        } else {
            device->role = sim_chance(world, 55) ? MIR_ROLE_COORDINATOR : MIR_ROLE_MONITOR;
            device->role = i == world->device_count - 1 ? MIR_ROLE_OBSERVER : device->role;
            device->protected_ = device->role != MIR_ROLE_MONITOR && sim_chance(world, 50);
            device->in_person = sim_chance(world, 60);
            if (i == 1 && world->profile.enabled[SIM_PURGED]) {
                device->role = MIR_ROLE_COORDINATOR;
                device->in_person = 1;
            }
            device->write_only = device->role == MIR_ROLE_MONITOR &&
                                 world->profile.enabled[SIM_WRITE_ONLY] && sim_chance(world, 50);
            if (!world->failed) {
                sim_device_invite(device, &world->devices[0]);
            }
        }
        world->oracle.roles[i] = device->role;
        if (i > 0 && !world->failed && (i == 1 || sim_chance(world, 70))) {
            sim_device_join(device);
        }
    }
}

static void run_whole(struct sim_device *device)
{
    struct sim_world *world = device->world;
    if (device->cut) {
        return;
    }
    sim_run_begin(device, 0);
    while (device->run != NULL && !world->failed) {
        sim_pass(world, 10);
        sim_run_step(device);
    }
}

/* Before any storm: two persons who may purge know of each other. */
static void prepare_purges(struct sim_world *world)
{
    if (world->failed || !world->profile.enabled[SIM_PURGED]) {
        return;
    }
    world->calm = 1;
    run_whole(&world->devices[0]);
    run_whole(&world->devices[1]);
    run_whole(&world->devices[0]);
    if (!world->failed) {
        sim_purge_people(world);
        run_whole(&world->devices[0]);
        run_whole(&world->devices[1]);
    }
    world->calm = 0;
}

static struct sim_device *draw_device(struct sim_world *world)
{
    struct sim_device *device = &world->devices[sim_draw(world, world->device_count)];
    return device->joined && device->store != NULL ? device : NULL;
}

/* Every device is restarted somewhere; in one call of some the power goes. */
static void arm(struct sim_world *world, struct sim_device *device)
{
    if (world->profile.enabled[SIM_DIED_IN_CALL] && sim_chance(world, 3)) {
        crash_disk_stop_after(device->disk, sim_draw(world, 40));
    }
    if (world->profile.enabled[SIM_RELAY_DIED_IN_CALL] && sim_chance(world, 2)) {
        crash_disk_stop_after(world->relay.disk, sim_draw(world, 40));
    }
}

static void disarm(struct sim_world *world, struct sim_device *device)
{
    if (!crash_disk_stopped(device->disk)) {
        crash_disk_start(device->disk);
    }
    crash_disk_start(world->relay.disk);
}

static void step_clock(struct sim_world *world, struct sim_device *device)
{
    enum sim_fault which = (enum sim_fault)(SIM_CLOCK_1970 + sim_draw(world, 4));
    if (!sim_fires(world, which, 100)) {
        return;
    }
    if (which == SIM_CLOCK_1970) {
        device->clock_offset_ms = -(int64_t)world->now_ms;
    } else if (which == SIM_CLOCK_FORWARD) {
        device->clock_offset_ms += (int64_t)sim_draw(world, 10 * YEAR_MS);
    } else if (which == SIM_CLOCK_BACK) {
        device->clock_offset_ms -= (int64_t)sim_draw(world, YEAR_MS / 100);
    } else {
        device->clock_drift = (int32_t)sim_draw(world, 200) - 100;
    }
    sim_event(world, "device %u: %s", device->index, sim_fault_name(which));
}

static void trouble_device(struct sim_world *world, struct sim_device *device)
{
    static const enum sim_fault faults[] = { SIM_KILLED, SIM_POWER_CUT, SIM_REOPENED,
        SIM_CLOCK_1970, SIM_ABANDONED };
    static const enum sim_stop stops[] = { SIM_STOP_KILL, SIM_STOP_POWER, SIM_STOP_CLOSE };
    size_t which = (size_t)sim_draw(world, sizeof faults / sizeof faults[0]);
    if (faults[which] == SIM_CLOCK_1970) {
        step_clock(world, device);
    } else if (faults[which] == SIM_ABANDONED) {
        if (device->run != NULL && sim_fires(world, SIM_ABANDONED, 100)) {
            sim_run_end(device, "given up");
        }
    } else if (sim_fires(world, faults[which], 100)) {
        sim_event(world, "device %u: %s", device->index, sim_fault_name(faults[which]));
        sim_device_restart(device, stops[which]);
        sim_check_device(device);
    }
}

static void trouble_relay(struct sim_world *world)
{
    struct sim_relay *relay = &world->relay;
    static const enum sim_fault faults[] = { SIM_RELAY_KILLED, SIM_RELAY_POWER_CUT,
        SIM_RELAY_RESTORED, SIM_RELAY_KEY };
    enum sim_fault which = faults[sim_draw(world, sizeof faults / sizeof faults[0])];
    if (which == SIM_RELAY_RESTORED && (!relay->registered || relay->copy == NULL)) {
        if (relay->registered) {
            sim_relay_keep_copy(relay);
            sim_event(world, "relay copied");
        }
        return;
    }
    if (!sim_fires(world, which, 100)) {
        return;
    }
    sim_event(world, "%s", sim_fault_name(which));
    if (which == SIM_RELAY_KEY) {
        relay->serial++;
    } else if (which == SIM_RELAY_RESTORED) {
        sim_relay_restore(relay);
    } else {
        sim_relay_restart(relay, which == SIM_RELAY_KILLED ? SIM_STOP_KILL : SIM_STOP_POWER);
    }
}

static void join_late(struct sim_world *world)
{
    for (uint32_t i = 1; i < world->device_count; i++) {
        struct sim_device *device = &world->devices[i];
        if (!device->joined) {
            world->fired[SIM_LATE_JOIN]++;
            sim_device_join(device);
            return;
        }
    }
}

static void begin_run(struct sim_world *world, struct sim_device *device)
{
    uint64_t budget = 0;
    if (device->run != NULL) {
        return;
    }
    if (sim_fires(world, SIM_BUDGET, 25)) {
        budget = 2000 + sim_draw(world, 60000);
    }
    sim_run_begin(device, budget);
}

/* One of the runs under way goes on; 0 when there is none. */
static int step_network(struct sim_world *world)
{
    uint32_t active = 0;
    struct sim_device *chosen = NULL;
    for (uint32_t i = 0; i < world->device_count; i++) {
        if (world->devices[i].run != NULL) {
            active++;
            chosen = sim_draw(world, active) == 0 ? &world->devices[i] : chosen;
        }
    }
    if (chosen == NULL) {
        return 0;
    }
    world->fired[SIM_INTERLEAVED] += active > 1;
    arm(world, chosen);
    sim_run_step(chosen);
    disarm(world, chosen);
    return 1;
}

static void meet(struct sim_world *world, struct sim_device *client)
{
    struct sim_device *server = draw_device(world);
    if (server == NULL || server == client || server->cut || client->cut || client->run != NULL ||
        server->run != NULL || !sim_fires(world, SIM_MET, 100)) {
        return;
    }
    arm(world, sim_chance(world, 50) ? client : server);
    sim_meet(client, server);
    disarm(world, client);
    disarm(world, server);
}

static int takes(uint64_t *what, uint32_t weight)
{
    if (*what < weight) {
        return 1;
    }
    *what -= weight;
    return 0;
}

/* Whoever waits, or may read and was met by nobody: an admin compares fingerprints, and admits. */
static int admit_one(struct sim_world *world)
{
    struct sim_device *founder = &world->devices[0];
    const struct mir_membership *membership = founder->store->membership;
    for (size_t i = 0; i < membership->member_count; i++) {
        const struct mir_member *member = &membership->members[i];
        int reads = member->role != MIR_ROLE_MONITOR;
        if (member->founder || member->ended != 0 || (member->settled && !reads) ||
            (member->settled && (member->confirmed || member->in_person))) {
            continue;
        }
        const mirsal_hash key = member->key;
        mirsal_error err = { 0 };
        mirsal_code rc = mir_device_admit(founder->store, &key, &err);
        sim_event(world, "an admin admits a device");
        return sim_device_alive(founder, rc, &err, "admit");
    }
    return 0;
}

/* The founder makes a new key for what comes; who has it when is for the syncs to bring about. */
static void turn_epoch(struct sim_world *world)
{
    struct sim_device *founder = &world->devices[0];
    mirsal_error err = { 0 };
    if (founder->run != NULL || !sim_fires(world, SIM_EPOCH_TURNED, 100)) {
        return;
    }
    uint32_t compartment = (uint32_t)sim_draw(world, 2);
    arm(world, founder);
    mirsal_code rc = mir_epoch_rotate(NULL, founder->store, compartment, 1, &err);
    sim_event(world, "epoch of %u turned", compartment);
    (void)sim_device_alive(founder, rc, &err, "epoch");
    disarm(world, founder);
}

static void purge(struct sim_world *world)
{
    arm(world, &world->devices[sim_draw(world, 2)]);
    sim_purge(world);
    disarm(world, &world->devices[0]);
    disarm(world, &world->devices[1]);
    if (world->fired[SIM_PURGE_ORDERED] > 0 && sim_fires(world, SIM_DAYS_PASS, 10)) {
        sim_pass(world, (5 + sim_draw(world, 30)) * DAY_MS);
        sim_event(world, "weeks go by");
    }
}

static void storm(struct sim_world *world)
{
    const struct sim_profile *profile = &world->profile;
    uint32_t total = profile->weight_author + profile->weight_sync + profile->weight_network +
                     profile->weight_device + profile->weight_relay + 2 + WEIGHT_MEET + WEIGHT_CUT +
                     profile->weight_purge;
    for (uint32_t i = 0; i < world->events && !world->failed; i++) {
        uint64_t what = sim_draw(world, total);
        sim_pass(world, sim_chance(world, 10) ? sim_draw(world, 7200000) : sim_draw(world, 5000));
        struct sim_device *device = draw_device(world);
        if (takes(&what, profile->weight_network)) {
            if (step_network(world)) {
                continue;
            }
            what = sim_draw(world, profile->weight_author + profile->weight_sync);
        }
        if (device == NULL) {
            continue;
        }
        if (takes(&what, profile->weight_author)) {
            if (device->role != MIR_ROLE_OBSERVER) {
                arm(world, device);
                sim_author(device);
                disarm(world, device);
            }
        } else if (takes(&what, profile->weight_sync)) {
            begin_run(world, device);
        } else if (takes(&what, profile->weight_device)) {
            trouble_device(world, device);
        } else if (takes(&what, profile->weight_relay)) {
            trouble_relay(world);
        } else if (takes(&what, WEIGHT_MEET)) {
            meet(world, device);
        } else if (takes(&what, WEIGHT_CUT)) {
            if (world->fired[SIM_CUT] < 2) {
                sim_cut(world);
            }
        } else if (takes(&what, profile->weight_purge)) {
            purge(world);
        } else if (sim_chance(world, 40)) {
            join_late(world);
        } else if (sim_chance(world, 40)) {
            turn_epoch(world);
        } else {
            (void)admit_one(world);
        }
    }
}

/* All devices run to their end, once; 1 when anything moved. */
static int run_all(struct sim_world *world)
{
    int moved = 0;
    for (uint32_t i = 0; i < world->device_count && !world->failed; i++) {
        struct sim_device *device = &world->devices[i];
        run_whole(device);
        moved = moved || (!device->cut && (device->last.pushed > 0 || device->last.pulled > 0 ||
                                              device->last.more));
    }
    return moved;
}

static int admit_all(struct sim_world *world)
{
    int admitted = 0;
    for (uint32_t i = 0; i < world->device_count && !world->failed && admit_one(world); i++) {
        admitted++;
    }
    return admitted;
}

/* All syncs until nothing moves any more. */
static void come_to_rest(struct sim_world *world)
{
    int moved = 1;
    uint64_t rounds = 0;
    while (moved && !world->failed) {
        moved = run_all(world);
        if (!world->failed) {
            moved = admit_all(world) || moved;
        }
        world->rounds = ++rounds > world->rounds ? rounds : world->rounds;
        if (rounds > CALM_ROUNDS_MAX) {
            sim_fail(world, "no rest after %u rounds of calm", CALM_ROUNDS_MAX);
        }
    }
}

static void calm(struct sim_world *world)
{
    sim_event(world, "calm");
    world->calm = 1;
    for (uint32_t i = 0; i < world->device_count && !world->failed; i++) {
        struct sim_device *device = &world->devices[i];
        sim_run_end(device, "calm");
        if (sim_chance(world, 50)) {
            device->clock_offset_ms = 0;
            device->clock_drift = 0;
        }
        if (!device->joined) {
            sim_device_join(device);
        }
    }
    come_to_rest(world);
}

/* Each syncs and destroys what is due, in weather as before; the power goes for some. */
static void sync_in_storm(struct sim_world *world)
{
    world->calm = 0;
    for (uint32_t i = 0; i < world->device_count && !world->failed; i++) {
        struct sim_device *device = &world->devices[i];
        if (world->profile.enabled[SIM_DIED_IN_CALL] && sim_chance(world, 40)) {
            crash_disk_stop_after(device->disk, sim_draw(world, 300));
        }
        run_whole(device);
        disarm(world, device);
    }
    world->calm = 1;
}

/*
 * What waits for a second word gets it; the days of the orders pass, by everybody's clock. For who
 * moved it that takes years.
 */
static void let_days_pass(struct sim_world *world)
{
    sim_purge_decide(world);
    if (sim_chance(world, 50)) {
        come_to_rest(world);
    }
    for (int i = 0; i < 3 && !world->failed; i++) {
        sim_pass(world, i < 2 ? 40 * DAY_MS : 12 * YEAR_MS);
        sim_event(world, "the days of purges pass");
        sync_in_storm(world);
        come_to_rest(world);
        if (i > 0 && !world->failed && !sim_purges_left(world)) {
            break;
        }
    }
    if (!world->failed) {
        sim_check_purged(world);
    }
}

int sim_run_world(struct sim_world *world)
{
    world->random.state = world->seed;
    world->now_ms = TEST_START_MS;
    world->ticks_ms = 1000;
    world->trace = UINT64_C(0xcbf29ce484222325);
    world->oracle.last_wins = world->canary == SIM_CANARY_LAST_WINS;
    (void)snprintf(world->folder, sizeof world->folder, "sim.XXXXXX");
    (void)sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, (int)(world->seed % 1000000) + 1, NULL);
    if (mkdtemp(world->folder) == NULL) {
        sim_fail(world, "no folder for the devices' keys");
        return 1;
    }
    draw_profile(world);
    sim_relay_init(&world->relay, world);
    mir_buf_init(&world->old_request, &world->relay.test.env, 1u << 24);
    draw_people(world);
    prepare_purges(world);
    storm(world);
    if (!world->failed) {
        calm(world);
    }
    int purges = world->fired[SIM_PURGED] > 0;
    if (!world->failed) {
        sim_check_converged(world, !purges);
    }
    if (!world->failed && purges) {
        let_days_pass(world);
        sim_check_converged(world, 1);
    }
    return world->failed;
}

void sim_world_free(struct sim_world *world)
{
    for (uint32_t i = 0; i < SIM_DEVICES_MAX; i++) {
        sim_device_free(&world->devices[i]);
    }
    mir_buf_fini(&world->old_request);
    sim_relay_free(&world->relay);
    oracle_free(&world->oracle);
    (void)rmdir(world->folder);
}
