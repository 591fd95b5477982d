/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/residue.h - what is left of a changeset's body once records in it were purged;
 * protocol/changeset.md 10.
 *
 * A residue says what its body said but for the purged records, and proves it: each leaf that is
 * left has its salt, each other leaf and decoy its hash, so that the content root is computed
 * without the seed. From a body and from a residue of it the same residue is made, byte for byte.
 */
#ifndef MIR_RESIDUE_H
#define MIR_RESIDUE_H

#include "changeset.h"

#define MIR_SALT_SIZE 16u

struct mir_salt {
    uint8_t bytes[MIR_SALT_SIZE];
};

/* A body of which leaves may be missing. */
struct mir_left {
    struct mir_body body;
    struct mir_salt *salts; /* of its leaves, in order of the leaves (mir_body_leaf) */
    mirsal_hash *hashes;    /* of purged leaves and decoys, ascending */
    size_t hash_count;
};

/* 1 when the record was purged. */
typedef int (*mir_is_purged)(void *context, const mirsal_id *record);

/* All of a body that was opened: nothing purged yet. body is borrowed, the rest lives in arena. */
mirsal_code mir_left_of_body(struct mir_left *out,
    struct mir_arena *arena,
    const struct mir_body *body,
    const uint8_t seed[32],
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * Takes the records out that were purged; *taken = how many leaves. Moves what stays within
 * left->body's own arrays, and may leave them in place.
 */
mirsal_code mir_left_purge(struct mir_left *left,
    size_t *taken,
    struct mir_arena *arena,
    mir_is_purged is_purged,
    void *context,
    mirsal_error *err) MIRSAL_MUST_USE;
/* BAD_ROOT when it is not what was signed. */
mirsal_code mir_left_check(const struct mir_left *left,
    struct mir_arena *arena,
    const mirsal_hash *content_root,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Whom a residue is sealed to. */
struct mir_residue_seal {
    struct mir_agree_public epoch_key;
    struct mir_bytes dictionary; /* of the body's schema version */
};

/* Appends the sealed residue. LIMIT when it would be larger than a body may be. */
mirsal_code mir_residue_seal(struct mir_buf *out,
    struct mir_arena *arena,
    const struct mir_changeset *changeset, /* header alone */
    const struct mir_residue_seal *seal,
    struct mir_left *left,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * Opens a residue of that changeset and checks it. All of out lives in arena. Codes of
 * mir_changeset_open.
 */
mirsal_code mir_residue_open(struct mir_left *out,
    struct mir_arena *arena,
    const struct mir_changeset *changeset, /* header alone */
    struct mir_bytes residue,
    const struct mir_open *keys,
    mirsal_error *err) MIRSAL_MUST_USE;
/* H(BODY, residue): what a statement names. */
void mir_residue_hash(mirsal_hash *out, struct mir_bytes residue);

#endif
