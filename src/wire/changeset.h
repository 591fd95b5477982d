/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/changeset.h - headers, sealing, opening and the lone form of changesets;
 * protocol/changeset.md.
 */
#ifndef MIR_CHANGESET_H
#define MIR_CHANGESET_H

#include "arena.h"
#include "body.h"
#include "keys.h"

#define MIR_COMPARTMENT_MAIN      0u
#define MIR_COMPARTMENT_PROTECTED 1u
#define MIR_COMPARTMENT_CONTROL   255u
#define MIR_SIGNATURE_SIZE        64u

struct mir_header {
    mirsal_hash team;
    mirsal_hash device; /* Ed25519 public key */
    uint8_t compartment;
    uint64_t seq;
    mirsal_hash prev;
    uint32_t epoch;
    mirsal_hash authority;
    mirsal_hash content_root;
    int has_seen;
    mirsal_hash seen;
    mirsal_hash body_hash;
    uint32_t body_size;
};

/* A changeset as carried. The bytes are borrowed from where it was read, or live in an arena. */
struct mir_changeset {
    mirsal_hash id;
    struct mir_header fields;
    struct mir_bytes header;
    struct mir_bytes signature; /* 64 */
    struct mir_bytes body;
    int residue; /* body is what is left of it (residue.h), not what the header's hash names */
};

/* Appends the array of twelve. */
void mir_header_encode(struct mir_buf *out, const struct mir_header *header);
/* Form and the rules on single fields (1.2), not the signature. */
mirsal_code mir_header_decode(struct mir_header *out, struct mir_bytes bytes, mirsal_error *err)
    MIRSAL_MUST_USE;
void mir_changeset_id(mirsal_hash *out, struct mir_bytes header);
int mir_hash_equal(const mirsal_hash *a, const mirsal_hash *b);
int mir_hash_compare(const mirsal_hash *a, const mirsal_hash *b);
int mir_hash_is_zero(const mirsal_hash *hash);

/* Header form, sizes, body hash, id; not the signature. out borrows the three. */
mirsal_code mir_changeset_read(struct mir_changeset *out,
    struct mir_bytes header,
    struct mir_bytes signature,
    struct mir_bytes body,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The same of a data changeset whose body was purged: a residue stands in its place. */
mirsal_code mir_changeset_read_left(struct mir_changeset *out,
    struct mir_bytes header,
    struct mir_bytes signature,
    struct mir_bytes residue,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The signature, by the header's device. BAD_SIGNATURE. */
mirsal_code mir_changeset_verify(const struct mir_changeset *changeset, mirsal_error *err)
    MIRSAL_MUST_USE;

/* The array of three `bin`; never of a residue. */
void mir_changeset_encode(struct mir_buf *out, const struct mir_changeset *changeset);
/* As mir_changeset_read; out borrows bytes. */
mirsal_code mir_changeset_decode(struct mir_changeset *out,
    struct mir_bytes bytes,
    mirsal_error *err) MIRSAL_MUST_USE;

/* What a device signs and seals with, and where the changeset stands in its chain. */
struct mir_seal {
    const mirsal_env *env; /* randomness */
    const struct mir_sign_secret *sign_secret;
    const uint8_t *sealing_secret; /* 32 bytes; data only */
    mirsal_hash team;
    mirsal_hash device;
    uint8_t compartment;
    uint64_t seq;
    mirsal_hash prev; /* zeros at seq 1 */
    mirsal_hash authority;
    const mirsal_hash *seen; /* or NULL */
    uint32_t epoch;
    struct mir_agree_public epoch_key;
    struct mir_bytes dictionary; /* of body's schema version */
};

/*
 * Seals a data body: sorts it as mir_body_encode does, and gives the signed changeset, whose bytes
 * live in arena; *clear (may be NULL) is the clear body, in arena too. Codes of mir_body_encode.
 */
mirsal_code mir_changeset_seal(struct mir_changeset *out,
    struct mir_bytes *clear,
    struct mir_arena *arena,
    const struct mir_seal *seal,
    struct mir_body *body,
    mirsal_error *err) MIRSAL_MUST_USE;

/* A control changeset around an encoded control body. seal's compartment, epoch, keys of data are
 * not read. */
mirsal_code mir_changeset_control(struct mir_changeset *out,
    struct mir_arena *arena,
    const struct mir_seal *seal,
    struct mir_bytes body,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Gives the dictionary of a schema version: 1, or 0 when that schema is not held. */
typedef int (*mir_dictionary_of)(struct mir_bytes *out, void *context, uint32_t schema_version);

struct mir_open {
    const struct mir_agree_secret *epoch_secret;
    mir_dictionary_of dictionary_of;
    void *context;
};

struct mir_opened {
    struct mir_body body;
    struct mir_bytes clear;
    uint8_t seed[32]; /* of the salts; the caller wipes it */
};

/*
 * Opens a data changeset that mir_changeset_read accepted. All of out lives in arena. NOT_AUTHENTIC
 * when the key does not open it, NOT_FOUND when the schema version is not held, MALFORMED, LIMIT,
 * BAD_ROOT.
 */
mirsal_code mir_changeset_open(struct mir_opened *out,
    struct mir_arena *arena,
    const struct mir_changeset *changeset,
    const struct mir_open *keys,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
