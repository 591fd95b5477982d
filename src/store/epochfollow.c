/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/epochfollow.c - older epochs out of newer ones; see the header.
 *
 * Epochs ascend by number within a compartment: one walk from the last to the first follows a whole
 * chain. What an envelope holds is kept only where it fits an epoch that counts.
 */
#include "epochfollow.h"

#include "fail.h"
#include "members.h"
#include "statements.h"

#include <string.h>

#define ARENA_MAX ((size_t)16 << 20)

static mirsal_code is_held(int *out,
    struct mir_store *store,
    const struct mir_epoch *epoch,
    mirsal_error *err)
{
    MIR_WIPED_AGREE struct mir_agree_secret secret;
    return mir_epoch_secret(&secret, out, store, &epoch->name.public_key, err);
}

/* Tries one envelope on every older epoch of the compartment that is not held. */
static mirsal_code try_envelope(uint32_t *kept,
    struct mir_store *store,
    const struct mir_epoch *epoch,
    const struct mir_agree_secret *secret,
    const uint8_t envelope[MIR_ENVELOPE_SIZE],
    mirsal_error *err)
{
    MIR_WIPED_AGREE struct mir_agree_secret before;
    mirsal_code rc = MIRSAL_OK;
    for (const struct mir_epoch *older = epoch;
         rc == MIRSAL_OK && older > store->membership->epochs;) {
        int held = 0;
        older--;
        if (older->name.compartment != epoch->name.compartment) {
            break;
        }
        if (older->name.number == epoch->name.number) {
            continue;
        }
        rc = is_held(&held, store, older, err);
        if (rc != MIRSAL_OK || held) {
            continue;
        }
        const struct mir_epoch_public name = { (uint8_t)older->name.compartment, older->name.number,
            older->name.public_key };
        if (mir_envelope_open(&before, envelope, &name, &store->team, secret, store->env, NULL) !=
            MIRSAL_OK) {
            continue;
        }
        rc = mir_epoch_keep(store, name.compartment, name.number, &before, &name.public_key, err);
        *kept += rc == MIRSAL_OK;
        break;
    }
    return rc;
}

/* Every statement of that epoch: another than the first may carry what opens. */
static mirsal_code follow_one(uint32_t *kept,
    struct mir_store *store,
    const struct mir_epoch *epoch,
    const struct mir_agree_secret *secret,
    mirsal_error *err)
{
    struct mir_control_body body;
    struct mir_arena arena;
    mirsal_code rc = MIRSAL_OK;
    mir_arena_init(&arena, store->env, ARENA_MAX);
    for (size_t i = 0; rc == MIRSAL_OK && i < store->members->count; i++) {
        const struct mir_control *fact = &store->members->facts[i];
        int names = 0;
        for (size_t j = 0; j < fact->statement_count; j++) {
            names |=
                fact->statements[j].kind == MIR_STATEMENT_EPOCH &&
                mir_hash_equal(&fact->statements[j].epoch.name.public_key, &epoch->name.public_key);
        }
        if (!names) {
            continue;
        }
        mir_arena_reset(&arena);
        rc = mir_statements_read(&body, &arena, store, &fact->id, err);
        for (uint32_t j = 0; rc == MIRSAL_OK && j < body.say_count; j++) {
            const struct mir_say *say = &body.says[j];
            if (say->kind == MIR_SAY_EPOCH && say->epoch.has_previous &&
                mir_hash_equal(&say->epoch.name.public_key, &epoch->name.public_key)) {
                rc = try_envelope(kept, store, epoch, secret, say->epoch.previous, err);
            }
        }
    }
    mir_arena_fini(&arena);
    return rc;
}

/* The epoch right below it is held: there is nothing to take out of it. */
static mirsal_code is_followed(int *out,
    struct mir_store *store,
    const struct mir_epoch *epoch,
    mirsal_error *err)
{
    const struct mir_membership *membership = store->membership;
    mirsal_code rc = MIRSAL_OK;
    *out = 0;
    for (size_t i = 0; rc == MIRSAL_OK && !*out && i < membership->epoch_count; i++) {
        const struct mir_epoch *other = &membership->epochs[i];
        if (other->name.compartment == epoch->name.compartment &&
            other->name.number + UINT64_C(1) == epoch->name.number) {
            rc = is_held(out, store, other, err);
        }
    }
    return rc;
}

mirsal_code mir_epochs_follow(uint32_t *kept, struct mir_store *store, mirsal_error *err)
{
    MIR_WIPED_AGREE struct mir_agree_secret secret;
    mirsal_code rc = MIRSAL_OK;
    *kept = 0;
    for (size_t i = store->membership->epoch_count; rc == MIRSAL_OK && i-- > 0;) {
        const struct mir_epoch *epoch = &store->membership->epochs[i];
        int held = 0;
        int followed = 0;
        if (!epoch->has_previous || !mir_members_reads(store, epoch->name.compartment)) {
            continue;
        }
        rc = mir_epoch_secret(&secret, &held, store, &epoch->name.public_key, err);
        if (rc == MIRSAL_OK && held) {
            rc = is_followed(&followed, store, epoch, err);
        }
        if (rc == MIRSAL_OK && held && !followed) {
            rc = follow_one(kept, store, epoch, &secret, err);
        }
    }
    return rc;
}

static int refused(const struct mir_store *store, const struct mir_epoch *epoch)
{
    for (size_t i = 0; i < store->members->count; i++) {
        const struct mir_control *fact = &store->members->facts[i];
        for (size_t j = 0; j < fact->statement_count; j++) {
            const struct mir_statement *what = &fact->statements[j];
            if (what->kind == MIR_STATEMENT_EPOCH_OK && !what->epoch_ok.opened &&
                mir_hash_equal(&fact->device, mir_store_device(store)) &&
                mir_hash_equal(&what->epoch_ok.public_key, &epoch->name.public_key)) {
                return 1;
            }
        }
    }
    return 0;
}

mirsal_code mir_epoch_is_swallowed(int *out,
    struct mir_store *store,
    const struct mir_epoch *epoch,
    mirsal_error *err)
{
    const struct mir_membership *membership = store->membership;
    int held = 0;
    *out = 0;
    if (!mir_membership_epoch_is_carried(membership, epoch) ||
        mir_membership_begins_later(membership, epoch, mir_store_device(store)) ||
        !mir_members_reads(store, epoch->name.compartment)) {
        return MIRSAL_OK;
    }
    mirsal_code rc = is_held(&held, store, epoch, err);
    for (size_t i = 0; rc == MIRSAL_OK && !held && i < membership->epoch_count; i++) {
        const struct mir_epoch *above = &membership->epochs[i];
        int opened = 0;
        if (above->name.compartment != epoch->name.compartment || !above->has_previous ||
            above->name.number != epoch->name.number + UINT64_C(1)) {
            continue;
        }
        rc = is_held(&opened, store, above, err);
        *out |= rc == MIRSAL_OK && (opened || !above->usable || refused(store, above));
    }
    return rc;
}
