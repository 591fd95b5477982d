/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/founding.c - a store is made: with a new team, or by joining one. A store that was
 * restored from a backup joins as it is.
 *
 * A store's keys are sealed by a passphrase unless the caller says that they shall not be; a
 * monitor's device, the one most likely to be seized, needs that said twice.
 */
#include "founding.h"

#include "fail.h"
#include "handle.h"
#include "identity.h"
#include "invite.h"
#include "json_out.h"
#include "kdf_tune.h"
#include "mir_limits.h"
#include "recovery_out.h"
#include "schema_calls.h"
#include "team.h"
#include "team_out.h"

#include <mirsal/team.h>
#include <string.h>

#define INVITE_MEMORY_MAX ((size_t)256 << 10)

/* Passphrase and what it costs, for a store that is made. */
static mirsal_code prepare_making(struct mir_store_options *within,
    const mirsal_store_options *options,
    int is_monitor,
    mirsal_error *err)
{
    if (options->insecure_no_passphrase) {
        within->passphrase = (struct mir_bytes){ NULL, 0 };
        if (is_monitor && !options->force) {
            return mir_fail_field(
                err, MIRSAL_USAGE, "passphrase", "a monitor's keys without a passphrase");
        }
    } else if (options->passphrase_size == 0) {
        return mir_fail_field(err, MIRSAL_USAGE, "passphrase", "no passphrase was given");
    }
    return mir_kdf_tune(
        &within->kdf_passes, &within->kdf_memory_kib, within->env, options->kdf_ms, err);
}

static void write_created(struct mir_buf *reply,
    const struct mir_store *store,
    const mirsal_team_options *team)
{
    mir_json_open(reply, '{');
    mir_json_key(reply, "team_id");
    mir_json_hash(reply, &store->team);
    mir_json_key(reply, "device_id");
    mir_json_hash(reply, mir_store_device(store));
    mir_json_key(reply, "recovery");
    mir_json_text(reply, team->recovery_path);
    mir_json_key(reply, "threshold");
    mir_json_uint(reply, team->shares > 0 ? team->threshold : 1);
    mir_json_key(reply, "shares");
    mir_json_uint(reply, team->shares > 0 ? team->shares : 1);
    mir_recovery_files_write(reply, team->recovery_path, team->shares);
    mir_json_key(reply, "drilled");
    mir_json_bool(reply, 0);
    mir_json_close(reply, '}');
}

static mirsal_code check_team_options(const mirsal_team_options *team, mirsal_error *err)
{
    mirsal_code rc = mir_handle_version(team->version, 1, err);
    if (rc == MIRSAL_OK && (team->name == NULL || team->recovery_path == NULL)) {
        rc = mir_fail(err, MIRSAL_MISUSE, "a team without a name or a recovery file");
    }
    if (rc == MIRSAL_OK && team->shares == 0 && team->recovery_passphrase_size == 0) {
        rc = mir_fail_field(
            err, MIRSAL_USAGE, "recovery_passphrase", "no passphrase for the recovery file");
    }
    return rc;
}

static mirsal_code found_team(const mirsal_store *handle,
    const struct mir_store_options *within,
    const mirsal_team_options *team,
    struct mir_bytes schema,
    mirsal_error *err)
{
    const struct mir_team_options options = { .name = team->name,
        .label = team->label,
        .schema = schema,
        .recovery = { .path = team->recovery_path,
            .passphrase = { team->recovery_passphrase, team->recovery_passphrase_size },
            .kdf_passes = within->kdf_passes,
            .kdf_memory_kib = within->kdf_memory_kib,
            .threshold = team->threshold,
            .shares = team->shares } };
    return mir_team_create(handle->store, &options, err);
}

mirsal_code mirsal_team_create(mirsal_store **out,
    mirsal_text *answer,
    const mirsal_store_options *store,
    const mirsal_team_options *team,
    mirsal_error *err)
{
    struct mir_store_options within;
    mirsal_store *handle = NULL;
    struct mir_buf reply = { 0 };
    struct mir_buf schema = { 0 };
    *out = NULL;
    *answer = (mirsal_text){ 0 };
    mirsal_code rc = check_team_options(team, err);
    if (rc == MIRSAL_OK) {
        rc = mir_handle_new(&handle, &within, store, err);
    }
    if (rc == MIRSAL_OK) {
        mir_buf_init(&schema, within.env, MIR_SCHEMA_SIZE_MAX);
        rc = mir_schema_given(&schema, team->schema, team->schema_size, within.env, err);
    }
    if (rc == MIRSAL_OK) {
        rc = prepare_making(&within, store, 0, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_create(&handle->store, &within, err);
    }
    if (rc == MIRSAL_OK) {
        rc = found_team(handle, &within, team, mir_buf_bytes(&schema), err);
    }
    if (rc == MIRSAL_OK) {
        mir_handle_ready(handle);
        rc = mir_reply_begin(answer, &reply, handle, err);
        write_created(&reply, handle->store, team);
        rc = mir_reply_end(answer, &reply, rc, err);
    }
    mir_buf_fini(&schema);
    if (rc != MIRSAL_OK) {
        mirsal_close(handle);
        return rc;
    }
    *out = handle;
    return MIRSAL_OK;
}

/* The role that an invite string promises; whether it is true is judged by the store. */
static mirsal_code read_role(int *is_monitor,
    const mirsal_env *env,
    const char *text,
    mirsal_error *err)
{
    struct mir_invite_string invite;
    struct mir_arena arena;
    mir_arena_init(&arena, env, INVITE_MEMORY_MAX);
    mirsal_code rc = mir_invite_read(
        &invite, &arena, (struct mir_bytes){ (const uint8_t *)text, strlen(text) }, err);
    if (rc == MIRSAL_MALFORMED || rc == MIRSAL_LIMIT) {
        rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "not an invite, or not a whole one");
    }
    *is_monitor = rc == MIRSAL_OK && invite.role == MIR_ROLE_MONITOR;
    mir_wipe(&invite, sizeof invite);
    mir_arena_fini(&arena);
    return rc;
}

