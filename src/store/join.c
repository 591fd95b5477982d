/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/join.c - a device joins by an invite's string, without a network; protocol/control.md 4.
 */
#include "accept.h"
#include "env.h"
#include "fail.h"
#include "hash.h"
#include "identity.h"
#include "invite.h"
#include "layout.h"
#include "members.h"
#include "peers.h"
#include "schema_decode.h"
#include "sign.h"
#include "statements.h"
#include "team.h"
#include "teamschema.h"
#include "text.h"

#include <string.h>

#define ARENA_MAX  ((size_t)8 << 20)
#define LABEL_SIZE 1024u

struct joining {
    struct mir_arena arena;
    struct mir_invite_string invite;
    struct mir_changeset changesets[MIR_INVITE_PROOFS_MAX];
    struct mir_control_body bodies[MIR_INVITE_PROOFS_MAX];
    uint32_t count;
    const struct mir_say_genesis *genesis;
    const struct mir_say_invite *terms; /* of the last changeset */
};

static mirsal_code refuse(mirsal_error *err, const char *text)
{
    return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "%s", text);
}

static mirsal_code read_changesets(struct joining *joining, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    joining->count = joining->invite.changeset_count;
    for (uint32_t i = 0; rc == MIRSAL_OK && i < joining->count; i++) {
        struct mir_changeset *changeset = &joining->changesets[i];
        rc = mir_changeset_decode(changeset, joining->invite.changesets[i], err);
        if (rc == MIRSAL_OK) {
            rc = mir_changeset_verify(changeset, err);
        }
        if (rc == MIRSAL_OK &&
            (changeset->fields.compartment != MIR_COMPARTMENT_CONTROL ||
                !mir_hash_equal(&changeset->fields.team, &joining->invite.team))) {
            rc = refuse(err, "the invite holds a changeset that is not its team's");
        }
        if (rc == MIRSAL_OK) {
            rc = mir_control_body_read(&joining->bodies[i], &joining->arena, changeset->body, err);
        }
    }
    return rc;
}

static mirsal_code check_genesis(struct joining *joining, mirsal_error *err)
{
    const struct mir_changeset *first = &joining->changesets[0];
    const struct mir_say *say = &joining->bodies[0].says[0];
    mirsal_hash team;
    mir_hash_bytes(&team, MIR_CONTEXT_TEAM, first->body.data, first->body.size);
    if (say->kind != MIR_SAY_GENESIS || first->fields.seq != 1 ||
        !mir_hash_equal(&team, &joining->invite.team) ||
        !mir_hash_equal(&first->fields.device, &say->genesis.root)) {
        return refuse(err, "the invite's genesis is not its team's");
    }
    joining->genesis = &say->genesis;
    return MIRSAL_OK;
}

/* The founder, or whom a role statement of root in the invite makes admin. */
static int is_admin(const struct joining *joining, const mirsal_hash *device)
{
    if (mir_hash_equal(device, &joining->genesis->founder)) {
        return 1;
    }
    for (uint32_t i = 1; i + 1 < joining->count; i++) {
        if (!mir_hash_equal(&joining->changesets[i].fields.device, &joining->genesis->root)) {
            continue;
        }
        for (uint32_t j = 0; j < joining->bodies[i].say_count; j++) {
            const struct mir_say *say = &joining->bodies[i].says[j];
            if (say->kind == MIR_SAY_ROLE && say->role.role == MIR_ROLE_ADMIN &&
                mir_hash_equal(&say->role.device, device)) {
                return 1;
            }
        }
    }
    return 0;
}

static mirsal_code check_terms(struct joining *joining, const mirsal_env *env, mirsal_error *err)
{
    const struct mir_changeset *last = &joining->changesets[joining->count - 1];
    const struct mir_control_body *body = &joining->bodies[joining->count - 1];
    struct mir_sign_public fits;
    MIR_WIPED_SIGN struct mir_sign_secret secret;
    for (uint32_t i = 0; joining->terms == NULL && i < body->say_count; i++) {
        if (body->says[i].kind == MIR_SAY_INVITE) {
            joining->terms = &body->says[i].invite;
        }
    }
    mir_sign_keypair(&fits, &secret, joining->invite.secret);
    if (joining->count < 2 || joining->terms == NULL ||
        !mir_equal(fits.bytes, joining->terms->key.bytes, sizeof fits.bytes) ||
        joining->terms->role != joining->invite.role ||
        joining->terms->protected_ != joining->invite.protected_) {
        return refuse(err, "the invite does not fit its statement");
    }
    if (!is_admin(joining, &last->fields.device)) {
        return refuse(err, "the invite is not an admin's");
    }
    if (joining->terms->expires_ms != 0 && mir_now_ms(env) >= joining->terms->expires_ms) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "the invite has expired");
    }
    return MIRSAL_OK;
}

