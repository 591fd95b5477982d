/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/txn_test.c - local transactions: what is written is durable, sealed, shown; what is not
 * allowed is refused and leaves nothing.
 */
#include "txn.h"

#include "msgpack.h"
#include "sql.h"
#include "test_team.h"

#include <stdio.h>
#include <string.h>

static struct test_store founder;
static struct test_store monitor;
static struct mir_buf value;

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    test_team_found(&founder, 1);
    test_team_join(&monitor, &founder, 2, &terms);
    mir_buf_init(&value, &founder.world.env, 1u << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_buf_fini(&value);
    test_store_fini(&monitor);
    test_store_fini(&founder);
    return 0;
}

static struct mir_bytes text(const char *words)
{
    mir_buf_reset(&value);
    mir_mp_write_str(&value, words, strlen(words));
    return mir_buf_bytes(&value);
}

static void a_report_is_shown_and_survives_reopening(void **state)
{
    (void)state;
    mirsal_id id = test_team_report(&founder, "near the mill");
    assert_string_equal(test_team_shown(&founder, &id), "near the mill");
    test_store_reopen(&founder);
    assert_string_equal(test_team_shown(&founder, &id), "near the mill");
    assert_int_equal(test_team_edit(&founder, &id, "by the river"), MIRSAL_OK);
    assert_string_equal(test_team_shown(&founder, &id), "by the river");
    assert_int_equal(test_team_count(&founder, "SELECT max(seq) FROM changeset"
                                               " WHERE compartment = 0"),
        2);
}

static void a_monitor_reads_back_its_own_and_keeps_it_clear(void **state)
{
    (void)state;
    mirsal_id id = test_team_report(&monitor, "near the mill");
    assert_string_equal(test_team_shown(&monitor, &id), "near the mill");
    assert_int_equal(
        test_team_count(&monitor, "SELECT count(*) FROM content WHERE clear IS NOT NULL"), 1);
    assert_int_equal(test_team_count(&monitor, "SELECT count(*) FROM epoch_secret"), 0);
    assert_int_equal(test_team_edit(&monitor, &id, "by the river"), MIRSAL_OK);
    assert_string_equal(test_team_shown(&monitor, &id), "by the river");
}

static void protected_fields_go_to_protected(void **state)
{
    (void)state;
    struct mir_bytes none = { NULL, 0 };
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    mirsal_id id;
    assert_int_equal(mir_txn_begin(&txn, founder.store, MIR_TXN_LONE, &founder.err), MIRSAL_OK);
    assert_int_equal(mir_txn_create(&id, txn, TEST_INCIDENT, -1, &founder.err), MIRSAL_OK);
    assert_int_equal(
        mir_txn_write(txn, &id, TEST_REL_TEXT, none, text("here"), &founder.err), MIRSAL_OK);
    mir_buf_reset(&value);
    mir_mp_write_array(&value, 4);
    mir_mp_write_int(&value, 351000000);
    mir_mp_write_int(&value, 360000000);
    mir_mp_write_nil(&value);
    mir_mp_write_nil(&value);
    assert_int_equal(
        mir_txn_write(txn, &id, TEST_PRIVATE, none, mir_buf_bytes(&value), &founder.err),
        MIRSAL_OK);
    assert_int_equal(mir_txn_commit(&result, txn, &founder.err), MIRSAL_OK);
    assert_int_equal(result.changesets, 2);
    assert_int_equal(
        test_team_count(&founder, "SELECT count(*) FROM changeset WHERE compartment = 1"), 1);
    assert_int_equal(
        test_team_count(&founder, "SELECT count(*) FROM changeset WHERE projected = 1"), 2);
}

static void a_register_is_written_once(void **state)
{
    (void)state;
    struct mir_bytes none = { NULL, 0 };
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    mirsal_id id;
    assert_int_equal(mir_txn_begin(&txn, founder.store, MIR_TXN_LONE, &founder.err), MIRSAL_OK);
    assert_int_equal(mir_txn_create(&id, txn, TEST_INCIDENT, -1, &founder.err), MIRSAL_OK);
    assert_int_equal(
        mir_txn_write(txn, &id, TEST_REL_TEXT, none, text("one"), &founder.err), MIRSAL_OK);
    assert_int_equal(
        mir_txn_write(txn, &id, TEST_REL_TEXT, none, text("two"), &founder.err), MIRSAL_OK);
    assert_int_equal(mir_txn_commit(&result, txn, &founder.err), MIRSAL_OK);
    assert_string_equal(test_team_shown(&founder, &id), "two");
}

