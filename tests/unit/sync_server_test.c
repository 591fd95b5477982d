/* SPDX-License-Identifier: Apache-2.0 */
/* unit/sync_server_test.c - requests, put to the handler's face: routes, rates, the stop. */
#include "sync_server.h"

#include "keys.h"
#include "test_env.h"

#include <string.h>

struct site {
    struct test_env test;
    struct mir_sync_server server;
    struct mir_sync_host host;
    int opened;
    int closed;
    uint32_t told;
    struct mir_sync_served last;
};

static mirsal_code identity(void *context, mirsal_hash *out, uint32_t *serial, mirsal_error *err)
{
    (void)context;
    (void)err;
    memset(out, 1, sizeof *out);
    *serial = 1;
    return MIRSAL_OK;
}

static mirsal_code noise_secret(void *context,
    uint32_t serial,
    struct mir_agree_secret *out,
    mirsal_error *err)
{
    (void)context;
    (void)serial;
    (void)out;
    (void)err;
    return MIRSAL_NOT_FOUND;
}

static void discard(void *context)
{
    (void)context;
}

static mirsal_code open_host(void **host,
    const struct mir_sync_host **vtable,
    void *context,
    mirsal_error *err)
{
    struct site *site = context;
    (void)err;
    *host = site;
    *vtable = &site->host;
    site->opened++;
    return MIRSAL_OK;
}

static void close_host(void *context, void *host)
{
    struct site *site = context;
    assert_ptr_equal(host, site);
    site->closed++;
}

static int get(void *context,
    struct mir_buf *out,
    const char **content_type,
    const char *path,
    const char *peer)
{
    (void)context;
    (void)peer;
    *content_type = "text/x-test";
    mir_buf_append_text(out, "here");
    return strcmp(path, "/here") == 0 ? 200 : 404;
}

static void told(void *context, const struct mir_sync_served *served)
{
    struct site *site = context;
    site->told++;
    site->last = *served;
}

static void open_site(struct site *site, uint32_t rate)
{
    assert_int_equal(mir_crypto_start(NULL), MIRSAL_OK);
    memset(site, 0, sizeof *site);
    test_env_init(&site->test, 3);
    site->host.identity = identity;
    site->host.noise_secret = noise_secret;
    site->host.discard = discard;
    const struct mir_sync_server_options options = {
        .env = &site->test.env,
        .sessions_max = 4,
        .rate_per_minute = rate,
        .context = site,
        .open_host = open_host,
        .close_host = close_host,
        .get = get,
        .told = told,
    };
    assert_int_equal(mir_sync_server_init(&site->server, &options, NULL), MIRSAL_OK);
}

static void close_site(struct site *site)
{
    assert_int_equal(site->opened, site->closed);
    mir_sync_server_fini(&site->server);
    mir_sync_server_fini(&site->server); /* once is enough, twice does no harm */
    assert_int_equal(site->test.live_pieces, 0);
}

/* The status of a request with that body. */
static int ask(struct site *site, const char *method, const char *path, const char *body)
{
    const struct mir_http_handler handler = mir_sync_server_handler(&site->server);
    struct mir_http_answer answer = { 0 };
    uint8_t bytes[16];
    void *request = handler.begin(handler.context, method, path, "192.0.2.1");
    assert_non_null(request);
    if (body[0] != '\0') {
        (void)handler.data(request, body, strlen(body));
    }
    handler.answer(request, &answer);
    if (answer.status == 200) {
        assert_int_equal(handler.read(request, bytes, sizeof bytes), 4);
        assert_memory_equal(bytes, "here", 4);
        assert_string_equal(answer.content_type, "text/x-test");
        assert_int_equal(handler.read(request, bytes, sizeof bytes), 0);
    }
    handler.close(request, 1);
    return answer.status;
}

static void get_is_the_owner_s_and_post_a_session(void **state)
{
    (void)state;
    static struct site site;
    struct mir_sync_server_counts counts;
    open_site(&site, 0);
    assert_int_equal(ask(&site, "GET", "/here", ""), 200);
    assert_int_equal(ask(&site, "GET", "/there", ""), 404);
    assert_int_equal(ask(&site, "POST", "/here", "x"), 404);
    assert_int_equal(ask(&site, "PUT", "/v1/sync", "x"), 404);
    assert_int_equal(site.opened, 0);
    assert_int_equal(site.told, 0);
    assert_int_equal(ask(&site, "POST", "/v1/sync", "no handshake"), 400);
    assert_int_equal(site.opened, 1);
    assert_int_equal(site.told, 1);
    assert_int_equal(site.last.status, 400);
    assert_int_equal(site.last.bytes_in, 12);
    mir_sync_server_count(&counts, &site.server);
    assert_int_equal(counts.requests, 5);
    assert_int_equal(counts.failed, 4);
    assert_int_equal(counts.sessions, 0);
    close_site(&site);
}

static void a_source_that_asks_too_often_waits(void **state)
{
    (void)state;
    static struct site site;
    struct mir_sync_server_counts counts;
    open_site(&site, 2);
    assert_int_equal(ask(&site, "GET", "/here", ""), 200);
    assert_int_equal(ask(&site, "GET", "/here", ""), 200);
    assert_int_equal(ask(&site, "GET", "/here", ""), 429);
    site.test.ticks_ms += 30000;
    assert_int_equal(ask(&site, "GET", "/here", ""), 200);
    mir_sync_server_count(&counts, &site.server);
    assert_int_equal(counts.refused, 1);
    close_site(&site);
}

static void once_stopped_all_wait(void **state)
{
    (void)state;
    static struct site site;
    open_site(&site, 0);
    mir_sync_server_stop(&site.server);
    assert_int_equal(ask(&site, "GET", "/here", ""), 503);
    assert_int_equal(ask(&site, "POST", "/v1/sync", "x"), 503);
    assert_int_equal(site.opened, 0);
    close_site(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get_is_the_owner_s_and_post_a_session),
        cmocka_unit_test(a_source_that_asks_too_often_waits),
        cmocka_unit_test(once_stopped_all_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
