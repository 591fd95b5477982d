/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/seal_bench.c - writes per second from gathered writes to a signed changeset, and back.
 */
#include "test_body.h"

#include <stdio.h>
#include <time.h>

#define RECORDS 2000u
#define ROUNDS  10u

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(void)
{
    struct test_env test;
    struct test_author author;
    struct test_body body;
    struct mir_changeset sealed;
    double sealing = 0;
    double opening = 0;
    size_t size = 0;
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    test_env_init(&test, 1);
    test_author_init(&author, &test.env);
    test_body_init(&body, &test.env);
    test_body_random(&body, RECORDS, 0);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct mir_opened opened;
        struct mir_arena arena;
        struct mir_open keys = test_author_open(&author);
        mir_arena_init(&arena, &test.env, SIZE_MAX);
        for (uint32_t w = 0; w < body.body.writes_count; w++) { /* as a store gathers them */
            uint32_t other = test_random(&test.env, body.body.writes_count);
            struct mir_write kept = body.body.writes[w];
            body.body.writes[w] = body.body.writes[other];
            body.body.writes[other] = kept;
        }
        double start = seconds();
        assert_int_equal(
            mir_changeset_seal(&sealed, NULL, &arena, &author.seal, &body.body, NULL), MIRSAL_OK);
        sealing += seconds() - start;
        size = sealed.body.size;
        start = seconds();
        assert_int_equal(mir_changeset_verify(&sealed, NULL), MIRSAL_OK);
        assert_int_equal(mir_changeset_open(&opened, &arena, &sealed, &keys, NULL), MIRSAL_OK);
        opening += seconds() - start;
        mir_arena_fini(&arena);
    }
    double writes = (double)body.body.writes_count * ROUNDS;
    printf("%u records, %u writes, %zu bytes sealed: %.0f writes/s sealed, %.0f writes/s opened\n",
        RECORDS, body.body.writes_count, size, writes / sealing, writes / opening);
    test_body_fini(&body);
    test_env_fini(&test);
    return 0;
}
