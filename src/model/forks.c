/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/forks.c - which branch of a data chain stands; protocol/control.md 5.11.
 *
 * A branch is the part of the tree from one node on. It is there while something in it is not cut,
 * and named when a receipt or a cut of another device names something in it, else by an adopt.
 */
#include "line_parts.h"

#define NOBODY MIR_CAUSAL_NOBODY

enum branch {
    BRANCH_THERE = 1,
    BRANCH_NAMED = 2,
    BRANCH_ADOPTED = 4,
};

/* The branches after one node. */
struct parting {
    uint32_t there;
    uint32_t named;
    uint32_t adopted;
};

static uint8_t read_node(const struct mir_line *line, uint32_t at)
{
    const struct mir_data_header *header = line->headers[at];
    struct mir_naming sought = { .device = *line->device,
        .compartment = line->compartment,
        .seq = header->seq,
        .id = header->id };
    struct mir_naming adopted = { .id = header->id };
    uint8_t found = (line->flags[at] & MIR_LINE_CUT) == 0 ? BRANCH_THERE : 0;
    size_t end = 0;
    if (mir_namings_of(&line->strata->named, &sought, &end) < end) {
        found |= BRANCH_NAMED;
    }
    for (size_t i = mir_namings_of(&line->strata->adopted, &adopted, &end); i < end; i++) {
        if (mir_key_compare(&line->strata->adopted.items[i].by, line->device) != 0) {
            found |= BRANCH_ADOPTED;
        }
    }
    return found;
}

static void count_branch(struct parting *parting, uint8_t branch)
{
    if ((branch & BRANCH_THERE) != 0) {
        parting->there++;
        parting->named += (branch & BRANCH_NAMED) != 0;
        parting->adopted += (branch & BRANCH_ADOPTED) != 0;
    }
}

/* Where exactly one is named it stands; receipts and cuts come before adopts. */
static int branch_stands(const struct parting *parting, uint8_t branch)
{
    if (parting->there < 2) {
        return 1;
    }
    if (parting->named > 0) {
        return parting->named == 1 && (branch & BRANCH_NAMED) != 0;
    }
    return parting->adopted == 1 && (branch & BRANCH_ADOPTED) != 0;
}

int mir_line_forks(struct mir_line *line)
{
    uint32_t count = line->tree.count;
    uint8_t *branches = mir_arena_alloc(line->arena, count, sizeof *branches);
    struct parting *partings =
        mir_arena_alloc(line->arena, (size_t)count + 1, sizeof *partings); /* the last: seq 1 */
    if (branches == NULL || partings == NULL) {
        return 0;
    }
    for (uint32_t i = count; i > 0; i--) { /* from above */
        uint32_t at = i - 1;
        uint32_t prev = line->tree.nodes[at].prev;
        if (!line->tree.nodes[at].stands) {
            continue;
        }
        branches[at] |= read_node(line, at);
        count_branch(&partings[prev == NOBODY ? count : prev], branches[at]);
        if (prev != NOBODY) {
            branches[prev] |= branches[at];
        }
    }
    for (uint32_t at = 0; at < count; at++) {
        uint32_t prev = line->tree.nodes[at].prev;
        if (line->tree.nodes[at].stands &&
            ((prev != NOBODY && (line->flags[prev] & MIR_LINE_FORKED) != 0) ||
                !branch_stands(&partings[prev == NOBODY ? count : prev], branches[at]))) {
            line->flags[at] |= MIR_LINE_FORKED;
        }
    }
    return 1;
}
