/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/vaultprobe_test.c - whether a file is one of the key, asked of its first page.
 */
#include "vaultprobe.h"

#include "vault_fixture.h"

static enum mir_probe probe(struct vault_handle *handle, const char *name, enum mir_page_role role)
{
    char path[96];
    vault_path(path, &vault_fixture, name);
    sqlite3_filename given = sqlite3_create_filename(path, "", "", 0, NULL);
    assert_non_null(given);
    enum mir_probe found = mir_vault_probe(handle->vault, given, role);
    sqlite3_free_filename(given);
    return found;
}

static void the_first_page_answers(void **state)
{
    (void)state;
    struct vault_handle handle;
    struct vault_handle other;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 3);
    assert_int_equal(
        vault_try_open(&other, &vault_fixture, "b.db", &vault_fixture.other), SQLITE_OK);
    assert_int_equal(probe(&handle, "a.db", MIR_PAGE_DATABASE), MIR_PROBE_OPENS);
    assert_int_equal(probe(&handle, "a.db-wal", MIR_PAGE_WAL), MIR_PROBE_OPENS);
    assert_int_equal(probe(&other, "a.db", MIR_PAGE_DATABASE), MIR_PROBE_FOREIGN);
    assert_int_equal(probe(&other, "a.db-wal", MIR_PAGE_WAL), MIR_PROBE_FOREIGN);
    assert_int_equal(probe(&handle, "a.db-wal", MIR_PAGE_JOURNAL), MIR_PROBE_FOREIGN);
    vault_run(&handle, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_int_equal(probe(&handle, "a.db-wal", MIR_PAGE_WAL), MIR_PROBE_EMPTY);
    assert_int_equal(probe(&handle, "none.db", MIR_PAGE_DATABASE), MIR_PROBE_EMPTY);
    vault_close(&other);
    vault_close(&handle);
}

static void a_log_opens_by_wal_or_journal(void **state)
{
    (void)state;
    struct vault_handle handle;
    sqlite3_file *file = NULL;
    vault_open(&handle, &vault_fixture, "a.db");
    vault_run(&handle, "CREATE TABLE t (n INTEGER PRIMARY KEY, s)");
    assert_int_equal(
        sqlite3_file_control(handle.sql, "main", SQLITE_FCNTL_FILE_POINTER, &file), SQLITE_OK);
    assert_false(mir_vault_log_opens(mir_vault_file_of(file)));
    vault_run(&handle, "BEGIN; INSERT INTO t VALUES (1, 'x')");
    assert_true(mir_vault_log_opens(mir_vault_file_of(file)));
    vault_run(&handle, "COMMIT; PRAGMA journal_mode=WAL");
    assert_false(mir_vault_log_opens(mir_vault_file_of(file)));
    vault_fill(&handle, 2, 1);
    assert_true(mir_vault_log_opens(mir_vault_file_of(file)));
    vault_close(&handle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_page_answers, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_log_opens_by_wal_or_journal, vault_set_up, vault_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
