/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/rootword_test.c - root speaks from any store of its team, and from none of another's.
 */
#include "rootword.h"

#include "files.h"
#include "test_team.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct test_store founder;
static struct test_store helper;
static char path[128];
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .uses = 1, .in_person = 1
    };
    test_team_found(&founder, 1);
    test_team_join(&helper, &founder, 2, &terms);
    (void)snprintf(path, sizeof path, "%s-new", founder.recovery);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    test_store_fini(&helper);
    test_store_fini(&founder);
    return 0;
}

static mirsal_code open_root(struct mir_root **out, struct test_store *at, const char *from)
{
    const struct mir_root_source source = { .paths = &from, .path_count = 1 };
    return mir_root_of(out, at->store, &source, &err);
}

static const struct mir_member *self_of(struct test_store *device)
{
    return mir_membership_device(device->store->membership, mir_store_device(device->store));
}

static struct mir_recovery_facts facts_of(struct test_store *device)
{
    struct mir_recovery_facts facts;
    struct mir_arena arena;
    mir_arena_init(&arena, &device->world.env, 1u << 20);
    assert_int_equal(mir_recovery_facts(&facts, &arena, device->store, &err), MIRSAL_OK);
    mir_arena_fini(&arena);
    return facts;
}

static void genesis_says_how_root_is_kept(void **state)
{
    (void)state;
    struct mir_recovery_facts facts = facts_of(&helper);
    assert_int_equal(facts.has, 1);
    assert_int_equal(facts.threshold, 1);
    assert_int_equal(facts.shares, 1);
    assert_int_equal(facts.drilled_ms, 0);
    assert_int_equal(mir_root_drilled(helper.store, &err), MIRSAL_OK);
    assert_true(facts_of(&helper).drilled_ms > 0);
    assert_int_equal(facts_of(&founder).drilled_ms, 0);
}

static void any_member_becomes_admin_by_root_s_word(void **state)
{
    (void)state;
    const struct mir_recover recover = { .admin = 1, .person = "Amal" };
    struct mir_root *root = NULL;
    assert_int_equal(self_of(&helper)->role, MIR_ROLE_COORDINATOR);
    assert_int_equal(open_root(&root, &helper, founder.recovery), MIRSAL_OK);
    assert_int_equal(mir_root_recover(helper.store, root, &recover, &err), MIRSAL_OK);
    mir_root_close(root);
    assert_int_equal(self_of(&helper)->role, MIR_ROLE_ADMIN);
    assert_int_equal(facts_of(&helper).shares, 1);
}

static void root_is_written_anew(void **state)
{
    (void)state;
    const struct mir_root_target target = { .path = path };
    const struct mir_recover recover = { .target = &target };
    struct mir_root *root = NULL;
    assert_int_equal(mir_root_drilled(founder.store, &err), MIRSAL_OK);
    assert_int_equal(open_root(&root, &founder, founder.recovery), MIRSAL_OK);
    assert_int_equal(mir_root_recover(founder.store, root, &recover, &err), MIRSAL_OK);
    assert_int_equal(facts_of(&founder).drilled_ms, 0);
    /* What is there stays, and nothing is said. */
    assert_int_equal(mir_root_recover(founder.store, root, &recover, &err), MIRSAL_STORE_EXISTS);
    mir_root_close(root);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM changeset"), 3);
    assert_int_equal(open_root(&root, &founder, path), MIRSAL_OK);
    mir_root_close(root);
}

static void another_team_s_root_is_refused(void **state)
{
    (void)state;
    struct test_store other;
    struct mir_root *root = NULL;
    test_team_found(&other, 7);
    assert_int_equal(open_root(&root, &founder, other.recovery), MIRSAL_NOT_AUTHENTIC);
    assert_null(root);
    assert_string_equal(err.message, "this is another team's root");
    test_store_fini(&other);
}

static void recover_needs_the_store_alone(void **state)
{
    (void)state;
    const struct mir_recover recover = { .admin = 1 };
    struct mir_store_options options;
    struct mir_store *second = NULL;
    struct mir_root *root = NULL;
    test_store_options(&options, &helper);
    assert_int_equal(open_root(&root, &helper, founder.recovery), MIRSAL_OK);
    assert_int_equal(mir_store_open(&second, &options, &err), MIRSAL_OK);
    assert_int_equal(mir_root_recover(helper.store, root, &recover, &err), MIRSAL_LOCKED);
    mir_store_close(second);
    assert_int_equal(self_of(&helper)->role, MIR_ROLE_COORDINATOR);
    assert_int_equal(mir_root_recover(helper.store, root, &recover, &err), MIRSAL_OK);
    assert_int_equal(mir_store_open(&second, &options, &err), MIRSAL_OK);
    mir_store_close(second);
    mir_root_close(root);
}

static void roles_to_and_from_admin_are_root_s(void **state)
{
    (void)state;
    const mirsal_hash *self = mir_store_device(helper.store);
    struct mir_root *root = NULL;
    mirsal_hash nobody = { { 1 } };
    assert_int_equal(mir_device_role(helper.store, NULL, self, MIR_ROLE_MONITOR, NULL, &err),
        MIRSAL_NOT_ALLOWED);
    assert_int_equal(mir_device_role(founder.store, NULL, mir_store_device(founder.store),
                         MIR_ROLE_MONITOR, NULL, &err),
        MIRSAL_NOT_ALLOWED);
    assert_int_equal(open_root(&root, &helper, founder.recovery), MIRSAL_OK);
    assert_int_equal(
        mir_device_role(helper.store, root, &nobody, MIR_ROLE_ADMIN, NULL, &err), MIRSAL_NOT_FOUND);
    assert_int_equal(
        mir_device_role(helper.store, root, self, MIR_ROLE_ADMIN, "Amal", &err), MIRSAL_OK);
    assert_int_equal(self_of(&helper)->role, MIR_ROLE_ADMIN);
    assert_int_equal(
        mir_device_role(helper.store, root, self, MIR_ROLE_COORDINATOR, NULL, &err), MIRSAL_OK);
    assert_int_equal(self_of(&helper)->role, MIR_ROLE_COORDINATOR);
    mir_root_close(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(genesis_says_how_root_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_member_becomes_admin_by_root_s_word, set_up, tear_down),
        cmocka_unit_test_setup_teardown(root_is_written_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_team_s_root_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(recover_needs_the_store_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(roles_to_and_from_admin_are_root_s, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
