/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/test_random.h - SplitMix64: the one source of chance of a simulated world.
 */
#ifndef TEST_RANDOM_H
#define TEST_RANDOM_H

#include <stdint.h>

struct test_random {
    uint64_t state;
};

static inline uint64_t test_random_next(struct test_random *random)
{
    random->state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t value = random->state;
    value = (value ^ (value >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94D049BB133111EB);
    return value ^ (value >> 31);
}

/* Below bound, which is not 0. */
static inline uint64_t test_random_below(struct test_random *random, uint64_t bound)
{
    return (test_random_next(random) >> 11) % bound;
}

/* 1 in so many of a hundred. */
static inline int test_random_percent(struct test_random *random, uint32_t percent)
{
    return test_random_below(random, 100) < percent;
}

#endif
