/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/invites.c - invites made and revoked, joins settled, labels opened; see team.h.
 */
#include "chains.h"
#include "duties.h"
#include "env.h"
#include "fail.h"
#include "invite.h"
#include "layout.h"
#include "members.h"
#include "peers.h"
#include "sql.h"
#include "statements.h"
#include "team.h"

#include <string.h>

#define ARENA_MAX ((size_t)4 << 20)

/* Puts the lone form of a changeset held into the string. */
static mirsal_code add_changeset(struct mir_invite_string *invite,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_hash *id,
    mirsal_error *err)
{
    struct mir_chain_row row;
    struct mir_changeset changeset;
    struct mir_buf lone;
    if (invite->changeset_count == MIR_INVITE_PROOFS_MAX) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "too much proves this invite");
    }
    mir_buf_init(&lone, store->env, ARENA_MAX);
    mirsal_code rc = mir_chain_find(&row, store->sql, id, err);
    if (rc == MIRSAL_OK) {
        rc = mir_chain_load(&changeset, arena, store->sql, row.no, err);
    }
    if (rc == MIRSAL_OK) {
        mir_changeset_encode(&lone, &changeset);
        rc = mir_buf_finish(&lone, err);
    }
    if (rc == MIRSAL_OK) {
        struct mir_bytes *out = &invite->changesets[invite->changeset_count++];
        out->data = mir_arena_copy(arena, lone.data, lone.size);
        out->size = lone.size;
        rc = out->data == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory") : MIRSAL_OK;
    }
    mir_buf_fini(&lone);
    return rc;
}

static int makes_admin(const struct mir_control *fact, const mirsal_hash *device)
{
    for (size_t i = 0; i < fact->statement_count; i++) {
        const struct mir_statement *statement = &fact->statements[i];
        if (statement->kind == MIR_STATEMENT_ROLE && statement->role.role == MIR_ROLE_ADMIN &&
            mir_hash_equal(&statement->role.device, device)) {
            return 1;
        }
    }
    return 0;
}

/* What proves that this device is admin: genesis, and root's word where it is not the founder. */
static mirsal_code add_proofs(struct mir_invite_string *invite,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    const struct mir_members *members = store->members;
    const struct mir_membership *membership = store->membership;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < members->count; i++) {
        const struct mir_control *fact = &members->facts[i];
        int is_genesis = fact->statements[0].kind == MIR_STATEMENT_GENESIS &&
                         fact->statements[0].genesis.is_team;
        if (is_genesis) {
            rc = add_changeset(invite, arena, store, &fact->id, err);
        }
    }
    if (mir_hash_equal(&membership->founder, mir_store_device(store))) {
        return rc;
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < members->count; i++) {
        const struct mir_control *fact = &members->facts[i];
        if (mir_hash_equal(&fact->device, &membership->root) &&
            makes_admin(fact, mir_store_device(store))) {
            rc = add_changeset(invite, arena, store, &fact->id, err);
        }
    }
    return rc;
}

static void add_epochs(struct mir_invite_string *invite, const struct mir_store *store)
{
    for (uint8_t c = MIR_COMPARTMENT_MAIN; c <= MIR_COMPARTMENT_PROTECTED; c++) {
        const struct mir_epoch *epoch = mir_membership_epoch_for_writing(store->membership, c);
        if (epoch != NULL) {
            invite->epochs[invite->epoch_count++] =
                (struct mir_epoch_public){ c, epoch->name.number, epoch->name.public_key };
        }
    }
}

static mirsal_code say_invite(mirsal_hash *id,
    struct mir_invite_string *invite,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_invite_options *options,
    mirsal_error *err)
{
    struct mir_say say = { .kind = MIR_SAY_INVITE };
    struct mir_sign_public key;
    MIR_WIPED_SIGN struct mir_sign_secret secret;
    mir_random(store->env, invite->secret, sizeof invite->secret);
    mir_sign_keypair(&key, &secret, invite->secret);
    memcpy(say.invite.key.bytes, key.bytes, sizeof key.bytes);
    say.invite.role = (uint8_t)options->role;
    say.invite.protected_ = options->protected_ != 0;
    say.invite.uses = options->uses > 0 ? options->uses : 1;
    say.invite.expires_ms = options->expires_ms;
    say.invite.in_person = options->in_person != 0;
    mirsal_code rc = mir_statements_seal_text(&say.invite.label, arena, store, options->label, err);
    return rc == MIRSAL_OK ? mir_statements_say_one(id, store, &say, err) : rc;
}

