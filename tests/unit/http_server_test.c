/* SPDX-License-Identifier: Apache-2.0 */
/* unit/http_server_test.c - bodies in pieces, streaming, breaks, refusals, a graceful stop. */
#include "http_server.h"

#include "net_fixture.h"

#include <string.h>

static int request(struct net_fixture *net,
    struct mir_buf *out,
    const char *path,
    const struct mir_bytes *body,
    mirsal_code *code)
{
    int status = 0;
    struct mir_http_counts counts;
    mir_buf_init(out, &net->env, 8000000);
    *code = mir_http_request(net->client, &status, &counts, net_fixture_url(net, path), body,
        net_fixture_collect, out, NULL);
    return status;
}

static void a_body_of_any_size_comes_back(void **state)
{
    (void)state;
    struct net_fixture net;
    struct mir_buf out;
    mirsal_code code;
    static uint8_t data[2000000];
    net_fixture_open(&net);
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)(i * 31u >> 3u);
    }
    const size_t sizes[] = { 0, 1, 256, 65536, 2000000 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const struct mir_bytes body = { data, sizes[i] };
        assert_int_equal(request(&net, &out, "/echo", &body, &code), 200);
        assert_int_equal(code, MIRSAL_OK);
        assert_int_equal(out.size, sizes[i]);
        assert_memory_equal(out.data == NULL ? data : out.data, data, sizes[i]);
        mir_buf_fini(&out);
    }
    net_fixture_close(&net);
    assert_int_equal(net.closed_whole, 5);
}

static void an_answer_of_unknown_size_streams_whole(void **state)
{
    (void)state;
    struct net_fixture net;
    struct mir_buf out;
    mirsal_code code;
    net_fixture_open(&net);
    assert_int_equal(request(&net, &out, "/large", NULL, &code), 200);
    assert_int_equal(code, MIRSAL_OK);
    assert_int_equal(out.size, NET_FIXTURE_LARGE);
    mir_buf_fini(&out);
    net_fixture_close(&net);
}

static void a_broken_answer_is_no_relay_and_keeps_what_came(void **state)
{
    (void)state;
    struct net_fixture net;
    struct mir_buf out;
    mirsal_code code;
    net_fixture_open(&net);
    request(&net, &out, "/broken", NULL, &code);
    assert_int_equal(code, MIRSAL_NO_RELAY);
    assert_int_equal(out.size, 200000);
    mir_buf_fini(&out);
    net_fixture_close(&net);
    assert_int_equal(net.closed_broken, 1);
}

static void a_handler_without_room_is_503(void **state)
{
    (void)state;
    struct net_fixture net;
    struct mir_buf out;
    mirsal_code code;
    net_fixture_open(&net);
    assert_int_equal(request(&net, &out, "/busy", NULL, &code), 503);
    assert_int_equal(code, MIRSAL_OK);
    assert_int_equal(out.size, 0);
    mir_buf_fini(&out);
    net_fixture_close(&net);
}

static void a_taken_port_is_an_error_that_names_it(void **state)
{
    (void)state;
    struct net_fixture net;
    mirsal_error err = { 0 };
    struct mir_http_server *second = NULL;
    const struct mir_http_handler handler = { 0 };
    net_fixture_open(&net);
    const struct mir_http_server_options options = { .host = "127.0.0.1",
        .port = mir_http_server_port(net.server) };
    assert_int_equal(
        mir_http_server_start(&second, &net.env, &options, &handler, &err), MIRSAL_BAD_VALUE);
    assert_null(second);
    assert_string_equal(err.field, "listen");
    net_fixture_close(&net);
}

static void an_address_is_split_at_its_last_colon(void **state)
{
    (void)state;
    static const char *const wrong[] = { "", ":1", "host", "host:", "host:x", "host:65536" };
    char host[MIR_HTTP_HOST_SIZE];
    uint16_t port = 9;
    assert_int_equal(mir_http_server_split(host, &port, "127.0.0.1:0", NULL), MIRSAL_OK);
    assert_string_equal(host, "127.0.0.1");
    assert_int_equal(port, 0);
    assert_int_equal(mir_http_server_split(host, &port, "[::1]:8441", NULL), MIRSAL_OK);
    assert_string_equal(host, "::1");
    assert_int_equal(port, 8441);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(mir_http_server_split(host, &port, wrong[i], NULL), MIRSAL_BAD_VALUE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_split_at_its_last_colon),
        cmocka_unit_test(a_body_of_any_size_comes_back),
        cmocka_unit_test(an_answer_of_unknown_size_streams_whole),
        cmocka_unit_test(a_broken_answer_is_no_relay_and_keeps_what_came),
        cmocka_unit_test(a_handler_without_room_is_503),
        cmocka_unit_test(a_taken_port_is_an_error_that_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
