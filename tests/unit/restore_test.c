/* SPDX-License-Identifier: Apache-2.0 */
/* unit/restore_test.c - a backup becomes a store that reads; a damaged one becomes nothing. */
#include "backup.h"
#include "files.h"
#include "rebuild.h"
#include "test_team.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct test_store device;
static struct test_store other;
static mirsal_error err;
static char path[128];

static int set_up(void **state)
{
    (void)state;
    test_team_found(&device, 1);
    test_store_init(&other, 2);
    (void)snprintf(path, sizeof path, "%s.backup", device.folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    test_store_fini(&other);
    test_store_fini(&device);
    return 0;
}

static void back_up(void)
{
    uint64_t size = 0;
    assert_int_equal(mir_backup_write(&size, device.store, path, &err), MIRSAL_OK);
}

static mirsal_code restore(void)
{
    struct mir_store_options options;
    test_store_options(&options, &other);
    mirsal_code rc = mir_backup_restore(&other.store, &options, path, &err);
    if (rc == MIRSAL_OK) {
        rc = mir_store_publish(other.store, &err);
    }
    return rc;
}

static void it_reads_and_does_not_sign(void **state)
{
    (void)state;
    mirsal_id record = test_team_report(&device, "kept");
    mirsal_hash digest = test_team_digest(&device);
    struct mir_txn *txn = NULL;
    back_up();
    assert_int_equal(restore(), MIRSAL_OK);
    assert_string_equal(test_team_shown(&other, &record), "kept");
    mirsal_hash again = test_team_digest(&other);
    assert_memory_equal(again.bytes, digest.bytes, sizeof digest.bytes);
    test_store_reopen(&other);
    assert_int_equal(mir_rebuild(other.store, &err), MIRSAL_OK);
    again = test_team_digest(&other);
    assert_memory_equal(again.bytes, digest.bytes, sizeof digest.bytes);
    assert_int_equal(mir_txn_begin(&txn, other.store, MIR_TXN_LONE, &err), MIRSAL_NOT_ALLOWED);
    assert_string_equal(err.message, "this store was restored: it signs after an invite");
    struct mir_invite_options terms = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    struct mir_buf text;
    mirsal_hash id;
    mir_buf_init(&text, &other.world.env, 1u << 16);
    assert_int_equal(mir_invite_create(&text, &id, other.store, &terms, &err), MIRSAL_NOT_ALLOWED);
    mir_buf_fini(&text);
}

static void its_keys_are_new(void **state)
{
    (void)state;
    back_up();
    assert_int_equal(restore(), MIRSAL_OK);
    const struct mir_device_keys *was = device.store->keys;
    const struct mir_device_keys *is = other.store->keys;
    assert_memory_not_equal(was->sign_public.bytes, is->sign_public.bytes, 32);
    assert_memory_not_equal(was->hpke_public.bytes, is->hpke_public.bytes, 32);
    assert_memory_not_equal(was->database.bytes, is->database.bytes, 32);
    assert_memory_equal(device.store->device.bytes, other.store->device.bytes, 32);
}

static void media_files_come_back(void **state)
{
    (void)state;
    static uint8_t bytes[200000];
    char name[128];
    struct mir_buf read;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 7 >> 3);
    }
    (void)snprintf(name, sizeof name, "%s/media/0123abcd", device.folder);
    assert_int_equal(mir_file_replace(name, (struct mir_bytes){ bytes, sizeof bytes }, &err), 0);
    back_up();
    (void)unlink(name);
    assert_int_equal(restore(), MIRSAL_OK);
    (void)snprintf(name, sizeof name, "%s/media/0123abcd", other.folder);
    mir_buf_init(&read, &other.world.env, sizeof bytes);
    assert_int_equal(mir_file_read(&read, name, sizeof bytes, &err), MIRSAL_OK);
    assert_int_equal(read.size, sizeof bytes);
    assert_memory_equal(read.data, bytes, sizeof bytes);
    mir_buf_fini(&read);
    (void)unlink(name);
}

static void damage_anywhere_leaves_nothing(void **state)
{
    (void)state;
    struct mir_buf file;
    back_up();
    mir_buf_init(&file, &device.world.env, SIZE_MAX / 2);
    assert_int_equal(mir_file_read(&file, path, SIZE_MAX / 4, &err), MIRSAL_OK);
    size_t places[] = { 0, 7, 8, 9, 40, 60, 90, 104, 105, 106, 130, 1000, 65700, file.size / 2,
        file.size - 1 };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        file.data[places[i]] ^= 0x40;
        assert_int_equal(mir_file_replace(path, mir_buf_bytes(&file), &err), MIRSAL_OK);
        file.data[places[i]] ^= 0x40;
        mirsal_code rc = restore();
        if (rc != MIRSAL_NOT_AUTHENTIC && rc != MIRSAL_WRONG_PASSPHRASE) {
            fail_msg("a flipped bit at %zu gives %d", places[i], (int)rc);
        }
        assert_null(other.store);
        assert_false(mir_file_exists(other.folder));
    }
    size_t cuts[] = { 0, 8, 105, 106, 110, 124, 200, 65800, file.size / 2, file.size - 1 };
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct mir_bytes cut = { file.data, cuts[i] };
        assert_int_equal(mir_file_replace(path, cut, &err), MIRSAL_OK);
        assert_int_equal(restore(), MIRSAL_NOT_AUTHENTIC);
        assert_false(mir_file_exists(other.folder));
    }
    mir_buf_append_u8(&file, 0);
    assert_int_equal(mir_file_replace(path, mir_buf_bytes(&file), &err), MIRSAL_OK);
    assert_int_equal(restore(), MIRSAL_NOT_AUTHENTIC);
    mir_buf_fini(&file);
}

static void a_passphrase_that_is_not_its_own_opens_nothing(void **state)
{
    (void)state;
    struct mir_store_options options;
    back_up();
    test_store_options(&options, &other);
    options.passphrase = (struct mir_bytes){ (const uint8_t *)"any", 3 };
    options.kdf_passes = 2;
    options.kdf_memory_kib = 65536;
    assert_int_equal(
        mir_backup_restore(&other.store, &options, path, &err), MIRSAL_WRONG_PASSPHRASE);
    assert_null(other.store);
    assert_false(mir_file_exists(other.folder));
}

static void a_store_that_is_there_stays(void **state)
{
    (void)state;
    struct mir_store_options options;
    struct mir_store *store = NULL;
    back_up();
    test_store_options(&options, &device);
    assert_int_equal(mir_backup_restore(&store, &options, path, &err), MIRSAL_STORE_EXISTS);
    assert_null(store);
    test_store_reopen(&device);
    (void)unlink(path);
    assert_int_equal(restore(), MIRSAL_NOT_FOUND);
    assert_false(mir_file_exists(other.folder));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_reads_and_does_not_sign, set_up, tear_down),
        cmocka_unit_test_setup_teardown(its_keys_are_new, set_up, tear_down),
        cmocka_unit_test_setup_teardown(media_files_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damage_anywhere_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_passphrase_that_is_not_its_own_opens_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_store_that_is_there_stays, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
