/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/team.c - a team is made; its recovery file; see the header. Joining one is join.c's.
 */
#include "team.h"

#include "accept.h"
#include "env.h"
#include "epochkeys.h"
#include "fail.h"
#include "layout.h"
#include "members.h"
#include "mir_limits.h"
#include "project.h"
#include "schema_decode.h"
#include "schema_say.h"
#include "sql.h"
#include "stamp.h"
#include "statements.h"
#include "teamschema.h"

#include <string.h>

#define ARENA_MAX ((size_t)4 << 20)
#define EPOCHS    2u /* main and protected, from the first day */

/* What is made before anything is stored. */
struct founding {
    struct mir_arena arena;
    struct mir_root root;
    mirsal_hash root_key;
    struct mir_agree_secret secrets[EPOCHS];
    struct mir_epoch_public epochs[EPOCHS];
    struct mir_buf body;
    mirsal_hash team;
    struct mir_changeset genesis;
};

static void make_keys(struct founding *founding, const mirsal_env *env)
{
    struct mir_root *root = &founding->root;
    struct mir_agree_public public_key;
    uint8_t seed[32];
    mir_random(env, seed, sizeof seed);
    mir_sign_keypair(&root->public_key, &root->sign, seed);
    memcpy(founding->root_key.bytes, root->public_key.bytes, sizeof root->public_key.bytes);
    for (uint8_t i = 0; i < EPOCHS; i++) {
        mir_random(env, seed, sizeof seed);
        mir_agree_keypair(&public_key, &founding->secrets[i], seed);
        founding->epochs[i].compartment = i;
        founding->epochs[i].number = 1;
        memcpy(founding->epochs[i].public_key.bytes, public_key.bytes, sizeof public_key.bytes);
    }
    mir_wipe(seed, sizeof seed);
}

static mirsal_code name_schema(struct mir_say_genesis *genesis,
    const struct mir_store *store,
    struct mir_bytes compiled,
    mirsal_error *err)
{
    struct mir_arena arena;
    struct mir_schema schema;
    if (compiled.size == 0) {
        compiled = mir_schema_default_bytes();
    }
    mir_arena_init(&arena, store->env, MIR_SCHEMA_MEMORY_MAX);
    mirsal_code rc = mir_schema_decode(&schema, &arena, compiled, err);
    if (rc == MIRSAL_OK) {
        genesis->schema_version = schema.version;
        mir_schema_hash(&genesis->schema_hash, compiled);
    }
    mir_arena_fini(&arena);
    return rc;
}

/* The name is sealed with an empty team: the team's id is the hash of what holds it. */
static mirsal_code write_genesis(struct founding *founding,
    struct mir_store *store,
    const struct mir_team_options *options,
    mirsal_error *err)
{
    struct mir_say says[2] = { { .kind = MIR_SAY_GENESIS }, { .kind = MIR_SAY_RECOVERY } };
    struct mir_bytes text = { (const uint8_t *)options->name, strlen(options->name) };
    uint64_t now_ms = options->founded_ms != 0 ? options->founded_ms : mir_now_ms(store->env);
    mirsal_hash no_team = { { 0 } };
    says[0].genesis.root = founding->root_key;
    mir_random(store->env, says[0].genesis.nonce, sizeof says[0].genesis.nonce);
    says[0].genesis.founder = *mir_store_device(store);
    memcpy(says[0].genesis.noise.bytes, store->keys->noise_public.bytes, 32);
    memcpy(says[0].genesis.hpke.bytes, store->keys->hpke_public.bytes, 32);
    says[0].genesis.epochs = founding->epochs;
    says[0].genesis.epoch_count = EPOCHS;
    mirsal_code rc = name_schema(&says[0].genesis, store, options->schema, err);
    if (rc == MIRSAL_OK && text.size > 0) {
        rc = mir_text_seal(&says[0].genesis.name, &founding->arena, &founding->epochs[0], &no_team,
            text, store->env, err);
    }
    if (rc != MIRSAL_OK) {
        return rc == MIRSAL_LIMIT ? mir_fail(err, MIRSAL_TOO_LARGE, "the name is too long") : rc;
    }
    says[1].recovery.threshold = options->recovery.shares > 0 ? options->recovery.threshold : 1;
    says[1].recovery.shares = options->recovery.shares > 0 ? options->recovery.shares : 1;
    struct mir_control_body body = { NULL, 0, mir_stamp_next(&store->stamp, now_ms), says, 2 };
    mir_control_body_write(&founding->body, &body);
    return mir_buf_finish(&founding->body, err);
}

static mirsal_code sign_genesis(struct founding *founding,
    const struct mir_store *store,
    mirsal_error *err)
{
    struct mir_seal seal;
    memset(&seal, 0, sizeof seal);
    mir_hash_bytes(&founding->team, MIR_CONTEXT_TEAM, founding->body.data, founding->body.size);
    founding->root.team = founding->team;
    founding->root.team_size = sizeof founding->team.bytes;
    seal.env = store->env;
    seal.sign_secret = &founding->root.sign;
    seal.team = founding->team;
    seal.device = founding->root_key;
    seal.compartment = MIR_COMPARTMENT_CONTROL;
    seal.seq = 1;
    return mir_changeset_control(
        &founding->genesis, &founding->arena, &seal, mir_buf_bytes(&founding->body), err);
}

