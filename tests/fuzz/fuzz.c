/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/fuzz.c - what harnesses share. */
#include "fuzz.h"

#include "env.h"
#include "keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t stand_still(void *context)
{
    (void)context;
    return 1700000000000;
}

static void give_sevens(void *context, void *out, size_t size)
{
    (void)context;
    memset(out, 7, size);
}

const mirsal_env *fuzz_env(void)
{
    static mirsal_env env;
    static const mirsal_env given = { .version = MIRSAL_ENV_VERSION,
        .now_ms = stand_still,
        .ticks_ms = stand_still,
        .random = give_sevens };
    if (env.resize == NULL) {
        mir_env_fill(&env, &given);
        fuzz_demand(mir_crypto_start(NULL) == MIRSAL_OK, "libsodium starts");
    }
    return &env;
}

void fuzz_demand(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "fuzz: does not hold: %s\n", what);
        abort();
    }
}

void fuzz_demand_equal(struct mir_bytes a, struct mir_bytes b, const char *what)
{
    fuzz_demand(mir_bytes_equal(a, b), what);
}
