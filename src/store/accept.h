/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/accept.h - changesets into a replica: stored first, judged and projected second, in one
 * transaction; and judged again as prev, authority, epoch key, schema or membership arrive.
 */
#ifndef MIR_ACCEPT_H
#define MIR_ACCEPT_H

#include "chains.h"
#include "store.h"

enum mir_accepted {
    MIR_ACCEPT_STORED,
    MIR_ACCEPT_DUPLICATE,
    MIR_ACCEPT_FORK, /* stored, and another has its place */
};

/*
 * Stores a changeset that mir_changeset_read or mir_changeset_decode gave: judges team and
 * signature (BAD_SIGNATURE, NOT_AUTHENTIC: nothing is stored), keeps the bytes; of one that comes
 * with a residue whether that is named (sync.md 11.1). Its state is
 * decided by mir_accept_settle, which the caller calls before it commits.
 */
mirsal_code mir_accept_put(enum mir_accepted *out,
    struct mir_store *store,
    const struct mir_changeset *changeset,
    mirsal_error *err) MIRSAL_MUST_USE;

struct mir_accept_counts {
    uint32_t projected;
    uint32_t conflicts_opened;
    uint32_t quarantined; /* changesets that came to stand in quarantine */
    int reset;            /* something accepted is so no more: all was projected anew */
};

/* Judges what was put since, and whatever that lets be judged anew. Adds to *counts. */
mirsal_code mir_accept_settle(struct mir_accept_counts *counts,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;

/* When the store opens: a program that reads schemas which the one before could not settles all. */
mirsal_code mir_accept_start(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

/* Stores one own changeset that was just sealed; *row is its row. clear: kept where not NULL. */
mirsal_code mir_accept_own(struct mir_chain_row *row,
    struct mir_store *store,
    const struct mir_changeset *changeset,
    const struct mir_bytes *clear,
    uint32_t schema_version,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Drops all projections and applies every accepted changeset again. */
mirsal_code mir_accept_reproject(struct mir_accept_counts *counts,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
