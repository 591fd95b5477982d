/* SPDX-License-Identifier: Apache-2.0 */
/* unit/transfer_calls_test.c - lines imported and exported. */
#include "client_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

struct source {
    const char *text;
    size_t at;
    int broken; /* errno at the end */
    uint64_t lines;
};

static int give(void *context, void *buffer, size_t capacity, size_t *size)
{
    struct source *source = context;
    size_t left = strlen(source->text) - source->at;
    *size = left < 7 ? left : 7;
    *size = *size < capacity ? *size : capacity;
    memcpy(buffer, source->text + source->at, *size);
    source->at += *size;
    return *size == 0 ? source->broken : 0;
}

static void count_lines(void *context, uint64_t lines)
{
    struct source *source = context;
    source->lines = lines;
}

static const char input[] =
    "{\"type\":\"incident\",\"source_id\":\"a:1\",\"title\":\"one\"}\n"
    "{\"type\":\"incident\",\"source_id\":\"a:2\",\"lat\":99,\"lon\":1}\n"
    "{\"type\":\"incident\",\"source_id\":\"a:3\",\"title\":\"three\",\"children\":["
    "{\"type\":\"casualty\",\"source_id\":\"a:4\",\"outcome\":\"killed\",\"min\":1,\"max\":1,"
    "\"quality\":\"exact\"}]}\n";

static json_t *import(int dry_run, uint64_t *rejected)
{
    struct source source = { .text = input };
    mirsal_import_options options = MIRSAL_IMPORT_OPTIONS_INIT;
    mirsal_text answer = { 0 };
    options.dry_run = dry_run;
    options.progress = count_lines;
    options.progress_context = &source;
    client_ok(
        &admin, mirsal_import(&answer, rejected, admin.store, give, &source, &options, &admin.err));
    return client_json(&answer);
}

static void good_lines_are_kept_and_bad_ones_counted(void **state)
{
    uint64_t rejected = 0;
    (void)state;
    json_t *dry = import(1, &rejected);
    assert_int_equal(rejected, 1);
    json_decref(dry);
    json_t *first = import(0, &rejected);
    assert_int_equal(rejected, 1);
    assert_int_equal(test_number(first, "rows"), 3);
    assert_int_equal(test_number(first, "added"), 2);
    assert_int_equal(test_number(first, "rejected_total"), 1);
    json_decref(first);
    json_t *again = import(0, NULL);
    assert_int_equal(test_number(again, "added"), 0);
    assert_int_equal(test_number(again, "unchanged"), 2);
    json_decref(again);
}

static void an_input_that_breaks_off_is_an_io_error(void **state)
{
    struct source source = { .text = input, .broken = EIO };
    mirsal_import_options options = MIRSAL_IMPORT_OPTIONS_INIT;
    mirsal_text answer = { 0 };
    (void)state;
    assert_int_equal(
        mirsal_import(&answer, NULL, admin.store, give, &source, &options, &admin.err), MIRSAL_IO);
    assert_int_equal(admin.err.detail, EIO);
    client_ok(&admin, mirsal_begin(admin.store, &admin.err));
    assert_int_equal(mirsal_import(&answer, NULL, admin.store, give, &source, &options, &admin.err),
        MIRSAL_MISUSE);
    mirsal_rollback(admin.store);
}

static void an_export_is_a_folder_with_its_manifest(void **state)
{
    char folder[128];
    char path[160];
    mirsal_text answer = { 0 };
    (void)state;
    json_decref(import(0, NULL));
    (void)snprintf(folder, sizeof folder, "%s/out", admin.folder);
    client_ok(&admin, mirsal_export(&answer, admin.store, folder, NULL, &admin.err));
    json_t *made = client_json(&answer);
    assert_true(json_object_get(made, "rows") != NULL);
    json_decref(made);
    (void)snprintf(path, sizeof path, "%s/manifest.json", folder);
    json_t *manifest = json_load_file(path, 0, NULL);
    assert_non_null(manifest);
    assert_int_equal(json_array_size(test_array(manifest, "sealed_compartments")), 0);
    assert_true(json_array_size(test_array(manifest, "files")) >= 2);
    json_decref(manifest);
    (void)snprintf(path, sizeof path, "%s/incident.jsonl", folder);
    assert_int_equal(access(path, R_OK), 0);
    assert_int_equal(
        mirsal_export(&answer, admin.store, folder, NULL, &admin.err), MIRSAL_STORE_EXISTS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(good_lines_are_kept_and_bad_ones_counted),
        TEST(an_input_that_breaks_off_is_an_io_error),
        TEST(an_export_is_a_folder_with_its_manifest),
    };
    return cmocka_run_group_tests_name("transfer_calls", tests, NULL, NULL);
}
