/* SPDX-License-Identifier: Apache-2.0 */
/* unit/tree_test.c - chains as trees, and what places leave of them. */
#include "tree.h"

#include "test_env.h"

#include <string.h>

#define NOBODY MIR_CAUSAL_NOBODY

/*
 * Of device 1: 0 - 1 - 2 - 3, and a branch 4 - 5 after 0; 6 hangs in the air. Of device 2: 7.
 */
struct wood {
    struct test_env test;
    struct mir_arena arena;
    mirsal_hash devices[2];
    mirsal_hash ids[8];
    struct mir_tree_node nodes[8];
    struct mir_tree tree;
};

static void wood_init(struct wood *wood)
{
    static const uint64_t seqs[8] = { 1, 2, 3, 4, 2, 3, 9, 1 };
    static const uint32_t prevs[8] = { NOBODY, 0, 1, 2, 0, 4, NOBODY, NOBODY };
    memset(wood, 0, sizeof *wood);
    test_env_init(&wood->test, 3);
    mir_arena_init(&wood->arena, &wood->test.env, SIZE_MAX);
    wood->devices[0].bytes[0] = 1;
    wood->devices[1].bytes[0] = 2;
    for (uint32_t i = 0; i < 8; i++) {
        wood->ids[i].bytes[0] = (uint8_t)(100 - i);
        wood->nodes[i].device = &wood->devices[i == 7];
        wood->nodes[i].id = &wood->ids[i];
        wood->nodes[i].seq = seqs[i];
        wood->nodes[i].prev = prevs[i];
        wood->nodes[i].stands = i != 6;
    }
    wood->tree.nodes = wood->nodes;
    wood->tree.count = 8;
    assert_true(mir_tree_build(&wood->tree, &wood->arena));
}

static void wood_fini(struct wood *wood)
{
    mir_arena_fini(&wood->arena);
    test_env_fini(&wood->test);
}

static void paths_and_places_are_found(void **state)
{
    (void)state;
    struct wood wood;
    uint32_t end = 0;
    wood_init(&wood);
    assert_true(mir_tree_on_path(&wood.tree, 0, 3) && mir_tree_on_path(&wood.tree, 3, 3));
    assert_true(mir_tree_on_path(&wood.tree, 0, 5) && mir_tree_on_path(&wood.tree, 4, 5));
    assert_false(mir_tree_on_path(&wood.tree, 1, 5) || mir_tree_on_path(&wood.tree, 3, 0));
    assert_false(mir_tree_on_path(&wood.tree, 0, 7) || mir_tree_on_path(&wood.tree, 0, 6));
    assert_int_equal(mir_tree_find(&wood.tree, &wood.devices[0], 3, &wood.ids[5]), 5);
    assert_int_equal(mir_tree_find(&wood.tree, &wood.devices[0], 2, &wood.ids[5]), NOBODY);
    assert_int_equal(mir_tree_find(&wood.tree, &wood.devices[1], 3, &wood.ids[5]), NOBODY);
    assert_int_equal(mir_tree_find(&wood.tree, &wood.devices[0], 9, &wood.ids[6]), NOBODY);
    uint32_t from = mir_tree_device(&wood.tree, &wood.devices[1], &end);
    assert_int_equal(end - from, 1);
    assert_int_equal(wood.tree.sorted[from], 7);
    assert_int_equal(wood.tree.fork_at[3], 2);
    assert_true(wood.tree.fork_at[7] == UINT64_MAX);
    wood_fini(&wood);
}

static int leaves(const struct wood *wood, const struct mir_bound *bound, uint32_t node)
{
    return mir_bound_leaves(bound, &wood->tree, node);
}

static void places_leave_paths_and_several_what_each_leaves(void **state)
{
    (void)state;
    struct wood wood;
    struct mir_bound bound = { .bounded = 0 };
    wood_init(&wood);
    assert_true(leaves(&wood, &bound, 6)); /* nothing was named */
    mir_bound_add(&bound, &wood.tree, &wood.devices[0], 4, &wood.ids[3]);
    assert_true(leaves(&wood, &bound, 3) && leaves(&wood, &bound, 0));
    assert_false(leaves(&wood, &bound, 4) || leaves(&wood, &bound, 6));
    mir_bound_add(&bound, &wood.tree, &wood.devices[0], 2, &wood.ids[1]);
    assert_true(leaves(&wood, &bound, 1));
    assert_false(leaves(&wood, &bound, 2));
    mir_bound_add(&bound, &wood.tree, &wood.devices[0], 3, &wood.ids[5]); /* the other branch */
    assert_true(leaves(&wood, &bound, 0));
    assert_false(leaves(&wood, &bound, 1) || leaves(&wood, &bound, 4));
    mir_bound_add(&bound, &wood.tree, &wood.devices[0], 0, &wood.ids[5]);
    assert_false(leaves(&wood, &bound, 0));
    wood_fini(&wood);
}

static void what_is_not_held_leaves_what_stands_below_any_fork(void **state)
{
    (void)state;
    struct wood wood;
    struct mir_bound bound = { .bounded = 0 };
    struct mir_spot spot = { 4, 3, { { 9 } } };
    struct mir_places places = { &spot, 1 };
    wood_init(&wood);
    mir_bound_add_places(&bound, &wood.tree, &wood.devices[0], 4, &places);
    assert_true(leaves(&wood, &bound, 0));
    assert_false(leaves(&wood, &bound, 1) || leaves(&wood, &bound, 4));
    memset(&bound, 0, sizeof bound);
    mir_bound_add_places(&bound, &wood.tree, &wood.devices[0], 5, &places); /* not named */
    assert_false(leaves(&wood, &bound, 0));
    assert_null(mir_places_find(&places, 5));
    assert_ptr_equal(mir_places_find(&places, 4), &spot);
    wood_fini(&wood);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_and_places_are_found),
        cmocka_unit_test(places_leave_paths_and_several_what_each_leaves),
        cmocka_unit_test(what_is_not_held_leaves_what_stands_below_any_fork),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
