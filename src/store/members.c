/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/members.c - the control changesets held, as the model's facts; see the header.
 */
#include "members.h"

#include "chains.h"
#include "controldigest.h"
#include "env.h"
#include "facts.h"
#include "fail.h"
#include "hash.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "project.h"
#include "store.h"

#include <string.h>

#define RULES_VERSION 1u

mirsal_code mir_members_load(struct mir_members **out,
    const mirsal_env *env,
    struct mir_sql *sql,
    const mirsal_hash *team,
    mirsal_error *err)
{
    *out = NULL;
    struct mir_members *members = mir_alloc(env, sizeof *members);
    if (members == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    members->env = env;
    mir_arena_init(&members->arena, env, SIZE_MAX / 2);
    mirsal_code rc =
        mir_facts_load(&members->facts, &members->count, &members->arena, sql, team, err);
    if (rc == MIRSAL_OK) {
        rc =
            mir_membership_evaluate(&members->membership, members->facts, members->count, env, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_control_digest(&members->digest, &members->membership, team, env, err);
    }
    if (rc != MIRSAL_OK) {
        mir_members_free(members);
        return rc;
    }
    *out = members;
    return MIRSAL_OK;
}

void mir_members_free(struct mir_members *members)
{
    if (members != NULL) {
        const mirsal_env *env = members->env;
        mir_membership_fini(&members->membership);
        mir_arena_fini(&members->arena);
        mir_release(env, members, sizeof *members);
    }
}

mirsal_code mir_members_refresh(struct mir_store *store, mirsal_error *err)
{
    struct mir_members *members = NULL;
    mirsal_code rc = mir_members_load(&members, store->env, store->sql, &store->team, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (store->control_came && store->judged == NULL) {
        store->judged = store->members; /* data still stands as this one had it */
    } else {
        mir_members_free(store->members);
    }
    store->members = members;
    store->membership = &members->membership;
    return MIRSAL_OK;
}

const struct mir_member *mir_members_self(const struct mir_store *store, enum mir_role least)
{
    const struct mir_member *self =
        mir_membership_device(store->membership, mir_store_device(store));
    return self != NULL && self->member && !self->ended && self->role >= least ? self : NULL;
}

mirsal_code mir_members_need(const struct mir_store *store, enum mir_role least, mirsal_error *err)
{
    return mir_members_self(store, least) != NULL
               ? MIRSAL_OK
               : mir_fail(err, MIRSAL_NOT_ALLOWED, "not for this device's role");
}

int mir_members_reads(const struct mir_store *store, uint32_t compartment)
{
    return !store->write_only &&
           mir_membership_can_read(store->membership, mir_store_device(store), compartment);
}

int mir_members_opens(const struct mir_store *store)
{
    return !store->write_only && store->former.size > 0;
}

mirsal_code mir_store_digest(mirsal_hash *out, int *has, struct mir_store *store, mirsal_error *err)
{
    mirsal_hash main_digest;
    uint8_t version = RULES_VERSION;
    struct mir_bytes parts[] = { { &version, 1 },
        { store->members->digest.bytes, sizeof store->members->digest.bytes },
        { main_digest.bytes, sizeof main_digest.bytes } };
    *has = mir_members_reads(store, MIR_COMPARTMENT_MAIN);
    if (!*has) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_project_digest(&main_digest, store, MIR_COMPARTMENT_MAIN, err);
    if (rc == MIRSAL_OK) {
        mir_hash_parts(out, MIR_CONTEXT_STATE, parts, 3);
    }
    return rc;
}
