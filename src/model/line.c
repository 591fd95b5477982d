/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/line.c - one data chain, judged as a tree: what each changeset knows, its role, cuts, then
 * forks among what is left, then adopts; see the header.
 */
#include "line.h"

#include "fail.h"
#include "ladder.h"
#include "line_parts.h"
#include "sort.h"

#include <string.h>

#define NOBODY    MIR_CAUSAL_NOBODY
#define WORD_BITS 64u

static int compare_headers(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_data_header *left = NULL;
    const struct mir_data_header *right = NULL;
    memcpy(&left, a, sizeof(const struct mir_data_header *));
    memcpy(&right, b, sizeof(const struct mir_data_header *));
    if (left->seq != right->seq) {
        return left->seq < right->seq ? -1 : 1;
    }
    return mir_key_compare(&left->id, &right->id);
}

/* Headers of fork proofs on this chain: evidence[returned] up to evidence[*end]. */
static size_t evidence_on(const struct mir_strata *strata,
    const mirsal_hash *device,
    uint32_t compartment,
    size_t *end)
{
    size_t low = 0;
    size_t high = strata->evidence_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct mir_data_header *header = &strata->evidence[middle];
        int order = mir_key_compare(&header->device, device);
        if (order < 0 || (order == 0 && header->compartment < compartment)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *end = low;
    while (*end < strata->evidence_count && strata->evidence[*end].compartment == compartment &&
           mir_key_compare(&strata->evidence[*end].device, device) == 0) {
        (*end)++;
    }
    return low;
}

static uint32_t find_header(const struct mir_line *line, uint64_t seq, const mirsal_hash *id)
{
    uint32_t low = 0;
    uint32_t high = line->tree.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct mir_data_header *header = line->headers[middle];
        int order = header->seq < seq ? -1 : header->seq > seq;
        order = order != 0 ? order : mir_key_compare(&header->id, id);
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NOBODY;
}

static void link_nodes(struct mir_line *line)
{
    for (uint32_t i = 0; i < line->tree.count; i++) {
        const struct mir_data_header *header = line->headers[i];
        struct mir_tree_node *node = &line->tree.nodes[i];
        node->device = line->device;
        node->id = &header->id;
        node->seq = header->seq;
        node->prev = header->seq > 1 ? find_header(line, header->seq - 1, &header->prev) : NOBODY;
        node->stands = node->prev != NOBODY ? line->tree.nodes[node->prev].stands
                                            : header->seq == 1 && mir_key_is_zero(&header->prev);
    }
}

static int build_line(struct mir_line *line, const struct mir_data_header *headers, size_t count)
{
    size_t end = 0;
    size_t from = evidence_on(line->strata, line->device, line->compartment, &end);
    size_t most = count + (end - from);
    uint32_t kept = 0;
    if (most >= NOBODY) {
        return 0;
    }
    line->headers = mir_arena_alloc(line->arena, most, sizeof(const struct mir_data_header *));
    line->tree.nodes = mir_arena_alloc(line->arena, most, sizeof *line->tree.nodes);
    line->rows = mir_arena_alloc(line->arena, most, sizeof(const uint64_t *));
    line->flags = mir_arena_alloc(line->arena, most, sizeof *line->flags);
    line->losses = mir_arena_alloc(line->arena, most, sizeof *line->losses);
    if (line->headers == NULL || line->tree.nodes == NULL || line->rows == NULL ||
        line->flags == NULL || line->losses == NULL) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        line->headers[i] = &headers[i];
    }
    for (size_t i = from; i < end; i++) {
        line->headers[count + i - from] = &line->strata->evidence[i];
    }
    mir_sort(line->headers, most, sizeof(const struct mir_data_header *), compare_headers, NULL);
    for (size_t i = 0; i < most; i++) {
        if (kept == 0 ||
            mir_key_compare(&line->headers[kept - 1]->id, &line->headers[i]->id) != 0) {
            line->headers[kept++] = line->headers[i];
        }
    }
    line->tree.count = kept;
    link_nodes(line);
    return mir_tree_build(&line->tree, line->arena);
}

