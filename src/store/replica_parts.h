/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/replica_parts.h - what the two files of the replica share.
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

struct mir_replica {
    struct mir_store *store;
    int64_t peer;
    struct mir_sync_local local;
    struct mir_arena arena;     /* the changeset given last */
    struct mir_arena described; /* token, genesis */
    struct mir_buf queue;       /* int64_t: numbers to push */
    struct mir_buf given;       /* int64_t: numbers given, in order */
    struct mir_buf refused;     /* struct mir_refused_chain */
    struct mir_buf withheld;    /* struct mir_refused_chain: what cannot be given from there on */
    size_t next;                /* in queue */
    uint64_t acknowledged;      /* of given */
    int has_key;
    uint32_t key_serial;
    struct mir_accept_counts counts;
};

/* Fills describe, relay_state, checkpoint, own_header, heads, replace_known. */
void mir_replica_relay_calls(struct mir_sync_local *local);
mirsal_code mir_replica_read_key(struct mir_replica *replica, mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_replica_set_cursor(struct mir_replica *replica,
    const struct mir_cursor *cursor,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
