/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/members_test.c - one evaluation of what is held, and its digest.
 */
#include "members.h"

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

static void the_digest_is_that_of_the_set(void **state)
{
    (void)state;
    mirsal_hash alone = founder.store->members->digest;
    assert_memory_not_equal(alone.bytes, monitor.store->members->digest.bytes, 32);
    test_team_meet(&founder, &monitor, 1);
    assert_memory_equal(
        founder.store->members->digest.bytes, monitor.store->members->digest.bytes, 32);
    assert_memory_not_equal(alone.bytes, founder.store->members->digest.bytes, 32);
    mirsal_hash before = founder.store->members->digest;
    assert_int_equal(mir_members_refresh(founder.store, &err), MIRSAL_OK);
    assert_memory_equal(before.bytes, founder.store->members->digest.bytes, 32);
}

static void reading_is_a_right_and_a_will(void **state)
{
    (void)state;
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .in_person = 1, .write_only = 1, .uses = 1
    };
    struct test_store blind;
    mirsal_hash digest;
    int has = 1;
    assert_int_equal(mir_members_reads(founder.store, 0), 1);
    assert_int_equal(mir_members_reads(founder.store, 1), 1);
    assert_int_equal(mir_members_reads(founder.store, 2), 0);
    assert_int_equal(mir_members_reads(monitor.store, 0), 0);
    assert_int_equal(mir_store_digest(&digest, &has, monitor.store, &err), MIRSAL_OK);
    assert_int_equal(has, 0);
    test_team_join(&blind, &founder, 3, &terms);
    assert_int_equal(mir_members_reads(blind.store, 0), 0);
    test_store_reopen(&blind);
    assert_int_equal(mir_members_reads(blind.store, 0), 0);
    test_store_fini(&blind);
}

static void a_role_is_needed_of_a_member_that_has_not_ended(void **state)
{
    (void)state;
    struct mir_member *self =
        (struct mir_member *)(uintptr_t)mir_members_self(founder.store, MIR_ROLE_ADMIN);
    assert_non_null(self);
    assert_int_equal(mir_members_need(founder.store, MIR_ROLE_ADMIN, &err), MIRSAL_OK);
    self->ended = 1;
    assert_null(mir_members_self(founder.store, MIR_ROLE_OBSERVER));
    self->ended = 0;
    self->member = 0;
    assert_int_equal(mir_members_need(founder.store, MIR_ROLE_OBSERVER, &err), MIRSAL_NOT_ALLOWED);
    self->member = 1;
    assert_non_null(mir_members_self(monitor.store, MIR_ROLE_MONITOR));
    assert_null(mir_members_self(monitor.store, MIR_ROLE_COORDINATOR));
    assert_int_equal(
        mir_members_need(monitor.store, MIR_ROLE_COORDINATOR, &err), MIRSAL_NOT_ALLOWED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_digest_is_that_of_the_set, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_role_is_needed_of_a_member_that_has_not_ended, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reading_is_a_right_and_a_will, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