/* What a changeset knows of the columns: more than the one below only where it cites another. */
static int fill_row(struct mir_line *line, uint32_t at)
{
    const struct mir_causal *causal = line->strata->causal;
    const struct mir_data_header *header = line->headers[at];
    uint32_t prev = line->tree.nodes[at].prev;
    uint32_t authority = mir_causal_find(causal, &header->authority);
    size_t size = causal->row_words * sizeof(uint64_t);
    line->rows[at] = prev == NOBODY ? NULL : line->rows[prev];
    if (authority == NOBODY || (prev != NOBODY && mir_key_compare(&line->headers[prev]->authority,
                                                      &header->authority) == 0)) {
        return 1;
    }
    uint64_t *row = mir_arena_alloc(line->arena, 1, size);
    if (row == NULL) {
        return 0;
    }
    if (line->rows[at] != NULL) {
        memcpy(row, line->rows[at], size);
    }
    const uint64_t *known = mir_causal_row(causal, authority);
    for (size_t word = 0; word < causal->row_words; word++) {
        row[word] |= known[word];
    }
    uint32_t column = causal->column[authority];
    if (column != NOBODY) {
        row[column / WORD_BITS] |= UINT64_C(1) << (column % WORD_BITS);
    }
    line->rows[at] = row;
    return 1;
}

/*
 * A retire of the device that its changeset knows: one that counts, of an admin any that stands.
 * NOBODY where there is none.
 */
static uint32_t find_retire(const struct mir_line *line, uint32_t at, int admin)
{
    const struct mir_strata *strata = line->strata;
    for (uint32_t i = line->control_from; line->rows[at] != NULL && i < line->control_end; i++) {
        uint32_t place = strata->tree.sorted[i];
        int retires = (strata->marks[place] & MIR_MARK_RETIRES) != 0;
        if (mir_causal_row_knows(strata->causal, line->rows[at], place) &&
            (retires || (admin && strata->tree.nodes[place].stands &&
                            mir_strata_first(strata, place, MIR_STATEMENT_RETIRE) != NULL))) {
            return place;
        }
    }
    return NOBODY;
}

static int has_retire(const struct mir_line *line)
{
    for (uint32_t i = line->control_from; i < line->control_end; i++) {
        if (mir_strata_first(line->strata, line->strata->tree.sorted[i], MIR_STATEMENT_RETIRE) !=
            NULL) {
            return 1;
        }
    }
    return 0;
}

struct climb {
    struct mir_ladder root; /* root's statements alone */
    struct mir_ladder all;
    struct mir_rung *root_rungs;
    struct mir_rung *rungs;
    struct mir_bound cuts;
    int retires;
};

static int begin_climb(struct climb *climb, struct mir_line *line)
{
    const struct mir_strata *strata = line->strata;
    size_t end = 0;
    line->control_from = mir_tree_device(&strata->tree, line->device, &line->control_end);
    climb->retires = has_retire(line);
    for (size_t i = mir_strata_cuts_on(strata, line->device, &end); i < end; i++) {
        const struct mir_statement_cut *what = strata->cuts[i].what;
        mir_bound_add_places(
            &climb->cuts, &line->tree, line->device, line->compartment, &what->places);
        if (what->reason == MIR_CUT_HOSTILE) {
            mir_bound_add_places(
                &line->hostile, &line->tree, line->device, line->compartment, &what->places);
        }
    }
    climb->root_rungs = mir_arena_alloc(line->arena, line->tree.count, sizeof *climb->rungs);
    climb->rungs = mir_arena_alloc(line->arena, line->tree.count, sizeof *climb->rungs);
    return climb->root_rungs != NULL && climb->rungs != NULL &&
           mir_ladder_build(&climb->root, strata, &strata->root_roles, line->device, &line->tree,
               line->compartment, line->arena) &&
           mir_ladder_build(&climb->all, strata, &strata->roles, line->device, &line->tree,
               line->compartment, line->arena);
}

