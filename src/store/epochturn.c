/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/epochturn.c - epochs are turned; see the header.
 *
 * Who left is seen in what is held: an envelope of the newest epoch for a device that may not read
 * any more. The next epoch has no such envelope, so that it is turned once.
 */
#include "epochturn.h"

#include "accept.h"
#include "changeset.h"
#include "duties.h"
#include "env.h"
#include "epochkeys.h"
#include "fail.h"
#include "members.h"
#include "mir_limits.h"
#include "stamp.h"
#include "statements.h"

#include <string.h>

#define ARENA_MAX ((size_t)16 << 20)
#define DAY_MS    UINT64_C(86400000)

static int may_turn(const struct mir_store *store)
{
    const struct mir_member *self = mir_members_self(store, MIR_ROLE_ADMIN);
    return self != NULL && !self->frozen;
}

/* Of the highest number, of several the smaller public key; NULL without any. */
static const struct mir_epoch *find_newest(const struct mir_store *store, uint32_t compartment)
{
    const struct mir_membership *membership = store->membership;
    const struct mir_epoch *found = NULL;
    for (size_t i = 0; i < membership->epoch_count; i++) {
        const struct mir_epoch *epoch = &membership->epochs[i];
        if (epoch->name.compartment == compartment &&
            (found == NULL || epoch->name.number > found->name.number)) {
            found = epoch;
        }
    }
    return found;
}

/* The newest that this device holds, and its private half. */
static mirsal_code find_held(const struct mir_epoch **out,
    struct mir_agree_secret *secret,
    struct mir_store *store,
    uint32_t compartment,
    mirsal_error *err)
{
    const struct mir_membership *membership = store->membership;
    struct mir_agree_secret tried;
    mirsal_code rc = MIRSAL_OK;
    *out = NULL;
    for (size_t i = 0; rc == MIRSAL_OK && i < membership->epoch_count; i++) {
        const struct mir_epoch *epoch = &membership->epochs[i];
        int held = 0;
        if (epoch->name.compartment != compartment ||
            (*out != NULL && epoch->name.number == (*out)->name.number)) {
            continue;
        }
        rc = mir_epoch_secret(&tried, &held, store, &epoch->name.public_key, err);
        if (rc == MIRSAL_OK && held) {
            *secret = tried;
            *out = epoch;
        }
    }
    mir_wipe(&tried, sizeof tried);
    return rc;
}

static void name_of(struct mir_epoch_public *out, const struct mir_epoch *epoch)
{
    out->compartment = (uint8_t)epoch->name.compartment;
    out->number = epoch->name.number;
    out->public_key = epoch->name.public_key;
}

mirsal_code mir_epoch_make(struct mir_say *say,
    struct mir_store *store,
    uint32_t compartment,
    int history,
    mirsal_error *err)
{
    MIR_WIPED_AGREE struct mir_agree_secret secret;
    MIR_WIPED_AGREE struct mir_agree_secret before;
    const struct mir_epoch *newest = find_newest(store, compartment);
    const struct mir_epoch *held = NULL;
    struct mir_agree_public public_key;
    struct mir_epoch_public previous;
    uint8_t seed[32];
    if (newest != NULL && newest->name.number == UINT32_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "the last epoch of this compartment was made");
    }
    mir_random(store->env, seed, sizeof seed);
    mir_agree_keypair(&public_key, &secret, seed);
    mir_wipe(seed, sizeof seed);
    memset(say, 0, sizeof *say);
    say->kind = MIR_SAY_EPOCH;
    say->epoch.name.compartment = (uint8_t)compartment;
    say->epoch.name.number = newest != NULL ? newest->name.number + 1 : 1;
    memcpy(say->epoch.name.public_key.bytes, public_key.bytes, sizeof public_key.bytes);
    mirsal_code rc = mir_epoch_keep(
        store, compartment, say->epoch.name.number, &secret, &say->epoch.name.public_key, err);
    if (rc == MIRSAL_OK) {
        rc = find_held(&held, &before, store, compartment, err);
    }
    if (rc != MIRSAL_OK || held == NULL || !history ||
        store->membership->policies[MIR_TEAM_HISTORY] == 0) {
        return rc;
    }
    name_of(&previous, held);
    say->epoch.has_previous = 1;
    return mir_envelope_seal(say->epoch.previous, &previous, &store->team, &before,
        &say->epoch.name.public_key, store->env, err);
}

mirsal_code mir_epoch_turn(struct mir_epoch_public *out,
    struct mir_store *store,
    uint32_t compartment,
    int history,
    mirsal_error *err)
{
    struct mir_accept_counts counts;
    struct mir_say say;
    memset(&counts, 0, sizeof counts);
    mirsal_code rc = mir_epoch_make(&say, store, compartment, history, err);
    if (rc == MIRSAL_OK) {
        rc = mir_statements_say(NULL, store, &say, 1, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_accept_settle(&counts, store, err);
    }
    if (rc == MIRSAL_OK && out != NULL) {
        *out = say.epoch.name;
    }
    return rc;
}

mirsal_code mir_epoch_rotate(struct mir_epoch_public *out,
    struct mir_store *store,
    uint32_t compartment,
    int history,
    mirsal_error *err)
{
    uint32_t wrote = 0;
    if (compartment >= MIR_COMPARTMENT_CONTROL ||
        !(store->membership->compartments[compartment / 64] >> compartment % 64 & 1)) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "no such compartment");
    }
    if (!may_turn(store)) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "only an admin turns an epoch");
    }
    if (!mir_members_reads(store, compartment)) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "this device does not read that compartment");
    }
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_epoch_turn(out, store, compartment, history, err);
    if (rc == MIRSAL_OK) {
        rc = mir_duties_run(&wrote, store, err);
    }
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    return mir_store_commit(store, err);
}

