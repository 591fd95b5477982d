/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/statement.h - control bodies and their statements, sealed texts, envelopes;
 * protocol/control.md 1 to 3.
 *
 * Decoding accepts exactly what encoding gives. A statement of an unknown kind is kept as bytes.
 */
#ifndef MIR_STATEMENT_H
#define MIR_STATEMENT_H

#include "arena.h"
#include "hpke.h"

#define MIR_ENVELOPE_SIZE 80u /* enc 32, private half 32, tag 16 */

enum mir_say_kind {
    MIR_SAY_GENESIS = 0,
    MIR_SAY_ADMIT = 1,
    MIR_SAY_JOIN = 2,
    MIR_SAY_ROLE = 3,
    MIR_SAY_INVITE = 4,
    MIR_SAY_INVITE_REVOKE = 5,
    MIR_SAY_COMPARTMENT = 6,
    MIR_SAY_EPOCH = 7,
    MIR_SAY_EPOCH_KEY = 8,
    MIR_SAY_EPOCH_OK = 9,
    MIR_SAY_SCHEMA = 10,
    MIR_SAY_POLICY = 11,
    MIR_SAY_RECEIPT = 12,
    MIR_SAY_RELAY = 13,
    MIR_SAY_CUT = 14,
    MIR_SAY_FREEZE = 15,
    MIR_SAY_UNFREEZE = 16,
    MIR_SAY_ADOPT = 17,
    MIR_SAY_RETIRE = 18,
    MIR_SAY_PURGE = 19,
    MIR_SAY_PURGE_DONE = 20,
    MIR_SAY_UNPURGE = 21,
    MIR_SAY_RESIDUE = 22,
    MIR_SAY_FORK_PROOF = 23,
    MIR_SAY_RECOVERY = 24,
    MIR_SAY_KINDS = 25, /* from here on unknown */
};

/* Text sealed to main; has = 0 is nil. */
struct mir_sealed_text {
    int has;
    uint32_t epoch;
    struct mir_bytes sealed;
};

struct mir_epoch_public {
    uint8_t compartment;
    uint32_t number;
    mirsal_hash public_key;
};

struct mir_chain_place {
    uint8_t compartment;
    uint64_t seq;
    mirsal_hash id;
};

struct mir_receipt_of {
    mirsal_hash device;
    struct mir_chain_place head;
};

struct mir_reader_grant {
    mirsal_hash device;
    int readable;
};

struct mir_say_genesis {
    mirsal_hash root;
    uint8_t nonce[16];
    mirsal_hash founder;
    mirsal_hash noise;
    mirsal_hash hpke;
    const struct mir_epoch_public *epochs;
    uint32_t epoch_count;
    uint32_t schema_version;
    mirsal_hash schema_hash;
    struct mir_sealed_text name;
};

struct mir_say_join {
    mirsal_hash grant;
    mirsal_hash noise;
    mirsal_hash hpke;
    int write_only;
    struct mir_sealed_text label;
    uint8_t proof[64];
};

struct mir_say_role {
    mirsal_hash device;
    uint8_t role;
    const struct mir_chain_place *from;
    uint32_t from_count;
    const struct mir_chain_place *cut;
    uint32_t cut_count;
    uint32_t person; /* 0: the founder's */
    struct mir_sealed_text name;
};

struct mir_say_invite {
    mirsal_hash key;
    uint8_t role;
    int protected_;
    uint64_t uses;
    uint64_t expires_ms; /* 0: never */
    int in_person;
    struct mir_sealed_text label;
};

struct mir_say_compartment {
    uint8_t number;
    struct mir_sealed_text name;
    const struct mir_reader_grant *grants;
    uint32_t grant_count;
    const struct mir_chain_place *cut;
    uint32_t cut_count;
};

struct mir_say_epoch {
    struct mir_epoch_public name;
    int has_previous;
    uint8_t previous[MIR_ENVELOPE_SIZE];
};

struct mir_say_epoch_key {
    struct mir_epoch_public name;
    mirsal_hash device;
    uint8_t envelope[MIR_ENVELOPE_SIZE];
};

/*
 * An order, which names something; or, where approves, a word for the order in of; with changesets
 * a naming: no word, but more bodies of that order.
 */
struct mir_say_purge {
    int approves;
    mirsal_hash of;
    const mirsal_id *records;
    uint32_t record_count;
    const mirsal_hash *media;
    uint32_t media_count;
    const mirsal_hash *changesets;
    uint32_t changeset_count;
    struct mir_sealed_text reason;
};

/*
 * The elements of invite_revoke, policy, cut, freeze, unfreeze, adopt, retire, purge_done, unpurge,
 * residue and fork_proof, in the order of control.md 2, each kind using what it has.
 */
