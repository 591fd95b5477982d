/* SPDX-License-Identifier: Apache-2.0 */
/* unit/founding_test.c - teams founded and joined through the public interface. */
#include "client_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static mirsal_team_options team_options(struct client *client)
{
    mirsal_team_options team = MIRSAL_TEAM_OPTIONS_INIT;
    team.name = "Team";
    team.recovery_path = client->recovery;
    team.recovery_passphrase = "safe";
    team.recovery_passphrase_size = 4;
    return team;
}

static void a_team_is_founded_and_nobody_has_drilled(void **state)
{
    struct client client;
    mirsal_text answer = { 0 };
    (void)state;
    client_init(&client, 1);
    mirsal_store_options options = client_options(&client);
    mirsal_team_options team = team_options(&client);
    options.insecure_no_passphrase = 0;
    options.passphrase = "passphrase";
    options.passphrase_size = 10;
    client_ok(&client, mirsal_team_create(&client.store, &answer, &options, &team, &client.err));
    json_t *made = client_json(&answer);
    assert_int_equal(strlen(test_text(made, "team_id")), 64);
    assert_int_equal(strlen(test_text(made, "device_id")), 64);
    assert_string_equal(test_text(made, "recovery"), client.recovery);
    assert_true(json_is_false(json_object_get(made, "drilled")));
    assert_int_equal(access(client.recovery, R_OK), 0);
    json_decref(made);
    mirsal_close(client.store);
    client.store = NULL;

    options.passphrase_size = 0;
    assert_int_equal(mirsal_open(&client.store, &options, &client.err), MIRSAL_USAGE);
    assert_string_equal(client.err.field, "passphrase");
    assert_null(client.store);
    options.passphrase = "Passphrase";
    options.passphrase_size = 10;
    assert_int_equal(mirsal_open(&client.store, &options, &client.err), MIRSAL_WRONG_PASSPHRASE);
    options.passphrase = "passphrase";
    client_ok(&client, mirsal_open(&client.store, &options, &client.err));
    mirsal_close(client.store);
    client.store = NULL;
    (void)unlink(client.recovery);
    assert_int_equal(mirsal_team_create(&client.store, &answer, &options, &team, &client.err),
        MIRSAL_STORE_EXISTS);
    client_fini(&client);
}

static void a_secret_that_nobody_gave_is_named(void **state)
{
    struct client client;
    mirsal_text answer = { 0 };
    (void)state;
    client_init(&client, 1);
    mirsal_store_options options = client_options(&client);
    mirsal_team_options team = team_options(&client);
    options.insecure_no_passphrase = 0;
    assert_int_equal(
        mirsal_team_create(&client.store, &answer, &options, &team, &client.err), MIRSAL_USAGE);
    assert_string_equal(client.err.field, "passphrase");
    options.insecure_no_passphrase = 1;
    team.recovery_passphrase_size = 0;
    assert_int_equal(
        mirsal_team_create(&client.store, &answer, &options, &team, &client.err), MIRSAL_USAGE);
    assert_string_equal(client.err.field, "recovery_passphrase");
    assert_int_equal(access(client.store_path, F_OK), -1);
    assert_int_equal(access(client.recovery, F_OK), -1);
    client_fini(&client);
}

static void invite(char *out, size_t size, struct client *admin, const char *role)
{
    mirsal_invite_options terms = MIRSAL_INVITE_OPTIONS_INIT;
    mirsal_text answer = { 0 };
    terms.role = role;
    terms.label = "phone";
    client_ok(admin, mirsal_invite_create(&answer, admin->store, &terms, &admin->err));
    json_t *made = client_json(&answer);
    (void)snprintf(out, size, "%s", test_text(made, "invite"));
    json_decref(made);
}

static void a_device_joins_without_a_network(void **state)
{
    struct client admin;
    struct client client;
    char text[8192];
    mirsal_text answer = { 0 };
    mirsal_join_options join = MIRSAL_JOIN_OPTIONS_INIT;
    (void)state;
    client_found(&admin, 1);
    invite(text, sizeof text, &admin, "monitor");
    client_init(&client, 2);
    mirsal_store_options options = client_options(&client);
    join.invite = text;
    client_ok(&client, mirsal_join(&client.store, &answer, &options, &join, &client.err));
    json_t *made = client_json(&answer);
    assert_string_equal(test_text(made, "role"), "monitor");
    assert_string_equal(test_text(made, "label"), "phone");
    assert_string_equal(test_text(made, "state"), "active");
    json_decref(made);
    client_fini(&client);
    client_fini(&admin);
}

static void a_monitor_without_a_passphrase_is_asked_twice(void **state)
{
    struct client admin;
    struct client client;
    char text[8192];
    mirsal_text answer = { 0 };
    mirsal_join_options join = MIRSAL_JOIN_OPTIONS_INIT;
    (void)state;
    client_found(&admin, 1);
    client_init(&client, 2);
    mirsal_store_options options = client_options(&client);
    options.force = 0;
    join.invite = text;
    invite(text, sizeof text, &admin, "monitor");
    assert_int_equal(
        mirsal_join(&client.store, &answer, &options, &join, &client.err), MIRSAL_USAGE);
    assert_string_equal(client.err.field, "passphrase");
    assert_int_equal(access(client.store_path, F_OK), -1);
    invite(text, sizeof text, &admin, "coordinator");
    client_ok(&client, mirsal_join(&client.store, &answer, &options, &join, &client.err));
    mirsal_text_free(&answer);
    client_fini(&client);
    client_fini(&admin);
}

static void what_is_no_invite_leaves_nothing(void **state)
{
    struct client admin;
    struct client client;
    char text[8192];
    mirsal_text answer = { 0 };
    mirsal_join_options join = MIRSAL_JOIN_OPTIONS_INIT;
    (void)state;
    client_found(&admin, 1);
    client_init(&client, 2);
    mirsal_store_options options = client_options(&client);
    join.invite = "mirsal1nothing";
    assert_int_equal(
        mirsal_join(&client.store, &answer, &options, &join, &client.err), MIRSAL_NOT_AUTHENTIC);
    invite(text, sizeof text, &admin, "coordinator");
    text[200] = text[200] == 'A' ? 'B' : 'A';
    join.invite = text;
    assert_int_not_equal(
        mirsal_join(&client.store, &answer, &options, &join, &client.err), MIRSAL_OK);
    assert_null(client.store);
    assert_null(answer.data);
    assert_int_equal(access(client.store_path, F_OK), -1);
    client_fini(&client);
    client_fini(&admin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_team_is_founded_and_nobody_has_drilled),
        cmocka_unit_test(a_secret_that_nobody_gave_is_named),
        cmocka_unit_test(a_device_joins_without_a_network),
        cmocka_unit_test(a_monitor_without_a_passphrase_is_asked_twice),
        cmocka_unit_test(what_is_no_invite_leaves_nothing),
    };
    return cmocka_run_group_tests_name("founding", tests, NULL, NULL);
}
