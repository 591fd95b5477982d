/* SPDX-License-Identifier: Apache-2.0 */
/* unit/affected_test.c - what holds back what: cuts, losses of a role, freezes. */
#include "affected.h"

#include "acts.h"
#include "members.h"
#include "recovery.h"
#include "rootword.h"
#include "test_team.h"

#include <string.h>

static struct test_store founder;
static struct test_store monitor;
static struct mir_arena arena;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    test_team_found(&founder, 1);
    test_team_join(&monitor, &founder, 2, &terms);
    (void)test_team_report(&monitor, "before");
    test_team_meet(&founder, &monitor, 1);
    mir_arena_init(&arena, &founder.world.env, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_arena_fini(&arena);
    test_store_fini(&monitor);
    test_store_fini(&founder);
    return 0;
}

static void load(struct mir_affected *out)
{
    assert_int_equal(mir_affected_load(out, &arena, founder.store, &err), MIRSAL_OK);
}

/* The monitor's data in quarantine, all held back by that changeset. */
static void assert_all_by(const struct mir_affected *affected, const mirsal_hash *by, size_t count)
{
    assert_int_equal(affected->count, count);
    assert_int_equal(mir_affected_count(affected, by), count);
    for (size_t i = 0; i < count; i++) {
        assert_memory_equal(mir_affected_by(affected, &affected->items[i].changeset)->bytes,
            by->bytes, sizeof by->bytes);
    }
    assert_null(mir_affected_by(affected, by));
}

static void of_two_cuts_one_is_named_for_each(void **state)
{
    (void)state;
    const struct mir_cut_order order = { .device = mir_store_device(monitor.store),
        .reason = MIR_CUT_LOST };
    const struct mir_cut_order later = { .device = order.device, .reason = MIR_CUT_HOSTILE };
    struct mir_affected affected;
    mirsal_hash first;
    mirsal_hash second;
    load(&affected);
    assert_int_equal(affected.count, 0);
    assert_int_equal(mir_device_cut(&first, founder.store, NULL, &order, &err), MIRSAL_OK);
    (void)test_team_report(&monitor, "late");
    (void)test_team_report(&monitor, "later");
    test_team_carry(&founder, &monitor, 7, 1);
    load(&affected);
    assert_all_by(&affected, &first, 2);
    assert_int_equal(mir_device_cut(&second, founder.store, NULL, &later, &err), MIRSAL_OK);
    load(&affected);
    assert_int_equal(affected.count, 2);
    assert_int_equal(
        mir_affected_count(&affected, &first) + mir_affected_count(&affected, &second), 2);
}

static void a_loss_of_the_role_is_named(void **state)
{
    (void)state;
    const mirsal_hash *device = mir_store_device(monitor.store);
    struct mir_affected affected;
    assert_int_equal(
        mir_device_role(founder.store, NULL, device, MIR_ROLE_OBSERVER, NULL, &err), MIRSAL_OK);
    (void)test_team_report(&monitor, "late");
    test_team_carry(&founder, &monitor, 7, 1);
    load(&affected);
    assert_int_equal(affected.count, 1);
    const struct mir_members *members = founder.store->members;
    size_t named = 0;
    for (size_t i = 0; i < members->count; i++) {
        if (members->facts[i].statements[0].kind == MIR_STATEMENT_ROLE) {
            assert_all_by(&affected, &members->facts[i].id, 1);
            named++;
        }
    }
    assert_int_equal(named, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(of_two_cuts_one_is_named_for_each, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_loss_of_the_role_is_named, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
