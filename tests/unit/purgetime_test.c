/* SPDX-License-Identifier: Apache-2.0 */
/* unit/purgetime_test.c - own times of an order: from when it destroys, and that it did. */
#include "purge.h"
#include "statements.h"
#include "test_team.h"

#include <string.h>

#define DAY UINT64_C(86400000)

static struct test_store founder;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&founder, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&founder);
    return 0;
}

static void by_root(mirsal_hash *order, const mirsal_id *record, const mirsal_hash *approved)
{
    const char *path = founder.recovery;
    const struct mir_root_source source = { .paths = &path, .path_count = 1 };
    struct mir_root *root = NULL;
    assert_int_equal(mir_root_of(&root, founder.store, &source, &err), MIRSAL_OK);
    if (approved != NULL) {
        assert_int_equal(mir_purge_approve(founder.store, root, approved, &err), MIRSAL_OK);
    } else {
        assert_int_equal(mir_purge_say(order, founder.store, root, record, NULL, &err), MIRSAL_OK);
    }
    mir_root_close(root);
}

static size_t due_now(void)
{
    mirsal_hash *due = NULL;
    size_t count = 0;
    struct mir_arena arena;
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    assert_int_equal(mir_purge_due(&due, &count, &arena, founder.store, &err), MIRSAL_OK);
    mir_arena_fini(&arena);
    return count;
}

static struct mir_purge_here times_of(const mirsal_hash *order)
{
    struct mir_purge_here here;
    assert_int_equal(mir_purge_here(&here, founder.store, order, &err), MIRSAL_OK);
    return here;
}

static void it_begins_with_the_second_word(void **state)
{
    (void)state;
    mirsal_hash order;
    mirsal_id witness = test_team_report(&founder, "saffron");
    assert_int_equal(mir_purge_say(&order, founder.store, NULL, &witness, NULL, &err), MIRSAL_OK);
    assert_int_equal(times_of(&order).ordered_ms, 0);
    founder.world.now_ms += 40 * DAY;
    assert_int_equal(due_now(), 0);
    by_root(NULL, NULL, &order);
    struct mir_purge_here here = times_of(&order);
    assert_true(here.ordered_ms > 0);
    assert_int_equal(mir_purge_due_ms(founder.store, &here) - here.ordered_ms, 30 * DAY);
    founder.world.now_ms += 29 * DAY;
    assert_int_equal(due_now(), 0);
    founder.world.now_ms += DAY;
    assert_int_equal(due_now(), 1);
    assert_int_equal(mir_store_begin(founder.store, &err), MIRSAL_OK);
    assert_int_equal(mir_purge_set_destroyed(founder.store, &order, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(founder.store, &err), MIRSAL_OK);
    assert_int_equal(due_now(), 0);
    assert_true(times_of(&order).destroyed_ms > here.ordered_ms);
    assert_int_equal(times_of(&order).ordered_ms, here.ordered_ms);
}

static void the_policy_and_a_lift_move_it(void **state)
{
    (void)state;
    static const uint8_t days[1] = { 60 };
    struct mir_say say = { .kind = MIR_SAY_POLICY };
    mirsal_hash order;
    mirsal_id witness = test_team_report(&founder, "saffron");
    by_root(&order, &witness, NULL);
    say.act.numbers[0] = MIR_TEAM_PURGE_DAYS;
    say.act.value = (struct mir_bytes){ days, 1 };
    assert_int_equal(mir_statements_say_one(NULL, founder.store, &say, &err), MIRSAL_OK);
    founder.world.now_ms += 59 * DAY;
    assert_int_equal(due_now(), 0);
    founder.world.now_ms += 2 * DAY;
    assert_int_equal(due_now(), 1);
    const char *path = founder.recovery;
    const struct mir_root_source source = { .paths = &path, .path_count = 1 };
    struct mir_root *root = NULL;
    assert_int_equal(mir_root_of(&root, founder.store, &source, &err), MIRSAL_OK);
    assert_int_equal(mir_purge_lift(founder.store, root, &order, &err), MIRSAL_OK);
    mir_root_close(root);
    assert_int_equal(due_now(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_begins_with_the_second_word, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_policy_and_a_lift_move_it, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
