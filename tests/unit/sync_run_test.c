/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/sync_run_test.c - the libcurl driver against a server of this process over loopback: whole
 * runs, several relays, budgets, cancelling, and nobody there.
 */
#include "client_fixture.h"
#include "clock.h"
#include "relay_session.h"

#include <mirsal/server.h>
#include <stdio.h>
#include <string.h>

#define NOBODY "http://127.0.0.1:1" /* a port that nothing listens on */
#define KEY    "AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static struct client relay; /* for its folder alone */
static struct client admin;
static struct client monitor;
static mirsal_server *server;
static char url_key[600];
static char url[600];
static char token[80];

/* A server on a free port; its public name is made known before it is told which. */
static void serve(void)
{
    mirsal_server_options options = MIRSAL_SERVER_OPTIONS_INIT;
    mirsal_text answer = { 0 };
    options.data = relay.store_path;
    options.listen = "127.0.0.1:0";
    client_ok(&relay, mirsal_server_init(&answer, &options, &relay.err));
    json_t *made = client_json(&answer);
    (void)snprintf(token, sizeof token, "%s", test_text(made, "token"));
    const char *key = strchr(test_text(made, "relay"), '#');
    assert_non_null(key);
    client_ok(&relay, mirsal_server_open(&server, &options, &relay.err));
    client_ok(&relay, mirsal_server_start(&answer, server, &options, &relay.err));
    json_t *started = client_json(&answer);
    (void)snprintf(url, sizeof url, "http://%s", test_text(started, "listen"));
    (void)snprintf(url_key, sizeof url_key, "%s%s", url, key);
    json_decref(started);
    json_decref(made);
}

static void add_relay(struct client *client, const char *name)
{
    mirsal_text answer = { 0 };
    client_ok(client, mirsal_relay_add(&answer, client->store, name, token, &client->err));
    mirsal_text_free(&answer);
}

static int start(void **state)
{
    (void)state;
    client_init(&relay, 9);
    serve();
    client_found(&admin, 1);
    /* Invites end by the server's clock, which is the system's. */
    admin.test.now_ms = mir_clock_now_ms(NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    mirsal_server_stop(server);
    mirsal_server_close(server);
    server = NULL;
    client_fini(&admin);
    client_fini(&relay);
    return 0;
}

static json_t *sync_with(struct client *client,
    const mirsal_sync_options *options,
    mirsal_sync_result *result)
{
    mirsal_text answer = { 0 };
    client_ok(client, mirsal_sync_run(&answer, result, client->store, options, &client->err));
    return client_json(&answer);
}

static void a_run_carries_reports_and_counts_its_bytes(void **state)
{
    static const char *const keys[] = { "relay", "pushed", "pulled", "bytes_out", "bytes_in",
        "http_out", "http_in", "requests", "conflicts_opened", "media_left", "media_left_bytes",
        "more" };
    const mirsal_sync_options options = MIRSAL_SYNC_OPTIONS_INIT;
    mirsal_sync_result result;
    mirsal_text answer = { 0 };
    (void)state;
    add_relay(&admin, url_key);
    client_join(&monitor, &admin, "monitor", 2);
    client_incident(&monitor, "m:1", "raid");
    json_decref(sync_with(&admin, &options, &result));
    json_t *told = sync_with(&monitor, &options, &result);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        assert_non_null(json_object_get(told, keys[i]));
    }
    assert_string_equal(test_text(told, "relay"), url);
    assert_int_equal(result.more, 0);
    assert_int_equal(result.waiting, 0);
    assert_true(result.pushed >= 2);
    assert_true(result.http_out > result.bytes_out);
    assert_true(result.http_in > result.bytes_in);
    assert_int_equal(test_number(told, "requests"), result.requests);
    json_decref(told);
    json_decref(sync_with(&admin, &options, &result));
    assert_true(result.pulled >= 2);
    client_ok(&admin, mirsal_show(&answer, admin.store, "@m:1", 0, &admin.err));
    mirsal_text_free(&answer);
    json_decref(sync_with(&monitor, &options, &result)); /* the receipt */
    json_decref(sync_with(&monitor, &options, &result));
    assert_int_equal(result.pushed + result.pulled, 0);
    assert_int_equal(result.requests, 1);
    client_fini(&monitor);
}

