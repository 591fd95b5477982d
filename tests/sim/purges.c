/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/sim/purges.c - two persons purge records: one orders, another approves or one lifts, days
 * pass. After the days no page of any device holds what was written into such a record, and the
 * relay holds no body that an order names.
 */
#include "sim.h"

#include "acts.h"
#include "chains.h"
#include "forget.h"
#include "members.h"
#include "purge.h"
#include "rootword.h"
#include "test_pages.h"

#include <stdlib.h>
#include <string.h>

#define MARK_SIZE 11u /* "mark-" and six digits */

void sim_take_roles(const struct sim_device *device)
{
    struct sim_world *world = device->world;
    for (uint32_t i = 0; i < world->device_count; i++) {
        const struct sim_device *other = &world->devices[i];
        const struct mir_member *member =
            other->joined ? mir_membership_device(device->store->membership, &other->key) : NULL;
        world->oracle.roles[i] =
            member != NULL && (member->role == MIR_ROLE_ADMIN) ? MIR_ROLE_ADMIN : other->role;
    }
}

int sim_purged(const struct sim_device *device, uint32_t record)
{
    const struct oracle *oracle = &device->world->oracle;
    return record < oracle->record_count && mir_purges_of_record(device->store->membership,
                                                &oracle->records[record].id) != MIR_PURGE_NONE;
}

static int is_admin(const struct sim_device *device)
{
    const struct mir_member *member =
        mir_membership_device(device->store->membership, &device->key);
    return member != NULL && member->member && member->role == MIR_ROLE_ADMIN;
}

/* Root names the second device as another person's, an admin's. */
void sim_purge_people(struct sim_world *world)
{
    struct sim_device *founder = &world->devices[0];
    const struct sim_device *second = &world->devices[1];
    const char *path = founder->recovery;
    const struct mir_root_source source = { .paths = &path, .path_count = 1 };
    struct mir_root *root = NULL;
    mirsal_error err = { 0 };
    mirsal_code rc = mir_root_of(&root, founder->store, &source, &err);
    if (rc == MIRSAL_OK) {
        rc = mir_device_role(founder->store, root, &second->key, MIR_ROLE_ADMIN, "Amal", &err);
    }
    mir_root_close(root);
    sim_event(founder->world, "root names device %u as an admin's", second->index);
    (void)sim_device_alive(founder, rc, &err, "role");
}

static void order(struct sim_device *device)
{
    struct sim_world *world = device->world;
    const struct oracle *oracle = &world->oracle;
    uint8_t *applied = sim_applied(device);
    uint32_t record = ORACLE_NONE;
    for (int tries = 0; applied != NULL && oracle->record_count > 0 && tries < 6; tries++) {
        uint32_t drawn = (uint32_t)sim_draw(world, oracle->record_count);
        if (oracle_exists(oracle, applied, drawn) && !sim_purged(device, drawn)) {
            record = drawn;
            break;
        }
    }
    free(applied);
    if (record == ORACLE_NONE) {
        return;
    }
    mirsal_hash said;
    mirsal_error err = { 0 };
    mirsal_code rc = mir_purge_say(
        &said, device->store, NULL, &oracle->records[record].id, "asked by the family", &err);
    sim_event(world, "device %u orders a purge of record %u", device->index, record);
    if (sim_device_alive(device, rc, &err, "purge")) {
        world->fired[SIM_PURGED]++;
    }
}

/* The second word for an order of the other's, or its end. */
static int decide(struct sim_device *device, int lifts)
{
    const struct mir_purges *purges = &device->store->membership->purges;
    const struct mir_purge *found = NULL;
    for (size_t i = 0; i < purges->count; i++) {
        const struct mir_purge *purge = &purges->items[i];
        int others = memcmp(&purge->by, &device->key, sizeof purge->by) != 0;
        if (purge->level == MIR_PURGE_HIDDEN && !purge->lifted && (lifts || others)) {
            found = purge;
        }
    }
    if (found == NULL) {
        return 0;
    }
    const mirsal_hash id = found->id;
    mirsal_error err = { 0 };
    mirsal_code rc = lifts ? mir_purge_lift(device->store, NULL, &id, &err)
                           : mir_purge_approve(device->store, NULL, &id, &err);
    sim_event(device->world, "device %u %s a purge", device->index, lifts ? "lifts" : "approves");
    int alive = sim_device_alive(device, rc, &err, "purge");
    device->world->fired[lifts ? SIM_PURGE_LIFTED : SIM_PURGE_ORDERED] += (uint64_t)alive;
    return alive;
}

