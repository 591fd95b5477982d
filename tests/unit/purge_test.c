/* SPDX-License-Identifier: Apache-2.0 */
/* unit/purge_test.c - orders given, approved and lifted; bodies found. */
#include "purge.h"

#include "acts.h"
#include "members.h"
#include "purgebodies.h"
#include "test_team.h"

#include <string.h>

static struct test_store founder;
static struct test_store second;
static struct test_store helper;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .uses = 1, .in_person = 1
    };
    test_team_found(&founder, 1);
    test_team_join(&second, &founder, 2, &terms);
    test_team_join(&helper, &founder, 3, &terms);
    test_team_meet(&founder, &second, 4);
    test_team_meet(&founder, &helper, 5);
    test_team_make_admin(&founder, &second, "Amal");
    test_team_meet(&founder, &second, 6);
    test_team_meet(&founder, &helper, 7);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&helper);
    test_store_fini(&second);
    test_store_fini(&founder);
    return 0;
}

static enum mir_purge_level level_of(struct test_store *device, const mirsal_hash *order)
{
    const struct mir_purge *purge = mir_purges_find(device->store->membership, order);
    assert_non_null(purge);
    return purge->level;
}

static size_t bodies_of(struct test_store *device, const mirsal_id *record)
{
    mirsal_hash *bodies = NULL;
    size_t count = 0;
    struct mir_arena arena;
    mir_arena_init(&arena, &device->world.env, 1u << 20);
    assert_int_equal(
        mir_purge_bodies(&bodies, &count, &arena, device->store, record, 1, &err), MIRSAL_OK);
    for (size_t i = 1; i < count; i++) {
        assert_true(memcmp(bodies[i - 1].bytes, bodies[i].bytes, 32) < 0);
    }
    mir_arena_fini(&arena);
    return count;
}

static void every_body_of_the_record_is_named(void **state)
{
    (void)state;
    mirsal_hash order;
    mirsal_id witness = test_team_report(&founder, "saffron");
    (void)test_team_report(&founder, "cobalt");
    size_t made = bodies_of(&founder, &witness);
    assert_int_equal(test_team_edit(&founder, &witness, "vermilion"), MIRSAL_OK);
    assert_int_equal(bodies_of(&founder, &witness), made + 1);
    assert_int_equal(
        mir_purge_say(&order, founder.store, NULL, &witness, "in danger", &err), MIRSAL_OK);
    const struct mir_purge *purge = mir_purges_find(founder.store->membership, &order);
    assert_int_equal(purge->changeset_count, made + 1);
    assert_int_equal(purge->record_count, 1);
    assert_int_equal(bodies_of(&founder, &witness), made + 1);
    /* Once more only where a body came that it does not name. */
    assert_int_equal(
        mir_purge_say(&order, founder.store, NULL, &witness, NULL, &err), MIRSAL_NOT_ALLOWED);
    static const mirsal_id nothing = { { 9 } };
    assert_int_equal(
        mir_purge_say(&order, founder.store, NULL, &nothing, NULL, &err), MIRSAL_NOT_FOUND);
}

/* Data of a device whose join is not known waits, and is found all the same. */
static void bodies_that_wait_are_found(void **state)
{
    (void)state;
    mirsal_id witness = test_team_report(&founder, "saffron");
    test_team_meet(&founder, &helper, 8);
    assert_int_equal(test_team_edit(&helper, &witness, "indigo"), MIRSAL_OK);
    size_t before = bodies_of(&founder, &witness);
    const struct mir_cut_order cut = { .device = mir_store_device(helper.store),
        .reason = MIR_CUT_LOST };
    assert_int_equal(mir_device_cut(NULL, founder.store, NULL, &cut, &err), MIRSAL_OK);
    test_team_carry(&founder, &helper, 9, 0);
    assert_int_equal(
        test_team_count(&founder, "SELECT count(*) FROM changeset WHERE state = 2"), 1);
    assert_int_equal(bodies_of(&founder, &witness), before + 1);
}

static void a_second_person_orders(void **state)
{
    (void)state;
    mirsal_hash order;
    mirsal_id witness = test_team_report(&founder, "saffron");
    assert_int_equal(mir_purge_say(&order, founder.store, NULL, &witness, NULL, &err), MIRSAL_OK);
    assert_int_equal(level_of(&founder, &order), MIR_PURGE_HIDDEN);
    assert_int_equal(mir_purge_approve(founder.store, NULL, &order, &err), MIRSAL_NOT_ALLOWED);
    test_team_meet(&founder, &second, 8);
    test_team_meet(&founder, &helper, 9);
    assert_int_equal(mir_purge_approve(helper.store, NULL, &order, &err), MIRSAL_NOT_ALLOWED);
    assert_int_equal(mir_purge_approve(second.store, NULL, &order, &err), MIRSAL_OK);
    assert_int_equal(level_of(&second, &order), MIR_PURGE_ORDERED);
    assert_int_equal(mir_purge_approve(second.store, NULL, &order, &err), MIRSAL_NOT_ALLOWED);
    test_team_meet(&founder, &second, 10);
    assert_int_equal(level_of(&founder, &order), MIR_PURGE_ORDERED);
}

static void two_devices_of_one_person_do_not(void **state)
{
    (void)state;
    mirsal_hash order;
    test_team_make_admin(&founder, &helper, "Amal");
    test_team_meet(&founder, &helper, 8);
    test_team_meet(&founder, &second, 9);
    mirsal_id witness = test_team_report(&second, "saffron");
    assert_int_equal(mir_purge_say(&order, second.store, NULL, &witness, NULL, &err), MIRSAL_OK);
    test_team_meet(&founder, &second, 10);
    test_team_meet(&founder, &helper, 11);
    assert_int_equal(mir_purge_approve(helper.store, NULL, &order, &err), MIRSAL_NOT_ALLOWED);
    assert_int_equal(mir_purge_approve(founder.store, NULL, &order, &err), MIRSAL_OK);
}

static void an_order_is_lifted_by_whom_it_may_be(void **state)
{
    (void)state;
    mirsal_hash order;
    const char *path = founder.recovery;
    const struct mir_root_source source = { .paths = &path, .path_count = 1 };
    struct mir_root *root = NULL;
    mirsal_id witness = test_team_report(&founder, "saffron");
    assert_int_equal(mir_root_of(&root, founder.store, &source, &err), MIRSAL_OK);
    assert_int_equal(mir_purge_say(&order, founder.store, root, &witness, NULL, &err), MIRSAL_OK);
    assert_int_equal(level_of(&founder, &order), MIR_PURGE_ORDERED);
    assert_int_equal(mir_purge_lift(founder.store, NULL, &order, &err), MIRSAL_NOT_ALLOWED);
    assert_int_equal(mir_purge_lift(founder.store, root, &order, &err), MIRSAL_OK);
    assert_int_equal(level_of(&founder, &order), MIR_PURGE_NONE);
    assert_int_equal(mir_purge_lift(founder.store, root, &order, &err), MIRSAL_NOT_FOUND);
    assert_string_equal(test_team_shown(&founder, &witness), "saffron");
    mir_root_close(root);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_body_of_the_record_is_named),
        TEST(bodies_that_wait_are_found),
        TEST(a_second_person_orders),
        TEST(two_devices_of_one_person_do_not),
        TEST(an_order_is_lifted_by_whom_it_may_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
