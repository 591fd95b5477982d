/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/forget.h - a write-only device forgets what it sent.
 *
 * What a relay has acknowledged of this device's data, or a reader's receipt names, it or a later
 * one of its chain, loses its clear body, and with it all that was projected from it; header,
 * signature and sealed body stay (MIR_KEPT_SEALED), so that a relay that lost it gets it again.
 * Once both hold it, the sealed body goes too (MIR_KEPT_HEADER). What neither holds is not touched:
 * that some other device took it is no word of theirs. Headers stay: the chain goes on.
 *
 * Forgetting is one transaction. What it leaves in pages (freed cells, old frames of the WAL) is
 * removed after it, and again at the next open where that was interrupted.
 */
#ifndef MIR_FORGET_H
#define MIR_FORGET_H

#include "store.h"

/*
 * In a transaction of its own. Does nothing where nothing is to be forgotten, within a transaction,
 * and on a device that is not write-only.
 */
mirsal_code mir_forget_sent(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
/*
 * Inside the caller's transaction, after bodies went: projects what is still here into tables made
 * anew, and notes that pages and WAL hold something of what went.
 */
mirsal_code mir_forget_project(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
/*
 * Writes every page anew and cuts the WAL, where something was forgotten since the last time. Takes
 * memory and room on the disk of the size of the database. LOCKED while another handle reads or
 * writes, DISK_FULL: then it is done another time.
 */
mirsal_code mir_forget_residue(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
/*
 * Both, and what purges are due (purging.h). What another handle or a full disk is in the way of is
 * left for the next time.
 */
mirsal_code mir_forget(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

struct mir_forgotten {
    uint64_t changesets; /* that this device cannot read any more */
    int residue;         /* pages or WAL may still hold something of them */
};
mirsal_code mir_forgotten(struct mir_forgotten *out, struct mir_store *store, mirsal_error *err)
    MIRSAL_MUST_USE;

#endif
