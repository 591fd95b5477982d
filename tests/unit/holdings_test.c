/* SPDX-License-Identifier: Apache-2.0 */
/* unit/holdings_test.c - counts of what is held, of chains, and of custody. */
#include "holdings.h"

#include "sql.h"
#include "test_team.h"

#include <string.h>

static struct test_store admin;
static struct test_store monitor;

static int start(void **state)
{
    static const struct test_invite invite = { .role = MIR_ROLE_MONITOR, .in_person = 1 };
    (void)state;
    test_team_found(&admin, 1);
    test_team_join(&monitor, &admin, 2, &invite);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    test_store_fini(&monitor);
    test_store_fini(&admin);
    return 0;
}

static void holdings_count_every_changeset_by_its_state(void **state)
{
    struct mir_holdings holdings;
    (void)state;
    test_team_report(&monitor, "one");
    assert_int_equal(mir_holdings(&holdings, monitor.store, NULL), MIRSAL_OK);
    assert_int_equal(
        holdings.changesets, test_team_count(&monitor, "SELECT count(*) FROM changeset"));
    assert_int_equal(holdings.waiting_all, 0);
    assert_int_equal(mir_sql_run(monitor.store->sql,
                         "UPDATE changeset SET state = 2, reason = 23 WHERE compartment = 0", NULL),
        MIRSAL_OK);
    assert_int_equal(mir_holdings(&holdings, monitor.store, NULL), MIRSAL_OK);
    assert_int_equal(holdings.quarantined[MIR_REASON_CUT], 1);
    assert_int_equal(holdings.quarantined_all, 1);
}

static void chains_tell_the_last_place_of_each_compartment(void **state)
{
    struct mir_arena arena;
    struct mir_holdings_chain *chains = NULL;
    size_t count = 0;
    (void)state;
    test_team_report(&monitor, "one");
    test_team_report(&monitor, "two");
    mir_arena_init(&arena, &monitor.world.env, 65536);
    assert_int_equal(mir_holdings_chains(&chains, &count, &arena, monitor.store,
                         mir_store_device(monitor.store), NULL),
        MIRSAL_OK);
    assert_true(count >= 1);
    assert_int_equal(chains[0].compartment, 0);
    assert_int_equal(chains[0].last_seq, 2);
    assert_int_equal(chains[0].quarantined, 0);
    assert_int_equal(mir_holdings_chains(&chains, &count, &arena, monitor.store,
                         mir_store_device(admin.store), NULL),
        MIRSAL_OK);
    assert_int_equal(count, 0);
    mir_arena_fini(&arena);
}

static void custody_widens_from_device_to_relay_to_readers(void **state)
{
    struct mir_holdings_custody custody;
    uint64_t held = 0;
    (void)state;
    test_team_report(&monitor, "one");
    test_team_report(&monitor, "two");
    uint64_t own = (uint64_t)test_team_count(
        &monitor, "SELECT count(*) FROM changeset WHERE compartment <> 255");
    assert_int_equal(mir_holdings_custody(&custody, monitor.store, NULL), MIRSAL_OK);
    assert_int_equal(custody.device_only, own);
    assert_int_equal(custody.relay + custody.readers, 0);
    assert_int_equal(mir_sql_run(monitor.store->sql,
                         "INSERT INTO peer_head (peer, device, compartment, seq, id)"
                         " SELECT 7, device, 0, 1, id FROM changeset"
                         " WHERE compartment = 0 AND seq = 1",
                         NULL),
        MIRSAL_OK);
    assert_int_equal(mir_holdings_custody(&custody, monitor.store, NULL), MIRSAL_OK);
    assert_int_equal(custody.relay, 1);
    assert_int_equal(custody.device_only, own - 1);
    assert_int_equal(mir_holdings_of_relay(&held, monitor.store, 7, NULL), MIRSAL_OK);
    assert_int_equal(held, 1);
    assert_int_equal(mir_holdings_of_relay(&held, monitor.store, 8, NULL), MIRSAL_OK);
    assert_int_equal(held, 0);
    test_team_meet(&admin, &monitor, 3);
    assert_int_equal(mir_holdings_custody(&custody, monitor.store, NULL), MIRSAL_OK);
    assert_int_equal(custody.device_only + custody.relay + custody.readers, own);
    assert_true(custody.readers >= 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(holdings_count_every_changeset_by_its_state),
        TEST(chains_tell_the_last_place_of_each_compartment),
        TEST(custody_widens_from_device_to_relay_to_readers),
    };
    return cmocka_run_group_tests_name("holdings", tests, NULL, NULL);
}
