/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/harden.h - what both programs do first: no core dump and no tracer reads their secrets,
 * files that they make are their user's, and none of them takes the number of standard output.
 *
 * Leak checking of a sanitizer's build traces its own process, so there it stays traceable.
 */
#ifndef HARDEN_H
#define HARDEN_H

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#if defined(__linux__)
#    include <sys/prctl.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
#    define HARDEN_TRACEABLE 1
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer) || __has_feature(leak_sanitizer)
#        define HARDEN_TRACEABLE 1
#    endif
#endif

/* A stream closed by whoever started the program stays unwritable: an answer that goes nowhere is
 * told, and never lands in a file opened later. */
static inline void hold_standard_streams(void)
{
    int file = 0;
    for (int number = 0; number <= 2 && file >= 0; number++) {
        file = fcntl(number, F_GETFD) < 0 ? open("/dev/null", O_RDONLY) : number;
    }
}

static inline void harden_process(void)
{
    hold_standard_streams();
    const struct rlimit no_core = { 0, 0 };
    (void)setrlimit(RLIMIT_CORE, &no_core);
#if defined(__linux__) && !defined(HARDEN_TRACEABLE)
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    (void)umask(077);
}

#endif
