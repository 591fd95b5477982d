/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/rate.c - token buckets in a fixed table; a bucket taken over by another source starts
 * full.
 */
#include "rate.h"
#include "env.h"
#include <string.h>

#define WHOLE 1000u

void mir_rate_init(struct mir_rate *rate, const mirsal_env *env, uint32_t per_minute)
{
    memset(rate, 0, sizeof(*rate));
    rate->per_minute = per_minute;
    mir_random(env, &rate->key, sizeof(rate->key));
}

/* FNV-1a from a random start: spreads addresses, protects nothing else. */
static uint64_t hash_source(const struct mir_rate *rate, const char *source)
{
    uint64_t hash = rate->key ^ UINT64_C(0xcbf29ce484222325);
    for (const char *at = source; *at != '\0'; at++) {
        hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
    }
    return hash;
}

int mir_rate_take(struct mir_rate *rate, const char *source, uint64_t ticks_ms)
{
    if (rate->per_minute == 0) {
        return 1;
    }
    uint64_t full = (uint64_t)rate->per_minute * WHOLE;
    uint64_t hash = hash_source(rate, source);
    struct mir_rate_bucket *bucket = &rate->buckets[hash % MIR_RATE_BUCKETS];
    if (bucket->source != hash) {
        *bucket = (struct mir_rate_bucket){ .source = hash, .at_ms = ticks_ms, .tokens = full };
    }
    uint64_t gained = (ticks_ms - bucket->at_ms) * full / 60000u;
    bucket->tokens = bucket->tokens + gained > full ? full : bucket->tokens + gained;
    if (gained > 0) {
        bucket->at_ms = ticks_ms;
    }
    if (bucket->tokens < WHOLE) {
        return 0;
    }
    bucket->tokens -= WHOLE;
    return 1;
}
