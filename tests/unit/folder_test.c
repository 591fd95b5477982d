/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/folder_test.c - a store's folder is wiped, keys first, whoever has it open.
 */
#include "folder.h"

#include "files.h"
#include "keyimage.h"
#include "test_team.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct test_store device;
static mirsal_error err;

static mirsal_code opens(void)
{
    struct mir_store_options options;
    struct mir_store *store = NULL;
    test_store_options(&options, &device);
    mirsal_code rc = mir_store_open(&store, &options, &err);
    mir_store_close(store);
    return rc;
}

static void put_file(const char *name, mode_t mode)
{
    char path[MIR_PATH_MAX];
    assert_int_equal(mir_path_join(path, device.folder, name, &err), MIRSAL_OK);
    assert_int_equal(
        mir_file_replace(path, (struct mir_bytes){ (const uint8_t *)"x", 1 }, &err), MIRSAL_OK);
    assert_int_equal(chmod(path, mode), 0);
}

static int is_there(const char *name)
{
    char path[MIR_PATH_MAX];
    assert_int_equal(mir_path_join(path, device.folder, name, &err), MIRSAL_OK);
    return mir_file_exists(path);
}

static void nothing_is_left(void **state)
{
    (void)state;
    char path[MIR_PATH_MAX];
    int made = 0;
    uint64_t keys_ms = 0;
    test_team_found(&device, 1);
    (void)test_team_report(&device, "one");
    assert_int_equal(mir_path_join(path, device.folder, "media/ab/cd", &err), MIRSAL_OK);
    assert_int_equal(mir_folder_make(&made, path, &err), MIRSAL_OK);
    put_file("media/ab/cd/photo", 0600);
    put_file("media/ab/other", 0400);
    put_file("keys.new", 0600);
    assert_int_equal(
        mir_folder_wipe(&keys_ms, &device.world.env, device.folder, NULL, NULL, &err), MIRSAL_OK);
    assert_false(mir_file_exists(device.folder));
    assert_int_equal(mir_store_begin(device.store, &err), MIRSAL_WIPED);
    assert_int_equal(mir_store_read_begin(device.store, &err), MIRSAL_WIPED);
    assert_int_equal(opens(), MIRSAL_NO_STORE);
    assert_int_equal(
        mir_folder_wipe(NULL, &device.world.env, device.folder, NULL, NULL, &err), MIRSAL_NO_STORE);
    test_store_fini(&device);
}

static void a_transaction_that_was_begun_ends(void **state)
{
    (void)state;
    test_team_found(&device, 1);
    assert_int_equal(mir_store_begin(device.store, &err), MIRSAL_OK);
    assert_int_equal(
        mir_folder_wipe(NULL, &device.world.env, device.folder, NULL, NULL, &err), MIRSAL_OK);
    mir_store_rollback(device.store);
    assert_int_equal(mir_store_begin(device.store, &err), MIRSAL_WIPED);
    test_store_fini(&device);
}

static void what_is_not_the_stores_stays(void **state)
{
    (void)state;
    char path[MIR_PATH_MAX];
    test_team_found(&device, 1);
    put_file("letter", 0600);
    assert_int_equal(
        mir_folder_wipe(NULL, &device.world.env, device.folder, NULL, NULL, &err), MIRSAL_OK);
    assert_true(is_there("letter"));
    assert_false(is_there("keys"));
    assert_false(is_there("store.db"));
    assert_int_equal(mir_path_join(path, device.folder, "letter", &err), MIRSAL_OK);
    assert_int_equal(mir_file_remove(path, &err), MIRSAL_OK);
    test_store_fini(&device);
}

/* Whatever was removed when it was interrupted: wiped until it went to its end. */
static void an_interrupted_wipe_is_gone_on_with(void **state)
{
    (void)state;
    char path[MIR_PATH_MAX];
    for (size_t steps = 0; mir_folder_names[steps] != NULL; steps++) {
        test_team_found(&device, 1);
        mir_store_close(device.store);
        device.store = NULL;
        assert_int_equal(mir_path_join(path, device.folder, "keys", &err), MIRSAL_OK);
        assert_int_equal(mir_key_image_destroy(path, &err), MIRSAL_OK);
        for (size_t i = 0; i < steps; i++) {
            assert_int_equal(
                mir_path_join(path, device.folder, mir_folder_names[i], &err), MIRSAL_OK);
            assert_int_equal(mir_folder_remove(path, &err), MIRSAL_OK);
        }
        assert_int_equal(opens(), MIRSAL_WIPED);
        assert_int_equal(opens(), MIRSAL_WIPED);
        assert_int_equal(
            mir_folder_wipe(NULL, &device.world.env, device.folder, NULL, NULL, &err), MIRSAL_OK);
        assert_int_equal(opens(), MIRSAL_NO_STORE);
        test_store_fini(&device);
    }
}

static void assert_mode(const char *name, unsigned mode)
{
    char path[MIR_PATH_MAX];
    struct stat status;
    (void)snprintf(path, sizeof path, "%s%s%s", device.folder, name[0] != '\0' ? "/" : "", name);
    assert_int_equal(stat(path, &status), 0);
    if ((status.st_mode & 0777) != mode) {
        fail_msg("'%s' has mode %o", name, (unsigned)status.st_mode & 0777);
    }
}

/* Also where the program's umask would have let others in. */
static void modes_keep_others_out(void **state)
{
    (void)state;
    mode_t before = umask(0);
    test_team_found(&device, 1);
    (void)test_team_report(&device, "one");
    (void)umask(before);
    assert_mode("", 0700);
    assert_mode("media", 0700);
    assert_mode("keys", 0600);
    assert_mode("lock", 0600);
    assert_mode("store.db", 0600);
    assert_mode("store.db-wal", 0600);
    assert_mode("store.db-shm", 0600);
    test_store_fini(&device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_left),
        cmocka_unit_test(a_transaction_that_was_begun_ends),
        cmocka_unit_test(what_is_not_the_stores_stays),
        cmocka_unit_test(an_interrupted_wipe_is_gone_on_with),
        cmocka_unit_test(modes_keep_others_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
