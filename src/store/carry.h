/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/carry.h - work that a fork cost, carried over to the device that this store is now.
 *
 * A store that signed numbers which a copy of it had signed too wrote a branch. Where another
 * branch stands (control.md 5.7), its own is quarantined for good unless an admin adopts it. Its
 * bodies are sealed again as changesets of the new device: new record ids, and references,
 * parents and edits that follow them; source ids and stamps as they were. A branch that nobody
 * decided on waits: what may still count is never written a second time.
 */
#ifndef MIR_CARRY_H
#define MIR_CARRY_H

#include "store.h"

/*
 * Inside the caller's transaction, after settling; settle again. *changesets = those written. A
 * body that this store cannot open any more stays where it is.
 */
mirsal_code mir_carry_over(uint32_t *changesets, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;

#endif
