/* SPDX-License-Identifier: Apache-2.0 */
/* unit/answer_status_test.c - the status of real stores: custody, what waits, digests. */
#include "answers.h"
#include "sql.h"
#include "test_team.h"
#include "test_vectors.h"

#include <string.h>

static struct test_store admin;
static struct test_store monitor;

static int start(void **state)
{
    static const struct test_invite invite = { .role = MIR_ROLE_MONITOR, .in_person = 1 };
    (void)state;
    test_team_found(&admin, 1);
    test_team_join(&monitor, &admin, 2, &invite);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    test_store_fini(&monitor);
    test_store_fini(&admin);
    return 0;
}

static json_t *status(struct test_store *device)
{
    struct mir_buf out;
    mir_buf_init(&out, &device->world.env, 1u << 20);
    assert_int_equal(mir_answer_status(&out, device->store, NULL), MIRSAL_OK);
    json_t *value = json_loadb((const char *)out.data, out.size, 0, NULL);
    assert_non_null(value);
    mir_buf_fini(&out);
    return value;
}

static void a_monitor_sees_what_it_has_not_sent(void **state)
{
    (void)state;
    test_team_report(&monitor, "one");
    json_t *now = status(&monitor);
    assert_string_equal(test_text(now, "role"), "monitor");
    assert_string_equal(test_text(now, "state"), "active");
    assert_string_equal(test_text(now, "label"), "phone");
    assert_int_equal(test_number(now, "records"), 1);
    assert_int_equal(test_number(now, "unsent"), 1);
    assert_true(test_number(now, "unsent_bytes") > 0);
    assert_int_equal(test_number(json_object_get(now, "custody"), "device_only"), 1);
    assert_true(json_is_null(json_object_get(now, "digest")));
    assert_true(json_is_null(json_object_get(now, "last_sync")));
    assert_null(json_object_get(json_object_get(now, "digests"), "0"));
    json_decref(now);
}

static void a_reader_that_has_met_it_shows_as_custody(void **state)
{
    (void)state;
    test_team_report(&monitor, "one");
    test_team_meet(&admin, &monitor, 3);
    json_t *now = status(&monitor);
    assert_int_equal(test_number(json_object_get(now, "custody"), "device_only"), 0);
    assert_int_equal(test_number(json_object_get(now, "custody"), "readers"), 1);
    json_decref(now);
    now = status(&admin);
    assert_string_equal(test_text(now, "state"), "active");
    assert_int_equal(test_number(now, "records"), 1);
    assert_int_equal(strlen(test_text(now, "digest")), 64);
    assert_int_equal(test_number(now, "waiting"), 0);
    json_decref(now);
}

static void reasons_are_counted_by_name(void **state)
{
    (void)state;
    test_team_report(&admin, "one");
    test_team_report(&admin, "two");
    json_t *now = status(&admin);
    assert_int_equal(test_number(json_object_get(now, "quarantine"), "cut"), 0);
    assert_int_equal(test_number(json_object_get(now, "waits"), "epoch_key"), 0);
    assert_int_equal(test_number(json_object_get(now, "waits"), "admit"), 0);
    json_decref(now);
    assert_int_equal(mir_sql_run(admin.store->sql,
                         "UPDATE changeset SET state = 2, reason = 24 WHERE compartment = 0"
                         " AND seq = 1; UPDATE changeset SET state = 1, reason = 1"
                         " WHERE compartment = 0 AND seq = 2",
                         NULL),
        MIRSAL_OK);
    now = status(&admin);
    assert_int_equal(test_number(now, "quarantined"), 1);
    assert_int_equal(test_number(json_object_get(now, "quarantine"), "frozen"), 1);
    assert_int_equal(test_number(now, "waiting"), 1);
    assert_int_equal(test_number(json_object_get(now, "waits"), "prev"), 1);
    json_decref(now);
}

static void a_relay_that_saw_another_clock_makes_it_suspect(void **state)
{
    static const mirsal_hash identity = { { 9 } };
    (void)state;
    assert_int_equal(mir_relay_add(admin.store, "http://relay.invalid:1", &identity,
                         (struct mir_bytes){ NULL, 0 }, NULL),
        MIRSAL_OK);
    json_t *now = status(&admin);
    assert_true(json_is_false(json_object_get(json_object_get(now, "clock"), "suspect")));
    json_decref(now);
    assert_int_equal(mir_sql_run(admin.store->sql, "UPDATE peer SET hints = 4", NULL), MIRSAL_OK);
    now = status(&admin);
    assert_true(json_is_true(json_object_get(json_object_get(now, "clock"), "suspect")));
    json_decref(now);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_monitor_sees_what_it_has_not_sent),
        TEST(a_reader_that_has_met_it_shows_as_custody),
        TEST(reasons_are_counted_by_name),
        TEST(a_relay_that_saw_another_clock_makes_it_suspect),
    };
    return cmocka_run_group_tests_name("answer_status", tests, NULL, NULL);
}
