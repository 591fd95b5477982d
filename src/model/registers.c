/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/registers.c - live writes, depths, winner and conflict of one register; protocol/merge.md.
 *
 * Writes are sorted by id once; parents are found by their 16-byte names in logarithmic time;
 * depths follow in topological order. Ids are hashes, so parents form no cycle; should one be given
 * all the same, parents within it are taken as not held, and every write of it stays live.
 */
#include "registers.h"

#include "arena.h"
#include "fail.h"
#include "sort.h"

#include <string.h>

#define NOBODY UINT32_MAX

struct graph {
    struct mir_register_write *writes;
    enum mir_policy policy;
    uint32_t *order; /* of the n different changesets: index into writes, ascending by id */
    uint32_t n;
    uint32_t *first;    /* n + 1: where the resolved parents of a write begin in parents */
    uint32_t *parents;  /* places in order */
    uint32_t *child_at; /* n + 1: where the children of a write begin in children */
    uint32_t *children;
    uint8_t *settled; /* its depth is final: it depends on no cycle */
};

static int compare_by_id(const void *a, const void *b, void *context)
{
    const struct mir_register_write *writes = context;
    uint32_t left = 0;
    uint32_t right = 0;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    int order = memcmp(writes[left].changeset.bytes, writes[right].changeset.bytes, 32);
    if (order != 0) {
        return order;
    }
    return left < right ? -1 : left > right;
}

static int compare_by_value(const void *a, const void *b, void *context)
{
    const struct mir_register_write *writes = context;
    uint32_t left = 0;
    uint32_t right = 0;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return mir_bytes_compare(writes[left].value, writes[right].value);
}

static int write_counts(const struct mir_register_write *write, enum mir_policy policy)
{
    if (!write->accepted || policy == MIR_POLICY_DERIVED) {
        return 0;
    }
    if (policy == MIR_POLICY_ONCE) {
        return write->creating != 0;
    }
    return policy != MIR_POLICY_LOG || write->ordinal != 0;
}

static struct mir_register_write *write_at(const struct graph *graph, uint32_t place)
{
    return &graph->writes[graph->order[place]];
}

/* Place of the only held write that answers to name, if it counts; else NOBODY. */
static uint32_t find_parent(const struct graph *graph, const struct mir_write_name *name)
{
    uint32_t low = 0;
    uint32_t high = graph->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (memcmp(write_at(graph, middle)->changeset.bytes, name->bytes, sizeof name->bytes) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const size_t size = sizeof name->bytes;
    if (low == graph->n || memcmp(write_at(graph, low)->changeset.bytes, name->bytes, size) != 0) {
        return NOBODY;
    }
    if (low + 1 < graph->n &&
        memcmp(write_at(graph, low + 1)->changeset.bytes, name->bytes, size) == 0) {
        return NOBODY;
    }
    return write_counts(write_at(graph, low), graph->policy) ? low : NOBODY;
}

/* Parents that name an accepted held write other than the child; stored when out is not NULL. */
static uint32_t resolve_parents(const struct graph *graph, uint32_t place, uint32_t *out)
{
    const struct mir_register_write *write = write_at(graph, place);
    uint32_t found = 0;
    if (!write_counts(write, graph->policy)) {
        return 0;
    }
    for (size_t i = 0; i < write->parent_count; i++) {
        uint32_t parent = find_parent(graph, &write->parents[i]);
        if (parent != NOBODY && parent != place) {
            if (out != NULL) {
                out[found] = parent;
            }
            found++;
        }
    }
    return found;
}

static int sort_writes(struct graph *graph, struct mir_arena *arena, size_t count)
{
    graph->order = mir_arena_alloc(arena, count, sizeof *graph->order);
    if (graph->order == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < (uint32_t)count; i++) {
        graph->order[i] = i;
    }
    mir_sort(graph->order, count, sizeof *graph->order, compare_by_id, graph->writes);
    for (size_t i = 0; i < count; i++) {
        uint32_t index = graph->order[i];
        if (graph->n > 0 && memcmp(write_at(graph, graph->n - 1)->changeset.bytes,
                                graph->writes[index].changeset.bytes, 32) == 0) {
            continue;
        }
        graph->order[graph->n++] = index;
    }
    return 1;
}

static int link_writes(struct graph *graph, struct mir_arena *arena)
{
    uint32_t n = graph->n;
    uint64_t edges = 0;
    graph->first = mir_arena_alloc(arena, (size_t)n + 1, sizeof *graph->first);
    graph->child_at = mir_arena_alloc(arena, (size_t)n + 2, sizeof *graph->child_at);
    graph->settled = mir_arena_alloc(arena, n, sizeof *graph->settled);
    if (graph->first == NULL || graph->child_at == NULL || graph->settled == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        graph->first[i] = (uint32_t)edges;
        edges += resolve_parents(graph, i, NULL);
        if (edges >= NOBODY) {
            return 0;
        }
    }
    graph->first[n] = (uint32_t)edges;
    graph->parents = mir_arena_alloc(arena, (size_t)edges, sizeof *graph->parents);
    graph->children = mir_arena_alloc(arena, (size_t)edges, sizeof *graph->children);
    if (graph->parents == NULL || graph->children == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        (void)resolve_parents(graph, i, graph->parents + graph->first[i]);
    }
    /* Children by counting: child_at[p + 2] counts, then child_at[p + 1] is where p's next goes. */
    for (uint32_t e = 0; e < (uint32_t)edges; e++) {
        graph->child_at[graph->parents[e] + 2]++;
    }
    for (uint32_t i = 2; i < n + 2; i++) {
        graph->child_at[i] += graph->child_at[i - 1];
    }
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t e = graph->first[i]; e < graph->first[i + 1]; e++) {
            graph->children[graph->child_at[graph->parents[e] + 1]++] = i;
        }
    }
    return 1;
}

