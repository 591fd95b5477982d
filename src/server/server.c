/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/server.c - mirsald's data folder: made, opened, closed, joined as a reader.
 */
#include "clock.h"
#include "env.h"
#include "fail.h"
#include "invite.h"
#include "mir_limits.h"
#include "serverin.h"
#include "team.h"
#include "text.h"
#include <string.h>

#define DEFAULT_URL          "http://127.0.0.1:8440"
#define DEFAULT_QUOTA_DEVICE ((uint64_t)1 << 30)
#define DEFAULT_QUOTA_TEAM   ((uint64_t)20 << 30)
#define PASSPHRASE_SIZE_MAX  ((size_t)4096)
#define INVITE_MEMORY_MAX    ((size_t)1 << 20)
#define LABEL                "server" /* of the reader */

static void fill_env(mirsal_env *out, const mirsal_env *given)
{
    const mirsal_env system = { .version = MIRSAL_ENV_VERSION,
        .now_ms = mir_clock_now_ms,
        .ticks_ms = mir_clock_ticks_ms,
        .random = mir_system_random,
        .log = mir_clock_log };
    mir_env_fill(out, given != NULL ? given : &system);
}

static mirsal_code check_url(const char *url, mirsal_error *err)
{
    size_t size = strlen(url);
    int http = strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
    if (!http || size >= sizeof(((struct mir_relay_keys *)NULL)->url) ||
        strpbrk(url, "#\" \\") != NULL || !mir_utf8_valid(url, size)) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, "public-url", "not an http or https URL");
    }
    return MIRSAL_OK;
}

static void write_init(struct mir_buf *out, const struct mir_relay_keys *keys)
{
    char token[2 * MIR_RELAY_TOKEN_SIZE + 1];
    mir_hex_encode(token, keys->token, sizeof(keys->token));
    mir_buf_append_text(out, "{\"relay\":\"");
    mir_relay_keys_name(out, keys);
    mir_buf_append_format(out, "\",\"token\":\"%s\"}", token);
}

mirsal_code mirsal_server_init(mirsal_text *out,
    const mirsal_server_options *options,
    mirsal_error *err)
{
    mirsal_env env;
    char path[MIR_PATH_MAX];
    int made;
    struct mir_buf text;
    const char *url = options->public_url != NULL ? options->public_url : DEFAULT_URL;
    const struct mir_bytes passphrase = { options->passphrase, options->passphrase_size };
    struct mir_relay_keys *keys = NULL;
    *out = (mirsal_text){ 0 };
    fill_env(&env, options->env);
    mir_buf_init(&text, &env, 4096);
    mirsal_code rc = mir_crypto_start(err);
    if (rc == MIRSAL_OK) {
        rc = check_url(url, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_path_join(path, options->data, "keys", err);
    }
    if (rc == MIRSAL_OK && mir_file_exists(path)) {
        rc = mir_fail(err, MIRSAL_STORE_EXISTS, "a relay is already here");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_folder_make(&made, options->data, err);
    }
    if (rc == MIRSAL_OK && (keys = mir_secret_alloc(sizeof(*keys))) == NULL) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "no locked memory for keys");
    }
    if (rc == MIRSAL_OK) {
        mir_relay_keys_make(keys, &env, url);
        rc = mir_relay_keys_save(keys, &env, path, passphrase, err);
    }
    if (rc == MIRSAL_OK) {
        write_init(&text, keys);
        rc = mir_text_give(out, &text, err);
    }
    mir_secret_free(keys);
    mir_buf_fini(&text);
    return rc;
}

static void on_commit(void *context, const mirsal_hash *team)
{
    struct mirsal_server *server = context;
    pthread_mutex_lock(&server->http.server.lock);
    if (server->merger != NULL) {
        mir_merger_wake(server->merger, team);
    }
    pthread_mutex_unlock(&server->http.server.lock);
}

static mirsal_code open_keys(struct mirsal_server *server, mirsal_error *err)
{
    server->snapshots[0] = mir_secret_alloc(sizeof(struct mir_relay_keys));
    if (server->snapshots[0] == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no locked memory for keys");
    }
    server->snapshot_count = 1;
    return mir_relay_keys_load(
        server->snapshots[0], &server->env, server->keys_path, mir_server_passphrase(server), err);
}

