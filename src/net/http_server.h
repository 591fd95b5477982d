/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http_server.h - an HTTP server over libmicrohttpd that hands bodies over as they come and
 * pulls answers
 * as they drain: nothing is held whole here.
 *
 * Each connection has its own thread: a handler may block (group commit). Calls for one request
 * come one after
 * another, from one thread; calls for different requests come at once.
 */
#ifndef MIR_HTTP_SERVER_H
#define MIR_HTTP_SERVER_H

#include "buf.h"

struct mir_http_answer {
    int status;
    const char *content_type; /* static */
    const char *retry_after;  /* static seconds, or NULL */
    int64_t size;             /* of the body read() gives; -1 when not known */
};

struct mir_http_handler {
    void *context;
    /* A new request; method, path and peer (address text) are borrowed. NULL: answered 503. */
    void *(*begin)(void *context, const char *method, const char *path, const char *peer);
    /* Bytes of its body. Once 0 is returned, no more are handed over. */
    int (*data)(void *request, const void *data, size_t size);
    /* The body is whole. */
    void (*answer)(void *request, struct mir_http_answer *out);
    /* Bytes of the answer; 0 at its end, -1 to break the connection. */
    ptrdiff_t (*read)(void *request, uint8_t *buffer, size_t capacity);
    /* Always last, also for a request whose connection broke. */
    void (*close)(void *request, int complete);
};

struct mir_http_server_options {
    const char *host;
    uint16_t port;        /* 0: any free */
    const char *tls_cert; /* PEM texts, or both NULL */
    const char *tls_key;
    uint32_t connections_max; /* 0 = 4,096 */
};

struct mir_http_server;

#define MIR_HTTP_HOST_SIZE 256u
/* "HOST:PORT"; an IPv6 host stands in brackets. BAD_VALUE. */
mirsal_code mir_http_server_split(char host[MIR_HTTP_HOST_SIZE],
    uint16_t *port,
    const char *listen,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_http_server_start(struct mir_http_server **out,
    const mirsal_env *env,
    const struct mir_http_server_options *options,
    const struct mir_http_handler *handler,
    mirsal_error *err) MIRSAL_MUST_USE;
uint16_t mir_http_server_port(const struct mir_http_server *server);
/*
 * Takes no new connections, waits until running requests are answered (at most wait_ms), then
 * ends.
 */
void mir_http_server_stop(struct mir_http_server *server, uint32_t wait_ms); /* accepts NULL */

#endif
