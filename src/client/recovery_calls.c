/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/recovery_calls.c - root's key is proven, rebuilt, and gives roles; mirsal/recovery.h.
 */
#include "answers.h"
#include "fail.h"
#include "handle.h"
#include "json_out.h"
#include "kdf_tune.h"
#include "names.h"
#include "recovery_out.h"
#include "rootword.h"
#include "text.h"

#include <mirsal/recovery.h>
#include <string.h>

static mirsal_code read_source(struct mir_root_source *out,
    const mirsal_root_source *source,
    mirsal_error *err)
{
    *out = (struct mir_root_source){ .paths = source->paths,
        .path_count = source->path_count,
        .text = { (const uint8_t *)source->text, source->text != NULL ? strlen(source->text) : 0 },
        .passphrase = { source->passphrase, source->passphrase_size } };
    mirsal_code rc = mir_handle_version(source->version, 1, err);
    if (rc == MIRSAL_OK && out->path_count == 0 && out->text.size == 0) {
        rc = mir_fail(err, MIRSAL_USAGE, "no recovery file and no share is given");
    }
    return rc;
}

void mir_recovery_files_write(struct mir_buf *reply, const char *path, uint32_t shares)
{
    mir_json_key(reply, "files");
    mir_json_open(reply, '[');
    for (uint32_t i = 1; path != NULL && i <= (shares > 0 ? shares : 1); i++) {
        struct mir_buf name;
        mir_buf_init(&name, reply->env, 8192);
        mir_buf_append_text(&name, path);
        if (shares > 0) {
            mir_buf_append_format(&name, ".%u", (unsigned)i);
        }
        mir_json_item(reply);
        mir_json_bytes(reply, mir_buf_bytes(&name));
        mir_buf_fini(&name);
    }
    mir_json_close(reply, ']');
}

static void write_number(struct mir_buf *reply, const char *key, uint64_t number)
{
    mir_json_key(reply, key);
    mir_json_uint(reply, number);
}

static void write_drill(struct mir_buf *reply, const struct mir_root *root, uint64_t drilled_ms)
{
    char team[2 * sizeof root->team.bytes + 1];
    mir_hex_encode(team, root->team.bytes, root->team_size);
    mir_json_open(reply, '{');
    mir_json_key(reply, "team_id");
    mir_json_text(reply, team);
    mir_json_key(reply, "kind");
    mir_json_text(reply, root->count > 1 ? "shares" : "file");
    write_number(reply, "threshold", root->threshold);
    write_number(reply, "shares", root->count);
    write_number(reply, "given", root->given);
    mir_json_key(reply, "of_store");
    mir_json_bool(reply, drilled_ms > 0);
    mir_json_key(reply, "drilled_at");
    if (drilled_ms > 0) {
        mir_json_time(reply, (int64_t)drilled_ms, 0, 0);
    } else {
        mir_json_null(reply);
    }
    mir_json_close(reply, '}');
}

static mirsal_code drill_files(mirsal_text *out,
    const struct mir_root_source *source,
    const mirsal_env *given,
    mirsal_error *err)
{
    struct mir_root *root = NULL;
    struct mir_buf reply;
    mirsal_env env;
    mir_handle_env(&env, given);
    mir_buf_init(&reply, &env, MIR_REPLY_SIZE_MAX);
    mirsal_code rc = mir_crypto_start(err);
    if (rc == MIRSAL_OK) {
        rc = mir_root_open(&root, &env, source, err);
    }
    if (rc == MIRSAL_OK) {
        write_drill(&reply, root, 0);
    }
    mir_root_close(root);
    return mir_reply_end(out, &reply, rc, err);
}

