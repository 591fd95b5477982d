/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/journalfile_test.c - rollback journals: rolled back, torn, damaged, and under a wrong key.
 */
#include "vaultin.h"

#include "vault_fixture.h"

#include <stdio.h>
#include <string.h>

#define RECORD_SIZE (4096 + 8)

/*
 * m.db without a WAL, 200 rows, in a transaction that has written to it: its journal is synced. A
 * killed process leaves that as a.db.
 */
static void begin_spilled(struct vault_handle *handle)
{
    vault_open(handle, &vault_fixture, "m.db");
    vault_run(handle, "PRAGMA synchronous=FULL; CREATE TABLE t (n INTEGER PRIMARY KEY, s)");
    vault_fill(handle, 0, 200);
    vault_run(handle, "PRAGMA cache_size=4; PRAGMA cache_spill=4; BEGIN;"
                      "UPDATE t SET s = s || 'x' WHERE n < 190");
    vault_copy_killed(&vault_fixture, "m.db", "a.db");
}

static uint32_t counted(const char *name, long at)
{
    uint8_t header[12];
    vault_file_read(&vault_fixture, name, at, header, sizeof header);
    return mir_be32(header) == 0xd9d505f9 ? mir_be32(header + 8) : 0;
}

/* Rows as they were after b.db, a copy of a.db, is rolled back; -1 and what is damaged. */
static int64_t roll_back(const char **damage)
{
    static char text[MIR_VAULT_DAMAGE_TEXT_SIZE];
    struct vault_handle handle;
    int64_t rows = -1;
    vault_copy_killed(&vault_fixture, "a.db", "b.db");
    int rc = vault_try_open(&handle, &vault_fixture, "b.db", &vault_fixture.key);
    if (rc == SQLITE_OK) {
        rows = vault_int(&handle, "SELECT count(*) FROM t WHERE s LIKE 'seen by the mill %'"
                                  " AND s NOT LIKE '%x'");
        assert_int_equal(vault_int(&handle, "SELECT count(*) FROM pragma_integrity_check"
                                            " WHERE integrity_check = 'ok'"),
            1);
    } else {
        assert_int_equal(rc, SQLITE_IOERR_DATA);
    }
    (void)snprintf(text, sizeof text, "%s", vault_damage(&handle));
    *damage = text;
    vault_close(&handle);
    return rows;
}

static void a_hot_journal_is_rolled_back(void **state)
{
    (void)state;
    struct vault_handle handle;
    const char *damage = NULL;
    begin_spilled(&handle);
    assert_in_range(counted("a.db-journal", 0), 2, 100);
    assert_false(vault_folder_holds(&vault_fixture, VAULT_WORDS, strlen(VAULT_WORDS)));
    assert_int_equal(roll_back(&damage), 200);
    assert_int_equal(vault_file_size(&vault_fixture, "b.db-journal"), -1);
    vault_run(&handle, "ROLLBACK");
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t WHERE s NOT LIKE '%x'"), 200);
    vault_close(&handle);
}

static void a_damaged_record_is_named_and_kept(void **state)
{
    (void)state;
    struct vault_handle handle;
    const char *damage = NULL;
    char wanted[64];
    begin_spilled(&handle);
    uint32_t records = counted("a.db-journal", 0);
    for (uint32_t i = 0; i < records; i++) {
        uint8_t number[4];
        long at = 512 + (long)i * RECORD_SIZE;
        vault_file_read(&vault_fixture, "a.db-journal", at, number, sizeof number);
        for (long place = 4; place < 4100; place += 911) {
            long bit = (at + place) * 8 + place % 8;
            vault_file_flip(&vault_fixture, "a.db-journal", bit);
            assert_int_equal(roll_back(&damage), -1);
            (void)snprintf(wanted, sizeof wanted, "page %u of b.db-journal does not open",
                (unsigned)mir_be32(number));
            assert_string_equal(damage, wanted);
            assert_true(vault_file_same(&vault_fixture, "a.db-journal", "b.db-journal"));
            vault_file_flip(&vault_fixture, "a.db-journal", bit);
        }
    }
    assert_int_equal(roll_back(&damage), 200);
    vault_close(&handle);
}

/* Detail 4: what was not yet counted may be torn, and ends the journal. */
static void a_torn_record_ends_the_journal(void **state)
{
    (void)state;
    struct vault_handle handle;
    const char *damage = NULL;
    static const uint8_t rubbish[512] = { 0x77 };
    begin_spilled(&handle);
    long segment = 0;
    while (counted("a.db-journal", segment) != 0) {
        segment += 512 + (long)counted("a.db-journal", segment) * RECORD_SIZE;
        segment = (segment + 511) / 512 * 512;
    }
    assert_true(vault_file_size(&vault_fixture, "a.db-journal") >= segment + 512 + RECORD_SIZE);
    vault_file_write(&vault_fixture, "a.db-journal", segment + 512 + 1000, rubbish, sizeof rubbish);
    assert_int_equal(roll_back(&damage), 200);
    vault_close(&handle);
}

