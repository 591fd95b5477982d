/* SPDX-License-Identifier: Apache-2.0 */
/* unit/persons_test.c - one number a name, given by root, and the name again. */
#include "persons.h"

#include "rootword.h"
#include "test_team.h"

#include <string.h>

static struct test_store founder;
static struct test_store helper;
static struct test_store second;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .uses = 1, .in_person = 1
    };
    test_team_found(&founder, 1);
    test_team_join(&helper, &founder, 2, &terms);
    test_team_join(&second, &founder, 3, &terms);
    test_team_meet(&founder, &helper, 1);
    test_team_meet(&founder, &second, 2);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&second);
    test_store_fini(&helper);
    test_store_fini(&founder);
    return 0;
}

static uint32_t person_of(struct test_store *device)
{
    return mir_membership_device(founder.store->membership, mir_store_device(device->store))
        ->person;
}

static void one_name_has_one_number(void **state)
{
    (void)state;
    uint32_t number = 99;
    test_team_make_admin(&founder, &helper, "Amal");
    assert_int_equal(person_of(&helper), 1);
    assert_int_equal(mir_person_number(&number, founder.store, "Rami", &err), MIRSAL_OK);
    assert_int_equal(number, 2);
    test_team_make_admin(&founder, &second, "Amal");
    assert_int_equal(person_of(&second), 1);
    test_team_make_admin(&founder, &second, "Rami");
    assert_int_equal(person_of(&second), 2);
    assert_int_equal(mir_person_number(&number, founder.store, "Amal", &err), MIRSAL_OK);
    assert_int_equal(number, 1);
}

static void without_a_name_it_is_the_founder_s(void **state)
{
    (void)state;
    uint32_t number = 99;
    test_team_make_admin(&founder, &helper, NULL);
    assert_int_equal(person_of(&helper), 0);
    assert_int_equal(mir_person_number(&number, founder.store, "", &err), MIRSAL_OK);
    assert_int_equal(number, 0);
}

static void the_name_is_read_back(void **state)
{
    (void)state;
    struct mir_arena arena;
    struct mir_bytes name;
    test_team_make_admin(&founder, &helper, "Amal");
    test_team_make_admin(&founder, &second, "أمل");
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    assert_int_equal(mir_person_name(&name, &arena, founder.store, 2, &err), MIRSAL_OK);
    assert_int_equal(name.size, strlen("أمل"));
    assert_memory_equal(name.data, "أمل", name.size);
    assert_int_equal(mir_person_name(&name, &arena, founder.store, 0, &err), MIRSAL_OK);
    assert_int_equal(name.size, 0);
    mir_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_name_has_one_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_name_it_is_the_founder_s, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_name_is_read_back, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
