/* SPDX-License-Identifier: Apache-2.0 */
/* unit/exposure_test.c - what a device could read: by the envelopes that were written for it. */
#include "exposure.h"

#include "control.h"
#include "test_team.h"

static void it_holds_what_it_was_given(void **state)
{
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .uses = 1, .in_person = 1
    };
    (void)state;
    struct test_store founder;
    struct test_store helper;
    struct mir_exposure *found = NULL;
    struct mir_arena arena;
    size_t count = 9;
    mirsal_error err;
    test_team_found(&founder, 1);
    test_team_join(&helper, &founder, 2, &terms);
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    const mirsal_hash *key = mir_store_device(helper.store);
    test_team_carry(&founder, &helper, 3, 0);
    assert_int_equal(mir_exposure(&found, &count, &arena, founder.store,
                         mir_membership_device(founder.store->membership, key), &err),
        MIRSAL_OK);
    assert_int_equal(count, 0);
    (void)test_team_report(&founder, "one");
    test_team_meet(&founder, &helper, 4);
    assert_int_equal(mir_exposure(&found, &count, &arena, founder.store,
                         mir_membership_device(founder.store->membership, key), &err),
        MIRSAL_OK);
    assert_int_equal(count, 1);
    assert_int_equal(found[0].compartment, MIR_COMPARTMENT_MAIN);
    assert_int_equal(found[0].lowest, 1);
    assert_int_equal(found[0].highest, 1);
    assert_int_equal(found[0].turn, 1);
    assert_int_equal(found[0].writing, 1);
    assert_true(found[0].since != 0);
    assert_int_equal(found[0].changesets, 1);
    /* The founder was given all that genesis has. */
    assert_int_equal(
        mir_exposure(&found, &count, &arena, founder.store,
            mir_membership_device(founder.store->membership, mir_store_device(founder.store)),
            &err),
        MIRSAL_OK);
    assert_int_equal(count, 2);
    mir_arena_fini(&arena);
    test_store_fini(&helper);
    test_store_fini(&founder);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(it_holds_what_it_was_given) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