void sim_purge(struct sim_world *world)
{
    struct sim_device *founder = &world->devices[0];
    struct sim_device *second = &world->devices[1];
    if (!world->profile.enabled[SIM_PURGED] || founder->store == NULL || second->store == NULL) {
        return;
    }
    struct sim_device *device = is_admin(second) && sim_chance(world, 50) ? second : founder;
    uint64_t what = sim_draw(world, 100);
    sim_device_clock(device);
    if (what < 35) {
        order(device);
    } else if (what < 85 || world->profile.enabled[SIM_CLOCK_FORWARD]) {
        /* Where a clock runs ahead, a lift may come when something is destroyed already. */
        (void)decide(device, 0);
    } else {
        (void)decide(device, 1);
    }
    if (!world->failed && device->store != NULL) {
        sim_check_device(device);
    }
}

void sim_cut(struct sim_world *world)
{
    struct sim_device *founder = &world->devices[0];
    struct sim_device *device = &world->devices[sim_draw(world, world->device_count)];
    const struct mir_member *member =
        device->joined ? mir_membership_device(founder->store->membership, &device->key) : NULL;
    if (device->index < 2 || device->index == world->device_count - 1 || member == NULL ||
        !member->member || !world->profile.enabled[SIM_CUT]) {
        return;
    }
    const struct mir_cut_order order = { .device = &device->key, .reason = MIR_CUT_LOST };
    uint8_t *applied = sim_applied(founder);
    mirsal_error err = { 0 };
    mirsal_hash id;
    sim_device_clock(founder);
    mirsal_code rc = mir_device_cut(&id, founder->store, NULL, &order, &err);
    sim_event(world, "device %u is cut", device->index);
    int alive = sim_device_alive(founder, rc, &err, "cut");
    for (uint32_t i = 0; alive && i < world->oracle.changeset_count; i++) {
        struct oracle_changeset *changeset = &world->oracle.changesets[i];
        changeset->stands = changeset->author == device->index && applied[i];
    }
    device->cut = alive;
    world->fired[SIM_CUT] += (uint64_t)alive;
    free(applied);
}

void sim_purge_decide(struct sim_world *world)
{
    for (size_t i = 0; i < 2; i++) {
        sim_device_clock(&world->devices[i]);
        while (!world->failed && sim_chance(world, 85) && decide(&world->devices[i], 0)) {
        }
    }
}

void sim_forget(struct sim_device *device)
{
    mirsal_error err = { 0 };
    if (device->store == NULL || device->world->failed) {
        return;
    }
    mirsal_code rc = mir_forget(device->store, &err);
    (void)sim_device_alive(device, rc, &err, "forget");
}

/* No page holds a mark of what was written there. */
static void check_marks(struct sim_device *device, const struct oracle_write *write)
{
    for (size_t at = 0; at + MARK_SIZE <= write->value_size; at++) {
        if (memcmp(write->value + at, "mark-", 5) == 0 &&
            test_pages_holding(device->store->sql, write->value + at, MARK_SIZE) != 0) {
            sim_fail(device->world, "device %u holds %.*s of record %u, which was purged",
                device->index, (int)MARK_SIZE, (const char *)write->value + at, write->record);
        }
    }
}

