/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/filecalls_test.c - what an open file answers to SQLite besides its pages.
 */
#include "vaultin.h"

#include "vault_fixture.h"

#include <stdio.h>
#include <string.h>

static sqlite3_file *file_of(struct vault_handle *handle, int which)
{
    sqlite3_file *file = NULL;
    assert_int_equal(sqlite3_file_control(handle->sql, "main", which, &file), SQLITE_OK);
    assert_non_null(file->pMethods);
    return file;
}

/* Detail 6. */
static void shared_memory_yes_mapped_pages_no(void **state)
{
    (void)state;
    struct vault_handle handle;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    sqlite3_file *file = file_of(&handle, SQLITE_FCNTL_FILE_POINTER);
    assert_int_equal(file->pMethods->iVersion, 2);
    assert_non_null(file->pMethods->xShmMap);
    assert_null(file->pMethods->xFetch);
    assert_int_equal(vault_int(&handle, "PRAGMA mmap_size=1000000"), 0);
    sqlite3_int64 size = 1000000;
    assert_int_equal(file->pMethods->xFileControl(file, SQLITE_FCNTL_MMAP_SIZE, &size), SQLITE_OK);
    assert_int_equal(size, 0);
    assert_true(vault_file_size(&vault_fixture, "a.db-shm") > 0);
    vault_close(&handle);
}

/* Detail 6. */
static void a_file_does_not_grow_in_chunks_of_zeros(void **state)
{
    (void)state;
    struct vault_handle handle;
    int chunk = 1 << 20;
    vault_open(&handle, &vault_fixture, "a.db");
    assert_int_equal(
        sqlite3_file_control(handle.sql, "main", SQLITE_FCNTL_CHUNK_SIZE, &chunk), SQLITE_OK);
    vault_run(&handle, "CREATE TABLE t (n INTEGER PRIMARY KEY, s)");
    vault_fill(&handle, 0, 10);
    assert_int_equal(vault_file_size(&vault_fixture, "a.db"),
        vault_int(&handle, "SELECT page_count * 4096 FROM pragma_page_count"));
    vault_close(&handle);
}

static int under_traits(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_ATOMIC | SQLITE_IOCAP_ATOMIC4K | SQLITE_IOCAP_SAFE_APPEND |
           SQLITE_IOCAP_BATCH_ATOMIC | SQLITE_IOCAP_SEQUENTIAL;
}

/* Detail 6: of what the file beneath promises, nothing that lets a page be torn. */
static void no_write_is_taken_for_atomic(void **state)
{
    (void)state;
    struct vault_handle handle;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    sqlite3_file *file = file_of(&handle, SQLITE_FCNTL_FILE_POINTER);
    sqlite3_file *under = mir_vault_file_of(file)->under;
    const sqlite3_io_methods *methods = under->pMethods;
    sqlite3_io_methods bold = *methods;
    bold.xDeviceCharacteristics = under_traits;
    under->pMethods = &bold;
    assert_int_equal(file->pMethods->xDeviceCharacteristics(file),
        SQLITE_IOCAP_SEQUENTIAL | SQLITE_IOCAP_POWERSAFE_OVERWRITE);
    under->pMethods = methods;
    assert_true(file->pMethods->xDeviceCharacteristics(file) & SQLITE_IOCAP_POWERSAFE_OVERWRITE);
    sqlite3_file *wal = file_of(&handle, SQLITE_FCNTL_JOURNAL_POINTER);
    assert_true(wal->pMethods->xDeviceCharacteristics(wal) & SQLITE_IOCAP_POWERSAFE_OVERWRITE);
    vault_close(&handle);
}

static void a_recovery_is_seen_by_its_lock(void **state)
{
    (void)state;
    struct vault_handle handle;
    void volatile *index = NULL;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 1);
    sqlite3_file *file = file_of(&handle, SQLITE_FCNTL_FILE_POINTER);
    const sqlite3_io_methods *calls = file->pMethods;
    int alone = SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE;
    assert_int_equal(calls->xShmMap(file, 0, 32768, 0, &index), SQLITE_OK);
    assert_int_equal(calls->xShmLock(file, 0, 1, alone), SQLITE_OK);
    assert_false(mir_vault_file_of(file)->recovering);
    assert_int_equal(calls->xShmLock(file, 1, 2, alone), SQLITE_OK);
    assert_true(mir_vault_file_of(file)->recovering);
    assert_int_equal(
        calls->xShmLock(file, 1, 2, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE), SQLITE_OK);
    assert_false(mir_vault_file_of(file)->recovering);
    assert_int_equal(
        calls->xShmLock(file, 0, 1, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE), SQLITE_OK);
    vault_close(&handle);
}

static void the_vault_names_itself(void **state)
{
    (void)state;
    struct vault_handle handle;
    char *name = NULL;
    vault_open(&handle, &vault_fixture, "a.db");
    assert_int_equal(
        sqlite3_file_control(handle.sql, "main", SQLITE_FCNTL_VFSNAME, &name), SQLITE_OK);
    assert_string_equal(name, "mirsal-vault/unix");
    sqlite3_free(name);
    vault_close(&handle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            shared_memory_yes_mapped_pages_no, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_file_does_not_grow_in_chunks_of_zeros, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            no_write_is_taken_for_atomic, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_recovery_is_seen_by_its_lock, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(the_vault_names_itself, vault_set_up, vault_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