static mirsal_code read_invite(struct joining *joining,
    struct mir_bytes text,
    const mirsal_env *env,
    mirsal_error *err)
{
    mirsal_code rc = mir_invite_read(&joining->invite, &joining->arena, text, err);
    if (rc == MIRSAL_OK) {
        rc = read_changesets(joining, err);
    }
    if (rc == MIRSAL_OK) {
        rc = check_genesis(joining, err);
    }
    return rc == MIRSAL_OK ? check_terms(joining, env, err) : rc;
}

static void sign_join(struct mir_say_join *join, struct mir_store *store, struct joining *joining)
{
    struct mir_buf message;
    struct mir_sign_public unused;
    MIR_WIPED_SIGN struct mir_sign_secret secret;
    mir_buf_init(&message, store->env, 256);
    mir_join_message(&message, &store->team, mir_store_device(store), join);
    mir_sign_keypair(&unused, &secret, joining->invite.secret);
    if (message.failed == MIRSAL_OK) {
        mir_sign(join->proof, MIR_CONTEXT_JOIN, message.data, message.size, &secret);
    }
    mir_buf_fini(&message);
}

static mirsal_code say_join(struct joining *joining,
    struct mir_store *store,
    const char *label,
    int write_only,
    mirsal_error *err)
{
    struct mir_say say = { .kind = MIR_SAY_JOIN };
    mirsal_hash id;
    say.join.grant = joining->changesets[joining->count - 1].id;
    memcpy(say.join.noise.bytes, store->keys->noise_public.bytes, 32);
    memcpy(say.join.hpke.bytes, store->keys->hpke_public.bytes, 32);
    say.join.write_only = write_only != 0;
    struct mir_bytes text = { (const uint8_t *)label, strlen(label) };
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t i = 0; text.size > 0 && i < joining->invite.epoch_count; i++) {
        if (joining->invite.epochs[i].compartment == MIR_COMPARTMENT_MAIN) {
            rc = mir_text_seal(&say.join.label, &joining->arena, &joining->invite.epochs[i],
                &store->team, text, store->env, err);
        }
    }
    if (rc != MIRSAL_OK) {
        return rc == MIRSAL_LIMIT ? mir_fail(err, MIRSAL_TOO_LARGE, "the label is too long") : rc;
    }
    sign_join(&say.join, store, joining);
    rc = mir_statements_say(&id, store, &say, 1, err);
    if (rc == MIRSAL_OK) {
        rc = mir_meta_set_bytes(
            store->sql, "authority", (struct mir_bytes){ id.bytes, sizeof id.bytes }, err);
    }
    return rc;
}

static mirsal_code check_schema(const struct joining *joining,
    struct mir_bytes schema,
    mirsal_error *err)
{
    mirsal_hash hash;
    mir_schema_hash(&hash, schema);
    if (schema.size > 0 && !mir_hash_equal(&hash, &joining->genesis->schema_hash)) {
        return refuse(err, "the schema is not the one that the team began with");
    }
    return MIRSAL_OK;
}

static mirsal_code store_joining(struct joining *joining,
    struct mir_store *store,
    const char *label,
    const struct mir_join_options *options,
    mirsal_error *err)
{
    enum mir_accepted accepted = MIR_ACCEPT_STORED;
    const mirsal_hash *invite_id = &joining->changesets[joining->count - 1].id;
    mirsal_code rc = mir_team_begin(store, &joining->invite.team, invite_id, label, err);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < joining->count; i++) {
        rc = mir_accept_put(&accepted, store, &joining->changesets[i], err);
    }
    if (rc == MIRSAL_OK && options->schema.size > 0) {
        rc = mir_team_schema_keep(store, options->schema, err);
    }
    if (rc == MIRSAL_OK) {
        store->write_only = options->write_only != 0;
        rc = mir_meta_set_int(store->sql, "write_only", store->write_only, err);
    }
    if (rc == MIRSAL_OK) {
        rc = say_join(joining, store, label, options->write_only, err);
    }
    if (rc == MIRSAL_OK && joining->invite.has_relay) {
        rc = mir_peer_keep(store, joining->invite.relay_url, &joining->invite.relay_identity,
            joining->invite.relay_serial, err);
    }
    return rc;
}

