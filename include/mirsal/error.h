/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/error.h - result codes, their classes, and the caller-owned error.
 *
 * Every function of the library that can fail returns mirsal_code. The class of a code says what
 * to do next; the printed name is the one programs see with --json.
 */
#ifndef MIRSAL_ERROR_H
#define MIRSAL_ERROR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#    define MIRSAL_API      __attribute__((visibility("default")))
#    define MIRSAL_MUST_USE __attribute__((warn_unused_result))
#else
#    define MIRSAL_API
#    define MIRSAL_MUST_USE
#endif

/** What decides what happens next. */
typedef enum mirsal_class {
    MIRSAL_CLASS_NONE,
    MIRSAL_CLASS_PEER,   /**< the other side sent this: quarantine, never retry */
    MIRSAL_CLASS_DENIED, /**< well formed, but not allowed: record and refuse */
    MIRSAL_CLASS_AGAIN,  /**< the world, for now: back off and retry */
    MIRSAL_CLASS_LOCAL,  /**< this device: disk, memory; stop and tell the user */
    MIRSAL_CLASS_CALLER, /**< the program or the person at it: input to correct */
} mirsal_class;

/** NAME, value (part of the ABI), class, printed code, text. */
#define MIRSAL_ERRORS(X)                                                                           \
    X(OK, 0, NONE, "ok", "success")                                                                \
    X(MALFORMED, 1, PEER, "corrupt", "bytes do not parse")                                         \
    X(BAD_SIGNATURE, 2, PEER, "not_authentic", "signature does not verify")                        \
    X(NOT_AUTHENTIC, 3, PEER, "not_authentic", "does not open or does not verify")                 \
    X(LIMIT, 4, PEER, "too_large", "exceeds a limit of the protocol")                              \
    X(BAD_CHAIN, 5, PEER, "not_authentic", "does not continue its chain")                          \
    X(FORK, 6, PEER, "not_authentic", "another changeset has this place in the chain")             \
    X(BAD_ROOT, 7, PEER, "not_authentic", "content root does not match the content")               \
    X(PROTOCOL, 8, PEER, "relay_refused", "the peer broke the protocol")                           \
    X(NOT_ALLOWED, 20, DENIED, "not_allowed", "not allowed for this device")                       \
    X(REFUSED, 21, DENIED, "relay_refused", "the relay refused")                                   \
    X(QUOTA, 22, DENIED, "relay_refused", "quota spent")                                           \
    X(WRONG_PASSPHRASE, 23, DENIED, "wrong_passphrase", "passphrase does not open this")           \
    X(NO_RELAY, 40, AGAIN, "no_relay", "no relay could be reached")                                \
    X(LOCKED, 41, AGAIN, "locked", "another process holds the store")                              \
    X(CANCELLED, 42, AGAIN, "no_relay", "cancelled")                                               \
    X(DISK_FULL, 60, LOCAL, "disk_full", "no space left on the device")                            \
    X(IO, 61, LOCAL, "corrupt", "the disk failed")                                                 \
    X(CORRUPT, 62, LOCAL, "corrupt", "the store is damaged")                                       \
    X(NO_MEMORY, 63, LOCAL, "too_large", "out of memory")                                          \
    X(NO_STORE, 64, LOCAL, "no_store", "no store here")                                            \
    X(WIPED, 65, LOCAL, "wiped", "the store was wiped")                                            \
    X(VERSION, 66, LOCAL, "version", "made by another version")                                    \
    X(NO_ACCESS, 67, LOCAL, "no_access", "this program may not go there")                          \
    X(USAGE, 80, CALLER, "usage", "wrong use")                                                     \
    X(MISUSE, 81, CALLER, "usage", "a bug in the calling program")                                 \
    X(NOT_FOUND, 82, CALLER, "not_found", "not found")                                             \
    X(AMBIGUOUS_ID, 83, CALLER, "ambiguous_id", "several records begin like this")                 \
    X(STORE_EXISTS, 84, CALLER, "store_exists", "a store is already here")                         \
    X(UNKNOWN_TYPE, 85, CALLER, "unknown_type", "no such record type")                             \
    X(UNKNOWN_FIELD, 86, CALLER, "unknown_field", "no such field")                                 \
    X(BAD_VALUE, 87, CALLER, "bad_value", "not a value of this field")                             \
    X(OUT_OF_RANGE, 88, CALLER, "out_of_range", "out of range")                                    \
    X(MIN_ABOVE_MAX, 89, CALLER, "min_above_max", "minimum above maximum")                         \
    X(NOT_UTF8, 90, CALLER, "not_utf8", "not valid UTF-8")                                         \
    X(TOO_LARGE, 91, CALLER, "too_large", "too large")                                             \
    X(DUPLICATE_SOURCE_ID, 92, CALLER, "duplicate_source_id", "source id twice in one file")

typedef enum mirsal_code {
#define MIRSAL_ERROR_ENUM(name, value, class_, print, text) MIRSAL_##name = (value),
    MIRSAL_ERRORS(MIRSAL_ERROR_ENUM)
#undef MIRSAL_ERROR_ENUM
} mirsal_code;

/** The caller's, filled on failure, unchanged on success. Holds no secret and no report content. */
typedef struct mirsal_error {
    mirsal_code code;
    uint32_t detail;   /**< SQLite or errno value beneath, 0 if none */
    uint64_t offset;   /**< byte offset in the input for MALFORMED, line for imports */
    char field[48];    /**< name of the field or peer concerned, or empty */
    char message[200]; /**< NUL-terminated, always */
} mirsal_error;

/** Class of a code. */
MIRSAL_API mirsal_class mirsal_code_class(mirsal_code code);
/** Printed name of a code (INTERFACE: error codes), static. */
MIRSAL_API const char *mirsal_code_name(mirsal_code code);
/** English text of a code, static. */
MIRSAL_API const char *mirsal_code_text(mirsal_code code);

#ifdef __cplusplus
}
#endif

#endif
