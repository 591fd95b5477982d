/* SPDX-License-Identifier: Apache-2.0 */
/* unit/residues_test.c - residues as they are kept: once each, with marks; when an order is due. */
#include "residues.h"

#include "purge.h"
#include "test_team.h"

#include <string.h>

static struct test_store founder;
static mirsal_error err;
static mirsal_hash order;
static mirsal_id witness;
static mirsal_hash changeset;

static int set_up(void **state)
{
    (void)state;
    struct mir_root *root = NULL;
    test_team_found(&founder, 1);
    witness = test_team_report(&founder, "saffron");
    const char *path = founder.recovery;
    const struct mir_root_source source = { .paths = &path, .path_count = 1 };
    assert_int_equal(mir_root_of(&root, founder.store, &source, &err), MIRSAL_OK);
    assert_int_equal(mir_purge_say(&order, founder.store, root, &witness, NULL, &err), MIRSAL_OK);
    mir_root_close(root);
    changeset = mir_purges_find(founder.store->membership, &order)->changesets[0];
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&founder);
    return 0;
}

static void orders_name_bodies_and_records(void **state)
{
    (void)state;
    static const mirsal_hash nothing = { { 7 } };
    static const mirsal_id nobody = { { 7 } };
    mirsal_hash mark;
    mirsal_hash none;
    const struct mir_membership *membership = founder.store->membership;
    assert_int_equal(mir_ordered_record(membership, &changeset, &witness), 1);
    assert_int_equal(mir_ordered_record(membership, &changeset, &nobody), 0);
    assert_int_equal(mir_ordered_record(membership, &nothing, &witness), 0);
    mir_ordered_mark(&mark, membership, &changeset);
    mir_ordered_mark(&none, membership, &nothing);
    assert_memory_not_equal(mark.bytes, none.bytes, 32);
}

static void it_is_due_when_the_days_are_over(void **state)
{
    (void)state;
    const struct mir_membership *membership = founder.store->membership;
    struct mir_sql *sql = founder.store->sql;
    uint64_t now = founder.world.now_ms;
    int due = 1;
    assert_int_equal(mir_ordered_follow(sql, membership, now + 5, &err), MIRSAL_OK);
    assert_int_equal(mir_ordered_due(&due, sql, membership, &changeset, now, &err), MIRSAL_OK);
    assert_int_equal(due, 0);
    uint64_t then = now + UINT64_C(30) * 86400000;
    assert_int_equal(mir_ordered_due(&due, sql, membership, &changeset, then, &err), MIRSAL_OK);
    assert_int_equal(due, 1);
    assert_int_equal(
        mir_ordered_order_due(&due, sql, membership, &order, then - 1, &err), MIRSAL_OK);
    assert_int_equal(due, 0);
}

static void one_is_kept_once(void **state)
{
    (void)state;
    static const uint8_t bytes[50] = { 1 };
    static const mirsal_hash mark = { { 1 } };
    static const mirsal_hash other = { { 2 } };
    struct mir_sql *sql = founder.store->sql;
    struct mir_residue_row row = { .changeset = 3, .bytes = { bytes, sizeof bytes }, .named = 1 };
    uint64_t count = 0;
    assert_int_equal(mir_residues_put(sql, &row, &err), MIRSAL_OK);
    assert_int_equal(mir_residues_count(&count, sql, 3, &mark, &err), MIRSAL_OK);
    assert_int_equal(count, 0);
    row.mark = &mark;
    row.named = 0;
    assert_int_equal(mir_residues_put(sql, &row, &err), MIRSAL_OK);
    assert_int_equal(mir_residues_count(&count, sql, 3, NULL, &err), MIRSAL_OK);
    assert_int_equal(count, 1);
    assert_int_equal(mir_residues_count(&count, sql, 3, &mark, &err), MIRSAL_OK);
    assert_int_equal(count, 1);
    assert_int_equal(test_team_count(&founder, "SELECT named FROM residue"), 1);
    assert_int_equal(mir_residues_keep(sql, 3, &mark, &err), MIRSAL_OK);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM residue"), 1);
    assert_int_equal(mir_residues_keep(sql, 3, &other, &err), MIRSAL_OK);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM residue"), 0);
    assert_null(mir_residues_named(founder.store->membership, &changeset, row.bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(orders_name_bodies_and_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_is_due_when_the_days_are_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_is_kept_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
