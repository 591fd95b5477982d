/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/clock.h - the system's clocks and log, in the form of mirsal_env's members.
 */
#ifndef MIR_CLOCK_H
#define MIR_CLOCK_H

#include <mirsal/types.h>

uint64_t mir_clock_now_ms(void *context);   /* CLOCK_REALTIME */
uint64_t mir_clock_ticks_ms(void *context); /* CLOCK_MONOTONIC */
/* One line an event on stderr: time, level, message. Lines of threads do not mix. */
void mir_clock_log(void *context, mirsal_log_level level, const char *message);

#endif
