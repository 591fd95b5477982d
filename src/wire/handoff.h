/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/handoff.h - the content of a handoff: manifest, proofs, certificates, and the reader that
 * refuses whatever does not verify; protocol/handoff.md 2 to 7.
 *
 * The content is the clear text of a sealed file. Writers append frames to a buffer; the reader is
 * fed in any pieces and holds the manifest, a few bytes for each certificate and changeset, and one
 * frame. What the schema says of values is the sink's to judge (store/handoffopen.h).
 */
#ifndef MIR_HANDOFF_H
#define MIR_HANDOFF_H

#include "arena.h"
#include "buf.h"
#include "keys.h"
#include "orgkey.h"
#include "residue.h"

/* NAME, name in errors: err->field of every refusal (handoff.md 7). */
#define MIR_HANDOFF_REASONS(X)                                                                     \
    X(FORM, "form")                                                                                \
    X(LIMIT, "limit")                                                                              \
    X(SEALED, "sealed")                                                                            \
    X(TRUNCATED, "truncated")                                                                      \
    X(TRAILING, "trailing")                                                                        \
    X(VERSION, "version")                                                                          \
    X(SIGNATURE, "signature")                                                                      \
    X(RECIPIENT, "recipient")                                                                      \
    X(FROM, "from")                                                                                \
    X(CERTIFICATE, "certificate")                                                                  \
    X(GENESIS, "genesis")                                                                          \
    X(SIGNER, "signer")                                                                            \
    X(SCHEMA, "schema")                                                                            \
    X(AUTHOR, "author")                                                                            \
    X(CHANGESET, "changeset")                                                                      \
    X(PROOF, "proof")                                                                              \
    X(LEAF, "leaf")                                                                                \
    X(WITHHELD, "withheld")                                                                        \
    X(UNDECLARED, "undeclared")                                                                    \
    X(UNUSED, "unused")

enum mir_handoff_reason {
#define MIR_HANDOFF_REASON_ENUM(name, text) MIR_HANDOFF_##name,
    MIR_HANDOFF_REASONS(MIR_HANDOFF_REASON_ENUM)
#undef MIR_HANDOFF_REASON_ENUM
};
const char *mir_handoff_reason_name(enum mir_handoff_reason reason);
/* NOT_AUTHENTIC (VERSION for its reason), err->field the reason's name. */
mirsal_code mir_handoff_refuse(mirsal_error *err,
    enum mir_handoff_reason reason,
    const char *format,
    ...) __attribute__((format(printf, 3, 4)));

enum mir_handoff_frame {
    MIR_HANDOFF_FRAME_MANIFEST = 1,
    MIR_HANDOFF_FRAME_CONTROL = 2,
    MIR_HANDOFF_FRAME_SCHEMA = 3,
    MIR_HANDOFF_FRAME_CHANGESET = 4,
    MIR_HANDOFF_FRAME_RECORD = 5,
};
enum mir_handoff_mode { MIR_HANDOFF_ATTESTED = 0, MIR_HANDOFF_BY_AUTHOR = 1 };
enum mir_handoff_retracted {
    MIR_HANDOFF_WITHDRAWN = 0,
    MIR_HANDOFF_CORRECTED = 1,
    MIR_HANDOFF_PURGED = 2,
};
enum mir_handoff_left_why {
    MIR_HANDOFF_LEFT_CONSENT = 0,
    MIR_HANDOFF_LEFT_RELEASE = 1,
    MIR_HANDOFF_LEFT_UNPROVEN = 2,
};

struct mir_handoff_retraction {
    mirsal_id record;
    enum mir_handoff_retracted why;
};
struct mir_handoff_superseded {
    mirsal_id record;
    uint32_t field;
    mirsal_hash leaf;
};
struct mir_handoff_author {
    mirsal_hash device;
    uint32_t role; /* control.md 2 */
};
struct mir_handoff_source { /* a changeset that leaves are shown of */
    mirsal_hash id;
    uint32_t author; /* place in authors */
};
struct mir_handoff_record {
    mirsal_id id;
    uint32_t type;
    mirsal_hash root; /* attested only */
    uint32_t leaves;
    mirsal_hash shown;
    const uint32_t *withheld; /* field ids, ascending */
    uint32_t withheld_count;
};
struct mir_handoff_left {
    mirsal_id id;
    uint32_t type;
    enum mir_handoff_left_why why;
};

