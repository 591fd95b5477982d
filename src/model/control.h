/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/control.h - control changesets as plain facts; protocol/control.md 2.
 *
 * The caller has verified each signature and decoded each body; only elements that some rule of the
 * model reads stand here. All pointers are borrowed.
 */
#ifndef MIR_CONTROL_H
#define MIR_CONTROL_H

#include "buf.h"
#include "policy.h"

#define MIR_COMPARTMENT_MAIN      0u
#define MIR_COMPARTMENT_PROTECTED 1u
#define MIR_COMPARTMENT_CONTROL   255u
#define MIR_COMPARTMENTS          256u

/* Numbers of control.md 2. */
enum mir_statement_kind {
    MIR_STATEMENT_GENESIS = 0,
    MIR_STATEMENT_ADMIT = 1,
    MIR_STATEMENT_JOIN = 2,
    MIR_STATEMENT_ROLE = 3,
    MIR_STATEMENT_INVITE = 4,
    MIR_STATEMENT_INVITE_REVOKE = 5,
    MIR_STATEMENT_COMPARTMENT = 6,
    MIR_STATEMENT_EPOCH = 7,
    MIR_STATEMENT_EPOCH_KEY = 8,
    MIR_STATEMENT_EPOCH_OK = 9,
    MIR_STATEMENT_SCHEMA = 10,
    MIR_STATEMENT_POLICY = 11,
    MIR_STATEMENT_RECEIPT = 12,
    MIR_STATEMENT_RELAY = 13,
    MIR_STATEMENT_CUT = 14,
    MIR_STATEMENT_FREEZE = 15,
    MIR_STATEMENT_UNFREEZE = 16,
    MIR_STATEMENT_ADOPT = 17,
    MIR_STATEMENT_RETIRE = 18,
    MIR_STATEMENT_PURGE = 19,
    MIR_STATEMENT_PURGE_DONE = 20,
    MIR_STATEMENT_UNPURGE = 21,
    MIR_STATEMENT_RESIDUE = 22,
    MIR_STATEMENT_FORK_PROOF = 23,
    MIR_STATEMENT_RECOVERY = 24,
    MIR_STATEMENT_UNKNOWN = 255, /* any kind that this build does not know */
};

struct mir_epoch_name {
    uint32_t compartment;
    uint32_t number;
    mirsal_hash public_key;
};

struct mir_grant {
    mirsal_hash device;
    int readable;
};

/* A place in a data chain. */
struct mir_receipt_head {
    mirsal_hash device;
    uint32_t compartment;
    uint64_t seq;
    mirsal_hash id;
};

struct mir_statement_genesis {
    int is_team; /* the hash of this body is the team's id */
    mirsal_hash founder;
    mirsal_hash noise;
    mirsal_hash hpke;
    const struct mir_epoch_name *epochs;
    size_t epoch_count;
    uint32_t schema_version;
    mirsal_hash schema_hash;
};

struct mir_statement_join {
    mirsal_hash grant;
    mirsal_hash noise;
    mirsal_hash hpke;
    int write_only;
    int proof_ok; /* the proof verifies under the key of the invite that grant names, or of the
                     device whose retire it names */
};

/* A place in a chain of the device that the statement is about. */
struct mir_spot {
    uint32_t compartment;
    uint64_t seq;
    mirsal_hash id;
};

/* At most one a compartment. */
struct mir_places {
    const struct mir_spot *items;
    size_t count;
};

enum mir_cut_reason {
    MIR_CUT_LOST = 0,
    MIR_CUT_HOSTILE = 1,
    MIR_CUT_RETIRED = 2,
};

struct mir_statement_cut {
    mirsal_hash device;
    enum mir_cut_reason reason;
    struct mir_places places;
    const mirsal_hash *undoes; /* changesets that hold an adopt */
    size_t undo_count;
};

/*
 * An order; or, where approves, a word for the order in the changeset of, which names nothing; or,
 * where approves and there are changesets, a naming of more bodies of that order.
 */
struct mir_statement_purge {
    int approves;
    mirsal_hash of;
    const mirsal_id *records;
    size_t record_count;
    const mirsal_hash *media;
    size_t media_count;
    const mirsal_hash *changesets;
    size_t changeset_count;
};

/* The header of a data changeset. authority and prev may name what is not held. */
struct mir_data_header {
    mirsal_hash id;
    mirsal_hash device;
    mirsal_hash prev; /* zeros at seq 1 */
    mirsal_hash authority;
    uint32_t compartment;
    uint64_t seq;
};

struct mir_statement_invite {
    enum mir_role role;
    int protected_; /* may read compartment 1 */
    uint64_t uses;
    int in_person;
};

struct mir_statement {
    enum mir_statement_kind kind;
    union {
        struct mir_statement_genesis genesis;
        struct {
            mirsal_hash device;
            mirsal_hash join;
            int confirmed;
        } admit;
        struct mir_statement_join join;
        struct {
            mirsal_hash device;
            enum mir_role role;
            struct mir_places from; /* where a gain holds */
            struct mir_places cut;  /* what a loss leaves */
            uint32_t person;        /* whose the device is; 0: the founder's */
        } role;
        struct mir_statement_invite invite;
        struct {
            mirsal_hash invite;
        } invite_revoke;
        struct {
            uint32_t number;
            const struct mir_grant *grants;
            size_t grant_count;
        } compartment;
        struct {
            struct mir_epoch_name name;
            int has_previous;
        } epoch;
        struct {
            struct mir_epoch_name name;
            mirsal_hash device;
        } epoch_key;
        struct {
            mirsal_hash public_key;
            int opened;
        } epoch_ok;
        struct {
            uint32_t version;
            mirsal_hash hash;
        } schema;
        struct {
            const struct mir_receipt_head *heads;
            size_t head_count;
        } receipt;
        struct {
            mirsal_hash identity;
            struct mir_bytes url;
            int in_use;
        } relay;
        struct mir_statement_cut cut;
        struct {
            mirsal_hash device;
            uint64_t seq; /* of its control chain */
            mirsal_hash id;
        } freeze;
        struct {
            mirsal_hash freeze; /* changeset */
        } unfreeze;
        struct {
            const mirsal_hash *ids; /* data changesets */
            size_t count;
        } adopt;
        struct {
            mirsal_hash successor;
        } retire;
        struct {
            uint64_t name;
            int64_t value;
            int is_integer;
        } policy;
        struct mir_statement_purge purge;
        struct {
            mirsal_hash order;
        } purge_done;
        struct {
            mirsal_hash order;
        } unpurge;
        struct {
            mirsal_hash changeset;
            mirsal_hash hash;
            uint64_t size;
            uint64_t epoch;
        } residue;
        struct {
            const struct mir_data_header *two; /* NULL where its signatures prove no fork */
        } fork_proof;
    };
};

/* One control changeset. prev is zeros at seq 1, authority zeros in genesis. */
struct mir_control {
    mirsal_hash id;
    mirsal_hash device;
    uint64_t seq;
    mirsal_hash prev;
    mirsal_hash authority;
    const mirsal_hash *knows;
    size_t knows_count;
    const struct mir_statement *statements;
    size_t statement_count;
};

#endif
