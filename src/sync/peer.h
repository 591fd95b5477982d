/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync/peer.h - what the conversation asks of a store: the initiator's view (local) and the
 * responder's (host). Implemented over SQLite by replica and relay log, over arrays in tests.
 *
 * Rules for every function:
 * - It gets `context` first. One exchange at a time uses one context; a server gives each HTTP
 *   request its own, over one log. Nothing is held in a context from one request to the next.
 * - Pointers given in are borrowed for the call. Bytes given out are borrowed until the next call
 *   on the same context, unless the comment says otherwise. Fixed structs are copied.
 * - A code other than MIRSAL_OK ends the exchange; codes named in a comment have a meaning of
 *   their own. What a peer sent wrong is never a code here but a verdict or a reject.
 * - Signatures, chains and rights of changesets are judged below this line; carriage, order of
 *   frames, limits, budget, checkpoints' signatures and proofs above it.
 */
#ifndef MIR_PEER_H
#define MIR_PEER_H

#include "frames.h"
#include "keys.h"
#include "relay.h"

/*
 * Changesets pass both ways as struct mir_changeset (changeset.h) with all members set: the three
 * parts, id, and fields as mir_header_decode gives them. Body hash and size fit; a signature is
 * judged by the store that takes it.
 */

/* A relay as a replica remembers it, and the replica itself. About 18 KiB. */
struct mir_sync_self {
    mirsal_hash team;
    mirsal_hash device;
    int joins;       /* own join is not known to be held by this relay */
    int with_vector; /* VECTOR comes first: once the join is known, and no run ends without it */
    struct mir_agree_secret noise;
    mirsal_hash relay_identity;
    struct mir_agree_public relay_noise; /* of the verified relay key of that serial */
    uint32_t relay_serial;
    struct mir_bytes token;   /* size 0: no REGISTER. Borrowed until the next describe */
    struct mir_bytes genesis; /* lone changeset, with the token */
    int has_epoch;
    uint8_t store_epoch[8];
    uint32_t cursor_count; /* of control and the wants, ascending; absent = 0 */
    struct mir_cursor cursors[MIR_WANTS_MAX];
    int has_checkpoint;
    struct mir_checkpoint checkpoint; /* newest of this relay that was accepted */
    int wants_signed;                 /* own chains go on above what it acknowledged signed */
    uint32_t head_count;              /* own heads, sent or not, ascending */
    struct mir_own_head heads[MIR_HEADS_MAX];
    uint32_t want_count; /* compartments to read or with own chains, ascending, no control */
    uint8_t wants[MIR_WANTS_MAX];
};

enum mir_sync_verdict {
    MIR_SYNC_STORED,
    MIR_SYNC_DUPLICATE, /* held before */
    MIR_SYNC_FORK,      /* stored, and another changeset has its place */
    MIR_SYNC_REJECTED,  /* not stored: signature, form, team */
};

/* A relay's word (sync.md 5.4), borrowed for the call. */
typedef mirsal_code (*mir_word_sink)(void *to, struct mir_bytes word, mirsal_error *err);

/* The initiator's view of its store, for one named relay. */
struct mir_sync_local {
    void *context;

    /* Fills self afresh; called at the start of each round. The caller wipes it. */
    mirsal_code (*describe)(void *context, struct mir_sync_self *self, mirsal_error *err);

    /*
     * Push: what is held and this relay is not known to hold, in the order of sync.md 3.1.
     * push_begin starts over. push_next gives the next one, borrowed until the next call;
     * header.size is 0 at the end. It leaves out what became known to be held since push_begin;
     * between two calls there may be acknowledge, rejected and relay_heads, never a put.
     */
    mirsal_code (*push_begin)(void *context, mirsal_error *err);
    mirsal_code (*push_next)(void *context, struct mir_changeset *out, mirsal_error *err);
    /* The relay did not take this one of what was pushed (and none of its chain after it, but
     * for a fork, which is kept). Durable; it is not pushed again in this run, unless replace_known
     * comes between (GAP and AUTHORITY: the relay lacks what it was known to hold). */
    mirsal_code (*rejected)(void *context, const struct mir_reject *reject, mirsal_error *err);
    /* The first `count` changesets given since push_begin are held by the relay, but for those
     * rejected. Durable when it returns. */
    mirsal_code (*acknowledge)(void *context, uint64_t count, mirsal_error *err);
    /* The relay's heads of own chains: where seq and id fit what is held, the relay holds the
     * chain up to there. */
    mirsal_code (*relay_heads)(void *context,
        const struct mir_own_head *heads,
        uint32_t count,
        mirsal_error *err);

    /*
     * Pull: pull_begin opens a transaction, put stores and projects one changeset (verified
     * through wire) and marks it as held by the relay, pull_commit ends it durably, with the
     * cursor when one is given. pull_abort undoes all since pull_begin; it cannot fail.
     */
    mirsal_code (*pull_begin)(void *context, mirsal_error *err);
    mirsal_code (*put)(void *context,
        enum mir_sync_verdict *verdict,
        const struct mir_changeset *changeset,
        mirsal_error *err);
    mirsal_code (*pull_commit)(void *context, const struct mir_cursor *cursor, mirsal_error *err);
    void (*pull_abort)(void *context);

