/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync/exchange.h - the relay's half of a conversation: what responder.c, exchange.c, request.c
 * and answer.c share.
 *
 * A link is one session as it lives between HTTP requests; an exchange is one HTTP request and its
 * answer. An exchange owns its link alone, from the request's first bytes until the answer's last
 * ones were made.
 */
#ifndef MIR_EXCHANGE_H
#define MIR_EXCHANGE_H

#include "carriage.h"
#include "run.h"
#include "session.h"

/* Which frame of a request may come next. */
enum mir_request_step {
    MIR_REQUEST_START,  /* REGISTER or HELLO */
    MIR_REQUEST_HELLO,  /* HELLO */
    MIR_REQUEST_EXTRAS, /* CHECKPOINT, VECTOR, RUN, END */
    MIR_REQUEST_VECTOR, /* VECTOR, which HELLO announced, or RUN and END */
    MIR_REQUEST_WORDS,  /* WORD of a peer's client, RUN and END */
    MIR_REQUEST_RUNS,   /* RUN and END */
    MIR_REQUEST_ENDED,  /* nothing more before the answer */
};

/* A chain of which the client holds all up to seq. */
struct mir_covered {
    mirsal_hash device;
    uint8_t compartment;
    uint64_t seq;
};

/* Holds keys, like all of a session: in mir_secret_alloc memory. */
struct mir_link {
    const mirsal_env *env;
    int busy;         /* an exchange owns it */
    int listed;       /* in the responder's table */
    uint64_t used_ms; /* ticks of its last request */
    uint8_t id[MIR_SESSION_SIZE];
    uint64_t first; /* of the hash of message 1 */
    struct mir_noise_transport transport;
    struct mir_agree_public noise; /* the client's */
    uint32_t counter;              /* of the request expected or in work; 0 = message 1 */
    uint32_t opened;               /* messages of that request already taken */
    struct mir_splitter splitter;
    struct mir_buf kept; /* the answer to request counter - 1 */
    int kept_whole;

    int has_team;
    mirsal_hash team;
    int device_known;
    struct mir_sync_device device;
    uint64_t unknown_bytes; /* of changesets taken before the device was known */
    enum mir_refuse_code refused;

    /* The round. */
    enum mir_request_step step;
    struct mir_hello hello;
    uint64_t round_bytes; /* of HTTP bodies, both ways */
    int stale;            /* HELLO named another store epoch */
    int want_checkpoint;
    int has_vector;
    uint64_t word_bytes; /* of relays' words that came */
    int headers_sent;
    uint64_t pushed_own[256]; /* highest seq of the device's own chains that arrived */
    uint32_t queued;          /* changesets since the last commit */
    struct mir_buf rejects;   /* struct mir_reject, for the next STATE */
    struct mir_buf ranges;    /* struct mir_sync_range: arrivals that this round pushed */
    struct mir_buf covered;   /* struct mir_covered, ascending */
};

enum mir_exchange_step {
    MIR_EXCHANGE_KIND,
    MIR_EXCHANGE_FIRST,   /* head and message 1 */
    MIR_EXCHANGE_PADDING, /* after message 1 */
    MIR_EXCHANGE_LATER,   /* head of a later request */
    MIR_EXCHANGE_MESSAGES,
    MIR_EXCHANGE_IGNORE, /* the answer stands already */
    MIR_EXCHANGE_ANSWER,
    MIR_EXCHANGE_DONE,
};

enum mir_making {
    MIR_MAKING_STATE,
    MIR_MAKING_PULL,
    MIR_MAKING_FRONTIER,
    MIR_MAKING_DONE,
};

struct mir_exchange { /* in mir_secret_alloc memory */
    const mirsal_env *env;
    struct mir_responder *responder;
    const struct mir_sync_host *host;
    struct mir_link *link;
    enum mir_exchange_step step;
    unsigned status;
    uint64_t bytes_in;
    uint64_t bytes_out;

    /* Request. */
    struct mir_buf head; /* what must be gathered before it can be judged */
    size_t head_size;    /* how much that is */
    mirsal_hash identity;
    uint32_t key_serial;
    struct mir_noise_handshake handshake;
    int first;     /* message 1 is answered: message 2 is due */
    int replayed;  /* message 1 was seen before: STATE and END alone */
    uint32_t skip; /* messages taken before the request broke off */
    struct mir_unpacker unpacker;
    struct mir_buf clear;