/* What this process wrote itself cannot be torn; ROLLBACK itself tells of no failure. */
static void an_own_rollback_does_not_stop_halfway(void **state)
{
    (void)state;
    struct vault_handle handle;
    begin_spilled(&handle);
    vault_file_flip(&vault_fixture, "m.db-journal", (512 + 300) * 8);
    (void)vault_try(&handle, "ROLLBACK");
    assert_non_null(strstr(vault_damage(&handle), "of m.db-journal does not open"));
    assert_int_equal(vault_try(&handle, "SELECT count(*) FROM t"), SQLITE_IOERR_DATA);
    vault_file_flip(&vault_fixture, "m.db-journal", (512 + 300) * 8);
    vault_close(&handle);
    vault_open(&handle, &vault_fixture, "m.db");
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t WHERE s NOT LIKE '%x'"), 200);
    vault_run(&handle, "PRAGMA cache_size=100; BEGIN; UPDATE t SET s = s || 'x'");
    vault_file_flip(
        &vault_fixture, "m.db-journal", (512 + 300) * 8); /* in a record not yet counted */
    (void)vault_try(&handle, "ROLLBACK");
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t WHERE s NOT LIKE '%x'"), 200);
    vault_close(&handle);
}

static void a_wrong_key_leaves_a_hot_journal_alone(void **state)
{
    (void)state;
    struct vault_handle handle;
    struct vault_handle wrong;
    begin_spilled(&handle);
    vault_copy_killed(&vault_fixture, "a.db", "b.db");
    assert_int_equal(
        vault_try_open(&wrong, &vault_fixture, "b.db", &vault_fixture.other), SQLITE_IOERR_DATA);
    vault_close(&wrong);
    assert_true(vault_file_same(&vault_fixture, "a.db", "b.db"));
    assert_true(vault_file_same(&vault_fixture, "a.db-journal", "b.db-journal"));
    vault_close(&handle);
}

static void savepoints_and_other_journal_modes_work(void **state)
{
    (void)state;
    static const char *const modes[] = { "TRUNCATE", "PERSIST", "MEMORY", "DELETE", "WAL" };
    struct vault_handle handle;
    char sql[64];
    vault_open(&handle, &vault_fixture, "a.db");
    vault_run(&handle, "CREATE TABLE t (n INTEGER PRIMARY KEY, s); PRAGMA cache_size=4");
    vault_fill(&handle, 0, 100);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        (void)snprintf(sql, sizeof sql, "PRAGMA journal_mode=%s", modes[i]);
        vault_run(&handle, sql);
        vault_run(&handle, "BEGIN; UPDATE t SET s = s || 'y'; SAVEPOINT a;"
                           "UPDATE t SET s = s || 'z'; ROLLBACK TO a; COMMIT");
        assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t WHERE s LIKE '%z'"), 0);
        vault_run(&handle, "BEGIN; DELETE FROM t; ROLLBACK");
        assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t WHERE s LIKE '%y'"), 100);
        assert_false(vault_folder_holds(&vault_fixture, VAULT_WORDS, strlen(VAULT_WORDS)));
    }
    vault_close(&handle);
}

static void only_records_and_headers_are_written(void **state)
{
    (void)state;
    struct vault_handle handle;
    sqlite3_file *file = NULL;
    uint8_t bytes[4096] = { 0 };
    begin_spilled(&handle);
    assert_int_equal(
        sqlite3_file_control(handle.sql, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file), SQLITE_OK);
    sqlite3_int64 end = vault_file_size(&vault_fixture, "m.db-journal") + 512;
    assert_int_equal(file->pMethods->xWrite(file, bytes, 512, end), SQLITE_OK);
    bytes[300] = 1;
    assert_int_equal(file->pMethods->xWrite(file, bytes, 512, end), SQLITE_IOERR_WRITE);
    assert_int_equal(file->pMethods->xWrite(file, bytes, 29, end), SQLITE_IOERR_WRITE);
    assert_int_equal(file->pMethods->xWrite(file, bytes, 1024, end), SQLITE_IOERR_WRITE);
    bytes[4095] = 1;
    assert_int_equal(file->pMethods->xWrite(file, bytes, 4096, end), SQLITE_IOERR_WRITE);
    vault_run(&handle, "ROLLBACK");
    vault_close(&handle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_hot_journal_is_rolled_back, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_damaged_record_is_named_and_kept, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_torn_record_ends_the_journal, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            an_own_rollback_does_not_stop_halfway, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_wrong_key_leaves_a_hot_journal_alone, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            savepoints_and_other_journal_modes_work, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            only_records_and_headers_are_written, vault_set_up, vault_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
