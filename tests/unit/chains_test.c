/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/chains_test.c - rows by id, by place and by number; heads; the first fork.
 */
#include "chains.h"

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

/* The changeset with that number; its bytes live in arena. */
static struct mir_changeset load(struct test_store *from, struct mir_arena *arena, int64_t no)
{
    struct mir_changeset changeset;
    assert_int_equal(mir_chain_load(&changeset, arena, from->store->sql, no, &err), MIRSAL_OK);
    return changeset;
}

static void rows_are_found(void **state)
{
    (void)state;
    struct mir_chain_row row;
    struct mir_chain_row again;
    mirsal_hash nobody = { { 1 } };
    int64_t device = 0;
    struct mir_sql *sql = founder.store->sql;
    (void)test_team_report(&founder, "one");
    (void)test_team_report(&founder, "two");
    assert_int_equal(mir_device_no(&device, sql, &nobody, 0, &err), MIRSAL_OK);
    assert_int_equal(device, 0);
    assert_int_equal(
        mir_device_no(&device, sql, mir_store_device(founder.store), 0, &err), MIRSAL_OK);
    assert_true(device > 0);
    assert_int_equal(mir_chain_head(&row, sql, device, 0, &err), MIRSAL_OK);
    assert_int_equal(row.seq, 2);
    assert_int_equal(mir_chain_find(&again, sql, &row.id, &err), MIRSAL_OK);
    assert_memory_equal(&row, &again, sizeof row);
    assert_int_equal(mir_chain_row(&again, sql, row.no, &err), MIRSAL_OK);
    assert_memory_equal(&row, &again, sizeof row);
    assert_int_equal(mir_chain_at(&again, sql, device, 0, 2, NULL, &err), MIRSAL_OK);
    assert_memory_equal(&row, &again, sizeof row);
    assert_int_equal(mir_chain_at(&again, sql, device, 0, 2, &row.id, &err), MIRSAL_OK);
    assert_int_equal(again.no, 0);
    assert_int_equal(mir_chain_find(&again, sql, &nobody, &err), MIRSAL_OK);
    assert_int_equal(again.no, 0);
    assert_int_equal(mir_chain_head(&again, sql, device, 7, &err), MIRSAL_OK);
    assert_int_equal(again.no, 0);
}

static void a_place_taken_twice_is_a_fork(void **state)
{
    (void)state;
    static const struct mir_verdict kept = { MIR_STATE_ACCEPTED, MIR_REASON_NONE };
    struct mir_sql *sql = founder.store->sql;
    struct mir_chain_row row;
    struct mir_arena arena;
    int64_t device = 0;
    uint64_t fork = 9;
    int forks = 0;
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    (void)test_team_report(&founder, "one");
    (void)test_team_report(&founder, "two");
    assert_int_equal(
        mir_device_no(&device, sql, mir_store_device(founder.store), 0, &err), MIRSAL_OK);
    assert_int_equal(mir_chain_fork(&fork, sql, device, 0, &err), MIRSAL_OK);
    assert_int_equal(fork, 0);
    for (uint64_t seq = 2; seq > 0; seq--) {
        assert_int_equal(mir_chain_at(&row, sql, device, 0, seq, NULL, &err), MIRSAL_OK);
        struct mir_changeset other = load(&founder, &arena, row.no);
        other.id.bytes[0] ^= 1;
        assert_int_equal(mir_chain_insert(&row, &forks, sql, &other, 5, kept, &err), MIRSAL_OK);
        assert_int_equal(forks, 1);
        assert_int_equal(mir_chain_fork(&fork, sql, device, 0, &err), MIRSAL_OK);
        assert_int_equal(fork, seq);
    }
    assert_int_equal(row.no, test_team_count(&founder, "SELECT count(*) FROM changeset"));
    mir_arena_fini(&arena);
}

static void states_are_kept(void **state)
{
    (void)state;
    static const struct mir_verdict waits = { MIR_STATE_WAITING, MIR_REASON_SCHEMA };
    struct mir_sql *sql = founder.store->sql;
    struct mir_chain_row row;
    assert_int_equal(mir_chain_set(sql, 1, waits, &err), MIRSAL_OK);
    assert_int_equal(mir_chain_set_projected(sql, 1, 77, &err), MIRSAL_OK);
    assert_int_equal(mir_chain_row(&row, sql, 1, &err), MIRSAL_OK);
    assert_int_equal(row.state, MIR_STATE_WAITING);
    assert_int_equal(row.reason, MIR_REASON_SCHEMA);
    assert_int_equal(row.projected, 1);
    assert_int_equal(row.stamp, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_are_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_place_taken_twice_is_a_fork, set_up, tear_down),
        cmocka_unit_test_setup_teardown(states_are_kept, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