static int same_author(const struct mir_register_write *a, const struct mir_register_write *b)
{
    return memcmp(a->author.bytes, b->author.bytes, sizeof a->author.bytes) == 0;
}

static void raise_depth(struct mir_register_write *child, const struct mir_register_write *parent)
{
    uint32_t depth = parent->depth + (same_author(child, parent) ? 0u : 1u);
    if (depth > child->depth) {
        child->depth = depth;
    }
}

/* Depths in topological order; what depends on a cycle takes only parents that do not. */
static int measure_depths(struct graph *graph, struct mir_arena *arena)
{
    uint32_t n = graph->n;
    uint32_t *queue = mir_arena_alloc(arena, n, sizeof *queue);
    uint32_t *waits_for = mir_arena_alloc(arena, n, sizeof *waits_for);
    uint32_t queued = 0;
    if (queue == NULL || waits_for == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        write_at(graph, i)->depth = write_counts(write_at(graph, i), graph->policy) ? 1 : 0;
        waits_for[i] = graph->first[i + 1] - graph->first[i];
        if (waits_for[i] == 0) {
            queue[queued++] = i;
        }
    }
    for (uint32_t done = 0; done < queued; done++) {
        uint32_t place = queue[done];
        graph->settled[place] = 1;
        for (uint32_t e = graph->child_at[place]; e < graph->child_at[place + 1]; e++) {
            uint32_t child = graph->children[e];
            raise_depth(write_at(graph, child), write_at(graph, place));
            if (--waits_for[child] == 0) {
                queue[queued++] = child;
            }
        }
    }
    return 1;
}

static int supersedes(enum mir_policy policy,
    const struct mir_register_write *write,
    const struct mir_register_write *parent)
{
    if (same_author(write, parent)) {
        return 1;
    }
    return mir_role_resolves(write->role) &&
           mir_policy_rank(policy, write->role) >= mir_policy_rank(policy, parent->role);
}

static void mark_live(struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n; i++) {
        write_at(graph, i)->live = write_counts(write_at(graph, i), graph->policy);
    }
    for (uint32_t i = 0; i < graph->n; i++) {
        for (uint32_t e = graph->first[i]; e < graph->first[i + 1]; e++) {
            uint32_t parent = graph->parents[e];
            if (!graph->settled[parent]) {
                continue;
            }
            if (supersedes(graph->policy, write_at(graph, i), write_at(graph, parent))) {
                write_at(graph, parent)->live = 0;
            }
        }
    }
}

