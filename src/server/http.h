/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/http.h - what the relay answers over HTTP: /v1/sync, /v1/relay, /healthz, /metrics.
 */
#ifndef MIR_HTTP_H
#define MIR_HTTP_H

#include "host.h"
#include "http_server.h"
#include "rate.h"
#include "session.h"
#include <pthread.h>

struct mir_http_metrics { /* since the start */
    uint64_t requests;
    uint64_t refused; /* 429 and 503 */
    uint64_t failed;  /* 400, 404, 413 */
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t sessions; /* being answered now */
};

struct mir_http {
    const mirsal_env *env;
    struct mir_teams *teams;
    struct mir_responder *responder;
    int metrics_open;
    uint64_t start_ms;
    pthread_mutex_t lock;              /* guards what follows, and the responder's table */
    const struct mir_relay_keys *keys; /* replaced whole when the Noise key turns */
    struct mir_rate rate;
    struct mir_http_metrics metrics;
    int stopping;
};

mirsal_code mir_http_init(struct mir_http *http,
    const mirsal_env *env,
    struct mir_teams *teams,
    const struct mir_relay_keys *keys,
    uint32_t rate_per_minute,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_http_fini(struct mir_http *http); /* accepts a zeroed struct */
/* New exchanges answer with these keys; the old ones stay valid for those running. */
void mir_http_set_keys(struct mir_http *http, const struct mir_relay_keys *keys);
/* From now on 503. */
void mir_http_stop(struct mir_http *http);
/* For mir_http_server_start. */
struct mir_http_handler mir_http_handler_of(struct mir_http *http);

#endif
