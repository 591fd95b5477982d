/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/tally_index.h - a tally's input made ready: places (one for all records of one event) and
 * the claims that count, by rules 1 and 2; internal to the tally and the hints.
 */
#ifndef MIR_TALLY_INDEX_H
#define MIR_TALLY_INDEX_H

#include "tally.h"

#define MIR_TALLY_NOWHERE UINT32_MAX

/* A range of people; open: no upper bound is known, and max is what is known all the same. */
struct mir_tally_range {
    int present;
    int open;
    uint64_t min;
    uint64_t max;
};

struct mir_tally_place {
    mirsal_id id; /* representative: the lowest that is not withdrawn */
    int live;     /* an incident that counts; else only a place in some claim's scope */
    int excluded;
    int has_date;
    int32_t date_start;
    int32_t date_end;
    uint32_t codes[MIR_TALLY_CODES];
    size_t actors_at;
    size_t actor_count;
};

/* A claim that counts. */
struct mir_tally_said {
    const struct mir_tally_claim *claim;
    mirsal_id root;  /* its own id where it names none */
    uint32_t *scope; /* places, ascending, each once */
    uint32_t scope_count;
    struct mir_tally_range range;
    int subset; /* part of another claim that counts */
    int orphan; /* part of a claim that does not count: bounds its whole from below only */
};

struct mir_tally_actor {
    uint32_t place;
    mirsal_id actor;
};

struct mir_tally_index {
    struct mir_arena *arena;
    const struct mir_tally_input *input;
    mirsal_id *ids; /* of incidents and of what scopes name, ascending */
    size_t id_count;
    uint32_t *place_of; /* by place in ids */
    struct mir_tally_place *places;
    uint32_t place_count;
    struct mir_tally_actor *actors; /* perpetrators, ascending by (place, actor) */
    size_t actor_count;
    struct mir_tally_said *said; /* ascending by claim id */
    size_t said_count;
};

/* All memory is the arena's. NO_MEMORY, OUT_OF_RANGE. */
mirsal_code mir_tally_index_build(struct mir_tally_index *index,
    struct mir_arena *arena,
    const struct mir_tally_input *input,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The place of an incident, or MIR_TALLY_NOWHERE. */
uint32_t mir_tally_index_find(const struct mir_tally_index *index, const mirsal_id *id);

int mir_id_compare(const mirsal_id *a, const mirsal_id *b);
int mir_id_is_zero(const mirsal_id *id);

#endif