static mirsal_code open_teams(struct mirsal_server *server,
    const mirsal_server_options *options,
    mirsal_error *err)
{
    char folder[MIR_PATH_MAX];
    mirsal_code rc = mir_path_join(folder, server->data, "teams", err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    const struct mir_teams_options teams = {
        .env = &server->env,
        .folder = folder,
        .quota = {
            options->quota_device != 0 ? options->quota_device : DEFAULT_QUOTA_DEVICE,
            options->quota_team != 0 ? options->quota_team : DEFAULT_QUOTA_TEAM,
            MIR_CUT_QUOTA,
        },
        .keys = server->snapshots[0], /* identity and its secret never change */
        .on_commit = on_commit,
        .on_commit_context = server,
    };
    return mir_teams_open(&server->teams, &teams, err);
}

static mirsal_code keep_passphrase(struct mirsal_server *server,
    const mirsal_server_options *options,
    mirsal_error *err)
{
    if (options->passphrase_size > PASSPHRASE_SIZE_MAX) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "the passphrase is too long");
    }
    if (options->passphrase_size == 0) {
        return MIRSAL_OK;
    }
    server->passphrase = mir_secret_alloc(options->passphrase_size);
    if (server->passphrase == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no locked memory for the passphrase");
    }
    memcpy(server->passphrase, options->passphrase, options->passphrase_size);
    server->passphrase_size = options->passphrase_size;
    return MIRSAL_OK;
}

mirsal_code mirsal_server_open(mirsal_server **out,
    const mirsal_server_options *options,
    mirsal_error *err)
{
    mirsal_env env;
    *out = NULL;
    fill_env(&env, options->env);
    mirsal_code rc = mir_crypto_start(err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    struct mirsal_server *server = mir_alloc(&env, sizeof(*server));
    if (server == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for the server");
    }
    server->env = env;
    server->lock = -1;
    rc = keep_passphrase(server, options, err);
    if (rc == MIRSAL_OK) {
        rc = mir_path_join(server->data, options->data, "", err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_path_join(server->keys_path, options->data, "keys", err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_path_join(server->store_path, options->data, "store", err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_path_join(server->state_path, options->data, "state/mirsal", err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_path_join(server->reader_path, options->data, "store/keys", err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_path_join(server->lock_path, options->data, "lock", err);
    }
    if (rc == MIRSAL_OK) {
        rc = open_keys(server, err);
    }
    if (rc == MIRSAL_OK) {
        rc = open_teams(server, options, err);
    }
    if (rc != MIRSAL_OK) {
        mirsal_server_close(server);
        return rc;
    }
    *out = server;
    return MIRSAL_OK;
}

void mirsal_server_close(mirsal_server *server)
{
    if (server == NULL) {
        return;
    }
    mirsal_server_stop(server);
    mir_teams_close(server->teams);
    for (uint32_t i = 0; i < server->snapshot_count; i++) {
        mir_secret_free(server->snapshots[i]);
    }
    mir_secret_free(server->passphrase);
    mirsal_env env = server->env;
    mir_release(&env, server, sizeof(*server));
}

/* A monitor reads back its own alone: no reader for a server. */
static mirsal_code check_invite(const struct mirsal_server *server,
    struct mir_bytes text,
    mirsal_error *err)
{
    struct mir_invite_string invite;
    struct mir_arena arena;
    mir_arena_init(&arena, &server->env, INVITE_MEMORY_MAX);
    mirsal_code rc = mir_invite_read(&invite, &arena, text, err);
    if (rc == MIRSAL_OK && invite.role == MIR_ROLE_MONITOR) {
        rc = mir_fail(err, MIRSAL_NOT_ALLOWED, "a monitor's invite: a server joins as a reader");
    }
    mir_wipe(&invite, sizeof(invite));
    mir_arena_fini(&arena);
    return rc;
}

static void write_joined(struct mir_buf *out, const struct mir_store *store)
{
    char team[65];
    char device[65];
    const mirsal_hash *id = mir_store_device(store);
    const struct mir_member *member = mir_membership_device(store->membership, id);
    mir_hex_encode(team, store->team.bytes, 32);
    mir_hex_encode(device, id->bytes, 32);
    mir_buf_append_format(out,
        "{\"team_id\":\"%s\",\"device_id\":\"%s\",\"role\":\"%s\",\"label\":\"" LABEL
        "\",\"state\":\"%s\"}",
        team, device, mir_role_name(member != NULL ? member->role : MIR_ROLE_OBSERVER),
        member != NULL && member->member ? "active" : "waiting");
}

mirsal_code mirsal_server_join(mirsal_text *out,
    mirsal_server *server,
    const char *invite,
    mirsal_error *err)
{
    struct mir_buf text;
    struct mir_store *store = NULL;
    const struct mir_store_options store_options = {
        .env = &server->env,
        .directory = server->store_path,
        .state = server->state_path,
        .passphrase = mir_server_passphrase(server),
    };
    const struct mir_join_options join = {
        .invite = { (const uint8_t *)invite, strlen(invite) },
        .label = LABEL,
    };
    *out = (mirsal_text){ 0 };
    mir_buf_init(&text, &server->env, 1024);
    mirsal_code rc = check_invite(server, join.invite, err);
    if (rc == MIRSAL_OK) {
        rc = mir_store_create(&store, &store_options, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_team_join(store, &join, err);
    }
    if (rc == MIRSAL_OK) {
        write_joined(&text, store);
        rc = mir_text_give(out, &text, err);
    }
    mir_store_close(store);
    mir_buf_fini(&text);
    return rc;
}
