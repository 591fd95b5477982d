/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/strata.h - the strata of PROTOCOL section 4 as passes over one working state; internal to
 * membership.c and the files of its strata.
 *
 * Each pass reads the facts and what the passes above it found, never below. Places are those of
 * struct mir_causal.
 */
#ifndef MIR_STRATA_H
#define MIR_STRATA_H

#include "causal.h"
#include "membership.h"

#define MIR_STRATA_KINDS 25u

/* Statement number at of the changeset at place fact. */
struct mir_said {
    uint32_t fact;
    uint32_t at;
};

struct mir_said_list {
    struct mir_said *items;
    uint32_t count;
};

/* A word on a subject, in a matter (a compartment, else 0): of several the lowest value counts. */
struct mir_word {
    mirsal_hash subject;
    uint32_t matter;
    int value;
    struct mir_said said;
};

struct mir_words {
    struct mir_word *items; /* ascending by subject and matter, newest first */
    size_t count;
    struct mir_word **newest; /* scratch of mir_words_lowest */
};

/* Two devices, or a key and a device. */
struct mir_pair {
    mirsal_hash first;
    mirsal_hash second;
};

struct mir_pairs {
    struct mir_pair *items;
    size_t count;
};

struct mir_joined {
    uint32_t fact;
    uint32_t invite; /* place in out->invites, or MIR_CAUSAL_NOBODY */
    int valid;       /* proof verifies, invite is an admin's, no revoke is known to the join */
    int settled;
    int slotted; /* among the first that the invite's remaining uses allow */
    int confirmed;
    enum mir_role role;
    mirsal_hash admitted_by;
};

struct mir_strata {
    struct mir_membership *out;
    struct mir_arena *keep; /* what out borrows */
    struct mir_arena scratch;
    struct mir_causal *causal;
    struct mir_said_list by_kind[MIR_STRATA_KINDS]; /* statements that stand, ascending */
    uint32_t genesis;                               /* place, or MIR_CAUSAL_NOBODY */

    mirsal_hash *admins; /* ascending */
    size_t admin_count;
    struct mir_words roles;
    struct mir_words grants;
    struct mir_joined *joined; /* ascending by (invite, id) */
    size_t joined_count;
    struct mir_pairs admitted; /* device, author of an admit that counts; ascending */
};

/* Each pass returns 0 when memory ran out. In this order: */
int mir_strata_collect(struct mir_strata *strata);    /* which statements stand, by kind */
int mir_strata_root(struct mir_strata *strata);       /* 1 root, and 2 admins */
int mir_strata_invites(struct mir_strata *strata);    /* 4 invites and who joined under them */
int mir_strata_roles(struct mir_strata *strata);      /* 4 roles and grants */
int mir_strata_admit(struct mir_strata *strata);      /* 4 who is settled, who has a place */
int mir_strata_members(struct mir_strata *strata);    /* 4 one entry a device, with its rights */
int mir_strata_unresolved(struct mir_strata *strata); /* 3, 5 and 7 as control.md 5.8 has them */
int mir_strata_epochs(struct mir_strata *strata);     /* epochs and schemas */
int mir_strata_reports(struct mir_strata *strata);    /* relays and receipts */
int mir_strata_faults(struct mir_strata *strata);     /* statements that do not count */

const struct mir_control *mir_said_fact(const struct mir_strata *strata, struct mir_said said);
const struct mir_statement *mir_said_what(const struct mir_strata *strata, struct mir_said said);
/* Author of the statement. */
const mirsal_hash *mir_said_by(const struct mir_strata *strata, struct mir_said said);
int mir_strata_is_admin(const struct mir_strata *strata, const mirsal_hash *device);
int mir_strata_is_root(const struct mir_strata *strata, const mirsal_hash *device);
/* The grant of a changeset: its first invite statement. NULL when it has none. */
const struct mir_invite *mir_strata_invite(const struct mir_strata *strata, const mirsal_hash *id);

/* Sorts; the causal columns of every word must have been wanted. 0 when memory ran out. */
int mir_words_sort(struct mir_strata *strata, struct mir_words *words);
/*
 * Of the words on subject and matter those that no other of them knows; the lowest of their values,
 * or otherwise when there is no word.
 */
int mir_words_lowest(const struct mir_strata *strata,
    const struct mir_words *words,
    const mirsal_hash *subject,
    uint32_t matter,
    int otherwise);

void mir_pairs_sort(struct mir_pairs *pairs);
int mir_pairs_have(const struct mir_pairs *pairs,
    const mirsal_hash *first,
    const mirsal_hash *second);

int mir_member_reads(const struct mir_member *member, uint32_t compartment);
/* A member that may be given the compartment's private keys. */
int mir_member_holds_keys(const struct mir_member *member, uint32_t compartment);

#endif
