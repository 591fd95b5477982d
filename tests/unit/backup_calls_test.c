/* SPDX-License-Identifier: Apache-2.0 */
/* unit/backup_calls_test.c - backups through the public interface, and the two ways to enrol. */
#include "client_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct both {
    struct client office;
    struct client again;
    char path[160];
};

static void begin(struct both *both)
{
    mirsal_text answer = { 0 };
    client_found(&both->office, 1);
    client_incident(&both->office, "s1", "one");
    client_init(&both->again, 2);
    (void)snprintf(both->path, sizeof both->path, "%s.backup", both->office.folder);
    client_ok(
        &both->office, mirsal_backup(&answer, both->office.store, both->path, &both->office.err));
    json_t *made = client_json(&answer);
    assert_string_equal(test_text(made, "backup"), both->path);
    assert_true(test_number(made, "size") > 1000);
    json_decref(made);
}

static void end(struct both *both)
{
    (void)unlink(both->path);
    client_fini(&both->again);
    client_fini(&both->office);
}

static json_t *invite(struct client *admin)
{
    mirsal_text answer = { 0 };
    mirsal_invite_options options = MIRSAL_INVITE_OPTIONS_INIT;
    options.role = "monitor";
    options.in_person = 1;
    client_ok(admin, mirsal_invite_create(&answer, admin->store, &options, &admin->err));
    return client_json(&answer);
}

static json_t *status(struct client *client)
{
    mirsal_text answer = { 0 };
    client_ok(client, mirsal_status(&answer, client->store, &client->err));
    return client_json(&answer);
}

static void a_restored_store_says_so(void **state)
{
    struct both both;
    mirsal_text answer = { 0 };
    mirsal_restore_options restore = MIRSAL_RESTORE_OPTIONS_INIT;
    (void)state;
    begin(&both);
    restore.path = both.path;
    mirsal_store_options options = client_options(&both.again);
    client_ok(&both.again,
        mirsal_restore(&both.again.store, &answer, &options, &restore, &both.again.err));
    json_t *made = client_json(&answer);
    assert_string_equal(test_text(made, "state"), "waiting");
    assert_string_equal(test_text(made, "reason"), "restored");
    assert_true(json_is_null(json_object_get(made, "role")));
    json_decref(made);
    json_t *was = status(&both.office);
    json_t *is = status(&both.again);
    assert_string_equal(test_text(is, "reason"), "restored");
    assert_false(test_has(was, "reason"));
    assert_string_equal(test_text(is, "digest"), test_text(was, "digest"));
    json_decref(was);
    json_decref(is);
    assert_int_equal(mirsal_begin(both.again.store, &both.again.err), MIRSAL_NOT_ALLOWED);
    mirsal_sync_options sync = MIRSAL_SYNC_OPTIONS_INIT;
    assert_int_equal(mirsal_sync_run(&answer, NULL, both.again.store, &sync, &both.again.err),
        MIRSAL_NOT_ALLOWED);
    end(&both);
}

static void it_joins_as_it_is(void **state)
{
    struct both both;
    mirsal_text answer = { 0 };
    mirsal_restore_options restore = MIRSAL_RESTORE_OPTIONS_INIT;
    mirsal_join_options join = MIRSAL_JOIN_OPTIONS_INIT;
    (void)state;
    begin(&both);
    json_t *invited = invite(&both.office);
    restore.path = both.path;
    mirsal_store_options options = client_options(&both.again);
    options.force = 1;
    client_ok(&both.again,
        mirsal_restore(&both.again.store, &answer, &options, &restore, &both.again.err));
    mirsal_text_free(&answer);
    mirsal_close(both.again.store);
    both.again.store = NULL;
    join.invite = test_text(invited, "invite");
    client_ok(
        &both.again, mirsal_join(&both.again.store, &answer, &options, &join, &both.again.err));
    json_t *made = client_json(&answer);
    assert_string_equal(test_text(made, "state"), "active");
    assert_string_equal(test_text(made, "role"), "monitor");
    assert_false(test_has(made, "reason"));
    json_decref(made);
    client_incident(&both.again, "s2", "two");
    mirsal_close(both.again.store);
    both.again.store = NULL;
    assert_int_equal(mirsal_join(&both.again.store, &answer, &options, &join, &both.again.err),
        MIRSAL_STORE_EXISTS);
    json_decref(invited);
    end(&both);
}

static void an_invite_may_come_with_it(void **state)
{
    struct both both;
    mirsal_text answer = { 0 };
    mirsal_restore_options restore = MIRSAL_RESTORE_OPTIONS_INIT;
    (void)state;
    begin(&both);
    json_t *invited = invite(&both.office);
    mirsal_store_options options = client_options(&both.again);
    restore.path = both.path;
    restore.invite = "mirsal1nothing";
    assert_int_not_equal(
        mirsal_restore(&both.again.store, &answer, &options, &restore, &both.again.err), MIRSAL_OK);
    assert_null(both.again.store);
    assert_int_not_equal(access(both.again.store_path, F_OK), 0);
    restore.invite = test_text(invited, "invite");
    restore.label = "new phone";
    client_ok(&both.again,
        mirsal_restore(&both.again.store, &answer, &options, &restore, &both.again.err));
    json_t *made = client_json(&answer);
    assert_string_equal(test_text(made, "state"), "active");
    assert_string_equal(test_text(made, "label"), "new phone");
    json_decref(made);
    client_incident(&both.again, "s2", "two");
    json_decref(invited);
    end(&both);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restored_store_says_so),
        cmocka_unit_test(it_joins_as_it_is),
        cmocka_unit_test(an_invite_may_come_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
