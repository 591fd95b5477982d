/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/serve_calls_test.c - a store that serves over loopback, through the public calls: what
 * passes, what is told, what is refused before anything listens.
 */
#include "client_fixture.h"

#include "handle.h"

#include <mirsal/serve.h>
#include <pthread.h>
#include <string.h>

static struct client admin;
static struct client monitor;

struct told {
    pthread_mutex_t lock;
    unsigned events;
    uint64_t taken;
    uint64_t given;
    mirsal_code last;
};
static struct told told;

static void note_event(void *context, const mirsal_serve_event *event)
{
    struct told *into = context;
    pthread_mutex_lock(&into->lock);
    assert_int_equal(event->version, 1);
    into->events++;
    into->taken += event->taken;
    into->given += event->given;
    into->last = event->code;
    pthread_mutex_unlock(&into->lock);
}

static int set_up(void **state)
{
    (void)state;
    client_found(&admin, 1);
    client_join(&monitor, &admin, "monitor", 2);
    memset(&told, 0, sizeof told);
    pthread_mutex_init(&told.lock, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    client_fini(&monitor);
    client_fini(&admin);
    return 0;
}

static mirsal_serve *serve(struct client *client, const char *listen, char peer[256])
{
    mirsal_serve_options options = MIRSAL_SERVE_OPTIONS_INIT;
    mirsal_serve *serving = NULL;
    mirsal_text ready = { 0 };
    options.store = client->store;
    options.listen = listen;
    options.on_event = note_event;
    options.context = &told;
    client_ok(client, mirsal_serve_start(&ready, &serving, &options, &client->err));
    json_t *answer = client_json(&ready);
    assert_true(strlen(test_text(answer, "peer")) < 256);
    memcpy(peer, test_text(answer, "peer"), strlen(test_text(answer, "peer")) + 1);
    assert_null(strstr(test_text(answer, "listen"), ":0\""));
    json_decref(answer);
    return serving;
}

static mirsal_code sync_with(struct client *client, const char *peer, json_t **answer)
{
    mirsal_sync_options options = MIRSAL_SYNC_OPTIONS_INIT;
    mirsal_text text = { 0 };
    options.peer = peer;
    options.tries = 1;
    mirsal_code code = mirsal_sync_run(&text, NULL, client->store, &options, &client->err);
    *answer = code == MIRSAL_OK ? client_json(&text) : NULL;
    mirsal_text_free(&text);
    return code;
}

static void a_run_over_loopback_is_told_in_numbers(void **state)
{
    (void)state;
    char peer[256];
    json_t *answer = NULL;
    (void)client_incident(&monitor, "m:1", "raid on the mill");
    mirsal_serve *serving = serve(&admin, "127.0.0.1:0", peer);
    assert_non_null(strstr(peer, "http://127.0.0.1:"));
    assert_int_equal(strlen(strchr(peer, '#') + 1), 43);
    client_ok(&monitor, sync_with(&monitor, peer, &answer));
    assert_true(json_is_null(json_object_get(answer, "relay")));
    assert_int_equal(strlen(test_text(answer, "peer")), strcspn(peer, "#"));
    assert_true(test_number(answer, "pushed") >= 1);
    json_decref(answer);
    mirsal_serve_stop(serving);
    assert_true(told.events >= 2);
    assert_true(told.taken >= 2); /* join, report */
    assert_true(told.given >= 1);
    assert_int_equal(told.last, MIRSAL_OK);
    mirsal_text shown = { 0 };
    client_ok(&admin, mirsal_show(&shown, admin.store, "@m:1", 0, &admin.err));
    mirsal_text_free(&shown);
    /* Nobody listens any more. */
    assert_int_equal(sync_with(&monitor, peer, &answer), MIRSAL_NO_RELAY);
}

static void another_key_there_is_not_authentic(void **state)
{
    (void)state;
    char peer[256];
    json_t *answer = NULL;
    mirsal_serve *serving = serve(&admin, "127.0.0.1:0", peer);
    char *key = strchr(peer, '#') + 1;
    key[3] = key[3] == 'A' ? 'B' : 'A';
    assert_int_equal(sync_with(&monitor, peer, &answer), MIRSAL_NOT_AUTHENTIC);
    assert_int_equal(sync_with(&monitor, "http://127.0.0.1:1", &answer), MIRSAL_BAD_VALUE);
    assert_string_equal(monitor.err.field, "peer");
    mirsal_serve_stop(serving);
    assert_int_equal(told.events, 0);
}

static void every_address_is_named_by_one_of_them(void **state)
{
    (void)state;
    char peer[256];
    mirsal_serve *serving = serve(&admin, "0.0.0.0:0", peer);
    struct mir_store *store = admin.store->store;
    assert_int_equal(strncmp(peer, "http://", 7), 0);
    assert_int_equal(store->transaction_depth, 0);
    mirsal_serve_stop(serving);
    mirsal_serve_stop(NULL);
}

static void what_cannot_serve_says_so(void **state)
{
    (void)state;
    mirsal_serve_options options = MIRSAL_SERVE_OPTIONS_INIT;
    mirsal_serve *serving = NULL;
    mirsal_text ready = { 0 };
    options.store = admin.store;
    options.listen = "nowhere";
    assert_int_equal(mirsal_serve_start(&ready, &serving, &options, &admin.err), MIRSAL_BAD_VALUE);
    assert_string_equal(admin.err.field, "listen");
    options.listen = "127.0.0.1:0";
    client_ok(&admin, mirsal_begin(admin.store, &admin.err));
    assert_int_equal(mirsal_serve_start(&ready, &serving, &options, &admin.err), MIRSAL_MISUSE);
    mirsal_rollback(admin.store);
    assert_null(serving);
    options.version = 9;
    assert_int_equal(mirsal_serve_start(&ready, &serving, &options, &admin.err), MIRSAL_MISUSE);
    assert_null(ready.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_run_over_loopback_is_told_in_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_key_there_is_not_authentic, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_address_is_named_by_one_of_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_serve_says_so, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