    /* Answer. */
    enum mir_making making;
    struct mir_buf frames; /* clear, not yet sealed */
    struct mir_buf out;    /* sealed, not yet sent */
    size_t out_at;
    uint64_t made; /* bytes of the answer made so far */
    int finished;  /* the last bytes were made */
    struct mir_heads own_heads;
    uint32_t pull_at; /* 0 control, then wants */
    uint32_t pull_turns;
    uint64_t after[256]; /* per compartment: read up to here */
    uint64_t named[256]; /* per compartment: the cursor the client has */
    uint64_t log_size;   /* when the first part of the pull was at its end */
    struct mir_run_writer run;
    uint32_t run_changesets;
    uint64_t page_bytes;
    uint64_t page_covered; /* arrivals up to here were offered */
    int budget_spent;
    int more;
    mirsal_code sink_code;
    struct mir_session_counters counters;
};

/* responder.c: the table. */

const mirsal_env *mir_responder_env(const struct mir_responder *responder);
struct mir_link *mir_link_new(const mirsal_env *env);
void mir_link_free(struct mir_link *link); /* accepts NULL */

enum mir_found {
    MIR_FOUND,      /* a link, now the caller's alone */
    MIR_FOUND_NONE, /* unknown or ended */
    MIR_FOUND_BUSY, /* another exchange has it */
    MIR_FOUND_SEEN, /* message 1 was seen, its answer is not kept */
};
enum mir_found mir_responder_find(struct mir_link **out,
    struct mir_responder *responder,
    const uint8_t id[MIR_SESSION_SIZE]);
/* NONE: was not seen before, and is remembered from now. */
enum mir_found mir_responder_first(struct mir_link **out,
    struct mir_responder *responder,
    uint64_t first);
/* Puts a link into the table, still the caller's; an idle one of the same device goes. Leaves
 * link->listed 0 when all places are in use. */
void mir_responder_list(struct mir_responder *responder, struct mir_link *link);
/* Ends the caller's ownership: back into the table, or, when it is not listed or keep is 0,
 * freed. */
void mir_responder_return(struct mir_responder *responder, struct mir_link *link, int keep);

/* request.c: what a client's frames do. */

/* Takes what an opened message adds to the stream. A code was turned into a refusal already. */
mirsal_code mir_request_take(struct mir_exchange *exchange,
    struct mir_bytes clear,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The request's body ended; whole = 0: it broke off. Stores durably what is queued. */
mirsal_code mir_request_end(struct mir_exchange *exchange, int whole, mirsal_error *err)
    MIRSAL_MUST_USE;
/* Refuses the rest of the session for a failure of that code; returns it. */
mirsal_code mir_request_refuse(struct mir_exchange *exchange, mirsal_code code);

/* state.c: what it says of itself and of the device's own chains. */

/* Appends STATE, HEADERS and REJECTs. */
mirsal_code mir_state_make(struct mir_exchange *exchange, mirsal_error *err) MIRSAL_MUST_USE;
/* The highest seq of a chain of its own that the device named or pushed. */
uint64_t mir_state_own_seq(const struct mir_link *link, uint8_t compartment);

/* answer.c: what the relay says. */

mirsal_code mir_answer_begin(struct mir_exchange *exchange, mirsal_error *err) MIRSAL_MUST_USE;
/* Makes frames until at least `aim` bytes wait or nothing is left to say. */
mirsal_code mir_answer_fill(struct mir_exchange *exchange, size_t aim, mirsal_error *err)
    MIRSAL_MUST_USE;

/* exchange.c: bytes in, bytes out. */

mirsal_code mir_exchange_open(struct mir_exchange **out,
    struct mir_responder *responder,
    const struct mir_sync_host *host,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_exchange_receive(struct mir_exchange *exchange,
    const void *data,
    size_t size,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_exchange_send(uint8_t *buffer,
    size_t capacity,
    size_t *size,
    struct mir_exchange *exchange,
    mirsal_error *err) MIRSAL_MUST_USE;
enum mir_need mir_exchange_need(const struct mir_exchange *exchange);
unsigned mir_exchange_status(const struct mir_exchange *exchange);
void mir_exchange_count(struct mir_session_counters *out, const struct mir_exchange *exchange);
void mir_exchange_close(struct mir_exchange *exchange);

#endif
