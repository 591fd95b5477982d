/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/purging.h - a replica destroys what was purged; protocol/sync.md 11.
 *
 * Of each body that an order of level 2 names, a device that reads it makes the residue at once.
 * Once the policy's days are over, the body goes, its clear copy, and all that was made from them;
 * pages and WAL are wiped as after forgetting (forget.h).
 */
#ifndef MIR_PURGING_H
#define MIR_PURGING_H

#include "store.h"

/*
 * Inside the caller's transaction: notes since when orders are of level 2 here, makes residues,
 * destroys what is due. Appends struct mir_say to says: residues and purge_done that this device
 * owes, where it may say them; says may be NULL.
 */
mirsal_code mir_purging_step(struct mir_buf *says, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;
/* Where something is due without that anybody syncs: in a transaction of its own. */
mirsal_code mir_purging_due(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

#endif
