/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/layout_test.c - tables and their version, small facts by name.
 */
#include "layout.h"

#include "test_env.h"

#include <string.h>

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
    return 0;
}

static int close_memory(void **state)
{
    (void)state;
    mir_sql_close(sql);
    test_env_fini(&world);
    return 0;
}

static void a_layout_knows_its_own_format(void **state)
{
    (void)state;
    assert_int_equal(mir_layout_check(sql, MIR_LAYOUT_REPLICA, &err), MIRSAL_NO_STORE);
    assert_int_equal(mir_layout_create(sql, MIR_LAYOUT_REPLICA, &err), MIRSAL_OK);
    assert_int_equal(mir_layout_check(sql, MIR_LAYOUT_REPLICA, &err), MIRSAL_OK);
    assert_int_equal(mir_layout_check(sql, MIR_LAYOUT_LOG, &err), MIRSAL_CORRUPT);
    assert_int_equal(mir_sql_run(sql, "PRAGMA user_version = 2", &err), MIRSAL_OK);
    assert_int_equal(mir_layout_check(sql, MIR_LAYOUT_REPLICA, &err), MIRSAL_VERSION);
}

static void a_log_has_its_own(void **state)
{
    (void)state;
    assert_int_equal(mir_layout_create(sql, MIR_LAYOUT_LOG, &err), MIRSAL_OK);
    assert_int_equal(mir_layout_check(sql, MIR_LAYOUT_LOG, &err), MIRSAL_OK);
    assert_int_equal(mir_sql_run(sql, "SELECT * FROM peer", &err), MIRSAL_IO);
}

static void a_whole_store_is_not_taken_for_damaged(void **state)
{
    sqlite3_stmt *check = NULL;
    int row = 0;
    (void)state;
    assert_int_equal(mir_layout_create(sql, MIR_LAYOUT_REPLICA, &err), MIRSAL_OK);
    assert_int_equal(mir_sql_run(sql,
                         "INSERT INTO fork VALUES (1, 2, 3);"
                         "INSERT INTO epoch_secret VALUES (1, 2, x'03', x'04');"
                         "INSERT INTO peer_cursor VALUES (1, 2, 3, 0);"
                         "INSERT INTO peer_head (peer, device, compartment, seq, id)"
                         " VALUES (1, 2, 3, 4, x'05');"
                         "INSERT INTO said VALUES (1, x'02', x'03')",
                         &err),
        MIRSAL_OK);
    assert_int_equal(mir_sql_prepare_once(&check, sql, "PRAGMA integrity_check", &err), MIRSAL_OK);
    assert_int_equal(mir_sql_step(&row, sql, check, &err), MIRSAL_OK);
    assert_int_equal(row, 1);
    struct mir_bytes word = mir_sql_column(check, 0);
    assert_int_equal(word.size, 2);
    assert_memory_equal(word.data, "ok", 2);
    mir_sql_finalize(check);
}

static void facts_are_kept_by_name(void **state)
{
    (void)state;
    int64_t number = 5;
    struct mir_buf bytes;
    mir_buf_init(&bytes, &world.env, 100);
    assert_int_equal(mir_layout_create(sql, MIR_LAYOUT_REPLICA, &err), MIRSAL_OK);
    assert_int_equal(mir_meta_int(&number, sql, "stamp", &err), MIRSAL_OK);
    assert_int_equal(number, 0);
    assert_int_equal(mir_meta_bytes(&bytes, sql, "team", &err), MIRSAL_OK);
    assert_int_equal(bytes.size, 0);
    assert_int_equal(mir_meta_set_int(sql, "stamp", 7, &err), MIRSAL_OK);
    assert_int_equal(mir_meta_set_int(sql, "stamp", 8, &err), MIRSAL_OK);
    assert_int_equal(
        mir_meta_set_bytes(sql, "team", (struct mir_bytes){ (const uint8_t *)"x\0y", 3 }, &err),
        MIRSAL_OK);
    assert_int_equal(mir_meta_int(&number, sql, "stamp", &err), MIRSAL_OK);
    assert_int_equal(number, 8);
    assert_int_equal(mir_meta_bytes(&bytes, sql, "team", &err), MIRSAL_OK);
    assert_int_equal(bytes.size, 3);
    assert_memory_equal(bytes.data, "x\0y", 3);
    mir_buf_fini(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_layout_knows_its_own_format, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(a_log_has_its_own, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(
            a_whole_store_is_not_taken_for_damaged, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(facts_are_kept_by_name, open_memory, close_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
