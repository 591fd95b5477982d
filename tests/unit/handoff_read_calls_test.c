/* SPDX-License-Identifier: Apache-2.0 */
/* unit/handoff_read_calls_test.c - handoff verify: with a store, with a key's file, and refused. */
#include "client_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct client office;
static struct client court;
static char path[160];
static char key_path[160];
static char html[160];

static int set_up(void **state)
{
    mirsal_text answer = { 0 };
    mirsal_handoff_options options = MIRSAL_HANDOFF_OPTIONS_INIT;
    const char *to[1];
    (void)state;
    client_found(&office, 1);
    client_found(&court, 2);
    (void)snprintf(path, sizeof path, "%s.handoff", office.folder);
    (void)snprintf(key_path, sizeof key_path, "%s.key", office.folder);
    (void)snprintf(html, sizeof html, "%s.html", office.folder);
    client_incident(&office, "s1", "MARKER");
    client_ok(
        &court, mirsal_org_key_write(&answer, court.store, key_path, "secret", 6, &court.err));
    json_t *made = client_json(&answer);
    to[0] = test_text(made, "org_key");
    options.path = path;
    options.to = to;
    options.to_count = 1;
    options.by_author = 1;
    client_ok(&office, mirsal_handoff_create(&answer, office.store, &options, &office.err));
    mirsal_text_free(&answer);
    json_decref(made);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)unlink(key_path);
    (void)unlink(html);
    client_fini(&court);
    client_fini(&office);
    return 0;
}

static mirsal_handoff_verify_options reading(void)
{
    mirsal_handoff_verify_options options = MIRSAL_HANDOFF_VERIFY_INIT;
    options.path = path;
    return options;
}

static void the_recipient_s_store_reads_it(void **state)
{
    (void)state;
    mirsal_text answer = { 0 };
    mirsal_handoff_verify_options options = reading();
    options.html = html;
    client_ok(&court, mirsal_handoff_verify(&answer, court.store, &options, &court.err));
    json_t *read = client_json(&answer);
    assert_true(json_is_true(json_object_get(read, "verified")));
    assert_false(json_is_true(json_object_get(read, "origin_known")));
    assert_int_equal(json_array_size(json_object_get(read, "records")), 1);
    assert_int_equal(access(html, F_OK), 0);
    options.from = test_text(read, "fingerprint");
    client_ok(&court, mirsal_handoff_verify(&answer, court.store, &options, &court.err));
    mirsal_text_free(&answer);
    options.from = test_text(read, "fingerprint_ar");
    client_ok(&court, mirsal_handoff_verify(&answer, court.store, &options, &court.err));
    mirsal_text_free(&answer);
    options.from = test_text(read, "origin_team");
    client_ok(&court, mirsal_handoff_verify(&answer, court.store, &options, &court.err));
    json_t *known = client_json(&answer);
    assert_true(json_is_true(json_object_get(known, "origin_known")));
    json_decref(known);
    /* Six digits are found by trying: they are the origin's, and tell nothing. */
    char prefix[8];
    (void)snprintf(prefix, sizeof prefix, "%.6s", test_text(read, "origin_team"));
    options.from = prefix;
    client_ok(&court, mirsal_handoff_verify(&answer, court.store, &options, &court.err));
    known = client_json(&answer);
    assert_false(json_is_true(json_object_get(known, "origin_known")));
    json_decref(known);
    json_decref(read);
}

static void a_key_is_enough(void **state)
{
    (void)state;
    mirsal_text answer = { 0 };
    mirsal_handoff_verify_options options = reading();
    options.org_key_path = key_path;
    options.passphrase = "secret";
    options.passphrase_size = 6;
    options.env = &court.test.env;
    client_ok(&court, mirsal_handoff_verify(&answer, NULL, &options, &court.err));
    mirsal_text_free(&answer);
    options.passphrase = "wrong!";
    assert_int_equal(
        mirsal_handoff_verify(&answer, NULL, &options, &court.err), MIRSAL_WRONG_PASSPHRASE);
}

static void refused(struct client *reader,
    const mirsal_handoff_verify_options *options,
    const char *reason)
{
    mirsal_text answer = { 0 };
    assert_int_equal(
        mirsal_handoff_verify(&answer, reader->store, options, &reader->err), MIRSAL_NOT_AUTHENTIC);
    assert_string_equal(reader->err.field, reason);
    assert_null(answer.data);
}

static void others_are_refused(void **state)
{
    (void)state;
    mirsal_text answer = { 0 };
    mirsal_handoff_verify_options options = reading();
    refused(&office, &options, "sealed");
    client_ok(&office, mirsal_org_key(&answer, office.store, &office.err));
    mirsal_text_free(&answer);
    refused(&office, &options, "sealed");
    options.from = "000000";
    refused(&court, &options, "from");
    options.from = "not six words";
    assert_int_equal(
        mirsal_handoff_verify(&answer, court.store, &options, &court.err), MIRSAL_USAGE);
}

static void a_file_that_was_cut_is_refused(void **state)
{
    (void)state;
    mirsal_handoff_verify_options options = reading();
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(truncate(path, size - 1), 0);
    refused(&court, &options, "truncated");
    assert_int_equal(truncate(path, 40), 0);
    refused(&court, &options, "truncated");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_recipient_s_store_reads_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_is_enough, set_up, tear_down),
        cmocka_unit_test_setup_teardown(others_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_was_cut_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
