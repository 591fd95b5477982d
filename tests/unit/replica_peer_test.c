/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/replica_peer_test.c - the replica before a device that serves: what it names before it knows
 * whom it speaks to, its introduction, and how a run goes on.
 */
#include "replica.h"

#include "peer_pump.h"

#include <string.h>

static struct test_store founder;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&founder, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&founder);
    return 0;
}

static void join_by_invite(struct test_store *device, uint64_t seed, enum mir_role role, int known)
{
    const struct test_invite terms = { .role = role, .in_person = known, .uses = 1 };
    test_team_join(device, &founder, seed, &terms);
}

static void a_stranger_is_told_nothing(void **state)
{
    (void)state;
    static const mirsal_hash stranger = { { 9 } };
    struct mir_replica *replica = NULL;
    static struct mir_sync_self self;
    struct mir_changeset next;
    struct mir_heads heads;
    enum mir_peer_standing standing = MIR_PEER_JOINED;
    (void)test_team_report(&founder, "told to nobody");
    assert_int_equal(mir_replica_open_peer(&replica, founder.store, &stranger, NULL), MIRSAL_OK);
    const struct mir_sync_local *local = mir_replica_local(replica);
    assert_int_equal(mir_replica_peer_standing(&standing, replica, NULL), MIRSAL_OK);
    assert_int_equal(standing, MIR_PEER_UNKNOWN);
    mir_replica_peer_meets(replica, 1);
    assert_int_equal(local->describe(local->context, &self, NULL), MIRSAL_OK);
    assert_int_equal(self.want_count, 0);
    assert_int_equal(self.with_vector, 0);
    assert_int_equal(self.joins, 0);
    assert_int_equal(self.token.size, 0);
    assert_memory_equal(&self.relay_identity, &stranger, sizeof stranger);
    mir_heads_init(&heads, &founder.world.env);
    assert_int_equal(local->heads(local->context, 0, &heads, NULL), MIRSAL_OK);
    assert_int_equal(mir_heads_count(&heads), 0);
    mir_heads_fini(&heads);
    assert_int_equal(local->push_begin(local->context, NULL), MIRSAL_OK);
    assert_int_equal(local->push_next(local->context, &next, NULL), MIRSAL_OK);
    assert_int_equal(next.header.size, 0);
    mir_wipe(&self, sizeof self);
    mir_replica_close(replica);
}

/* Only genesis and an invite are known to it, and the laptop has never heard of its join. */
static void a_device_that_just_joined_introduces_itself(void **state)
{
    (void)state;
    struct test_store late;
    struct peer_pump pump;
    join_by_invite(&late, 2, MIR_ROLE_MONITOR, 1);
    mirsal_id record = test_team_report(&late, "its first");
    peer_pump_open(&pump, &founder);
    assert_int_equal(peer_pump_run(&pump, &late), MIRSAL_OK);
    assert_int_equal(pump.met, MIRSAL_OK);
    assert_string_equal(test_team_shown(&founder, &record), "its first");
    assert_int_equal(peer_pump_held(&late, NULL, MIR_COMPARTMENT_CONTROL),
        peer_pump_held(&founder, NULL, MIR_COMPARTMENT_CONTROL));
    peer_pump_close(&pump);
    test_store_fini(&late);
}

/* Two that joined apart and know nothing of each other: each is proved by what the other brings. */
static void two_that_never_heard_of_each_other_meet(void **state)
{
    (void)state;
    struct test_store one;
    struct test_store two;
    struct peer_pump pump;
    join_by_invite(&one, 3, MIR_ROLE_MONITOR, 1);
    join_by_invite(&two, 4, MIR_ROLE_MONITOR, 1);
    peer_pump_open(&pump, &one);
    assert_int_equal(peer_pump_run(&pump, &two), MIRSAL_OK);
    assert_int_equal(peer_pump_held(&one, &two, MIR_COMPARTMENT_CONTROL), 1);
    assert_int_equal(peer_pump_held(&two, &one, MIR_COMPARTMENT_CONTROL), 1);
    peer_pump_close(&pump);
    test_store_fini(&two);
    test_store_fini(&one);
}

/* What a peer acknowledged is not pushed again in the run, and known to no later one. */
static void what_it_holds_is_learnt_anew_each_time(void **state)
{
    (void)state;
    struct test_store monitor;
    struct peer_pump pump;
    join_by_invite(&monitor, 5, MIR_ROLE_MONITOR, 1);
    (void)test_team_report(&monitor, "one");
    peer_pump_open(&pump, &founder);
    assert_int_equal(peer_pump_run(&pump, &monitor), MIRSAL_OK);
    assert_true(pump.counters.pushed > 0);
    assert_int_equal(peer_pump_run(&pump, &monitor), MIRSAL_OK);
    assert_int_equal(pump.counters.pushed, 0);
    assert_int_equal(pump.counters.pulled, 0);
    assert_true(pump.exchanges <= 3); /* HELLO, VECTOR, and what followed from it */
    assert_int_equal(test_team_count(&monitor, "SELECT count(*) FROM peer_head"), 0);
    peer_pump_close(&pump);
    test_store_fini(&monitor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stranger_is_told_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_device_that_just_joined_introduces_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_that_never_heard_of_each_other_meet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_it_holds_is_learnt_anew_each_time, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
