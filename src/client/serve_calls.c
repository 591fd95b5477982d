/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/serve_calls.c - a store that serves others of its team over HTTP (protocol/sync.md 10).
 *
 * One handle on the store, many threads: each call of an exchange takes the lock and gives it
 * back, so that an exchange that waits for its network holds nothing.
 */
#include "address.h"
#include "env.h"
#include "fail.h"
#include "forget.h"
#include "handle.h"
#include "hosting.h"
#include "json_out.h"
#include "sync_server.h"
#include "text.h"

#include <mirsal/serve.h>
#include <pthread.h>
#include <string.h>

#define RATE_DEFAULT    600u /* a run is some four requests */
#define SESSIONS_MAX    64u
#define CONNECTIONS_MAX 64u
#define STOP_WAIT_MS    30000u
#define REPLY_SIZE_MAX  4096u
#define HTTP_OK         200
#define HTTP_NOT_FOUND  404

struct mirsal_serve {
    mirsal_serve_options options;
    mirsal_store *store;
    mirsal_env env;
    pthread_mutex_t lock; /* of the store */
    struct mir_hosting *hosting;
    struct mir_sync_server server;
    struct mir_http_server *listener;
};

static void lock_store(void *context)
{
    pthread_mutex_lock(&((struct mirsal_serve *)context)->lock);
}

static void unlock_store(void *context)
{
    pthread_mutex_unlock(&((struct mirsal_serve *)context)->lock);
}

static mirsal_code open_host(void **host,
    const struct mir_sync_host **vtable,
    void *context,
    mirsal_error *err)
{
    struct mirsal_serve *serve = context;
    struct mir_visit *visit = NULL;
    mirsal_code rc = mir_visit_open(&visit, serve->hosting, err);
    *host = visit;
    *vtable = rc == MIRSAL_OK ? mir_visit_host(visit) : NULL;
    return rc;
}

/* What the exchange brought may let a write-only device forget, and is told to the program. */
static void close_host(void *context, void *host)
{
    struct mirsal_serve *serve = context;
    mirsal_error why = { 0 };
    mir_visit_close(host);
    lock_store(serve);
    mirsal_code rc = mir_forget_sent(serve->store->store, &why);
    if (rc != MIRSAL_OK) {
        mir_log(&serve->env, MIRSAL_LOG_WARNING, "not forgotten yet code=%s", mirsal_code_name(rc));
    }
    mir_handle_tell(serve->store);
    unlock_store(serve);
}

static int get(void *context,
    struct mir_buf *out,
    const char **content_type,
    const char *path,
    const char *peer)
{
    const struct mirsal_serve *serve = context;
    (void)peer;
    if (strcmp(path, "/v1/relay") != 0) {
        return HTTP_NOT_FOUND;
    }
    *content_type = "application/octet-stream";
    mir_hosting_announce(out, serve->hosting);
    return HTTP_OK;
}

static void told(void *context, const struct mir_sync_served *served)
{
    const struct mirsal_serve *serve = context;
    const mirsal_serve_event event = {
        .version = 1,
        .http_status = served->status,
        .code = served->code,
        .taken = served->taken,
        .given = served->given,
        .bytes_in = served->bytes_in,
        .bytes_out = served->bytes_out,
    };
    if (serve->options.on_event != NULL) {
        serve->options.on_event(serve->options.context, &event);
    }
}

/* Whether this device may speak for itself at all. */
static mirsal_code check_store(mirsal_store *store, mirsal_error *err)
{
    if (store->txn != NULL) {
        return mir_fail(err, MIRSAL_MISUSE, "a transaction is open");
    }
    mirsal_code rc = mir_store_refresh(store->store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    const struct mir_member *member =
        mir_membership_device(store->store->membership, mir_store_device(store->store));
    if (member != NULL && member->ended) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "this device was removed from the team");
    }
    return MIRSAL_OK;
}