static int compare_u64(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* merge.md 3: positive when a wins over b. */
static int compare_standing(enum mir_policy policy,
    const struct mir_register_write *a,
    const struct mir_register_write *b)
{
    int order = 0;
    if (policy == MIR_POLICY_LATTICE || policy == MIR_POLICY_SET || policy == MIR_POLICY_LOG) {
        order = compare_u64(a->ordinal, b->ordinal);
    }
    if (order == 0) {
        order = compare_u64(mir_policy_rank(policy, a->role), mir_policy_rank(policy, b->role));
    }
    if (order == 0) {
        order = compare_u64(a->depth, b->depth);
    }
    if (order == 0) {
        order = compare_u64(a->stamp, b->stamp);
    }
    if (order == 0) {
        order = memcmp(a->changeset.bytes, b->changeset.bytes, sizeof a->changeset.bytes);
    }
    return order;
}

/* Different values among the live writes that rank at least rank_min; scratch holds n places. */
static size_t count_values(const struct graph *graph, uint32_t *scratch, uint32_t rank_min)
{
    size_t live = 0;
    size_t values = 0;
    for (uint32_t i = 0; i < graph->n; i++) {
        const struct mir_register_write *write = write_at(graph, i);
        if (write->live && mir_policy_rank(graph->policy, write->role) >= rank_min) {
            scratch[live++] = graph->order[i];
        }
    }
    mir_sort(scratch, live, sizeof *scratch, compare_by_value, graph->writes);
    for (size_t i = 0; i < live; i++) {
        if (i == 0 || !mir_bytes_equal(
                          graph->writes[scratch[i - 1]].value, graph->writes[scratch[i]].value)) {
            values++;
        }
    }
    return values;
}

static enum mir_register_conflict find_conflict(const struct graph *graph,
    const struct mir_register *found,
    uint32_t *scratch)
{
    if (graph->policy == MIR_POLICY_ONCE) {
        for (uint32_t i = 0; i < graph->n; i++) {
            if (write_at(graph, i)->accepted && !write_at(graph, i)->creating) {
                return MIR_REGISTER_ONCE;
            }
        }
    }
    if (found->value_count < 2) {
        return MIR_REGISTER_AGREES;
    }
    if (graph->policy == MIR_POLICY_REVIEW) {
        return MIR_REGISTER_VALUES;
    }
    if (graph->policy == MIR_POLICY_RANKED) {
        uint32_t top = mir_policy_rank(graph->policy, graph->writes[found->winner].role);
        return count_values(graph, scratch, top) > 1 ? MIR_REGISTER_VALUES : MIR_REGISTER_AGREES;
    }
    return MIR_REGISTER_AGREES;
}

mirsal_code mir_register_evaluate(struct mir_register *out,
    struct mir_register_write *writes,
    size_t count,
    enum mir_policy policy,
    const mirsal_env *env,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    struct mir_arena arena;
    struct graph graph = { .writes = writes, .policy = policy };
    struct mir_register found = { .winner = MIR_REGISTER_NO_WINNER };
    uint32_t *scratch = NULL;
    mir_arena_init(&arena, env, SIZE_MAX);
    for (size_t i = 0; i < count; i++) {
        writes[i].live = 0;
        writes[i].depth = 0;
    }
    if (count >= NOBODY || !sort_writes(&graph, &arena, count) || !link_writes(&graph, &arena) ||
        !measure_depths(&graph, &arena)) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a register of %zu writes", count);
        goto out;
    }
    scratch = mir_arena_alloc(&arena, graph.n, sizeof *scratch);
    if (scratch == NULL) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a register of %zu writes", count);
        goto out;
    }
    mark_live(&graph);
    for (uint32_t i = 0; i < graph.n; i++) {
        const struct mir_register_write *write = write_at(&graph, i);
        if (!write->live) {
            continue;
        }
        found.live_count++;
        if (found.winner == MIR_REGISTER_NO_WINNER ||
            compare_standing(policy, write, &writes[found.winner]) > 0) {
            found.winner = graph.order[i];
        }
    }
    found.value_count = count_values(&graph, scratch, 0);
    found.conflict = find_conflict(&graph, &found, scratch);
    *out = found;
out:
    mir_arena_fini(&arena);
    return rc;
}

const char *mir_register_conflict_name(enum mir_register_conflict conflict)
{
    switch (conflict) {
    case MIR_REGISTER_VALUES:
        return "values";
    case MIR_REGISTER_ONCE:
        return "once";
    case MIR_REGISTER_AGREES:
        break;
    }
    return NULL;
}
