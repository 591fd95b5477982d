/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/facts_test.c - control held becomes facts; proofs of joins are judged once.
 */
#include "facts.h"

#include "sql.h"
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

static struct mir_control *facts;
static size_t count;

static void load_facts(struct mir_arena *arena)
{
    mir_arena_init(arena, &monitor.world.env, 1u << 24);
    assert_int_equal(
        mir_facts_load(&facts, &count, arena, monitor.store->sql, &monitor.store->team, &err),
        MIRSAL_OK);
}

static void a_join_is_proven_by_its_invite(void **state)
{
    (void)state;
    struct mir_arena arena;
    load_facts(&arena);
    assert_int_equal(count, 3);
    assert_int_equal(facts[0].statements[0].kind, MIR_STATEMENT_GENESIS);
    assert_int_equal(facts[0].statements[0].genesis.is_team, 1);
    assert_int_equal(facts[1].statements[0].kind, MIR_STATEMENT_INVITE);
    assert_int_equal(facts[2].statements[0].kind, MIR_STATEMENT_JOIN);
    assert_int_equal(facts[2].statements[0].join.proof_ok, 1);
    assert_int_equal(test_team_count(&monitor, "SELECT count(*) FROM join_proof"), 1);
    mir_arena_fini(&arena);
    /* What was judged is not judged again. */
    assert_int_equal(
        mir_sql_run(monitor.store->sql, "UPDATE join_proof SET valid = 0", &err), MIRSAL_OK);
    load_facts(&arena);
    assert_int_equal(facts[2].statements[0].join.proof_ok, 0);
    mir_arena_fini(&arena);
}

static void a_join_without_its_invite_is_not_judged(void **state)
{
    (void)state;
    struct mir_arena arena;
    assert_int_equal(mir_sql_run(monitor.store->sql,
                         "DELETE FROM join_proof; DELETE FROM changeset WHERE no = 2", &err),
        MIRSAL_OK);
    load_facts(&arena);
    assert_int_equal(count, 2);
    assert_int_equal(facts[1].statements[0].join.proof_ok, 0);
    assert_int_equal(test_team_count(&monitor, "SELECT count(*) FROM join_proof"), 0);
    mir_arena_fini(&arena);
}

static void heads_are_what_nothing_leads_to(void **state)
{
    (void)state;
    struct mir_arena arena;
    struct mir_buf heads;
    mir_buf_init(&heads, &monitor.world.env, 1024);
    load_facts(&arena);
    assert_int_equal(mir_facts_heads(&heads, facts, count, NULL, 0, &err), MIRSAL_OK);
    assert_int_equal(heads.size, 32);
    assert_memory_equal(heads.data, facts[2].id.bytes, 32);
    mir_buf_reset(&heads);
    assert_int_equal(mir_facts_heads(&heads, facts, count, &facts[2].id, 1, &err), MIRSAL_OK);
    assert_int_equal(heads.size, 0);
    mir_buf_fini(&heads);
    mir_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_join_is_proven_by_its_invite, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_join_without_its_invite_is_not_judged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(heads_are_what_nothing_leads_to, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
