/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/http.c - what mirsald adds to sessions over HTTP: its key, health, metrics, the hosts.
 */
#include "http.h"
#include "env.h"
#include <inttypes.h>
#include <string.h>

#define SESSIONS_MAX 4096u

static void metric(struct mir_buf *out, const char *name, const char *help, uint64_t value)
{
    mir_buf_append_format(out,
        "# HELP mirsald_%s %s\n# TYPE mirsald_%s %s\nmirsald_%s %" PRIu64 "\n", name, help, name,
        strstr(name, "_total") != NULL ? "counter" : "gauge", name, value);
}

static void write_metrics(struct mir_buf *out, struct mir_http *http)
{
    struct mir_team_totals totals;
    struct mir_sync_server_counts metrics;
    mir_teams_totals(&totals, http->teams);
    mir_sync_server_count(&metrics, &http->server);
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

static const struct mir_relay_keys *keys_of(struct mir_http *http)
{
    pthread_mutex_lock(&http->server.lock);
    const struct mir_relay_keys *keys = http->keys;
    pthread_mutex_unlock(&http->server.lock);
    return keys;
}

static int get(void *context,
    struct mir_buf *out,
    const char **content_type,
    const char *path,
    const char *peer)
{
    struct mir_http *http = context;
    if (strcmp(path, "/v1/relay") == 0) {
        *content_type = "application/octet-stream";
        mir_relay_keys_announce(out, keys_of(http));
        return 200;
    }
    if (strcmp(path, "/healthz") == 0) {
        mir_buf_append_text(out, "ok\n");
        return 200;
    }
    if (strcmp(path, "/metrics") == 0 && (http->metrics_open || is_loopback(peer))) {
        *content_type = "text/plain; version=0.0.4";
        write_metrics(out, http);
        return 200;
    }
    return 404;
}

static mirsal_code open_host(void **host,
    const struct mir_sync_host **vtable,
    void *context,
    mirsal_error *err)
{
    struct mir_http *http = context;
    const struct mir_host_options options = { http->env, http->teams, keys_of(http) };
    struct mir_host *opened = NULL;
    mirsal_code rc = mir_host_open(&opened, &options, err);
    *host = opened;
    *vtable = rc == MIRSAL_OK ? mir_host_vtable(opened) : NULL;
    return rc;
}

static void close_host(void *context, void *host)
{
    (void)context;
    mir_host_close(host);
}

mirsal_code mir_http_init(struct mir_http *http,
    const mirsal_env *env,
    struct mir_teams *teams,
    const struct mir_relay_keys *keys,
    uint32_t rate_per_minute,
    mirsal_error *err)
{
    const struct mir_sync_server_options options = {
        .env = env,
        .sessions_max = SESSIONS_MAX,
        .rate_per_minute = rate_per_minute,
        .context = http,
        .open_host = open_host,
        .close_host = close_host,
        .get = get,
    };
    memset(http, 0, sizeof(*http));
    http->teams = teams;
    http->keys = keys;
    http->start_ms = mir_now_ms(env);
    mirsal_code rc = mir_sync_server_init(&http->server, &options, err);
    http->env = rc == MIRSAL_OK ? env : NULL;
    return rc;
}

void mir_http_fini(struct mir_http *http)
{
    mir_sync_server_fini(&http->server);
    http->env = NULL;
}

void mir_http_set_keys(struct mir_http *http, const struct mir_relay_keys *keys)
{
    pthread_mutex_lock(&http->server.lock);
    http->keys = keys;
    pthread_mutex_unlock(&http->server.lock);
}

void mir_http_stop(struct mir_http *http)
{
    mir_sync_server_stop(&http->server);
}

struct mir_http_handler mir_http_handler_of(struct mir_http *http)
{
    return mir_sync_server_handler(&http->server);
}
