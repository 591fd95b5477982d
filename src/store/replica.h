/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/replica.h - a store as the initiator of a sync sees it (sync/peer.h), for one relay or one
 * device of the team that serves.
 */
#ifndef MIR_REPLICA_H
#define MIR_REPLICA_H

#include "accept.h"
#include "peer.h"
#include "store.h"

struct mir_replica;

/* peer is peer.no (team.h); NO_RELAY when there is none. store is borrowed. *out is given. */
mirsal_code mir_replica_open(struct mir_replica **out,
    struct mir_store *store,
    int64_t peer,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * For a device that serves (protocol/sync.md 10), by its key. One at a time for a store. *out is
 * given.
 */
mirsal_code mir_replica_open_peer(struct mir_replica **out,
    struct mir_store *store,
    const mirsal_hash *identity,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_replica_close(struct mir_replica *replica); /* accepts NULL */
/* The vtable, borrowed from the replica. */
const struct mir_sync_local *mir_replica_local(struct mir_replica *replica);
/* A relay key that was verified (mir_relay_key_read). NOT_AUTHENTIC below the highest serial. */
mirsal_code mir_replica_relay_key(struct mir_replica *replica,
    const struct mir_relay_key *key,
    mirsal_error *err) MIRSAL_MUST_USE;
/* 1 when a verified key is kept: its serial. */
int mir_replica_has_key(const struct mir_replica *replica, uint32_t *serial);
/* A peer's verified key. */
void mir_replica_peer_key(struct mir_replica *replica, const struct mir_relay_key *key);
/* 1: from the next round on it takes control and names nothing, until 0. */
void mir_replica_peer_meets(struct mir_replica *replica, int meets);

enum mir_peer_standing {
    MIR_PEER_UNKNOWN, /* no device that joined has this key, by what is held */
    MIR_PEER_JOINED,  /* its join stands or waits */
    MIR_PEER_ENDED,
};
mirsal_code mir_replica_peer_standing(enum mir_peer_standing *out,
    struct mir_replica *replica,
    mirsal_error *err) MIRSAL_MUST_USE;

/* 1 when this device may hold that chain (protocol/sync.md 10.5), by the membership in force. */
int mir_replica_self_may_hold(const struct mir_store *store,
    const mirsal_hash *author,
    uint8_t compartment);

/* A run with a relay came to its end. */
mirsal_code mir_replica_synced(struct mir_replica *replica, uint32_t hints, mirsal_error *err)
    MIRSAL_MUST_USE;
/* 1 when the relay began a log in this run, or since the last one: it was restored, or moved. */
int mir_replica_another_log(const struct mir_replica *replica);
/* What the run's pulls did to the store. */
void mir_replica_counts(struct mir_accept_counts *out, const struct mir_replica *replica);

/* What no relay is known to hold of what this device wrote. */
struct mir_unsent {
    uint64_t changesets;
    uint64_t bytes;
};
mirsal_code mir_replica_unsent(struct mir_unsent *out, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;

/* Custody of an own changeset, by its arrival number here; for others' always at least RELAY. */
enum mir_custody {
    MIR_CUSTODY_DEVICE,
    MIR_CUSTODY_RELAY,
    MIR_CUSTODY_READERS,
};
mirsal_code mir_custody_of(enum mir_custody *out,
    uint32_t *readers,
    struct mir_store *store,
    int64_t changeset,
    mirsal_error *err) MIRSAL_MUST_USE;
const char *mir_custody_name(enum mir_custody custody);

#endif
