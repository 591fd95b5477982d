/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/causal.h - control changesets by id, which of them stand, and what each knows;
 * protocol/control.md 5.0 and 5.5.
 *
 * A changeset knows the causal past of prev, authority and knows. Edges to what is not held are not
 * there; among changesets that form a cycle, which hashes exclude, no edge is followed.
 */
#ifndef MIR_CAUSAL_H
#define MIR_CAUSAL_H

#include "arena.h"
#include "control.h"

#define MIR_CAUSAL_NOBODY UINT32_MAX

/* A changeset is named by its place in the order of ids. */
struct mir_causal {
    const struct mir_control **facts; /* each once, ascending by id */
    uint32_t count;
    uint32_t *prev;        /* place of the changeset before in its chain, or NOBODY */
    uint32_t *edges_at;    /* count + 1 */
    uint32_t *edges;       /* the direct past */
    uint32_t *order;       /* places, past before future */
    uint32_t *position;    /* of a place in order */
    uint8_t *stands;       /* its chain is held back to seq 1 */
    uint8_t *after_unseen; /* an unknown statement stands below it in its chain */
    /* Columns: what is asked often, as one row of bits a changeset. */
    uint32_t *column;
    uint32_t column_count;
    size_t row_words;
    uint64_t *rows;
    /* One walk at a time. */
    uint32_t *mark;
    uint32_t walk;
    uint32_t *queue;
};

/* All memory is the arena's, facts are borrowed. 0 when memory ran out. */
int mir_causal_init(struct mir_causal *causal,
    struct mir_arena *arena,
    const struct mir_control *facts,
    size_t count);
/* The place of a changeset, or MIR_CAUSAL_NOBODY. */
uint32_t mir_causal_find(const struct mir_causal *causal, const mirsal_hash *id);
/* Prepares mir_causal_knows_wanted for the places whose wanted is not 0. 0 when memory ran out. */
int mir_causal_want(struct mir_causal *causal, struct mir_arena *arena, const uint8_t *wanted);
/* 1 when b, which was wanted, is in the past of a. At once. */
int mir_causal_knows_wanted(const struct mir_causal *causal, uint32_t a, uint32_t b);
/* The row of what a changeset knows, of those wanted; row_words long. */
const uint64_t *mir_causal_row(const struct mir_causal *causal, uint32_t place);
/* 1 when the row holds b, which was wanted. */
int mir_causal_row_knows(const struct mir_causal *causal, const uint64_t *row, uint32_t b);
/* 1 when b is in the past of a; walks the past of a. */
int mir_causal_knows(struct mir_causal *causal, uint32_t a, uint32_t b);

int mir_key_compare(const mirsal_hash *a, const mirsal_hash *b);
int mir_key_is_zero(const mirsal_hash *hash);

#endif
