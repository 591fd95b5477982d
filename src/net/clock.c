/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/clock.c - the system's clocks and log.
 */
#include "clock.h"
#include <stdio.h>
#include <time.h>

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now = { 0 };
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

uint64_t mir_clock_now_ms(void *context)
{
    (void)context;
    return read_clock(CLOCK_REALTIME);
}

uint64_t mir_clock_ticks_ms(void *context)
{
    (void)context;
    return read_clock(CLOCK_MONOTONIC);
}

void mir_clock_log(void *context, mirsal_log_level level, const char *message)
{
    static const char *const names[] = { "debug", "info", "warning", "error" };
    char text[32];
    struct tm parts;
    time_t now = (time_t)(mir_clock_now_ms(NULL) / 1000u);
    (void)context;
    if (gmtime_r(&now, &parts) == NULL ||
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        text[0] = '\0';
    }
    fprintf(stderr, "%s %s %s\n", text, names[level], message);
}
