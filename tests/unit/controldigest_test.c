/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/controldigest_test.c - the control digest is of what was evaluated; its bytes are judged by
 * the vectors (control_vectors_test.c).
 */
#include "controldigest.h"

#include "members.h"
#include "statements.h"
#include "test_team.h"

#include <string.h>

/* An array of one order of level 1 ends the bytes. */
static void an_order_in_force_enters_it(void **state)
{
    (void)state;
    static const mirsal_id record = { { 7 } };
    struct test_store founder;
    struct mir_buf bytes;
    struct mir_say say = { .kind = MIR_SAY_PURGE };
    test_team_found(&founder, 1);
    mirsal_hash before = founder.store->members->digest;
    say.purge.records = &record;
    say.purge.record_count = 1;
    mirsal_hash order = { { 0 } };
    assert_int_equal(mir_statements_say_one(&order, founder.store, &say, &founder.err), MIRSAL_OK);
    assert_memory_not_equal(founder.store->members->digest.bytes, before.bytes, 32);
    mir_buf_init(&bytes, &founder.world.env, 1u << 20);
    assert_int_equal(mir_control_state(&bytes, &founder.store->members->membership,
                         &founder.store->team, &founder.err),
        MIRSAL_OK);
    assert_memory_equal(bytes.data + bytes.size - 33, order.bytes, 32);
    assert_int_equal(bytes.data[bytes.size - 1], MIR_PURGE_HIDDEN);
    mir_buf_fini(&bytes);
    test_store_fini(&founder);
}

static void each_statement_that_counts_changes_it(void **state)
{
    (void)state;
    struct test_store founder;
    struct mir_buf bytes;
    mirsal_hash digest;
    test_team_found(&founder, 1);
    const struct mir_members *members = founder.store->members;
    mirsal_hash before = members->digest;
    assert_int_equal(mir_control_digest(&digest, &members->membership, &founder.store->team,
                         &founder.world.env, &founder.err),
        MIRSAL_OK);
    assert_memory_equal(digest.bytes, before.bytes, 32);
    mir_buf_init(&bytes, &founder.world.env, 1u << 20);
    assert_int_equal(
        mir_control_state(&bytes, &members->membership, &founder.store->team, &founder.err),
        MIRSAL_OK);
    assert_int_equal(bytes.data[0], 0x9a); /* ten parts, the first of them the version */
    assert_int_equal(bytes.data[1], 1);
    mir_buf_fini(&bytes);
    static const uint8_t history[1] = { 0 };
    struct mir_say say = { .kind = MIR_SAY_POLICY };
    say.act.numbers[0] = MIR_TEAM_HISTORY;
    say.act.value = (struct mir_bytes){ history, 1 };
    assert_int_equal(mir_statements_say_one(NULL, founder.store, &say, &founder.err), MIRSAL_OK);
    assert_memory_not_equal(founder.store->members->digest.bytes, before.bytes, 32);
    test_store_fini(&founder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_statement_that_counts_changes_it),
        cmocka_unit_test(an_order_in_force_enters_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
