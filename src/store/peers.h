/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/peers.h - rows of `peer`: the relays this device knows.
 */
#ifndef MIR_PEERS_H
#define MIR_PEERS_H

#include "store.h"

/* Adds the relay or brings its url up to date; inside the caller's transaction. */
mirsal_code mir_peer_keep(struct mir_store *store,
    struct mir_bytes url,
    const mirsal_hash *identity,
    uint32_t key_serial,
    mirsal_error *err) MIRSAL_MUST_USE;
/* *no = 0 when it is not known. */
mirsal_code mir_peer_find(int64_t *no,
    struct mir_store *store,
    const mirsal_hash *identity,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The relay told to others in invites: the one added last. *has = 0: none. url lives in arena. */
mirsal_code mir_peer_newest(int *has,
    struct mir_bytes *url,
    mirsal_hash *identity,
    uint32_t *key_serial,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Relays that the team's statements name and this device does not know yet are added. */
mirsal_code mir_peer_learn(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

#endif
