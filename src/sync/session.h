/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync/session.h - the conversation, sans-I/O: protocol/sync.md. Five calls: open, receive, send,
 * need, close; HTTP client, HTTP server, bundle and simulator are drivers of the same five.
 *
 * A driver of an initiator:
 *     while ((need = mir_session_need(session)) != MIR_NEED_DONE)
 *         WRITE: call send until *size is 0: the pieces are the body of one POST /v1/sync.
 *         READ:  receive each piece of the answer's body; then receive(NULL, 0): the body ended.
 *                An answer other than 200, or none: receive(NULL, 0) at once.
 * A broken exchange is repeated or the round begun again by the session itself; a driver that
 * has enough closes. Cursors and acknowledgements already stored stay.
 *
 * A driver of a responder makes one session per HTTP request (mir_responder_accept): receive the
 * pieces of the request's body; receive(NULL, 0) when it ended or broke off (this may block in
 * the host's commit); mir_session_status; then send until *size is 0. Answers are made as they
 * are sent: memory stays bounded whatever their size.
 */
#ifndef MIR_SESSION_H
#define MIR_SESSION_H

#include "peer.h"

struct mir_session;
struct mir_responder;

enum mir_need {
    MIR_NEED_READ,
    MIR_NEED_WRITE,
    MIR_NEED_DONE,
};

/* What a run did; bytes are those of HTTP bodies. */
struct mir_session_counters {
    uint64_t bytes_out;
    uint64_t bytes_in;
    uint64_t requests;
    uint64_t pushed;   /* changesets acknowledged */
    uint64_t pulled;   /* changesets newly stored */
    uint64_t rejected; /* by the relay, or of what it sent, by the store */
    uint32_t rounds;
    uint32_t hints;      /* all hints of STATE, joined */
    uint32_t key_serial; /* the relay's newest: fetch /v1/relay when above the one used */
    int behind;          /* a newer header of this device was shown: it signs nothing more */
    int forked;          /* a changeset that forks a chain was pulled or pushed */
    int contradicted;    /* the relay's checkpoint does not continue the one held */
    int more;            /* stopped by the budget, or by the limit of rounds */
    enum mir_refuse_code refused; /* 0 when not */
};

struct mir_session_options {
    const mirsal_env *env;              /* borrowed while the session lives, filled */
    const struct mir_sync_local *local; /* borrowed while the session lives */
    uint64_t budget;                    /* HTTP body bytes both ways; 0 = none */
    size_t request_size;                /* aim for request bodies; 0 = 1 MiB, at least 1 KiB */
};

/* Opens an initiator's session. Given; close it. */
mirsal_code mir_session_open(struct mir_session **out,
    const struct mir_session_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * Takes bytes from the peer, all of them unless a code is returned; data is borrowed for the
 * call. size 0: the HTTP body ended or broke off here. After a code the session is DONE; what the
 * local store had committed stays, what it had begun is undone. Codes: class PEER for an answer
 * that breaks the protocol; REFUSED with the relay's reason; NO_RELAY when no exchange gets
 * through; those of the store.
 */
mirsal_code mir_session_receive(struct mir_session *session,
    const void *data,
    size_t size,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Writes what should go to the peer now; *size is 0 when the body is complete. */
mirsal_code mir_session_send(uint8_t *buffer,
    size_t capacity,
    size_t *size,
    struct mir_session *session,
    mirsal_error *err) MIRSAL_MUST_USE;
enum mir_need mir_session_need(const struct mir_session *session);
/* Accepts NULL. A responder's goes back to its registry, to wait for the next request. */
void mir_session_close(struct mir_session *session);

/* Of an initiator: bytes beside the bodies (headers of HTTP) that its budget shall count. */
void mir_session_spend(struct mir_session *session, uint64_t bytes);

void mir_session_count(struct mir_session_counters *out, const struct mir_session *session);

/*
 * The sessions of a server between their requests. Any number of threads may use one responder;
 * lock and unlock guard its table alone (never held during crypto, host calls or I/O); NULL in
 * one thread. A session is owned by one HTTP request at a time; a second request for it
 * meanwhile gets 503.
 */
struct mir_responder_options {
    const mirsal_env *env; /* borrowed while the responder lives, filled, safe for threads */
    uint32_t sessions_max; /* 0 = 256; over it the one longest idle goes */
    uint32_t firsts_max;   /* first messages remembered against replay; 0 = 65,536 */
    void *lock_context;
    void (*lock)(void *lock_context);
    void (*unlock)(void *lock_context);
};
mirsal_code mir_responder_open(struct mir_responder **out,
    const struct mir_responder_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;
/* After all its sessions were closed. Accepts NULL. */
void mir_responder_close(struct mir_responder *responder);
/* Opens a responder's session for one HTTP request. host is borrowed until close. Given. */
mirsal_code mir_responder_accept(struct mir_session **out,
    struct mir_responder *responder,
    const struct mir_sync_host *host,
    mirsal_error *err) MIRSAL_MUST_USE;
/* HTTP status of the answer, once need is WRITE or DONE: 200, 400, 404, 413, 503. Only a 200 has
 * a body. */
unsigned mir_session_status(const struct mir_session *session);

#endif
