/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/invite_calls.c - invites are made, listed and revoked.
 */
#include "env.h"
#include "fail.h"
#include "handle.h"
#include "json_out.h"
#include "names.h"
#include "team.h"

#include <mirsal/team.h>
#include <string.h>

#define DAY_MS            UINT64_C(86400000)
#define EXPIRES_DAYS      7u
#define INVITE_TEXT_MAX   65536u
#define INVITE_MEMORY_MAX ((size_t)1 << 20)

static mirsal_code read_role(enum mir_role *out, const char *text, mirsal_error *err)
{
    static const enum mir_role roles[] = { MIR_ROLE_OBSERVER, MIR_ROLE_MONITOR,
        MIR_ROLE_COORDINATOR };
    for (size_t i = 0; text != NULL && i < sizeof roles / sizeof roles[0]; i++) {
        if (strcmp(mir_role_name(roles[i]), text) == 0) {
            *out = roles[i];
            return MIRSAL_OK;
        }
    }
    return mir_fail_field(
        err, MIRSAL_BAD_VALUE, "role", "an invite is for coordinator, monitor or observer");
}

static void write_expires(struct mir_buf *reply, uint64_t expires_ms)
{
    mir_json_key(reply, "expires");
    if (expires_ms == 0 || expires_ms > INT64_MAX) {
        mir_json_null(reply);
    } else {
        mir_json_time(reply, (int64_t)expires_ms, 0, 0);
    }
}

static mirsal_code write_created(struct mir_buf *reply,
    const struct mir_buf *invite,
    const mirsal_hash *id,
    const struct mir_invite_options *options,
    mirsal_error *err)
{
    mirsal_code rc = mir_buf_finish(invite, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_json_open(reply, '{');
    mir_json_key(reply, "invite");
    mir_json_bytes(reply, mir_buf_bytes(invite));
    mir_json_key(reply, "id");
    mir_json_hash(reply, id);
    mir_json_key(reply, "role");
    mir_json_text(reply, mir_role_name(options->role));
    mir_json_key(reply, "uses");
    mir_json_uint(reply, options->uses);
    write_expires(reply, options->expires_ms);
    mir_json_close(reply, '}');
    return MIRSAL_OK;
}

mirsal_code mirsal_invite_create(mirsal_text *out,
    mirsal_store *store,
    const mirsal_invite_options *options,
    mirsal_error *err)
{
    struct mir_buf reply;
    struct mir_buf invite;
    mirsal_hash id;
    struct mir_invite_options terms = { .protected_ = options->protected_ != 0,
        .in_person = options->in_person != 0,
        .uses = options->uses == 0 ? 1 : options->uses,
        .expires_ms = options->expires_ms,
        .label = options->label };
    mir_buf_init(&invite, &store->env, INVITE_TEXT_MAX);
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_handle_version(options->version, 1, err);
    }
    if (rc == MIRSAL_OK) {
        rc = read_role(&terms.role, options->role, err);
    }
    if (terms.expires_ms == 0) {
        terms.expires_ms = mir_now_ms(&store->env) + EXPIRES_DAYS * DAY_MS;
    }
    if (rc == MIRSAL_OK) {
        rc = mir_invite_create(&invite, &id, store->store, &terms, err);
    }
    if (rc == MIRSAL_OK) {
        rc = write_created(&reply, &invite, &id, &terms, err);
    }
    mir_buf_fini(&invite);
    return mir_reply_end(out, &reply, rc, err);
}

static mirsal_code write_invite(struct mir_buf *reply,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_invite *invite,
    mirsal_error *err)
{
    struct mir_invite_facts facts;
    mirsal_code rc = mir_invite_facts(&facts, arena, store, &invite->id, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_json_item(reply);
    mir_json_open(reply, '{');
    mir_json_key(reply, "invite");
    mir_json_hash(reply, &invite->id);
    mir_json_key(reply, "role");
    mir_json_text(reply, mir_role_name(invite->terms.role));
    mir_json_key(reply, "label");
    if (facts.label.size > 0) {
        mir_json_bytes(reply, facts.label);
    } else {
        mir_json_null(reply);
    }
    mir_json_key(reply, "uses");
    mir_json_uint(reply, invite->terms.uses);
    mir_json_key(reply, "remaining");
    mir_json_uint(reply, invite->remaining);
    write_expires(reply, facts.expires_ms);
    mir_json_key(reply, "protected");
    mir_json_bool(reply, invite->terms.protected_);
    mir_json_key(reply, "in_person");
    mir_json_bool(reply, invite->terms.in_person);
    mir_json_key(reply, "revoked");
    mir_json_bool(reply, invite->revoked);
    mir_json_key(reply, "by");
    mir_json_hash(reply, &invite->author);
    mir_json_close(reply, '}');
    return MIRSAL_OK;
}

mirsal_code mirsal_invite_list(mirsal_text *out, mirsal_store *store, mirsal_error *err)
{
    struct mir_buf reply;
    struct mir_arena arena;
    mir_arena_init(&arena, &store->env, INVITE_MEMORY_MAX);
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    const struct mir_membership *membership = store->store->membership;
    mir_buf_append_text(&reply, "{\"invites\":[");
    for (size_t i = 0; rc == MIRSAL_OK && i < membership->invite_count; i++) {
        rc = write_invite(&reply, &arena, store->store, &membership->invites[i], err);
        mir_arena_reset(&arena);
    }
    mir_buf_append_text(&reply, "]}");
    mir_arena_fini(&arena);
    return mir_reply_end(out, &reply, rc, err);
}

mirsal_code mirsal_invite_revoke(mirsal_text *out,
    mirsal_store *store,
    const char *invite,
    mirsal_error *err)
{
    struct mir_buf reply;
    mirsal_hash id;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_name_invite(&id, store->store, invite, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_invite_revoke(store->store, &id, err);
    }
    if (rc == MIRSAL_OK) {
        mir_json_open(&reply, '{');
        mir_json_key(&reply, "invite");
        mir_json_hash(&reply, &id);
        mir_json_key(&reply, "revoked");
        mir_json_bool(&reply, 1);
        mir_json_close(&reply, '}');
    }
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}
