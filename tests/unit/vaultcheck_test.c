/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/vaultcheck_test.c - every page and every frame is read, those that SQLite leaves alone too.
 */
#include "vaultin.h"

#include "vault_fixture.h"
#include "walwalk.h"

#include <stdio.h>
#include <string.h>

static char told[512];
static int told_count;

static void note(void *context, const struct mir_vault_damage *damage)
{
    char text[MIR_VAULT_DAMAGE_TEXT_SIZE];
    assert_ptr_equal(context, told);
    mir_vault_damage_text(text, sizeof text, damage);
    size_t at = strlen(told);
    (void)snprintf(told + at, sizeof told - at, "%s;", text);
    told_count++;
}

static int check(struct vault_handle *handle)
{
    told[0] = '\0';
    told_count = 0;
    vault_run(handle, "BEGIN IMMEDIATE");
    assert_int_equal(mir_vault_check(handle->vault, handle->sql, note, told, NULL), MIRSAL_OK);
    vault_run(handle, "COMMIT");
    return told_count;
}

static void a_sound_database_has_no_damage(void **state)
{
    (void)state;
    struct vault_handle handle;
    vault_open(&handle, &vault_fixture, "a.db");
    vault_run(&handle, "CREATE TABLE t (n INTEGER PRIMARY KEY, s)");
    vault_fill(&handle, 0, 50);
    assert_int_equal(check(&handle), 0);
    vault_run(&handle, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0");
    vault_fill(&handle, 50, 50);
    assert_int_equal(check(&handle), 0);
    vault_run(&handle, "PRAGMA wal_checkpoint(PASSIVE)");
    vault_fill(&handle, 100, 1);
    assert_int_equal(check(&handle), 0);
    vault_close(&handle);
}

static void a_free_page_is_read_too(void **state)
{
    (void)state;
    struct vault_handle handle;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 300);
    vault_run(&handle, "DELETE FROM t WHERE n > 10; PRAGMA wal_checkpoint(TRUNCATE)");
    assert_true(vault_int(&handle, "PRAGMA freelist_count") > 5);
    vault_close(&handle);
    long last = vault_file_size(&vault_fixture, "a.db") / 4096;
    vault_file_flip(&vault_fixture, "a.db", ((last - 1) * 4096 + 7) * 8);
    vault_file_flip(&vault_fixture, "a.db", ((last - 3) * 4096 + 4095) * 8);
    vault_open(&handle, &vault_fixture, "a.db");
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t"), 11);
    assert_int_equal(check(&handle), 2);
    char wanted[160];
    (void)snprintf(wanted, sizeof wanted,
        "page %ld of a.db does not open;page %ld of a.db does not open;", last - 2, last);
    assert_string_equal(told, wanted);
    vault_close(&handle);
}

static void each_frame_and_its_header_are_read(void **state)
{
    (void)state;
    static const long places[] = { 2, 6, 9, 17, 23, 24, 3000, 4119 };
    struct vault_handle handle;
    char wanted[64];
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 10);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        long bit = ((long)mir_frame_at(6) + places[i]) * 8;
        vault_file_flip(&vault_fixture, "a.db-wal", bit);
        assert_in_range(check(&handle), 1, 2); /* a sum that is damaged does not fit the next */
        (void)snprintf(wanted, sizeof wanted, "frame 6 of a.db-wal");
        assert_non_null(strstr(told, wanted));
        vault_file_flip(&vault_fixture, "a.db-wal", bit);
    }
    vault_file_flip(&vault_fixture, "a.db-wal", 18 * 8);
    assert_true(check(&handle) >= 1);
    assert_ptr_equal(strstr(told, "the header of a.db-wal is damaged"), told);
    vault_file_flip(&vault_fixture, "a.db-wal", 18 * 8);
    assert_int_equal(check(&handle), 0);
    vault_close(&handle);
}

/* A checkpoint that was cut leaves it so; the frame is written over it again. */
static void a_torn_page_that_the_wal_holds_is_no_damage(void **state)
{
    (void)state;
    struct vault_handle handle;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 50);
    vault_run(&handle, "PRAGMA wal_checkpoint(TRUNCATE); UPDATE t SET s = s || 'x'");
    vault_file_flip(&vault_fixture, "a.db", (2 * 4096 + 9) * 8);
    assert_int_equal(check(&handle), 0);
    vault_run(&handle, "PRAGMA wal_checkpoint(PASSIVE)");
    assert_int_equal(check(&handle), 0);
    vault_file_flip(&vault_fixture, "a.db", (2 * 4096 + 9) * 8);
    assert_int_equal(check(&handle), 1);
    assert_string_equal(told, "page 3 of a.db does not open;");
    vault_file_flip(&vault_fixture, "a.db", (2 * 4096 + 9) * 8);
    vault_close(&handle);
}

static void another_s_connection_is_refused(void **state)
{
    (void)state;
    struct vault_handle one;
    struct vault_handle other;
    sqlite3 *plain = NULL;
    vault_open(&one, &vault_fixture, "a.db");
    vault_open(&other, &vault_fixture, "a.db");
    assert_int_equal(sqlite3_open(":memory:", &plain), SQLITE_OK);
    assert_int_equal(mir_vault_check(one.vault, other.sql, note, told, NULL), MIRSAL_MISUSE);
    assert_int_equal(mir_vault_check(one.vault, plain, note, told, NULL), MIRSAL_MISUSE);
    assert_int_equal(sqlite3_close(plain), SQLITE_OK);
    vault_close(&one);
    vault_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_sound_database_has_no_damage, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(a_free_page_is_read_too, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            each_frame_and_its_header_are_read, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_torn_page_that_the_wal_holds_is_no_damage, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            another_s_connection_is_refused, vault_set_up, vault_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
