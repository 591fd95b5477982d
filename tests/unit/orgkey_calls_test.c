/* SPDX-License-Identifier: Apache-2.0 */
/* unit/orgkey_calls_test.c - the organisation's key is shown, written, taken. */
#include "client_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct client office;
static char path[160];

static int set_up(void **state)
{
    (void)state;
    client_found(&office, 1);
    (void)snprintf(path, sizeof path, "%s.key", office.folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    client_fini(&office);
    return 0;
}

static void it_stays_the_same(void **state)
{
    (void)state;
    mirsal_text answer = { 0 };
    client_ok(&office, mirsal_org_key(&answer, office.store, &office.err));
    json_t *first = client_json(&answer);
    client_ok(&office, mirsal_org_key(&answer, office.store, &office.err));
    json_t *again = client_json(&answer);
    assert_int_equal(strncmp(test_text(first, "org_key"), "mirsalorg1", 10), 0);
    assert_true(json_equal(first, again));
    assert_int_equal(strlen(test_text(first, "team_id")), 64);
    json_decref(first);
    json_decref(again);
}

static void its_file_needs_the_passphrase(void **state)
{
    (void)state;
    mirsal_text answer = { 0 };
    assert_int_equal(
        mirsal_org_key_write(&answer, office.store, path, NULL, 0, &office.err), MIRSAL_USAGE);
    client_ok(&office, mirsal_org_key_write(&answer, office.store, path, "secret", 6, &office.err));
    json_t *made = client_json(&answer);
    assert_int_equal(mirsal_org_key_write(&answer, office.store, path, "secret", 6, &office.err),
        MIRSAL_STORE_EXISTS);
    assert_int_equal(mirsal_org_key_take(&answer, office.store, path, "Secret", 6, &office.err),
        MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(
        mirsal_org_key_take(&answer, office.store, office.recovery, "secret", 6, &office.err),
        MIRSAL_NOT_AUTHENTIC);
    client_ok(&office, mirsal_org_key_take(&answer, office.store, path, "secret", 6, &office.err));
    json_t *taken = client_json(&answer);
    assert_true(json_equal(made, taken));
    json_decref(made);
    json_decref(taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_stays_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(its_file_needs_the_passphrase, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
