/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/tally.h - casualties over incidents, exact and the same on every replica;
 * protocol/tally.md.
 *
 * Input is what a query over the tables gives: incidents, claims, attributions and assessments that
 * count (accepted, links and judgements of coordinators resolved by their registers). Codes are
 * numbers that the caller gives to whatever it groups by; 0 is "none". Records may come in any
 * order. Figures are added in 64 bits, checked.
 */
#ifndef MIR_TALLY_H
#define MIR_TALLY_H

#include "arena.h"

#define MIR_TALLY_FIGURE_MAX UINT64_C(1000000)

enum mir_tally_outcome { MIR_TALLY_KILLED, MIR_TALLY_WOUNDED, MIR_TALLY_OUTCOMES };

/* What a figure counts. UNKNOWN is what remains of TOTAL: neither woman, man nor child. */
enum mir_tally_group {
    MIR_TALLY_TOTAL,
    MIR_TALLY_CIVILIANS,
    MIR_TALLY_COMBATANTS,
    MIR_TALLY_WOMEN,
    MIR_TALLY_MEN,
    MIR_TALLY_CHILDREN,
    MIR_TALLY_UNKNOWN,
    MIR_TALLY_GROUPS
};

enum mir_tally_dimension {
    MIR_TALLY_BY_PLACE,
    MIR_TALLY_BY_GOVERNORATE,
    MIR_TALLY_BY_EVENT_TYPE,
    MIR_TALLY_BY_MONTH,
    MIR_TALLY_BY_GRADING,
    MIR_TALLY_CODES, /* the dimensions above are codes of the incident */
    MIR_TALLY_BY_ACTOR = MIR_TALLY_CODES,
    MIR_TALLY_BY_SOURCE,
    MIR_TALLY_DIMENSIONS
};

enum mir_tally_status {
    MIR_TALLY_STATUS_NONE, /* unknown and unstated too */
    MIR_TALLY_STATUS_CIVILIAN,
    MIR_TALLY_STATUS_COMBATANT,
    MIR_TALLY_STATUS_PROTECTED,
    MIR_TALLY_STATUSES
};
enum mir_tally_sex { MIR_TALLY_SEX_NONE, MIR_TALLY_SEX_FEMALE, MIR_TALLY_SEX_MALE };
enum mir_tally_age {
    MIR_TALLY_AGE_NONE,
    MIR_TALLY_AGE_ADULT, /* elderly too */
    MIR_TALLY_AGE_CHILD,
    MIR_TALLY_AGE_INFANT,
};
enum mir_tally_quality {
    MIR_TALLY_QUALITY_NONE,
    MIR_TALLY_QUALITY_EXACT,
    MIR_TALLY_QUALITY_AT_LEAST,
    MIR_TALLY_QUALITY_AT_MOST,
    MIR_TALLY_QUALITY_APPROX,
    MIR_TALLY_QUALITY_VAGUE,
};

/* An id of zeros is "none" everywhere. */
struct mir_tally_incident {
    mirsal_id id;
    uint32_t
        same_as; /* source id from importers ranked coordinator or above; equal is one record */
    int has_date;
    int32_t date_start; /* days since 1970 */
    int32_t date_end;
    int cluster;   /* groups incidents, carries no figures */
    int withdrawn; /* out of lists and counts */
    int excluded;  /* not in the query (--where, --grading); still a place in a claim's scope */
    uint32_t codes[MIR_TALLY_CODES];
};

/* a and b are one event (duplicate_of, same_as), or a is part of cluster b. */
struct mir_tally_link {
    mirsal_id a;
    mirsal_id b;
};

struct mir_tally_include {
    enum mir_tally_sex sex;
    enum mir_tally_age age;
};

