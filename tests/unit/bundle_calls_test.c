/* SPDX-License-Identifier: Apache-2.0 */
/* unit/bundle_calls_test.c - bundles through the public interface: answers, parts, frontiers. */
#include "client_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct client admin;
static struct client field;
static char path[160];
static char answer_path[160];

static int set_up(void **state)
{
    (void)state;
    client_found(&admin, 1);
    client_join(&field, &admin, "coordinator", 2);
    (void)snprintf(path, sizeof path, "%s/bundle", admin.folder);
    (void)snprintf(answer_path, sizeof answer_path, "%s/answer", admin.folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    client_fini(&field);
    client_fini(&admin);
    return 0;
}

static json_t *give(struct client *from, const char *to, const char *since)
{
    mirsal_text text = { 0 };
    mirsal_bundle_export_options options = MIRSAL_BUNDLE_EXPORT_OPTIONS_INIT;
    options.path = to;
    options.since = since;
    client_ok(from, mirsal_bundle_export(&text, from->store, &options, &from->err));
    return client_json(&text);
}

static json_t *take(struct client *to, const char *from, int *incomplete, const char *frontier)
{
    mirsal_text text = { 0 };
    mirsal_bundle_import_options options = MIRSAL_BUNDLE_IMPORT_OPTIONS_INIT;
    options.path = from;
    options.frontier = frontier;
    mirsal_bundle_result result = { 0 };
    client_ok(to, mirsal_bundle_import(&text, &result, to->store, &options, &to->err));
    *incomplete = result.incomplete;
    return client_json(&text);
}

static void both_ways_with_deltas(void **state)
{
    (void)state;
    int incomplete = 1;
    (void)client_incident(&field, "a:1", "one");
    json_t *given = give(&field, path, NULL);
    assert_int_equal(test_number(given, "parts"), 1);
    assert_int_equal(test_number(given, "media"), 0);
    json_decref(given);
    json_t *taken = take(&admin, path, &incomplete, answer_path);
    assert_false(incomplete);
    assert_true(test_number(taken, "changesets") > 0);
    assert_true(json_is_false(json_object_get(taken, "cut")));
    assert_int_equal(json_array_size(json_object_get(taken, "missing")), 0);
    assert_int_equal(test_number(taken, "projected"), 1);
    json_decref(taken);
    (void)client_incident(&field, "a:2", "two");
    given = give(&field, path, answer_path);
    assert_int_equal(test_number(given, "changesets"), 1);
    json_decref(given);
    taken = take(&admin, path, &incomplete, NULL);
    assert_int_equal(test_number(taken, "changesets"), 1);
    assert_int_equal(test_number(taken, "duplicates"), 0);
    json_decref(taken);
}

static void a_cut_is_told(void **state)
{
    (void)state;
    int incomplete = 0;
    json_decref(give(&field, path, NULL));
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    (void)fclose(file);
    assert_int_equal(truncate(path, size - 100), 0);
    json_t *taken = take(&admin, path, &incomplete, NULL);
    assert_true(incomplete);
    assert_true(json_is_true(json_object_get(taken, "cut")));
    json_decref(taken);
}

static void wrong_calls_are_refused(void **state)
{
    (void)state;
    mirsal_text text = { 0 };
    mirsal_bundle_export_options give_options = MIRSAL_BUNDLE_EXPORT_OPTIONS_INIT;
    mirsal_bundle_import_options take_options = MIRSAL_BUNDLE_IMPORT_OPTIONS_INIT;
    assert_int_equal(mirsal_bundle_export(&text, admin.store, &give_options, NULL), MIRSAL_MISUSE);
    assert_int_equal(
        mirsal_bundle_import(&text, NULL, admin.store, &take_options, NULL), MIRSAL_MISUSE);
    take_options.path = path;
    assert_int_equal(
        mirsal_bundle_import(&text, NULL, admin.store, &take_options, NULL), MIRSAL_NOT_FOUND);
    give_options.path = path;
    give_options.to = "ffffffffffff";
    assert_int_equal(
        mirsal_bundle_export(&text, admin.store, &give_options, NULL), MIRSAL_NOT_FOUND);
    give_options.to = NULL;
    give_options.split = 1000;
    assert_int_equal(
        mirsal_bundle_export(&text, admin.store, &give_options, NULL), MIRSAL_BAD_VALUE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_ways_with_deltas),
        TEST(a_cut_is_told),
        TEST(wrong_calls_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