mirsal_code mir_founding_write(struct mir_buf *reply, struct mir_store *store, mirsal_error *err)
{
    struct mir_arena arena;
    struct mir_invite_facts facts;
    const mirsal_hash *device = mir_store_device(store);
    const struct mir_member *member = mir_membership_device(store->membership, device);
    const char *reason = mir_identity_reason(mir_identity_signing(store));
    mir_arena_init(&arena, store->env, INVITE_MEMORY_MAX);
    mirsal_code rc = mir_device_facts(&facts, &arena, store, device, err);
    if (rc == MIRSAL_OK) {
        mir_json_open(reply, '{');
        mir_json_key(reply, "team_id");
        mir_json_hash(reply, &store->team);
        mir_json_key(reply, "device_id");
        mir_json_hash(reply, device);
        mir_json_key(reply, "role");
        if (reason == NULL) {
            mir_json_text(reply, mir_role_name(member != NULL ? member->role : MIR_ROLE_OBSERVER));
        } else {
            mir_json_null(reply);
        }
        mir_json_key(reply, "label");
        if (facts.label.size > 0) {
            mir_json_bytes(reply, facts.label);
        } else {
            mir_json_null(reply);
        }
        mir_json_key(reply, "state");
        mir_json_text(
            reply, reason == NULL && member != NULL && member->member ? "active" : "waiting");
        if (reason != NULL) {
            mir_json_key(reply, "reason");
            mir_json_text(reply, reason);
        }
        if (reason == NULL && member != NULL) {
            mir_words_key_write(reply, store, member);
        }
        mir_json_close(reply, '}');
    }
    mir_arena_fini(&arena);
    return rc;
}

static struct mir_join_options join_options(const mirsal_join_options *options)
{
    return (struct mir_join_options){
        .invite = { (const uint8_t *)options->invite, strlen(options->invite) },
        .label = options->label,
        .write_only = options->write_only,
    };
}

mirsal_code mir_founding_enrol(const mirsal_store *handle,
    const mirsal_join_options *options,
    mirsal_error *err)
{
    const struct mir_join_options joining = join_options(options);
    return mir_team_enrol(handle->store, &joining, err);
}

/* A new store, or the restored one that is there. */
static mirsal_code join_team(mirsal_store *handle,
    const struct mir_store_options *within,
    const mirsal_join_options *options,
    mirsal_error *err)
{
    struct mir_join_options joining = join_options(options);
    struct mir_buf schema;
    mirsal_error first = { 0 };
    mir_buf_init(&schema, within->env, MIR_SCHEMA_SIZE_MAX);
    mirsal_code rc =
        mir_schema_given(&schema, options->schema, options->schema_size, within->env, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    joining.schema = mir_buf_bytes(&schema);
    rc = mir_store_create(&handle->store, within, &first);
    if (rc == MIRSAL_OK) {
        rc = mir_team_join(handle->store, &joining, err);
    } else if (rc == MIRSAL_STORE_EXISTS &&
               mir_store_open(&handle->store, within, NULL) == MIRSAL_OK) {
        rc = mir_team_enrol(handle->store, &joining, err);
    } else if (err != NULL) {
        *err = first;
    }
out:
    mir_buf_fini(&schema);
    return rc;
}

mirsal_code mirsal_join(mirsal_store **out,
    mirsal_text *answer,
    const mirsal_store_options *store,
    const mirsal_join_options *options,
    mirsal_error *err)
{
    struct mir_store_options within;
    mirsal_store *handle = NULL;
    struct mir_buf reply = { 0 };
    int is_monitor = 0;
    *out = NULL;
    *answer = (mirsal_text){ 0 };
    mirsal_code rc = mir_handle_version(options->version, 1, err);
    if (rc == MIRSAL_OK && options->invite == NULL) {
        rc = mir_fail(err, MIRSAL_MISUSE, "no invite");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_handle_new(&handle, &within, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = read_role(&is_monitor, within.env, options->invite, err);
    }
    if (rc == MIRSAL_OK) {
        rc = prepare_making(&within, store, is_monitor, err);
    }
    if (rc == MIRSAL_OK) {
        rc = join_team(handle, &within, options, err);
    }
    if (rc == MIRSAL_OK) {
        mir_handle_ready(handle);
        rc = mir_reply_begin(answer, &reply, handle, err);
        rc = rc == MIRSAL_OK ? mir_founding_write(&reply, handle->store, err) : rc;
        rc = mir_reply_end(answer, &reply, rc, err);
    }
    if (rc != MIRSAL_OK) {
        mirsal_close(handle);
        return rc;
    }
    *out = handle;
    return MIRSAL_OK;
}
