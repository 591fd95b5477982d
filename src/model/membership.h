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
#include "purges.h"
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
    int valid;           /* founder, or its join is valid (control.md 5.5) */
    int member;          /* 0: waiting(admit) */
    int settled;         /* founder, or named by an admit */
    int confirmed;       /* founder, or an admin's admit says that fingerprints were compared */
    int in_person;       /* joined through an invite that was handed over face to face */
    int write_only;      /* opens nothing, whatever its role */
    int vouched;         /* founder, or somebody vouches for it (control.md 5.8) */
    enum mir_role basis; /* what its join gives, before any role statement */
    int by_join;         /* genesis or its invite lets it read protected */
    int ended;           /* 1 retired, 2 cut; nothing new of it counts */
    int frozen;          /* an admin whose word is suspended from some place on */
    int founder;
    uint32_t person;                         /* whose an admin's device is (5.16); 0: founder's */
    mirsal_hash replaces;                    /* the device that it took over from; zeros: none */
    uint64_t granted[MIR_COMPARTMENTS / 64]; /* one bit a compartment: the right to read */
};

struct mir_invite {
    mirsal_hash id; /* changeset */
    mirsal_hash author;
    struct mir_statement_invite terms;
    int counts;         /* its author speaks as admin there (control.md 5.5) */
    uint64_t remaining; /* uses that no join has taken */
    int revoked;        /* or does not count: nobody finds a place under it any more */
};

struct mir_epoch {
    struct mir_epoch_name name;
    mirsal_hash issuer;    /* the founder for those of genesis */
    mirsal_hash changeset; /* of its statement; zeros for those of genesis */
    int has_previous;      /* carries the private half of the epoch before */
    int from_genesis;
    int usable;               /* writers may use it (5.14); they use the highest usable number */
    int unasked;              /* it is usable without anybody's word: genesis, or 5.14 (b) */
    const mirsal_hash *words; /* changesets of the epoch_ok that make it usable (5.14 a) */
    size_t word_count;
    const uint8_t *late; /* by place in members: no reader before it; NULL: nobody is late */
};

struct mir_schema_version {
    uint32_t version;
    mirsal_hash hash;
    int by_root; /* root said it: it may be looser than the one before */
};

struct mir_relay {
    mirsal_hash identity;
    struct mir_bytes url; /* borrowed */
    int in_use;
};

/* A cut that counts (5.4). */
struct mir_cut {
    const struct mir_statement_cut *what; /* borrowed */
    mirsal_hash by;
    mirsal_hash id; /* changeset */
    uint32_t at;    /* number of the statement */
};

/* A freeze that counts (5.3). */
struct mir_freeze {
    mirsal_hash device;
    uint64_t seq;
    mirsal_hash id;
    mirsal_hash by;
    mirsal_hash said; /* changeset */
};

enum mir_team_policy {
    MIR_TEAM_EPOCH_DAYS = 0,
    MIR_TEAM_PURGE_DAYS = 1,
    MIR_TEAM_HISTORY = 2,
};
#define MIR_TEAM_POLICIES 3u

/* What a reader says it holds durably: its highest word on one chain (several where it forked). */
struct mir_receipt {
    mirsal_hash reader;
    struct mir_receipt_head head;
};

/* A statement that does not count. */
struct mir_fault {
    mirsal_hash changeset;
    size_t statement;
    enum mir_reason reason; /* NOT_ALLOWED, CUT, FROZEN: quarantined; else waiting */
};

/* An envelope that a holder of the epoch should write now. */
struct mir_key_due {
    struct mir_epoch_name epoch;
    mirsal_hash device;
    mirsal_hash hpke;
};

struct mir_causal;
struct mir_strata;

struct mir_membership {
    struct mir_arena arena;
    struct mir_causal *causal;
    struct mir_strata *strata; /* what data is judged by */

    int has_genesis;
    mirsal_hash root;
    mirsal_hash founder;
    struct mir_member *members; /* ascending by key; members and waiting */
    size_t member_count;
    struct mir_invite *invites; /* in changesets that are admin by root; ascending by id */
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
    struct mir_cut *cuts; /* ascending by (device, id, at) */
    size_t cut_count;
    struct mir_freeze *freezes; /* ascending by (device, seq, id, said) */
    size_t freeze_count;
    mirsal_hash *adopts; /* changesets of adopts in force, ascending */
    size_t adopt_count;
    int64_t policies[MIR_TEAM_POLICIES];
    struct mir_purges purges;
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
/* 1 when both are one author: the same device, or one took over from the other (5.6). */
int mir_membership_same_author(const struct mir_membership *membership,
    const mirsal_hash *a,
    const mirsal_hash *b);
/* The first of the devices that this one took over from, itself where there is none. membership
 * may be NULL. */
const mirsal_hash *mir_membership_author(const struct mir_membership *membership,
    const mirsal_hash *key);
/*
 * What the device should cite: the newest role statement on it, epoch, schema or policy that first
 * (what it cited before) does not know; first itself where there is none. What its chain cites adds
 * up, so that citing one at a time is enough. Borrowed.
 */
const mirsal_hash *mir_membership_authority(const struct mir_membership *membership,
    const mirsal_hash *device,
    const mirsal_hash *first);
/* 1 when a cut that counts names the device; *seq: the lowest that any of them leaves of the chain.
 */
int mir_membership_cut_at(uint64_t *seq,
    const struct mir_membership *membership,
    const mirsal_hash *device,
    uint32_t compartment);
/*
 * The changeset of what suspends a control changeset, as mir_line_causes has it of data; a freeze
 * where nothing cuts it. NULL where nothing does. Borrowed.
 */
const mirsal_hash *mir_membership_cause(const struct mir_membership *membership,
    const mirsal_hash *changeset);
/* The statement counts (5.10). */
int mir_membership_counts(const struct mir_membership *membership,
    const mirsal_hash *changeset,
    size_t statement);
/*
 * Rights of members now, 0 for everybody else and for devices that were cut or retired. A
 * write-only device keeps its role's right to read.
 */
int mir_membership_can_read(const struct mir_membership *membership,
    const mirsal_hash *key,
    uint32_t compartment);
int mir_membership_can_write(const struct mir_membership *membership,
    const mirsal_hash *key,
    uint32_t compartment);
/* The epoch that writers seal to, or NULL when none may be used. Borrowed. */
const struct mir_epoch *mir_membership_epoch_for_writing(const struct mir_membership *membership,
    uint32_t compartment);

/* 1 when it alone has its number and a newer epoch carries it: no envelope of it is due. */
int mir_membership_epoch_is_carried(const struct mir_membership *membership,
    const struct mir_epoch *epoch);
/* 1 when the device came to a newer epoch that carries no older one: it is not given this one. */
int mir_membership_begins_later(const struct mir_membership *membership,
    const struct mir_epoch *epoch,
    const mirsal_hash *device);

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
