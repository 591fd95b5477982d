/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/vault_test.c - SQLite works through a vault as without one; nothing is clear on the disk; a
 * wrong key opens nothing and changes nothing.
 */
#include "vault.h"

#include "vault_fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int holds_clear_text(void)
{
    return vault_folder_holds(&vault_fixture, VAULT_WORDS, strlen(VAULT_WORDS)) ||
           vault_folder_holds(&vault_fixture, "CREATE TABLE", 12) ||
           vault_folder_holds(&vault_fixture, "SQLite format", 13);
}

static void what_is_written_is_read_and_never_clear(void **state)
{
    (void)state;
    struct vault_handle handle;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 50);
    assert_false(holds_clear_text());
    vault_run(&handle, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE; BEGIN;"
                       "PRAGMA cache_size=2; PRAGMA cache_spill=2; UPDATE t SET s = s || 'x'");
    assert_true(vault_file_size(&vault_fixture, "a.db-journal") > 4096);
    assert_false(holds_clear_text());
    vault_run(&handle, "ROLLBACK");
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t WHERE s LIKE '%mill%'"), 50);
    vault_close(&handle);
    assert_false(holds_clear_text());
    vault_open(&handle, &vault_fixture, "a.db");
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t WHERE s LIKE '%mill%'"), 50);
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM pragma_integrity_check"
                                        " WHERE integrity_check = 'ok'"),
        1);
    vault_close(&handle);
}

static void sqlite_s_own_tools_work(void **state)
{
    (void)state;
    struct vault_handle handle;
    struct vault_handle copy;
    char sql[160];
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_run(&handle, "CREATE VIRTUAL TABLE f USING fts5(w);"
                       "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1, y0, y1);"
                       "INSERT INTO r VALUES (1, 0, 1, 0, 1);"
                       "INSERT INTO f VALUES ('" VAULT_WORDS "'); BEGIN; SAVEPOINT s");
    vault_fill(&handle, 0, 300);
    vault_run(&handle, "ROLLBACK TO s; COMMIT");
    vault_fill(&handle, 0, 100);
    vault_run(&handle, "DELETE FROM t WHERE n % 2; VACUUM");
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t"), 50);
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM f WHERE f MATCH 'mill'"), 1);
    assert_int_equal(vault_int(&handle, "SELECT id FROM r WHERE x0 <= 0.5 AND y1 >= 0.5"), 1);
    (void)snprintf(sql, sizeof sql, "VACUUM INTO '%s/b.db'", vault_fixture.folder);
    vault_run(&handle, sql);
    vault_open(&copy, &vault_fixture, "b.db");
    assert_int_equal(vault_int(&copy, "SELECT count(*) FROM t"), 50);
    vault_close(&copy);
    assert_int_equal(
        vault_try_open(&copy, &vault_fixture, "c.db", &vault_fixture.other), SQLITE_OK);
    sqlite3_backup *backup = sqlite3_backup_init(copy.sql, "main", handle.sql, "main");
    assert_non_null(backup);
    assert_int_equal(sqlite3_backup_step(backup, -1), SQLITE_DONE);
    assert_int_equal(sqlite3_backup_finish(backup), SQLITE_OK);
    assert_int_equal(vault_int(&copy, "SELECT count(*) FROM t"), 50);
    vault_close(&copy);
    vault_close(&handle);
    assert_false(holds_clear_text());
    assert_int_equal(
        vault_try_open(&copy, &vault_fixture, "c.db", &vault_fixture.key), SQLITE_IOERR_DATA);
    vault_close(&copy);
}

static void several_connections_share_a_database(void **state)
{
    (void)state;
    struct vault_handle one;
    struct vault_handle other;
    sqlite3 *third = NULL;
    char path[96];
    vault_open_wal(&one, &vault_fixture, "a.db");
    vault_open_wal(&other, &vault_fixture, "a.db");
    vault_path(path, &vault_fixture, "a.db");
    assert_int_equal(
        sqlite3_open_v2(path, &third, SQLITE_OPEN_READWRITE, mir_vault_vfs(one.vault)), SQLITE_OK);
    vault_fill(&one, 0, 20);
    assert_int_equal(vault_int(&other, "SELECT count(*) FROM t"), 20);
    vault_run(&other, "PRAGMA wal_checkpoint(RESTART)");
    vault_fill(&other, 20, 20);
    assert_int_equal(vault_int(&one, "SELECT count(*) FROM t"), 40);
    struct vault_handle borrowed = { one.vault, third };
    assert_int_equal(vault_int(&borrowed, "SELECT count(*) FROM t"), 40);
    assert_int_equal(sqlite3_close(third), SQLITE_OK);
    vault_close(&one);
    vault_close(&other);
}

