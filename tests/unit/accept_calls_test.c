/* SPDX-License-Identifier: Apache-2.0 */
/* unit/accept_calls_test.c - accept, receipt and list through the public interface. */
#include "client_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void handed_accepted_and_signed_for(void **state)
{
    (void)state;
    struct client nur;
    struct client court;
    mirsal_text answer = { 0 };
    char path[160];
    char receipt[176];
    uint64_t review = 9;
    client_found(&nur, 1);
    client_found(&court, 2);
    client_incident(&nur, "s1", "one");
    (void)snprintf(path, sizeof path, "%s.handoff", nur.folder);
    (void)snprintf(receipt, sizeof receipt, "%s.receipt", path);
    client_ok(&court, mirsal_org_key(&answer, court.store, &court.err));
    json_t *key = client_json(&answer);
    const char *to[] = { test_text(key, "org_key") };
    mirsal_handoff_options options = MIRSAL_HANDOFF_OPTIONS_INIT;
    options.path = path;
    options.to = to;
    options.to_count = 1;
    options.where = "1";
    client_ok(&nur, mirsal_handoff_create(&answer, nur.store, &options, &nur.err));
    json_decref(client_json(&answer));
    json_decref(key);

    mirsal_handoff_verify_options how = MIRSAL_HANDOFF_VERIFY_INIT;
    how.path = path;
    client_ok(
        &court, mirsal_handoff_accept(&answer, &review, court.store, &how, receipt, &court.err));
    json_t *taken = client_json(&answer);
    assert_int_equal(test_number(taken, "records"), 1);
    assert_int_equal(review, 0);
    json_decref(taken);
    client_ok(&nur, mirsal_handoff_receipt(&answer, nur.store, receipt, &nur.err));
    json_t *kept = client_json(&answer);
    assert_int_equal(test_number(kept, "accepted"), 1);
    json_decref(kept);
    assert_int_equal(
        mirsal_handoff_receipt(&answer, court.store, receipt, &court.err), MIRSAL_NOT_AUTHENTIC);
    struct client_lines lines;
    client_lines_init(&lines);
    client_ok(&nur, mirsal_handoff_list(nur.store, NULL, client_take_line, &lines, &nur.err));
    assert_int_equal(json_array_size(lines.values), 1);
    client_lines_fini(&lines);
    (void)unlink(path);
    (void)unlink(receipt);
    client_fini(&court);
    client_fini(&nur);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handed_accepted_and_signed_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
