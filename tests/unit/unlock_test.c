/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/unlock_test.c - a key for who reads without the store's code: the right one, and nothing
 * where the store's own opening gives nothing.
 */
#include "unlock.h"

#include "test_team.h"
#include "vault.h"

#include <sqlite3.h>
#include <string.h>

static struct mir_unlocked unlocked;

static mirsal_code unlock(struct test_store *device, const char *passphrase)
{
    struct mir_store_options options;
    test_store_options(&options, device);
    if (passphrase != NULL) {
        options.passphrase = (struct mir_bytes){ (const uint8_t *)passphrase, strlen(passphrase) };
    }
    memset(&unlocked, 0, sizeof unlocked);
    return mir_store_unlock(&unlocked, &options, &device->err);
}

static void the_key_opens_the_database(void **state)
{
    struct test_store device;
    struct mir_vault *vault = NULL;
    sqlite3 *db = NULL;
    (void)state;
    test_team_found(&device, 1);
    assert_int_equal(unlock(&device, NULL), MIRSAL_OK);
    const struct mir_vault_options options = { .key = &unlocked.key, .read_only = 1 };
    assert_int_equal(mir_vault_open(&vault, &device.world.env, &options, &device.err), MIRSAL_OK);
    assert_int_equal(
        sqlite3_open_v2(unlocked.path, &db, SQLITE_OPEN_READONLY, mir_vault_vfs(vault)), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "SELECT count(*) FROM changeset", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    mir_vault_close(vault);
    mir_file_unlock(unlocked.lock);
    test_store_fini(&device);
}

static void what_opens_no_store_unlocks_none(void **state)
{
    struct test_store device;
    struct test_store nowhere;
    (void)state;
    test_team_found(&device, 1);
    assert_int_equal(unlock(&device, "a guess"), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(unlocked.lock, -1);
    test_store_fini(&device);
    test_store_init(&nowhere, 2);
    assert_int_equal(unlock(&nowhere, NULL), MIRSAL_NO_STORE);
    assert_int_equal(unlocked.lock, -1);
    test_store_fini(&nowhere);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_opens_the_database),
        cmocka_unit_test(what_opens_no_store_unlocks_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