static void a_wrong_key_leaves_a_hot_wal_alone(void **state)
{
    (void)state;
    struct vault_handle handle;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 50);
    vault_copy_killed(&vault_fixture, "a.db", "b.db");
    vault_copy_killed(&vault_fixture, "b.db", "c.db");
    vault_close(&handle);
    assert_int_equal(
        vault_try_open(&handle, &vault_fixture, "b.db", &vault_fixture.other), SQLITE_IOERR_DATA);
    assert_string_equal(vault_damage(&handle), "page 1 of b.db does not open");
    vault_close(&handle);
    assert_true(vault_file_same(&vault_fixture, "b.db", "c.db"));
    assert_true(vault_file_same(&vault_fixture, "b.db-wal", "c.db-wal"));
    vault_open(&handle, &vault_fixture, "b.db");
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t"), 50);
    vault_close(&handle);
}

static void a_forgotten_prepare_writes_nothing(void **state)
{
    (void)state;
    struct mir_vault *vault = NULL;
    struct mir_vault_options options = { .key = &vault_fixture.key };
    sqlite3 *sql = NULL;
    char path[96];
    vault_path(path, &vault_fixture, "a.db");
    assert_int_equal(mir_vault_open(&vault, &vault_fixture.test.env, &options, NULL), MIRSAL_OK);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    assert_int_equal(sqlite3_open_v2(path, &sql, flags, mir_vault_vfs(vault)), SQLITE_OK);
    assert_int_equal(sqlite3_exec(sql, "CREATE TABLE t (n)", NULL, NULL, NULL), SQLITE_IOERR);
    assert_int_equal(sqlite3_close(sql), SQLITE_OK);
    mir_vault_close(vault);
    assert_int_equal(vault_file_size(&vault_fixture, "a.db"), 0);
}

static void an_attached_database_is_sealed_or_refused(void **state)
{
    (void)state;
    struct vault_handle handle;
    char sql[160];
    vault_open(&handle, &vault_fixture, "a.db");
    vault_run(&handle, "CREATE TABLE t (n, s)");
    vault_fill(&handle, 0, 3);
    (void)snprintf(sql, sizeof sql, "ATTACH '%s/b.db' AS b", vault_fixture.folder);
    vault_run(&handle, sql);
    assert_int_equal(
        vault_try(&handle, "CREATE TABLE b.t AS SELECT * FROM main.t"), SQLITE_IOERR_WRITE);
    vault_close(&handle);
    assert_int_equal(vault_file_size(&vault_fixture, "b.db"), 0);
    assert_false(holds_clear_text());
}

static void files_are_private(void **state)
{
    (void)state;
    static const char *const names[] = { "a.db", "a.db-wal", "a.db-shm" };
    struct vault_handle handle;
    struct stat status;
    char path[96];
    vault_open_wal(&handle, &vault_fixture, "a.db");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        vault_path(path, &vault_fixture, names[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
    vault_close(&handle);
}

static void a_vault_that_cannot_be_opened_leaves_nothing(void **state)
{
    (void)state;
    struct mir_vault *vault = NULL;
    struct mir_vault_options options = { .key = &vault_fixture.key, .under = "no such" };
    assert_int_equal(
        mir_vault_open(&vault, &vault_fixture.test.env, &options, NULL), MIRSAL_MISUSE);
    assert_null(vault);
    options.under = NULL;
    vault_fixture.test.fail_at = vault_fixture.test.allocations + 1;
    assert_int_equal(
        mir_vault_open(&vault, &vault_fixture.test.env, &options, NULL), MIRSAL_NO_MEMORY);
    assert_null(vault);
    assert_int_equal(mir_vault_open(&vault, &vault_fixture.test.env, &options, NULL), MIRSAL_OK);
    char name[64];
    (void)snprintf(name, sizeof name, "%s", mir_vault_vfs(vault));
    assert_non_null(sqlite3_vfs_find(name));
    mir_vault_close(vault);
    assert_null(sqlite3_vfs_find(name));
}

static void damage_has_words(void **state)
{
    (void)state;
    char text[MIR_VAULT_DAMAGE_TEXT_SIZE];
    struct mir_vault_damage damage = { MIR_PAGE_WAL, "a.db-wal", 12, 3 };
    mir_vault_damage_text(text, sizeof text, &damage);
    assert_string_equal(text, "page 12 in frame 3 of a.db-wal does not open");
    damage.page = 0;
    mir_vault_damage_text(text, sizeof text, &damage);
    assert_string_equal(text, "frame 3 of a.db-wal is damaged");
    damage.frame = 0;
    mir_vault_damage_text(text, sizeof text, &damage);
    assert_string_equal(text, "the header of a.db-wal is damaged");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            what_is_written_is_read_and_never_clear, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(sqlite_s_own_tools_work, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            several_connections_share_a_database, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_wrong_key_leaves_a_hot_wal_alone, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_forgotten_prepare_writes_nothing, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            an_attached_database_is_sealed_or_refused, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(files_are_private, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_vault_that_cannot_be_opened_leaves_nothing, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(damage_has_words, vault_set_up, vault_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
