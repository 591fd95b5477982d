/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http_client.h - HTTP requests over libcurl: proxies (SOCKS included), timeouts, exact byte
 * counts.
 */
#ifndef MIR_HTTP_CLIENT_H
#define MIR_HTTP_CLIENT_H

#include "buf.h"

struct mir_http_client;

struct mir_http_client_options {
    const char *proxy;           /* NULL: the environment's */
    uint32_t connect_timeout_ms; /* 0 = 30,000 */
    /* Called now and then; other than 0 gives CANCELLED. May be NULL. */
    int (*progress)(void *context, uint64_t bytes_out, uint64_t bytes_in);
    void *progress_context;
};

/* Counts of the last request. */
struct mir_http_counts {
    uint64_t body_out;
    uint64_t body_in;
    uint64_t all_out; /* with headers */
    uint64_t all_in;
};

/* The answer's bytes as they come; a code other than OK ends the transfer and is returned. */
typedef mirsal_code (
    *mir_http_receive)(void *context, const void *data, size_t size, mirsal_error *err);

mirsal_code mir_http_client_open(struct mir_http_client **out,
    const mirsal_env *env,
    const struct mir_http_client_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_http_client_close(struct mir_http_client *client); /* accepts NULL */

/*
 * POST when body is not NULL, else GET. *status is the HTTP status, 0 when there was none; receive
 * gets the
 * bytes of a 200 alone. NO_RELAY when nothing could be reached or the transfer broke (then *status
 * may be set).
 */
mirsal_code mir_http_request(struct mir_http_client *client,
    int *status,
    struct mir_http_counts *counts,
    const char *url,
    const struct mir_bytes *body,
    mir_http_receive receive,
    void *context,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
