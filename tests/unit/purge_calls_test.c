/* SPDX-License-Identifier: Apache-2.0 */
/* unit/purge_calls_test.c - purge, approve, lift and list through the public interface. */
#include "client_fixture.h"

#include <mirsal/purge.h>
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

static void an_order_is_named_by_a_prefix(void **state)
{
    (void)state;
    mirsal_text answer = { 0 };
    char prefix[9] = "";
    const char *const id = "@S1";
    (void)client_incident(&admin, "S1", "saffron");
    client_ok(&admin, mirsal_purge(&answer, admin.store, id, "in danger", NULL, &admin.err));
    json_t *said = client_json(&answer);
    assert_string_equal(test_text(said, "state"), "hidden");
    memcpy(prefix, test_text(said, "purge"), 8);
    const json_t *record = json_array_get(test_array(said, "records"), 0);
    assert_int_equal(
        mirsal_purge(&answer, admin.store, test_text(record, "id"), NULL, NULL, &admin.err),
        MIRSAL_NOT_ALLOWED);
    json_decref(said);
    assert_int_equal(
        mirsal_purge(&answer, admin.store, id, NULL, NULL, &admin.err), MIRSAL_NOT_FOUND);
    assert_int_equal(
        mirsal_purge_approve(&answer, admin.store, prefix, NULL, &admin.err), MIRSAL_NOT_ALLOWED);
    assert_int_equal(
        mirsal_purge_approve(&answer, admin.store, "beef", NULL, &admin.err), MIRSAL_NOT_FOUND);
    client_ok(&admin, mirsal_purge_lift(&answer, admin.store, prefix, NULL, &admin.err));
    said = client_json(&answer);
    assert_string_equal(test_text(said, "state"), "lifted");
    json_decref(said);
    client_ok(&admin, mirsal_purge_list(&answer, admin.store, &admin.err));
    said = client_json(&answer);
    assert_int_equal(json_array_size(test_array(said, "purges")), 1);
    json_decref(said);
}

static void root_s_word_needs_its_key(void **state)
{
    (void)state;
    mirsal_root_source source = MIRSAL_ROOT_SOURCE_INIT;
    const char *path = "no such file";
    mirsal_text answer = { 0 };
    const char *const id = "@S1";
    (void)client_incident(&admin, "S1", "saffron");
    source.paths = &path;
    source.path_count = 1;
    source.passphrase = "x";
    source.passphrase_size = 1;
    assert_int_not_equal(
        mirsal_purge(&answer, admin.store, id, "in danger", &source, &admin.err), MIRSAL_OK);
    client_ok(&admin, mirsal_purge_list(&answer, admin.store, &admin.err));
    json_t *said = client_json(&answer);
    assert_int_equal(json_array_size(test_array(said, "purges")), 0);
    json_decref(said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_order_is_named_by_a_prefix, start, stop),
        cmocka_unit_test_setup_teardown(root_s_word_needs_its_key, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
