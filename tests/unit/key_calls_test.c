/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/key_calls_test.c - passphrases and wiping through the public interface.
 */
#include "client_fixture.h"

#include <mirsal/secrecy.h>
#include <string.h>

static struct client admin;

static void expect(mirsal_text *answer, const char *json)
{
    assert_string_equal(answer->data, json);
    mirsal_text_free(answer);
}

static mirsal_code opens(const char *passphrase)
{
    mirsal_store *store = NULL;
    mirsal_store_options options = client_options(&admin);
    options.insecure_no_passphrase = 0;
    options.passphrase = passphrase;
    options.passphrase_size = strlen(passphrase);
    mirsal_code rc = mirsal_open(&store, &options, &admin.err);
    mirsal_close(store);
    return rc;
}

static void passphrases_are_set_and_tell_so(void **state)
{
    mirsal_text answer = { 0 };
    mirsal_duress_options duress = MIRSAL_DURESS_OPTIONS_INIT;
    char long_name[122];
    (void)state;
    client_found(&admin, 1);
    duress.passphrase = "duress";
    duress.passphrase_size = 6;
    assert_int_equal(
        mirsal_passphrase_duress(&answer, admin.store, &duress, &admin.err), MIRSAL_USAGE);
    client_ok(&admin, mirsal_passphrase_change(&answer, admin.store, "first", 5, 1, &admin.err));
    expect(&answer, "{\"changed\":true}");
    memset(long_name, 'n', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    duress.name = long_name;
    assert_int_equal(
        mirsal_passphrase_duress(&answer, admin.store, &duress, &admin.err), MIRSAL_TOO_LARGE);
    assert_string_equal(admin.err.field, "name");
    duress.name = NULL;
    client_ok(&admin, mirsal_passphrase_duress(&answer, admin.store, &duress, &admin.err));
    expect(&answer, "{\"duress\":true}");
    client_ok(&admin, mirsal_passphrase_limit(&answer, admin.store, 7, &admin.err));
    expect(&answer, "{\"limit\":7}");
    assert_int_equal(
        mirsal_passphrase_limit(&answer, admin.store, 1001, &admin.err), MIRSAL_OUT_OF_RANGE);
    duress.remove = 1;
    client_ok(&admin, mirsal_passphrase_duress(&answer, admin.store, &duress, &admin.err));
    expect(&answer, "{\"duress\":false}");
    assert_int_equal(opens("duress"), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(opens(""), MIRSAL_USAGE);
    assert_int_equal(opens("first"), MIRSAL_OK);
    client_fini(&admin);
}

static void nothing_is_changed_within_a_transaction(void **state)
{
    mirsal_text answer = { 0 };
    (void)state;
    client_found(&admin, 1);
    client_ok(&admin, mirsal_begin(admin.store, &admin.err));
    assert_int_equal(
        mirsal_passphrase_change(&answer, admin.store, "first", 5, 1, &admin.err), MIRSAL_MISUSE);
    mirsal_rollback(admin.store);
    client_fini(&admin);
}

static void a_wiped_store_is_gone(void **state)
{
    mirsal_text answer = { 0 };
    (void)state;
    client_found(&admin, 1);
    mirsal_store_options options = client_options(&admin);
    client_ok(&admin, mirsal_wipe(&answer, &options, &admin.err));
    expect(&answer, "{\"wiped\":true}");
    assert_int_equal(mirsal_status(&answer, admin.store, &admin.err), MIRSAL_WIPED);
    assert_int_equal(mirsal_begin(admin.store, &admin.err), MIRSAL_WIPED);
    assert_int_equal(opens(""), MIRSAL_NO_STORE);
    assert_int_equal(mirsal_wipe(&answer, &options, &admin.err), MIRSAL_NO_STORE);
    client_fini(&admin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passphrases_are_set_and_tell_so),
        cmocka_unit_test(nothing_is_changed_within_a_transaction),
        cmocka_unit_test(a_wiped_store_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
