/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/statements_test.c - what a device says stands on its chain and knows what was held.
 */
#include "statements.h"

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

static void a_word_knows_what_was_held(void **state)
{
    (void)state;
    struct mir_say say = { .kind = MIR_SAY_EPOCH_OK };
    struct mir_control_body body;
    struct mir_arena arena;
    mirsal_hash first;
    mirsal_hash second;
    mirsal_hash nobody = { { 1 } };
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    test_team_carry(&founder, &monitor, 1, 0);
    assert_int_equal(mir_statements_say_one(&first, founder.store, &say, &err), MIRSAL_OK);
    assert_int_equal(mir_statements_read(&body, &arena, founder.store, &first, &err), MIRSAL_OK);
    /* The join is news; genesis and the invite are led to. */
    assert_int_equal(body.knows_count, 1);
    const struct mir_member *member =
        mir_membership_device(founder.store->membership, mir_store_device(monitor.store));
    mirsal_hash join = member->join;
    assert_memory_equal(body.knows[0].bytes, join.bytes, 32);
    assert_int_equal(mir_statements_say_one(&second, founder.store, &say, &err), MIRSAL_OK);
    assert_int_equal(mir_statements_read(&body, &arena, founder.store, &second, &err), MIRSAL_OK);
    assert_int_equal(body.knows_count, 0);
    assert_true(mir_membership_knows(founder.store->membership, &second, &join));
    assert_int_equal(
        mir_statements_read(&body, &arena, founder.store, &nobody, &err), MIRSAL_NOT_FOUND);
    mir_arena_fini(&arena);
}

static void texts_are_sealed_to_main(void **state)
{
    (void)state;
    struct mir_sealed_text sealed;
    struct mir_bytes opened;
    struct mir_arena arena;
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    assert_int_equal(
        mir_statements_seal_text(&sealed, &arena, monitor.store, "reason", &err), MIRSAL_OK);
    assert_int_equal(
        mir_statements_open_text(&opened, &arena, founder.store, &sealed, &err), MIRSAL_OK);
    assert_int_equal(opened.size, 6);
    assert_memory_equal(opened.data, "reason", 6);
    assert_int_equal(
        mir_statements_open_text(&opened, &arena, monitor.store, &sealed, &err), MIRSAL_OK);
    assert_int_equal(opened.size, 0);
    assert_int_equal(
        mir_statements_seal_text(&sealed, &arena, monitor.store, NULL, &err), MIRSAL_OK);
    assert_int_equal(sealed.has, 0);
    assert_int_equal(
        mir_statements_seal_text(&sealed, &arena, monitor.store, "\xff", &err), MIRSAL_NOT_UTF8);
    mir_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_word_knows_what_was_held, set_up, tear_down),
        cmocka_unit_test_setup_teardown(texts_are_sealed_to_main, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
