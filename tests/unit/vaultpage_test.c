/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/vaultpage_test.c - which pages may be written; no nonce twice; what did not open is told.
 */
#include "vaultin.h"

#include "vault_fixture.h"

#include <stdlib.h>
#include <string.h>

static sqlite3_file *file_of(struct vault_handle *handle)
{
    sqlite3_file *file = NULL;
    assert_int_equal(
        sqlite3_file_control(handle->sql, "main", SQLITE_FCNTL_FILE_POINTER, &file), SQLITE_OK);
    return file;
}

/* Detail 1. */
static void a_page_without_its_reserve_is_not_written(void **state)
{
    (void)state;
    struct vault_handle handle;
    uint8_t page[MIR_PAGE_SIZE] = { 0 };
    vault_open(&handle, &vault_fixture, "a.db");
    sqlite3_file *file = file_of(&handle);
    assert_int_equal(file->pMethods->xWrite(file, page, sizeof page, 4096), SQLITE_OK);
    for (size_t i = MIR_PAGE_SIZE - MIR_PAGE_RESERVE; i < sizeof page; i++) {
        page[i] = 1;
        assert_int_equal(file->pMethods->xWrite(file, page, sizeof page, 4096), SQLITE_IOERR_WRITE);
        page[i] = 0;
    }
    vault_close(&handle);
}

/* Detail 1. */
static void a_first_page_of_other_sizes_is_not_written(void **state)
{
    (void)state;
    struct vault_handle handle;
    uint8_t page[MIR_PAGE_SIZE] = { 0 };
    vault_open(&handle, &vault_fixture, "a.db");
    sqlite3_file *file = file_of(&handle);
    assert_int_equal(file->pMethods->xWrite(file, page, sizeof page, 0), SQLITE_IOERR_WRITE);
    page[16] = 16;
    assert_int_equal(file->pMethods->xWrite(file, page, sizeof page, 0), SQLITE_IOERR_WRITE);
    page[20] = MIR_PAGE_RESERVE;
    assert_int_equal(file->pMethods->xWrite(file, page, sizeof page, 0), SQLITE_OK);
    page[16] = 32;
    assert_int_equal(file->pMethods->xWrite(file, page, sizeof page, 0), SQLITE_IOERR_WRITE);
    page[16] = 16;
    page[17] = 1;
    assert_int_equal(file->pMethods->xWrite(file, page, sizeof page, 0), SQLITE_IOERR_WRITE);
    vault_close(&handle);
}

/* Detail 1. */
static void a_changed_page_size_is_refused(void **state)
{
    (void)state;
    struct vault_handle handle;
    vault_open(&handle, &vault_fixture, "a.db");
    vault_run(&handle, "CREATE TABLE t (n INTEGER PRIMARY KEY, s)");
    vault_fill(&handle, 0, 50);
    assert_int_not_equal(vault_try(&handle, "PRAGMA page_size=8192; VACUUM"), SQLITE_OK);
    assert_int_not_equal(vault_try(&handle, "PRAGMA page_size=1024; VACUUM"), SQLITE_OK);
    vault_close(&handle);
    vault_open(&handle, &vault_fixture, "a.db");
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t"), 50);
    vault_close(&handle);
    assert_false(vault_folder_holds(&vault_fixture, VAULT_WORDS, strlen(VAULT_WORDS)));
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct mir_page_nonce));
}

static void no_nonce_is_used_twice(void **state)
{
    (void)state;
    enum { WRITES = 200 };
    static struct mir_page_nonce seen[WRITES];
    struct vault_handle handle;
    struct vault_handle other;
    uint8_t page[MIR_PAGE_SIZE] = { 0 };
    vault_open(&handle, &vault_fixture, "a.db");
    vault_open(&other, &vault_fixture, "a.db");
    for (size_t i = 0; i < WRITES; i++) {
        sqlite3_file *file = file_of(i % 2 ? &handle : &other);
        assert_int_equal(file->pMethods->xWrite(file, page, sizeof page, 4096), SQLITE_OK);
        vault_file_read(&vault_fixture, "a.db", 4096 + 4056, &seen[i], sizeof seen[i]);
    }
    qsort(seen, WRITES, sizeof seen[0], compare);
    for (size_t i = 1; i < WRITES; i++) {
        assert_int_not_equal(compare(&seen[i - 1], &seen[i]), 0);
    }
    vault_close(&handle);
    vault_close(&other);
}

static void the_last_damage_is_told(void **state)
{
    (void)state;
    struct vault_handle handle;
    struct mir_vault_damage damage;
    vault_open(&handle, &vault_fixture, "a.db");
    vault_run(&handle, "CREATE TABLE t (n INTEGER PRIMARY KEY, s)");
    vault_fill(&handle, 0, 50);
    mir_vault_damage(&damage, handle.vault);
    assert_int_equal(damage.page, 0);
    vault_close(&handle);
    vault_file_flip(&vault_fixture, "a.db", (2 * 4096 + 100) * 8);
    vault_open(&handle, &vault_fixture, "a.db");
    assert_int_equal(vault_try(&handle, "SELECT sum(length(s)) FROM t"), SQLITE_IOERR_DATA);
    mir_vault_damage(&damage, handle.vault);
    assert_int_equal(damage.role, MIR_PAGE_DATABASE);
    assert_string_equal(damage.file, "a.db");
    assert_int_equal(damage.page, 3);
    assert_int_equal(damage.frame, 0);
    vault_close(&handle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_page_without_its_reserve_is_not_written, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_first_page_of_other_sizes_is_not_written, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_changed_page_size_is_refused, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(no_nonce_is_used_twice, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(the_last_damage_is_told, vault_set_up, vault_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
