/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/project.h - from accepted changesets to typed tables, registers, review queue, search and
 * digest.
 *
 * Tables are projections: dropped and rebuilt from the chains at any time with the same digest.
 * All calls run inside the caller's write transaction.
 */
#ifndef MIR_PROJECT_H
#define MIR_PROJECT_H

#include "body.h"
#include "changeset.h"
#include "store.h"

/* Creates the typed tables, views and indexes of the schema in force, where they are missing. */
mirsal_code mir_project_prepare(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
/* Before the connection closes. */
void mir_project_close(struct mir_store *store);

/* What a changeset's author was, for ranks. */
struct mir_project_author {
    int64_t device; /* device.no */
    uint8_t role;
    uint8_t own; /* written by this device */
};

/*
 * Applies one accepted and opened changeset. changeset_no is its arrival number here. Single
 * writes that are not allowed are quarantined alone (merge.md 5). *conflicts_opened counts
 * registers that entered the review queue.
 */
mirsal_code mir_project_apply(uint32_t *conflicts_opened,
    struct mir_store *store,
    int64_t changeset_no,
    const mirsal_hash *id,
    const struct mir_header *header,
    const struct mir_project_author *author,
    const struct mir_body *body,
    mirsal_error *err) MIRSAL_MUST_USE;

/* A device's role is another now: ranks, winners, review queue and digest follow. */
mirsal_code mir_project_role(struct mir_store *store,
    int64_t device,
    uint8_t role,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * Records that orders name or name no more since this was called last: their registers are void, or
 * are so no more. Behind every change of the membership and behind a reset.
 */
mirsal_code mir_project_purges(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

/* Drops every projected row; the caller then applies all accepted changesets again. */
mirsal_code mir_project_reset(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
/*
 * Review items that depend on several records (tally hints, suggestions), after a batch of
 * applies.
 */
mirsal_code mir_project_settle(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

/*
 * Live writes of one register as 16-byte changeset names, appended to out (for parents), and
 * whether any is another device's.
 */
mirsal_code mir_project_live(struct mir_buf *out,
    int *foreign,
    struct mir_store *store,
    const mirsal_id *record,
    uint32_t field,
    struct mir_bytes key,
    mirsal_error *err) MIRSAL_MUST_USE;

/* The digest of one compartment, kept by apply; recompute walks the tables. */
mirsal_code mir_project_digest(mirsal_hash *out,
    struct mir_store *store,
    uint32_t compartment,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_project_digest_recompute(mirsal_hash *out,
    struct mir_store *store,
    uint32_t compartment,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
