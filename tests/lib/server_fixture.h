/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/server_fixture.h - a relay's keys and teams folder, and a team whose devices fill it.
 *
 * The environment is fit for threads; its clock stands at TEST_START_MS.
 */
#ifndef SERVER_FIXTURE_H
#define SERVER_FIXTURE_H

#include "relay_fixture.h"
#include "teams.h"

#include <stdatomic.h>

struct server_fixture {
    struct relay_fixture devices; /* founder and monitor; its log is not used */
    mirsal_env env;
    uint64_t now_ms;
    atomic_long fail_in; /* allocations until one fails; below 1: none does */
    char folder[64];
    char teams_folder[80];
    struct mir_relay_keys *keys;
    struct mir_teams *teams;
    struct mir_arena arena; /* of what is loaded from stores */
    atomic_uint commits;    /* calls of on_commit */
};

void server_fixture_open(struct server_fixture *server, uint64_t seed);
void server_fixture_close(struct server_fixture *server);
/* Closes and opens teams. */
void server_fixture_reopen(struct server_fixture *server);
/* The environment alone, for tests that make their own folders. */
void server_fixture_env(struct server_fixture *server);
/* Removes a folder with what lies in it and one level below, as far as it is there. */
void server_fixture_remove(const char *folder);

/* The founder's first changeset in lone form; lives in the fixture's arena. */
struct mir_bytes server_fixture_genesis(struct server_fixture *server);
struct mir_team *server_fixture_register(struct server_fixture *server);
/* A changeset by its number in a store, queued as that store's; *last moves behind it. */
void server_fixture_queue(struct mir_queued ***last,
    struct server_fixture *server,
    struct test_store *store,
    int64_t no);
/* All of a store's, control first. */
struct mir_queued *server_fixture_queue_all(struct server_fixture *server,
    struct test_store *store);
/* Commits a list, which is freed, and expects no reject. How many were stored. */
uint64_t server_fixture_commit(struct server_fixture *server,
    struct mir_team *team,
    struct mir_queued *list);
/* Changesets in a team's log, by a reader of it. */
uint64_t server_fixture_size(struct mir_team *team);

#endif
