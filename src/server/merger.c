/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/merger.c - the reader server's thread, and the pipe between its session and the relay's.
 */
#include "merger.h"
#include "env.h"
#include "fail.h"
#include "host.h"
#include "mir_limits.h"
#include "replica.h"
#include "team.h"
#include <pthread.h>
#include <string.h>
#include <time.h>

#define QUIET_SECONDS 60         /* a sync at least this often */
#define GATHER_NS     200000000L /* and not more often: commits that follow closely share one */
#define PIECE_SIZE    ((size_t)65536)

struct mir_merger {
    struct mir_merger_options options;
    struct mir_store *store;
    mirsal_hash team;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int woken;
    int stopping;
};

/* One HTTP request's worth: the initiator's body to a fresh responder session, its answer back. */
static mirsal_code carry(struct mir_merger *merger, struct mir_session *client, mirsal_error *err)
{
    const struct mir_merger_options *options = &merger->options;
    const struct mir_host_options host_options = { options->env, options->teams,
        options->keys(options->keys_context) };
    uint8_t *piece = mir_alloc(options->env, PIECE_SIZE);
    struct mir_host *host = NULL;
    struct mir_session *server = NULL;
    size_t size = 0;
    mirsal_code rc = piece == NULL ? mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a sync")
                                   : mir_host_open(&host, &host_options, err);
    if (rc == MIRSAL_OK) {
        rc = mir_responder_accept(&server, options->responder, mir_host_vtable(host), err);
    }
    while (rc == MIRSAL_OK) {
        rc = mir_session_send(piece, PIECE_SIZE, &size, client, err);
        if (rc != MIRSAL_OK || size == 0) {
            break;
        }
        /* A refusal is the answer's to tell. */
        if (mir_session_receive(server, piece, size, NULL) != MIRSAL_OK) {
            size = 0;
        }
    }
    if (rc == MIRSAL_OK && mir_session_receive(server, NULL, 0, NULL) == MIRSAL_OK) {
        size = 1;
    }
    while (rc == MIRSAL_OK && mir_session_status(server) == 200u && size > 0) {
        rc = mir_session_send(piece, PIECE_SIZE, &size, server, err);
        if (rc == MIRSAL_OK && size > 0) {
            rc = mir_session_receive(client, piece, size, err);
        }
    }
    if (rc == MIRSAL_OK && mir_session_need(client) == MIR_NEED_READ) {
        rc = mir_session_receive(client, NULL, 0, err);
    }
    mir_session_close(server);
    mir_host_close(host);
    mir_release(options->env, piece, PIECE_SIZE);
    return rc;
}

static mirsal_code run_session(struct mir_merger *merger,
    struct mir_replica *replica,
    mirsal_error *err)
{
    struct mir_session *session = NULL;
    struct mir_session_counters counters;
    const struct mir_session_options options = { .env = merger->options.env,
        .local = mir_replica_local(replica) };
    mirsal_code rc = mir_session_open(&session, &options, err);
    while (rc == MIRSAL_OK && mir_session_need(session) != MIR_NEED_DONE) {
        rc = carry(merger, session, err);
    }
    if (rc == MIRSAL_OK) {
        mir_session_count(&counters, session);
        rc = mir_replica_synced(replica, counters.hints, err);
        if (counters.pulled > 0) {
            mir_log(merger->options.env, MIRSAL_LOG_INFO, "merged changesets=%llu",
                (unsigned long long)counters.pulled);
        }
    }
    mir_session_close(session);
    return rc;
}

/* The store's own name for this relay: the peer with its identity. */
static mirsal_code find_peer(int64_t *out, struct mir_merger *merger, mirsal_error *err)
{
    const struct mir_relay_keys *keys = merger->options.keys(merger->options.keys_context);
    struct mir_arena arena;
    struct mir_peer *peers;
    size_t count = 0;
    *out = -1;
    mir_arena_init(&arena, merger->options.env, MIR_CONTROL_BODY_SIZE_MAX);
    mirsal_code rc = mir_relay_list(&peers, &count, &arena, merger->store, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        if (memcmp(peers[i].identity.bytes, keys->identity.bytes, 32) == 0) {
            *out = peers[i].no;
        }
    }
    mir_arena_fini(&arena);
    if (rc == MIRSAL_OK && *out < 0) {
        rc = mir_fail(err, MIRSAL_NO_RELAY, "the reader's team does not name this relay");
    }
    return rc;
}

