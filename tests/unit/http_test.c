/* SPDX-License-Identifier: Apache-2.0 */
/* unit/http_test.c - what the relay answers over HTTP, over loopback and to its handler's face. */
#include "http.h"

#include "net_fixture.h"
#include "server_fixture.h"

#include <stdio.h>
#include <string.h>

struct site {
    struct server_fixture server;
    struct mir_http http;
    struct mir_http_server *listener;
    struct mir_http_client *client;
    struct mir_buf body; /* of the last answer of 200 */
};

static void open_site(struct site *site, uint64_t seed, uint32_t rate_per_minute)
{
    const struct mir_http_server_options options = { .host = "127.0.0.1" };
    const struct mir_http_client_options client = { .connect_timeout_ms = 5000 };
    server_fixture_open(&site->server, seed);
    const mirsal_env *env = &site->server.env;
    assert_int_equal(mir_http_init(&site->http, env, site->server.teams, site->server.keys,
                         rate_per_minute, NULL),
        MIRSAL_OK);
    const struct mir_http_handler handler = mir_http_handler_of(&site->http);
    assert_int_equal(
        mir_http_server_start(&site->listener, env, &options, &handler, NULL), MIRSAL_OK);
    assert_int_equal(mir_http_client_open(&site->client, env, &client, NULL), MIRSAL_OK);
    mir_buf_init(&site->body, env, 1 << 20);
}

static void close_site(struct site *site)
{
    mir_http_client_close(site->client);
    mir_http_server_stop(site->listener, 5000);
    mir_http_fini(&site->http);
    mir_buf_fini(&site->body);
    server_fixture_close(&site->server);
}

/* GET, or POST where there is a body. Its status. */
static int ask(struct site *site, const char *path, const struct mir_bytes *body)
{
    char url[96];
    int status = 0;
    struct mir_http_counts counts;
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s",
        (unsigned)mir_http_server_port(site->listener), path);
    mir_buf_reset(&site->body);
    assert_int_equal(mir_http_request(site->client, &status, &counts, url, body,
                         net_fixture_collect, &site->body, NULL),
        MIRSAL_OK);
    return status;
}

static int holds(const struct mir_buf *body, const char *text)
{
    size_t size = strlen(text);
    for (size_t i = 0; i + size <= body->size; i++) {
        if (memcmp(body->data + i, text, size) == 0) {
            return 1;
        }
    }
    return 0;
}

static void the_relay_s_key_verifies(void **state)
{
    (void)state;
    static struct site site;
    struct mir_relay_key key;
    mirsal_hash identity;
    open_site(&site, 71, 0);
    assert_int_equal(ask(&site, "/v1/relay", NULL), 200);
    memcpy(identity.bytes, site.server.keys->identity.bytes, 32);
    assert_int_equal(
        mir_relay_key_read(&key, mir_buf_bytes(&site.body), &identity, NULL), MIRSAL_OK);
    assert_int_equal(key.serial, 1);
    identity.bytes[0] ^= 1;
    assert_int_equal(
        mir_relay_key_read(&key, mir_buf_bytes(&site.body), &identity, NULL), MIRSAL_NOT_AUTHENTIC);
    /* A turned key is announced from then on. */
    struct mir_relay_keys *next = mir_secret_alloc(sizeof *next);
    assert_non_null(next);
    *next = *site.server.keys;
    site.server.now_ms += MIR_RELAY_KEY_PERIOD_MS;
    assert_int_equal(mir_relay_keys_turn(next, &site.server.env), 1);
    mir_http_set_keys(&site.http, next);
    identity.bytes[0] ^= 1;
    assert_int_equal(ask(&site, "/v1/relay", NULL), 200);
    assert_int_equal(
        mir_relay_key_read(&key, mir_buf_bytes(&site.body), &identity, NULL), MIRSAL_OK);
    assert_int_equal(key.serial, 2);
    close_site(&site);
    mir_secret_free(next);
}

