/* SPDX-License-Identifier: Apache-2.0 */
/* unit/record_calls_test.c - transactions and what is written in them. */
#include "client_fixture.h"

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

static json_t *show(const char *record)
{
    mirsal_text answer = { 0 };
    client_ok(&admin, mirsal_show(&answer, admin.store, record, 0, &admin.err));
    return client_json(&answer);
}

static void nothing_is_written_outside_a_transaction(void **state)
{
    mirsal_id id;
    mirsal_add_options add = MIRSAL_ADD_OPTIONS_INIT;
    (void)state;
    add.type = "incident";
    assert_int_equal(mirsal_insert(&id, admin.store, "{}", 2, &admin.err), MIRSAL_MISUSE);
    assert_int_equal(mirsal_add(&id, admin.store, &add, &admin.err), MIRSAL_MISUSE);
    assert_int_equal(
        mirsal_update(&id, NULL, admin.store, "@a", "{}", 2, &admin.err), MIRSAL_MISUSE);
    assert_int_equal(
        mirsal_edit(&id, NULL, admin.store, "@a", NULL, 0, NULL, &admin.err), MIRSAL_MISUSE);
    assert_int_equal(mirsal_withdraw(&id, admin.store, "@a", "why", &admin.err), MIRSAL_MISUSE);
    assert_int_equal(mirsal_commit(NULL, admin.store, &admin.err), MIRSAL_MISUSE);
    mirsal_rollback(admin.store);
    client_ok(&admin, mirsal_begin(admin.store, &admin.err));
    assert_int_equal(mirsal_begin(admin.store, &admin.err), MIRSAL_MISUSE);
    mirsal_rollback(admin.store);
}

static void a_record_is_added_from_assignments(void **state)
{
    static const char *const values[] = { "source_id=a:1", "title=قصف", "means=airstrike" };
    mirsal_add_options add = MIRSAL_ADD_OPTIONS_INIT;
    mirsal_commit_result result;
    mirsal_id id;
    (void)state;
    add.type = "incident";
    add.assignments = values;
    add.count = 3;
    add.language = "ar";
    client_ok(&admin, mirsal_begin(admin.store, &admin.err));
    client_ok(&admin, mirsal_add(&id, admin.store, &add, &admin.err));
    client_ok(&admin, mirsal_commit(&result, admin.store, &admin.err));
    assert_int_equal(result.changesets, 1);
    client_reopen(&admin);
    json_t *record = show("@a:1");
    const json_t *title = json_array_get(test_array(record, "title"), 0);
    assert_string_equal(json_string_value(json_array_get(title, 0)), "ar");
    json_decref(record);
    add.type = NULL;
    client_ok(&admin, mirsal_begin(admin.store, &admin.err));
    assert_int_equal(mirsal_add(&id, admin.store, &add, &admin.err), MIRSAL_MISUSE);
    add.type = "accident";
    assert_int_equal(mirsal_add(&id, admin.store, &add, &admin.err), MIRSAL_UNKNOWN_TYPE);
    mirsal_rollback(admin.store);
}

static void a_record_is_edited_updated_and_withdrawn(void **state)
{
    static const char *const values[] = { "title:en=later" };
    static const char json[] = "{\"event_type\":\"air_drone_strike\"}";
    mirsal_id made = client_incident(&admin, "a:1", "first");
    mirsal_id id;
    int superseded = 7;
    (void)state;
    client_ok(&admin, mirsal_begin(admin.store, &admin.err));
    client_ok(
        &admin, mirsal_edit(&id, &superseded, admin.store, "@a:1", values, 1, NULL, &admin.err));
    assert_memory_equal(id.bytes, made.bytes, sizeof id.bytes);
    assert_int_equal(superseded, 0);
    client_ok(
        &admin, mirsal_update(&id, NULL, admin.store, "@a:1", json, strlen(json), &admin.err));
    client_ok(&admin, mirsal_commit(NULL, admin.store, &admin.err));
    json_t *record = show("@a:1");
    const json_t *title = json_array_get(test_array(record, "title"), 0);
    assert_string_equal(json_string_value(json_array_get(title, 1)), "later");
    assert_string_equal(test_text(record, "event_type"), "air_drone_strike");
    json_decref(record);
    client_ok(&admin, mirsal_begin(admin.store, &admin.err));
    assert_int_equal(mirsal_withdraw(&id, admin.store, "@a:1", NULL, &admin.err), MIRSAL_USAGE);
    client_ok(&admin, mirsal_withdraw(&id, admin.store, "@a:1", "twice", &admin.err));
    client_ok(&admin, mirsal_commit(NULL, admin.store, &admin.err));
    record = show("@a:1");
    assert_string_equal(test_text(json_object_get(record, "meta"), "state"), "withdrawn");
    json_decref(record);
}

static void a_once_field_makes_a_record_that_supersedes(void **state)
{
    static const char *const values[] = { "min=6", "max=6" };
    mirsal_id id;
    int superseded = 0;
    (void)state;
    client_incident(&admin, "a:1", "first");
    mirsal_id made = client_insert(&admin,
        "{\"type\":\"casualty\",\"source_id\":\"a:2\",\"scope\":[{\"source_id\":\"a:1\"}],"
        "\"outcome\":\"killed\",\"min\":5,\"max\":5,\"quality\":\"exact\"}");
    client_ok(&admin, mirsal_begin(admin.store, &admin.err));
    client_ok(
        &admin, mirsal_edit(&id, &superseded, admin.store, "@a:2", values, 2, NULL, &admin.err));
    client_ok(&admin, mirsal_commit(NULL, admin.store, &admin.err));
    assert_int_equal(superseded, 1);
    assert_memory_not_equal(id.bytes, made.bytes, sizeof id.bytes);
}

static void what_is_wrong_is_named_and_nothing_written(void **state)
{
    static const char bad[] = "{\"type\":\"incident\",\"lat\":135,\"lon\":36}";
    static const char good[] = "{\"type\":\"incident\",\"source_id\":\"a:1\"}";
    mirsal_id id;
    mirsal_text answer = { 0 };
    (void)state;
    client_ok(&admin, mirsal_begin(admin.store, &admin.err));
    client_ok(&admin, mirsal_insert(&id, admin.store, good, strlen(good), &admin.err));
    assert_int_equal(
        mirsal_insert(&id, admin.store, bad, strlen(bad), &admin.err), MIRSAL_OUT_OF_RANGE);
    assert_string_equal(admin.err.field, "lat");
    mirsal_rollback(admin.store);
    assert_int_equal(mirsal_show(&answer, admin.store, "@a:1", 0, &admin.err), MIRSAL_NOT_FOUND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_written_outside_a_transaction),
        TEST(a_record_is_added_from_assignments),
        TEST(a_record_is_edited_updated_and_withdrawn),
        TEST(a_once_field_makes_a_record_that_supersedes),
        TEST(what_is_wrong_is_named_and_nothing_written),
    };
    return cmocka_run_group_tests_name("record_calls", tests, NULL, NULL);
}
