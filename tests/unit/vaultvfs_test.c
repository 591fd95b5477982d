/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/vaultvfs_test.c - which files are opened and deleted, and a vault for reading alone.
 */
#include "vaultin.h"

#include "vault_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Detail 7. */
static void every_other_file_is_refused(void **state)
{
    (void)state;
    static const int kinds[] = { SQLITE_OPEN_TEMP_DB, SQLITE_OPEN_TRANSIENT_DB,
        SQLITE_OPEN_TEMP_JOURNAL, SQLITE_OPEN_SUBJOURNAL, SQLITE_OPEN_SUPER_JOURNAL, 0 };
    struct vault_handle handle;
    char path[96];
    vault_open(&handle, &vault_fixture, "a.db");
    vault_path(path, &vault_fixture, "other");
    sqlite3_vfs *vfs = sqlite3_vfs_find(mir_vault_vfs(handle.vault));
    assert_non_null(vfs);
    sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
    assert_non_null(file);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        int flags = kinds[i] | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        assert_int_equal(vfs->xOpen(vfs, path, file, flags, NULL), SQLITE_CANTOPEN);
        assert_null(file->pMethods);
        assert_int_equal(vfs->xOpen(vfs, NULL, file, flags, NULL), SQLITE_CANTOPEN);
    }
    assert_int_equal(vault_file_size(&vault_fixture, "other"), -1);
    assert_null(vfs->xDlOpen(vfs, "libm.so.6"));
    free(file);
    vault_close(&handle);
}

/* Detail 7: what would spill stays in memory. */
static void large_sorts_and_statements_need_no_file(void **state)
{
    (void)state;
    struct vault_handle handle;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_run(&handle, "PRAGMA cache_size=8; BEGIN");
    vault_fill(&handle, 0, 3000);
    vault_run(&handle, "COMMIT; CREATE INDEX i ON t (s); BEGIN; CREATE TEMP TABLE u AS SELECT *"
                       " FROM t ORDER BY s DESC; SAVEPOINT a; UPDATE t SET s = s || 'x';"
                       "UPDATE OR FAIL t SET s = s || 'y'; ROLLBACK TO a; COMMIT; VACUUM");
    assert_int_equal(vault_int(&handle, "SELECT count(DISTINCT s) FROM t"), 3000);
    vault_close(&handle);
}

/* Detail 8: parameters stand behind the name that SQLite gives. */
static void parameters_of_a_uri_reach_the_vfs_beneath(void **state)
{
    (void)state;
    struct vault_handle handle;
    struct vault_handle reader;
    char uri[160];
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 3);
    vault_open(&reader, &vault_fixture, "b.db");
    (void)snprintf(
        uri, sizeof uri, "ATTACH 'file:%s/a.db?readonly_shm=1&mode=ro' AS a", vault_fixture.folder);
    vault_run(&reader, uri);
    assert_int_equal(vault_int(&reader, "SELECT count(*) FROM a.t"), 3);
    vault_close(&reader);
    vault_close(&handle);
}

static void a_foreign_wal_beside_an_empty_database_is_kept(void **state)
{
    (void)state;
    struct vault_handle handle;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 10);
    vault_copy_killed(&vault_fixture, "a.db", "b.db");
    vault_close(&handle);
    vault_file_remove(&vault_fixture, "b.db");
    assert_int_not_equal(
        vault_try_open(&handle, &vault_fixture, "b.db", &vault_fixture.other), SQLITE_OK);
    vault_close(&handle);
    assert_true(vault_file_size(&vault_fixture, "b.db-wal") > 4096);
}

/* The database came after the connection was opened: its first page was not read. */
static void a_foreign_wal_is_not_opened(void **state)
{
    (void)state;
    struct vault_handle handle;
    struct vault_handle wrong = { 0 };
    struct mir_vault_options options = { .key = &vault_fixture.other };
    char path[96];
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 10);
    vault_path(path, &vault_fixture, "b.db");
    assert_int_equal(
        mir_vault_open(&wrong.vault, &vault_fixture.test.env, &options, NULL), MIRSAL_OK);
    assert_int_equal(sqlite3_open_v2(path, &wrong.sql, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                         mir_vault_vfs(wrong.vault)),
        SQLITE_OK);
    assert_int_equal(sqlite3_extended_result_codes(wrong.sql, 1), SQLITE_OK);
    vault_copy_killed(&vault_fixture, "a.db", "b.db");
    assert_int_equal(vault_try(&wrong, "BEGIN IMMEDIATE"), SQLITE_IOERR_DATA);
    assert_int_equal(vault_file_size(&vault_fixture, "b.db-shm"), -1);
    vault_close(&wrong);
    assert_true(vault_file_same(&vault_fixture, "a.db-wal", "b.db-wal"));
    vault_close(&handle);
}

