/* SPDX-License-Identifier: Apache-2.0 */
/* unit/epoch_calls_test.c - epochs and compartments through the public interface. */
#include "client_fixture.h"

#include <stdio.h>
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

static void an_epoch_is_turned_and_shown(void **state)
{
    (void)state;
    mirsal_text answer = { 0 };
    client_ok(&admin, mirsal_epoch_rotate(&answer, admin.store, NULL, 1, &admin.err));
    json_t *made = client_json(&answer);
    assert_int_equal(test_number(made, "compartment"), 0);
    assert_int_equal(test_number(made, "epoch"), 2);
    json_decref(made);
    client_ok(&admin, mirsal_epoch_rotate(&answer, admin.store, "protected", 0, &admin.err));
    mirsal_text_free(&answer);
    client_ok(&admin, mirsal_team_show(&answer, admin.store, &admin.err));
    json_t *team = client_json(&answer);
    const json_t *epochs = test_array(team, "epochs");
    assert_int_equal(json_array_size(epochs), 4);
    assert_true(json_is_true(json_object_get(json_array_get(epochs, 1), "history")));
    assert_true(json_is_false(json_object_get(json_array_get(epochs, 3), "history")));
    json_decref(team);
    assert_int_equal(
        mirsal_epoch_rotate(&answer, admin.store, "nowhere", 1, &admin.err), MIRSAL_BAD_VALUE);
    assert_string_equal(admin.err.field, "compartment");
}

static void a_compartment_is_made_and_granted(void **state)
{
    (void)state;
    mirsal_text answer = { 0 };
    char device[65];
    client_ok(&admin, mirsal_device_list(&answer, admin.store, &admin.err));
    json_t *listed = client_json(&answer);
    const json_t *founder = json_array_get(test_array(listed, "devices"), 0);
    (void)snprintf(device, sizeof device, "%s", test_text(founder, "device_id"));
    json_decref(listed);
    client_ok(&admin, mirsal_compartment_add(&answer, admin.store, "Idlib", &admin.err));
    json_t *made = client_json(&answer);
    assert_string_equal(test_text(made, "name"), "Idlib");
    json_decref(made);
    client_ok(&admin, mirsal_team_show(&answer, admin.store, &admin.err));
    json_t *team = client_json(&answer);
    const json_t *last = json_array_get(test_array(team, "compartments"), 2);
    assert_string_equal(test_text(last, "name"), "Idlib");
    assert_int_equal(test_number(last, "epoch"), 1);
    assert_string_equal(json_string_value(json_array_get(test_array(last, "granted"), 0)), device);
    json_decref(team);
    client_ok(
        &admin, mirsal_compartment_grant(&answer, admin.store, "Idlib", device, 0, &admin.err));
    json_t *taken = client_json(&answer);
    assert_true(json_is_false(json_object_get(taken, "readable")));
    json_decref(taken);
    assert_int_equal(mirsal_compartment_grant(&answer, admin.store, "main", device, 1, &admin.err),
        MIRSAL_BAD_VALUE);
    assert_int_equal(
        mirsal_compartment_add(&answer, admin.store, "Idlib", &admin.err), MIRSAL_BAD_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_epoch_is_turned_and_shown, start, stop),
        cmocka_unit_test_setup_teardown(a_compartment_is_made_and_granted, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