static int climb_to(struct climb *climb, struct mir_line *line, uint32_t at)
{
    uint32_t prev = line->tree.nodes[at].prev;
    const uint64_t *row =
        prev != NOBODY && line->rows[prev] == line->rows[at] ? NULL : line->rows[at];
    struct mir_rung *root = &climb->root_rungs[at];
    struct mir_rung *rung = &climb->rungs[at];
    int founder = line->member->founder;
    if (!mir_ladder_step(root, &climb->root, at, row,
            prev == NOBODY ? NULL : &climb->root_rungs[prev], line->arena) ||
        !mir_ladder_step(
            rung, &climb->all, at, row, prev == NOBODY ? NULL : &climb->rungs[prev], line->arena)) {
        return 0;
    }
    int first = founder ? (int)MIR_ROLE_ADMIN : (int)MIR_ROLE_OBSERVER;
    int admin = mir_ladder_role(&climb->root, root, first) == (int)MIR_ROLE_ADMIN;
    int role =
        admin ? (int)MIR_ROLE_ADMIN : mir_ladder_role(&climb->all, rung, (int)line->member->basis);
    role = !admin && role > (int)MIR_ROLE_COORDINATOR ? (int)MIR_ROLE_COORDINATOR : role;
    const struct mir_word *loss = admin ? mir_ladder_loss(&climb->root, root, at, role)
                                        : mir_ladder_loss(&climb->all, rung, at, role);
    line->losses[at] = loss != NULL     ? loss->said.fact
                       : climb->retires ? find_retire(line, at, admin)
                                        : NOBODY;
    if (role == (int)MIR_ROLE_OBSERVER) {
        line->flags[at] |= MIR_LINE_OBSERVER;
    }
    if (line->losses[at] != NOBODY || !mir_bound_leaves(&climb->cuts, &line->tree, at)) {
        line->flags[at] |= MIR_LINE_CUT;
    }
    return 1;
}

/* Nodes stand in the order of seq: each behind the one before it. */
static int climb_line(struct mir_line *line)
{
    struct climb climb;
    memset(&climb, 0, sizeof climb);
    if (!begin_climb(&climb, line)) {
        return 0;
    }
    for (uint32_t at = 0; at < line->tree.count; at++) {
        if (line->tree.nodes[at].stands && (!fill_row(line, at) || !climb_to(&climb, line, at))) {
            return 0;
        }
    }
    return 1;
}

/* By an adopt in force of another device; past a hostile cut by an admin's. */
static int is_adopted(const struct mir_line *line, uint32_t at)
{
    struct mir_naming sought = { .id = line->headers[at]->id };
    int hostile = !mir_bound_leaves(&line->hostile, &line->tree, at);
    size_t end = 0;
    for (size_t i = mir_namings_of(&line->strata->adopted, &sought, &end); i < end; i++) {
        const struct mir_naming *adopt = &line->strata->adopted.items[i];
        if (mir_key_compare(&adopt->by, line->device) != 0 && (!hostile || adopt->as_admin)) {
            return 1;
        }
    }
    return 0;
}

static struct mir_verdict judge_node(const struct mir_line *line, uint32_t at)
{
    struct mir_verdict out = { MIR_STATE_WAITING, MIR_REASON_PREV };
    const struct mir_membership *membership = line->strata->out;
    uint32_t authority = mir_causal_find(membership->causal, &line->headers[at]->authority);
    uint32_t compartment = line->compartment;
    if (!line->tree.nodes[at].stands) {
        return out;
    }
    out.reason = MIR_REASON_AUTHORITY;
    if (authority == NOBODY) {
        return out;
    }
    out.reason = MIR_REASON_ADMIT;
    if (line->member == NULL || !line->member->member) {
        return out;
    }
    uint8_t flags = line->flags[at];
    int held = (flags & (MIR_LINE_CUT | MIR_LINE_FORKED)) != 0 && !is_adopted(line, at);
    out.state = MIR_STATE_QUARANTINED;
    out.reason = MIR_REASON_CUT;
    if (held && (flags & MIR_LINE_CUT) != 0) {
        return out;
    }
    out.reason = MIR_REASON_NOT_ALLOWED;
    if ((flags & MIR_LINE_OBSERVER) != 0 || compartment >= MIR_COMPARTMENT_CONTROL ||
        (membership->compartments[compartment / 64] >> (compartment % 64) & 1u) == 0) {
        return out;
    }
    out.reason = MIR_REASON_FORK;
    if (held) {
        return out;
    }
    out.state = MIR_STATE_ACCEPTED;
    out.reason = MIR_REASON_NONE;
    return out;
}

