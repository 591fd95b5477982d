/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/hint.h - what a coordinator should look at in claims and attributions, found by rule.
 *
 * Hints are derived and never written: the same input gives the same hints on every replica.
 */
#ifndef MIR_HINT_H
#define MIR_HINT_H

#include "tally.h"

enum mir_hint_kind {
    MIR_HINT_MEDIAN,      /* a claim above twice the median of the other roots */
    MIR_HINT_SUBSET,      /* parts exceed their whole */
    MIR_HINT_ROOT_SOURCE, /* one root's claims differ and none supersedes the other */
    MIR_HINT_ACTORS,      /* two actors as perpetrator */
};

struct mir_hint {
    enum mir_hint_kind kind;
    unsigned severity;  /* 1 look at it some day, 2 the figures depend on it, 3 they are wrong */
    mirsal_id incident; /* representative; the first of the scope where there are several */
    mirsal_id record;   /* the claim concerned; for actors the second actor */
    mirsal_id other;    /* what it is measured against; zeros where it is a median */
    uint64_t value;     /* median: the claim's figure; subset: the parts' sum */
    uint64_t against;   /* median: the median; subset: the whole */
};

struct mir_hints {
    struct mir_arena arena;
    struct mir_hint *items; /* ascending by (incident, kind, record, other) */
    size_t count;
};

/* OUT_OF_RANGE and LIMIT as mir_tally_evaluate. */
mirsal_code mir_hints_find(struct mir_hints *out,
    const struct mir_tally_input *input,
    const mirsal_env *env,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Accepts a zeroed struct. */
void mir_hints_fini(struct mir_hints *hints);

/* "median", "subset", "root_source", "actors". Static. */
const char *mir_hint_kind_name(enum mir_hint_kind kind);

#endif
