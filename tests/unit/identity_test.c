/* SPDX-License-Identifier: Apache-2.0 */
/* unit/identity_test.c - a restored store becomes a new device and keeps what the old one held. */
#include "identity.h"

#include "backup.h"
#include "files.h"
#include "install.h"
#include "layout.h"
#include "rebuild.h"
#include "replica.h"
#include "test_team.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct test_store office;
static struct test_store phone;
static struct test_store again;
static mirsal_error err;
static char path[128];

static const struct test_invite monitor = { .role = MIR_ROLE_MONITOR, .uses = 1 };

static int set_up(void **state)
{
    (void)state;
    test_team_found(&office, 1);
    test_team_join(&phone, &office, 2, &monitor);
    test_store_init(&again, 3);
    (void)snprintf(path, sizeof path, "%s.backup", phone.folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    test_store_fini(&again);
    test_store_fini(&phone);
    test_store_fini(&office);
    return 0;
}

static void restore(void)
{
    struct mir_store_options options;
    uint64_t size = 0;
    test_store_options(&options, &again);
    assert_int_equal(mir_backup_write(&size, phone.store, path, &err), MIRSAL_OK);
    assert_int_equal(mir_backup_restore(&again.store, &options, path, &err), MIRSAL_OK);
    assert_int_equal(mir_store_publish(again.store, &err), MIRSAL_OK);
}

static mirsal_code enrol(struct test_store *store, struct test_store *admin)
{
    struct mir_invite_options terms = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    struct mir_join_options join = { .label = NULL };
    struct mir_buf text;
    mirsal_hash id;
    mir_buf_init(&text, &admin->world.env, 1u << 16);
    assert_int_equal(mir_invite_create(&text, &id, admin->store, &terms, &err), MIRSAL_OK);
    join.invite = mir_buf_bytes(&text);
    mirsal_code rc = mir_team_enrol(store->store, &join, &err);
    mir_buf_fini(&text);
    return rc;
}

static void a_restored_store_waits_for_an_invite(void **state)
{
    (void)state;
    assert_int_equal(mir_identity_signing(phone.store), MIR_SIGNS);
    assert_int_equal(mir_identity_check(phone.store, &err), MIRSAL_OK);
    assert_null(mir_identity_reason(MIR_SIGNS));
    restore();
    assert_int_equal(mir_identity_signing(again.store), MIR_SIGNS_INVITED);
    assert_string_equal(mir_identity_reason(MIR_SIGNS_INVITED), "restored");
    assert_int_equal(mir_identity_check(again.store, &err), MIRSAL_NOT_ALLOWED);
    phone.store->behind = 1;
    assert_int_equal(mir_identity_signing(phone.store), MIR_SIGNS_BEHIND);
    assert_int_equal(mir_identity_check(phone.store, &err), MIRSAL_NOT_ALLOWED);
}

static void it_becomes_a_device_of_its_own(void **state)
{
    (void)state;
    mirsal_id record = test_team_report(&phone, "of the old one");
    mirsal_hash old = *mir_store_device(phone.store);
    struct mir_unsent unsent;
    restore();
    assert_int_equal(enrol(&again, &office), MIRSAL_OK);
    assert_int_equal(mir_identity_signing(again.store), MIR_SIGNS);
    assert_memory_not_equal(mir_store_device(again.store)->bytes, old.bytes, 32);
    assert_true(mir_identity_is_own(again.store, &old));
    assert_true(mir_identity_is_own(again.store, mir_store_device(again.store)));
    assert_false(mir_identity_is_own(again.store, mir_store_device(office.store)));
    test_store_reopen(&again);
    assert_true(mir_identity_is_own(again.store, &old));
    assert_string_equal(test_team_shown(&again, &record), "of the old one");
    assert_int_equal(mir_rebuild(again.store, &err), MIRSAL_OK);
    assert_string_equal(test_team_shown(&again, &record), "of the old one");
    assert_int_equal(mir_replica_unsent(&unsent, again.store, &err), MIRSAL_OK);
    assert_int_equal(unsent.changesets, 1);

    /* Its own work counts at the office; the old one's came once, by whichever carried it. */
    mirsal_id fresh = test_team_report(&again, "of the new one");
    test_team_meet(&office, &again, 5);
    test_team_meet(&office, &phone, 6);
    assert_string_equal(test_team_shown(&office, &fresh), "of the new one");
    assert_string_equal(test_team_shown(&office, &record), "of the old one");
    assert_int_equal(test_team_count(&office, "SELECT count(*) FROM fork"), 0);
    assert_int_equal(test_team_count(&office, "SELECT count(*) FROM r_1"), 2);
}

static void only_a_restored_store_and_only_its_team(void **state)
{
    (void)state;
    struct test_store stranger;
    assert_int_equal(enrol(&phone, &office), MIRSAL_STORE_EXISTS);
    restore();
    test_team_found(&stranger, 9);
    assert_int_equal(enrol(&again, &stranger), MIRSAL_NOT_ALLOWED);
    test_store_fini(&stranger);
    assert_int_equal(mir_identity_signing(again.store), MIR_SIGNS_INVITED);
    assert_int_equal(enrol(&again, &office), MIRSAL_OK);
    assert_int_equal(enrol(&again, &office), MIRSAL_STORE_EXISTS);
}

static void a_moved_store_signs_by_word_or_as_another(void **state)
{
    (void)state;
    struct mir_store_options options;
    char place[160];
    mirsal_hash old = *mir_store_device(phone.store);
    mirsal_id record = test_team_report(&phone, "kept");
    (void)snprintf(place, sizeof place, "%s.state", phone.folder);
    test_store_options(&options, &phone);
    options.state = place;
    mir_store_close(phone.store);
    assert_int_equal(mir_store_open(&phone.store, &options, &err), MIRSAL_OK);
    assert_int_equal(mir_identity_signing(phone.store), MIR_SIGNS_MOVED);
    assert_string_equal(mir_identity_reason(MIR_SIGNS_MOVED), "moved");
    assert_int_equal(mir_identity_check(phone.store, &err), MIRSAL_NOT_ALLOWED);
    assert_int_equal(mir_identity_settle(phone.store, &err), MIRSAL_OK);
    assert_int_equal(mir_identity_check(phone.store, &err), MIRSAL_OK);
    mir_store_close(phone.store);
    assert_int_equal(mir_store_open(&phone.store, &options, &err), MIRSAL_OK);
    assert_int_equal(mir_identity_signing(phone.store), MIR_SIGNS);

    /* Another place: the same files, no nonce. */
    options.state = office.folder;
    mir_store_close(phone.store);
    assert_int_equal(mir_store_open(&phone.store, &options, &err), MIRSAL_OK);
    assert_int_equal(mir_identity_signing(phone.store), MIR_SIGNS_MOVED);
    assert_int_equal(mir_identity_renew(phone.store, &err), MIRSAL_OK);
    assert_int_equal(mir_identity_signing(phone.store), MIR_SIGNS_INVITED);
    mir_store_close(phone.store);
    assert_int_equal(mir_store_open(&phone.store, &options, &err), MIRSAL_OK);
    assert_int_equal(mir_identity_signing(phone.store), MIR_SIGNS_INVITED);
    assert_memory_equal(mir_store_device(phone.store)->bytes, old.bytes, 32);
    assert_string_equal(test_team_shown(&phone, &record), "kept");
    assert_int_equal(enrol(&phone, &office), MIRSAL_OK);
    assert_int_equal(mir_identity_signing(phone.store), MIR_SIGNS);
    mir_store_close(phone.store);
    assert_int_equal(mir_store_open(&phone.store, &options, &err), MIRSAL_OK);
    assert_int_equal(mir_identity_signing(phone.store), MIR_SIGNS);
    assert_string_equal(test_team_shown(&phone, &record), "kept");
    mir_install_remove(
        &(struct mir_install_place){ &phone.world.env, phone.folder, office.folder });
    assert_int_equal(mir_folder_remove(place, &err), MIRSAL_OK);
}

static void a_store_behind_itself_becomes_another(void **state)
{
    (void)state;
    mirsal_hash old = *mir_store_device(phone.store);
    assert_int_equal(mir_store_begin(phone.store, &err), MIRSAL_OK);
    assert_int_equal(mir_meta_set_int(phone.store->sql, "behind", 1, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(phone.store, &err), MIRSAL_OK);
    test_store_reopen(&phone);
    assert_int_equal(mir_identity_signing(phone.store), MIR_SIGNS_BEHIND);
    assert_int_equal(enrol(&phone, &office), MIRSAL_OK);
    test_store_reopen(&phone);
    assert_int_equal(mir_identity_signing(phone.store), MIR_SIGNS);
    assert_memory_not_equal(mir_store_device(phone.store)->bytes, old.bytes, 32);
    test_team_report(&phone, "again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_restored_store_waits_for_an_invite, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_becomes_a_device_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_moved_store_signs_by_word_or_as_another, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_store_behind_itself_becomes_another, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_a_restored_store_and_only_its_team, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
