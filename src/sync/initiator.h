/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync/initiator.h - the client's half of a conversation: what initiator.c, push.c and pull.c
 * share.
 *
 *   ready ──send…──▶ sent ──answer whole──▶ next request of the round, next round, or done
 *     ▲                └──answer broken──▶ the same request again, or the round from its start
 *     └───────────────────────────────────┘
 */
#ifndef MIR_INITIATOR_H
#define MIR_INITIATOR_H

#include "carriage.h"
#include "run.h"
#include "session.h"

/* Which frame of an answer may come next. */
enum mir_answer_step {
    MIR_ANSWER_STATE,   /* STATE or REFUSE */
    MIR_ANSWER_REJECTS, /* HEADERS and REJECT, then what the rest allows */
    MIR_ANSWER_PULL,    /* RUN and PAGE */
    MIR_ANSWER_END,     /* END only */
    MIR_ANSWER_DONE,    /* nothing more */
};

/* What the next round is for, beside pushing what is there. */
struct mir_round_wish {
    int vector;
    int checkpoint;
    int again; /* the relay had more, or its log is another */
    int doubt; /* a checkpoint that came from others */
};

struct mir_initiator { /* in mir_secret_alloc memory */
    const mirsal_env *env;
    const struct mir_sync_local *local;
    uint64_t budget;
    uint64_t beside; /* bytes of it that went for other things than bodies */
    size_t request_size;
    enum mir_need need;
    struct mir_session_counters counters;
    struct mir_sync_self self;
    struct mir_hello hello;
    struct mir_state state;

    /* Carriage. */
    struct mir_noise_handshake handshake;
    struct mir_noise_transport transport;
    int has_transport;
    int has_session;
    uint8_t session[MIR_SESSION_SIZE];
    uint32_t counter;    /* of the request in hand; 0 = message 1 */
    struct mir_buf body; /* the request in hand, kept until its answer is whole */
    size_t body_at;      /* how much of it was sent */
    uint32_t failures;   /* exchanges broken in a row */
    int repeated;        /* the request in hand was repeated */
    uint32_t opened;     /* messages of the answer opened */
    struct mir_unpacker unpacker;
    struct mir_buf clear; /* of one message */
    struct mir_splitter splitter;
    struct mir_arena arena; /* for one frame's lists */

    /* Push. */
    struct mir_buf frames; /* clear frames of the request being made */
    struct mir_run_writer run;
    uint32_t run_changesets; /* in run, not yet in frames */
    int push_open;           /* push_begin was called in this round */
    int push_ended;          /* nothing more to push in this round */
    int push_stopped;        /* by the budget */
    int join_framed;         /* the device's own join goes out in this round */
    uint64_t framed;         /* changesets in whole frames so far in this round */
    uint64_t acknowledged;
    int end_sent;
    size_t word_bytes; /* of words in this round */
    int vector_due;    /* VECTOR goes into the next request of this round */

    /* Pull. */
    enum mir_answer_step step;
    int acknowledge_due;
    int headers_taken; /* or too late for them */
    uint64_t words_in; /* bytes of relays' words in this answer */
    int words_over;    /* the pull has begun: no more of them */
    int pull_open;
    uint64_t pull_bytes; /* since the pull was opened */
    uint64_t pulled_in_round;
    int round_had_vector;
    int relay_more;
    struct mir_round_wish wish;
    int vector_done; /* one in a run */
    int checkpoint_done;
    int showed;                  /* this round carries CHECKPOINT */
    int doubting;                /* this round names what came from others */
    struct mir_checkpoint doubt; /* that */
    uint32_t doubts;             /* rounds of a run that did */
    int forgotten;               /* what the relay was known to hold, once in a run */
    int begins_anew;             /* when this answer ends */
};

/* push.c: makes the requests of a round. */

/* Begins a round; with_handshake = 1 in a new session. Leaves need at WRITE, or at DONE when the
 * budget allows no request. */
mirsal_code mir_push_begin_round(struct mir_initiator *initiator,
    int with_handshake,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The next request of the round. */
mirsal_code mir_push_continue(struct mir_initiator *initiator, mirsal_error *err) MIRSAL_MUST_USE;
/* Bytes of the budget left; UINT64_MAX without one. */
uint64_t mir_push_budget_left(const struct mir_initiator *initiator);

/* pull.c: takes the frames of answers. */

void mir_pull_expect(struct mir_initiator *initiator);
mirsal_code mir_pull_take(struct mir_initiator *initiator,
    const struct mir_frame *frame,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The answer ended whole: acknowledges, and refuses one that lacks frames. */
mirsal_code mir_pull_finish(struct mir_initiator *initiator, mirsal_error *err) MIRSAL_MUST_USE;
void mir_pull_abort(struct mir_initiator *initiator);

/* initiator.c */

mirsal_code mir_initiator_receive(struct mir_initiator *initiator,
    const void *data,
    size_t size,
    mirsal_error *err) MIRSAL_MUST_USE;
size_t mir_initiator_send(struct mir_initiator *initiator, uint8_t *buffer, size_t capacity);
mirsal_code mir_initiator_open(struct mir_initiator **out,
    const struct mir_session_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_initiator_close(struct mir_initiator *initiator);

#endif
