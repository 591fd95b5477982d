/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/serve.h - lets devices of the team that are near sync with this store, without any relay.
 *
 * The other side runs mirsal_sync_run with options.peer. Each passes to the other control, and of
 * the data what the other may hold: its own, and compartments that it may read.
 */
#ifndef MIRSAL_SERVE_H
#define MIRSAL_SERVE_H

#include <mirsal/store.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mirsal_serve mirsal_serve;

/** What one request came to. No name, no key, no content. */
typedef struct mirsal_serve_event {
    uint32_t version;
    int http_status;  /**< of the answer; 0: it broke off */
    mirsal_code code; /**< MIRSAL_OK, or why it was refused */
    uint64_t taken;   /**< changesets newly held here */
    uint64_t given;
    uint64_t bytes_in, bytes_out; /**< of HTTP bodies */
} mirsal_serve_event;

/** Pointers are borrowed until mirsal_serve_stop, but for listen. */
typedef struct mirsal_serve_options {
    uint32_t version;
    /** Nobody else uses this handle until mirsal_serve_stop; other handles on the store may. */
    mirsal_store *store;
    const char *listen;       /**< HOST:PORT; port 0: any free one */
    uint32_t rate_per_minute; /**< requests of one source address; 0 = 600 */
    /** After each request of a session, from a thread of its own. May be NULL. */
    void (*on_event)(void *context, const mirsal_serve_event *event);
    void *context;
} mirsal_serve_options;
#define MIRSAL_SERVE_OPTIONS_INIT                                                                  \
    {                                                                                              \
        .version = 1u                                                                              \
    }

/**
 * Serves in threads of its own until mirsal_serve_stop. Both are given: *serve, and *out with
 * {"listen":"HOST:PORT","peer":"http://HOST:PORT#KEY"}. Where HOST stands for all addresses, peer
 * names one of this machine in its network. BAD_VALUE for listen; NOT_ALLOWED: this device was
 * removed from the team; MISUSE: a transaction is open; IO: the address cannot be had.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_serve_start(mirsal_text *out,
    mirsal_serve **serve,
    const mirsal_serve_options *options,
    mirsal_error *err);
/** Answers what runs (at most 30 s), then ends. Accepts NULL. */
MIRSAL_API void mirsal_serve_stop(mirsal_serve *serve);

#ifdef __cplusplus
}
#endif

#endif
