/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/line_parts.h - one data chain while it is judged; internal to line.c and forks.c.
 */
#ifndef MIR_LINE_PARTS_H
#define MIR_LINE_PARTS_H

#include "strata.h"

enum mir_line_flag {
    MIR_LINE_OBSERVER = 1, /* its role may not write */
    MIR_LINE_CUT = 2,
    MIR_LINE_FORKED = 4,
};

struct mir_line {
    const struct mir_strata *strata;
    struct mir_arena *arena;
    const mirsal_hash *device;
    uint32_t compartment;
    const struct mir_member *member;        /* or NULL */
    const struct mir_data_header **headers; /* each once, ascending by (seq, id); nodes as these */
    struct mir_tree tree;
    const uint64_t **rows;    /* what each knows of the causal columns; NULL: nothing */
    uint8_t *flags;           /* enum mir_line_flag */
    uint32_t *losses;         /* as those of mir_strata */
    struct mir_bound hostile; /* what hostile cuts leave */
    uint32_t control_from;    /* the device's control changesets in strata->tree.sorted */
    uint32_t control_end;
};

/* Sets MIR_LINE_FORKED (5.11). 0 when memory ran out. */
int mir_line_forks(struct mir_line *line);

#endif
