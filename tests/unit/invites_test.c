/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/invites_test.c - invites are made by admins, revoked, used up; labels are opened by readers.
 */
#include "members.h"
#include "team.h"
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

static void labels_are_for_readers(void **state)
{
    (void)state;
    struct mir_invite_facts facts;
    struct mir_arena arena;
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    assert_int_equal(founder.store->membership->invite_count, 1);
    mirsal_hash id = founder.store->membership->invites[0].id;
    assert_int_equal(mir_invite_facts(&facts, &arena, founder.store, &id, &err), MIRSAL_OK);
    assert_int_equal(facts.label.size, 5);
    assert_memory_equal(facts.label.data, "phone", 5);
    assert_int_equal(mir_invite_facts(&facts, &arena, monitor.store, &id, &err), MIRSAL_OK);
    assert_int_equal(facts.label.size, 0);
    test_team_carry(&founder, &monitor, 1, 0);
    const mirsal_hash *device = mir_store_device(monitor.store);
    assert_int_equal(mir_device_facts(&facts, &arena, founder.store, device, &err), MIRSAL_OK);
    assert_memory_equal(facts.label.data, "phone", 5);
    /* Its own it knows, though it cannot open what it sealed. */
    assert_int_equal(mir_device_facts(&facts, &arena, monitor.store, device, &err), MIRSAL_OK);
    assert_memory_equal(facts.label.data, "phone", 5);
    mir_arena_fini(&arena);
}

static void only_admins_invite_and_revoke(void **state)
{
    (void)state;
    struct mir_invite_options terms = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    struct mir_buf text;
    mirsal_hash id;
    mirsal_hash nobody = { { 1 } };
    mir_buf_init(&text, &monitor.world.env, 1u << 16);
    assert_int_equal(
        mir_invite_create(&text, &id, monitor.store, &terms, &err), MIRSAL_NOT_ALLOWED);
    assert_int_equal(text.size, 0);
    terms.role = MIR_ROLE_ADMIN;
    assert_int_equal(mir_invite_create(&text, &id, founder.store, &terms, &err), MIRSAL_BAD_VALUE);
    assert_int_equal(mir_invite_revoke(founder.store, &nobody, &err), MIRSAL_NOT_FOUND);
    id = founder.store->membership->invites[0].id;
    assert_int_equal(mir_invite_revoke(monitor.store, &id, &err), MIRSAL_NOT_ALLOWED);
    assert_int_equal(mir_invite_revoke(founder.store, &id, &err), MIRSAL_OK);
    assert_int_equal(founder.store->membership->invites[0].revoked, 1);
    /* A join that nobody settled does not stand against it. */
    test_team_carry(&founder, &monitor, 1, 0);
    const struct mir_member *member =
        mir_membership_device(founder.store->membership, mir_store_device(monitor.store));
    assert_true(member == NULL || !member->member);
    mir_buf_fini(&text);
}

static void admitting_settles_and_confirms(void **state)
{
    (void)state;
    const mirsal_hash *device = mir_store_device(monitor.store);
    assert_int_equal(mir_device_admit(founder.store, device, &err), MIRSAL_NOT_FOUND);
    test_team_carry(&founder, &monitor, 1, 0);
    assert_int_equal(
        mir_device_admit(monitor.store, mir_store_device(founder.store), &err), MIRSAL_NOT_ALLOWED);
    assert_int_equal(mir_device_admit(founder.store, device, &err), MIRSAL_OK);
    const struct mir_member *member = mir_membership_device(founder.store->membership, device);
    assert_int_equal(member->settled, 1);
    assert_int_equal(member->confirmed, 1);
    int64_t count = test_team_count(&founder, "SELECT count(*) FROM changeset");
    assert_int_equal(mir_device_admit(founder.store, device, &err), MIRSAL_OK);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM changeset"), count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(labels_are_for_readers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_admins_invite_and_revoke, set_up, tear_down),
        cmocka_unit_test_setup_teardown(admitting_settles_and_confirms, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
