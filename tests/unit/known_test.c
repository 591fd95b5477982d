/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/known_test.c - what a relay is known to hold, and what is therefore missing there.
 */
#include "known.h"

#include "test_team.h"

#include <string.h>

static struct test_store founder;
static struct test_store monitor;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    test_team_found(&founder, 1);
    test_team_join(&monitor, &founder, 2, &terms);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&monitor);
    test_store_fini(&founder);
    return 0;
}

static size_t missing(void)
{
    struct mir_buf numbers;
    mir_buf_init(&numbers, &monitor.world.env, 1u << 16);
    assert_int_equal(mir_known_missing(&numbers, monitor.store, 1, &err), MIRSAL_OK);
    size_t count = numbers.size / sizeof(int64_t);
    mir_buf_fini(&numbers);
    return count;
}

static void a_head_stands_for_all_below_it(void **state)
{
    (void)state;
    struct mir_chain_row rows[3];
    int known = 0;
    for (int i = 0; i < 3; i++) {
        (void)test_team_report(&monitor, "report");
    }
    assert_int_equal(missing(), 6); /* genesis, invite, join; three reports */
    for (int64_t i = 0; i < 3; i++) {
        assert_int_equal(mir_chain_row(&rows[i], monitor.store->sql, 4 + i, &err), MIRSAL_OK);
    }
    assert_int_equal(mir_known_mark(monitor.store, 1, &rows[1], &err), MIRSAL_OK);
    assert_int_equal(mir_known_mark(monitor.store, 1, &rows[0], &err), MIRSAL_OK);
    assert_int_equal(mir_known_is(&known, monitor.store, 1, &rows[0], &err), MIRSAL_OK);
    assert_int_equal(known, 1);
    assert_int_equal(mir_known_is(&known, monitor.store, 1, &rows[2], &err), MIRSAL_OK);
    assert_int_equal(known, 0);
    assert_int_equal(mir_known_is(&known, monitor.store, 2, &rows[0], &err), MIRSAL_OK);
    assert_int_equal(known, 0);
    assert_int_equal(test_team_count(&monitor, "SELECT count(*) FROM peer_head"), 1);
    assert_int_equal(missing(), 4);
    assert_int_equal(mir_known_forget(monitor.store, 1, 0, &err), MIRSAL_OK);
    assert_int_equal(missing(), 6);
}

/* Simulator, seed 20: of two residues of one body the relay had the older alone, for ever. */
static void each_residue_of_a_body_is_known_by_itself(void **state)
{
    (void)state;
    mirsal_hash hash;
    int found = 0;
    assert_int_equal(mir_sql_run(monitor.store->sql,
                         "INSERT INTO residue (changeset, hash, mark, named, own, made, bytes)"
                         " VALUES (3, x'01' || zeroblob(31), NULL, 1, 1, 1, x'aa'),"
                         " (3, x'02' || zeroblob(31), NULL, 1, 1, 1, x'bb'),"
                         " (3, x'03' || zeroblob(31), NULL, 0, 1, 1, x'cc');"
                         "UPDATE residue SET hash = CAST(hash AS BLOB)",
                         &err),
        MIRSAL_OK);
    for (uint8_t i = 1; i <= 2; i++) {
        assert_int_equal(
            mir_known_missing_residue(&hash, &found, monitor.store, 1, 3, &err), MIRSAL_OK);
        assert_int_equal(found, 1);
        assert_int_equal(hash.bytes[0], i);
        assert_int_equal(mir_known_mark_residue(monitor.store, 1, 3, &hash, &err), MIRSAL_OK);
    }
    assert_int_equal(
        mir_known_missing_residue(&hash, &found, monitor.store, 1, 3, &err), MIRSAL_OK);
    assert_int_equal(found, 0);
    assert_int_equal(
        mir_known_missing_residue(&hash, &found, monitor.store, 2, 3, &err), MIRSAL_OK);
    assert_int_equal(found, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_head_stands_for_all_below_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            each_residue_of_a_body_is_known_by_itself, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
