/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/sync_server.h - sessions over HTTP: bodies go in as they come, answers are made as they
 * drain. A relay's and a peer's alike; whose set it is, and what GET answers, is the owner's.
 */
#ifndef MIR_SYNC_SERVER_H
#define MIR_SYNC_SERVER_H

#include "http_server.h"
#include "rate.h"
#include "session.h"
#include <pthread.h>

/* What one request of a session came to. */
struct mir_sync_served {
    int status;
    mirsal_code code; /* what the session ended with, MIRSAL_OK */
    uint64_t taken;   /* changesets newly held */
    uint64_t given;
    uint64_t bytes_in;
    uint64_t bytes_out;
};

/* Called from any thread, those of one request one after another. */
struct mir_sync_server_options {
    const mirsal_env *env;    /* filled, safe for threads */
    uint32_t sessions_max;    /* 0 = 256 */
    uint32_t rate_per_minute; /* requests of one source address; 0: no bound */
    void *context;
    /* A host for one request of a session, until close_host. */
    mirsal_code (*open_host)(void **host,
        const struct mir_sync_host **vtable,
        void *context,
        mirsal_error *err);
    void (*close_host)(void *context, void *host);
    /* A GET: its status; appends the body. *content_type is static. */
    int (*get)(void *context,
        struct mir_buf *out,
        const char **content_type,
        const char *path,
        const char *peer);
    /* A request of a session was answered, or broke off. May be NULL. */
    void (*told)(void *context, const struct mir_sync_served *served);
};

struct mir_sync_server_counts { /* since the start */
    uint64_t requests;
    uint64_t refused; /* 429 and 503 */
    uint64_t failed;  /* 400, 404, 413 */
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t sessions; /* being answered now */
};

struct mir_sync_server {
    struct mir_sync_server_options options; /* env NULL: not begun */
    struct mir_responder *responder;
    pthread_mutex_t lock; /* guards what follows, the responder's table, and what the owner adds */
    struct mir_rate rate;
    struct mir_sync_server_counts counts;
    int stopping;
};

mirsal_code mir_sync_server_init(struct mir_sync_server *server,
    const struct mir_sync_server_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_sync_server_fini(struct mir_sync_server *server); /* accepts a zeroed struct */
/* From now on 503. */
void mir_sync_server_stop(struct mir_sync_server *server);
void mir_sync_server_count(struct mir_sync_server_counts *out, struct mir_sync_server *server);
/* For mir_http_server_start. */
struct mir_http_handler mir_sync_server_handler(struct mir_sync_server *server);

#endif
