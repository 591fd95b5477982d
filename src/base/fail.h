/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/fail.h - set an error once, at the place that knows; assertions for programmer errors.
 */
#ifndef MIR_FAIL_H
#define MIR_FAIL_H

#include <mirsal/error.h>
#include <stddef.h>

/** Fills *err (which may be NULL) with the code and a formatted message; returns the code. */
mirsal_code mir_fail(mirsal_error *err, mirsal_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** As mir_fail, and names the field or peer. */
mirsal_code mir_fail_field(mirsal_error *err,
    mirsal_code code,
    const char *field,
    const char *format,
    ...) __attribute__((format(printf, 4, 5)));

/** Puts "context: " before a message already set; keeps code, detail, offset. Returns code. */
mirsal_code mir_wrap(mirsal_error *err, mirsal_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * What the system refused, by its errno: "what: why", detail = number. DISK_FULL, NOT_FOUND,
 * NO_MEMORY, NO_ACCESS, else IO; returns the code.
 */
mirsal_code mir_fail_system(mirsal_error *err, int number, const char *what);

_Noreturn void mir_assert_failed(const char *expression, const char *file, int line);

/** For programmer errors only; on in every build. Never reachable from input or an I/O result. */
#define MIR_ASSERT(expression)                                                                     \
    do {                                                                                           \
        if (!(expression)) {                                                                       \
            mir_assert_failed(#expression, __FILE__, __LINE__);                                    \
        }                                                                                          \
    } while (0)

#endif
