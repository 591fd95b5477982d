/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/sync.h - the sync conversation: bytes in, bytes out, and a libcurl driver beside it.
 *
 * A session is one run with one relay, or with one device of the team that serves (serve.h). Its
 * bytes are bodies of HTTP POST requests to URL/v1/sync and of their answers; any HTTP stack can
 * carry them. The core never waits and owns no socket.
 */
#ifndef MIRSAL_SYNC_H
#define MIRSAL_SYNC_H

#include <mirsal/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What the driver does next. */
typedef enum mirsal_need {
    MIRSAL_NEED_KEY,   /**< GET URL/v1/relay and give the body to mirsal_session_receive */
    MIRSAL_NEED_WRITE, /**< take a whole request body with mirsal_session_send until *size is 0 */
    /**
     * POST it; give the answer's body to mirsal_session_receive, then call mirsal_session_end
     */
    MIRSAL_NEED_READ,
    MIRSAL_NEED_DONE,
} mirsal_need;

typedef struct mirsal_session mirsal_session;

/** A run with one relay of the store, or with a device of its team. */
typedef struct mirsal_session_options {
    uint32_t version;
    mirsal_store *store; /**< borrowed; used otherwise only between an end and the next send */
    const char *relay;   /**< URL as in relay list; NULL: the first */
    const char *peer;    /**< http://HOST:PORT#KEY of a device that serves, in a relay's place */
    uint64_t budget;     /**< bytes of HTTP bodies both ways, 0 = none */
} mirsal_session_options;
#define MIRSAL_SESSION_OPTIONS_INIT                                                                \
    {                                                                                              \
        .version = 1u                                                                              \
    }

/**
 * *out is given: mirsal_session_close it. NO_RELAY when the store knows none; NOT_FOUND for a URL
 * that is no relay of the team; BAD_VALUE for what is no device's address.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_session_open(mirsal_session **out,
    const mirsal_session_options *options,
    mirsal_error *err);
/** Takes bytes of a 200's body, in any pieces. data is borrowed. A code ends the run. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_session_receive(mirsal_session *session,
    const void *data,
    size_t size,
    mirsal_error *err);
/**
 * The answer is over; http_status as received, 0 when the connection broke. After any other than
 * 200 the session repeats what is needed by itself: wait a while before the next request. NO_RELAY
 * when nothing gets through; NOT_AUTHENTIC for the key of another relay; REFUSED.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_session_end(mirsal_session *session,
    int http_status,
    mirsal_error *err);
/** Writes bytes of the request body; *size is 0 when it is whole. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_session_send(uint8_t *buffer,
    size_t capacity,
    size_t *size,
    mirsal_session *session,
    mirsal_error *err);
MIRSAL_API mirsal_need mirsal_session_need(const mirsal_session *session);
/** The relay's URL, or the device's, borrowed from the session. */
MIRSAL_API const char *mirsal_session_relay(const mirsal_session *session);
/** The `sync` answer so far, without the HTTP header counts. *out is given. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_session_answer(mirsal_text *out,
    mirsal_session *session,
    mirsal_error *err);
MIRSAL_API void mirsal_session_close(mirsal_session *session); /**< accepts NULL */

/** Options of the libcurl driver. */
typedef struct mirsal_sync_options {
    uint32_t version;
    const char *relay; /**< URL, or NULL: relays in turn until one answers; "all": each */
    /** http://HOST:PORT#KEY of a device of the team that serves, instead of any relay. */
    const char *peer;
    uint64_t budget;   /**< all HTTP bytes, both ways; 0 = none */
    const char *proxy; /**< http://, socks5h:// …; NULL = environment */
    /** For connecting; 0 = 30,000. A transfer slower than 30 B/s for 60 s is given up. */
    uint32_t timeout_ms;
    uint32_t tries; /**< 0 = 3, with jittered backoff */
    int (*progress)(void *context,
        uint64_t bytes_out,
        uint64_t bytes_in); /**< other than 0 cancels */
    void *progress_context;
    /**
     * A person says that the store was moved here, and is used nowhere else: when the relays show
     * nothing newer of this device, it signs on as itself, else it becomes a new one.
     */
    int moved;
} mirsal_sync_options;
#define MIRSAL_SYNC_OPTIONS_INIT                                                                   \
    {                                                                                              \
        .version = 1u                                                                              \
    }

/** What a run did. */
typedef struct mirsal_sync_result {
    uint64_t pushed, pulled, bytes_out, bytes_in, http_out, http_in, requests;
    uint64_t conflicts_opened, quarantined;
    int more;
    /**
     * The store was older than what this device had signed: it is a new device since, a monitor at
     * most until an admin says otherwise, and keeps all it holds.
     */
    int renewed;
    int waiting;       /**< this device waits for an admin, is frozen or cut, or does not sign */
    int another_log;   /**< a relay began a new log: it was restored from a copy, or moved */
    uint64_t evidence; /**< found in this run against relays; the answer has it */
} mirsal_sync_result;

/**
 * Runs rounds until neither side has more within the budget. *out is given, also on failure once
 * something was done: the `sync` answer. result may be NULL.
 * NO_RELAY, NOT_AUTHENTIC, REFUSED, CANCELLED; NOT_FOUND for a URL that is no relay of the team.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_sync_run(mirsal_text *out,
    mirsal_sync_result *result,
    mirsal_store *store,
    const mirsal_sync_options *options,
    mirsal_error *err);

#ifdef __cplusplus
}
#endif

#endif
