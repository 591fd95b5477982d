/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/chains.h - the set of changesets held, over the tables of layout.h, in a replica and in a
 * relay's log alike: by id, by place, heads, forks. Nothing is judged here but the form of chains.
 *
 * All writing calls run inside the caller's transaction.
 */
#ifndef MIR_CHAINS_H
#define MIR_CHAINS_H

#include "changeset.h"
#include "sql.h"
#include "verdict.h"

/* A row of `changeset`. */
/* What is held of a changeset's content; a write-only device forgets (forget.h). */
enum mir_kept {
    MIR_KEPT_WHOLE,
    MIR_KEPT_SEALED,  /* header, signature, sealed body: nothing that this device can read */
    MIR_KEPT_HEADER,  /* header and signature */
    MIR_KEPT_RESIDUE, /* the body was purged: its residue, where one is held (residues.h) */
};

struct mir_chain_row {
    int64_t no; /* arrival number here, 0: not held */
    mirsal_hash id;
    int64_t device; /* device.no */
    uint8_t compartment;
    uint64_t seq;
    enum mir_held state;
    enum mir_reason reason;
    int projected;
    enum mir_kept kept;
    uint64_t stamp; /* 0 until opened */
    uint64_t received_ms;
    uint32_t size; /* header, signature, body */
    mirsal_hash authority;
};

/* *no = 0 when the key was never met, unless make. */
mirsal_code mir_device_no(int64_t *no,
    struct mir_sql *sql,
    const mirsal_hash *key,
    int make,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_device_key(mirsal_hash *out, struct mir_sql *sql, int64_t no, mirsal_error *err)
    MIRSAL_MUST_USE;

/* A row of a caller's own query, whose columns begin with MIR_CHAIN_COLUMNS. CORRUPT. */
#define MIR_CHAIN_COLUMNS                                                                          \
    "no, id, device, compartment, seq, state, reason, projected, stamp, received, size,"           \
    " authority, kept"
mirsal_code mir_chain_read_row(struct mir_chain_row *out,
    sqlite3_stmt *statement,
    mirsal_error *err) MIRSAL_MUST_USE;

/* By id, by number; out->no = 0 when it is not held. */
mirsal_code mir_chain_find(struct mir_chain_row *out,
    struct mir_sql *sql,
    const mirsal_hash *id,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_chain_row(struct mir_chain_row *out,
    struct mir_sql *sql,
    int64_t no,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The head of a chain: highest seq, of several the smallest id. */
mirsal_code mir_chain_head(struct mir_chain_row *out,
    struct mir_sql *sql,
    int64_t device,
    uint32_t compartment,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The first at that place other than `but` (may be NULL), smallest id first. */
mirsal_code mir_chain_at(struct mir_chain_row *out,
    struct mir_sql *sql,
    int64_t device,
    uint32_t compartment,
    uint64_t seq,
    const mirsal_hash *but,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The seq at which the chain forks first, 0: it does not. */
mirsal_code mir_chain_fork(uint64_t *seq,
    struct mir_sql *sql,
    int64_t device,
    uint32_t compartment,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * Stores a changeset that is not held; of one with a residue all but that (residues.h). Arrival
 * numbers leave no gap. *forks = 1: place taken.
 */
mirsal_code mir_chain_insert(struct mir_chain_row *out,
    int *forks,
    struct mir_sql *sql,
    const struct mir_changeset *changeset,
    uint64_t now_ms,
    struct mir_verdict verdict,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_chain_set(struct mir_sql *sql,
    int64_t no,
    struct mir_verdict verdict,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_chain_set_projected(struct mir_sql *sql,
    int64_t no,
    uint64_t stamp,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The whole changeset, with a residue where the body was purged; its bytes live in arena. */
mirsal_code mir_chain_load(struct mir_changeset *out,
    struct mir_arena *arena,
    struct mir_sql *sql,
    int64_t no,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The same with a residue, also where the body is held; the body is empty where none is. */
mirsal_code mir_chain_load_left(struct mir_changeset *out,
    struct mir_arena *arena,
    struct mir_sql *sql,
    int64_t no,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Header and signature alone: out->body is empty. */
mirsal_code mir_chain_load_header(struct mir_changeset *out,
    struct mir_arena *arena,
    struct mir_sql *sql,
    int64_t no,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
