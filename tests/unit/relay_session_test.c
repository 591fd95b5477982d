/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/relay_session_test.c - public sessions with a relay in the same process: keys, broken
 * exchanges, budgets, and what two stores hold after.
 */
#include "relay_pump.h"

#include "text.h"

#include <stdio.h>
#include <string.h>

#define URL "http://relay.invalid:8440"

static struct relay_pump pump;
static struct client admin;
static struct client monitor;

static int start(void **state)
{
    (void)state;
    relay_pump_open(&pump, URL, 7);
    client_found(&admin, 1);
    relay_pump_introduce(&pump, &admin);
    client_join(&monitor, &admin, "monitor", 2);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    client_fini(&monitor);
    client_fini(&admin);
    relay_pump_close(&pump);
    return 0;
}

static uint64_t sync_count(struct client *client, const char *key)
{
    json_t *answer = relay_pump_sync(&pump, client, 0);
    uint64_t count = test_number(answer, key);
    json_decref(answer);
    return count;
}

static void report(struct client *client, const char *source_id)
{
    client_incident(client, source_id, "raid on the mill");
}

static void a_report_comes_from_a_monitor_to_the_admin(void **state)
{
    mirsal_text answer = { 0 };
    (void)state;
    report(&monitor, "m:1");
    (void)sync_count(&admin, "pushed");
    assert_true(sync_count(&monitor, "pushed") >= 2); /* join, report */
    assert_true(sync_count(&admin, "pulled") >= 2);
    client_ok(&admin, mirsal_show(&answer, admin.store, "@m:1", 0, &admin.err));
    json_t *record = client_json(&answer);
    assert_string_equal(test_text(record, "source_id"), "m:1");
    json_decref(record);
    client_ok(&monitor, mirsal_status(&answer, monitor.store, &monitor.err));
    json_t *status = client_json(&answer);
    assert_int_equal(test_number(status, "unsent"), 0);
    assert_false(json_is_null(json_object_get(status, "last_sync")));
    json_decref(status);
}

static void the_answer_has_the_keys_of_the_interface(void **state)
{
    static const char *const keys[] = { "relay", "pushed", "pulled", "bytes_out", "bytes_in",
        "requests", "conflicts_opened", "media_left", "media_left_bytes", "more" };
    (void)state;
    json_t *answer = relay_pump_sync(&pump, &admin, 0);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        assert_non_null(json_object_get(answer, keys[i]));
    }
    assert_string_equal(test_text(answer, "relay"), URL);
    assert_true(test_number(answer, "bytes_out") % 256 == 0);
    json_decref(answer);
}

static void the_key_is_fetched_once_and_when_it_turned(void **state)
{
    (void)state;
    (void)sync_count(&admin, "pushed");
    (void)sync_count(&admin, "pushed");
    assert_int_equal(pump.keys_given, 1);
    test_env_advance(&pump.test, MIR_RELAY_KEY_PERIOD_MS + 1);
    assert_int_equal(mir_relay_keys_turn(pump.keys, &pump.test.env), 1);
    (void)sync_count(&admin, "pushed");
    assert_int_equal(pump.keys_given, 2);
    (void)sync_count(&admin, "pushed");
    assert_int_equal(pump.keys_given, 2);
}

static void a_key_that_the_relay_forgot_is_asked_for_again(void **state)
{
    (void)state;
    (void)sync_count(&admin, "pushed");
    for (unsigned i = 0; i < MIR_RELAY_KEYS_KEPT; i++) {
        test_env_advance(&pump.test, MIR_RELAY_KEY_PERIOD_MS + 1);
        assert_int_equal(mir_relay_keys_turn(pump.keys, &pump.test.env), 1);
    }
    report(&admin, "a:1");
    assert_true(sync_count(&admin, "pushed") >= 1);
    assert_int_equal(pump.keys_given, 2);
}

static void another_relays_key_is_not_authentic(void **state)
{
    struct relay_pump other;
    mirsal_session_options options = MIRSAL_SESSION_OPTIONS_INIT;
    mirsal_session *session = NULL;
    (void)state;
    relay_pump_open(&other, URL, 8);
    options.store = admin.store;
    client_ok(&admin, mirsal_session_open(&session, &options, &admin.err));
    assert_int_equal(mirsal_session_need(session), MIRSAL_NEED_KEY);
    assert_int_equal(relay_pump_exchange(&other, session, &admin.err), MIRSAL_NOT_AUTHENTIC);
    assert_int_equal(mirsal_session_need(session), MIRSAL_NEED_DONE);
    mirsal_session_close(session);
    relay_pump_close(&other);
}

