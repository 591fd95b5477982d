/* SPDX-License-Identifier: Apache-2.0 */
/* unit/handoff_update_test.c - an update takes what is owed, and nothing is owed afterwards. */
#include "client_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct client nur;
static struct client court;
static char path[160];
static char receipt[176];
static char key[512];
static const char *to[] = { key };

static json_t *made(const mirsal_handoff_options *options)
{
    mirsal_text answer = { 0 };
    client_ok(&nur, mirsal_handoff_create(&answer, nur.store, options, &nur.err));
    return client_json(&answer);
}

static void set_up(void)
{
    mirsal_text answer = { 0 };
    uint64_t review = 0;
    client_found(&nur, 1);
    client_found(&court, 2);
    client_incident(&nur, "s1", "one");
    client_incident(&nur, "s2", "two, call 0944123456");
    (void)snprintf(path, sizeof path, "%s.handoff", nur.folder);
    (void)snprintf(receipt, sizeof receipt, "%s.receipt", path);
    client_ok(&court, mirsal_org_key(&answer, court.store, &court.err));
    json_t *org = client_json(&answer);
    (void)snprintf(key, sizeof key, "%s", test_text(org, "org_key"));
    json_decref(org);
    mirsal_handoff_options options = MIRSAL_HANDOFF_OPTIONS_INIT;
    options.path = path;
    options.to = to;
    options.to_count = 1;
    options.where = "1";
    json_decref(made(&options));
    mirsal_handoff_verify_options how = MIRSAL_HANDOFF_VERIFY_INIT;
    how.path = path;
    client_ok(
        &court, mirsal_handoff_accept(&answer, &review, court.store, &how, receipt, &court.err));
    json_decref(client_json(&answer));
}

static size_t owed(void)
{
    struct client_lines lines;
    size_t count = 0;
    client_lines_init(&lines);
    client_ok(&nur, mirsal_handoff_list(nur.store, NULL, client_take_line, &lines, &nur.err));
    for (size_t i = 0; i < json_array_size(lines.values); i++) {
        count += json_array_size(json_object_get(json_array_get(lines.values, i), "owed"));
    }
    client_lines_fini(&lines);
    return count;
}

static void only_what_is_owed_goes_along(void **state)
{
    (void)state;
    const char *change[] = { "title:en=one as corrected" };
    mirsal_id edited;
    mirsal_commit_result done;
    set_up();
    client_ok(&nur, mirsal_begin(nur.store, &nur.err));
    client_ok(&nur, mirsal_edit(&edited, NULL, nur.store, "@s1", change, 1, NULL, &nur.err));
    client_ok(&nur, mirsal_commit(&done, nur.store, &nur.err));
    assert_int_equal(owed(), 1);
    mirsal_handoff_options options = MIRSAL_HANDOFF_OPTIONS_INIT;
    options.path = path;
    options.update = receipt;
    (void)unlink(path);
    json_t *update = made(&options);
    assert_int_equal(test_number(update, "records"), 1);
    assert_int_equal(test_number(update, "retractions"), 1);
    assert_int_equal(test_number(update, "pointed_out_total"), 0);
    json_decref(update);
    assert_int_equal(owed(), 0);
    (void)unlink(path);
    (void)unlink(receipt);
    client_fini(&court);
    client_fini(&nur);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_owed_goes_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
