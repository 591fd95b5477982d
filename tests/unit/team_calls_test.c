/* SPDX-License-Identifier: Apache-2.0 */
/* unit/team_calls_test.c - the team, its devices and its relays through the public interface. */
#include "client_fixture.h"

#include <stdio.h>
#include <string.h>

#define RELAY "http://relay.invalid:8440"
#define KEY   "AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static struct client admin;

static int start(void **state)
{
    (void)state;
    client_found(&admin, 1);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    client_fini(&admin);
    return 0;
}

static void the_team_and_its_founder_are_shown(void **state)
{
    mirsal_text answer = { 0 };
    (void)state;
    client_ok(&admin, mirsal_team_show(&answer, admin.store, &admin.err));
    json_t *team = client_json(&answer);
    assert_string_equal(test_text(team, "name"), "White Helmets");
    assert_int_equal(test_number(team, "devices"), 1);
    json_decref(team);
    client_ok(&admin, mirsal_device_list(&answer, admin.store, &admin.err));
    json_t *listed = client_json(&answer);
    const json_t *founder = json_array_get(test_array(listed, "devices"), 0);
    assert_string_equal(test_text(founder, "label"), "office");
    assert_true(strlen(test_text(founder, "words")) >= 6 * 4 + 5);
    assert_true(test_has(founder, "words_ar"));
    client_ok(&admin,
        mirsal_device_show(&answer, admin.store, test_text(founder, "device_id"), &admin.err));
    json_t *shown = client_json(&answer);
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)founder, key, value)
    {
        assert_true(json_equal(json_object_get(shown, key), value));
    }
    assert_int_equal(json_array_size(test_array(shown, "could_read")), 2);
    assert_int_equal(json_array_size(test_array(shown, "to_turn")), 2);
    const json_t *person = json_object_get(shown, "person");
    assert_int_equal(json_integer_value(json_object_get(person, "number")), 0);
    assert_true(json_is_null(json_object_get(person, "name")));
    json_decref(shown);
    json_decref(listed);
    assert_int_equal(
        mirsal_device_show(&answer, admin.store, "ffffffffff", &admin.err), MIRSAL_NOT_FOUND);
    assert_int_equal(
        mirsal_device_admit(&answer, admin.store, "ffffffffff", &admin.err), MIRSAL_NOT_FOUND);
    assert_int_equal(
        mirsal_device_verify(&answer, admin.store, "ffffffffff", &admin.err), MIRSAL_NOT_FOUND);
}

static void a_relay_is_added_without_a_network(void **state)
{
    mirsal_text answer = { 0 };
    (void)state;
    client_ok(
        &admin, mirsal_relay_add(&answer, admin.store, RELAY "/#" KEY, "a token", &admin.err));
    json_t *added = client_json(&answer);
    assert_string_equal(test_text(added, "relay"), RELAY);
    assert_memory_equal(test_text(added, "identity"), "01020300", 8);
    json_decref(added);
    client_reopen(&admin);
    client_ok(&admin, mirsal_relay_list(&answer, admin.store, &admin.err));
    json_t *listed = client_json(&answer);
    const json_t *relays = test_array(listed, "relays");
    assert_int_equal(json_array_size(relays), 1);
    assert_string_equal(test_text(json_array_get(relays, 0), "url"), RELAY);
    json_decref(listed);
}

static void what_is_no_relay_or_token_is_named(void **state)
{
    mirsal_text answer = { 0 };
    char token[200];
    (void)state;
    memset(token, 'x', sizeof token - 1);
    token[sizeof token - 1] = 0;
    assert_int_equal(
        mirsal_relay_add(&answer, admin.store, RELAY, "token", &admin.err), MIRSAL_BAD_VALUE);
    assert_string_equal(admin.err.field, "relay");
    assert_int_equal(
        mirsal_relay_add(&answer, admin.store, RELAY "#" KEY, token, &admin.err), MIRSAL_BAD_VALUE);
    assert_string_equal(admin.err.field, "token");
}

static void a_monitor_keeps_a_relay_for_itself(void **state)
{
    struct client monitor;
    mirsal_text answer = { 0 };
    (void)state;
    client_join(&monitor, &admin, "monitor", 2);
    client_ok(
        &monitor, mirsal_relay_add(&answer, monitor.store, RELAY "#" KEY, NULL, &monitor.err));
    mirsal_text_free(&answer);
    client_ok(&monitor, mirsal_status(&answer, monitor.store, &monitor.err));
    json_t *status = client_json(&answer);
    assert_int_equal(json_array_size(test_array(status, "relays")), 1);
    assert_int_equal(test_number(status, "changesets"), 3); /* genesis, invite, join */
    json_decref(status);
    client_fini(&monitor);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(the_team_and_its_founder_are_shown),
        TEST(a_relay_is_added_without_a_network),
        TEST(what_is_no_relay_or_token_is_named),
        TEST(a_monitor_keeps_a_relay_for_itself),
    };
    return cmocka_run_group_tests_name("team_calls", tests, NULL, NULL);
}
