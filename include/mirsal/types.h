/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/types.h - ids, hashes, and the environment that is handed to the library.
 */
#ifndef MIRSAL_TYPES_H
#define MIRSAL_TYPES_H

#include <mirsal/error.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A record's id: 16 bytes, printed as a lower-case UUID (UUIDv8, RFC 9562). */
typedef struct mirsal_id {
    uint8_t bytes[16];
} mirsal_id;

/** A team, device key, changeset or media id: 32 bytes, printed as 64 hex digits. */
typedef struct mirsal_hash {
    uint8_t bytes[32];
} mirsal_hash;

typedef enum mirsal_log_level {
    MIRSAL_LOG_DEBUG,
    MIRSAL_LOG_INFO,
    MIRSAL_LOG_WARNING,
    MIRSAL_LOG_ERROR,
} mirsal_log_level;

#define MIRSAL_ENV_VERSION 1u

/**
 * Everything the library takes from the world. Unset members get the system's.
 * The struct is borrowed for as long as any handle opened with it lives.
 */
typedef struct mirsal_env {
    uint32_t version;
    void *context;                                         /**< given to each call below */
    uint64_t (*now_ms)(void *context);                     /**< wall clock, ms since 1970 */
    uint64_t (*ticks_ms)(void *context);                   /**< monotonic, for timers */
    void (*random)(void *context, void *out, size_t size); /**< cryptographic */
    void *(*resize)(void *context, void *old, size_t old_size, size_t new_size); /**< 0 frees */
    void (*log)(void *context, mirsal_log_level level, const char *message);
} mirsal_env;

/**
 * UTF-8 text that was given: release it with mirsal_text_free. data is NUL-terminated; size does
 * not count that byte.
 */
typedef struct mirsal_text {
    char *data;
    size_t size;
} mirsal_text;

/** Releases a text and empties it; accepts an empty one. Any thread. */
MIRSAL_API void mirsal_text_free(mirsal_text *text);

#ifdef __cplusplus
}
#endif

#endif
