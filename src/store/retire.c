/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/retire.c - a device becomes a new one by its own word; see the header.
 */
#include "retire.h"

#include "accept.h"
#include "carry.h"
#include "fail.h"
#include "hash.h"
#include "identity.h"
#include "keychange.h"
#include "layout.h"
#include "members.h"
#include "sign.h"
#include "statements.h"

#include <string.h>

#define ARENA_MAX  ((size_t)4 << 20)
#define LABEL_SIZE 1024u

/* In mir_secret_alloc memory. */
struct retiring {
    struct mir_store *store;
    struct mir_device_keys was;
    struct mir_device_keys is;
    struct mir_arena arena;
};

/* How far the old device came, as this store knows it: told, and cutting nothing. */
static mirsal_code find_heads(struct mir_chain_place *out,
    uint32_t *count,
    struct mir_store *store,
    mirsal_error *err)
{
    int64_t device = 0;
    mirsal_code rc = mir_device_no(&device, store->sql, mir_store_device(store), 0, err);
    for (uint32_t c = 0; rc == MIRSAL_OK && c < MIR_COMPARTMENT_CONTROL; c++) {
        struct mir_chain_row head;
        if (((store->membership->compartments[c / 64] >> (c % 64)) & 1u) == 0) {
            continue;
        }
        rc = mir_chain_head(&head, store->sql, device, c, err);
        if (rc == MIRSAL_OK && head.no != 0) {
            out[(*count)++] = (struct mir_chain_place){ (uint8_t)c, head.seq, head.id };
        }
    }
    return rc;
}

static mirsal_code say_retire(mirsal_hash *id, struct retiring *retiring, mirsal_error *err)
{
    struct mir_store *store = retiring->store;
    struct mir_say say = { .kind = MIR_SAY_RETIRE };
    struct mir_chain_place *places =
        mir_arena_alloc(&retiring->arena, MIR_COMPARTMENT_CONTROL, sizeof *places);
    if (places == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    memcpy(say.act.subject.bytes, retiring->is.sign_public.bytes, sizeof say.act.subject.bytes);
    mirsal_code rc = find_heads(places, &say.act.place_count, store, err);
    say.act.places = places;
    return rc == MIRSAL_OK ? mir_statements_say(id, store, &say, 1, err) : rc;
}

static mirsal_code set_authority(struct mir_store *store, const mirsal_hash *id, mirsal_error *err)
{
    struct mir_bytes value = { id->bytes, sizeof id->bytes };
    return mir_meta_set_bytes(store->sql, "authority", value, err);
}

static void prove(struct mir_say_join *join, const struct retiring *retiring)
{
    struct mir_store *store = retiring->store;
    struct mir_buf message;
    mir_buf_init(&message, store->env, 256);
    mir_join_message(&message, &store->team, mir_store_device(store), join);
    if (message.failed == MIRSAL_OK) {
        mir_sign(join->proof, MIR_CONTEXT_JOIN, message.data, message.size, &retiring->was.sign);
    }
    mir_buf_fini(&message);
}

static mirsal_code say_join(struct retiring *retiring, const mirsal_hash *retire, mirsal_error *err)
{
    struct mir_store *store = retiring->store;
    struct mir_say say = { .kind = MIR_SAY_JOIN };
    struct mir_buf label;
    mirsal_hash id;
    mir_buf_init(&label, store->env, LABEL_SIZE);
    mirsal_code rc = mir_meta_bytes(&label, store->sql, "label", err);
    mir_buf_append_u8(&label, 0);
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&label, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_statements_seal_text(
            &say.join.label, &retiring->arena, store, (const char *)label.data, err);
    }
    mir_buf_fini(&label);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    say.join.grant = *retire;
    memcpy(say.join.noise.bytes, store->keys->noise_public.bytes, 32);
    memcpy(say.join.hpke.bytes, store->keys->hpke_public.bytes, 32);
    say.join.write_only = store->write_only != 0;
    prove(&say.join, retiring);
    rc = mir_statements_say(&id, store, &say, 1, err);
    return rc == MIRSAL_OK ? set_authority(store, &id, err) : rc;
}

static mirsal_code retire(struct retiring *retiring, mirsal_error *err)
{
    struct mir_store *store = retiring->store;
    struct mir_accept_counts counts;
    uint32_t carried = 0;
    mirsal_hash id;
    memset(&counts, 0, sizeof counts);
    store->behind = 0;
    store->moved = 0;
    mirsal_code rc = say_retire(&id, retiring, err);
    if (rc == MIRSAL_OK) {
        *store->keys = retiring->is;
        rc = mir_identity_turn(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = set_authority(store, &id, err);
    }
    if (rc == MIRSAL_OK) {
        rc = say_join(retiring, &id, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_accept_settle(&counts, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_carry_over(&carried, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_accept_settle(&counts, store, err);
    }
    return rc == MIRSAL_OK ? mir_keys_replace(store, &retiring->is, err) : rc;
}

static mirsal_code in_transaction(struct retiring *retiring, mirsal_error *err)
{
    struct mir_store *store = retiring->store;
    int moved = store->moved;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = retire(retiring, err);
    if (rc == MIRSAL_OK) {
        rc = mir_store_commit(store, err);
    } else {
        mir_store_rollback(store);
        *store->keys = retiring->was;
        store->moved = moved;
    }
    return rc;
}

int mir_team_may_retire(const struct mir_store *store)
{
    return mir_identity_signing(store) != MIR_SIGNS_INVITED &&
           mir_members_self(store, MIR_ROLE_OBSERVER) != NULL;
}

mirsal_code mir_team_retire(struct mir_store *store, mirsal_error *err)
{
    if (mir_identity_signing(store) == MIR_SIGNS_INVITED) {
        return mir_identity_check(store, err);
    }
    if (!mir_team_may_retire(store)) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "this device's word counts no more");
    }
    struct retiring *retiring = mir_secret_alloc(sizeof *retiring);
    if (retiring == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    retiring->store = store;
    retiring->was = *store->keys;
    mir_device_keys_make(&retiring->is, store->env);
    retiring->is.database = store->keys->database;
    mir_arena_init(&retiring->arena, store->env, ARENA_MAX);
    mirsal_hash device = store->device;
    mirsal_code rc = mir_identity_set(store, &device, err);
    if (rc == MIRSAL_OK) {
        rc = in_transaction(retiring, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_identity_settle(store, err);
    }
    mir_arena_fini(&retiring->arena);
    mir_secret_free(retiring);
    return rc;
}
