/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/strata.h - the strata of PROTOCOL section 4 as passes over one working state; internal to
 * membership.c, to the files of its strata and to line.c.
 *
 * Each pass reads the facts and what the passes above it found, never below. Places are those of
 * struct mir_causal.
 */
#ifndef MIR_STRATA_H
#define MIR_STRATA_H

#include "causal.h"
#include "membership.h"
#include "tree.h"

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

/* A word on a subject, in a matter (a compartment, a policy, else 0). */
struct mir_word {
    mirsal_hash subject;
    uint32_t matter;
    int value;
    struct mir_said said;
};

struct mir_words {
    struct mir_word *items; /* ascending by subject and matter, newest first */
    size_t count;
    const struct mir_word **newest; /* scratch of mir_words_lowest */
};

/* What is known of one control changeset. */
enum mir_mark {
    MIR_MARK_ADMIN = 1,   /* admin by root (5.2) */
    MIR_MARK_CUT = 2,     /* by a cut, a loss, or after the device's own retire */
    MIR_MARK_FROZEN = 4,  /* speaks as admin and is suspended (5.3) */
    MIR_MARK_RETIRES = 8, /* its retire counts (5.9) */
};

/* Devices, changesets: device was vouched for by `by` in the changeset at place fact (5.8). */
struct mir_voucher {
    mirsal_hash device;
    mirsal_hash by;
    uint32_t fact;
};

struct mir_joined {
    uint32_t fact;
    uint32_t invite; /* place in out->invites, or MIR_CAUSAL_NOBODY */
    uint32_t retire; /* the changeset that the grant names, or MIR_CAUSAL_NOBODY */
    int judged;      /* whether it is valid is known */
    int valid;       /* 5.5 */
    int settled;
    int placed;
    int confirmed;
    enum mir_role basis;
    mirsal_hash admitted_by;
};

/* A changeset of a data chain that somebody names: a receipt, a cut, or (weaker) an adopt. */
struct mir_naming {
    mirsal_hash device; /* whose chain; zeros for an adopt, which names ids alone */
    uint32_t compartment;
    uint64_t seq;
    mirsal_hash id;
    mirsal_hash by;
    int as_admin;
};

struct mir_namings {
    struct mir_naming *items;
    size_t count;
};

/* What the strata found that data is judged by (line.c); it lives as long as the membership. */
struct mir_strata {
    struct mir_membership *out;
    struct mir_arena *keep; /* what out borrows */
    struct mir_arena *scratch;
    struct mir_causal *causal;
    struct mir_tree tree;                           /* of all control chains; nodes are places */
    struct mir_said_list by_kind[MIR_STRATA_KINDS]; /* statements that stand, ascending */
    uint32_t genesis;                               /* place, or MIR_CAUSAL_NOBODY */

    uint8_t *marks;   /* enum mir_mark of each place */
    uint32_t *losses; /* of a place that is cut: whose loss or retire did it, or
                       * MIR_CAUSAL_NOBODY: a cut alone */
    int8_t *roles_of; /* the role of each place, where it is not admin by root; -1: none */
    uint32_t *bottom; /* the seq 1 of the path of each place that stands, or MIR_CAUSAL_NOBODY */

    mirsal_hash *candidates; /* whom root ever named, and the founder; ascending */
    size_t candidate_count;
    mirsal_hash *admins; /* who is admin; ascending */
    size_t admin_count;
    struct mir_words root_roles;
    struct mir_words roles;
    struct mir_words grants;
    struct mir_cut *cuts; /* out->cuts */
    size_t cut_count;
    struct mir_joined *joined; /* ascending by (invite, id) */
    size_t joined_count;
    uint32_t *joined_by_fact;           /* place in joined plus 1, else 0 */
    uint64_t reached[MIR_COMPARTMENTS]; /* the highest number that an epoch may have (5.14) */
    uint32_t *turning;                  /* places of epochs, schemas and policies that count */
    uint32_t turning_count;
    struct mir_voucher *vouchers; /* ascending by (device, by) */
    size_t voucher_count;
    struct mir_namings named;         /* ascending by (device, compartment, seq, id, by) */
    struct mir_namings adopted;       /* in force; ascending by (id, by) */
    struct mir_data_header *evidence; /* of fork proofs; ascending by (device, compartment, id) */
    size_t evidence_count;
};

/* Each pass returns 0 when memory ran out. In this order: */
int mir_strata_collect(struct mir_strata *strata);  /* which statements stand, by kind */
int mir_strata_root(struct mir_strata *strata);     /* root */
int mir_strata_admins(struct mir_strata *strata);   /* admins: what speaks as admin */
int mir_strata_freezes(struct mir_strata *strata);  /* freezes */
int mir_strata_cuts(struct mir_strata *strata);     /* cuts that count */
int mir_strata_roles(struct mir_strata *strata);    /* role statements and grants that count */
int mir_strata_invites(struct mir_strata *strata);  /* invites, and joins under them */
int mir_strata_chains(struct mir_strata *strata);   /* role and cut of each changeset; retires */
int mir_strata_admit(struct mir_strata *strata);    /* who is settled, who has a place */
int mir_strata_members(struct mir_strata *strata);  /* one entry a device, with its rights */
int mir_strata_adopts(struct mir_strata *strata);   /* adopts in force, fork proofs */
int mir_strata_epochs(struct mir_strata *strata);   /* epochs and schemas */
int mir_strata_policies(struct mir_strata *strata); /* policies in force */
int mir_strata_purges(struct mir_strata *strata);   /* purges, residues, receipts of purges */
/* Within the last: what orders name. */
int mir_strata_purge_names(struct mir_strata *strata);
int mir_strata_reports(struct mir_strata *strata); /* relays and receipts */
int mir_strata_faults(struct mir_strata *strata);  /* statements that do not count */