struct mir_say_act {
    mirsal_hash subject;                  /* its first 32 bytes: a device, or a changeset */
    mirsal_hash second;                   /* the place's id of a freeze, the hash of a residue */
    uint64_t numbers[2];                  /* a cut's reason, a freeze's seq, a policy's name … */
    uint32_t number_count;                /* of those read */
    const struct mir_chain_place *places; /* of cut and retire */
    uint32_t place_count;
    const mirsal_hash *ids; /* undoes of a cut, changesets of an adopt */
    uint32_t id_count;
    struct mir_sealed_text text;
    struct mir_bytes headers[2];    /* of fork_proof */
    struct mir_bytes signatures[2]; /* 64 bytes each */
    uint32_t header_count;
    struct mir_bytes value; /* of policy, encoded */
};

struct mir_say {
    uint64_t kind;
    struct mir_bytes bytes; /* the whole statement, encoded; encoding reads it for unknown kinds */
    union {
        struct mir_say_genesis genesis;
        struct {
            mirsal_hash device;
            mirsal_hash join;
            int confirmed;
        } admit;
        struct mir_say_join join;
        struct mir_say_role role;
        struct mir_say_invite invite;
        struct mir_say_compartment compartment;
        struct mir_say_epoch epoch;
        struct mir_say_epoch_key epoch_key;
        struct {
            mirsal_hash public_key;
            int opened;
        } epoch_ok;
        struct {
            uint32_t version;
            mirsal_hash hash;
            struct mir_bytes schema;
        } schema;
        struct {
            const struct mir_receipt_of *heads;
            uint32_t count;
        } receipt;
        struct {
            mirsal_hash identity;
            struct mir_bytes url;
            int in_use;
        } relay;
        struct {
            uint64_t threshold; /* shares that rebuild root; 1 of 1: a recovery file */
            uint64_t shares;
        } recovery;
        struct mir_say_purge purge;
        struct mir_say_act act;
        mirsal_hash subject; /* act's */
    };
};

struct mir_control_body {
    const mirsal_hash *knows; /* strictly ascending */
    uint32_t knows_count;
    uint64_t stamp;
    const struct mir_say *says;
    uint32_t say_count;
};

/* How the kinds of mir_say_act are made: h bin 32, s bin 64, H list of bin 32, p places, t text,
 * u uint, r a cut's reason, b bin, v any value. NULL: other kinds. */
const char *mir_say_grammar(uint64_t kind);
/* Unknown kinds are written as their bytes stand. */
void mir_say_write(struct mir_buf *out, const struct mir_say *say);
void mir_control_body_write(struct mir_buf *out, const struct mir_control_body *body);
/* Lives in arena and in bytes (borrowed). MALFORMED, LIMIT. */
mirsal_code mir_control_body_read(struct mir_control_body *out,
    struct mir_arena *arena,
    struct mir_bytes bytes,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Seals text (valid UTF-8) to main; sealed lives in arena. LIMIT. */
mirsal_code mir_text_seal(struct mir_sealed_text *out,
    struct mir_arena *arena,
    const struct mir_epoch_public *epoch,
    const mirsal_hash *team,
    struct mir_bytes text,
    const mirsal_env *env,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Appends the text. NOT_AUTHENTIC, MALFORMED. */
mirsal_code mir_text_open(struct mir_buf *out,
    const struct mir_sealed_text *text,
    const mirsal_hash *team,
    const struct mir_agree_secret *secret,
    mirsal_error *err) MIRSAL_MUST_USE;

/* A private half for one recipient, bound to its name (3.2). */
mirsal_code mir_envelope_seal(uint8_t out[MIR_ENVELOPE_SIZE],
    const struct mir_epoch_public *name,
    const mirsal_hash *team,
    const struct mir_agree_secret *secret,
    const mirsal_hash *recipient,
    const mirsal_env *env,
    mirsal_error *err) MIRSAL_MUST_USE;
/* NOT_AUTHENTIC when it does not open, or what it holds does not fit the public half. */
mirsal_code mir_envelope_open(struct mir_agree_secret *out,
    const uint8_t envelope[MIR_ENVELOPE_SIZE],
    const struct mir_epoch_public *name,
    const mirsal_hash *team,
    const struct mir_agree_secret *recipient,
    const mirsal_env *env,
    mirsal_error *err) MIRSAL_MUST_USE;

/* What a join's proof signs (2.2). */
void mir_join_message(struct mir_buf *out,
    const mirsal_hash *team,
    const mirsal_hash *device,
    const struct mir_say_join *join);

#endif
