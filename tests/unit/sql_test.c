/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/sql_test.c - statements kept by their text, bytes in and out, codes translated.
 */
#include "sql.h"

#include "test_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char insert_text[] = "INSERT INTO t (n, b, s) VALUES (?1, ?2, ?3)";
static const char select_text[] = "SELECT n, b, s FROM t ORDER BY n";

static struct test_env world;
static struct mir_sql *sql;
static mirsal_error err;

static int open_memory(void **state)
{
    (void)state;
    test_env_init(&world, 1);
    assert_int_equal(
        mir_sql_open(&sql, &world.env, &(struct mir_sql_options){ .path = ":memory:" }, &err),
        MIRSAL_OK);
    assert_int_equal(mir_sql_run(sql, "CREATE TABLE t (n UNIQUE, b, s)", &err), MIRSAL_OK);
    return 0;
}

static int close_memory(void **state)
{
    (void)state;
    mir_sql_close(sql);
    test_env_fini(&world);
    return 0;
}

static void insert(int64_t n, const void *blob, size_t size, const char *text)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(mir_sql_prepare(&statement, sql, insert_text, &err), MIRSAL_OK);
    mir_sql_bind_int(statement, 1, n);
    mir_sql_bind_blob(statement, 2, blob, size);
    mir_sql_bind_text(statement, 3, text, strlen(text));
    assert_int_equal(mir_sql_done(sql, statement, &err), MIRSAL_OK);
}

static void values_go_in_and_out(void **state)
{
    (void)state;
    insert(1, "a\0b", 3, "text");
    insert(2, NULL, 0, "");
    sqlite3_stmt *statement = NULL;
    int row = 0;
    assert_int_equal(mir_sql_prepare(&statement, sql, select_text, &err), MIRSAL_OK);
    assert_int_equal(mir_sql_step(&row, sql, statement, &err), MIRSAL_OK);
    assert_int_equal(row, 1);
    assert_int_equal(mir_sql_column_int(statement, 0), 1);
    struct mir_bytes bytes = mir_sql_column(statement, 1);
    assert_int_equal(bytes.size, 3);
    assert_memory_equal(bytes.data, "a\0b", 3);
    bytes = mir_sql_column(statement, 2);
    assert_memory_equal(bytes.data, "text", 4);
    assert_int_equal(mir_sql_step(&row, sql, statement, &err), MIRSAL_OK);
    assert_int_equal(mir_sql_column(statement, 1).size, 0);
    assert_int_equal(sqlite3_column_type(statement, 1), SQLITE_BLOB);
    assert_int_equal(sqlite3_column_type(statement, 2), SQLITE_TEXT);
    assert_int_equal(mir_sql_step(&row, sql, statement, &err), MIRSAL_OK);
    assert_int_equal(row, 0);
    mir_sql_release(statement);
}

static void a_text_is_prepared_once(void **state)
{
    (void)state;
    static char texts[200][24];
    sqlite3_stmt *first[200];
    for (size_t i = 0; i < 200; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "SELECT %zu", i);
        assert_int_equal(mir_sql_prepare(&first[i], sql, texts[i], &err), MIRSAL_OK);
    }
    for (size_t i = 0; i < 200; i++) {
        sqlite3_stmt *again = NULL;
        int row = 0;
        assert_int_equal(mir_sql_prepare(&again, sql, texts[i], &err), MIRSAL_OK);
        assert_ptr_equal(again, first[i]);
        assert_int_equal(mir_sql_step(&row, sql, again, &err), MIRSAL_OK);
        assert_int_equal(mir_sql_column_int(again, 0), i);
        mir_sql_release(again);
    }
}

static void prepared_again_it_is_reset_and_unbound(void **state)
{
    (void)state;
    static const char text[] = "SELECT ?1";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    assert_int_equal(mir_sql_prepare(&statement, sql, text, &err), MIRSAL_OK);
    mir_sql_bind_int(statement, 1, 7);
    assert_int_equal(mir_sql_step(&row, sql, statement, &err), MIRSAL_OK);
    assert_int_equal(mir_sql_prepare(&statement, sql, text, &err), MIRSAL_OK);
    assert_int_equal(mir_sql_step(&row, sql, statement, &err), MIRSAL_OK);
    assert_int_equal(sqlite3_column_type(statement, 0), SQLITE_NULL);
    mir_sql_release(statement);
}

static void failures_say_the_code_and_no_content(void **state)
{
    (void)state;
    insert(5, "x", 1, "secret");
    sqlite3_stmt *statement = NULL;
    assert_int_equal(mir_sql_prepare(&statement, sql, insert_text, &err), MIRSAL_OK);
    mir_sql_bind_int(statement, 1, 5);
    mir_sql_bind_blob(statement, 2, NULL, 0);
    mir_sql_bind_text(statement, 3, "secret", 6);
    assert_int_equal(mir_sql_done(sql, statement, &err), MIRSAL_IO);
    assert_int_equal(err.detail & 0xff, SQLITE_CONSTRAINT);
    assert_null(strstr(err.message, "secret"));
    assert_int_equal(mir_sql_fail(sql, SQLITE_BUSY, &err), MIRSAL_LOCKED);
    assert_int_equal(mir_sql_fail(sql, SQLITE_FULL, &err), MIRSAL_DISK_FULL);
    assert_int_equal(mir_sql_fail(sql, SQLITE_NOTADB, &err), MIRSAL_CORRUPT);
    assert_int_equal(mir_sql_fail(sql, SQLITE_NOMEM, &err), MIRSAL_NO_MEMORY);
    assert_int_equal(mir_sql_fail(sql, SQLITE_IOERR, &err), MIRSAL_IO);
    assert_int_equal(mir_sql_prepare_once(&statement, sql, "no sql", &err), MIRSAL_IO);
    assert_null(statement);
}

static void a_file_opens_durable_or_read_only(void **state)
{
    (void)state;
    char path[] = "sql_test.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    struct mir_sql *file = NULL;
    assert_int_equal(
        mir_sql_open(&file, &world.env, &(struct mir_sql_options){ .path = path }, &err),
        MIRSAL_OK);
    sqlite3_stmt *statement = NULL;
    int row = 0;
    assert_int_equal(mir_sql_prepare_once(&statement, file, "PRAGMA synchronous", &err), MIRSAL_OK);
    assert_int_equal(mir_sql_step(&row, file, statement, &err), MIRSAL_OK);
    assert_int_equal(mir_sql_column_int(statement, 0), 2);
    mir_sql_finalize(statement);
    assert_int_equal(mir_sql_run(file, "CREATE TABLE t (n)", &err), MIRSAL_OK);
    mir_sql_close(file);
    assert_int_equal(mir_sql_open(&file, &world.env,
                         &(struct mir_sql_options){ .path = path, .read_only = 1 }, &err),
        MIRSAL_OK);
    assert_int_equal(mir_sql_run(file, "INSERT INTO t VALUES (1)", &err), MIRSAL_IO);
    mir_sql_close(file);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mir_sql_open(&file, &world.env,
                         &(struct mir_sql_options){ .path = "no/such/folder/db" }, &err),
        MIRSAL_IO);
    assert_null(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_go_in_and_out, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(a_text_is_prepared_once, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(
            prepared_again_it_is_reset_and_unbound, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(
            failures_say_the_code_and_no_content, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(
            a_file_opens_durable_or_read_only, open_memory, close_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
