/* SPDX-License-Identifier: Apache-2.0 */
/* unit/purgetree_test.c - what hangs from a record alone goes with it; what has another parent does
 * not. */
#include "purgetree.h"

#include "purge.h"
#include "test_desk.h"

#include <string.h>

static struct test_store founder;

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

/* The records that go, with *count; freed by the caller's arena. */
static mirsal_id *going(size_t *count, struct mir_arena *arena, const mirsal_id *record)
{
    mirsal_id *found = NULL;
    mir_arena_init(arena, &founder.world.env, (size_t)1 << 20);
    assert_int_equal(
        mir_purge_tree(&found, count, arena, founder.store, record, &founder.err), MIRSAL_OK);
    assert_memory_equal(found[0].bytes, record->bytes, sizeof record->bytes);
    return found;
}

static int is_among(const mirsal_id *list, size_t count, const mirsal_id *record)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(list[i].bytes, record->bytes, sizeof record->bytes) == 0) {
            return 1;
        }
    }
    return 0;
}

static void what_hangs_from_it_goes(void **state)
{
    (void)state;
    struct mir_arena arena;
    size_t count = 0;
    mirsal_id raid = desk_add(&founder, "incident", NULL, ASSIGN("rel_text=a"));
    mirsal_id other = desk_add(&founder, "incident", NULL, ASSIGN("rel_text=b"));
    mirsal_id claim = desk_add(&founder, "casualty", &raid, ASSIGN("min=1", "max=2"));
    mirsal_id judged = desk_add(&founder, "note", &claim, ASSIGN("text=told by a neighbour"));
    mirsal_id stays = desk_add(&founder, "casualty", &other, ASSIGN("min=1", "max=2"));
    mirsal_id *found = going(&count, &arena, &raid);
    assert_int_equal(count, 3);
    assert_true(is_among(found, count, &claim));
    assert_true(is_among(found, count, &judged));
    assert_false(is_among(found, count, &stays));
    mir_arena_fini(&arena);
    (void)going(&count, &arena, &judged);
    assert_int_equal(count, 1);
    mir_arena_fini(&arena);
}

static void what_another_is_a_parent_of_stays(void **state)
{
    (void)state;
    char both[128];
    struct mir_arena arena;
    size_t count = 0;
    mirsal_hash order;
    mirsal_id raid = desk_add(&founder, "incident", NULL, ASSIGN("rel_text=a"));
    mirsal_id other = desk_add(&founder, "incident", NULL, ASSIGN("rel_text=b"));
    (void)snprintf(both, sizeof both, "incident=%s,", desk_name(&raid));
    (void)strncat(both, desk_name(&other), sizeof both - strlen(both) - 1);
    mirsal_id report = desk_add(&founder, "report", NULL, ASSIGN(both));
    (void)desk_add(&founder, "note", &report, ASSIGN("text=c"));
    (void)going(&count, &arena, &raid);
    assert_int_equal(count, 1);
    mir_arena_fini(&arena);
    /* Once the other one is purged it has no parent that stays. */
    assert_int_equal(
        mir_purge_say(&order, founder.store, NULL, &other, NULL, &founder.err), MIRSAL_OK);
    mirsal_id *found = going(&count, &arena, &raid);
    assert_int_equal(count, 3);
    assert_true(is_among(found, count, &report));
    mir_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_hangs_from_it_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_another_is_a_parent_of_stays, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