static mirsal_code make_invite(struct mir_buf *out,
    mirsal_hash *id,
    struct mir_invite_string *invite,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_invite_options *options,
    mirsal_error *err)
{
    int has = 0;
    invite->team = store->team;
    invite->role = (uint8_t)options->role;
    invite->protected_ = options->protected_ != 0;
    invite->in_person = options->in_person != 0;
    if (options->label != NULL) {
        invite->label =
            (struct mir_bytes){ (const uint8_t *)options->label, strlen(options->label) };
    }
    add_epochs(invite, store);
    mirsal_code rc = mir_peer_newest(&has, &invite->relay_url, &invite->relay_identity,
        &invite->relay_serial, arena, store, err);
    invite->has_relay = has;
    if (rc == MIRSAL_OK) {
        rc = add_proofs(invite, arena, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = say_invite(id, invite, arena, store, options, err);
    }
    if (rc == MIRSAL_OK) {
        rc = add_changeset(invite, arena, store, id, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_invite_write(out, invite, err);
    }
    return rc == MIRSAL_LIMIT ? mir_fail(err, MIRSAL_TOO_LARGE, "the invite is too large") : rc;
}

mirsal_code mir_invite_create(struct mir_buf *out,
    mirsal_hash *id,
    struct mir_store *store,
    const struct mir_invite_options *options,
    mirsal_error *err)
{
    struct mir_arena arena;
    if (options->role >= MIR_ROLE_ADMIN) {
        return mir_fail(err, MIRSAL_BAD_VALUE, "an invite gives no such role");
    }
    struct mir_invite_string *invite = mir_secret_alloc(sizeof *invite);
    if (invite == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    memset(invite, 0, sizeof *invite);
    mir_arena_init(&arena, store->env, ARENA_MAX);
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    rc = mir_members_need(store, MIR_ROLE_ADMIN, err);
    if (rc == MIRSAL_OK) {
        rc = make_invite(out, id, invite, &arena, store, options, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_commit(store, err);
    } else {
        mir_store_rollback(store);
    }
out:
    mir_arena_fini(&arena);
    mir_secret_free(invite);
    return rc;
}

static const struct mir_invite *find_invite(const struct mir_store *store, const mirsal_hash *id)
{
    for (size_t i = 0; i < store->membership->invite_count; i++) {
        if (mir_hash_equal(&store->membership->invites[i].id, id)) {
            return &store->membership->invites[i];
        }
    }
    return NULL;
}

mirsal_code mir_invite_revoke(struct mir_store *store, const mirsal_hash *id, mirsal_error *err)
{
    struct mir_say say = { .kind = MIR_SAY_INVITE_REVOKE };
    say.subject = *id;
    mirsal_code rc = mir_members_need(store, MIR_ROLE_ADMIN, err);
    if (rc == MIRSAL_OK && find_invite(store, id) == NULL) {
        rc = mir_fail(err, MIRSAL_NOT_FOUND, "no such invite");
    }
    return rc == MIRSAL_OK ? mir_statements_say_one(NULL, store, &say, err) : rc;
}

mirsal_code mir_device_admit(struct mir_store *store, const mirsal_hash *device, mirsal_error *err)
{
    const struct mir_member *member = mir_membership_device(store->membership, device);
    struct mir_say say = { .kind = MIR_SAY_ADMIT };
    uint32_t wrote = 0;
    mirsal_code rc = mir_members_need(store, MIR_ROLE_COORDINATOR, err);
    if (rc == MIRSAL_OK && member == NULL) {
        rc = mir_fail(err, MIRSAL_NOT_FOUND, "no such device has joined");
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    int confirms = mir_members_self(store, MIR_ROLE_ADMIN) != NULL;
    if (member->founder || (member->settled && (member->confirmed || !confirms))) {
        return MIRSAL_OK;
    }
    say.admit.device = *device;
    say.admit.join = member->join;
    say.admit.confirmed = confirms;
    rc = mir_statements_say_one(NULL, store, &say, err);
    return rc == MIRSAL_OK ? mir_duties_run(&wrote, store, err) : rc;
}

mirsal_code mir_invite_facts(struct mir_invite_facts *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_hash *id,
    mirsal_error *err)
{
    struct mir_control_body body;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_statements_read(&body, arena, store, id, err);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < body.say_count; i++) {
        if (body.says[i].kind == MIR_SAY_INVITE) {
            out->expires_ms = body.says[i].invite.expires_ms;
            out->stamp = body.stamp;
            return mir_statements_open_text(
                &out->label, arena, store, &body.says[i].invite.label, err);
        }
    }
    return rc == MIRSAL_OK ? mir_fail(err, MIRSAL_NOT_FOUND, "no such invite") : rc;
}

/* This device's own label is kept clear, also by those that cannot open what they sealed. */
static mirsal_code own_label(struct mir_bytes *out,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err)
{
    struct mir_buf kept;
    mir_buf_init(&kept, store->env, ARENA_MAX);
    mirsal_code rc = mir_meta_bytes(&kept, store->sql, "label", err);
    if (rc == MIRSAL_OK) {
        out->data = mir_arena_copy(arena, kept.data, kept.size);
        out->size = out->data != NULL ? kept.size : 0;
    }
    mir_buf_fini(&kept);
    return rc;
}

mirsal_code mir_device_facts(struct mir_invite_facts *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_hash *device,
    mirsal_error *err)
{
    const struct mir_member *member = mir_membership_device(store->membership, device);
    struct mir_control_body body;
    memset(out, 0, sizeof *out);
    memset(&body, 0, sizeof body);
    if (member == NULL) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "no such device");
    }
    mirsal_code rc = MIRSAL_OK;
    if (!member->founder) {
        rc = mir_statements_read(&body, arena, store, &member->join, err);
        out->stamp = body.stamp;
    }
    if (rc == MIRSAL_OK && mir_hash_equal(device, mir_store_device(store))) {
        return own_label(&out->label, arena, store, err);
    }
    if (rc == MIRSAL_OK && !member->founder && body.says[0].kind == MIR_SAY_JOIN) {
        rc = mir_statements_open_text(&out->label, arena, store, &body.says[0].join.label, err);
    }
    return rc;
}
