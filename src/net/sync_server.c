/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/sync_server.c - requests to sessions; see the header.
 */
#include "sync_server.h"

#include "env.h"
#include "fail.h"

#include <string.h>

#define TEXT_SIZE_MAX ((size_t)8192)

struct request {
    struct mir_sync_server *server;
    int status; /* other than 0: answered so, without a session with the text */
    const char *content_type;
    struct mir_buf text;
    size_t text_at;
    void *host;
    struct mir_session *session;
    mirsal_code code; /* the session's first failure */
    uint64_t bytes_in;
    uint64_t bytes_out;
};

static void lock_table(void *context)
{
    pthread_mutex_lock(&((struct mir_sync_server *)context)->lock);
}

static void unlock_table(void *context)
{
    pthread_mutex_unlock(&((struct mir_sync_server *)context)->lock);
}

mirsal_code mir_sync_server_init(struct mir_sync_server *server,
    const struct mir_sync_server_options *options,
    mirsal_error *err)
{
    memset(server, 0, sizeof *server);
    server->options = *options;
    mir_rate_init(&server->rate, options->env, options->rate_per_minute);
    pthread_mutex_init(&server->lock, NULL);
    const struct mir_responder_options responder = { .env = options->env,
        .sessions_max = options->sessions_max,
        .lock_context = server,
        .lock = lock_table,
        .unlock = unlock_table };
    mirsal_code rc = mir_responder_open(&server->responder, &responder, err);
    if (rc != MIRSAL_OK) {
        pthread_mutex_destroy(&server->lock);
        server->options.env = NULL;
    }
    return rc;
}

void mir_sync_server_fini(struct mir_sync_server *server)
{
    if (server->options.env == NULL) {
        return;
    }
    mir_responder_close(server->responder);
    pthread_mutex_destroy(&server->lock);
    server->options.env = NULL;
}

void mir_sync_server_stop(struct mir_sync_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->stopping = 1;
    pthread_mutex_unlock(&server->lock);
}

void mir_sync_server_count(struct mir_sync_server_counts *out, struct mir_sync_server *server)
{
    pthread_mutex_lock(&server->lock);
    *out = server->counts;
    pthread_mutex_unlock(&server->lock);
}

static void answer_text(struct request *request, int status, const char *content_type)
{
    request->status = status;
    request->content_type = content_type;
}

static void open_session(struct request *request)
{
    const struct mir_sync_server *server = request->server;
    const struct mir_sync_host *host = NULL;
    mirsal_code rc =
        server->options.open_host(&request->host, &host, server->options.context, NULL);
    if (rc == MIRSAL_OK) {
        rc = mir_responder_accept(&request->session, server->responder, host, NULL);
    }
    if (rc != MIRSAL_OK) {
        answer_text(request, 503, "text/plain");
    }
}

static void *begin(void *context, const char *method, const char *path, const char *peer)
{
    struct mir_sync_server *server = context;
    const mirsal_env *env = server->options.env;
    pthread_mutex_lock(&server->lock);
    int allowed = mir_rate_take(&server->rate, peer, mir_ticks_ms(env));
    int stopping = server->stopping;
    server->counts.requests++;
    server->counts.refused += !allowed || stopping;
    server->counts.sessions++;
    pthread_mutex_unlock(&server->lock);
    struct request *request = mir_alloc(env, sizeof *request);
    if (request == NULL) {
        return NULL;
    }
    request->server = server;
    mir_buf_init(&request->text, env, TEXT_SIZE_MAX);
    if (stopping) {
        answer_text(request, 503, "text/plain");
    } else if (!allowed) {
        answer_text(request, 429, "text/plain");
    } else if (strcmp(method, "POST") == 0 && strcmp(path, "/v1/sync") == 0) {
        open_session(request);
    } else if (strcmp(method, "GET") == 0) {
        const char *type = "text/plain";
        int status =
            server->options.get(server->options.context, &request->text, &type, path, peer);
        answer_text(request, status, type);
    } else {
        answer_text(request, 404, "text/plain");
    }
    return request;
}

static void log_failure(struct request *request, const mirsal_error *err)
{
    request->code = request->code == MIRSAL_OK ? err->code : request->code;
    mir_log(request->server->options.env,
        err->code == MIRSAL_DISK_FULL || err->code == MIRSAL_CORRUPT ? MIRSAL_LOG_ERROR
                                                                     : MIRSAL_LOG_INFO,
        "sync refused code=%s", mirsal_code_name(err->code));
}

/* Gives the session bytes, or the end of them. A failure is the session's to answer. */
static int give(struct request *request, const void *data, size_t size)
{
    mirsal_error err = { 0 };
    if (mir_session_receive(request->session, data, size, &err) != MIRSAL_OK) {
        log_failure(request, &err);
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
            log_failure(request, &err);
            return -1;
        }
    }
    request->bytes_out += size;
    return (ptrdiff_t)size;
}

static void tell(const struct request *request)
{
    const struct mir_sync_server_options *options = &request->server->options;
    struct mir_session_counters counters = { 0 };
    if (request->session == NULL || options->told == NULL) {
        return;
    }
    mir_session_count(&counters, request->session);
    const struct mir_sync_served served = {
        .status = request->status,
        .code = request->code,
        .taken = counters.pulled,
        .given = counters.pushed,
        .bytes_in = request->bytes_in,
        .bytes_out = request->bytes_out,
    };
    options->told(options->context, &served);
}

static void close_request(void *context, int complete)
{
    struct request *request = context;
    struct mir_sync_server *server = request->server;
    if (!complete && request->session != NULL && request->status == 0) {
        /* The body broke off: what came whole is kept. */
        (void)give(request, NULL, 0);
    }
    tell(request);
    mir_session_close(request->session);
    if (request->host != NULL) {
        server->options.close_host(server->options.context, request->host);
    }
    pthread_mutex_lock(&server->lock);
    server->counts.sessions--;
    server->counts.bytes_in += request->bytes_in;
    server->counts.bytes_out += request->bytes_out;
    server->counts.failed +=
        request->status == 400 || request->status == 404 || request->status == 413;
    pthread_mutex_unlock(&server->lock);
    mir_buf_fini(&request->text);
    mir_release(server->options.env, request, sizeof *request);
}

struct mir_http_handler mir_sync_server_handler(struct mir_sync_server *server)
{
    return (struct mir_http_handler){ server, begin, data, answer, read_answer, close_request };
}
