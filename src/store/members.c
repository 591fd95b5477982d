/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/members.c - the control changesets held, as the model's facts; see the header.
 */
#include "members.h"

#include "chains.h"
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

static uint8_t may_read(const struct mir_member *member, uint32_t compartment)
{
    return (uint8_t)((member->reads[compartment / 64] >> (compartment % 64)) & 1u);
}

/* control.md 6.2 */
static mirsal_code make_digest(struct mir_members *members,
    const mirsal_hash *team,
    mirsal_error *err)
{
    const struct mir_membership *membership = &members->membership;
    struct mir_buf bytes;
    uint32_t count = 0;
    mir_buf_init(&bytes, members->env, SIZE_MAX / 2);
    for (size_t i = 0; i < membership->member_count; i++) {
        count += membership->members[i].member != 0;
    }
    mir_mp_write_array(&bytes, 5);
    mir_mp_write_uint(&bytes, 1);
    mir_mp_write_bin(&bytes, team->bytes, sizeof team->bytes);
    mir_mp_write_array(&bytes, count);
    for (size_t i = 0; i < membership->member_count; i++) {
        const struct mir_member *member = &membership->members[i];
        if (!member->member) {
            continue;
        }
        mir_mp_write_array(&bytes, 5);
        mir_mp_write_bin(&bytes, member->key.bytes, sizeof member->key.bytes);
        mir_mp_write_uint(&bytes, member->role);
        mir_mp_write_uint(&bytes, may_read(member, MIR_COMPARTMENT_PROTECTED));
        mir_mp_write_uint(&bytes, member->write_only != 0);
        mir_mp_write_uint(&bytes, member->settled != 0);
    }
    mir_mp_write_array(&bytes, (uint32_t)membership->epoch_count);
    for (size_t i = 0; i < membership->epoch_count; i++) {
        const struct mir_epoch_name *name = &membership->epochs[i].name;
        mir_mp_write_array(&bytes, 3);
        mir_mp_write_uint(&bytes, name->compartment);
        mir_mp_write_uint(&bytes, name->number);
        mir_mp_write_bin(&bytes, name->public_key.bytes, sizeof name->public_key.bytes);
    }
    const mirsal_hash *schema = &membership->schema.hash;
    mir_mp_write_bin(&bytes, schema->bytes, sizeof schema->bytes);
    mirsal_code rc = mir_buf_finish(&bytes, err);
    if (rc == MIRSAL_OK) {
        mir_hash_bytes(&members->digest, MIR_CONTEXT_STATE, bytes.data, bytes.size);
    }
    mir_buf_fini(&bytes);
    return rc;
}

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
        rc = make_digest(members, team, err);
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
    mir_members_free(store->members);
    store->members = members;
    store->membership = &members->membership;
    return MIRSAL_OK;
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
