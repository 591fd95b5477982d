/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/stamp.c - the hybrid logical clock; protocol/merge.md 8.
 */
#include "stamp.h"

#define COUNTER_BITS 16u

uint64_t mir_stamp_make(uint64_t ms, uint16_t counter)
{
    uint64_t kept = ms < MIR_STAMP_MS_MAX ? ms : MIR_STAMP_MS_MAX;
    return (kept << COUNTER_BITS) | counter;
}

uint64_t mir_stamp_ms(uint64_t stamp)
{
    return stamp >> COUNTER_BITS;
}

uint16_t mir_stamp_counter(uint64_t stamp)
{
    return (uint16_t)(stamp & UINT16_MAX);
}

uint64_t mir_stamp_next(uint64_t *last, uint64_t now_ms)
{
    uint64_t now = mir_stamp_make(now_ms, 0);
    if (now > *last) {
        *last = now;
    } else if (*last < UINT64_MAX) {
        *last += 1;
    }
    return *last;
}

void mir_stamp_observe(uint64_t *last, uint64_t remote, uint64_t now_ms)
{
    uint64_t now = now_ms < MIR_STAMP_MS_MAX ? now_ms : MIR_STAMP_MS_MAX;
    uint64_t bound = mir_stamp_make(now + MIR_STAMP_AHEAD_MAX, 0);
    uint64_t moved = remote < bound ? remote : bound;
    if (moved > *last) {
        *last = moved;
    }
}
