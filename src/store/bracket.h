/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/bracket.h - when a changeset was made, apart from what its author's clock says: between
 * relays' checkpoints; protocol/sync.md 9.
 *
 * Tables: checkpoint (evidence.h); made_after(device, compartment, seq, hash), the header field
 * `seen`; made_before(changeset, time).
 */
#ifndef MIR_BRACKET_H
#define MIR_BRACKET_H

#include "chains.h"
#include "relay.h"
#include "store.h"

struct mir_bracket {
    int has_after; /* a checkpoint that its author had seen, and this device too */
    uint64_t after_ms;
    int has_before; /* a relay held it then */
    uint64_t before_ms;
    int suspect; /* the claimed time lies outside, or before the author was invited */
};

/* A changeset came, or was made: keeps what its author had seen. In the caller's transaction. */
mirsal_code mir_bracket_note(struct mir_store *store,
    const struct mir_chain_row *row,
    const struct mir_header *header,
    mirsal_error *err) MIRSAL_MUST_USE;
/* By the relay's clock it is time_ms: what it is known to hold and no relay held before was made
 * before that. */
mirsal_code mir_bracket_held(struct mir_store *store,
    int64_t peer,
    uint64_t time_ms,
    mirsal_error *err) MIRSAL_MUST_USE;

/* stamp 0: the claimed time is not known, and not judged. */
mirsal_code mir_bracket_of(struct mir_bracket *out,
    struct mir_store *store,
    int64_t changeset,
    uint64_t stamp,
    mirsal_error *err) MIRSAL_MUST_USE;

/* This device's own clock against the relay that it met last. */
struct mir_clock_state {
    int suspect;      /* ten minutes or more off, or behind what this device has written */
    int64_t offset_s; /* the relay's clock less its own; 0 before any sync */
};
mirsal_code mir_bracket_clock(struct mir_clock_state *out,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
