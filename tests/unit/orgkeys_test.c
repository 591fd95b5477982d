/* SPDX-License-Identifier: Apache-2.0 */
/* unit/orgkeys_test.c - one key is made, kept, taken into another store of the team. */
#include "orgkeys.h"

#include "handoff_fixture.h"

#include <string.h>

static struct test_store founder;
static struct mir_arena arena;
static struct mir_buf secret;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&founder, 1);
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    mir_buf_init(&secret, &founder.world.env, 1u << 16);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_buf_fini(&secret);
    mir_arena_fini(&arena);
    test_store_fini(&founder);
    return 0;
}

static void the_key_is_made_once(void **state)
{
    (void)state;
    struct mir_org_held first;
    struct mir_org_held again;
    struct mir_org_held *held = NULL;
    size_t count = 9;
    assert_int_equal(
        mir_org_keys_held(&held, &count, &arena, founder.store, &founder.err), MIRSAL_OK);
    assert_int_equal(count, 0);
    assert_int_equal(mir_org_key_need(&first, &arena, founder.store, &founder.err), MIRSAL_OK);
    test_store_reopen(&founder);
    assert_int_equal(mir_org_key_need(&again, &arena, founder.store, &founder.err), MIRSAL_OK);
    assert_memory_equal(&first.key.sign, &again.key.sign, 32);
    assert_memory_equal(&first.key.hpke, &again.key.hpke, 32);
    assert_memory_equal(&again.key.team, &founder.store->team, 32);
    assert_int_equal(
        mir_org_keys_held(&held, &count, &arena, founder.store, &founder.err), MIRSAL_OK);
    assert_int_equal(count, 1);
}

static void another_device_takes_it(void **state)
{
    (void)state;
    struct test_store second;
    struct mir_org_held made;
    struct mir_org_held taken;
    struct mir_org_held own;
    struct mir_org_held *held = NULL;
    size_t count = 0;
    const struct test_invite invite = { .role = MIR_ROLE_COORDINATOR, .in_person = 1, .uses = 1 };
    test_team_join(&second, &founder, 2, &invite);
    assert_int_equal(mir_org_key_need(&own, &arena, second.store, &second.err), MIRSAL_OK);
    assert_int_equal(mir_org_key_need(&made, &arena, founder.store, &founder.err), MIRSAL_OK);
    assert_int_equal(
        mir_org_secret_write(&secret, &made.key, &made.secret, &founder.err), MIRSAL_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            mir_org_key_take(&taken, &arena, second.store, mir_buf_bytes(&secret), &second.err),
            MIRSAL_OK);
    }
    assert_int_equal(
        mir_org_keys_held(&held, &count, &arena, second.store, &second.err), MIRSAL_OK);
    assert_int_equal(count, 2);
    assert_memory_equal(&held[0].key.sign, &own.key.sign, 32);
    assert_memory_equal(&held[1].key.sign, &made.key.sign, 32);
    test_store_fini(&second);
}

static void what_is_another_team_s_is_refused(void **state)
{
    (void)state;
    struct mir_org_key key;
    struct mir_org_secret other;
    struct mir_org_held held;
    const mirsal_hash team = { { 5 } };
    mir_org_make(&key, &other, &team, (struct mir_bytes){ NULL, 0 }, &founder.world.env);
    assert_int_equal(mir_org_secret_write(&secret, &key, &other, &founder.err), MIRSAL_OK);
    assert_int_equal(
        mir_org_key_take(&held, &arena, founder.store, mir_buf_bytes(&secret), &founder.err),
        MIRSAL_NOT_ALLOWED);
    secret.data[0] ^= 1;
    assert_int_equal(
        mir_org_key_take(&held, &arena, founder.store, mir_buf_bytes(&secret), &founder.err),
        MIRSAL_NOT_AUTHENTIC);
}

static void a_monitor_makes_none(void **state)
{
    (void)state;
    struct test_store monitor;
    struct mir_org_held held;
    const struct test_invite invite = { .role = MIR_ROLE_MONITOR, .in_person = 1, .uses = 1 };
    test_team_join(&monitor, &founder, 2, &invite);
    assert_int_equal(
        mir_org_key_need(&held, &arena, monitor.store, &monitor.err), MIRSAL_NOT_ALLOWED);
    test_store_fini(&monitor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_key_is_made_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_device_takes_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_another_team_s_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_monitor_makes_none, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
