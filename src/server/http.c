/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/http.c - requests to sessions: bodies go in as they come, answers are made as they drain.
 */
#include "http.h"
#include "env.h"
#include "fail.h"
#include <inttypes.h>
#include <string.h>

#define TEXT_SIZE_MAX ((size_t)8192)

enum route { ROUTE_SYNC, ROUTE_TEXT };

struct request {
    struct mir_http *http;
    enum route route;
    int status; /* other than 0: answered so, with the text */
    const char *content_type;
    struct mir_buf text;
    size_t text_at;
    struct mir_host *host;
    struct mir_session *session;
    uint64_t bytes_in;
    uint64_t bytes_out;
};

static void lock_table(void *context)
{
    pthread_mutex_lock(&((struct mir_http *)context)->lock);
}

static void unlock_table(void *context)
{
    pthread_mutex_unlock(&((struct mir_http *)context)->lock);
}

mirsal_code mir_http_init(struct mir_http *http,
    const mirsal_env *env,
    struct mir_teams *teams,
    const struct mir_relay_keys *keys,
    uint32_t rate_per_minute,
    mirsal_error *err)
{
    memset(http, 0, sizeof(*http));
    http->env = env;
    http->teams = teams;
    http->keys = keys;
    http->start_ms = mir_now_ms(env);
    mir_rate_init(&http->rate, env, rate_per_minute);
    pthread_mutex_init(&http->lock, NULL);
    const struct mir_responder_options options = { .env = env,
        .sessions_max = 4096,
        .lock_context = http,
        .lock = lock_table,
        .unlock = unlock_table };
    mirsal_code rc = mir_responder_open(&http->responder, &options, err);
    if (rc != MIRSAL_OK) {
        pthread_mutex_destroy(&http->lock);
        http->env = NULL;
    }
    return rc;
}

void mir_http_fini(struct mir_http *http)
{
    if (http->env == NULL) {
        return;
    }
    mir_responder_close(http->responder);
    pthread_mutex_destroy(&http->lock);
    http->env = NULL;
}

void mir_http_set_keys(struct mir_http *http, const struct mir_relay_keys *keys)
{
    pthread_mutex_lock(&http->lock);
    http->keys = keys;
    pthread_mutex_unlock(&http->lock);
}

void mir_http_stop(struct mir_http *http)
{
    pthread_mutex_lock(&http->lock);
    http->stopping = 1;
    pthread_mutex_unlock(&http->lock);
}

static void metric(struct mir_buf *out, const char *name, const char *help, uint64_t value)
{
    mir_buf_append_format(out,
        "# HELP mirsald_%s %s\n# TYPE mirsald_%s %s\nmirsald_%s %" PRIu64 "\n", name, help, name,
        strstr(name, "_total") != NULL ? "counter" : "gauge", name, value);
}

static void write_metrics(struct mir_buf *out, struct mir_http *http)
{
    struct mir_team_totals totals;
    struct mir_http_metrics metrics;
    mir_teams_totals(&totals, http->teams);
    pthread_mutex_lock(&http->lock);
    metrics = http->metrics;
    pthread_mutex_unlock(&http->lock);
    metric(out, "teams", "Teams served.", mir_teams_count(http->teams));
    metric(out, "requests_total", "HTTP requests.", metrics.requests);
    metric(out, "requests_refused_total", "Answered 429 or 503.", metrics.refused);
    metric(out, "requests_failed_total", "Answered 400, 404 or 413.", metrics.failed);
    metric(out, "bytes_in_total", "Bytes of request bodies.", metrics.bytes_in);
    metric(out, "bytes_out_total", "Bytes of answers' bodies.", metrics.bytes_out);
    metric(out, "changesets_total", "Changesets stored.", totals.changesets);
    metric(out, "commits_total", "Durable transactions that stored them.", totals.commits);
    metric(out, "sessions", "Exchanges running.", metrics.sessions);
    metric(out, "start_seconds", "Start, seconds since 1970.", http->start_ms / 1000u);
}

static int is_loopback(const char *peer)
{
    return strncmp(peer, "127.", 4) == 0 || strcmp(peer, "::1") == 0 ||
           strncmp(peer, "::ffff:127.", 11) == 0;
}

static void answer_text(struct request *request, int status, const char *content_type)
{
    request->route = ROUTE_TEXT;
    request->status = status;
    request->content_type = content_type;
}

static void route_get(struct request *request,
    const char *path,
    const char *peer,
    const struct mir_relay_keys *keys)
{
    if (strcmp(path, "/v1/relay") == 0) {
        answer_text(request, 200, "application/octet-stream");
        mir_relay_keys_announce(&request->text, keys);
    } else if (strcmp(path, "/healthz") == 0) {
        answer_text(request, 200, "text/plain");
        mir_buf_append_text(&request->text, "ok\n");
    } else if (strcmp(path, "/metrics") == 0 &&
               (request->http->metrics_open || is_loopback(peer))) {
        answer_text(request, 200, "text/plain; version=0.0.4");
        write_metrics(&request->text, request->http);
    } else {
        answer_text(request, 404, "text/plain");
    }
}