static void health_metrics_and_nothing_else(void **state)
{
    (void)state;
    static struct site site;
    const struct mir_bytes body = { (const uint8_t *)"x", 1 };
    open_site(&site, 72, 0);
    (void)server_fixture_register(&site.server);
    assert_int_equal(ask(&site, "/healthz", NULL), 200);
    assert_true(holds(&site.body, "ok"));
    assert_int_equal(ask(&site, "/", NULL), 404);
    assert_int_equal(ask(&site, "/v1/sync", NULL), 404);
    assert_int_equal(ask(&site, "/healthz", &body), 404);
    assert_int_equal(ask(&site, "/metrics", NULL), 200);
    assert_true(holds(&site.body, "\nmirsald_requests_total 5\n"));
    assert_true(holds(&site.body, "\nmirsald_requests_failed_total 3\n"));
    assert_true(holds(&site.body, "# TYPE mirsald_teams gauge\nmirsald_teams 1\n"));
    close_site(&site);
}

static void what_is_no_handshake_is_400_and_no_session_404(void **state)
{
    (void)state;
    static struct site site;
    uint8_t bytes[512] = { 1, 0, 1, 1, 0 };
    const struct mir_bytes body = { bytes, sizeof bytes };
    open_site(&site, 73, 0);
    assert_int_equal(ask(&site, "/v1/sync", &body), 400);
    bytes[0] = 9;
    assert_int_equal(ask(&site, "/v1/sync", &body), 400);
    memset(bytes, 0, sizeof bytes);
    bytes[0] = 2;
    bytes[20] = 1;
    assert_int_equal(ask(&site, "/v1/sync", &body), 404);
    assert_int_equal(ask(&site, "/metrics", NULL), 200);
    assert_true(holds(&site.body, "\nmirsald_requests_failed_total 3\n"));
    assert_true(holds(&site.body, "\nmirsald_bytes_in_total 1536\n"));
    close_site(&site);
}

/* A request put to the handler as if it came from peer; *out borrows nothing of it. */
static void put_to(struct mir_http_answer *out,
    struct mir_http *http,
    const char *method,
    const char *path,
    const char *peer)
{
    const struct mir_http_handler handler = mir_http_handler_of(http);
    void *request = handler.begin(handler.context, method, path, peer);
    assert_non_null(request);
    memset(out, 0, sizeof *out);
    handler.answer(request, out);
    handler.close(request, 1);
}

static void metrics_are_for_this_machine(void **state)
{
    (void)state;
    static struct site site;
    struct mir_http_answer answer;
    open_site(&site, 74, 0);
    put_to(&answer, &site.http, "GET", "/metrics", "192.0.2.7");
    assert_int_equal(answer.status, 404);
    put_to(&answer, &site.http, "GET", "/metrics", "2001:db8::1");
    assert_int_equal(answer.status, 404);
    put_to(&answer, &site.http, "GET", "/metrics", "::1");
    assert_int_equal(answer.status, 200);
    put_to(&answer, &site.http, "GET", "/metrics", "::ffff:127.0.0.1");
    assert_int_equal(answer.status, 200);
    site.http.metrics_open = 1;
    put_to(&answer, &site.http, "GET", "/metrics", "192.0.2.7");
    assert_int_equal(answer.status, 200);
    close_site(&site);
}

static void who_asks_too_often_waits(void **state)
{
    (void)state;
    static struct site site;
    struct mir_http_answer answer;
    open_site(&site, 75, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask(&site, "/healthz", NULL), 200);
    }
    assert_int_equal(ask(&site, "/healthz", NULL), 429);
    put_to(&answer, &site.http, "POST", "/v1/sync", "127.0.0.1");
    assert_int_equal(answer.status, 429);
    assert_string_equal(answer.retry_after, "30");
    put_to(&answer, &site.http, "GET", "/healthz", "192.0.2.7");
    assert_int_equal(answer.status, 200);
    assert_null(answer.retry_after);
    close_site(&site);
}

static void a_server_that_stops_says_503(void **state)
{
    (void)state;
    static struct site site;
    struct mir_http_answer answer;
    open_site(&site, 76, 0);
    assert_int_equal(ask(&site, "/healthz", NULL), 200);
    mir_http_stop(&site.http);
    assert_int_equal(ask(&site, "/healthz", NULL), 503);
    put_to(&answer, &site.http, "POST", "/v1/sync", "127.0.0.1");
    assert_int_equal(answer.status, 503);
    assert_string_equal(answer.retry_after, "30");
    close_site(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_relay_s_key_verifies),
        cmocka_unit_test(health_metrics_and_nothing_else),
        cmocka_unit_test(what_is_no_handshake_is_400_and_no_session_404),
        cmocka_unit_test(metrics_are_for_this_machine),
        cmocka_unit_test(who_asks_too_often_waits),
        cmocka_unit_test(a_server_that_stops_says_503),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