mirsal_code mir_team_begin(struct mir_store *store,
    const mirsal_hash *team,
    const mirsal_hash *authority,
    const char *label,
    mirsal_error *err)
{
    struct mir_bytes text = { (const uint8_t *)label, label != NULL ? strlen(label) : 0 };
    store->team = *team;
    mirsal_code rc = mir_meta_set_bytes(
        store->sql, "team", (struct mir_bytes){ team->bytes, sizeof team->bytes }, err);
    if (rc == MIRSAL_OK) {
        rc = mir_meta_set_bytes(store->sql, "authority",
            (struct mir_bytes){ authority->bytes, sizeof authority->bytes }, err);
    }
    if (rc == MIRSAL_OK && text.size > 0) {
        rc = mir_meta_set_bytes(store->sql, "label", text, err);
    }
    return rc;
}

mirsal_code mir_team_settle(struct mir_store *store, mirsal_error *err)
{
    struct mir_accept_counts counts;
    memset(&counts, 0, sizeof counts);
    mirsal_code rc = mir_members_refresh(store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_team_schema_follow(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_project_prepare(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_team_schema_made(store, err);
    }
    return rc == MIRSAL_OK ? mir_accept_settle(&counts, store, err) : rc;
}

/* Those who join know its hash alone. */
static mirsal_code bring_schema(struct mir_store *store, struct mir_bytes schema, mirsal_error *err)
{
    struct mir_accept_counts counts;
    memset(&counts, 0, sizeof counts);
    mirsal_code rc = mir_schema_say(store, schema, err);
    return rc == MIRSAL_OK ? mir_accept_settle(&counts, store, err) : rc;
}

static mirsal_code store_founding(struct founding *founding,
    struct mir_store *store,
    const struct mir_team_options *options,
    mirsal_error *err)
{
    enum mir_accepted accepted = MIR_ACCEPT_STORED;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_team_begin(store, &founding->team, &founding->genesis.id, options->label, err);
    if (rc == MIRSAL_OK && options->schema.size > 0) {
        rc = mir_team_schema_keep(store, options->schema, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_accept_put(&accepted, store, &founding->genesis, err);
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < EPOCHS; i++) {
        rc = mir_epoch_keep(
            store, i, 1, &founding->secrets[i], &founding->epochs[i].public_key, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_team_settle(store, err);
    }
    if (rc == MIRSAL_OK && options->schema.size > 0) {
        rc = bring_schema(store, options->schema, err);
    }
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    return mir_store_commit(store, err);
}

mirsal_code mir_team_create(struct mir_store *store,
    const struct mir_team_options *options,
    mirsal_error *err)
{
    int written = 0;
    struct founding *founding = mir_secret_alloc(sizeof *founding);
    if (founding == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    memset(founding, 0, sizeof *founding);
    mir_arena_init(&founding->arena, store->env, ARENA_MAX);
    mir_buf_init(&founding->body, store->env, MIR_CONTROL_BODY_SIZE_MAX);
    make_keys(founding, store->env);
    mirsal_code rc = write_genesis(founding, store, options, err);
    if (rc == MIRSAL_OK) {
        rc = sign_genesis(founding, store, err);
    }
    if (rc == MIRSAL_OK && options->recovery.path != NULL) {
        rc = mir_root_write(&founding->root, store->env, &options->recovery, err);
        written = rc == MIRSAL_OK;
    }
    if (rc == MIRSAL_OK) {
        rc = store_founding(founding, store, options, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_publish(store, err);
    }
    if (rc != MIRSAL_OK && written) {
        mir_root_unwrite(store->env, &options->recovery);
    }
    mir_buf_fini(&founding->body);
    mir_arena_fini(&founding->arena);
    mir_secret_free(founding);
    return rc;
}

mirsal_code mir_team_name(struct mir_bytes *out,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    MIR_WIPED_AGREE struct mir_agree_secret secret;
    const struct mir_members *members = store->members;
    struct mir_control_body body;
    struct mir_buf clear;
    mirsal_hash no_team = { { 0 } };
    int found = 0;
    mirsal_code rc = MIRSAL_OK;
    memset(out, 0, sizeof *out);
    mir_buf_init(&clear, store->env, MIR_SEALED_TEXT_SIZE_MAX);
    for (size_t i = 0; rc == MIRSAL_OK && i < members->count; i++) {
        const struct mir_control *fact = &members->facts[i];
        if (fact->statements[0].kind != MIR_STATEMENT_GENESIS ||
            !fact->statements[0].genesis.is_team) {
            continue;
        }
        rc = mir_statements_read(&body, arena, store, &fact->id, err);
        if (rc != MIRSAL_OK || !body.says[0].genesis.name.has) {
            break;
        }
        rc = mir_epoch_secret(
            &secret, &found, store, &body.says[0].genesis.epochs[0].public_key, err);
        if (rc == MIRSAL_OK && found &&
            mir_text_open(&clear, &body.says[0].genesis.name, &no_team, &secret, NULL) ==
                MIRSAL_OK) {
            out->data = mir_arena_copy(arena, clear.data, clear.size);
            out->size = out->data != NULL ? clear.size : 0;
        }
        break;
    }
    mir_buf_fini(&clear);
    return rc;
}