const struct mir_control *mir_said_fact(const struct mir_strata *strata, struct mir_said said);
const struct mir_statement *mir_said_what(const struct mir_strata *strata, struct mir_said said);
/* Author of the statement. */
const mirsal_hash *mir_said_by(const struct mir_strata *strata, struct mir_said said);
/* 1 when newer knows older. */
int mir_said_knows(const struct mir_strata *strata, struct mir_said newer, struct mir_said older);
/* Its changeset speaks as admin and is not frozen. */
int mir_said_by_admin(const struct mir_strata *strata, struct mir_said said);
/* The state of a statement that stands (5.10); NONE when it counts. Behind mir_strata_members. */
enum mir_reason mir_said_state(const struct mir_strata *strata, struct mir_said said);
/* The changeset speaks as admin (5.2), frozen or not. */
int mir_strata_speaks(const struct mir_strata *strata, uint32_t place);

int mir_strata_is_admin(const struct mir_strata *strata, const mirsal_hash *device);
int mir_strata_is_candidate(const struct mir_strata *strata, const mirsal_hash *device);
int mir_strata_is_root(const struct mir_strata *strata, const mirsal_hash *device);
/* The first invite of a changeset that is admin by root. NULL when it has none. */
const struct mir_invite *mir_strata_invite(const struct mir_strata *strata, const mirsal_hash *id);
/* The joins under an invite, ascending by id: from *first up to the returned place. */
size_t mir_strata_joins_under(const struct mir_strata *strata, uint32_t invite, size_t *first);
/* The cuts that count on a device: cuts[returned] up to cuts[*end]. */
size_t mir_strata_cuts_on(const struct mir_strata *strata, const mirsal_hash *device, size_t *end);
/* A node of a chain's tree that is cut. */
struct mir_cut_node {
    uint32_t compartment;
    uint32_t node;
    uint32_t loss; /* place of the loss or retire that cuts it, or MIR_CAUSAL_NOBODY */
    int by_root;   /* no cut but root's reaches it */
};
/* The changeset of what cuts it: a cut before the loss. NULL: nothing does. Borrowed. */
const mirsal_hash *mir_strata_cut_by(const struct mir_strata *strata,
    const mirsal_hash *device,
    const struct mir_tree *tree,
    struct mir_cut_node at);
/* The first statement of a kind in a changeset, or NULL. */
const struct mir_statement *mir_strata_first(const struct mir_strata *strata,
    uint32_t place,
    enum mir_statement_kind kind);
/* 1 when an admit's changeset is frozen and 5.3 does not except it. */
int mir_strata_admit_is_suspended(const struct mir_strata *strata, struct mir_said said);
/* By device, compartment, seq and id. */
int mir_namings_compare(const struct mir_naming *a, const struct mir_naming *b);
/* Those of that place: items[returned] up to items[*end]. */
size_t mir_namings_of(const struct mir_namings *list, const struct mir_naming *sought, size_t *end);
/* A receipt, whose statement counts, says something of that compartment (5.11). */
int mir_strata_receipts_count(const struct mir_strata *strata,
    struct mir_said said,
    uint32_t compartment);
/* The numbers below it were said: it is not out of turn (5.14). Behind mir_strata_epochs. */
int mir_strata_reaches(const struct mir_strata *strata, const struct mir_epoch_name *name);
/* Name and value of a policy are of this version of the rules. */
int mir_policy_is_known(const struct mir_statement *what);

/* Who vouches for each member (5.8). 0 when memory ran out. */
int mir_strata_vouch(struct mir_strata *strata);
/* The vouchers of a device: vouchers[returned] up to vouchers[*end]. */
size_t mir_strata_vouchers(const struct mir_strata *strata, const mirsal_hash *device, size_t *end);
/*
 * 1 when another than `but` vouches for the device; unseen, where not MIR_CAUSAL_NOBODY: in a
 * changeset that does not know the one at that place.
 */
int mir_strata_vouched(const struct mir_strata *strata,
    const mirsal_hash *device,
    const mirsal_hash *but,
    uint32_t unseen);

/* Sorts; the causal columns of every word must have been wanted. 0 when memory ran out. */
int mir_words_sort(struct mir_strata *strata, struct mir_words *words);
/* The words on subject and matter, newest first. */
const struct mir_word *mir_words_range(const struct mir_words *words,
    const mirsal_hash *subject,
    uint32_t matter,
    size_t *count);
/*
 * Of the words on subject and matter those that no other of them knows; the lowest of their values,
 * or otherwise when there is no word.
 */
int mir_words_lowest(const struct mir_strata *strata,
    const struct mir_words *words,
    const mirsal_hash *subject,
    uint32_t matter,
    int otherwise);
/* The same, where words that know the changeset at place `unseen` are left out. */
int mir_words_lowest_before(const struct mir_strata *strata,
    const struct mir_words *words,
    const mirsal_hash *subject,
    uint32_t matter,
    int otherwise,
    uint32_t unseen);

int mir_member_reads(const struct mir_member *member, uint32_t compartment);
/* A reader (5.8): may read, is not write-only, has a voucher. */
int mir_member_holds_keys(const struct mir_member *member, uint32_t compartment);

#endif
