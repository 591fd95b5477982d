/* SPDX-License-Identifier: Apache-2.0 */
/* unit/member_calls_test.c - cut, adopt, freeze, unfreeze through the public interface. */
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

static mirsal_code cut(const char *device, const char *reason, const char *at)
{
    mirsal_cut_options options = MIRSAL_CUT_OPTIONS_INIT;
    mirsal_text answer = { 0 };
    options.reason = reason;
    options.at = &at;
    options.at_count = at != NULL;
    mirsal_code rc = mirsal_device_cut(&answer, admin.store, device, &options, &admin.err);
    mirsal_text_free(&answer);
    return rc;
}

static void what_is_written_wrongly_is_refused(void **state)
{
    (void)state;
    mirsal_text answer = { 0 };
    const char *const bad = "beef";
    client_ok(&admin, mirsal_device_list(&answer, admin.store, &admin.err));
    json_t *listed = client_json(&answer);
    const char *self = test_text(json_array_get(test_array(listed, "devices"), 0), "device_id");
    assert_int_equal(cut(self, "bored", NULL), MIRSAL_BAD_VALUE);
    assert_string_equal(admin.err.field, "reason");
    static const char *const places[] = { "main", "main:", ":1", "256:1", "main:-1", "x:1" };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        assert_int_equal(cut(self, "lost", places[i]), MIRSAL_BAD_VALUE);
        assert_string_equal(admin.err.field, "at");
        assert_non_null(strstr(admin.err.message, places[i]));
        int after = strncmp(places[i], "main:", 5) == 0;
        int before = !after && strchr(places[i], ':') != NULL;
        assert_int_equal(strstr(admin.err.message, "after the colon") != NULL, after);
        assert_int_equal(strstr(admin.err.message, "before the colon") != NULL, before);
    }
    client_ok(&admin, mirsal_compartment_add(&answer, admin.store, "north: villages", &admin.err));
    mirsal_text_free(&answer);
    assert_int_equal(cut(self, "lost", "north: villages:x"), MIRSAL_BAD_VALUE);
    assert_non_null(strstr(admin.err.message, "after the colon"));
    assert_int_equal(cut("ffffffffff", "lost", "main:0"), MIRSAL_NOT_FOUND);
    assert_int_equal(cut(self, "lost", "control:1"), MIRSAL_NOT_ALLOWED);
    assert_int_equal(
        mirsal_device_adopt(&answer, admin.store, self, &bad, 1, &admin.err), MIRSAL_NOT_FOUND);
    assert_int_equal(
        mirsal_device_adopt(&answer, admin.store, self, NULL, 0, &admin.err), MIRSAL_NOT_FOUND);
    json_decref(listed);
}

static void unfreeze_needs_roots_key(void **state)
{
    (void)state;
    mirsal_root_source source = MIRSAL_ROOT_SOURCE_INIT;
    const char *path = "no such file";
    mirsal_text answer = { 0 };
    source.paths = &path;
    source.path_count = 1;
    client_ok(&admin, mirsal_device_list(&answer, admin.store, &admin.err));
    json_t *listed = client_json(&answer);
    const char *self = test_text(json_array_get(test_array(listed, "devices"), 0), "device_id");
    source.passphrase = "x";
    source.passphrase_size = 1;
    assert_int_equal(
        mirsal_device_unfreeze(&answer, admin.store, self, &source, &admin.err), MIRSAL_NOT_FOUND);
    source.path_count = 0;
    assert_int_equal(
        mirsal_device_unfreeze(&answer, admin.store, self, &source, &admin.err), MIRSAL_USAGE);
    json_decref(listed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_wrongly_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(unfreeze_needs_roots_key, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
