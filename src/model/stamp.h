/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/stamp.h - the hybrid logical clock; protocol/merge.md 8.
 *
 * A stamp is 48 bits of milliseconds since 1970 and 16 bits of counter. It is shown and compared,
 * never trusted, never a reason to refuse. A device keeps its last stamp (0 before the first).
 */
#ifndef MIR_STAMP_H
#define MIR_STAMP_H

#include <stdint.h>

#define MIR_STAMP_MS_MAX    ((UINT64_C(1) << 48) - 1)
#define MIR_STAMP_AHEAD_MAX UINT64_C(600000) /* ms that a remote stamp may move the clock ahead */

/* ms above MIR_STAMP_MS_MAX counts as that. */
uint64_t mir_stamp_make(uint64_t ms, uint16_t counter);
uint64_t mir_stamp_ms(uint64_t stamp);
uint16_t mir_stamp_counter(uint64_t stamp);

/*
 * The device's next stamp, also written to *last: greater than every one before, whatever the wall
 * clock did. A counter that is full runs over into the milliseconds. At the highest stamp there is
 * (far beyond the year 10000) it stays.
 */
uint64_t mir_stamp_next(uint64_t *last, uint64_t now_ms);

/* Takes note of a stamp from another device: *last moves to it, at most AHEAD_MAX beyond now. */
void mir_stamp_observe(uint64_t *last, uint64_t remote, uint64_t now_ms);

#endif
