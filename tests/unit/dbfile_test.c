/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/dbfile_test.c - pages of the database: damage, swaps, and a first page torn by a power cut.
 */
#include "vaultin.h"

#include "vault_fixture.h"

#include <stdio.h>
#include <string.h>

static void make(int rows)
{
    struct vault_handle handle;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, rows);
    vault_close(&handle);
}

/* Reads every row; the code of the first failure, of opening too. */
static int read_all(const char *name, const char **damage)
{
    struct vault_handle handle;
    static char text[MIR_VAULT_DAMAGE_TEXT_SIZE];
    int rc = vault_try_open(&handle, &vault_fixture, name, &vault_fixture.key);
    if (rc == SQLITE_OK) {
        rc = vault_try(&handle, "SELECT sum(length(s)) FROM t");
    }
    (void)snprintf(text, sizeof text, "%s", vault_damage(&handle));
    *damage = text;
    vault_close(&handle);
    return rc;
}

static void a_flipped_bit_is_named_by_file_and_page(void **state)
{
    (void)state;
    make(60);
    const char *damage = NULL;
    char wanted[64];
    assert_int_equal(vault_file_size(&vault_fixture, "a.db") % 4096, 0);
    long pages = vault_file_size(&vault_fixture, "a.db") / 4096;
    assert_in_range(pages, 4, 20);
    assert_int_equal(read_all("a.db", &damage), SQLITE_OK);
    for (long page = 0; page < pages; page++) {
        for (long at = 0; at < 4096; at += 373) {
            long bit = (page * 4096 + at) * 8 + at % 8;
            vault_file_flip(&vault_fixture, "a.db", bit);
            assert_int_equal(read_all("a.db", &damage), SQLITE_IOERR_DATA);
            (void)snprintf(wanted, sizeof wanted, "page %ld of a.db does not open", page + 1);
            assert_string_equal(damage, wanted);
            vault_file_flip(&vault_fixture, "a.db", bit);
        }
    }
    assert_int_equal(read_all("a.db", &damage), SQLITE_OK);
}

static void pages_cannot_be_swapped(void **state)
{
    (void)state;
    uint8_t one[MIR_PAGE_SIZE];
    uint8_t other[MIR_PAGE_SIZE];
    const char *damage = NULL;
    make(60);
    vault_file_read(&vault_fixture, "a.db", 2 * 4096, one, sizeof one);
    vault_file_read(&vault_fixture, "a.db", 3 * 4096, other, sizeof other);
    vault_file_write(&vault_fixture, "a.db", 2 * 4096, other, sizeof other);
    vault_file_write(&vault_fixture, "a.db", 3 * 4096, one, sizeof one);
    assert_int_equal(read_all("a.db", &damage), SQLITE_IOERR_DATA);
    assert_string_equal(damage, "page 3 of a.db does not open");
}

static void pages_of_a_wal_are_none_of_a_database(void **state)
{
    (void)state;
    struct vault_handle handle;
    uint8_t frame[MIR_FRAME_SIZE];
    const char *damage = NULL;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 30);
    long last = vault_file_size(&vault_fixture, "a.db-wal") - MIR_FRAME_SIZE;
    vault_file_read(&vault_fixture, "a.db-wal", last, frame, sizeof frame);
    vault_run(&handle, "PRAGMA wal_checkpoint(TRUNCATE)");
    vault_close(&handle);
    long at = (long)(mir_be32(frame) - 1) * 4096;
    vault_file_write(&vault_fixture, "a.db", at, frame + MIR_FRAME_HEADER_SIZE, MIR_PAGE_SIZE);
    assert_int_equal(read_all("a.db", &damage), SQLITE_IOERR_DATA);
}

/* Not defended: docs/THREATS.md says so. */
static void a_page_set_back_to_its_older_version_opens(void **state)
{
    (void)state;
    struct vault_handle handle;
    uint8_t older[MIR_PAGE_SIZE];
    make(3);
    vault_file_read(&vault_fixture, "a.db", 4096, older, sizeof older);
    vault_open(&handle, &vault_fixture, "a.db");
    vault_run(&handle, "DELETE FROM t WHERE n = 1");
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t"), 2);
    vault_close(&handle);
    vault_file_write(&vault_fixture, "a.db", 4096, older, sizeof older);
    vault_open(&handle, &vault_fixture, "a.db");
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t"), 3);
    vault_close(&handle);
}

/* Detail 8. */
static void a_page_of_zeros_is_refused(void **state)
{
    (void)state;
    static const uint8_t zeros[MIR_PAGE_SIZE];
    const char *damage = NULL;
    make(60);
    vault_file_write(&vault_fixture, "a.db", 3 * 4096, zeros, sizeof zeros);
    assert_int_equal(read_all("a.db", &damage), SQLITE_IOERR_DATA);
    assert_string_equal(damage, "page 4 of a.db does not open");
}

