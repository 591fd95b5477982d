/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/replica_parts.h - what the files of the replica share.
 */
#ifndef MIR_REPLICA_PARTS_H
#define MIR_REPLICA_PARTS_H

#include "known.h"
#include "replica.h"

/* From this place on the relay takes nothing of the chain in this run. */
struct mir_refused_chain {
    int64_t device;
    uint8_t compartment;
    uint64_t seq;
};

/* A device of the team in the place of a relay, for one run. */
struct mir_met {
    mirsal_hash identity;
    struct mir_agree_public noise;
    int meets;      /* it is not known yet: control is taken, nothing is named */
    int introduces; /* it does not know this device */
    int compared;   /* its vector came */
    int has_epoch;
    uint8_t store_epoch[8];
    uint32_t cursor_count;
    struct mir_cursor cursors[MIR_WANTS_MAX]; /* ascending */
};

struct mir_replica {
    struct mir_store *store;
    int64_t peer;        /* MIR_KNOWN_MET with met */
    struct mir_met *met; /* NULL: a relay */
    struct mir_sync_local local;
    struct mir_arena arena;     /* the changeset given last */
    struct mir_arena described; /* token, genesis */
    struct mir_arena lasting;   /* met */
    struct mir_buf queue;       /* int64_t: numbers to push */
    struct mir_buf given;       /* int64_t: numbers given, in order */
    struct mir_buf left;        /* mirsal_hash for each: of the residue given, else zeros */
    struct mir_buf refused;     /* struct mir_refused_chain */
    struct mir_buf withheld;    /* struct mir_refused_chain: what cannot be given from there on */
    size_t next;                /* in queue */
    uint64_t acknowledged;      /* of given */
    int has_key;
    int another_log; /* than the one remembered, since the run began */
    uint32_t key_serial;
    struct mir_accept_counts counts;
};

/* All but what is the relay's or the peer's. *out is given. */
mirsal_code mir_replica_make(struct mir_replica **out,
    struct mir_store *store,
    int64_t peer,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Team, device, keys, own heads and wants of self. */
mirsal_code mir_replica_describe_self(struct mir_replica *replica,
    struct mir_sync_self *self,
    mirsal_error *err) MIRSAL_MUST_USE;
/* As the calls of struct mir_sync_local. */
mirsal_code mir_replica_heads(void *context, int known, struct mir_heads *out, mirsal_error *err)
    MIRSAL_MUST_USE;
mirsal_code mir_replica_replace_known(void *context,
    const struct mir_vector *vector,
    const uint8_t handshake_hash[32],
    mirsal_error *err) MIRSAL_MUST_USE;

/* replica_peer.c: what is to be pushed, in its order; whether it may be; where a page ended. */
mirsal_code mir_replica_peer_queue(struct mir_replica *replica, mirsal_error *err) MIRSAL_MUST_USE;
int mir_replica_peer_may_hold(const struct mir_replica *replica,
    const mirsal_hash *author,
    uint8_t compartment);
void mir_replica_peer_cursor(struct mir_replica *replica, const struct mir_cursor *cursor);

/* Fills describe, relay_state, own_header, heads, replace_known. */
void mir_replica_relay_calls(struct mir_sync_local *local);
/* Fills checkpoint, judge_state, served, doubt, answered. */
void mir_replica_word_calls(struct mir_sync_local *local);
/* As `peer.checkpoint` keeps it; 0: none. */
int mir_replica_read_checkpoint(struct mir_checkpoint *out, struct mir_bytes bytes);
/* 1 when own heads go on above what the relay acknowledged signed, in the log it is known by. */
mirsal_code mir_replica_wants_signed(int *out,
    struct mir_store *store,
    const struct mir_sync_self *self,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_replica_read_key(struct mir_replica *replica, mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_replica_set_cursor(struct mir_replica *replica,
    const struct mir_cursor *cursor,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