mirsal_code mir_line_judge(struct mir_verdict *out,
    const struct mir_membership *membership,
    const struct mir_data_header *headers,
    size_t count,
    mirsal_error *err)
{
    return mir_line_causes(out, NULL, membership, headers, count, err);
}

static const mirsal_hash *find_cause(const struct mir_line *line, uint32_t at)
{
    return mir_strata_cut_by(line->strata, line->device, &line->tree,
        (struct mir_cut_node){ line->compartment, at, line->losses[at], 0 });
}

mirsal_code mir_line_causes(struct mir_verdict *out,
    mirsal_hash *causes,
    const struct mir_membership *membership,
    const struct mir_data_header *headers,
    size_t count,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    struct mir_arena arena;
    struct mir_line line;
    if (count == 0) {
        return MIRSAL_OK;
    }
    mir_arena_init(&arena, membership->arena.env, SIZE_MAX);
    memset(&line, 0, sizeof line);
    line.strata = membership->strata;
    line.arena = &arena;
    line.device = &headers[0].device;
    line.compartment = headers[0].compartment;
    line.member = membership->has_genesis ? mir_membership_device(membership, line.device) : NULL;
    int done = build_line(&line, headers, count);
    if (done && line.member != NULL && line.member->member) {
        done = climb_line(&line) && mir_line_forks(&line);
    }
    if (!done) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "no memory to judge a chain");
        goto out;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t at = find_header(&line, headers[i].seq, &headers[i].id);
        out[i] = judge_node(&line, at);
        const mirsal_hash *cause =
            causes != NULL && out[i].reason == MIR_REASON_CUT ? find_cause(&line, at) : NULL;
        if (cause != NULL) {
            causes[i] = *cause;
        }
    }
out:
    mir_arena_fini(&arena);
    return rc;
}

/* All statements on it give one role, which takes nothing from what its join gave. */
int mir_line_is_plain(const struct mir_membership *membership, const mirsal_hash *device)
{
    const struct mir_strata *strata = membership->strata;
    const struct mir_member *member = mir_membership_device(membership, device);
    struct mir_line line = { .strata = strata, .device = device };
    size_t end = 0;
    if (member == NULL || !member->member || member->ended || member->basis < MIR_ROLE_MONITOR) {
        return 0;
    }
    line.control_from = mir_tree_device(&strata->tree, device, &line.control_end);
    for (uint32_t compartment = 0; compartment < MIR_COMPARTMENT_CONTROL && strata->evidence_count;
         compartment++) {
        if (evidence_on(strata, device, compartment, &end) < end) {
            return 0;
        }
    }
    const struct mir_words *lists[] = { &strata->root_roles, &strata->roles };
    for (size_t list = 0; list < 2; list++) {
        size_t count = 0;
        const struct mir_word *words = mir_words_range(lists[list], device, 0, &count);
        for (size_t i = 0; i < count; i++) {
            if (words[i].value != words[0].value || words[i].value < (int)member->basis) {
                return 0;
            }
        }
    }
    return !has_retire(&line);
}

size_t mir_membership_adopted(const struct mir_membership *membership,
    const mirsal_hash *changeset,
    struct mir_adoption *first)
{
    struct mir_naming sought = { .id = *changeset };
    size_t end = 0;
    size_t from = mir_namings_of(&membership->strata->adopted, &sought, &end);
    if (from < end && first != NULL) {
        first->by = membership->strata->adopted.items[from].by;
        first->as_admin = membership->strata->adopted.items[from].as_admin;
    }
    return end - from;
}