/* handoff.md 3. Texts of size 0 are nil (name: empty). */
struct mir_handoff_manifest {
    enum mir_handoff_mode mode;
    uint8_t handoff[16];
    mirsal_hash team;
    struct mir_bytes name;
    mirsal_hash signer;
    uint64_t made_ms;
    const struct mir_org_key *recipients;
    uint32_t recipient_count;
    struct mir_bytes purpose;
    struct mir_bytes terms;
    int has_until;
    int64_t until; /* day since 1970 */
    uint32_t release;
    mirsal_hash as_of;
    const mirsal_hash *control;
    uint32_t control_count;
    mirsal_hash schema;
    int is_update;
    uint8_t update_of[16];
    const struct mir_handoff_retraction *retractions;
    uint32_t retraction_count;
    const struct mir_handoff_superseded *supersedes;
    uint32_t supersede_count;
    const struct mir_handoff_author *authors;
    uint32_t author_count;
    const struct mir_handoff_source *changesets;
    uint32_t changeset_count;
    const struct mir_handoff_record *records;
    uint32_t record_count;
    const struct mir_handoff_left *left;
    uint32_t left_count;
};

/* Appends the array; orders are the caller's to keep (the reader checks them). */
/* By record, field, leaf: below, at or above 0, as memcmp. */
int mir_handoff_superseded_compare(const struct mir_handoff_superseded *left,
    const struct mir_handoff_superseded *right);

