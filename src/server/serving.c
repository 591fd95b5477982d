/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/serving.c - mirsald while it serves: listener, reader, the weekly turn of the Noise key,
 * the stop.
 */
#include "env.h"
#include "fail.h"
#include "serverin.h"
#include <string.h>

#define DEFAULT_RATE 6000u
#define STOP_WAIT_MS 30000u
#define PEM_SIZE_MAX ((size_t)1 << 20)

static mirsal_code read_pem(struct mir_buf *out, const char *path, mirsal_error *err)
{
    if (path == NULL) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_file_read(out, path, PEM_SIZE_MAX, err);
    mir_buf_append_u8(out, 0);
    return rc == MIRSAL_OK ? mir_buf_finish(out, err) : rc;
}

static mirsal_code start_listener(struct mirsal_server *server,
    const mirsal_server_options *options,
    mirsal_error *err)
{
    char host[MIR_HTTP_HOST_SIZE];
    struct mir_buf cert;
    struct mir_buf key;
    struct mir_http_server_options http = { .host = host };
    const struct mir_http_handler handler = mir_http_handler_of(&server->http);
    mir_buf_init(&cert, &server->env, PEM_SIZE_MAX + 1u);
    mir_buf_init(&key, &server->env, PEM_SIZE_MAX + 1u);
    mirsal_code rc = mir_http_server_split(host, &http.port, options->listen, err);
    if (rc == MIRSAL_OK && (options->tls_cert == NULL) != (options->tls_key == NULL)) {
        rc = mir_fail(err, MIRSAL_USAGE, "--tls-cert and --tls-key go together");
    }
    if (rc == MIRSAL_OK) {
        rc = read_pem(&cert, options->tls_cert, err);
    }
    if (rc == MIRSAL_OK) {
        rc = read_pem(&key, options->tls_key, err);
    }
    if (rc == MIRSAL_OK) {
        http.tls_cert = options->tls_cert != NULL ? (const char *)cert.data : NULL;
        http.tls_key = options->tls_key != NULL ? (const char *)key.data : NULL;
        rc = mir_http_server_start(&server->listener, &server->env, &http, &handler, err);
    }
    mir_buf_fini(&key);
    mir_buf_fini(&cert);
    return rc;
}

static const struct mir_relay_keys *keys_in_force(void *context)
{
    struct mirsal_server *server = context;
    pthread_mutex_lock(&server->http.server.lock);
    const struct mir_relay_keys *keys = server->http.keys;
    pthread_mutex_unlock(&server->http.server.lock);
    return keys;
}

/* Where the server was joined as a reader, also since it began to serve. */
static mirsal_code start_merger(struct mirsal_server *server, mirsal_error *err)
{
    struct mir_merger *merger = NULL;
    if (server->merger != NULL || !mir_file_exists(server->reader_path)) {
        return MIRSAL_OK;
    }
    const struct mir_merger_options options = {
        .env = &server->env,
        .store = server->store_path,
        .state = server->state_path,
        .passphrase = mir_server_passphrase(server),
        .teams = server->teams,
        .responder = server->http.server.responder,
        .keys = keys_in_force,
        .keys_context = server,
    };
    mirsal_code rc = mir_merger_start(&merger, &options, err);
    if (rc == MIRSAL_LOCKED) {
        return MIRSAL_OK; /* being joined right now: at the next tick */
    }
    if (rc == MIRSAL_OK) {
        pthread_mutex_lock(&server->http.server.lock);
        server->merger = merger;
        pthread_mutex_unlock(&server->http.server.lock);
        mir_log(&server->env, MIRSAL_LOG_INFO, "reader started");
    }
    return rc;
}

/* A new Noise key, saved before it is announced. */
static mirsal_code turn_keys(struct mirsal_server *server, mirsal_error *err)
{
    if (server->snapshot_count == MIR_SNAPSHOTS_MAX) {
        return MIRSAL_OK; /* the key in force goes on until the next start */
    }
    struct mir_relay_keys *next = mir_secret_alloc(sizeof(*next));
    if (next == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no locked memory for keys");
    }
    *next = *mir_server_keys(server);
    mirsal_code rc = MIRSAL_OK;
    if (mir_relay_keys_turn(next, &server->env)) {
        rc = mir_relay_keys_save(
            next, &server->env, server->keys_path, mir_server_passphrase(server), err);
        if (rc == MIRSAL_OK) {
            server->snapshots[server->snapshot_count++] = next;
            mir_http_set_keys(&server->http, next);
            mir_log(&server->env, MIRSAL_LOG_INFO, "relay key turned serial=%u",
                mir_relay_keys_serial(next));
            return MIRSAL_OK;
        }
    }
    mir_secret_free(next);
    return rc;
}

