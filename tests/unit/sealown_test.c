/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/sealown_test.c - an own body becomes the next changeset of its chain.
 */
#include "sealown.h"

#include "chains.h"
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

static void chains_go_on_and_cite_their_authority(void **state)
{
    (void)state;
    struct mir_seal seal;
    struct mir_changeset changeset;
    struct mir_chain_row head;
    struct mir_arena arena;
    int64_t device = 0;
    mir_arena_init(&arena, &monitor.world.env, 1u << 20);
    assert_int_equal(mir_seal_next(&seal, monitor.store, 0, &err), MIRSAL_OK);
    assert_int_equal(seal.seq, 1);
    assert_true(mir_hash_is_zero(&seal.prev));
    (void)test_team_report(&monitor, "one");
    assert_int_equal(
        mir_device_no(&device, monitor.store->sql, mir_store_device(monitor.store), 0, &err),
        MIRSAL_OK);
    assert_int_equal(mir_chain_head(&head, monitor.store->sql, device, 0, &err), MIRSAL_OK);
    assert_int_equal(mir_seal_next(&seal, monitor.store, 0, &err), MIRSAL_OK);
    assert_int_equal(seal.seq, 2);
    assert_memory_equal(seal.prev.bytes, head.id.bytes, 32);
    assert_int_equal(
        mir_chain_load(&changeset, &arena, monitor.store->sql, head.no, &err), MIRSAL_OK);
    const struct mir_member *member =
        mir_membership_device(monitor.store->membership, mir_store_device(monitor.store));
    assert_memory_equal(changeset.fields.authority.bytes, member->join.bytes, 32);
    assert_int_equal(changeset.fields.epoch, 1);
    monitor.store->behind = 1;
    assert_int_equal(mir_seal_next(&seal, monitor.store, 0, &err), MIRSAL_NOT_ALLOWED);
    mir_arena_fini(&arena);
}

static void a_clear_copy_is_kept_where_the_body_cannot_be_opened(void **state)
{
    (void)state;
    (void)test_team_report(&monitor, "one");
    (void)test_team_report(&founder, "one");
    assert_int_equal(
        test_team_count(&monitor, "SELECT count(*) FROM content WHERE clear IS NOT NULL"), 1);
    assert_int_equal(
        test_team_count(&founder, "SELECT count(*) FROM content WHERE clear IS NOT NULL"), 0);
    assert_int_equal(test_team_count(&monitor, "SELECT count(*) FROM content"
                                               " WHERE instr(body, CAST('one' AS BLOB)) > 0"),
        0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(chains_go_on_and_cite_their_authority, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_clear_copy_is_kept_where_the_body_cannot_be_opened, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
