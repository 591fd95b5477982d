/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/rate.h - how often one source address may ask: a token bucket each, before any handshake.
 */
#ifndef MIR_RATE_H
#define MIR_RATE_H

#include <mirsal/types.h>

#define MIR_RATE_BUCKETS 4096u

struct mir_rate_bucket {
    uint64_t source; /* keyed hash of the address */
    uint64_t at_ms;  /* when tokens were last counted */
    uint64_t tokens; /* in thousandths of a request */
};

struct mir_rate {
    uint32_t per_minute; /* 0: no bound */
    uint64_t key;        /* random: nobody outside chooses who shares a bucket */
    struct mir_rate_bucket buckets[MIR_RATE_BUCKETS];
};

void mir_rate_init(struct mir_rate *rate, const mirsal_env *env, uint32_t per_minute);
/* 1 when a request of this source may go on. A full minute's worth may come at once. */
int mir_rate_take(struct mir_rate *rate, const char *source, uint64_t ticks_ms);

#endif
