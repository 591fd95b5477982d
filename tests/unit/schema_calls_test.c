/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/schema_calls_test.c - a team with a form of its own: made, joined with the file or without
 * it, shown and extended.
 */
#include "client_fixture.h"

#include <stdlib.h>
#include <string.h>

static const char own[] =
    "{\"extends\":1,\"types\":[{\"name\":\"incident\",\"fields\":[{\"name\":\"shelter\","
    "\"kind\":\"text\",\"policy\":\"review\",\"sensitivity\":1,\"en\":\"Shelter\","
    "\"ar\":\"ملجأ\"}]}]}";
static const char more[] =
    "{\"extends\":2,\"types\":[{\"name\":\"clinic\",\"en\":\"Clinic\",\"ar\":\"عيادة\"}]}";

static struct client admin;
static struct client phone;

static int start(void **state)
{
    (void)state;
    mirsal_text answer = { 0 };
    client_init(&admin, 1);
    client_init(&phone, 2);
    mirsal_store_options options = client_options(&admin);
    mirsal_team_options team = MIRSAL_TEAM_OPTIONS_INIT;
    team.name = "Shelters";
    team.recovery_path = admin.recovery;
    team.recovery_passphrase = "r";
    team.recovery_passphrase_size = 1;
    team.schema = own;
    team.schema_size = sizeof own - 1;
    client_ok(&admin, mirsal_team_create(&admin.store, &answer, &options, &team, &admin.err));
    mirsal_text_free(&answer);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    client_fini(&phone);
    client_fini(&admin);
    return 0;
}

static mirsal_code join(const void *schema, size_t size)
{
    mirsal_text answer = { 0 };
    mirsal_invite_options terms = MIRSAL_INVITE_OPTIONS_INIT;
    mirsal_join_options how = MIRSAL_JOIN_OPTIONS_INIT;
    mirsal_store_options options = client_options(&phone);
    terms.role = "coordinator";
    terms.in_person = 1;
    client_ok(&admin, mirsal_invite_create(&answer, admin.store, &terms, &admin.err));
    json_t *invite = client_json(&answer);
    how.invite = test_text(invite, "invite");
    how.schema = schema;
    how.schema_size = size;
    mirsal_code rc = mirsal_join(&phone.store, &answer, &options, &how, &phone.err);
    mirsal_text_free(&answer);
    json_decref(invite);
    return rc;
}

static mirsal_code add(struct client *client, const char *json)
{
    mirsal_id id;
    mirsal_code rc = mirsal_begin(client->store, &client->err);
    if (rc == MIRSAL_OK) {
        rc = mirsal_insert(&id, client->store, json, strlen(json), &client->err);
    }
    if (rc == MIRSAL_OK) {
        return mirsal_commit(NULL, client->store, &client->err);
    }
    mirsal_rollback(client->store);
    return rc;
}

static void with_its_file_a_device_records_at_once(void **state)
{
    (void)state;
    client_ok(&phone, join(own, sizeof own - 1));
    client_ok(&phone, add(&phone, "{\"type\":\"incident\",\"shelter\":\"cave\"}"));
    client_ok(&admin, add(&admin, "{\"type\":\"incident\",\"shelter\":\"cellar\"}"));
}

static void without_it_a_device_waits_for_the_form(void **state)
{
    (void)state;
    mirsal_text answer = { 0 };
    client_ok(&phone, join(NULL, 0));
    assert_int_equal(add(&phone, "{\"type\":\"incident\",\"title\":\"x\"}"), MIRSAL_VERSION);
    assert_int_equal(mirsal_schema_show(&answer, phone.store, &phone.err), MIRSAL_VERSION);
    client_reopen(&phone);
    assert_int_equal(add(&phone, "{\"type\":\"incident\",\"title\":\"x\"}"), MIRSAL_VERSION);
}

static void another_file_is_not_authentic(void **state)
{
    (void)state;
    assert_int_equal(join("{\"extends\":1}", 13), MIRSAL_NOT_AUTHENTIC);
    assert_null(phone.store);
    assert_int_equal(join("{\"extends\":8}", 13), MIRSAL_BAD_VALUE);
}

static void an_admin_extends_what_is_shown(void **state)
{
    (void)state;
    mirsal_text answer = { 0 };
    client_ok(&admin,
        mirsal_schema_extend(&answer, admin.store, more, sizeof more - 1, NULL, &admin.err));
    json_t *extended = client_json(&answer);
    assert_int_equal(test_number(extended, "schema_version"), 3);
    assert_int_equal(test_number(extended, "types"), 17);
    json_decref(extended);
    client_ok(&admin, add(&admin, "{\"type\":\"clinic\",\"source_id\":\"c1\"}"));
    mirsal_text shown = { 0 };
    client_ok(&admin, mirsal_schema_show(&shown, admin.store, &admin.err));
    client_ok(&admin,
        mirsal_schema_extend(&answer, admin.store, shown.data, shown.size, NULL, &admin.err));
    mirsal_text_free(&shown);
    json_t *again = client_json(&answer);
    assert_int_equal(test_number(again, "schema_version"), 3);
    json_decref(again);
    assert_int_equal(
        mirsal_schema_extend(&answer, admin.store, own, sizeof own - 1, NULL, &admin.err),
        MIRSAL_BAD_VALUE);
    assert_string_equal(admin.err.field, "extends");
}

static void root_may_loosen(void **state)
{
    (void)state;
    static const char looser[] =
        "{\"extends\":2,\"types\":[{\"name\":\"incident\",\"fields\":[{\"name\":\"shelter\","
        "\"policy\":\"latest\"}]}]}";
    mirsal_text answer = { 0 };
    const char *const paths[] = { admin.recovery };
    mirsal_root_source root = MIRSAL_ROOT_SOURCE_INIT;
    root.paths = paths;
    root.path_count = 1;
    root.passphrase = "r";
    root.passphrase_size = 1;
    assert_int_equal(
        mirsal_schema_extend(&answer, admin.store, looser, sizeof looser - 1, NULL, &admin.err),
        MIRSAL_BAD_VALUE);
    assert_string_equal(admin.err.field, "shelter");
    client_ok(&admin,
        mirsal_schema_extend(&answer, admin.store, looser, sizeof looser - 1, &root, &admin.err));
    json_t *extended = client_json(&answer);
    assert_int_equal(test_number(extended, "schema_version"), 3);
    json_decref(extended);
    client_reopen(&admin);
    client_ok(&admin, mirsal_schema_show(&answer, admin.store, &admin.err));
    json_t *shown = client_json(&answer);
    assert_int_equal(test_number(shown, "version"), 3);
    json_decref(shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(with_its_file_a_device_records_at_once, start, stop),
        cmocka_unit_test_setup_teardown(without_it_a_device_waits_for_the_form, start, stop),
        cmocka_unit_test_setup_teardown(another_file_is_not_authentic, start, stop),
        cmocka_unit_test_setup_teardown(an_admin_extends_what_is_shown, start, stop),
        cmocka_unit_test_setup_teardown(root_may_loosen, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
