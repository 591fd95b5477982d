/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/merging.h - the chains of another store of the team, taken as if a peer sent them.
 *
 * Every changeset that this store lacks is verified and judged; nothing that the other one has
 * judged or computed is believed, and none of its keys is taken. Control comes first, then data, in
 * the order in which the other store met them, each batch durable before the next begins: what was
 * interrupted goes on where it stopped. What this device then owes the team it writes, as behind a
 * sync (duties.h): so two stores that meet no relay give each other keys by merging in turns.
 */
#ifndef MIR_MERGING_H
#define MIR_MERGING_H

#include "accept.h"

struct mir_merging {
    void (*progress)(void *context, uint64_t done, uint64_t total); /* shares of it; or NULL */
    void *progress_context;
};

struct mir_merged {
    uint64_t changesets; /* that came */
    uint64_t records;    /* that this store holds more than before */
    uint64_t refused;    /* that did not verify: nothing of them is stored */
    struct mir_accept_counts counts;
};

/*
 * guest is of guest.h and of this store's team. NOT_AUTHENTIC where it is another team's. What does
 * not verify is left out and counted; what fails otherwise leaves the batches before it.
 */
mirsal_code mir_merge_chains(struct mir_merged *out,
    struct mir_store *store,
    struct mir_store *guest,
    const struct mir_merging *merging,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
