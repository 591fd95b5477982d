/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/purges.h - purge orders, who stands behind them, and what they name; protocol/control.md
 * 5.16.
 *
 * A pure function of the control changesets held; when content is destroyed is not decided here.
 * All pointers are borrowed from the membership and its facts.
 */
#ifndef MIR_PURGES_H
#define MIR_PURGES_H

#include "buf.h"

struct mir_membership;
struct mir_statement_purge;

enum mir_purge_level {
    MIR_PURGE_NONE = 0,    /* nobody's word for it counts, or it was lifted */
    MIR_PURGE_HIDDEN = 1,  /* one person's word: its records are void */
    MIR_PURGE_ORDERED = 2, /* root's, or two persons': their content is to be destroyed too */
};

/* A body named for an order by an admin's device; the same body may have several. */
struct mir_purge_naming {
    mirsal_hash changeset; /* whose body it is */
    mirsal_hash said;      /* changeset of the statement */
};

struct mir_purge {
    mirsal_hash id; /* changeset of the order */
    mirsal_hash by; /* its author, root's key included */
    enum mir_purge_level level;
    int lifted;                /* an unpurge ended it for good */
    int recalled;              /* and it would be ordered */
    int by_root;               /* a voice is root's */
    mirsal_hash second;        /* changeset of the voice that makes it ordered; else zeros */
    const mirsal_hash *voices; /* changesets of the words for it that count, ascending */
    size_t voice_count;
    const mirsal_id *records; /* as in the order */
    size_t record_count;
    const mirsal_hash *media;
    size_t media_count;
    const mirsal_hash *changesets; /* as in the order, then those that namings alone name */
    size_t changeset_count;
    size_t own_count;                       /* changesets that stand in the order */
    const struct mir_purge_naming *namings; /* that count, ascending by (changeset, said) */
    size_t naming_count;
};

/* A residue statement that counts. The same body may have several. */
struct mir_residue {
    mirsal_hash changeset; /* whose body it replaces */
    mirsal_hash hash;
    uint64_t size;
    uint64_t epoch;
    mirsal_hash by;
    mirsal_hash said; /* changeset of the statement */
};

/* A replica's word, which counts, that it destroyed what an order names. */
struct mir_purge_receipt {
    mirsal_hash order;
    mirsal_hash by;
    mirsal_hash said;
};

/* Named by an order in force; level: the highest of theirs. */
struct mir_purged_record {
    mirsal_id id;
    enum mir_purge_level level;
};
struct mir_purged_body {
    mirsal_hash id; /* changeset */
    enum mir_purge_level level;
};

struct mir_purges {
    struct mir_purge *items; /* every order held, in force or not; ascending by id */
    size_t count;
    struct mir_purged_record *records; /* ascending by id, each once */
    size_t record_count;
    struct mir_purged_body *bodies; /* ascending by id, each once */
    size_t body_count;
    mirsal_id *recalled; /* records of recalled orders, ascending, each once */
    size_t recalled_count;
    struct mir_residue *residues; /* ascending by (changeset, said) */
    size_t residue_count;
    struct mir_purge_receipt *receipts; /* ascending by (order, by), each pair once */
    size_t receipt_count;
};

/* 1 when the statement names more bodies of the order that it is for; it is no word for it. */
int mir_purge_is_naming(const struct mir_statement_purge *purge);
/* NULL when no such order is held. */
const struct mir_purge *mir_purges_find(const struct mir_membership *membership,
    const mirsal_hash *order);
/* The namings of a changeset for an order: the count; *first in order->namings. */
size_t mir_purge_namings(const struct mir_purge *order,
    const mirsal_hash *changeset,
    const struct mir_purge_naming **first);
/* The highest level of the orders in force that name the record: not NONE: it is void. */
enum mir_purge_level mir_purges_of_record(const struct mir_membership *membership,
    const mirsal_id *record);
/* 1 when a recalled order names the record: what is held of it enters no digest. */
int mir_purges_recalled(const struct mir_membership *membership, const mirsal_id *record);
/* As the first, of a changeset whose body holds such records. */
enum mir_purge_level mir_purges_of_body(const struct mir_membership *membership,
    const mirsal_hash *changeset);
/* Residues of a changeset that count: the count; *first in purges.residues. */
size_t mir_purges_residues(const struct mir_membership *membership,
    const mirsal_hash *changeset,
    const struct mir_residue **first);

#endif