struct mir_tally_claim {
    mirsal_id id;
    mirsal_id root;   /* who originally said it; zeros: this claim is a root of its own */
    uint32_t same_as; /* as of incidents */
    mirsal_hash author;
    int author_resolves; /* coordinator or above */
    const mirsal_id *scope;
    size_t scope_count;
    const mirsal_id *supersedes;
    size_t supersedes_count;
    mirsal_id subset_of;
    enum mir_tally_outcome outcome;
    enum mir_tally_status status;
    enum mir_tally_sex sex;
    enum mir_tally_age age;
    enum mir_tally_quality quality;
    int has_min;
    int has_max;
    uint64_t min;
    uint64_t max;
    const struct mir_tally_include *includes;
    size_t include_count;
    int retracted; /* withdrawn */
    int rejected;  /* by the assessment that wins */
};

struct mir_tally_attribution {
    mirsal_id actor;
    const mirsal_id *scope;
    size_t scope_count;
    int perpetrator; /* names who did it, and is not a denial */
    int retracted;
};

/* A figure that a coordinator set, or (actor not zeros) who did it. */
struct mir_tally_assessment {
    mirsal_id incident;
    mirsal_id actor;
    enum mir_tally_outcome outcome;
    enum mir_tally_group group; /* not UNKNOWN */
    uint64_t min;
    int has_max;
    uint64_t max;
    int has_best;
    uint64_t best;
};

struct mir_tally_input {
    const struct mir_tally_incident *incidents;
    size_t incident_count;
    const struct mir_tally_link *same;
    size_t same_count;
    const struct mir_tally_link *parts;
    size_t part_count;
    const struct mir_tally_claim *claims;
    size_t claim_count;
    const struct mir_tally_attribution *attributions;
    size_t attribution_count;
    const struct mir_tally_assessment *assessments;
    size_t assessment_count;
};

struct mir_tally_query {
    const enum mir_tally_dimension *by; /* none: exactly one row */
    size_t by_count;
    int has_since;
    int has_until;
    int32_t since; /* days, inclusive */
    int32_t until;
};

/* open: no upper bound is known; max is then what the bounded parts add up to. */
struct mir_tally_figure {
    uint64_t min;
    uint64_t max;
    uint64_t best;
    int has_best;
    int open;
};

struct mir_tally_sole {
    uint64_t incidents;
    struct mir_tally_figure figures[MIR_TALLY_OUTCOMES][MIR_TALLY_GROUPS];
};

struct mir_tally_grading {
    uint32_t code;
    uint64_t incidents;
};

struct mir_tally_row {
    uint32_t codes[MIR_TALLY_CODES]; /* those of the query's dimensions, else 0 */
    mirsal_id actor;                 /* zeros: nobody is named */
    mirsal_id source;                /* root; zeros: claims without one */
    uint64_t incidents;
    uint64_t without_figures; /* incidents of which no claim says how many were killed */
    struct mir_tally_figure figures[MIR_TALLY_OUTCOMES][MIR_TALLY_GROUPS];
    struct mir_tally_sole sole; /* over incidents with exactly one perpetrator */
    struct mir_tally_grading *gradings;
    size_t grading_count;
    mirsal_id *ids; /* representatives, ascending */
    size_t id_count;
    mirsal_id *claims; /* that took part, ascending */
    size_t claim_count;
};

struct mir_tally {
    struct mir_arena arena;
    struct mir_tally_row *rows; /* ascending by codes, actor, source */
    size_t row_count;
    mirsal_id *boundary; /* straddle the period, or have no date; ascending */
    size_t boundary_count;
};

/* OUT_OF_RANGE: a figure above MIR_TALLY_FIGURE_MAX, or min above max. LIMIT: a sum overflows. */
mirsal_code mir_tally_evaluate(struct mir_tally *out,
    const struct mir_tally_input *input,
    const struct mir_tally_query *query,
    const mirsal_env *env,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Accepts a zeroed struct. */
void mir_tally_fini(struct mir_tally *tally);

/* "total" … "unknown" as INTERFACE prints them. */
const char *mir_tally_group_name(enum mir_tally_group group);

#endif
