/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/sim/sim_main.c - runs worlds.
 *
 *     sim                  seeds 1 to 30, each twice; 8 with sanitizers, 2,000 with MIRSAL_SOAK=1
 *     sim SEED [EVENTS]    one world, and what happened last in it
 *     sim FIRST-LAST       these seeds
 * MIRSAL_SIM_CANARY=NAME plants a bug: success is then that a world fails, within 200 seeds.
 */
#include "sim.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVENTS_DEFAULT 120u
#ifndef SEEDS_DEFAULT /* fewer in a build with sanitizers */
#    define SEEDS_DEFAULT 30u
#endif
#define SEEDS_SOAK   2000u
#define SEEDS_CANARY 200u

struct totals {
    uint64_t fired[SIM_FAULT_COUNT];
    uint64_t commits;
    uint64_t exchanges;
    uint64_t devices;
    uint64_t rounds_max;
    uint64_t conflicts_max;
    uint64_t worlds;
};

/* Keys lie in real files, which are no part of the simulated disk: nothing waits for them. */
int fsync(int file)
{
    (void)file;
    return 0;
}

static void tell(const struct sim_world *world, uint32_t events)
{
    uint64_t first =
        world->event_count > SIM_LAST_EVENTS ? world->event_count - SIM_LAST_EVENTS : 0;
    for (uint64_t i = first; i < world->event_count; i++) {
        printf("  %llu %s\n", (unsigned long long)i, world->last[i % SIM_LAST_EVENTS]);
    }
    if (world->failed) {
        printf("seed %llu: %s\nrepeat: sim %llu %u\n", (unsigned long long)world->seed,
            world->failure, (unsigned long long)world->seed, events);
    }
}

static int run_once(uint64_t seed,
    uint32_t events,
    enum sim_canary canary,
    int checks,
    int loud,
    uint64_t *trace,
    struct totals *totals)
{
    struct sim_world *world = calloc(1, sizeof *world);
    if (world == NULL) {
        return 1;
    }
    world->seed = seed;
    world->events = events;
    world->canary = canary;
    world->checks = checks;
    (void)sim_run_world(world);
    sim_world_free(world);
    int failed = world->failed;
    *trace = world->trace;
    if (failed ? canary == SIM_CANARY_NONE || loud : loud) {
        tell(world, events);
    } else if (failed) {
        printf("seed %llu: %s\n", (unsigned long long)seed, world->failure);
    }
    if (totals != NULL) {
        for (size_t i = 0; i < SIM_FAULT_COUNT; i++) {
            totals->fired[i] += world->fired[i];
        }
        totals->worlds++;
        totals->commits += world->commits;
        totals->exchanges += world->exchanges;
        totals->devices += world->device_count;
        totals->rounds_max =
            world->rounds > totals->rounds_max ? world->rounds : totals->rounds_max;
        totals->conflicts_max =
            world->conflicts > totals->conflicts_max ? world->conflicts : totals->conflicts_max;
    }
    free(world);
    return failed;
}

/* 1 when the world fails, or does not repeat itself. */
static int run_seed(uint64_t seed,
    uint32_t events,
    enum sim_canary canary,
    int loud,
    struct totals *totals)
{
    uint64_t first = 0;
    uint64_t second = 0;
    if (run_once(seed, events, canary, 1, loud, &first, totals)) {
        return 1;
    }
    if (run_once(seed, events, canary, 0, 0, &second, NULL)) {
        return 1;
    }
    if (first != second) {
        printf("seed %llu: two runs, traces %016llx and %016llx\nrepeat: sim %llu %u\n",
            (unsigned long long)seed, (unsigned long long)first, (unsigned long long)second,
            (unsigned long long)seed, events);
        return 1;
    }
    if (loud) {
        printf("seed %llu: trace %016llx, twice\n", (unsigned long long)seed,
            (unsigned long long)first);
    }
    return 0;
}

static void print_totals(const struct totals *totals)
{
    printf("%llu worlds, %llu devices, %llu commits, %llu exchanges; at most %llu rounds to rest, "
           "%llu in one review queue\n",
        (unsigned long long)totals->worlds, (unsigned long long)totals->devices,
        (unsigned long long)totals->commits, (unsigned long long)totals->exchanges,
        (unsigned long long)totals->rounds_max, (unsigned long long)totals->conflicts_max);
    for (size_t i = 0; i < SIM_FAULT_COUNT; i++) {
        printf(
            "%8llu  %s\n", (unsigned long long)totals->fired[i], sim_fault_name((enum sim_fault)i));
    }
}

/* Success: a world fails. */
static int run_canary(enum sim_canary canary)
{
    for (uint64_t seed = 1; seed <= SEEDS_CANARY; seed++) {
        if (run_seed(seed, EVENTS_DEFAULT, canary, 0, NULL)) {
            printf("canary %s: caught by seed %llu\n", sim_canary_name(canary),
                (unsigned long long)seed);
            return 0;
        }
    }
    printf("canary %s: not caught by %u seeds\n", sim_canary_name(canary), SEEDS_CANARY);
    return 1;
}

int main(int count, char **arguments)
{
    const char *name = getenv("MIRSAL_SIM_CANARY");
    const char *soak = getenv("MIRSAL_SOAK");
    struct totals totals = { 0 };
    uint64_t first = 1;
    uint64_t last = soak != NULL && strcmp(soak, "1") == 0 ? SEEDS_SOAK : SEEDS_DEFAULT;
    uint32_t events = EVENTS_DEFAULT;
    enum sim_canary canary = sim_canary_by_name(name != NULL ? name : "");
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (canary == SIM_CANARY_COUNT) {
        printf("no canary of that name\n");
        return 2;
    }
    if (sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) != SQLITE_OK ||
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) != SQLITE_OK ||
        mir_crypto_start(NULL) != MIRSAL_OK) {
        return 2;
    }
    if (count == 1 && canary != SIM_CANARY_NONE) {
        return run_canary(canary);
    }
    if (count > 1) {
        char *dash = NULL;
        first = strtoull(arguments[1], &dash, 10);
        last = *dash == '-' ? strtoull(dash + 1, NULL, 10) : first;
    }
    if (count > 2) {
        events = (uint32_t)strtoul(arguments[2], NULL, 10);
    }
    for (uint64_t seed = first; seed <= last; seed++) {
        if (run_seed(seed, events, canary, first == last, &totals)) {
            return 1;
        }
    }
    print_totals(&totals);
    return 0;
}
