/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/acts_test.c - a cut leaves what was written before it, an adopt brings back what came late,
 * a lower role takes nothing from the past, and root ends a freeze.
 */
#include "acts.h"

#include "test_team.h"

#include <string.h>

static struct test_store founder;
static struct test_store second;
static struct test_store monitor;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite coordinators = {
        .role = MIR_ROLE_COORDINATOR, .in_person = 1, .uses = 1
    };
    static const struct test_invite monitors = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    test_team_found(&founder, 1);
    test_team_join(&second, &founder, 2, &coordinators);
    test_team_join(&monitor, &founder, 3, &monitors);
    test_team_meet(&founder, &monitor, 4);
    test_team_meet(&founder, &second, 5);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&monitor);
    test_store_fini(&second);
    test_store_fini(&founder);
    return 0;
}

static void same_everywhere(uint64_t seed)
{
    mirsal_hash digests[2];
    for (int i = 0; i < 2; i++) {
        test_team_meet(&founder, &monitor, seed);
        test_team_meet(&founder, &second, seed + 1);
    }
    digests[0] = test_team_digest(&founder);
    digests[1] = test_team_digest(&second);
    assert_memory_equal(digests[0].bytes, digests[1].bytes, 32);
}

static void a_cut_leaves_the_past_and_an_adopt_the_rest(void **state)
{
    (void)state;
    const struct mir_cut_order order = {
        .device = mir_store_device(monitor.store), .reason = MIR_CUT_LOST, .text = "left in a taxi"
    };
    uint32_t adopted = 0;
    mirsal_id before = test_team_report(&monitor, "before");
    test_team_meet(&founder, &monitor, 6);
    assert_int_equal(mir_device_cut(NULL, second.store, NULL, &order, &err), MIRSAL_NOT_ALLOWED);
    assert_int_equal(mir_device_cut(NULL, founder.store, NULL, &order, &err), MIRSAL_OK);
    assert_string_equal(test_team_shown(&founder, &before), "before");
    mirsal_id late = test_team_report(&monitor, "late");
    (void)test_team_report(&monitor, "later");
    test_team_carry(&founder, &monitor, 7, 1);
    assert_string_equal(test_team_shown(&founder, &late), "");
    same_everywhere(8);
    assert_string_equal(test_team_shown(&second, &before), "before");
    assert_int_equal(
        mir_device_adopt(&adopted, monitor.store, order.device, NULL, 0, &err), MIRSAL_NOT_ALLOWED);
    assert_int_equal(
        mir_device_adopt(&adopted, second.store, order.device, NULL, 0, &err), MIRSAL_OK);
    assert_int_equal(adopted, 2);
    assert_string_equal(test_team_shown(&second, &late), "late");
    assert_int_equal(
        mir_device_adopt(&adopted, second.store, order.device, NULL, 0, &err), MIRSAL_NOT_FOUND);
    same_everywhere(10);
    assert_string_equal(test_team_shown(&founder, &late), "late");
    /* Nobody's receipt names what counts by an adopt alone. */
    const struct mir_membership *found = founder.store->membership;
    size_t named = 0;
    for (size_t i = 0; i < found->receipt_count; i++) {
        const struct mir_receipt_head *head = &found->receipts[i].head;
        if (memcmp(&head->device, order.device, sizeof head->device) == 0 &&
            head->compartment == 0) {
            assert_int_equal(head->seq, 1);
            named++;
        }
    }
    assert_true(named > 0);
}

static void a_cut_may_name_an_earlier_place(void **state)
{
    (void)state;
    struct mir_cut_at at = { 0, 1 };
    struct mir_cut_order order = { .device = mir_store_device(monitor.store),
        .reason = MIR_CUT_HOSTILE,
        .at = &at,
        .at_count = 1 };
    uint32_t adopted = 0;
    mirsal_id first = test_team_report(&monitor, "first");
    mirsal_id other = test_team_report(&monitor, "second");
    test_team_meet(&founder, &monitor, 6);
    at.seq = 9;
    assert_int_equal(mir_device_cut(NULL, founder.store, NULL, &order, &err), MIRSAL_NOT_FOUND);
    at.seq = 1;
    assert_int_equal(mir_device_cut(NULL, founder.store, NULL, &order, &err), MIRSAL_OK);
    assert_string_equal(test_team_shown(&founder, &first), "first");
    assert_string_equal(test_team_shown(&founder, &other), "");
    same_everywhere(8);
    assert_int_equal(
        mir_device_adopt(&adopted, second.store, order.device, NULL, 0, &err), MIRSAL_NOT_ALLOWED);
    assert_int_equal(
        mir_device_adopt(&adopted, founder.store, order.device, NULL, 0, &err), MIRSAL_OK);
    assert_string_equal(test_team_shown(&founder, &other), "second");
}

static void a_lower_role_leaves_the_past(void **state)
{
    (void)state;
    const mirsal_hash *device = mir_store_device(monitor.store);
    mirsal_id before = test_team_report(&monitor, "before");
    test_team_meet(&founder, &monitor, 6);
    assert_int_equal(
        mir_device_role(founder.store, NULL, device, MIR_ROLE_OBSERVER, NULL, &err), MIRSAL_OK);
    mirsal_id late = test_team_report(&monitor, "late");
    same_everywhere(7);
    assert_string_equal(test_team_shown(&founder, &before), "before");
    assert_string_equal(test_team_shown(&founder, &late), "");
    assert_int_equal(
        mir_device_role(founder.store, NULL, device, MIR_ROLE_MONITOR, NULL, &err), MIRSAL_OK);
    same_everywhere(9);
    mirsal_id again = test_team_report(&monitor, "again"); /* it knows that it may */
    same_everywhere(11);
    assert_string_equal(test_team_shown(&founder, &again), "again");
    assert_string_equal(test_team_shown(&founder, &late), "");
}

static void root_ends_a_freeze(void **state)
{
    (void)state;
    const char *path = founder.recovery;
    const struct mir_root_source source = { .paths = &path, .path_count = 1 };
    const mirsal_hash *device = mir_store_device(second.store);
    struct mir_root *root = NULL;
    assert_int_equal(
        mir_device_freeze(NULL, founder.store, device, NULL, &err), MIRSAL_NOT_ALLOWED);
    assert_int_equal(mir_root_of(&root, founder.store, &source, &err), MIRSAL_OK);
    assert_int_equal(
        mir_device_role(founder.store, root, device, MIR_ROLE_ADMIN, NULL, &err), MIRSAL_OK);
    same_everywhere(6);
    assert_int_equal(mir_device_freeze(NULL, founder.store, device, "odd", &err), MIRSAL_OK);
    same_everywhere(8);
    assert_int_equal(mir_membership_device(second.store->membership, device)->frozen, 1);
    assert_int_equal(mir_device_unfreeze(founder.store, root, device, &err), MIRSAL_OK);
    assert_int_equal(mir_device_unfreeze(founder.store, root, device, &err), MIRSAL_NOT_FOUND);
    same_everywhere(10);
    assert_int_equal(mir_membership_device(second.store->membership, device)->frozen, 0);
    mir_root_close(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_cut_leaves_the_past_and_an_adopt_the_rest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cut_may_name_an_earlier_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lower_role_leaves_the_past, set_up, tear_down),
        cmocka_unit_test_setup_teardown(root_ends_a_freeze, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
