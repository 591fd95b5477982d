/* SPDX-License-Identifier: Apache-2.0 */
/* unit/handle_test.c - stores opened and closed, and changes told after a commit. */
#include "handle.h"

#include "client_fixture.h"

#include <string.h>

static struct client admin;

struct told {
    size_t count;
    size_t titles;
    size_t lost;
    mirsal_id record;
    mirsal_store *reads; /* used inside the callback */
};

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

static void take_change(void *context, const mirsal_id *record, const char *type, const char *field)
{
    struct told *told = context;
    if (record == NULL) {
        told->lost++;
        return;
    }
    told->count++;
    told->titles += strcmp(field, "title") == 0;
    told->record = *record;
    assert_string_equal(type, "incident");
    if (told->reads != NULL) {
        mirsal_text answer = { 0 };
        assert_int_equal(mirsal_status(&answer, told->reads, NULL), MIRSAL_OK);
        mirsal_text_free(&answer);
    }
}

static void the_version_is_the_projects(void **state)
{
    (void)state;
    assert_true(strlen(mirsal_version()) >= 5);
    assert_string_equal(mirsal_version(), MIR_VERSION);
}

static void what_is_no_store_is_named(void **state)
{
    mirsal_store *store = NULL;
    mirsal_error err = { 0 };
    (void)state;
    mirsal_store_options options = client_options(&admin);
    options.directory = admin.folder;
    assert_int_equal(mirsal_open(&store, &options, &err), MIRSAL_NO_STORE);
    options.version = 0;
    assert_int_equal(mirsal_open(&store, &options, &err), MIRSAL_MISUSE);
    options.version = MIRSAL_STORE_OPTIONS_VERSION + 1;
    assert_int_equal(mirsal_open(&store, &options, &err), MIRSAL_MISUSE);
    options.version = MIRSAL_STORE_OPTIONS_VERSION;
    options.directory = NULL;
    assert_int_equal(mirsal_open(&store, &options, &err), MIRSAL_MISUSE);
    assert_null(store);
    mirsal_close(NULL);
}

static void two_handles_see_what_each_commits(void **state)
{
    mirsal_store *other = NULL;
    mirsal_text answer = { 0 };
    (void)state;
    mirsal_store_options options = client_options(&admin);
    options.env = NULL; /* the system's */
    client_ok(&admin, mirsal_open(&other, &options, &admin.err));
    client_incident(&admin, "a:1", "one");
    client_ok(&admin, mirsal_show(&answer, other, "@a:1", 0, &admin.err));
    mirsal_text_free(&answer);
    mirsal_close(other);
}

static void changes_are_told_once_after_the_commit(void **state)
{
    struct told told = { .reads = admin.store };
    mirsal_id id;
    (void)state;
    mirsal_on_change(admin.store, take_change, &told);
    const char json[] = "{\"type\":\"incident\",\"title\":[[\"en\",\"a\"],[\"ar\",\"b\"]]}";
    client_ok(&admin, mirsal_begin(admin.store, &admin.err));
    client_ok(&admin, mirsal_insert(&id, admin.store, json, strlen(json), &admin.err));
    assert_int_equal(told.count, 0);
    client_ok(&admin, mirsal_commit(NULL, admin.store, &admin.err));
    assert_int_equal(told.titles, 1);
    assert_int_equal(told.lost, 0);
    assert_memory_equal(told.record.bytes, id.bytes, sizeof id.bytes);
    size_t before = told.count;
    client_ok(&admin, mirsal_begin(admin.store, &admin.err));
    client_ok(&admin, mirsal_insert(&id, admin.store, json, strlen(json), &admin.err));
    mirsal_rollback(admin.store);
    client_incident(&admin, "a:2", "two");
    assert_int_equal(told.titles, 2);
    assert_true(told.count > before);
    mirsal_on_change(admin.store, NULL, NULL);
    client_incident(&admin, "a:3", "three");
    assert_int_equal(told.titles, 2);
}

static void closing_rolls_back_what_was_begun(void **state)
{
    mirsal_id id;
    struct client_lines lines;
    (void)state;
    const char json[] = "{\"type\":\"incident\",\"title\":\"a\"}";
    client_ok(&admin, mirsal_begin(admin.store, &admin.err));
    client_ok(&admin, mirsal_insert(&id, admin.store, json, strlen(json), &admin.err));
    client_reopen(&admin);
    mirsal_list_options list = MIRSAL_LIST_OPTIONS_INIT;
    list.type = "incident";
    client_lines_init(&lines);
    client_ok(&admin, mirsal_list(admin.store, &list, client_take_line, &lines, &admin.err));
    assert_int_equal(json_array_size(lines.values), 0);
    client_lines_fini(&lines);
}

static void members_of_the_environment_that_are_unset_are_the_systems(void **state)
{
    mirsal_env env;
    uint8_t bytes[32] = { 0 };
    static const uint8_t zeros[32];
    (void)state;
    mir_handle_env(&env, NULL);
    assert_true(env.now_ms(env.context) > UINT64_C(1600000000000));
    env.random(env.context, bytes, sizeof bytes);
    assert_memory_not_equal(bytes, zeros, sizeof bytes);
    mirsal_env given = { .version = 1, .context = &admin.test };
    given.now_ms = admin.test.env.now_ms;
    mir_handle_env(&env, &given);
    assert_int_equal(env.now_ms(env.context), TEST_START_MS);
    assert_non_null(env.resize);
    assert_non_null(env.log);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(the_version_is_the_projects),
        TEST(what_is_no_store_is_named),
        TEST(two_handles_see_what_each_commits),
        TEST(changes_are_told_once_after_the_commit),
        TEST(closing_rolls_back_what_was_begun),
        TEST(members_of_the_environment_that_are_unset_are_the_systems),
    };
    return cmocka_run_group_tests_name("handle", tests, NULL, NULL);
}
