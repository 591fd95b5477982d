/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/tally_figures.h - what the claims on one scope say of each group (rules 2, 4 and 5);
 * internal to the tally and the hints.
 */
#ifndef MIR_TALLY_FIGURES_H
#define MIR_TALLY_FIGURES_H

#include "tally_index.h"

/* Who is counted, as finely as claims say it. */
enum mir_tally_people {
    MIR_TALLY_ANYBODY,
    MIR_TALLY_WOMAN,
    MIR_TALLY_MAN,
    MIR_TALLY_CHILD,
    MIR_TALLY_GIRL,
    MIR_TALLY_BOY,
    MIR_TALLY_INFANT,
    MIR_TALLY_OTHERS, /* stated in part: a female of unknown age */
    MIR_TALLY_PEOPLE
};

enum mir_tally_people mir_tally_people_of(enum mir_tally_sex sex, enum mir_tally_age age);

struct mir_tally_range mir_tally_range_hull(struct mir_tally_range a, struct mir_tally_range b);
struct mir_tally_range mir_tally_range_sum(struct mir_tally_range a, struct mir_tally_range b);

/* Claims on one scope and outcome, by place in the index's said. */
struct mir_tally_scope {
    const uint32_t *places;
    uint32_t place_count;
    enum mir_tally_outcome outcome;
    const uint32_t *claims; /* ascending by (root, claim) */
    uint32_t claim_count;
};

/* The range over all claims of the scope; not present where none states the group. */
struct mir_tally_range mir_tally_figure_range(const struct mir_tally_index *index,
    const struct mir_tally_scope *scope,
    enum mir_tally_group group);

/*
 * The only value on which two roots agree exactly; 0 when there is none or several. values has room
 * for as many as the scope has claims.
 */
int mir_tally_figure_best(uint64_t *best,
    uint64_t *values,
    const struct mir_tally_index *index,
    const struct mir_tally_scope *scope,
    enum mir_tally_group group);

/* How many of the claims from the given one on are of its root. */
uint32_t mir_tally_root_claims(const struct mir_tally_index *index,
    const struct mir_tally_scope *scope,
    uint32_t from);

#endif
