/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/membership.h - who counts: devices, roles, epochs, schema, relays; protocol/control.md 5.
 *
 * A pure function of the set of control changesets: order and repetition of the input change
 * nothing. All memory is the membership's own; the facts are borrowed for as long as it lives.
 */
#ifndef MIR_MEMBERSHIP_H
#define MIR_MEMBERSHIP_H

#include "arena.h"
#include "control.h"
#include "verdict.h"

struct mir_member {
    mirsal_hash key;
    mirsal_hash noise;
    mirsal_hash hpke;
    mirsal_hash join;        /* changeset; zeros for the founder */
    mirsal_hash invite;      /* changeset; zeros for the founder */
    mirsal_hash invited_by;  /* device; zeros for the founder */
    mirsal_hash admitted_by; /* lowest key among the authors of admits that count; zeros if none */
    enum mir_role role;
    int member;     /* 0: waiting(admit) */
    int settled;    /* founder, or named by an admit */
    int confirmed;  /* founder, or an admin's admit says that fingerprints were compared */
    int in_person;  /* joined through an invite that was handed over face to face */
    int write_only; /* opens nothing, whatever its role */
    int unresolved; /* named by a statement that this build does not evaluate (control.md 5.8) */
    int founder;
    uint64_t reads[MIR_COMPARTMENTS / 64]; /* one bit a compartment: the right to read */
};

struct mir_invite {
    mirsal_hash id; /* changeset */
    mirsal_hash author;
    struct mir_statement_invite terms;
    uint64_t remaining; /* uses that no join has taken */
    int revoked;
};

struct mir_epoch {
    struct mir_epoch_name name;
    mirsal_hash issuer; /* the founder for those of genesis */
    int has_previous;   /* carries the private half of the epoch before */
    int from_genesis;
    int usable; /* writers may use it (5.6); they use the highest usable number */
};

struct mir_schema_version {
    uint32_t version;
    mirsal_hash hash;
};

struct mir_relay {
    mirsal_hash identity;
    struct mir_bytes url; /* borrowed */
    int in_use;
};

/* What a reader says it holds durably: its highest word on one chain (several where it forked). */
struct mir_receipt {
    mirsal_hash reader;
    struct mir_receipt_head head;
};

/* A statement that does not count. */
struct mir_fault {
    mirsal_hash changeset;
    size_t statement;
    enum mir_reason reason; /* NOT_ALLOWED (quarantined), PREV or UNRESOLVED (waiting) */
};

/* An envelope that a holder of the epoch should write now. */
struct mir_key_due {
    struct mir_epoch_name epoch;
    mirsal_hash device;
    mirsal_hash hpke;
};

struct mir_causal;

struct mir_membership {
    struct mir_arena arena;
    struct mir_causal *causal;

    int has_genesis;
    mirsal_hash root;
    mirsal_hash founder;
    struct mir_member *members; /* ascending by key; members and waiting */
    size_t member_count;
    struct mir_invite *invites; /* by admins; ascending by id */
    size_t invite_count;
    struct mir_epoch *epochs; /* ascending by (compartment, number, public key) */
    size_t epoch_count;
    struct mir_schema_version *schemas; /* ascending by (version, hash); all that a reader tries */
    size_t schema_count;
    struct mir_schema_version schema; /* in force: highest version, then smaller hash */
    struct mir_relay *relays;         /* ascending by identity */
    size_t relay_count;
    struct mir_receipt *receipts; /* ascending by (device, compartment, reader, id) */
    size_t receipt_count;
    struct mir_fault *faults; /* ascending by (changeset, statement) */
    size_t fault_count;
    uint64_t compartments[MIR_COMPARTMENTS / 64]; /* one bit for each that exists */
};

/* Evaluates. On success the caller ends it with mir_membership_fini. NO_MEMORY. */
mirsal_code mir_membership_evaluate(struct mir_membership *out,
    const struct mir_control *facts,
    size_t count,
    const mirsal_env *env,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Accepts a zeroed struct. */
void mir_membership_fini(struct mir_membership *membership);

/* NULL when no join of it is held. Borrowed. */
const struct mir_member *mir_membership_device(const struct mir_membership *membership,
    const mirsal_hash *key);
/* Rights of members, 0 for everybody else. A write-only device keeps its role's right to read. */
int mir_membership_can_read(const struct mir_membership *membership,
    const mirsal_hash *key,
    uint32_t compartment);
int mir_membership_can_write(const struct mir_membership *membership,
    const mirsal_hash *key,
    uint32_t compartment);
/* The epoch that writers seal to, or NULL when none may be used. Borrowed. */
const struct mir_epoch *mir_membership_epoch_for_writing(const struct mir_membership *membership,
    uint32_t compartment);

/* 1 when the control changeset is held and its chain back to seq 1 too. */
int mir_membership_stands(const struct mir_membership *membership, const mirsal_hash *id);
/* 1 when b is in the causal past of a; 0 for a itself and for what is not held. */
int mir_membership_knows(const struct mir_membership *membership,
    const mirsal_hash *a,
    const mirsal_hash *b);

/*
 * The envelopes that holder should write now: for readers whose fingerprint was confirmed or who
 * joined in person, of each epoch that no good envelope gave them and that no newer one opens.
 * Ascending by (compartment, number, public key, device); memory is the membership's. NO_MEMORY.
 */
mirsal_code mir_membership_keys_due(struct mir_key_due **out,
    size_t *count,
    struct mir_membership *membership,
    const mirsal_hash *holder,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