static void a_read_only_vault_reads_a_wal_and_writes_nothing(void **state)
{
    (void)state;
    struct vault_handle handle;
    struct vault_handle reader;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 3);
    assert_int_equal(vault_try_read_only(&reader, &vault_fixture, "a.db"), SQLITE_OK);
    assert_int_equal(vault_int(&reader, "SELECT count(*) FROM t"), 3);
    assert_int_equal(vault_try(&reader, "DELETE FROM t"), SQLITE_READONLY);
    vault_fill(&handle, 3, 2);
    assert_int_equal(vault_int(&reader, "SELECT count(*) FROM t"), 5);
    static const int which[] = { SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER };
    for (size_t i = 0; i < 2; i++) {
        sqlite3_file *file = NULL;
        static const uint8_t page[MIR_PAGE_SIZE];
        assert_int_equal(sqlite3_file_control(reader.sql, "main", which[i], &file), SQLITE_OK);
        assert_int_equal(
            file->pMethods->xWrite(file, page, 4096, i == 0 ? 8192 : 56), SQLITE_READONLY);
        assert_int_equal(file->pMethods->xTruncate(file, 0), SQLITE_READONLY);
    }
    sqlite3_vfs *vfs = sqlite3_vfs_find(mir_vault_vfs(reader.vault));
    char path[96];
    vault_path(path, &vault_fixture, "a.db-wal");
    assert_int_equal(vfs->xDelete(vfs, path, 0), SQLITE_READONLY);
    vault_close(&reader);
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t"), 5);
    vault_close(&handle);
}

static void a_read_only_vault_needs_no_wal_and_sees_one_come(void **state)
{
    (void)state;
    struct vault_handle handle;
    struct vault_handle reader;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 3);
    vault_close(&handle);
    assert_int_equal(vault_file_size(&vault_fixture, "a.db-wal"), -1);
    vault_file_copy(&vault_fixture, "a.db", "b.db");
    assert_int_equal(vault_try_read_only(&reader, &vault_fixture, "a.db"), SQLITE_OK);
    assert_int_equal(vault_int(&reader, "SELECT count(*) FROM t"), 3);
    assert_int_equal(vault_file_size(&vault_fixture, "a.db-wal"), -1);
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 3, 4);
    assert_int_equal(vault_int(&reader, "SELECT count(*) FROM t"), 7);
    vault_close(&reader);
    vault_close(&handle);
    assert_int_not_equal(vault_try_read_only(&reader, &vault_fixture, "none.db"), SQLITE_OK);
    vault_close(&reader);
    assert_int_equal(vault_file_size(&vault_fixture, "none.db"), -1);
}

/* Recovered in shared memory alone. */
static void a_read_only_vault_reads_a_log_that_was_left(void **state)
{
    (void)state;
    struct vault_handle handle;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 20);
    vault_copy_killed(&vault_fixture, "a.db", "b.db");
    vault_close(&handle);
    vault_copy_killed(&vault_fixture, "b.db", "c.db");
    assert_int_equal(vault_try_read_only(&handle, &vault_fixture, "b.db"), SQLITE_OK);
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t"), 20);
    vault_close(&handle);
    assert_true(vault_file_same(&vault_fixture, "b.db", "c.db"));
    assert_true(vault_file_same(&vault_fixture, "b.db-wal", "c.db-wal"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_other_file_is_refused, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            large_sorts_and_statements_need_no_file, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            parameters_of_a_uri_reach_the_vfs_beneath, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_foreign_wal_beside_an_empty_database_is_kept, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(a_foreign_wal_is_not_opened, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_read_only_vault_reads_a_wal_and_writes_nothing, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_read_only_vault_needs_no_wal_and_sees_one_come, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_read_only_vault_reads_a_log_that_was_left, vault_set_up, vault_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
