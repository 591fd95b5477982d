/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/settle_test.c - stores that hold the same set show the same, whatever the order it came in;
 * and what waits is judged again when what it waits for comes.
 */
#include "accept.h"

#include "duties.h"
#include "project.h"
#include "test_team.h"

#include <string.h>

static struct test_store founder;
static struct test_store coordinator;
static struct test_store monitor;
static struct test_store observer;

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite coordinators = {
        .role = MIR_ROLE_COORDINATOR, .protected_ = 1, .in_person = 1, .uses = 1
    };
    static const struct test_invite monitors = { .role = MIR_ROLE_MONITOR, .uses = 2 };
    static const struct test_invite observers = {
        .role = MIR_ROLE_OBSERVER, .in_person = 1, .uses = 1
    };
    test_team_found(&founder, 1);
    test_team_join(&coordinator, &founder, 2, &coordinators);
    test_team_join(&monitor, &founder, 3, &monitors);
    test_team_join(&observer, &founder, 4, &observers);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&observer);
    test_store_fini(&monitor);
    test_store_fini(&coordinator);
    test_store_fini(&founder);
    return 0;
}

static void all_meet(uint64_t seed)
{
    for (int i = 0; i < 2; i++) {
        test_team_meet(&founder, &coordinator, seed++);
        test_team_meet(&founder, &monitor, seed++);
        test_team_meet(&founder, &observer, seed++);
    }
    test_team_meet(&founder, &coordinator, seed);
}

static void same_digests(void)
{
    mirsal_hash a = test_team_digest(&founder);
    mirsal_hash b = test_team_digest(&coordinator);
    mirsal_hash c = test_team_digest(&observer);
    assert_memory_equal(&a, &b, sizeof a);
    assert_memory_equal(&a, &c, sizeof a);
}

/* The digest kept is the one that the tables give. */
static void digest_is_kept(struct test_store *device)
{
    mirsal_hash kept;
    mirsal_hash made;
    assert_int_equal(mir_project_digest(&kept, device->store, 0, &device->err), MIRSAL_OK);
    assert_int_equal(
        mir_project_digest_recompute(&made, device->store, 0, &device->err), MIRSAL_OK);
    assert_memory_equal(&kept, &made, sizeof kept);
}

static void readers_open_what_a_monitor_sealed(void **state)
{
    (void)state;
    mirsal_id id = test_team_report(&monitor, "near the mill");
    all_meet(10);
    assert_string_equal(test_team_shown(&founder, &id), "near the mill");
    assert_string_equal(test_team_shown(&coordinator, &id), "near the mill");
    assert_string_equal(test_team_shown(&observer, &id), "near the mill");
    same_digests();
    digest_is_kept(&coordinator);
}

static void any_order_gives_the_same_state(void **state)
{
    (void)state;
    mirsal_id id = test_team_report(&monitor, "near the mill");
    all_meet(20);
    for (int i = 0; i < 5; i++) {
        mirsal_id other = test_team_report(i % 2 == 0 ? &coordinator : &monitor, "again");
        assert_int_equal(
            test_team_edit(i % 2 == 0 ? &coordinator : &monitor, &other, "said twice"), MIRSAL_OK);
    }
    assert_int_equal(test_team_edit(&coordinator, &id, "by the river"), MIRSAL_OK);
    assert_int_equal(test_team_edit(&founder, &id, "by the bridge"), MIRSAL_OK);
    test_team_carry(&founder, &monitor, 1, 0);
    test_team_carry(&founder, &coordinator, 2, 0);
    for (uint64_t seed = 0; seed < 6; seed++) {
        struct test_store fresh;
        static const struct test_invite readers = {
            .role = MIR_ROLE_COORDINATOR, .protected_ = 1, .in_person = 1, .uses = 1
        };
        test_team_join(&fresh, &founder, 100 + seed, &readers);
        test_team_carry(&founder, &fresh, seed, 0);
        uint32_t wrote = 0;
        assert_int_equal(mir_duties_run(&wrote, founder.store, &founder.err), MIRSAL_OK);
        test_team_carry(&fresh, &founder, seed, seed % 2 == 0);
        assert_int_equal(mir_duties_run(&wrote, fresh.store, &fresh.err), MIRSAL_OK);
        test_team_carry(&founder, &fresh, seed, 0);
        mirsal_hash a = test_team_digest(&founder);
        mirsal_hash b = test_team_digest(&fresh);
        assert_memory_equal(&a, &b, sizeof a);
        assert_string_equal(test_team_shown(&fresh, &id), test_team_shown(&founder, &id));
        digest_is_kept(&fresh);
        test_store_fini(&fresh);
    }
}

static void duplicates_change_nothing(void **state)
{
    (void)state;
    (void)test_team_report(&monitor, "near the mill");
    all_meet(30);
    mirsal_hash before = test_team_digest(&coordinator);
    int64_t count = test_team_count(&coordinator, "SELECT count(*) FROM changeset");
    test_team_carry(&coordinator, &founder, 5, 1);
    mirsal_hash after = test_team_digest(&coordinator);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(test_team_count(&coordinator, "SELECT count(*) FROM changeset"), count);
}

static void what_waits_says_why(void **state)
{
    (void)state;
    mirsal_id id = test_team_report(&monitor, "near the mill");
    assert_int_equal(test_team_edit(&monitor, &id, "by the river"), MIRSAL_OK);
    test_team_carry(&founder, &monitor, 1, 1);
    assert_string_equal(test_team_shown(&founder, &id), "by the river");
    /* A coordinator that has no key yet holds the changesets and waits for it. */
    test_team_carry(&coordinator, &founder, 2, 1);
    assert_int_equal(test_team_count(&coordinator, "SELECT count(*) FROM changeset"
                                                   " WHERE state = 1 AND reason = 4"),
        2);
    test_team_meet(&founder, &coordinator, 3);
    assert_int_equal(
        test_team_count(&coordinator, "SELECT count(*) FROM changeset WHERE state <> 0"), 0);
    assert_string_equal(test_team_shown(&coordinator, &id), "by the river");
}

static void projecting_anew_gives_the_same(void **state)
{
    (void)state;
    struct mir_accept_counts counts;
    mirsal_id id = test_team_report(&monitor, "near the mill");
    all_meet(40);
    mirsal_hash before = test_team_digest(&coordinator);
    memset(&counts, 0, sizeof counts);
    assert_int_equal(mir_store_begin(coordinator.store, &coordinator.err), MIRSAL_OK);
    assert_int_equal(mir_accept_reproject(&counts, coordinator.store, &coordinator.err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(coordinator.store, &coordinator.err), MIRSAL_OK);
    assert_int_equal(counts.reset, 1);
    mirsal_hash after = test_team_digest(&coordinator);
    assert_memory_equal(&before, &after, sizeof before);
    assert_string_equal(test_team_shown(&coordinator, &id), "near the mill");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(readers_open_what_a_monitor_sealed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_order_gives_the_same_state, set_up, tear_down),
        cmocka_unit_test_setup_teardown(duplicates_change_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_waits_says_why, set_up, tear_down),
        cmocka_unit_test_setup_teardown(projecting_anew_gives_the_same, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
