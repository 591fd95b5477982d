/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/http.h - what the relay answers over HTTP: /v1/sync, /v1/relay, /healthz, /metrics.
 */
#ifndef MIR_HTTP_H
#define MIR_HTTP_H

#include "host.h"
#include "sync_server.h"

struct mir_http {
    const mirsal_env *env; /* NULL: not begun */
    struct mir_teams *teams;
    struct mir_sync_server server;
    int metrics_open;
    uint64_t start_ms;
    /* Replaced whole when the Noise key turns; guarded by the server's lock. */
    const struct mir_relay_keys *keys;
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
