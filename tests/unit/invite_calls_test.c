/* SPDX-License-Identifier: Apache-2.0 */
/* unit/invite_calls_test.c - invites made, listed and revoked. */
#include "client_fixture.h"

#include <string.h>

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

static json_t *make(const mirsal_invite_options *terms)
{
    mirsal_text answer = { 0 };
    client_ok(&admin, mirsal_invite_create(&answer, admin.store, terms, &admin.err));
    return client_json(&answer);
}

static json_t *list(void)
{
    mirsal_text answer = { 0 };
    client_ok(&admin, mirsal_invite_list(&answer, admin.store, &admin.err));
    return client_json(&answer);
}

static void an_invite_says_what_it_grants(void **state)
{
    mirsal_invite_options terms = MIRSAL_INVITE_OPTIONS_INIT;
    (void)state;
    terms.role = "coordinator";
    json_t *made = make(&terms);
    assert_memory_equal(test_text(made, "invite"), "mirsal1", 7);
    assert_string_equal(test_text(made, "role"), "coordinator");
    assert_int_equal(test_number(made, "uses"), 1);
    assert_string_equal(test_text(made, "expires"), "2023-11-21T22:13:20Z");
    json_decref(made);
}

static void invites_are_listed_with_their_terms(void **state)
{
    mirsal_invite_options terms = MIRSAL_INVITE_OPTIONS_INIT;
    (void)state;
    json_t *none = list();
    assert_int_equal(json_array_size(test_array(none, "invites")), 0);
    json_decref(none);
    terms.role = "monitor";
    terms.label = "المراقب \"A\"";
    terms.uses = 3;
    terms.protected_ = 1;
    json_t *made = make(&terms);
    json_t *listed = list();
    const json_t *invite = json_array_get(test_array(listed, "invites"), 0);
    assert_string_equal(test_text(invite, "invite"), test_text(made, "id"));
    assert_string_equal(test_text(invite, "label"), terms.label);
    assert_int_equal(test_number(invite, "uses"), 3);
    assert_int_equal(test_number(invite, "remaining"), 3);
    assert_true(json_is_true(json_object_get(invite, "protected")));
    assert_true(json_is_false(json_object_get(invite, "in_person")));
    assert_true(json_is_false(json_object_get(invite, "revoked")));
    json_decref(listed);
    json_decref(made);
}

static void a_revoked_invite_is_shown_as_such(void **state)
{
    mirsal_invite_options terms = MIRSAL_INVITE_OPTIONS_INIT;
    mirsal_text answer = { 0 };
    char prefix[9] = { 0 };
    (void)state;
    terms.role = "observer";
    json_t *made = make(&terms);
    memcpy(prefix, test_text(made, "id"), 8);
    client_ok(&admin, mirsal_invite_revoke(&answer, admin.store, prefix, &admin.err));
    mirsal_text_free(&answer);
    json_t *listed = list();
    const json_t *invite = json_array_get(test_array(listed, "invites"), 0);
    assert_true(json_is_true(json_object_get(invite, "revoked")));
    assert_int_equal(
        mirsal_invite_revoke(&answer, admin.store, "000000", &admin.err), MIRSAL_NOT_FOUND);
    json_decref(listed);
    json_decref(made);
}

static void only_some_roles_are_given_and_only_by_admins(void **state)
{
    mirsal_invite_options terms = MIRSAL_INVITE_OPTIONS_INIT;
    mirsal_text answer = { 0 };
    struct client monitor;
    (void)state;
    terms.role = "admin";
    assert_int_equal(
        mirsal_invite_create(&answer, admin.store, &terms, &admin.err), MIRSAL_BAD_VALUE);
    assert_string_equal(admin.err.field, "role");
    terms.role = NULL;
    assert_int_equal(
        mirsal_invite_create(&answer, admin.store, &terms, &admin.err), MIRSAL_BAD_VALUE);
    client_join(&monitor, &admin, "monitor", 2);
    terms.role = "monitor";
    assert_int_equal(
        mirsal_invite_create(&answer, monitor.store, &terms, &monitor.err), MIRSAL_NOT_ALLOWED);
    assert_null(answer.data);
    client_fini(&monitor);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(an_invite_says_what_it_grants),
        TEST(invites_are_listed_with_their_terms),
        TEST(a_revoked_invite_is_shown_as_such),
        TEST(only_some_roles_are_given_and_only_by_admins),
    };
    return cmocka_run_group_tests_name("invite_calls", tests, NULL, NULL);
}
