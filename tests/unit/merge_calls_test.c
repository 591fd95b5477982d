/* SPDX-License-Identifier: Apache-2.0 */
/* unit/merge_calls_test.c - merge through the public interface. */
#include "client_fixture.h"

#include <string.h>

static void a_store_of_the_team_is_taken_in(void **state)
{
    (void)state;
    struct client office;
    struct client laptop;
    mirsal_text answer = { 0 };
    uint64_t review = 9;
    client_found(&office, 1);
    client_join(&laptop, &office, "coordinator", 2);
    client_incident(&laptop, "s1", "one");
    mirsal_merge_options options = MIRSAL_MERGE_OPTIONS_INIT;
    options.path = laptop.store_path;
    client_ok(&office, mirsal_merge(&answer, &review, office.store, &options, &office.err));
    json_t *merged = client_json(&answer);
    assert_int_equal(test_number(merged, "records"), 1);
    assert_true(test_number(merged, "changesets") >= 2);
    assert_int_equal(review, 0);
    assert_true(json_is_true(json_object_get(merged, "own_team")));
    json_decref(merged);
    options.path = "no-such-folder";
    assert_int_equal(
        mirsal_merge(&answer, NULL, office.store, &options, &office.err), MIRSAL_NO_STORE);
    options.path = NULL;
    assert_int_equal(
        mirsal_merge(&answer, NULL, office.store, &options, &office.err), MIRSAL_MISUSE);
    client_fini(&laptop);
    client_fini(&office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_of_the_team_is_taken_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
