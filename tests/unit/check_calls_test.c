/* SPDX-License-Identifier: Apache-2.0 */
/* unit/check_calls_test.c - status, verify and rebuild through the public interface. */
#include "client_fixture.h"
#include "handle.h"
#include "sql.h"

#include <stdio.h>
#include <string.h>

static struct client admin;

static int start(void **state)
{
    (void)state;
    client_found(&admin, 1);
    client_incident(&admin, "a:1", "one");
    client_incident(&admin, "a:2", "two");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    client_fini(&admin);
    return 0;
}

static json_t *status(void)
{
    mirsal_text answer = { 0 };
    client_ok(&admin, mirsal_status(&answer, admin.store, &admin.err));
    return client_json(&answer);
}

static void status_has_every_key_of_the_interface(void **state)
{
    static const char *const keys[] = { "team_id", "device_id", "label", "role", "state",
        "write_only", "drafts", "unsent", "unsent_bytes", "custody", "relays", "last_sync", "clock",
        "records", "changesets", "conflicts", "review", "quarantined", "quarantine", "waiting",
        "waits", "dangling", "media_missing", "compartments", "digest", "digests" };
    (void)state;
    json_t *now = status();
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (json_object_get(now, keys[i]) == NULL) {
            fail_msg("no %s", keys[i]);
        }
    }
    assert_string_equal(test_text(now, "state"), "active");
    assert_string_equal(test_text(now, "role"), "admin");
    assert_int_equal(test_number(now, "records"), 2);
    assert_int_equal(test_number(now, "unsent"), 2);
    assert_int_equal(test_number(json_object_get(now, "custody"), "device_only"), 2);
    assert_int_equal(strlen(test_text(now, "digest")), 64);
    assert_non_null(json_object_get(json_object_get(now, "digests"), "0"));
    json_decref(now);
}

static void a_whole_store_verifies(void **state)
{
    mirsal_text answer = { 0 };
    (void)state;
    client_ok(&admin, mirsal_verify(&answer, admin.store, 1, &admin.err));
    json_t *verified = client_json(&answer);
    assert_true(json_is_true(json_object_get(verified, "ok")));
    assert_true(test_number(verified, "changesets") >= 3);
    assert_int_equal(json_array_size(test_array(verified, "problems")), 0);
    json_decref(verified);
}

static void a_changed_signature_is_not_authentic_and_answered(void **state)
{
    mirsal_text answer = { 0 };
    (void)state;
    assert_int_equal(mir_sql_run(admin.store->store->sql,
                         "UPDATE content SET signature = zeroblob(64) WHERE no ="
                         " (SELECT max(no) FROM content)",
                         NULL),
        MIRSAL_OK);
    assert_int_equal(mirsal_verify(&answer, admin.store, 0, &admin.err), MIRSAL_NOT_AUTHENTIC);
    json_t *verified = client_json(&answer);
    assert_true(json_is_false(json_object_get(verified, "ok")));
    const json_t *problem = json_array_get(test_array(verified, "problems"), 0);
    assert_int_equal(strlen(test_text(problem, "changeset")), 64);
    json_decref(verified);
}

static void a_damaged_page_is_corrupt_and_named(void **state)
{
    mirsal_text answer = { 0 };
    char path[128];
    char wanted[64];
    (void)state;
    assert_int_equal(
        mir_sql_run(admin.store->store->sql, "PRAGMA wal_checkpoint(TRUNCATE)", NULL), MIRSAL_OK);
    (void)snprintf(path, sizeof path, "%s/store.db", admin.store->store->directory);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -9, SEEK_END), 0);
    assert_int_equal(fwrite("damage", 1, 6, file), 6);
    long pages = (ftell(file) + 3) / 4096;
    assert_int_equal(fclose(file), 0);
    assert_int_equal(mirsal_verify(&answer, admin.store, 1, &admin.err), MIRSAL_CORRUPT);
    (void)snprintf(wanted, sizeof wanted, "page %ld of store.db does not open", pages);
    assert_non_null(strstr(admin.err.message, wanted));
    json_t *verified = client_json(&answer);
    const json_t *problem = json_array_get(test_array(verified, "problems"), 0);
    assert_string_equal(test_text(problem, "problem"), wanted);
    json_decref(verified);
}

static void a_rebuild_comes_to_the_same_digest(void **state)
{
    mirsal_text answer = { 0 };
    (void)state;
    json_t *before = status();
    client_ok(&admin, mirsal_rebuild(&answer, admin.store, &admin.err));
    json_t *rebuilt = client_json(&answer);
    assert_string_equal(test_text(rebuilt, "digest"), test_text(before, "digest"));
    json_decref(rebuilt);
    json_decref(before);
    client_ok(&admin, mirsal_begin(admin.store, &admin.err));
    assert_int_equal(mirsal_rebuild(&answer, admin.store, &admin.err), MIRSAL_MISUSE);
    mirsal_rollback(admin.store);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(status_has_every_key_of_the_interface),
        TEST(a_whole_store_verifies),
        TEST(a_changed_signature_is_not_authentic_and_answered),
        TEST(a_damaged_page_is_corrupt_and_named),
        TEST(a_rebuild_comes_to_the_same_digest),
    };
    return cmocka_run_group_tests_name("check_calls", tests, NULL, NULL);
}