static mirsal_code choose_label(char out[LABEL_SIZE],
    const struct joining *joining,
    const char *label,
    struct mir_bytes other,
    mirsal_error *err)
{
    struct mir_bytes from = { (const uint8_t *)label, label != NULL ? strlen(label) : 0 };
    if (label == NULL) {
        from = joining->invite.label.size > 0 ? joining->invite.label : other;
    }
    if (from.size >= LABEL_SIZE) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "the label is too long");
    }
    if (!mir_utf8_valid(from.data, from.size)) {
        return mir_fail(err, MIRSAL_NOT_UTF8, "the label is not valid UTF-8");
    }
    if (from.size > 0) {
        memcpy(out, from.data, from.size);
    }
    out[from.size] = '\0';
    return MIRSAL_OK;
}

/* Reads the invite and chooses the label. *joining is given, also on failure. */
static mirsal_code begin_joining(struct joining **out,
    char label[LABEL_SIZE],
    struct mir_store *store,
    const struct mir_join_options *options,
    mirsal_error *err)
{
    struct joining *joining = mir_secret_alloc(sizeof *joining);
    struct mir_buf kept;
    *out = joining;
    if (joining == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    memset(joining, 0, sizeof *joining);
    mir_arena_init(&joining->arena, store->env, ARENA_MAX);
    mir_buf_init(&kept, store->env, LABEL_SIZE);
    mirsal_code rc = read_invite(joining, options->invite, store->env, err);
    if (rc == MIRSAL_OK) {
        rc = check_schema(joining, options->schema, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_meta_bytes(&kept, store->sql, "label", err);
    }
    if (rc == MIRSAL_OK) {
        rc = choose_label(label, joining, options->label, mir_buf_bytes(&kept), err);
    }
    mir_buf_fini(&kept);
    return rc;
}

static void end_joining(struct joining *joining)
{
    if (joining != NULL) {
        mir_arena_fini(&joining->arena);
        mir_secret_free(joining);
    }
}

mirsal_code mir_team_join(struct mir_store *store,
    const struct mir_join_options *options,
    mirsal_error *err)
{
    char label[LABEL_SIZE];
    struct joining *joining = NULL;
    mirsal_code rc = begin_joining(&joining, label, store, options, err);
    if (rc == MIRSAL_OK) {
        rc = mir_store_begin(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = store_joining(joining, store, label, options, err);
        if (rc == MIRSAL_OK) {
            rc = mir_team_settle(store, err);
        }
        if (rc == MIRSAL_OK) {
            rc = mir_store_commit(store, err);
        } else {
            mir_store_rollback(store);
        }
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_publish(store, err);
    }
    end_joining(joining);
    return rc;
}

static mirsal_code enrol(struct joining *joining,
    struct mir_store *store,
    const char *label,
    const struct mir_join_options *options,
    mirsal_error *err)
{
    struct mir_join_options joined = *options;
    struct mir_accept_counts counts;
    joined.write_only = options->write_only || store->write_only;
    memset(&counts, 0, sizeof counts);
    mirsal_code rc = mir_identity_turn(store, err);
    if (rc == MIRSAL_OK) {
        rc = store_joining(joining, store, label, &joined, err);
    }
    return rc == MIRSAL_OK ? mir_accept_settle(&counts, store, err) : rc;
}

/* Cut or retired: what it signs by this key counts no more. */
static int is_ended(const struct mir_store *store)
{
    const struct mir_member *member =
        mir_membership_device(store->membership, mir_store_device(store));
    return member != NULL && member->ended;
}

mirsal_code mir_team_enrol(struct mir_store *store,
    const struct mir_join_options *options,
    mirsal_error *err)
{
    char label[LABEL_SIZE];
    struct joining *joining = NULL;
    mirsal_code rc = begin_joining(&joining, label, store, options, err);
    if (rc == MIRSAL_OK && !mir_hash_equal(&joining->invite.team, &store->team)) {
        rc = mir_fail(err, MIRSAL_NOT_ALLOWED, "the invite is another team's");
    }
    if (rc == MIRSAL_OK && mir_identity_signing(store) == MIR_SIGNS && !is_ended(store)) {
        rc = mir_fail(err, MIRSAL_STORE_EXISTS, "a store is already here");
    }
    if (rc == MIRSAL_OK && mir_identity_signing(store) != MIR_SIGNS_INVITED) {
        rc = mir_identity_renew(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_begin(store, err);
    }
    if (rc == MIRSAL_OK) {
        /* Another handle may have done it meanwhile. */
        rc = mir_identity_signing(store) == MIR_SIGNS_INVITED
                 ? enrol(joining, store, label, options, err)
                 : mir_fail(err, MIRSAL_STORE_EXISTS, "a store is already here");
        if (rc == MIRSAL_OK) {
            rc = mir_store_commit(store, err);
        } else {
            mir_store_rollback(store);
        }
    }
    end_joining(joining);
    return rc;
}