static mirsal_code read_stamp(uint64_t *out,
    struct mir_store *store,
    const mirsal_hash *changeset,
    mirsal_error *err)
{
    struct mir_control_body body;
    struct mir_arena arena;
    mir_arena_init(&arena, store->env, ARENA_MAX);
    mirsal_code rc = mir_statements_read(&body, &arena, store, changeset, err);
    *out = rc == MIRSAL_OK ? body.stamp : 0;
    mir_arena_fini(&arena);
    return rc;
}

static const mirsal_hash *changeset_of(const struct mir_store *store, const struct mir_epoch *epoch)
{
    for (size_t i = 0; epoch->from_genesis && i < store->members->count; i++) {
        const struct mir_control *fact = &store->members->facts[i];
        if (fact->statement_count > 0 && fact->statements[0].kind == MIR_STATEMENT_GENESIS) {
            return &fact->id;
        }
    }
    return &epoch->changeset;
}

/* The first held statement that gives the device this epoch, or NULL. */
static const struct mir_control *given_by(const struct mir_store *store,
    const struct mir_epoch *epoch,
    const mirsal_hash *device)
{
    for (size_t i = 0; i < store->members->count; i++) {
        const struct mir_control *fact = &store->members->facts[i];
        for (size_t j = 0; j < fact->statement_count; j++) {
            const struct mir_statement *what = &fact->statements[j];
            int envelope =
                what->kind == MIR_STATEMENT_EPOCH_KEY &&
                mir_hash_equal(&what->epoch_key.device, device) &&
                mir_hash_equal(&what->epoch_key.name.public_key, &epoch->name.public_key);
            int word = what->kind == MIR_STATEMENT_EPOCH_OK && what->epoch_ok.opened &&
                       mir_hash_equal(&fact->device, device) &&
                       mir_hash_equal(&what->epoch_ok.public_key, &epoch->name.public_key);
            if (envelope || word) {
                return fact;
            }
        }
    }
    return NULL;
}

/* One who was given the epoch may not read any more. */
static int somebody_left(const struct mir_store *store, const struct mir_epoch *epoch)
{
    const struct mir_membership *membership = store->membership;
    for (size_t i = 0; i < membership->member_count; i++) {
        const mirsal_hash *device = &membership->members[i].key;
        if (!mir_membership_can_read(membership, device, epoch->name.compartment) &&
            (mir_hash_equal(device, &epoch->issuer) || given_by(store, epoch, device) != NULL)) {
            return 1;
        }
    }
    return 0;
}

mirsal_code mir_epoch_turn_reason(enum mir_turn_reason *out,
    struct mir_store *store,
    uint32_t compartment,
    mirsal_error *err)
{
    const struct mir_membership *membership = store->membership;
    const struct mir_epoch *newest = find_newest(store, compartment);
    uint64_t stamp = 0;
    *out = MIR_TURN_NONE;
    if (newest == NULL) {
        return MIRSAL_OK;
    }
    for (size_t i = 0; i < membership->epoch_count; i++) {
        const struct mir_epoch *epoch = &membership->epochs[i];
        if (epoch->name.compartment == compartment && epoch->name.number == newest->name.number &&
            somebody_left(store, epoch)) {
            *out = MIR_TURN_LEFT;
            return MIRSAL_OK;
        }
    }
    mirsal_code rc = read_stamp(&stamp, store, changeset_of(store, newest), err);
    uint64_t days = (uint64_t)membership->policies[MIR_TEAM_EPOCH_DAYS];
    if (rc == MIRSAL_OK && mir_now_ms(store->env) > mir_stamp_ms(stamp) + days * DAY_MS) {
        *out = MIR_TURN_AGE;
    }
    return rc;
}

mirsal_code mir_epochs_turn_due(uint32_t *turned, struct mir_store *store, mirsal_error *err)
{
    MIR_WIPED_AGREE struct mir_agree_secret secret;
    mirsal_code rc = MIRSAL_OK;
    *turned = 0;
    for (uint32_t c = 0; rc == MIRSAL_OK && c < MIR_COMPARTMENT_CONTROL; c++) {
        enum mir_turn_reason reason = MIR_TURN_NONE;
        const struct mir_epoch *held = NULL;
        if (!may_turn(store) || !mir_members_reads(store, c)) {
            continue;
        }
        rc = find_held(&held, &secret, store, c, err);
        if (rc == MIRSAL_OK && held != NULL) {
            rc = mir_epoch_turn_reason(&reason, store, c, err);
        }
        if (rc == MIRSAL_OK && reason != MIR_TURN_NONE) {
            rc = mir_epoch_turn(NULL, store, c, 1, err);
            *turned += rc == MIRSAL_OK;
        }
    }
    return rc;
}
