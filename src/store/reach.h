/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/reach.h - how far one changeset has come: held here alone, by a relay, by other readers.
 * Counts of them are those of holdings.h.
 *
 * A relay holds what its head of a chain names (peer_head); a reader what its receipt names.
 */
#ifndef MIR_REACH_H
#define MIR_REACH_H

#include "chains.h"
#include "store.h"
#include "verdict.h"

enum mir_reach {
    MIR_REACH_DEVICE,
    MIR_REACH_RELAY,
    MIR_REACH_READERS,
};
/* "device", "relay", "readers". Static. */
const char *mir_reach_name(enum mir_reach reach);

/* A changeset held, by its arrival number; out->no = 0 beyond the last. */
struct mir_reach_row {
    int64_t no;
    mirsal_hash id;
    mirsal_hash device;
    uint8_t compartment;
    uint64_t seq;
    enum mir_held state;
    enum mir_reason reason;
    uint64_t stamp; /* 0 until opened */
    enum mir_kept kept;
};
mirsal_code mir_reach_changeset(struct mir_reach_row *out,
    struct mir_store *store,
    int64_t no,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * By its id in hex, or the first 6 digits or more that only one has; *no = 0 when the text is no
 * such thing, or none is held. AMBIGUOUS_ID. id may be NULL.
 */
mirsal_code mir_reach_named(int64_t *no,
    mirsal_hash *id,
    struct mir_store *store,
    const char *text,
    mirsal_error *err) MIRSAL_MUST_USE;
/* As this device knows: what others wrote is with their authors too, or was. */
mirsal_code mir_reach_of(enum mir_reach *out,
    struct mir_store *store,
    int64_t changeset,
    mirsal_error *err) MIRSAL_MUST_USE;

/* sync.md 4.1 over all data that is held: what an answer was computed from. */
mirsal_code mir_reach_frontier(uint8_t out[16], struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;

#endif
