/* SPDX-License-Identifier: Apache-2.0 */
/* unit/review_calls_test.c - two coordinators contradict each other; one settles it. */
#include "relay_pump.h"

#include <string.h>

static struct relay_pump pump;
static struct client admin;
static struct client other;

static int start(void **state)
{
    (void)state;
    relay_pump_open(&pump, "http://relay.invalid:8440", 7);
    client_found(&admin, 1);
    relay_pump_introduce(&pump, &admin);
    client_join(&other, &admin, "coordinator", 2);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    client_fini(&other);
    client_fini(&admin);
    relay_pump_close(&pump);
    return 0;
}

static void sync(struct client *client)
{
    json_decref(relay_pump_sync(&pump, client, 0));
}

static void edit(struct client *client, const char *assignment)
{
    mirsal_id id;
    client_ok(client, mirsal_begin(client->store, &client->err));
    client_ok(
        client, mirsal_edit(&id, NULL, client->store, "@a:1", &assignment, 1, NULL, &client->err));
    client_ok(client, mirsal_commit(NULL, client->store, &client->err));
}

/* Both hold the incident, and dates of it that contradict each other. */
static void contradict(void)
{
    client_incident(&admin, "a:1", "raid");
    sync(&admin);
    sync(&other);
    sync(&admin);
    sync(&other);
    edit(&admin, "date_start=2019-11-16");
    edit(&other, "date_start=2019-11-18");
    sync(&admin);
    sync(&other);
    sync(&admin);
}

static size_t conflicts(struct client *client)
{
    struct client_lines lines;
    client_lines_init(&lines);
    client_ok(client, mirsal_conflicts(client->store, 0, client_take_line, &lines, &client->err));
    size_t count = json_array_size(lines.values);
    client_lines_fini(&lines);
    return count;
}

static void a_conflict_is_settled_by_a_pick_for_everybody(void **state)
{
    mirsal_text answer = { 0 };
    (void)state;
    contradict();
    assert_int_equal(conflicts(&admin), 1);
    assert_int_equal(conflicts(&other), 1);
    client_ok(&admin, mirsal_resolve(&answer, admin.store, "@a:1", "date", 1, NULL,
                          "the register says so", &admin.err));
    json_t *settled = client_json(&answer);
    assert_int_equal(strlen(test_text(settled, "id")), 36);
    assert_int_equal(strlen(test_text(settled, "changeset")), 64);
    json_decref(settled);
    assert_int_equal(conflicts(&admin), 0);
    sync(&admin);
    sync(&other);
    assert_int_equal(conflicts(&other), 0);
}

static void a_resolution_without_a_reason_writes_nothing(void **state)
{
    mirsal_text answer = { 0 };
    (void)state;
    contradict();
    assert_int_equal(
        mirsal_resolve(&answer, admin.store, "@a:1", "date", 1, NULL, NULL, &admin.err),
        MIRSAL_USAGE);
    assert_int_equal(
        mirsal_resolve(&answer, admin.store, "@a:1", "date", 9, NULL, "why", &admin.err),
        MIRSAL_NOT_FOUND);
    assert_null(answer.data);
    assert_int_equal(conflicts(&admin), 1);
    client_ok(&admin, mirsal_begin(admin.store, &admin.err)); /* nothing was left open */
    assert_int_equal(
        mirsal_resolve(&answer, admin.store, "@a:1", "date", 1, NULL, "why", &admin.err),
        MIRSAL_MISUSE);
    mirsal_rollback(admin.store);
}

static void a_figure_is_assessed(void **state)
{
    mirsal_assess_options options = MIRSAL_ASSESS_OPTIONS_INIT;
    mirsal_text answer = { 0 };
    (void)state;
    client_incident(&admin, "a:1", "raid");
    options.record = "@a:1";
    options.field = "killed";
    options.min = "5";
    options.max = "5";
    assert_int_equal(mirsal_assess(&answer, admin.store, &options, &admin.err), MIRSAL_USAGE);
    options.reason = "two lists agree";
    client_ok(&admin, mirsal_assess(&answer, admin.store, &options, &admin.err));
    json_t *assessed = client_json(&answer);
    assert_int_equal(strlen(test_text(assessed, "changeset")), 64);
    json_decref(assessed);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_conflict_is_settled_by_a_pick_for_everybody),
        TEST(a_resolution_without_a_reason_writes_nothing),
        TEST(a_figure_is_assessed),
    };
    return cmocka_run_group_tests_name("review_calls", tests, NULL, NULL);
}
