/* SPDX-License-Identifier: Apache-2.0 */
/* unit/handoffcerts_test.c - what shows a device's role, and nothing of anybody else. */
#include "handoffcerts.h"

#include "handoff_fixture.h"
#include "statements.h"

#include <string.h>

static struct test_store founder;
static struct test_store other;
static struct mir_arena arena;
static struct mir_handoff_certs certs;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&founder, 1);
    mir_arena_init(&arena, &founder.world.env, (size_t)32 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_arena_fini(&arena);
    test_store_fini(&founder);
    return 0;
}

static int role_of(struct test_store *device)
{
    const mirsal_hash *key = mir_store_device(device->store);
    assert_int_equal(
        mir_handoff_certs(&certs, &arena, founder.store, key, 1, &founder.err), MIRSAL_OK);
    for (size_t i = 1; i < certs.count; i++) {
        assert_true(memcmp(&certs.ids[i - 1], &certs.ids[i], 32) < 0);
    }
    return mir_handoff_role(certs.shown, certs.shown_count, key);
}

static void the_founder_needs_genesis_alone(void **state)
{
    (void)state;
    assert_int_equal(role_of(&founder), MIR_ROLE_ADMIN);
    assert_int_equal(certs.count, 1);
}

static void in_person_the_invite_is_enough(void **state)
{
    const struct test_invite invite = { .role = MIR_ROLE_COORDINATOR, .in_person = 1, .uses = 1 };
    (void)state;
    test_team_join(&other, &founder, 2, &invite);
    test_team_meet(&founder, &other, 3);
    assert_int_equal(role_of(&other), MIR_ROLE_COORDINATOR);
    assert_int_equal(certs.count, 3);
    test_store_fini(&other);
}

static void else_an_admit_is_carried_too(void **state)
{
    const struct test_invite invite = { .role = MIR_ROLE_COORDINATOR, .uses = 1 };
    (void)state;
    test_team_join(&other, &founder, 2, &invite);
    test_team_carry(&founder, &other, 3, 0);
    assert_int_equal(role_of(&other), -1);
    assert_int_equal(
        mir_device_admit(founder.store, mir_store_device(other.store), &founder.err), MIRSAL_OK);
    assert_int_equal(role_of(&other), MIR_ROLE_COORDINATOR);
    assert_int_equal(certs.count, 4);
    test_store_fini(&other);
}

static void the_newest_word_on_a_role_is_carried(void **state)
{
    const struct test_invite invite = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    (void)state;
    test_team_join(&other, &founder, 2, &invite);
    test_team_meet(&founder, &other, 3);
    assert_int_equal(role_of(&other), MIR_ROLE_MONITOR);
    const enum mir_role roles[] = { MIR_ROLE_COORDINATOR, MIR_ROLE_OBSERVER, MIR_ROLE_COORDINATOR };
    for (size_t i = 0; i < 3; i++) {
        struct mir_say say = { .kind = MIR_SAY_ROLE };
        say.role.device = *mir_store_device(other.store);
        say.role.role = (uint8_t)roles[i];
        assert_int_equal(
            mir_statements_say_one(NULL, founder.store, &say, &founder.err), MIRSAL_OK);
        assert_int_equal(role_of(&other), roles[i]);
        assert_int_equal(certs.count, 4);
    }
    test_store_fini(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_founder_needs_genesis_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(in_person_the_invite_is_enough, set_up, tear_down),
        cmocka_unit_test_setup_teardown(else_an_admit_is_carried_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_newest_word_on_a_role_is_carried, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