static void a_page_cut_off_is_damage(void **state)
{
    (void)state;
    struct vault_handle handle;
    uint8_t page[MIR_PAGE_SIZE];
    make(60);
    vault_file_copy(&vault_fixture, "a.db", "b.db");
    vault_file_write(&vault_fixture, "b.db", vault_file_size(&vault_fixture, "a.db"), "rest", 4);
    vault_open(&handle, &vault_fixture, "b.db");
    sqlite3_file *file = NULL;
    assert_int_equal(
        sqlite3_file_control(handle.sql, "main", SQLITE_FCNTL_FILE_POINTER, &file), SQLITE_OK);
    sqlite3_int64 end = vault_file_size(&vault_fixture, "a.db");
    assert_int_equal(file->pMethods->xRead(file, page, sizeof page, end), SQLITE_IOERR_DATA);
    assert_int_equal(
        file->pMethods->xRead(file, page, sizeof page, end + 4096), SQLITE_IOERR_SHORT_READ);
    assert_int_equal(file->pMethods->xRead(file, page, 512, 4096), SQLITE_IOERR_READ);
    assert_int_equal(file->pMethods->xWrite(file, page, 512, 4096), SQLITE_IOERR_WRITE);
    vault_close(&handle);
}

static void tear_first_page(const char *name)
{
    static const uint8_t rubbish[1024] = { 0x5a };
    vault_file_write(&vault_fixture, name, 1024, rubbish, sizeof rubbish);
}

/* Detail 5. */
static void a_torn_first_page_is_read_from_the_wal(void **state)
{
    (void)state;
    struct vault_handle handle;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 30);
    vault_copy_killed(&vault_fixture, "a.db", "b.db");
    vault_close(&handle);
    tear_first_page("b.db");
    vault_copy_killed(&vault_fixture, "b.db", "c.db");
    assert_int_equal(
        vault_try_open(&handle, &vault_fixture, "b.db", &vault_fixture.other), SQLITE_IOERR_DATA);
    vault_close(&handle);
    assert_true(vault_file_same(&vault_fixture, "b.db", "c.db"));
    assert_true(vault_file_same(&vault_fixture, "b.db-wal", "c.db-wal"));
    vault_open(&handle, &vault_fixture, "b.db");
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t"), 30);
    vault_close(&handle);
    /* Without a frame that opens, nothing vouches for the key. */
    vault_file_flip(&vault_fixture, "c.db-wal", (32 + 24 + 50) * 8);
    assert_int_equal(
        vault_try_open(&handle, &vault_fixture, "c.db", &vault_fixture.key), SQLITE_IOERR_DATA);
    vault_close(&handle);
}

/* Detail 5: SQLite learns nothing at all, not even that a WAL may be there. */
static void a_wrong_key_does_not_come_as_far_as_the_wal(void **state)
{
    (void)state;
    struct vault_handle handle;
    struct mir_vault *wrong = NULL;
    struct mir_vault_options options = { .key = &vault_fixture.other };
    sqlite3 *sql = NULL;
    char path[96];
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 5);
    vault_path(path, &vault_fixture, "a.db");
    assert_int_equal(mir_vault_open(&wrong, &vault_fixture.test.env, &options, NULL), MIRSAL_OK);
    assert_int_not_equal(
        sqlite3_open_v2(path, &sql, SQLITE_OPEN_READWRITE, mir_vault_vfs(wrong)), SQLITE_OK);
    assert_int_equal(sqlite3_extended_errcode(sql), SQLITE_IOERR_DATA);
    assert_int_equal(sqlite3_close(sql), SQLITE_OK);
    mir_vault_close(wrong);
    vault_close(&handle);
}

/* Detail 5. */
static void a_torn_first_page_is_restored_from_the_journal(void **state)
{
    (void)state;
    struct vault_handle handle;
    vault_open(&handle, &vault_fixture, "a.db");
    vault_run(&handle, "CREATE TABLE t (n INTEGER PRIMARY KEY, s)");
    vault_fill(&handle, 0, 60);
    vault_run(&handle, "PRAGMA cache_size=2; PRAGMA cache_spill=2; BEGIN;"
                       "CREATE TABLE u (n); UPDATE t SET s = s || 'x'");
    vault_copy_killed(&vault_fixture, "a.db", "b.db");
    vault_close(&handle);
    tear_first_page("b.db");
    vault_copy_killed(&vault_fixture, "b.db", "c.db");
    assert_int_equal(
        vault_try_open(&handle, &vault_fixture, "b.db", &vault_fixture.other), SQLITE_IOERR_DATA);
    vault_close(&handle);
    assert_true(vault_file_same(&vault_fixture, "b.db-journal", "c.db-journal"));
    vault_open(&handle, &vault_fixture, "b.db");
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t WHERE s NOT LIKE '%x'"), 60);
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM sqlite_master"), 1);
    vault_close(&handle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_flipped_bit_is_named_by_file_and_page, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(pages_cannot_be_swapped, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            pages_of_a_wal_are_none_of_a_database, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_page_set_back_to_its_older_version_opens, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(a_page_of_zeros_is_refused, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(a_page_cut_off_is_damage, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_wrong_key_does_not_come_as_far_as_the_wal, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_torn_first_page_is_read_from_the_wal, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_torn_first_page_is_restored_from_the_journal, vault_set_up, vault_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