static void broken_exchanges_are_repeated_until_they_get_through(void **state)
{
    (void)state;
    (void)sync_count(&admin, "pushed");
    report(&admin, "a:1");
    pump.break_next = 2;
    assert_true(sync_count(&admin, "pushed") >= 1);
    assert_int_equal(pump.break_next, 0);
}

static void a_relay_that_never_answers_ends_the_run(void **state)
{
    mirsal_session_options options = MIRSAL_SESSION_OPTIONS_INIT;
    mirsal_session *session = NULL;
    mirsal_code code = MIRSAL_OK;
    (void)state;
    (void)sync_count(&admin, "pushed");
    pump.answer_with = 503;
    pump.exchanges = 0;
    options.store = admin.store;
    client_ok(&admin, mirsal_session_open(&session, &options, &admin.err));
    while (code == MIRSAL_OK && mirsal_session_need(session) != MIRSAL_NEED_DONE) {
        code = relay_pump_exchange(&pump, session, &admin.err);
        assert_true(pump.exchanges < 20);
    }
    assert_int_equal(code, MIRSAL_NO_RELAY);
    mirsal_session_close(session);
}

static void a_wrong_token_is_refused(void **state)
{
    mirsal_session_options options = MIRSAL_SESSION_OPTIONS_INIT;
    mirsal_session *session = NULL;
    mirsal_code code = MIRSAL_OK;
    (void)state;
    pump.keys->token[0] ^= 1;
    options.store = admin.store;
    client_ok(&admin, mirsal_session_open(&session, &options, &admin.err));
    while (code == MIRSAL_OK && mirsal_session_need(session) != MIRSAL_NEED_DONE) {
        code = relay_pump_exchange(&pump, session, &admin.err);
    }
    assert_int_equal(code, MIRSAL_REFUSED);
    assert_int_equal(admin.err.code, MIRSAL_REFUSED);
    mirsal_session_close(session);
}

static void a_budget_stops_and_the_next_run_goes_on(void **state)
{
    unsigned runs = 0;
    int more = 1;
    (void)state;
    for (int i = 0; i < 20; i++) {
        char source_id[16];
        (void)snprintf(source_id, sizeof source_id, "a:%d", i);
        report(&admin, source_id);
    }
    while (more) {
        json_t *answer = relay_pump_sync(&pump, &admin, 4096);
        more = json_is_true(json_object_get(answer, "more"));
        assert_true(test_number(answer, "bytes_out") + test_number(answer, "bytes_in") <= 4096);
        json_decref(answer);
        assert_true(++runs < 30);
    }
    assert_true(runs > 1);
    assert_int_equal(sync_count(&admin, "pushed"), 0);
}

static void misuse_is_named(void **state)
{
    mirsal_session_options options = MIRSAL_SESSION_OPTIONS_INIT;
    mirsal_session *session = NULL;
    (void)state;
    options.store = admin.store;
    options.relay = "http://elsewhere.invalid";
    assert_int_equal(mirsal_session_open(&session, &options, &admin.err), MIRSAL_NOT_FOUND);
    options.relay = NULL;
    client_ok(&admin, mirsal_begin(admin.store, &admin.err));
    assert_int_equal(mirsal_session_open(&session, &options, &admin.err), MIRSAL_MISUSE);
    mirsal_rollback(admin.store);
    assert_null(session);
    mirsal_session_close(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_report_comes_from_a_monitor_to_the_admin),
        TEST(the_answer_has_the_keys_of_the_interface),
        TEST(the_key_is_fetched_once_and_when_it_turned),
        TEST(a_key_that_the_relay_forgot_is_asked_for_again),
        TEST(another_relays_key_is_not_authentic),
        TEST(broken_exchanges_are_repeated_until_they_get_through),
        TEST(a_relay_that_never_answers_ends_the_run),
        TEST(a_wrong_token_is_refused),
        TEST(a_budget_stops_and_the_next_run_goes_on),
        TEST(misuse_is_named),
    };
    return cmocka_run_group_tests_name("relay_session", tests, NULL, NULL);
}
