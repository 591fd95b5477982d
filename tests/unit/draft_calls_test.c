/* SPDX-License-Identifier: Apache-2.0 */
/* unit/draft_calls_test.c - drafts through the interface, and when a change is told. */
#include "client_fixture.h"

#include <string.h>

static struct client admin;
static size_t told;

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

static void count_change(void *context,
    const mirsal_id *record,
    const char *type,
    const char *field)
{
    (void)context;
    (void)record;
    (void)type;
    (void)field;
    told++;
}

static void a_draft_is_told_when_it_is_sent(void **state)
{
    static const char *const values[] = { "source_id=a:1", "title=قصف" };
    mirsal_add_options add = MIRSAL_ADD_OPTIONS_INIT;
    struct client_lines lines;
    mirsal_text answer = { 0 };
    mirsal_id id;
    (void)state;
    add.type = "incident";
    add.assignments = values;
    add.count = 2;
    add.language = "ar";
    told = 0;
    mirsal_on_change(admin.store, count_change, NULL);
    client_ok(&admin, mirsal_draft_add(&id, admin.store, &add, &admin.err));
    assert_int_equal(told, 0);
    client_ok(&admin, mirsal_status(&answer, admin.store, &admin.err));
    json_t *status = client_json(&answer);
    assert_int_equal(test_number(status, "drafts"), 1);
    assert_int_equal(test_number(status, "unsent"), 0);
    json_decref(status);
    client_lines_init(&lines);
    client_ok(&admin, mirsal_draft_list(admin.store, client_take_line, &lines, &admin.err));
    assert_int_equal(json_array_size(lines.values), 1);
    client_lines_fini(&lines);
    client_lines_init(&lines);
    client_ok(&admin, mirsal_draft_send(admin.store, NULL, client_take_line, &lines, &admin.err));
    assert_int_equal(json_array_size(lines.values), 1);
    client_lines_fini(&lines);
    assert_int_equal(told, 2);
    client_ok(&admin, mirsal_show(&answer, admin.store, "@a:1", 0, &admin.err));
    mirsal_text_free(&answer);
    assert_int_equal(mirsal_draft_drop(admin.store, "a1b2c3", client_take_line, NULL, &admin.err),
        MIRSAL_NOT_FOUND);
}

static void no_draft_is_made_within_a_transaction(void **state)
{
    mirsal_add_options add = MIRSAL_ADD_OPTIONS_INIT;
    mirsal_id id;
    (void)state;
    assert_int_equal(mirsal_draft_add(&id, admin.store, &add, &admin.err), MIRSAL_MISUSE);
    add.type = "incident";
    client_ok(&admin, mirsal_begin(admin.store, &admin.err));
    assert_int_equal(mirsal_draft_add(&id, admin.store, &add, &admin.err), MIRSAL_MISUSE);
    assert_int_equal(
        mirsal_draft_send(admin.store, NULL, client_take_line, NULL, &admin.err), MIRSAL_MISUSE);
    assert_int_equal(mirsal_draft_drop(admin.store, "a1b2c3", client_take_line, NULL, &admin.err),
        MIRSAL_MISUSE);
    mirsal_rollback(admin.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_draft_is_told_when_it_is_sent, start, stop),
        cmocka_unit_test_setup_teardown(no_draft_is_made_within_a_transaction, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
