/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/checked.h - arithmetic that says when it overflows: returns 1 and sets *out, or returns 0.
 */
#ifndef MIR_CHECKED_H
#define MIR_CHECKED_H

#include <stddef.h>
#include <stdint.h>

static inline int mir_add_u64(uint64_t *out, uint64_t a, uint64_t b)
{
    return !__builtin_add_overflow(a, b, out);
}

static inline int mir_add_i64(int64_t *out, int64_t a, int64_t b)
{
    return !__builtin_add_overflow(a, b, out);
}

static inline int mir_sub_i64(int64_t *out, int64_t a, int64_t b)
{
    return !__builtin_sub_overflow(a, b, out);
}

static inline int mir_add_size(size_t *out, size_t a, size_t b)
{
    return !__builtin_add_overflow(a, b, out);
}

static inline int mir_mul_size(size_t *out, size_t a, size_t b)
{
    return !__builtin_mul_overflow(a, b, out);
}

#endif