    /* The relay's word on itself. Another store epoch than the one remembered: all cursors and
     * the checkpoint are dropped, what it is known to hold stays until a vector replaces it. */
    mirsal_code (*relay_state)(void *context,
        const uint8_t store_epoch[8],
        uint32_t key_serial,
        uint64_t time_ms,
        mirsal_error *err);
    /* A checkpoint whose signature verified. consistent 1: replaces the one held. 0: it
     * contradicts it; both are kept as evidence. */
    mirsal_code (*checkpoint)(void *context,
        const struct mir_checkpoint *checkpoint,
        int consistent,
        mirsal_error *err);
    /* What the relay says of the device's own chains, after relay_heads; signed where it was asked
     * for (one that does not verify is not kept, and no error). shown: the checkpoint of this log
     * that this round showed to the relay, NULL: none. May be NULL. */
    mirsal_code (*judge_state)(void *context,
        const struct mir_state *state,
        const struct mir_checkpoint *shown,
        mirsal_error *err);
    /* All of the relay's log was served, as it says and as far as its newest checkpoint goes. May
     * be NULL. */
    mirsal_code (*served)(void *context, mirsal_error *err);
    /* A checkpoint of this log that came from others, for a round that names it in the place of
     * the device's own; *has = 0: none. NULL: none. answer: the relay's newest, consistent with it
     * or not; NULL: it gave none. */
    mirsal_code (*doubt)(void *context, struct mir_checkpoint *out, int *has, mirsal_error *err);
    mirsal_code (*answered)(void *context,
        const struct mir_checkpoint *doubt,
        const struct mir_checkpoint *answer,
        int consistent,
        mirsal_error *err);
    /* A header said to be the device's own. The store verifies; if it verifies and is not held
     * *behind = 1, durably: the device signs nothing more. */
    mirsal_code (*own_header)(void *context,
        const struct mir_signed_header *header,
        int *behind,
        mirsal_error *err);

    /* Heads of control and the wanted chains the device may hold (of compartments it may not read
     * its own chains alone). known = 1: of what the relay is known to hold (got from it or
     * acknowledged by it); 0: of all that is held. A forked chain gives each head. */
    mirsal_code (*heads)(void *context, int known, struct mir_heads *out, mirsal_error *err);
    /* Replaces what the relay is known to hold of control and the wants: per entry, where the tag
     * (mir_vector_tag) is that of a held changeset at that place, the chain up to there. */
    mirsal_code (*replace_known)(void *context,
        const struct mir_vector *vector,
        const uint8_t handshake_hash[32],
        mirsal_error *err);

    /* Between peers: gives each word that the other should have; takes one, of which one that is
     * none or does not verify is left, and no error. NULL: to relays. */
    mirsal_code (*words)(void *context, mir_word_sink sink, void *to, mirsal_error *err);
    mirsal_code (*word)(void *context, struct mir_bytes word, mirsal_error *err);

    /* Between rounds: write what the pull obliges to say (sync.md 7). *wrote = changesets. */
    mirsal_code (*settle)(void *context, uint32_t *wrote, mirsal_error *err);
};

enum mir_sync_standing {
    MIR_SYNC_MEMBER,
    MIR_SYNC_WAITING, /* its join verifies, and waits for admission: served control only */
    MIR_SYNC_REMOVED,
};

struct mir_sync_device {
    mirsal_hash device;
    enum mir_sync_standing standing;
    uint8_t readable[32]; /* bit c % 8 of byte c / 8: may read all of compartment c */
    int quota_near;       /* hint 64 */
};

struct mir_sync_log {
    uint8_t store_epoch[8];
    uint64_t size; /* arrivals handed out and committed */
    int has_checkpoint;
    struct mir_checkpoint checkpoint; /* newest signed; its size ≤ size */
};

/* Arrivals first … last, both included. */
struct mir_sync_range {
    uint64_t first;
    uint64_t last;
};

/* What became of the changesets queued since the last commit. The caller inits and finishes. */
struct mir_sync_outcome {
    struct mir_buf rejects; /* array of struct mir_reject, in the order of put */
    struct mir_buf ranges;  /* array of struct mir_sync_range: arrivals newly given, ascending */
    uint64_t stored;
};

/* Which part of a log to read. */
struct mir_sync_query {
    const mirsal_hash *team;
    uint8_t compartment;
    const mirsal_hash *only; /* only this device's chain; NULL: all */
    uint64_t after;          /* arrivals above this */
};

/* Where a changeset stands in a log. */
struct mir_sync_place {
    mirsal_hash id;
    mirsal_hash device;
    uint8_t compartment;
    uint64_t seq;
    uint64_t arrival;
};

struct mir_sync_sink {
    void *context;
    /* Asked before header and body are read. 0: leave it out. */
    int (*wants)(void *context, const struct mir_sync_place *place);
    /* Takes the changeset last asked for, borrowed for the call. 0: not taken, stop. */
    int (*take)(void *context, const struct mir_changeset *changeset, uint64_t arrival);
};