/* Which body stands, and what is known of it. */
static void tell_standing(struct sim_device *device, const struct mir_purge *purge, uint64_t due_ms)
{
    const struct mir_membership *membership = device->store->membership;
    for (size_t i = 0; i < purge->changeset_count; i++) {
        struct mir_chain_row row;
        const struct mir_residue *first = NULL;
        if (mir_chain_find(&row, device->store->sql, &purge->changesets[i], NULL) == MIRSAL_OK &&
            row.no != 0 && row.kept != MIR_KEPT_RESIDUE && row.kept != MIR_KEPT_HEADER) {
            uint32_t at = oracle_find_changeset(&device->world->oracle, &row.id);
            sim_event(device->world,
                "device %u: changeset %u (compartment %u, state %d, kept %d) stands; %zu residues; "
                "%s; named %d; in %lld days",
                device->index, at, (unsigned)row.compartment, (int)row.state, (int)row.kept,
                mir_purges_residues(membership, &row.id, &first), at == ORACLE_NONE ? "?" : "",
                i >= purge->own_count,
                ((long long)due_ms - (long long)device->test.now_ms) / 86400000);
        }
    }
}

static void check_device(struct sim_device *device)
{
    struct sim_world *world = device->world;
    if (device->cut) {
        return;
    }
    const struct mir_purges *purges = &device->store->membership->purges;
    const struct oracle *oracle = &world->oracle;
    for (size_t i = 0; i < purges->count && !world->failed; i++) {
        struct mir_purge_left left = { 0 };
        mirsal_error err = { 0 };
        mirsal_code rc = purges->items[i].level == MIR_PURGE_ORDERED
                             ? mir_purge_left(&left, device->store, &purges->items[i], &err)
                             : MIRSAL_OK;
        if (sim_device_alive(device, rc, &err, "purge") && left.bodies > 0) {
            tell_standing(device, &purges->items[i], left.due_ms);
            sim_fail(world, "device %u: %llu bodies stand that an order names", device->index,
                (unsigned long long)left.bodies);
        }
    }
    for (uint32_t i = 0; i < oracle->write_count && !world->failed; i++) {
        const mirsal_id *id = &oracle->records[oracle->writes[i].record].id;
        if (mir_purges_of_record(device->store->membership, id) == MIR_PURGE_ORDERED) {
            check_marks(device, &oracle->writes[i]);
        }
    }
}

static void check_relay(struct sim_world *world)
{
    struct mir_sql *sql = mir_relay_log_served(world->relay.log)->sql;
    const struct mir_purges *purges = &world->devices[0].store->membership->purges;
    for (size_t i = 0; i < purges->count; i++) {
        const struct mir_purge *purge = &purges->items[i];
        for (size_t k = 0; purge->level == MIR_PURGE_ORDERED && k < purge->changeset_count; k++) {
            struct mir_chain_row row;
            if (mir_chain_find(&row, sql, &purge->changesets[k], NULL) != MIRSAL_OK ||
                (row.no != 0 && row.kept != MIR_KEPT_RESIDUE)) {
                uint32_t at = oracle_find_changeset(&world->oracle, &purge->changesets[k]);
                const struct mir_residue *first = NULL;
                sim_fail(world,
                    "the relay holds a body that order %zu names: changeset %u of device %u, "
                    "compartment %u, kept %d, named %d, %zu residues here",
                    i, at, at == ORACLE_NONE ? 99u : world->oracle.changesets[at].author,
                    (unsigned)row.compartment, (int)row.kept, k >= purge->own_count,
                    mir_purges_residues(
                        world->devices[0].store->membership, &purge->changesets[k], &first));
            }
        }
    }
}

int sim_purges_left(struct sim_world *world)
{
    uint64_t left = 0;
    for (uint32_t i = 0; i < world->device_count && !world->failed; i++) {
        struct sim_device *device = &world->devices[i];
        const struct mir_purges *purges = &device->store->membership->purges;
        sim_device_clock(device);
        if (device->cut) {
            continue;
        }
        for (size_t k = 0; k < purges->count; k++) {
            struct mir_purge_left bodies = { 0 };
            mirsal_error err = { 0 };
            mirsal_code rc = mir_purge_left(&bodies, device->store, &purges->items[k], &err);
            left +=
                rc == MIRSAL_OK && purges->items[k].level == MIR_PURGE_ORDERED ? bodies.bodies : 0;
        }
    }
    return left > 0;
}

void sim_check_purged(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->device_count && !world->failed; i++) {
        check_device(&world->devices[i]);
    }
    if (!world->failed && world->relay.log != NULL) {
        check_relay(world);
    }
}
