/* SPDX-License-Identifier: Apache-2.0 */
/* unit/arena_test.c - pieces lie apart, the ceiling holds, all is wiped and released at once. */
#include "arena.h"

#include "test_env.h"

#include <stdalign.h>
#include <string.h>

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    test.count_unwiped = 1;
    struct mir_arena arena;
    uint8_t *pieces[300];
    size_t sizes[300];
    mir_arena_init(&arena, &test.env, 1 << 22);
    for (size_t i = 0; i < 300; i++) {
        sizes[i] = i % 50 == 49 ? 9000 : 1 + i * 13 % 200;
        pieces[i] = mir_arena_alloc(&arena, sizes[i], 1);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        for (size_t k = 0; k < sizes[i]; k++) {
            assert_int_equal(pieces[i][k], 0);
        }
        memset(pieces[i], (int)(i % 255 + 1), sizes[i]);
    }
    for (size_t i = 0; i < 300; i++) {
        for (size_t k = 0; k < sizes[i]; k++) {
            assert_int_equal(pieces[i][k], i % 255 + 1);
        }
    }
    mir_arena_fini(&arena);
    assert_int_equal(test.unwiped_pieces, 0);
    test_env_fini(&test);
}

static void the_ceiling_holds(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    struct mir_arena arena;
    mir_arena_init(&arena, &test.env, 64);
    assert_non_null(mir_arena_alloc(&arena, 4, 12));
    assert_null(mir_arena_alloc(&arena, 1, 17));
    assert_non_null(mir_arena_alloc(&arena, 1, 16));
    assert_null(mir_arena_alloc(&arena, 1, 1));
    mir_arena_reset(&arena);
    assert_int_equal(test.live_pieces, 0);
    assert_non_null(mir_arena_alloc(&arena, 64, 1));
    mir_arena_fini(&arena);
    test_env_fini(&test);
}

static void overflow_and_no_memory_give_null(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    struct mir_arena arena;
    mir_arena_init(&arena, &test.env, SIZE_MAX);
    assert_null(mir_arena_alloc(&arena, SIZE_MAX / 2, 3));
    assert_null(mir_arena_alloc(&arena, SIZE_MAX, 1));
    assert_null(mir_arena_alloc(&arena, SIZE_MAX - 15, 1));
    assert_null(mir_arena_copy(&arena, "", SIZE_MAX));
    assert_int_equal(test.allocations, 0);
    test.fail_at = 1;
    assert_null(mir_arena_alloc(&arena, 1, 1));
    assert_int_equal(arena.used, 0);
    assert_non_null(mir_arena_alloc(&arena, 1, 1));
    mir_arena_fini(&arena);
    struct mir_arena empty = { 0 };
    mir_arena_fini(&empty);
    test_env_fini(&test);
}

static void copies_end_in_nul_and_empty_arrays_are_no_failure(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    struct mir_arena arena;
    mir_arena_init(&arena, &test.env, 1000);
    assert_string_equal(mir_arena_copy(&arena, "abcdefghijklmnop", 16), "abcdefghijklmnop");
    assert_string_equal(mir_arena_copy(&arena, NULL, 0), "");
    void *first = mir_arena_alloc(&arena, 0, 8);
    void *second = mir_arena_alloc(&arena, 8, 0);
    assert_non_null(first);
    assert_non_null(second);
    assert_ptr_not_equal(first, second);
    mir_arena_fini(&arena);
    test_env_fini(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(the_ceiling_holds),
        cmocka_unit_test(overflow_and_no_memory_give_null),
        cmocka_unit_test(copies_end_in_nul_and_empty_arrays_are_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
