/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/server_fixture.c - see the header.
 */
#include "server_fixture.h"

#include "clock.h"
#include "env.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t still_clock(void *context)
{
    return ((struct server_fixture *)context)->now_ms;
}

static void *resize(void *context, void *old, size_t old_size, size_t new_size)
{
    struct server_fixture *server = context;
    (void)old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    if (atomic_load(&server->fail_in) > 0 && atomic_fetch_sub(&server->fail_in, 1) == 1) {
        return NULL;
    }
    return realloc(old, new_size);
}

static void no_log(void *context, mirsal_log_level level, const char *message)
{
    (void)context;
    (void)level;
    (void)message;
}

void server_fixture_env(struct server_fixture *server)
{
    const mirsal_env env = { .version = MIRSAL_ENV_VERSION,
        .context = server,
        .now_ms = still_clock,
        .ticks_ms = mir_clock_ticks_ms,
        .random = mir_system_random,
        .resize = resize,
        .log = no_log };
    memset(server, 0, sizeof *server);
    server->now_ms = TEST_START_MS;
    mir_env_fill(&server->env, &env);
}

static void count_commit(void *context, const mirsal_hash *team)
{
    struct server_fixture *server = context;
    assert_non_null(team);
    atomic_fetch_add(&server->commits, 1);
}

static void open_teams(struct server_fixture *server)
{
    char folder[80]; /* is gone when teams are registered */
    const struct mir_teams_options options = { .env = &server->env,
        .folder = folder,
        .keys = server->keys,
        .on_commit = count_commit,
        .on_commit_context = server };
    memcpy(folder, server->teams_folder, sizeof folder);
    assert_int_equal(mir_teams_open(&server->teams, &options, NULL), MIRSAL_OK);
    memset(folder, 'x', sizeof folder - 1);
}

void server_fixture_open(struct server_fixture *server, uint64_t seed)
{
    server_fixture_env(server);
    relay_fixture_open(&server->devices, seed);
    snprintf(server->folder, sizeof server->folder, "server.XXXXXX");
    assert_non_null(mkdtemp(server->folder));
    snprintf(server->teams_folder, sizeof server->teams_folder, "%s/teams", server->folder);
    server->keys = mir_secret_alloc(sizeof *server->keys);
    assert_non_null(server->keys);
    mir_relay_keys_make(server->keys, &server->env, "http://127.0.0.1:8440");
    mir_arena_init(&server->arena, &server->env, 1 << 26);
    open_teams(server);
}

void server_fixture_reopen(struct server_fixture *server)
{
    mir_teams_close(server->teams);
    open_teams(server);
}

static void remove_files(const char *folder)
{
    char path[512];
    DIR *open = opendir(folder);
    if (open == NULL) {
        return;
    }
    for (struct dirent *entry = readdir(open); entry != NULL; entry = readdir(open)) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (unlink(path) != 0) {
            (void)rmdir(path);
        }
    }
    closedir(open);
}

void server_fixture_remove(const char *folder)
{
    char path[512];
    DIR *open = opendir(folder);
    if (open == NULL) {
        return;
    }
    for (struct dirent *entry = readdir(open); entry != NULL; entry = readdir(open)) {
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            remove_files(path);
        }
    }
    closedir(open);
    remove_files(folder);
    (void)rmdir(folder);
}

void server_fixture_close(struct server_fixture *server)
{
    mir_teams_close(server->teams);
    mir_arena_fini(&server->arena);
    mir_secret_free(server->keys);
    server_fixture_remove(server->folder);
    relay_fixture_close(&server->devices);
}

struct mir_bytes server_fixture_genesis(struct server_fixture *server)
{
    struct mir_changeset genesis;
    struct mir_buf lone;
    relay_fixture_load(&genesis, &server->arena, &server->devices.admin, 1);
    mir_buf_init(&lone, &server->env, 1 << 20);
    mir_changeset_encode(&lone, &genesis);
    assert_int_equal(mir_buf_finish(&lone, NULL), MIRSAL_OK);
    uint8_t *kept = mir_arena_copy(&server->arena, lone.data, lone.size);
    assert_non_null(kept);
    struct mir_bytes bytes = { kept, lone.size };
    mir_buf_fini(&lone);
    return bytes;
}

struct mir_team *server_fixture_register(struct server_fixture *server)
{
    struct mir_team *team = NULL;
    assert_int_equal(
        mir_teams_register(&team, server->teams, server_fixture_genesis(server), NULL), MIRSAL_OK);
    return team;
}

void server_fixture_queue(struct mir_queued ***last,
    struct server_fixture *server,
    struct test_store *store,
    int64_t no)
{
    struct mir_changeset changeset;
    mirsal_hash sender;
    relay_fixture_load(&changeset, &server->arena, store, no);
    memcpy(sender.bytes, store->store->keys->sign_public.bytes, sizeof sender.bytes);
    assert_int_equal(mir_queued_make(*last, &server->env, &sender, &changeset, NULL), MIRSAL_OK);
    *last = &(**last)->next;
}

struct mir_queued *server_fixture_queue_all(struct server_fixture *server, struct test_store *store)
{
    struct mir_queued *first = NULL;
    struct mir_queued **last = &first;
    int64_t count = test_team_count(store, "SELECT count(*) FROM changeset");
    for (int control = 1; control >= 0; control--) {
        for (int64_t no = 1; no <= count; no++) {
            struct mir_changeset changeset;
            relay_fixture_load(&changeset, &server->arena, store, no);
            if ((changeset.fields.compartment == MIR_COMPARTMENT_CONTROL) == control) {
                server_fixture_queue(&last, server, store, no);
            }
        }
    }
    return first;
}

uint64_t server_fixture_commit(struct server_fixture *server,
    struct mir_team *team,
    struct mir_queued *list)
{
    struct mir_sync_outcome outcome = { .stored = 0 };
    mir_buf_init(&outcome.rejects, &server->env, 1 << 20);
    mir_buf_init(&outcome.ranges, &server->env, 1 << 20);
    assert_int_equal(mir_team_commit(team, list, &outcome, NULL), MIRSAL_OK);
    assert_int_equal(outcome.rejects.size, 0);
    mir_buf_fini(&outcome.rejects);
    mir_buf_fini(&outcome.ranges);
    mir_queued_free(&server->env, list);
    return outcome.stored;
}

uint64_t server_fixture_size(struct mir_team *team)
{
    struct mir_relay_log *log = NULL;
    struct mir_sync_log state;
    assert_int_equal(mir_team_borrow(&log, team, NULL), MIRSAL_OK);
    assert_int_equal(mir_relay_log_state(log, &state, NULL), MIRSAL_OK);
    mir_team_give_back(team, log);
    return state.size;
}
