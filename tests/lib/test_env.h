/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/test_env.h - a deterministic environment: seeded randomness, a clock that the test
 * moves, an allocator that counts and can fail.
 */
#ifndef TEST_ENV_H
#define TEST_ENV_H

/* cmocka wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <mirsal/types.h>

struct test_env {
    mirsal_env env; /* give &test.env to the code under test */
    uint64_t now_ms;
    uint64_t ticks_ms;
    uint64_t random_state;

    uint64_t allocations;  /* calls that asked for new or more memory */
    uint64_t fail_at;      /* the allocation with this number (1, 2, …) fails; 0 = none */
    int fail_from_there;   /* 1: so do all after it */
    uint64_t failures;     /* how many were made to fail */
    size_t live_bytes;     /* asked for and not yet released */
    size_t live_bytes_max; /* the highest that live_bytes was */
    uint64_t live_pieces;
    int count_unwiped; /* 1: count pieces released with a non-zero byte in them */
    uint64_t unwiped_pieces;

    mirsal_log_level log_level; /* of the last line */
    uint64_t log_lines;
    char log_last[512];
};

#define TEST_START_MS UINT64_C(1700000000000)

/* Clock at TEST_START_MS, ticks at 1000; the same seed gives the same bytes. */
void test_env_init(struct test_env *test, uint64_t seed);
void test_env_advance(struct test_env *test, uint64_t milliseconds);
/* Fails the running test if memory is not released. */
void test_env_fini(struct test_env *test);

#endif
