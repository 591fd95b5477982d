/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/team_test.c - a team is founded once, its name is for readers.
 */
#include "team.h"

#include "files.h"
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

static void a_recovery_file_is_never_overwritten(void **state)
{
    (void)state;
    struct mir_team_options options = { .name = "x", .recovery = { .path = founder.recovery } };
    struct mir_store_options where;
    struct test_store other;
    test_store_init(&other, 5);
    test_store_options(&where, &other);
    assert_int_equal(mir_store_create(&other.store, &where, &err), MIRSAL_OK);
    assert_int_equal(mir_team_create(other.store, &options, &err), MIRSAL_STORE_EXISTS);
    test_store_fini(&other);
    assert_true(mir_file_exists(founder.recovery));
}

static void the_founder_is_admin_and_holds_both_epochs(void **state)
{
    (void)state;
    const struct mir_member *member =
        mir_membership_device(founder.store->membership, mir_store_device(founder.store));
    assert_int_equal(member->role, MIR_ROLE_ADMIN);
    assert_int_equal(member->founder, 1);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM epoch_secret"), 2);
    assert_non_null(mir_membership_epoch_for_writing(founder.store->membership, 0));
    assert_non_null(mir_membership_epoch_for_writing(founder.store->membership, 1));
}

static void the_name_is_for_readers(void **state)
{
    (void)state;
    struct mir_bytes name;
    struct mir_arena arena;
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    assert_int_equal(mir_team_name(&name, &arena, founder.store, &err), MIRSAL_OK);
    assert_int_equal(name.size, 13);
    assert_memory_equal(name.data, "White Helmets", 13);
    assert_int_equal(mir_team_name(&name, &arena, monitor.store, &err), MIRSAL_OK);
    assert_int_equal(name.size, 0);
    assert_int_equal(test_team_count(&monitor, "SELECT count(*) FROM content"
                                               " WHERE instr(body, CAST('White' AS BLOB)) > 0"),
        0);
    mir_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_recovery_file_is_never_overwritten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            the_founder_is_admin_and_holds_both_epochs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_name_is_for_readers, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