static void relays_are_tried_in_turn(void **state)
{
    mirsal_sync_options options = MIRSAL_SYNC_OPTIONS_INIT;
    mirsal_sync_result result;
    mirsal_text answer = { 0 };
    (void)state;
    options.tries = 1;
    assert_int_equal(
        mirsal_sync_run(&answer, &result, admin.store, &options, &admin.err), MIRSAL_NO_RELAY);
    mirsal_text_free(&answer);
    add_relay(&admin, NOBODY "#" KEY);
    assert_int_equal(
        mirsal_sync_run(&answer, &result, admin.store, &options, &admin.err), MIRSAL_NO_RELAY);
    assert_true(result.requests >= 1);
    json_t *nobody = client_json(&answer);
    assert_true(json_is_null(json_object_get(nobody, "relay")));
    json_decref(nobody);
    add_relay(&admin, url_key);
    json_t *told = sync_with(&admin, &options, &result);
    assert_string_equal(test_text(told, "relay"), url);
    json_decref(told);
    options.relay = "all";
    json_decref(sync_with(&admin, &options, &result));
    options.relay = url;
    json_decref(sync_with(&admin, &options, &result));
    options.relay = NOBODY;
    assert_int_equal(
        mirsal_sync_run(&answer, NULL, admin.store, &options, &admin.err), MIRSAL_NO_RELAY);
    mirsal_text_free(&answer);
    options.relay = "http://elsewhere.invalid";
    assert_int_equal(
        mirsal_sync_run(&answer, NULL, admin.store, &options, &admin.err), MIRSAL_NOT_FOUND);
    mirsal_text_free(&answer);
}

static void a_budget_holds_for_all_bytes_of_http(void **state)
{
    const uint64_t budget = 6000;
    mirsal_sync_options options = MIRSAL_SYNC_OPTIONS_INIT;
    mirsal_sync_result result;
    unsigned runs = 0;
    (void)state;
    for (int i = 0; i < 30; i++) {
        char source_id[16];
        (void)snprintf(source_id, sizeof source_id, "a:%d", i);
        client_incident(&admin, source_id, "raid on the mill");
    }
    add_relay(&admin, url_key);
    options.budget = budget;
    do {
        json_decref(sync_with(&admin, &options, &result));
        assert_true(result.http_out + result.http_in <= budget);
        assert_true(++runs < 30);
    } while (result.more);
    assert_true(runs > 1);
    options.budget = 0;
    json_decref(sync_with(&admin, &options, &result));
    assert_int_equal(result.pushed, 0);
}

static int refuse(void *context, uint64_t bytes_out, uint64_t bytes_in)
{
    (void)bytes_out;
    (void)bytes_in;
    ++*(unsigned *)context;
    return 1;
}

static void a_run_can_be_cancelled(void **state)
{
    mirsal_sync_options options = MIRSAL_SYNC_OPTIONS_INIT;
    mirsal_text answer = { 0 };
    unsigned calls = 0;
    (void)state;
    add_relay(&admin, url_key);
    options.progress = refuse;
    options.progress_context = &calls;
    assert_int_equal(
        mirsal_sync_run(&answer, NULL, admin.store, &options, &admin.err), MIRSAL_CANCELLED);
    assert_true(calls > 0);
    mirsal_text_free(&answer);
}

static void another_server_with_that_address_is_not_believed(void **state)
{
    char name[700];
    mirsal_sync_options options = MIRSAL_SYNC_OPTIONS_INIT;
    mirsal_text answer = { 0 };
    (void)state;
    (void)snprintf(name, sizeof name, "%s#" KEY, url);
    add_relay(&admin, name);
    assert_int_equal(
        mirsal_sync_run(&answer, NULL, admin.store, &options, &admin.err), MIRSAL_NOT_AUTHENTIC);
    mirsal_text_free(&answer);
}

static void a_transaction_must_not_be_open(void **state)
{
    const mirsal_sync_options options = MIRSAL_SYNC_OPTIONS_INIT;
    mirsal_text answer = { 0 };
    (void)state;
    client_ok(&admin, mirsal_begin(admin.store, &admin.err));
    assert_int_equal(
        mirsal_sync_run(&answer, NULL, admin.store, &options, &admin.err), MIRSAL_MISUSE);
    assert_null(answer.data);
    mirsal_rollback(admin.store);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_run_carries_reports_and_counts_its_bytes),
        TEST(relays_are_tried_in_turn),
        TEST(a_budget_holds_for_all_bytes_of_http),
        TEST(a_run_can_be_cancelled),
        TEST(another_server_with_that_address_is_not_believed),
        TEST(a_transaction_must_not_be_open),
    };
    return cmocka_run_group_tests_name("sync_run", tests, NULL, NULL);
}
