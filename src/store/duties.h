/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/duties.h - what a device owes the team now, written between rounds of a sync
 * (protocol/sync.md 7): epoch, admit, epoch_key, epoch_ok, receipt,
 * fork_proof.
 */
#ifndef MIR_DUTIES_H
#define MIR_DUTIES_H

#include "store.h"

/*
 * Opens envelopes that came for this device and what the epochs carry (private halves are kept,
 * bodies that waited for them are opened), turns epochs that are due, each in a control changeset
 * of its own, then writes what else is owed, in at most one.
 * *wrote = control changesets written. Begins and commits its own transaction.
 */
mirsal_code mir_duties_run(uint32_t *wrote, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;

#endif
