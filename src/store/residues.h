/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/residues.h - residues held, and since when purges are ordered here; protocol/sync.md 11.
 * In a replica and in a relay's log alike, inside the caller's transaction.
 *
 * Table `purge`: when this set first held an order at level 2 (a replica's: purge.h). Table
 * `residue`: by changeset and hash; the mark says of which orders it was made here (a relay makes
 * none).
 */
#ifndef MIR_RESIDUES_H
#define MIR_RESIDUES_H

#include "causal.h"
#include "chains.h"
#include "membership.h"

/* Orders of level 2, and namings for them, get their time: mir_purge_note for a relay's log. */
mirsal_code mir_ordered_follow(struct mir_sql *sql,
    const struct mir_membership *membership,
    uint64_t now_ms,
    mirsal_error *err) MIRSAL_MUST_USE;
/* 1 when an order of level 2 names the changeset. */
int mir_ordered_names(const struct mir_purge *order, const mirsal_hash *changeset);
/* 1 when an order of level 2 names both the changeset and the record. */
int mir_ordered_record(const struct mir_membership *membership,
    const mirsal_hash *changeset,
    const mirsal_id *record);
/* The orders of level 2 that name the changeset, as one hash. */
void mir_ordered_mark(mirsal_hash *out,
    const struct mir_membership *membership,
    const mirsal_hash *changeset);
/* *due = 1: what the order names is to be destroyed now. */
mirsal_code mir_ordered_order_due(int *due,
    struct mir_sql *sql,
    const struct mir_membership *membership,
    const mirsal_hash *order,
    uint64_t now_ms,
    mirsal_error *err) MIRSAL_MUST_USE;
/* *due = 1: the body is to be destroyed, each order of level 2 that names it being due. */
mirsal_code mir_ordered_due(int *due,
    struct mir_sql *sql,
    const struct mir_membership *membership,
    const mirsal_hash *changeset,
    uint64_t now_ms,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * The statement that counts and names these bytes as a residue of that changeset, which an order of
 * level 2 names; NULL when there is none.
 */
const struct mir_residue *mir_residues_named(const struct mir_membership *membership,
    const mirsal_hash *changeset,
    struct mir_bytes residue);

/*
 * 1 when the statement knows, of each order of level 2 that names its changeset, the word that made
 * it so, and one of the namings where they alone name it: then its author left out what they name.
 * Only such a residue lets the body go.
 */
int mir_residues_good(struct mir_causal *causal,
    const struct mir_membership *membership,
    const struct mir_residue *residue);

struct mir_residue_row {
    int64_t changeset;
    struct mir_bytes bytes;
    const mirsal_hash *mark; /* NULL: came from elsewhere */
    int named;
    int own; /* this device says it */
    uint64_t now_ms;
};
/* One that is there already takes the new mark. */
mirsal_code mir_residues_put(struct mir_sql *sql,
    const struct mir_residue_row *row,
    mirsal_error *err) MIRSAL_MUST_USE;
/* *count = residues of the changeset; mark (may be NULL): made for these orders. */
mirsal_code mir_residues_count(uint64_t *count,
    struct mir_sql *sql,
    int64_t changeset,
    const mirsal_hash *mark,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Deletes those made for other orders. */
mirsal_code mir_residues_keep(struct mir_sql *sql,
    int64_t changeset,
    const mirsal_hash *mark,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Appends the hashes, 32 bytes each, in the order in which mir_chain_load_left looks at them. */
mirsal_code mir_residues_list(struct mir_buf *out,
    struct mir_sql *sql,
    int64_t changeset,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Its bytes, in arena; empty where it is not there. */
mirsal_code mir_residues_bytes(struct mir_bytes *out,
    struct mir_arena *arena,
    struct mir_sql *sql,
    int64_t changeset,
    const mirsal_hash *hash,
    mirsal_error *err) MIRSAL_MUST_USE;
/* It is what was signed: the others are not, and go. */
mirsal_code mir_residues_choose(struct mir_sql *sql,
    int64_t changeset,
    const mirsal_hash *hash,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The body goes for good, and what was kept clear of it: MIR_KEPT_RESIDUE. */
mirsal_code mir_residues_drop_body(struct mir_sql *sql, int64_t changeset, mirsal_error *err)
    MIRSAL_MUST_USE;

#endif
