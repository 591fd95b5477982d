/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/harden.h - what both programs do first: no core dump and no tracer reads their secrets,
 * and files that they make are their user's.
 *
 * Leak checking of a sanitizer's build traces its own process, so there it stays traceable.
 */
#ifndef HARDEN_H
#define HARDEN_H

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

static inline void harden_process(void)
{
    const struct rlimit no_core = { 0, 0 };
    (void)setrlimit(RLIMIT_CORE, &no_core);
#if defined(__linux__) && !defined(HARDEN_TRACEABLE)
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    (void)umask(077);
}

#endif
