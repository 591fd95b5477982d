/* SPDX-License-Identifier: Apache-2.0 */
/* unit/recovery_calls_test.c - recovery through the public interface. */
#include "client_fixture.h"

#include <mirsal/recovery.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct client client;
static char shares[3][256];
static const char *paths[3];

static int set_up(void **state)
{
    (void)state;
    mirsal_text answer = { 0 };
    client_init(&client, 1);
    mirsal_store_options options = client_options(&client);
    mirsal_team_options team = MIRSAL_TEAM_OPTIONS_INIT;
    team.name = "Team";
    team.recovery_path = client.recovery;
    team.threshold = 2;
    team.shares = 3;
    client_ok(&client, mirsal_team_create(&client.store, &answer, &options, &team, &client.err));
    json_t *made = client_json(&answer);
    assert_int_equal(json_array_size(json_object_get(made, "files")), 3);
    json_decref(made);
    for (unsigned i = 0; i < 3; i++) {
        (void)snprintf(shares[i], sizeof shares[i], "%s.%u", client.recovery, i + 1);
        paths[i] = shares[i];
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        (void)unlink(shares[i]);
    }
    client_fini(&client);
    return 0;
}

static mirsal_root_source source_of(size_t count)
{
    mirsal_root_source source = MIRSAL_ROOT_SOURCE_INIT;
    source.paths = paths;
    source.path_count = count;
    return source;
}

static void a_drill_is_noted_where_there_is_a_store(void **state)
{
    (void)state;
    const mirsal_root_source two = source_of(2);
    const mirsal_root_source one = source_of(1);
    const mirsal_root_source none = source_of(0);
    mirsal_text answer = { 0 };
    client_ok(&client, mirsal_team_drill(&answer, NULL, &two, &client.test.env, &client.err));
    json_t *alone = client_json(&answer);
    assert_int_equal(strlen(test_text(alone, "team_id")), 10);
    assert_true(json_is_null(json_object_get(alone, "drilled_at")));
    client_ok(&client, mirsal_team_drill(&answer, client.store, &two, NULL, &client.err));
    json_t *here = client_json(&answer);
    assert_memory_equal(test_text(here, "team_id"), test_text(alone, "team_id"), 10);
    client_ok(&client, mirsal_team_show(&answer, client.store, &client.err));
    json_t *team = client_json(&answer);
    assert_string_equal(
        test_text(json_object_get(team, "recovery"), "drilled_at"), test_text(here, "drilled_at"));
    json_decref(team);
    json_decref(here);
    json_decref(alone);
    assert_int_equal(
        mirsal_team_drill(&answer, client.store, &one, NULL, &client.err), MIRSAL_NOT_AUTHENTIC);
    assert_int_equal(
        mirsal_team_drill(&answer, client.store, &none, NULL, &client.err), MIRSAL_USAGE);
    assert_null(answer.data);
}

static void recover_needs_something_to_do(void **state)
{
    (void)state;
    const mirsal_root_source two = source_of(2);
    mirsal_recover_options options = MIRSAL_RECOVER_OPTIONS_INIT;
    mirsal_text answer = { 0 };
    char path[256];
    (void)snprintf(path, sizeof path, "%s.new", client.recovery);
    assert_int_equal(
        mirsal_recover(&answer, client.store, &two, &options, &client.err), MIRSAL_USAGE);
    options.recovery_path = path;
    assert_int_equal(
        mirsal_recover(&answer, client.store, &two, &options, &client.err), MIRSAL_USAGE);
    assert_string_equal(client.err.field, "new_recovery_passphrase");
    options.recovery_passphrase = "safe";
    options.recovery_passphrase_size = 4;
    options.kdf_ms = 1;
    options.admin = 1;
    client_ok(&client, mirsal_recover(&answer, client.store, &two, &options, &client.err));
    json_t *made = client_json(&answer);
    assert_string_equal(test_text(made, "role"), "admin");
    assert_int_equal(test_number(made, "shares"), 1);
    json_decref(made);
    assert_int_equal(unlink(path), 0);
}

static void a_role_has_a_name(void **state)
{
    (void)state;
    const mirsal_root_source two = source_of(2);
    mirsal_text answer = { 0 };
    client_ok(&client, mirsal_device_list(&answer, client.store, &client.err));
    json_t *list = client_json(&answer);
    const char *self = test_text(json_array_get(json_object_get(list, "devices"), 0), "device_id");
    assert_int_equal(
        mirsal_device_role(&answer, client.store, self, "king", NULL, &two, &client.err),
        MIRSAL_BAD_VALUE);
    assert_int_equal(
        mirsal_device_role(&answer, client.store, self, "monitor", NULL, NULL, &client.err),
        MIRSAL_NOT_ALLOWED);
    client_ok(&client,
        mirsal_device_role(&answer, client.store, self, "coordinator", NULL, &two, &client.err));
    json_t *shown = client_json(&answer);
    assert_string_equal(test_text(shown, "role"), "coordinator");
    json_decref(shown);
    json_decref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_drill_is_noted_where_there_is_a_store, set_up, tear_down),
        cmocka_unit_test_setup_teardown(recover_needs_something_to_do, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_role_has_a_name, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
