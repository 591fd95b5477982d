/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/env.h - the environment with every member set; allocation goes only through it.
 */
#ifndef MIR_ENV_H
#define MIR_ENV_H

#include "buf.h"

/*
 * Base knows no clock and no randomness: mir_env_fill sets unset allocation and log members to
 * the C library's and asserts that now_ms, ticks_ms and random were given (client, tools and
 * tests give them).
 */
void mir_env_fill(mirsal_env *out, const mirsal_env *given);

/* Zeroed memory or NULL. size 0 gives NULL. */
void *mir_alloc(const mirsal_env *env, size_t size);
void mir_release(const mirsal_env *env, void *memory, size_t size);

uint64_t mir_now_ms(const mirsal_env *env);
uint64_t mir_ticks_ms(const mirsal_env *env);
void mir_random(const mirsal_env *env, void *out, size_t size);
/* The message holds no content, key or name. */
void mir_log(const mirsal_env *env, mirsal_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A text for the public interface, from the C library's allocator: it outlives handle and env. */
mirsal_code mir_text_give(mirsal_text *out, const struct mir_buf *buf, mirsal_error *err)
    MIRSAL_MUST_USE;

#endif