static mirsal_code drill_store(struct mir_buf *reply,
    mirsal_store *handle,
    const struct mir_root_source *source,
    mirsal_error *err)
{
    struct mir_recovery_facts facts;
    struct mir_root *root = NULL;
    struct mir_arena arena;
    mir_arena_init(&arena, &handle->env, (size_t)8 << 20);
    mirsal_code rc = mir_root_of(&root, handle->store, source, err);
    if (rc == MIRSAL_OK) {
        rc = mir_root_drilled(handle->store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_recovery_facts(&facts, &arena, handle->store, err);
    }
    if (rc == MIRSAL_OK) {
        write_drill(reply, root, facts.drilled_ms);
    }
    mir_arena_fini(&arena);
    mir_root_close(root);
    return rc;
}

mirsal_code mirsal_team_drill(mirsal_text *out,
    mirsal_store *store,
    const mirsal_root_source *source,
    const mirsal_env *env,
    mirsal_error *err)
{
    struct mir_root_source from;
    struct mir_buf reply;
    *out = (mirsal_text){ 0 };
    mirsal_code rc = read_source(&from, source, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (store == NULL) {
        return drill_files(out, &from, env, err);
    }
    rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = drill_store(&reply, store, &from, err);
    }
    return mir_reply_end(out, &reply, rc, err);
}

static mirsal_code read_target(struct mir_root_target *out,
    mirsal_store *store,
    const mirsal_recover_options *options,
    mirsal_error *err)
{
    *out = (struct mir_root_target){ .path = options->recovery_path,
        .passphrase = { options->recovery_passphrase, options->recovery_passphrase_size },
        .threshold = options->threshold,
        .shares = options->shares };
    mirsal_code rc = mir_handle_version(options->version, 1, err);
    if (rc == MIRSAL_OK && options->recovery_path == NULL &&
        (options->shares > 0 || !options->admin)) {
        rc = mir_fail(err, MIRSAL_USAGE, "neither a place for root's key nor an admin");
    }
    if (rc == MIRSAL_OK && options->recovery_path != NULL && options->shares == 0 &&
        options->recovery_passphrase_size == 0) {
        rc = mir_fail_field(
            err, MIRSAL_USAGE, "new_recovery_passphrase", "no passphrase for the new file");
    }
    if (rc == MIRSAL_OK && options->recovery_path != NULL && options->shares == 0) {
        rc =
            mir_kdf_tune(&out->kdf_passes, &out->kdf_memory_kib, &store->env, options->kdf_ms, err);
    }
    return rc;
}

static void write_recovered(struct mir_buf *reply,
    struct mir_store *store,
    const mirsal_recover_options *options)
{
    const struct mir_member *self =
        mir_membership_device(store->membership, mir_store_device(store));
    mir_json_open(reply, '{');
    mir_json_key(reply, "team_id");
    mir_json_hash(reply, &store->team);
    mir_json_key(reply, "recovery");
    if (options->recovery_path != NULL) {
        mir_json_text(reply, options->recovery_path);
    } else {
        mir_json_null(reply);
    }
    write_number(reply, "threshold", options->shares > 0 ? options->threshold : 1);
    write_number(reply, "shares", options->shares > 0 ? options->shares : 1);
    mir_recovery_files_write(reply, options->recovery_path, options->shares);
    mir_json_key(reply, "role");
    mir_json_text(reply, mir_role_name(self != NULL ? self->role : MIR_ROLE_OBSERVER));
    mir_json_key(reply, "drilled");
    mir_json_bool(reply, 0);
    mir_json_close(reply, '}');
}

mirsal_code mirsal_recover(mirsal_text *out,
    mirsal_store *store,
    const mirsal_root_source *source,
    const mirsal_recover_options *options,
    mirsal_error *err)
{
    struct mir_recover recover = { .admin = options->admin, .person = options->person };
    struct mir_root_source from;
    struct mir_root_target target;
    struct mir_root *root = NULL;
    struct mir_buf reply;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = read_source(&from, source, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_root_of(&root, store->store, &from, err);
    }
    if (rc == MIRSAL_OK) {
        rc = read_target(&target, store, options, err);
    }
    if (rc == MIRSAL_OK) {
        recover.target = options->recovery_path != NULL ? &target : NULL;
        rc = mir_root_recover(store->store, root, &recover, err);
    }
    if (rc == MIRSAL_OK) {
        write_recovered(&reply, store->store, options);
    }
    mir_root_close(root);
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}

static mirsal_code read_role(enum mir_role *out, const char *name, mirsal_error *err)
{
    for (enum mir_role role = MIR_ROLE_OBSERVER; name != NULL && role <= MIR_ROLE_ADMIN; role++) {
        if (strcmp(name, mir_role_name(role)) == 0) {
            *out = role;
            return MIRSAL_OK;
        }
    }
    return mir_fail_field(
        err, MIRSAL_BAD_VALUE, "role", "a role is observer, monitor, coordinator or admin");
}

mirsal_code mir_root_given(struct mir_root **out,
    struct mir_store *store,
    const mirsal_root_source *source,
    mirsal_error *err)
{
    struct mir_root_source from;
    mirsal_code rc = read_source(&from, source, err);
    return rc == MIRSAL_OK ? mir_root_of(out, store, &from, err) : rc;
}

mirsal_code mirsal_device_role(mirsal_text *out,
    mirsal_store *store,
    const char *device,
    const char *role,
    const char *person,
    const mirsal_root_source *source,
    mirsal_error *err)
{
    enum mir_role given = MIR_ROLE_OBSERVER;
    struct mir_root *root = NULL;
    struct mir_buf reply;
    mirsal_hash key;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = read_role(&given, role, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_name_device(&key, store->store, device, err);
    }
    if (rc == MIRSAL_OK && source != NULL) {
        rc = mir_root_given(&root, store->store, source, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_device_role(store->store, root, &key, given, person, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_answer_device(&reply, store->store, &key, err);
    }
    mir_root_close(root);
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}