/* The responder's view of a log: a relay's, or a replica's that serves. */
struct mir_sync_host {
    void *context;

    /* The identity key of this relay, its current key serial, and the secret of a serial:
     * NOT_FOUND when it is too old or unknown. */
    mirsal_code (*identity)(void *context, mirsal_hash *out, uint32_t *serial, mirsal_error *err);
    mirsal_code (*noise_secret)(void *context,
        uint32_t serial,
        struct mir_agree_secret *out,
        mirsal_error *err);

    /* By the first 16 bytes. NOT_FOUND. */
    mirsal_code (
        *find_team)(void *context, const uint8_t prefix[16], mirsal_hash *team, mirsal_error *err);
    /* Durable when it returns; a team already there is OK. NOT_ALLOWED: token; QUOTA; PEER codes:
     * the genesis. */
    mirsal_code (*register_team)(void *context,
        struct mir_bytes token,
        struct mir_bytes genesis,
        mirsal_hash *team,
        mirsal_error *err);
    /* The device with this Noise key in genesis or a join that verifies. NOT_FOUND. */
    mirsal_code (*find_device)(void *context,
        const mirsal_hash *team,
        const struct mir_agree_public *noise,
        struct mir_sync_device *out,
        mirsal_error *err);

    /* Queues one changeset (a copy). device NULL: the sender is not known yet. */
    mirsal_code (*put)(void *context,
        const mirsal_hash *team,
        const mirsal_hash *device,
        const struct mir_changeset *changeset,
        mirsal_error *err);
    /* Judges and stores all that is queued, in order; may block for a group commit; durable when
     * it returns. After a reject the later items of that chain are left out in silence, but for a
     * fork. DISK_FULL and other codes: nothing of the queue is held. Always empties the queue. */
    mirsal_code (*commit)(void *context,
        const mirsal_hash *team,
        struct mir_sync_outcome *outcome,
        mirsal_error *err);
    /* Empties the queue of an exchange that ends otherwise. */
    void (*discard)(void *context);

    /* Epoch, size, checkpoint (which a host may sign now). */
    mirsal_code (
        *log)(void *context, const mirsal_hash *team, struct mir_sync_log *out, mirsal_error *err);
    /* Heads of the device's own chains. */
    mirsal_code (*own_heads)(void *context,
        const mirsal_hash *team,
        const mirsal_hash *device,
        struct mir_heads *out,
        mirsal_error *err);
    /* Header (appended to out) and signature of a changeset held. NOT_FOUND. */
    mirsal_code (*header)(void *context,
        const mirsal_hash *team,
        const mirsal_hash *id,
        struct mir_buf *out,
        uint8_t signature[64],
        mirsal_error *err);
    /* Offers what matches the query to the sink, ascending by arrival, until it stops or all were
     * offered; *size = the log's size in that same view, and *ended = 1 in the latter case. */
    mirsal_code (*read)(void *context,
        const struct mir_sync_query *query,
        const struct mir_sync_sink *sink,
        uint64_t *size,
        int *ended,
        mirsal_error *err);
    /* Heads of control and of the chains in `wants` the device may hold (as local's); *size = the
     * log's size in that same view. */
    mirsal_code (*heads)(void *context,
        const mirsal_hash *team,
        const struct mir_sync_device *device,
        struct mir_bytes wants, /* compartments, one byte each */
        struct mir_heads *out,
        uint64_t *size,
        mirsal_error *err);
    /* 1 in *held when a changeset at that place has that tag. */
    mirsal_code (*holds)(void *context,
        const mirsal_hash *team,
        const mirsal_hash *device,
        const struct mir_vector_entry *entry, /* its device index is ignored */
        const uint8_t handshake_hash[32],
        int *held,
        mirsal_error *err);

    /* Root of the log's first `size` leaves; size ≤ that of the log. */
    mirsal_code (*root_at)(void *context,
        const mirsal_hash *team,
        uint64_t size,
        mirsal_hash *root,
        mirsal_error *err);
    /* Appends the consistency proof between two sizes, old_size ≥ 1. */
    mirsal_code (*consistency)(void *context,
        const mirsal_hash *team,
        uint64_t old_size,
        uint64_t size,
        struct mir_buf *proof,
        mirsal_error *err);
    /* Signs an acknowledgement by this relay's identity. NULL: a host that gives none. */
    mirsal_code (*acknowledge)(void *context,
        const mirsal_hash *team,
        struct mir_acknowledgement *acknowledgement,
        mirsal_error *err);
    /* Words, as the initiator's. NULL: of relays. */
    mirsal_code (*words)(void *context, mir_word_sink sink, void *to, mirsal_error *err);
    mirsal_code (*word)(void *context, struct mir_bytes word, mirsal_error *err);
    /* The log was restored: draws and stores a new store epoch, durably. */
    mirsal_code (*restored)(void *context, const mirsal_hash *team, mirsal_error *err);
};

#endif
