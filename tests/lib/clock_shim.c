/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/clock_shim.c - an LD_PRELOAD module that sets a program's wall clock: MIRSAL_CLOCK_SHIFT is
 * how many seconds it is ahead, or with @ before it the second since 1970 that it begins at.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef int (*gettime_function)(clockid_t, struct timespec *);

static int real_gettime(clockid_t clock, struct timespec *out)
{
    static gettime_function next;
    if (next == NULL) {
        void *found = dlsym(RTLD_NEXT, "clock_gettime");
        memcpy(&next, &found, sizeof next);
    }
    return next(clock, out);
}

static long long shift(void)
{
    static long long seconds;
    static int known;
    const char *text = getenv("MIRSAL_CLOCK_SHIFT");
    if (!known && text != NULL) {
        struct timespec now = { 0, 0 };
        (void)real_gettime(CLOCK_REALTIME, &now);
        seconds = text[0] == '@' ? strtoll(text + 1, NULL, 10) - (long long)now.tv_sec
                                 : strtoll(text, NULL, 10);
    }
    known = 1;
    return seconds;
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *out)
{
    int result = real_gettime(clock, out);
    if (result == 0 && clock == CLOCK_REALTIME) {
        out->tv_sec += (time_t)shift();
    }
    return result;
}

__attribute__((visibility("default"))) time_t time(time_t *out)
{
    struct timespec now = { 0, 0 };
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL) {
        *out = now.tv_sec;
    }
    return now.tv_sec;
}
