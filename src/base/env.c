/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/env.c - defaults of the environment, and the calls through it.
 *
 * The one place where the C library's allocator is named. Clock and randomness have no default.
 */
#include "env.h"

#include "fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_LINE_SIZE 512u

static void *resize_with_libc(void *context, void *old, size_t old_size, size_t new_size)
{
    (void)context;
    (void)old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, new_size);
}

static void log_to_stderr(void *context, mirsal_log_level level, const char *message)
{
    (void)context;
    if (level >= MIRSAL_LOG_WARNING) {
        (void)fprintf(stderr, "mirsal: %s\n", message);
    }
}

void mir_env_fill(mirsal_env *out, const mirsal_env *given)
{
    mirsal_env filled = *given;
    MIR_ASSERT(filled.now_ms != NULL);
    MIR_ASSERT(filled.ticks_ms != NULL);
    MIR_ASSERT(filled.random != NULL);
    filled.version = MIRSAL_ENV_VERSION;
    if (filled.resize == NULL) {
        filled.resize = resize_with_libc;
    }
    if (filled.log == NULL) {
        filled.log = log_to_stderr;
    }
    *out = filled;
}

void *mir_alloc(const mirsal_env *env, size_t size)
{
    if (size == 0) {
        return NULL;
    }
    void *memory = env->resize(env->context, NULL, 0, size);
    if (memory != NULL) {
        memset(memory, 0, size);
    }
    return memory;
}

void mir_release(const mirsal_env *env, void *memory, size_t size)
{
    if (memory != NULL) {
        (void)env->resize(env->context, memory, size, 0);
    }
}

uint64_t mir_now_ms(const mirsal_env *env)
{
    return env->now_ms(env->context);
}

uint64_t mir_ticks_ms(const mirsal_env *env)
{
    return env->ticks_ms(env->context);
}

void mir_random(const mirsal_env *env, void *out, size_t size)
{
    env->random(env->context, out, size);
}

void mir_log(const mirsal_env *env, mirsal_log_level level, const char *format, ...)
{
    char line[LOG_LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length >= 0) {
        env->log(env->context, level, line);
    }
}

mirsal_code mir_text_give(mirsal_text *out, const struct mir_buf *buf, mirsal_error *err)
{
    *out = (mirsal_text){ 0 };
    mirsal_code rc = mir_buf_finish(buf, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    out->data = calloc(1, buf->size + 1u);
    if (out->data == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "an answer of %zu bytes", buf->size);
    }
    if (buf->size > 0) {
        memcpy(out->data, buf->data, buf->size);
    }
    out->size = buf->size;
    return MIRSAL_OK;
}

void mirsal_text_free(mirsal_text *text)
{
    if (text->data != NULL) {
        memset(text->data, 0, text->size); /* reports, invites */
        __asm__ __volatile__("" : : "r"(text->data) : "memory");
    }
    free(text->data);
    *text = (mirsal_text){ 0 };
}
