/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/handoff_leaf.h - one leaf of a handoff as it is read: its proof, its form, its place;
 * protocol/handoff.md 2.2 to 2.4.
 */
#ifndef MIR_HANDOFF_LEAF_H
#define MIR_HANDOFF_LEAF_H

#include "handoff.h"
#include "reader.h"

/* A root that proofs lead to: of a changeset, or of a record's own tree. */
struct mir_handoff_root {
    mirsal_hash hash;
    uint32_t levels; /* 0: no proof was read yet */
    int used;
};
struct mir_handoff_roots {
    struct mir_handoff_root *all; /* of changesets */
    uint32_t count;
    struct mir_handoff_root *own; /* the one that it must lead to; NULL: the one it names */
    int attested;
};

/* Where a leaf stands, for errors. */
struct mir_handoff_place {
    const char *what; /* "record", "changeset" */
    uint32_t at;
    uint32_t leaf;
};

mirsal_code mir_handoff_refuse_leaf(mirsal_error *err,
    enum mir_handoff_reason reason,
    const struct mir_handoff_place *place,
    const char *what);
/* The next leaf of a payload, its proof checked, its bytes read. Borrowed from the payload. */
mirsal_code mir_handoff_leaf_read(struct mir_handoff_leaf *out,
    struct mir_reader *cursor,
    const struct mir_handoff_roots *roots,
    const struct mir_handoff_place *place,
    mirsal_error *err) MIRSAL_MUST_USE;
/* It is of this record, behind the one before, and not withheld. */
mirsal_code mir_handoff_leaf_check(const struct mir_handoff_record *record,
    const struct mir_handoff_leaf *leaf,
    const struct mir_handoff_leaf *before,
    const struct mir_handoff_place *place,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