static void what_is_not_allowed_leaves_nothing(void **state)
{
    (void)state;
    static const struct test_invite observer_terms = { .role = MIR_ROLE_OBSERVER, .uses = 1 };
    struct mir_bytes none = { NULL, 0 };
    struct test_store observer;
    struct mir_txn *txn = NULL;
    mirsal_id id = test_team_report(&monitor, "near the mill");
    mirsal_id other = test_team_report(&founder, "another");
    test_team_join(&observer, &founder, 3, &observer_terms);
    assert_int_equal(
        mir_txn_begin(&txn, observer.store, MIR_TXN_LONE, &observer.err), MIRSAL_NOT_ALLOWED);
    assert_null(txn);
    test_store_fini(&observer);
    assert_int_equal(test_team_edit(&monitor, &other, "not mine"), MIRSAL_NOT_FOUND);
    assert_int_equal(mir_txn_begin(&txn, monitor.store, MIR_TXN_LONE, &monitor.err), MIRSAL_OK);
    assert_int_equal(mir_txn_create(&other, txn, 9999, -1, &monitor.err), MIRSAL_UNKNOWN_TYPE);
    assert_int_equal(
        mir_txn_write(txn, &id, 9999, none, text("x"), &monitor.err), MIRSAL_UNKNOWN_FIELD);
    mir_buf_reset(&value);
    mir_mp_write_int(&value, 5);
    assert_int_equal(
        mir_txn_write(txn, &id, TEST_REL_TEXT, none, mir_buf_bytes(&value), &monitor.err),
        MIRSAL_BAD_VALUE);
    assert_int_equal(
        mir_txn_write(txn, &id, TEST_REL_TEXT, none, text("lost"), &monitor.err), MIRSAL_OK);
    mir_txn_rollback(txn);
    assert_string_equal(test_team_shown(&monitor, &id), "near the mill");
    assert_int_equal(
        test_team_count(&monitor, "SELECT count(*) FROM changeset WHERE compartment = 0"), 1);
}

static void a_batch_closes_its_bodies_and_keeps_the_chain(void **state)
{
    (void)state;
    struct mir_bytes none = { NULL, 0 };
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    char words[2000];
    mirsal_id id;
    uint64_t random = 1;
    assert_int_equal(mir_txn_begin(&txn, founder.store, MIR_TXN_BATCH, &founder.err), MIRSAL_OK);
    for (int i = 0; i < 400; i++) {
        assert_int_equal(mir_txn_create(&id, txn, TEST_INCIDENT, -1, &founder.err), MIRSAL_OK);
        for (size_t j = 0; j < sizeof words - 1; j++) {
            random = random * 6364136223846793005u + 1;
            words[j] = (char)('a' + (random >> 40) % 26);
        }
        words[sizeof words - 1] = '\0';
        assert_int_equal(
            mir_txn_write(txn, &id, TEST_REL_TEXT, none, text(words), &founder.err), MIRSAL_OK);
    }
    assert_int_equal(mir_txn_commit(&result, txn, &founder.err), MIRSAL_OK);
    assert_in_range(result.changesets, 2, 8);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM r_1"), 400);
    assert_true(test_team_count(&founder, "SELECT max(size) FROM changeset") < 300000);
    assert_int_equal(
        test_team_count(&founder, "SELECT max(seq) FROM changeset WHERE compartment = 0"),
        result.changesets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_report_is_shown_and_survives_reopening, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_monitor_reads_back_its_own_and_keeps_it_clear, set_up, tear_down),
        cmocka_unit_test_setup_teardown(protected_fields_go_to_protected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_register_is_written_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_allowed_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_batch_closes_its_bodies_and_keeps_the_chain, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
