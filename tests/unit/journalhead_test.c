/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/journalhead_test.c - a journal's header that was changed stops the rollback and is named.
 */
#include "journalhead.h"

#include "vault_fixture.h"

#include <string.h>

/* a.db as a killed process leaves it in a transaction that has written to it. */
static void make_hot(const char *mode)
{
    struct vault_handle handle;
    vault_open(&handle, &vault_fixture, "m.db");
    vault_run(&handle, mode);
    vault_run(&handle, "PRAGMA synchronous=FULL; CREATE TABLE t (n INTEGER PRIMARY KEY, s)");
    vault_fill(&handle, 0, 200);
    vault_run(&handle, "PRAGMA cache_size=4; PRAGMA cache_spill=4; BEGIN;"
                       "UPDATE t SET s = s || 'x' WHERE n < 190");
    vault_copy_killed(&vault_fixture, "m.db", "a.db");
    vault_run(&handle, "ROLLBACK");
    vault_close(&handle);
}

/* Rows as they were, -1 when the header is named as damaged. */
static int64_t roll_back(void)
{
    struct vault_handle handle;
    int64_t rows = -1;
    vault_copy_killed(&vault_fixture, "a.db", "b.db");
    int rc = vault_try_open(&handle, &vault_fixture, "b.db", &vault_fixture.key);
    if (rc == SQLITE_OK) {
        rows = vault_int(&handle, "SELECT count(*) FROM t WHERE s NOT LIKE '%x'");
    } else {
        assert_int_equal(rc, SQLITE_IOERR_DATA);
        assert_string_equal(vault_damage(&handle), "the header of b.db-journal is damaged");
        assert_true(vault_file_same(&vault_fixture, "a.db-journal", "b.db-journal"));
    }
    vault_close(&handle);
    return rows;
}

static void no_bit_of_a_header_may_change(void **state)
{
    (void)state;
    uint8_t start[8];
    make_hot("PRAGMA journal_mode=DELETE");
    vault_file_read(&vault_fixture, "a.db-journal", 0, start, sizeof start);
    assert_true(mir_journal_has_magic(start));
    assert_int_equal(roll_back(), 200);
    for (long bit = 0; bit < (MIR_JOURNAL_FIELDS_SIZE + MIR_PAGE_RESERVE) * 8; bit += 7) {
        vault_file_flip(&vault_fixture, "a.db-journal", bit);
        assert_int_equal(roll_back(), -1);
        vault_file_flip(&vault_fixture, "a.db-journal", bit);
    }
    assert_int_equal(roll_back(), 200);
}

/* Not even a sector is sure to be written whole: nothing of the database was yet. */
static void a_start_without_its_tag_is_no_damage(void **state)
{
    (void)state;
    struct vault_handle handle;
    uint8_t header[MIR_JOURNAL_HEADER_SIZE];
    uint8_t start[MIR_JOURNAL_START_SIZE];
    sqlite3_file *file = NULL;
    vault_open(&handle, &vault_fixture, "c.db");
    vault_run(&handle, "CREATE TABLE t (n INTEGER PRIMARY KEY, s); BEGIN;"
                       "INSERT INTO t VALUES (1, 2)");
    assert_int_equal(
        sqlite3_file_control(handle.sql, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file), SQLITE_OK);
    vault_file_read(&vault_fixture, "c.db-journal", 0, header, sizeof header);
    make_hot("PRAGMA journal_mode=DELETE");
    vault_file_read(&vault_fixture, "a.db-journal", 0, start, sizeof start);
    assert_true(mir_journal_has_magic(start));
    vault_file_write(&vault_fixture, "c.db-journal", 0, header, sizeof header);
    vault_file_write(&vault_fixture, "c.db-journal", 0, start, sizeof start);
    assert_int_equal(mir_journal_head_check(mir_vault_file_of(file), 0), SQLITE_OK);
    vault_file_flip(&vault_fixture, "c.db-journal", 14 * 8);
    assert_int_equal(mir_journal_head_check(mir_vault_file_of(file), 0), SQLITE_IOERR_DATA);
    vault_file_flip(&vault_fixture, "c.db-journal", 14 * 8);
    vault_close(&handle);
}

/* A journal that is kept: its header is put out of force and into force again. */
static void a_journal_is_used_again(void **state)
{
    (void)state;
    uint8_t start[8];
    make_hot("PRAGMA journal_mode=PERSIST");
    vault_file_read(&vault_fixture, "m.db-journal", 0, start, sizeof start);
    assert_int_equal(start[0], 0);
    assert_int_equal(roll_back(), 200);
    struct vault_handle handle;
    vault_open(&handle, &vault_fixture, "b.db");
    vault_run(&handle, "PRAGMA journal_mode=PERSIST; PRAGMA cache_size=4; PRAGMA cache_spill=4");
    for (int i = 0; i < 3; i++) {
        vault_run(&handle, "BEGIN; UPDATE t SET s = s || 'y'; ROLLBACK; DELETE FROM t WHERE n ="
                           " (SELECT max(n) FROM t)");
    }
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t WHERE s NOT LIKE '%y'"), 197);
    vault_close(&handle);
}

static void a_header_of_another_key_is_damage(void **state)
{
    (void)state;
    struct vault_handle handle;
    sqlite3_file *file = NULL;
    make_hot("PRAGMA journal_mode=DELETE");
    assert_int_equal(
        vault_try_open(&handle, &vault_fixture, "c.db", &vault_fixture.other), SQLITE_OK);
    vault_run(&handle, "CREATE TABLE t (n); BEGIN; INSERT INTO t VALUES (1)");
    assert_int_equal(
        sqlite3_file_control(handle.sql, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file), SQLITE_OK);
    uint8_t header[MIR_JOURNAL_HEADER_SIZE];
    vault_file_read(&vault_fixture, "a.db-journal", 0, header, sizeof header);
    assert_int_equal(mir_journal_head_check(mir_vault_file_of(file), 0), SQLITE_OK);
    vault_file_write(&vault_fixture, "c.db-journal", 0, header, sizeof header);
    assert_int_equal(mir_journal_head_check(mir_vault_file_of(file), 0), SQLITE_IOERR_DATA);
    vault_run(&handle, "ROLLBACK");
    vault_close(&handle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            no_bit_of_a_header_may_change, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_start_without_its_tag_is_no_damage, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(a_journal_is_used_again, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_header_of_another_key_is_damage, vault_set_up, vault_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