void mir_handoff_manifest_write(struct mir_buf *out, const struct mir_handoff_manifest *manifest);
/* Lives in arena and in bytes (borrowed). Reasons form, limit, version. */
mirsal_code mir_handoff_manifest_read(struct mir_handoff_manifest *out,
    struct mir_arena *arena,
    struct mir_bytes bytes,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_handoff_manifest_hash(mirsal_hash *out, struct mir_bytes manifest);

/* Appends a frame around payload. LIMIT. */
mirsal_code mir_handoff_frame_write(struct mir_buf *out,
    enum mir_handoff_frame kind,
    struct mir_bytes payload,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Appends the frame of a manifest, signed. LIMIT. */
mirsal_code mir_handoff_manifest_frame(struct mir_buf *out,
    struct mir_bytes manifest,
    const struct mir_sign_secret *signer,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * A tree over salted leaves whose proofs are read off: changeset.md 5 by its seed. Leaves are added
 * in their order; then it is closed.
 */
struct mir_handoff_tree {
    struct mir_arena *arena;
    uint8_t seed[32];             /* wiped by fini */
    const struct mir_salt *salts; /* of leaves, in the order given; NULL: of the seed */
    mirsal_hash *nodes;           /* row of leaves sorted, then each row above, the root last */
    mirsal_hash *leaves;          /* in the order given */
    size_t count;
    size_t capacity;
    size_t padded;
};
mirsal_code mir_handoff_tree_init(struct mir_handoff_tree *tree,
    struct mir_arena *arena,
    const uint8_t seed[32],
    size_t capacity,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_handoff_tree_add(struct mir_handoff_tree *tree, struct mir_bytes leaf);
mirsal_code mir_handoff_tree_close(struct mir_handoff_tree *tree,
    mirsal_hash *root,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The tree of a changeset, closed, of all that is left of its body; left is borrowed. */
mirsal_code mir_handoff_tree_of(struct mir_handoff_tree *tree,
    struct mir_arena *arena,
    const struct mir_left *left,
    mirsal_hash *root,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_handoff_tree_salt(uint8_t out[16], const struct mir_handoff_tree *tree, size_t number);
/* Appends the leaf of that number with salt and proof; from < 0: nil. */
void mir_handoff_tree_leaf(struct mir_buf *out,
    const struct mir_handoff_tree *tree,
    size_t number,
    struct mir_bytes leaf,
    int64_t from);
void mir_handoff_tree_fini(struct mir_handoff_tree *tree);
/* seed of a record's tree in mode attested (4.1). */
void mir_handoff_seed(uint8_t out[32], const uint8_t secret[32], const mirsal_id *record);

/* Leaf bytes of changeset.md 5. key of size 0 is nil. */
void mir_handoff_leaf_record(struct mir_buf *out, const mirsal_id *record, uint32_t type);
void mir_handoff_leaf_write(struct mir_buf *out,
    const mirsal_id *record,
    uint32_t field,
    struct mir_bytes key,
    struct mir_bytes value);

/* The digest `shown` as leaf hashes come. */
struct mir_handoff_digest {
    struct mir_buf hashes;
};
void mir_handoff_digest_init(struct mir_handoff_digest *digest, const mirsal_env *env);
void mir_handoff_digest_add(struct mir_handoff_digest *digest, const mirsal_hash *leaf);
mirsal_code mir_handoff_digest_end(mirsal_hash *out,
    struct mir_handoff_digest *digest,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_handoff_digest_fini(struct mir_handoff_digest *digest);

/* A leaf as it was read; bytes are borrowed from the frame. */
struct mir_handoff_leaf {
    uint32_t from; /* place in changesets; attested: 0 */
    struct mir_bytes bytes;
    mirsal_hash hash;
    uint32_t kind;  /* 1 stamp, 2 record, 3 write */
    uint64_t stamp; /* 1 */
    mirsal_id record;
    uint32_t type;        /* 2 */
    uint32_t field;       /* 3 */
    struct mir_bytes key; /* 3: size 0 is nil */
    struct mir_bytes value;
};

/* What the certificates show of a device (6). */
struct mir_handoff_shown_device {
    mirsal_hash device;
    int role; /* enum mir_role's numbers; -1: none */
};
/*
 * Evaluates a set of lone control changesets, ascending by id. *out (in arena) are the devices that
 * 6.5 gives a role, ascending. Reasons certificate, genesis, form, limit.
 */
mirsal_code mir_handoff_chain(struct mir_handoff_shown_device **out,
    size_t *count,
    struct mir_arena *arena,
    const mirsal_hash *team,
    const struct mir_bytes *control,
    size_t control_count,
    mirsal_error *err) MIRSAL_MUST_USE;
/* -1 when the device has none. */
int mir_handoff_role(const struct mir_handoff_shown_device *shown,
    size_t count,
    const mirsal_hash *device);

/* What a reader tells as it verifies. Codes are passed on; NULL calls are left out. */
struct mir_handoff_sink {
    void *context;
    /* Signature, recipient and team are right. manifest lives as long as the reader. */
    mirsal_code (
        *manifest)(void *context, const struct mir_handoff_manifest *manifest, mirsal_error *err);
    mirsal_code (*schema)(void *context, struct mir_bytes schema, mirsal_error *err);
    /* Author mode: the time that a changeset claims. */
    mirsal_code (*claimed)(void *context, uint32_t changeset, uint64_t stamp, mirsal_error *err);
    /* A leaf of kind 2 or 3 whose proof holds: to be judged by the schema. */
    mirsal_code (*leaf)(void *context,
        uint32_t record,
        uint32_t number,
        const struct mir_handoff_leaf *leaf,
        mirsal_error *err);
    mirsal_code (*record)(void *context, uint32_t record, mirsal_error *err);
};
struct mir_handoff_reading {
    const mirsal_env *env;
    const struct mir_org_key *keys; /* any of them must be a recipient */
    size_t key_count;               /* 0: the recipient is not checked */
    const mirsal_hash *from;        /* or NULL */
    struct mir_handoff_sink sink;
};

struct mir_handoff_reader;
mirsal_code mir_handoff_reader_open(struct mir_handoff_reader **out,
    const struct mir_handoff_reading *reading,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_handoff_reader_feed(struct mir_handoff_reader *reader,
    struct mir_bytes bytes,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Everything is there and right: only now may anything be shown. */
mirsal_code mir_handoff_reader_end(struct mir_handoff_reader *reader, mirsal_error *err)
    MIRSAL_MUST_USE;
void mir_handoff_reader_close(struct mir_handoff_reader *reader); /* accepts NULL */
/* Borrowed. Before the manifest was read: NULL. */
const struct mir_handoff_manifest *mir_handoff_reader_manifest(
    const struct mir_handoff_reader *reader);
const mirsal_hash *mir_handoff_reader_hash(const struct mir_handoff_reader *reader);

#endif