static mirsal_code give_ready(mirsal_text *out,
    const struct mirsal_serve *serve,
    const char *host,
    mirsal_error *err)
{
    struct mir_buf listen;
    struct mir_buf peer;
    struct mir_buf reply;
    char near[MIR_ADDRESS_SIZE];
    uint16_t port = mir_http_server_port(serve->listener);
    const char *shown = mir_address_is_any(host) && mir_address_near(near) ? near : host;
    mir_buf_init(&listen, &serve->env, REPLY_SIZE_MAX);
    mir_buf_init(&peer, &serve->env, REPLY_SIZE_MAX);
    mir_buf_init(&reply, &serve->env, REPLY_SIZE_MAX);
    mir_address_append(&listen, host, port);
    mir_buf_append_text(&peer, "http://");
    mir_address_append(&peer, shown, port);
    mir_buf_append_u8(&peer, '#');
    mir_base64url_append(&peer, mir_store_device(serve->store->store)->bytes, 32);
    mirsal_code rc = mir_buf_finish(&listen, err);
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&peer, err);
    }
    if (rc == MIRSAL_OK) {
        mir_json_open(&reply, '{');
        mir_json_key(&reply, "listen");
        mir_json_bytes(&reply, mir_buf_bytes(&listen));
        mir_json_key(&reply, "peer");
        mir_json_bytes(&reply, mir_buf_bytes(&peer));
        mir_json_close(&reply, '}');
    }
    rc = mir_reply_end(out, &reply, rc, err);
    mir_buf_fini(&peer);
    mir_buf_fini(&listen);
    return rc;
}

static mirsal_code start(struct mirsal_serve *serve,
    const char *host,
    uint16_t port,
    mirsal_error *err)
{
    const struct mir_hosting_options hosting = { serve, lock_store, unlock_store };
    const struct mir_sync_server_options sessions = {
        .env = &serve->env,
        .sessions_max = SESSIONS_MAX,
        .rate_per_minute = serve->options.rate_per_minute,
        .context = serve,
        .open_host = open_host,
        .close_host = close_host,
        .get = get,
        .told = told,
    };
    const struct mir_http_server_options http = {
        .host = host, .port = port, .connections_max = CONNECTIONS_MAX
    };
    mirsal_code rc = mir_hosting_open(&serve->hosting, serve->store->store, &hosting, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sync_server_init(&serve->server, &sessions, err);
    }
    if (rc == MIRSAL_OK) {
        const struct mir_http_handler handler = mir_sync_server_handler(&serve->server);
        rc = mir_http_server_start(&serve->listener, &serve->env, &http, &handler, err);
    }
    return rc;
}

mirsal_code mirsal_serve_start(mirsal_text *out,
    mirsal_serve **serve,
    const mirsal_serve_options *options,
    mirsal_error *err)
{
    char host[MIR_HTTP_HOST_SIZE];
    uint16_t port = 0;
    *out = (mirsal_text){ 0 };
    *serve = NULL;
    mirsal_code rc = mir_handle_version(options->version, 1, err);
    if (rc == MIRSAL_OK) {
        rc = mir_http_server_split(host, &port, options->listen, err);
    }
    if (rc == MIRSAL_OK) {
        rc = check_store(options->store, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    struct mirsal_serve *made = mir_alloc(&options->store->env, sizeof *made);
    if (made == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory to serve");
    }
    made->options = *options;
    if (made->options.rate_per_minute == 0) {
        made->options.rate_per_minute = RATE_DEFAULT;
    }
    made->store = options->store;
    made->env = options->store->env;
    pthread_mutex_init(&made->lock, NULL);
    rc = start(made, host, port, err);
    if (rc == MIRSAL_OK) {
        rc = give_ready(out, made, host, err);
    }
    if (rc != MIRSAL_OK) {
        mirsal_serve_stop(made);
        return rc;
    }
    *serve = made;
    return MIRSAL_OK;
}

void mirsal_serve_stop(mirsal_serve *serve)
{
    mirsal_error why = { 0 };
    if (serve == NULL) {
        return;
    }
    if (serve->server.options.env != NULL) {
        mir_sync_server_stop(&serve->server);
    }
    mir_http_server_stop(serve->listener, STOP_WAIT_MS);
    mir_sync_server_fini(&serve->server);
    mir_hosting_close(serve->hosting);
    if (mir_forget(serve->store->store, &why) != MIRSAL_OK) {
        mir_log(&serve->env, MIRSAL_LOG_WARNING, "not forgotten yet code=%s",
            mirsal_code_name(why.code));
    }
    mir_handle_tell(serve->store);
    pthread_mutex_destroy(&serve->lock);
    mirsal_env env = serve->env;
    mir_release(&env, serve, sizeof *serve);
}
