/* SPDX-License-Identifier: Apache-2.0 */
/* unit/handoff_calls_test.c - handoff create: its terms, its answer, what it leaves behind. */
#include "client_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct client office;
static char path[160];
static char key[512];
static const char *to[] = { key };

static int set_up(void **state)
{
    mirsal_text answer = { 0 };
    (void)state;
    client_found(&office, 1);
    (void)snprintf(path, sizeof path, "%s.handoff", office.folder);
    client_incident(&office, "s1", "one");
    client_ok(&office, mirsal_org_key(&answer, office.store, &office.err));
    json_t *made = client_json(&answer);
    (void)snprintf(key, sizeof key, "%s", test_text(made, "org_key"));
    json_decref(made);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    client_fini(&office);
    return 0;
}

static mirsal_handoff_options terms(void)
{
    mirsal_handoff_options options = MIRSAL_HANDOFF_OPTIONS_INIT;
    options.path = path;
    options.to = to;
    options.to_count = 1;
    options.where = "1";
    return options;
}

static mirsal_code refused(mirsal_handoff_options options)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = mirsal_handoff_create(&answer, office.store, &options, &office.err);
    assert_null(answer.data);
    assert_int_not_equal(access(path, F_OK), 0);
    return rc;
}

static void the_answer_counts(void **state)
{
    (void)state;
    mirsal_text answer = { 0 };
    mirsal_handoff_options options = terms();
    options.withhold = "title";
    options.until = "2099-01-01";
    client_ok(&office, mirsal_handoff_create(&answer, office.store, &options, &office.err));
    json_t *made = client_json(&answer);
    assert_int_equal(test_number(made, "records"), 1);
    assert_int_equal(test_number(made, "withheld"), 1);
    assert_true(json_is_true(json_object_get(made, "receipt_expected")));
    assert_string_equal(test_text(made, "mode"), "attested");
    assert_int_equal(strlen(test_text(made, "handoff")), 32);
    assert_int_equal(access(path, F_OK), 0);
    json_decref(made);
}

static void a_dry_run_writes_nothing(void **state)
{
    (void)state;
    mirsal_text answer = { 0 };
    mirsal_handoff_options options = terms();
    options.dry_run = 1;
    options.by_author = 1;
    options.path = NULL;
    client_ok(&office, mirsal_handoff_create(&answer, office.store, &options, &office.err));
    json_t *made = client_json(&answer);
    assert_int_equal(test_number(made, "records"), 1);
    assert_int_equal(test_number(made, "authors"), 1);
    assert_false(test_has(made, "handoff"));
    json_decref(made);
}

static void wrong_terms_are_refused(void **state)
{
    (void)state;
    const char *bad[] = { "mirsalorg1AAAA" };
    mirsal_handoff_options options = terms();
    options.to = bad;
    assert_int_equal(refused(options), MIRSAL_BAD_VALUE);
    assert_string_equal(office.err.field, "to");
    options = terms();
    options.to_count = 0;
    assert_int_equal(refused(options), MIRSAL_USAGE);
    options = terms();
    options.until = "2001-01-01";
    assert_int_equal(refused(options), MIRSAL_BAD_VALUE);
    options.until = "soon";
    assert_int_equal(refused(options), MIRSAL_BAD_VALUE);
    options = terms();
    options.release = "everybody";
    assert_int_equal(refused(options), MIRSAL_BAD_VALUE);
    options = terms();
    options.withhold = "nothing_of_this_name";
    assert_int_equal(refused(options), MIRSAL_UNKNOWN_FIELD);
    options = terms();
    options.where = "no_column = 1";
    assert_int_not_equal(refused(options), MIRSAL_OK);
    options = terms();
    options.purpose = "\xff";
    assert_int_equal(refused(options), MIRSAL_NOT_UTF8);
    options = terms();
    options.version = 9;
    assert_int_equal(refused(options), MIRSAL_MISUSE);
}

struct looking {
    uint64_t count;
    int answer;
};

/* Nothing is written yet. */
static int look(void *context, const char *pointed, size_t size, uint64_t count)
{
    struct looking *looking = context;
    json_t *list = json_loadb(pointed, size, 0, NULL);
    assert_int_equal(json_array_size(list), count);
    assert_string_equal(test_text(json_array_get(list, 0), "field"), "title");
    assert_string_equal(test_text(json_array_get(list, 0), "what"), "phone");
    assert_int_not_equal(access(path, F_OK), 0);
    looking->count += count;
    json_decref(list);
    return looking->answer;
}

static void a_person_looks_before_it_leaves(void **state)
{
    (void)state;
    mirsal_text answer = { 0 };
    struct looking looking = { 0, 1 };
    mirsal_handoff_options options = terms();
    options.look = look;
    options.look_context = &looking;
    client_ok(&office, mirsal_handoff_create(&answer, office.store, &options, &office.err));
    json_decref(client_json(&answer));
    assert_int_equal(looking.count, 0); /* there was nothing to look at */
    (void)unlink(path);
    client_incident(&office, "s2", "call 0944123456");
    assert_int_equal(refused(options), MIRSAL_USAGE);
    assert_int_equal(looking.count, 1);
    looking.answer = 0;
    client_ok(&office, mirsal_handoff_create(&answer, office.store, &options, &office.err));
    json_t *made = client_json(&answer);
    assert_int_equal(test_number(made, "pointed_out_total"), 1);
    assert_int_equal(json_array_size(json_object_get(made, "pointed_out")), 1);
    json_decref(made);
    assert_int_equal(access(path, F_OK), 0);
}

static void a_monitor_has_not_the_right(void **state)
{
    (void)state;
    struct client monitor;
    mirsal_text answer = { 0 };
    mirsal_handoff_options options = terms();
    client_join(&monitor, &office, "monitor", 2);
    assert_int_equal(
        mirsal_handoff_create(&answer, monitor.store, &options, &monitor.err), MIRSAL_NOT_ALLOWED);
    client_fini(&monitor);
    assert_int_not_equal(access(path, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_answer_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dry_run_writes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_terms_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_person_looks_before_it_leaves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_monitor_has_not_the_right, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