static mirsal_code sync_once(struct mir_merger *merger, mirsal_error *err)
{
    const struct mir_relay_keys *keys = merger->options.keys(merger->options.keys_context);
    struct mir_replica *replica = NULL;
    struct mir_relay_key key;
    struct mir_buf announced;
    int64_t peer;
    mirsal_hash identity;
    mir_buf_init(&announced, merger->options.env, 1024);
    memcpy(identity.bytes, keys->identity.bytes, sizeof(identity.bytes));
    mirsal_code rc = find_peer(&peer, merger, err);
    if (rc == MIRSAL_OK) {
        rc = mir_replica_open(&replica, merger->store, peer, err);
    }
    if (rc == MIRSAL_OK) {
        mir_relay_keys_announce(&announced, keys);
        rc = mir_relay_key_read(&key, mir_buf_bytes(&announced), &identity, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_replica_relay_key(replica, &key, err);
    }
    if (rc == MIRSAL_OK) {
        rc = run_session(merger, replica, err);
    }
    mir_replica_close(replica);
    mir_buf_fini(&announced);
    return rc;
}

/* Waits for a wake or the quiet time; 0 when to stop. */
static int wait_for_work(struct mir_merger *merger)
{
    const struct timespec gather = { .tv_nsec = GATHER_NS };
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += QUIET_SECONDS;
    pthread_mutex_lock(&merger->lock);
    while (!merger->woken && !merger->stopping &&
           pthread_cond_timedwait(&merger->changed, &merger->lock, &until) == 0) {
    }
    int stopping = merger->stopping;
    merger->woken = 0;
    pthread_mutex_unlock(&merger->lock);
    if (!stopping) {
        nanosleep(&gather, NULL);
    }
    return !stopping;
}

static void *merge_thread(void *context)
{
    struct mir_merger *merger = context;
    do {
        mirsal_error err = { 0 };
        if (sync_once(merger, &err) != MIRSAL_OK) {
            mir_log(merger->options.env, MIRSAL_LOG_WARNING, "reader does not sync code=%s",
                mirsal_code_name(err.code));
        }
    } while (wait_for_work(merger));
    return NULL;
}

mirsal_code mir_merger_start(struct mir_merger **out,
    const struct mir_merger_options *options,
    mirsal_error *err)
{
    *out = NULL;
    const struct mir_store_options store_options = { .env = options->env,
        .directory = options->store,
        .state = options->state,
        .passphrase = options->passphrase };
    struct mir_merger *merger = mir_alloc(options->env, sizeof(*merger));
    if (merger == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for the reader");
    }
    merger->options = *options;
    merger->woken = 0;
    mirsal_code rc = mir_store_open(&merger->store, &store_options, err);
    if (rc != MIRSAL_OK) {
        mir_release(options->env, merger, sizeof(*merger));
        return rc;
    }
    merger->team = merger->store->team;
    pthread_mutex_init(&merger->lock, NULL);
    pthread_cond_init(&merger->changed, NULL);
    if (pthread_create(&merger->thread, NULL, merge_thread, merger) != 0) {
        pthread_cond_destroy(&merger->changed);
        pthread_mutex_destroy(&merger->lock);
        mir_store_close(merger->store);
        mir_release(options->env, merger, sizeof(*merger));
        return mir_fail(err, MIRSAL_NO_MEMORY, "no thread for the reader");
    }
    *out = merger;
    return MIRSAL_OK;
}

void mir_merger_wake(struct mir_merger *merger, const mirsal_hash *team)
{
    if (memcmp(&merger->team, team, sizeof(*team)) != 0) {
        return;
    }
    pthread_mutex_lock(&merger->lock);
    merger->woken = 1;
    pthread_cond_signal(&merger->changed);
    pthread_mutex_unlock(&merger->lock);
}

void mir_merger_stop(struct mir_merger *merger)
{
    if (merger == NULL) {
        return;
    }
    pthread_mutex_lock(&merger->lock);
    merger->stopping = 1;
    pthread_cond_signal(&merger->changed);
    pthread_mutex_unlock(&merger->lock);
    pthread_join(merger->thread, NULL);
    pthread_cond_destroy(&merger->changed);
    pthread_mutex_destroy(&merger->lock);
    mir_store_close(merger->store);
    mir_release(merger->options.env, merger, sizeof(*merger));
}