static void route_sync(struct request *request, const struct mir_relay_keys *keys)
{
    struct mir_http *http = request->http;
    const struct mir_host_options options = { http->env, http->teams, keys };
    mirsal_code rc = mir_host_open(&request->host, &options, NULL);
    if (rc == MIRSAL_OK) {
        rc = mir_responder_accept(
            &request->session, http->responder, mir_host_vtable(request->host), NULL);
    }
    if (rc != MIRSAL_OK) {
        answer_text(request, 503, "text/plain");
    }
}

static void *begin(void *context, const char *method, const char *path, const char *peer)
{
    struct mir_http *http = context;
    pthread_mutex_lock(&http->lock);
    const struct mir_relay_keys *keys = http->keys;
    int allowed = mir_rate_take(&http->rate, peer, mir_ticks_ms(http->env));
    int stopping = http->stopping;
    http->metrics.requests++;
    http->metrics.refused += !allowed || stopping;
    http->metrics.sessions++;
    pthread_mutex_unlock(&http->lock);
    struct request *request = mir_alloc(http->env, sizeof(*request));
    if (request == NULL) {
        return NULL;
    }
    request->http = http;
    mir_buf_init(&request->text, http->env, TEXT_SIZE_MAX);
    if (stopping) {
        answer_text(request, 503, "text/plain");
    } else if (!allowed) {
        answer_text(request, 429, "text/plain");
    } else if (strcmp(method, "POST") == 0 && strcmp(path, "/v1/sync") == 0) {
        route_sync(request, keys);
    } else if (strcmp(method, "GET") == 0) {
        route_get(request, path, peer, keys);
    } else {
        answer_text(request, 404, "text/plain");
    }
    return request;
}

static void log_failure(const struct mir_http *http, const mirsal_error *err)
{
    mir_log(http->env,
        err->code == MIRSAL_DISK_FULL || err->code == MIRSAL_CORRUPT ? MIRSAL_LOG_ERROR
                                                                     : MIRSAL_LOG_INFO,
        "sync refused code=%s", mirsal_code_name(err->code));
}

/* Gives the session bytes, or the end of them. A failure is the session's to answer. */
static int give(struct request *request, const void *data, size_t size)
{
    mirsal_error err = { 0 };
    if (mir_session_receive(request->session, data, size, &err) != MIRSAL_OK) {
        log_failure(request->http, &err);
        return 0;
    }
    return 1;
}

static int data(void *context, const void *bytes, size_t size)
{
    struct request *request = context;
    request->bytes_in += size;
    return request->session != NULL && give(request, bytes, size);
}

static void answer(void *context, struct mir_http_answer *out)
{
    struct request *request = context;
    if (request->session == NULL) {
        out->status = request->status;
        out->content_type = request->content_type;
        out->retry_after = request->status == 429 || request->status == 503 ? "30" : NULL;
        out->size = (int64_t)request->text.size;
        return;
    }
    (void)give(request, NULL, 0);
    out->status = (int)mir_session_status(request->session);
    out->content_type = "application/octet-stream";
    out->retry_after = out->status == 503 ? "30" : NULL;
    out->size = out->status == 200 ? -1 : 0;
    request->status = out->status;
}

static ptrdiff_t read_answer(void *context, uint8_t *buffer, size_t capacity)
{
    struct request *request = context;
    size_t size = 0;
    if (request->session == NULL) {
        size = request->text.size - request->text_at;
        size = size < capacity ? size : capacity;
        if (size > 0) {
            memcpy(buffer, request->text.data + request->text_at, size);
        }
        request->text_at += size;
    } else {
        mirsal_error err = { 0 };
        if (mir_session_send(buffer, capacity, &size, request->session, &err) != MIRSAL_OK) {
            log_failure(request->http, &err);
            return -1;
        }
    }
    request->bytes_out += size;
    return (ptrdiff_t)size;
}

static void close_request(void *context, int complete)
{
    struct request *request = context;
    struct mir_http *http = request->http;
    if (!complete && request->session != NULL && request->status == 0) {
        /* The body broke off: what came whole is kept. */
        (void)give(request, NULL, 0);
    }
    mir_session_close(request->session);
    mir_host_close(request->host);
    pthread_mutex_lock(&http->lock);
    http->metrics.sessions--;
    http->metrics.bytes_in += request->bytes_in;
    http->metrics.bytes_out += request->bytes_out;
    http->metrics.failed +=
        request->status == 400 || request->status == 404 || request->status == 413;
    pthread_mutex_unlock(&http->lock);
    mir_buf_fini(&request->text);
    mir_release(http->env, request, sizeof(*request));
}

struct mir_http_handler mir_http_handler_of(struct mir_http *http)
{
    return (struct mir_http_handler){ http, begin, data, answer, read_answer, close_request };
}