static mirsal_code give_ready(mirsal_text *out,
    struct mirsal_server *server,
    const char *listen,
    mirsal_error *err)
{
    struct mir_buf text;
    const char *colon = strrchr(listen, ':');
    mir_buf_init(&text, &server->env, 4096);
    mir_buf_append_text(&text, "{\"listen\":\"");
    mir_buf_append(&text, listen, (size_t)(colon - listen));
    mir_buf_append_format(
        &text, ":%u\",\"relay\":\"", (unsigned)mir_http_server_port(server->listener));
    mir_relay_keys_name(&text, mir_server_keys(server));
    mir_buf_append_text(&text, "\"}");
    mirsal_code rc = mir_text_give(out, &text, err);
    mir_buf_fini(&text);
    return rc;
}

mirsal_code mirsal_server_start(mirsal_text *out,
    mirsal_server *server,
    const mirsal_server_options *options,
    mirsal_error *err)
{
    *out = (mirsal_text){ 0 };
    uint32_t rate = options->rate_per_minute != 0 ? options->rate_per_minute : DEFAULT_RATE;
    mirsal_code rc = mir_file_lock(&server->lock, server->lock_path, 1, NULL);
    if (rc != MIRSAL_OK) {
        return mir_fail(err, rc, "another mirsald runs here");
    }
    rc = mir_teams_settle(server->teams, err);
    if (rc == MIRSAL_OK) {
        rc = mir_http_init(
            &server->http, &server->env, server->teams, mir_server_keys(server), rate, err);
    }
    if (rc == MIRSAL_OK) {
        server->http.metrics_open = options->metrics_open;
        rc = turn_keys(server, err);
    }
    if (rc == MIRSAL_OK) {
        rc = start_merger(server, err);
    }
    if (rc == MIRSAL_OK) {
        rc = start_listener(server, options, err);
    }
    if (rc == MIRSAL_OK) {
        rc = give_ready(out, server, options->listen, err);
    }
    if (rc != MIRSAL_OK) {
        mirsal_server_stop(server);
        return rc;
    }
    mir_log(&server->env, MIRSAL_LOG_INFO, "serving port=%u teams=%zu",
        (unsigned)mir_http_server_port(server->listener), mir_teams_count(server->teams));
    return MIRSAL_OK;
}

mirsal_code mirsal_server_tick(mirsal_server *server, mirsal_error *err)
{
    mirsal_error why = { 0 };
    mirsal_code rc = turn_keys(server, &why);
    if (rc == MIRSAL_OK) {
        rc = start_merger(server, &why);
    }
    if (rc != MIRSAL_OK) {
        /* Once, not at each tick. */
        if (rc != server->tick_code) {
            mir_log(&server->env, MIRSAL_LOG_ERROR, "not done code=%s", mirsal_code_name(rc));
        }
        if (err != NULL) {
            *err = why;
        }
    }
    server->tick_code = rc;
    return rc;
}

void mirsal_server_stop(mirsal_server *server)
{
    if (server->http.env != NULL) {
        struct mir_merger *merger = server->merger;
        mir_http_stop(&server->http);
        mir_http_server_stop(server->listener, STOP_WAIT_MS);
        server->listener = NULL;
        mir_merger_stop(merger); /* what it commits wakes it, so it is there until it ended */
        server->merger = NULL;
        mir_http_fini(&server->http);
        mir_log(&server->env, MIRSAL_LOG_INFO, "stopped");
    }
    mir_file_unlock(server->lock);
    server->lock = -1;
}

/* The options with the port in use, also where it was asked for as 0, or with port 0. */
static mirsal_code listen_again(mirsal_server *server,
    const mirsal_server_options *options,
    unsigned port,
    mirsal_error *err)
{
    struct mir_buf text;
    mirsal_server_options again = *options;
    const char *colon = strrchr(options->listen, ':');
    mir_buf_init(&text, &server->env, 300);
    mir_buf_append(&text, options->listen, (size_t)(colon - options->listen));
    mir_buf_append_format(&text, ":%u", port);
    mir_buf_append_u8(&text, 0);
    mirsal_code rc = mir_buf_finish(&text, err);
    if (rc == MIRSAL_OK) {
        again.listen = (const char *)text.data;
        rc = start_listener(server, &again, err);
    }
    mir_buf_fini(&text);
    return rc;
}

mirsal_code mirsal_server_reload(mirsal_server *server,
    const mirsal_server_options *options,
    mirsal_error *err)
{
    struct mir_http_server *old = server->listener;
    mirsal_error why = { 0 };
    if (options->tls_cert == NULL) {
        return MIRSAL_OK;
    }
    /* The new certificate is tried at another port before the old one is let go. */
    unsigned port = (unsigned)mir_http_server_port(old);
    mirsal_code rc = listen_again(server, options, 0, &why);
    if (rc == MIRSAL_OK) {
        mir_http_server_stop(server->listener, STOP_WAIT_MS);
        mir_http_server_stop(old, STOP_WAIT_MS);
        server->listener = NULL;
        rc = listen_again(server, options, port, &why);
    } else {
        server->listener = old;
    }
    if (rc == MIRSAL_OK) {
        mir_log(&server->env, MIRSAL_LOG_INFO, "certificates read again");
        return rc;
    }
    mir_log(&server->env, MIRSAL_LOG_ERROR, "certificates not read code=%s", mirsal_code_name(rc));
    if (err != NULL) {
        *err = why;
    }
    return rc;
}
