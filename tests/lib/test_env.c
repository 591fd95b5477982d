/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/test_env.c - see the header. Randomness is SplitMix64, byte by byte.
 */
#include "test_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t now_ms(void *context)
{
    struct test_env *test = context;
    return test->now_ms;
}

static uint64_t ticks_ms(void *context)
{
    struct test_env *test = context;
    return test->ticks_ms;
}

static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t value = *state;
    value = (value ^ (value >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94D049BB133111EB);
    return value ^ (value >> 31);
}

static void fill_random(void *context, void *out, size_t size)
{
    struct test_env *test = context;
    uint8_t *bytes = out;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(next_random(&test->random_state) >> 56);
    }
}

static int should_fail(struct test_env *test)
{
    test->allocations++;
    if (test->fail_at == 0 || test->allocations < test->fail_at) {
        return 0;
    }
    if (test->allocations > test->fail_at && !test->fail_from_there) {
        return 0;
    }
    test->failures++;
    return 1;
}

static int holds_content(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return 1;
        }
    }
    return 0;
}

static void *resize(void *context, void *old, size_t old_size, size_t new_size)
{
    struct test_env *test = context;
    if (new_size == 0) {
        if (old != NULL) {
            if (test->count_unwiped && holds_content(old, old_size)) {
                test->unwiped_pieces++;
            }
            test->live_bytes -= old_size;
            test->live_pieces--;
            free(old);
        }
        return NULL;
    }
    if (should_fail(test)) {
        return NULL;
    }
    if (old == NULL) {
        test->live_pieces++;
    } else {
        test->live_bytes -= old_size;
    }
    void *memory = realloc(old, new_size);
    assert_non_null(memory);
    test->live_bytes += new_size;
    if (test->live_bytes > test->live_bytes_max) {
        test->live_bytes_max = test->live_bytes;
    }
    return memory;
}

static void keep_log(void *context, mirsal_log_level level, const char *message)
{
    struct test_env *test = context;
    test->log_level = level;
    test->log_lines++;
    (void)snprintf(test->log_last, sizeof test->log_last, "%s", message);
}

void test_env_init(struct test_env *test, uint64_t seed)
{
    memset(test, 0, sizeof *test);
    test->now_ms = TEST_START_MS;
    test->ticks_ms = 1000;
    test->random_state = seed;
    test->env.version = MIRSAL_ENV_VERSION;
    test->env.context = test;
    test->env.now_ms = now_ms;
    test->env.ticks_ms = ticks_ms;
    test->env.random = fill_random;
    test->env.resize = resize;
    test->env.log = keep_log;
}

void test_env_advance(struct test_env *test, uint64_t milliseconds)
{
    test->now_ms += milliseconds;
    test->ticks_ms += milliseconds;
}

void test_env_fini(struct test_env *test)
{
    assert_int_equal(test->live_pieces, 0);
    assert_int_equal(test->live_bytes, 0);
}
