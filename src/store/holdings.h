/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/holdings.h - how many changesets a replica holds, in what state, and who else holds them.
 */
#ifndef MIR_HOLDINGS_H
#define MIR_HOLDINGS_H

#include "store.h"
#include "verdict.h"

#define MIR_HOLDINGS_REASONS 32u /* numbers of enum mir_reason are below it */

struct mir_holdings {
    uint64_t changesets;
    uint64_t waiting[MIR_HOLDINGS_REASONS]; /* by reason */
    uint64_t quarantined[MIR_HOLDINGS_REASONS];
    uint64_t waiting_all;
    uint64_t quarantined_all;
    uint64_t not_given; /* of epochs before this device's history; no key of them will come, so they
                           are not among those that wait */
};
mirsal_code mir_holdings(struct mir_holdings *out, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;

/* Own data changesets, each counted once: at its widest. */
struct mir_holdings_custody {
    uint64_t device_only;
    uint64_t relay;
    uint64_t readers; /* other devices that said so in a receipt */
};
mirsal_code mir_holdings_custody(struct mir_holdings_custody *out,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Own data changesets that this relay is known to hold; peer is peer.no. */
mirsal_code mir_holdings_of_relay(uint64_t *out,
    struct mir_store *store,
    int64_t peer,
    mirsal_error *err) MIRSAL_MUST_USE;

/* A device's chain of data. */
struct mir_holdings_chain {
    uint8_t compartment;
    uint64_t last_seq;
    uint64_t quarantined;
};
/* Ascending by compartment; in arena. */
mirsal_code mir_holdings_chains(struct mir_holdings_chain **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_hash *device,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
