/* SPDX-License-Identifier: Apache-2.0 */
/* unit/http_client_test.c - nobody there, no URL, cancelling, counting, a dead proxy. */
#include "http_client.h"

#include "net_fixture.h"

#include <stdio.h>

static mirsal_code get(struct net_fixture *net,
    struct mir_http_client *client,
    const char *url,
    struct mir_http_counts *counts,
    mirsal_error *err)
{
    int status = 0;
    struct mir_buf out;
    mir_buf_init(&out, &net->env, 8000000);
    mirsal_code rc =
        mir_http_request(client, &status, counts, url, NULL, net_fixture_collect, &out, err);
    mir_buf_fini(&out);
    return rc;
}

static void nobody_there_is_no_relay(void **state)
{
    (void)state;
    struct net_fixture net;
    struct mir_http_counts counts;
    mirsal_error err = { 0 };
    net_fixture_open(&net);
    char url[64];
    snprintf(url, sizeof(url), "%s", net_fixture_url(&net, "/large"));
    mir_http_server_stop(net.server, 100);
    net.server = NULL;
    assert_int_equal(get(&net, net.client, url, &counts, &err), MIRSAL_NO_RELAY);
    assert_int_not_equal(err.message[0], '\0');
    net_fixture_close(&net);
}

static void only_http_urls_are_taken(void **state)
{
    (void)state;
    struct net_fixture net;
    struct mir_http_counts counts;
    mirsal_error err = { 0 };
    net_fixture_open(&net);
    assert_int_equal(
        get(&net, net.client, "file:///etc/hostname", &counts, &err), MIRSAL_BAD_VALUE);
    assert_string_equal(err.field, "relay");
    net_fixture_close(&net);
}

static void bodies_and_headers_are_counted(void **state)
{
    (void)state;
    struct net_fixture net;
    struct mir_http_counts counts;
    struct mir_buf out;
    int status;
    const uint8_t data[4096] = { 7 };
    const struct mir_bytes body = { data, sizeof(data) };
    net_fixture_open(&net);
    mir_buf_init(&out, &net.env, 5000);
    assert_int_equal(mir_http_request(net.client, &status, &counts, net_fixture_url(&net, "/echo"),
                         &body, net_fixture_collect, &out, NULL),
        MIRSAL_OK);
    assert_int_equal(counts.body_out, 4096);
    assert_int_equal(counts.body_in, 4096);
    assert_true(counts.all_out > 4096 + 40 && counts.all_out < 4096 + 400);
    assert_true(counts.all_in > 4096 + 40 && counts.all_in < 4096 + 400);
    mir_buf_fini(&out);
    net_fixture_close(&net);
}

static int cancel(void *context, uint64_t bytes_out, uint64_t bytes_in)
{
    (void)context;
    (void)bytes_out;
    return bytes_in > 1000;
}

static void progress_can_cancel(void **state)
{
    (void)state;
    struct net_fixture net;
    struct mir_http_counts counts;
    struct mir_http_client *client = NULL;
    net_fixture_open(&net);
    const struct mir_http_client_options options = { .proxy = "", .progress = cancel };
    assert_int_equal(mir_http_client_open(&client, &net.env, &options, NULL), MIRSAL_OK);
    assert_int_equal(
        get(&net, client, net_fixture_url(&net, "/large"), &counts, NULL), MIRSAL_CANCELLED);
    mir_http_client_close(client);
    net_fixture_close(&net);
}

static mirsal_code refuse(void *context, const void *data, size_t size, mirsal_error *err)
{
    (void)context;
    (void)data;
    (void)size;
    (void)err;
    return MIRSAL_MALFORMED;
}

static void a_receiver_that_refuses_ends_the_transfer_with_its_code(void **state)
{
    (void)state;
    struct net_fixture net;
    struct mir_http_counts counts;
    int status;
    net_fixture_open(&net);
    assert_int_equal(mir_http_request(net.client, &status, &counts, net_fixture_url(&net, "/large"),
                         NULL, refuse, NULL, NULL),
        MIRSAL_MALFORMED);
    assert_true(counts.body_in < NET_FIXTURE_LARGE);
    net_fixture_close(&net);
}

static void a_dead_proxy_is_no_relay(void **state)
{
    (void)state;
    struct net_fixture net;
    struct mir_http_counts counts;
    struct mir_http_client *client = NULL;
    net_fixture_open(&net);
    const struct mir_http_client_options options = { .proxy = "socks5h://127.0.0.1:1" };
    assert_int_equal(mir_http_client_open(&client, &net.env, &options, NULL), MIRSAL_OK);
    assert_int_equal(
        get(&net, client, net_fixture_url(&net, "/large"), &counts, NULL), MIRSAL_NO_RELAY);
    mir_http_client_close(client);
    net_fixture_close(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_there_is_no_relay),
        cmocka_unit_test(only_http_urls_are_taken),
        cmocka_unit_test(bodies_and_headers_are_counted),
        cmocka_unit_test(progress_can_cancel),
        cmocka_unit_test(a_receiver_that_refuses_ends_the_transfer_with_its_code),
        cmocka_unit_test(a_dead_proxy_is_no_relay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
