/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/causal.c - the graph of control changesets; protocol/control.md 5.0 and 5.5.
 *
 * One topological pass gives standing and, for the changesets that rules ask about, rows of bits;
 * any other pair is answered by a walk. Nothing here depends on the order in which facts came.
 */
#include "causal.h"

#include "sort.h"

#include <string.h>

#define NOBODY    MIR_CAUSAL_NOBODY
#define WORD_BITS 64u

int mir_key_compare(const mirsal_hash *a, const mirsal_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

int mir_key_is_zero(const mirsal_hash *hash)
{
    static const mirsal_hash zeros;
    return mir_key_compare(hash, &zeros) == 0;
}

static int compare_facts(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_control *left = NULL;
    const struct mir_control *right = NULL;
    memcpy(&left, a, sizeof(const struct mir_control *));
    memcpy(&right, b, sizeof(const struct mir_control *));
    return mir_key_compare(&left->id, &right->id);
}

uint32_t mir_causal_find(const struct mir_causal *causal, const mirsal_hash *id)
{
    uint32_t low = 0;
    uint32_t high = causal->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = mir_key_compare(&causal->facts[middle]->id, id);
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

static int sort_facts(struct mir_causal *causal,
    struct mir_arena *arena,
    const struct mir_control *facts,
    size_t count)
{
    causal->facts = mir_arena_alloc(arena, count, sizeof(const struct mir_control *));
    if (causal->facts == NULL) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        causal->facts[i] = &facts[i];
    }
    mir_sort(causal->facts, count, sizeof(const struct mir_control *), compare_facts, NULL);
    for (size_t i = 0; i < count; i++) {
        const struct mir_control *fact = causal->facts[i];
        if (causal->count == 0 ||
            mir_key_compare(&causal->facts[causal->count - 1]->id, &fact->id) != 0) {
            causal->facts[causal->count++] = fact;
        }
    }
    return 1;
}

/* The place of the changeset before in the chain: held, of this device, and one lower. */
static uint32_t find_prev(const struct mir_causal *causal, const struct mir_control *fact)
{
    uint32_t prev = fact->seq > 1 ? mir_causal_find(causal, &fact->prev) : NOBODY;
    if (prev == NOBODY || causal->facts[prev]->seq != fact->seq - 1 ||
        mir_key_compare(&causal->facts[prev]->device, &fact->device) != 0) {
        return NOBODY;
    }
    return prev;
}

static void add_edge(struct mir_causal *causal, uint32_t from, uint32_t to, uint64_t *edges)
{
    if (to != NOBODY && to != from) {
        causal->edges[(*edges)++] = to;
    }
}

static int link_facts(struct mir_causal *causal, struct mir_arena *arena)
{
    uint64_t edges = 0;
    for (uint32_t i = 0; i < causal->count; i++) {
        edges += 2u + (uint64_t)causal->facts[i]->knows_count;
    }
    if (edges >= NOBODY) {
        return 0;
    }
    causal->edges = mir_arena_alloc(arena, (size_t)edges, sizeof *causal->edges);
    causal->edges_at = mir_arena_alloc(arena, (size_t)causal->count + 1, sizeof *causal->edges_at);
    causal->prev = mir_arena_alloc(arena, causal->count, sizeof *causal->prev);
    if (causal->edges == NULL || causal->edges_at == NULL || causal->prev == NULL) {
        return 0;
    }
    edges = 0;
    for (uint32_t i = 0; i < causal->count; i++) {
        const struct mir_control *fact = causal->facts[i];
        causal->edges_at[i] = (uint32_t)edges;
        causal->prev[i] = find_prev(causal, fact);
        add_edge(causal, i, mir_causal_find(causal, &fact->prev), &edges);
        add_edge(causal, i, mir_causal_find(causal, &fact->authority), &edges);
        for (size_t k = 0; k < fact->knows_count; k++) {
            add_edge(causal, i, mir_causal_find(causal, &fact->knows[k]), &edges);
        }
    }
    causal->edges_at[causal->count] = (uint32_t)edges;
    return 1;
}

/* Past before future. What is left when nothing more is free lies on or behind a cycle. */
static uint32_t order_free(struct mir_causal *causal,
    const uint32_t *future_at,
    const uint32_t *future,
    uint32_t *waits_for)
{
    uint32_t ordered = 0;
    for (uint32_t i = 0; i < causal->count; i++) {
        waits_for[i] = causal->edges_at[i + 1] - causal->edges_at[i];
        if (waits_for[i] == 0) {
            causal->order[ordered++] = i;
        }
    }
    for (uint32_t done = 0; done < ordered; done++) {
        uint32_t place = causal->order[done];
        for (uint32_t e = future_at[place]; e < future_at[place + 1]; e++) {
            if (--waits_for[future[e]] == 0) {
                causal->order[ordered++] = future[e];
            }
        }
    }
    return ordered;
}

static void drop_cycles(struct mir_causal *causal, uint32_t ordered, const uint32_t *waits_for)
{
    for (uint32_t i = 0; i < causal->count && ordered < causal->count; i++) {
        if (waits_for[i] == 0) {
            continue;
        }
        causal->order[ordered++] = i;
        causal->prev[i] = NOBODY;
        for (uint32_t e = causal->edges_at[i]; e < causal->edges_at[i + 1]; e++) {
            if (waits_for[causal->edges[e]] != 0) {
                causal->edges[e] = i; /* an edge to itself leads nowhere */
            }
        }
    }
}

static int order_facts(struct mir_causal *causal, struct mir_arena *arena)
{
    uint32_t count = causal->count;
    uint32_t edges = causal->edges_at[count];
    uint32_t *future_at = mir_arena_alloc(arena, (size_t)count + 2, sizeof *future_at);
    uint32_t *future = mir_arena_alloc(arena, edges, sizeof *future);
    uint32_t *waits_for = mir_arena_alloc(arena, count, sizeof *waits_for);
    causal->order = mir_arena_alloc(arena, count, sizeof *causal->order);
    causal->position = mir_arena_alloc(arena, count, sizeof *causal->position);
    if (future_at == NULL || future == NULL || waits_for == NULL || causal->order == NULL ||
        causal->position == NULL) {
        return 0;
    }
    for (uint32_t e = 0; e < edges; e++) {
        future_at[causal->edges[e] + 2]++;
    }
    for (uint32_t i = 2; i < count + 2; i++) {
        future_at[i] += future_at[i - 1];
    }
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t e = causal->edges_at[i]; e < causal->edges_at[i + 1]; e++) {
            future[future_at[causal->edges[e] + 1]++] = i;
        }
    }
    drop_cycles(causal, order_free(causal, future_at, future, waits_for), waits_for);
    for (uint32_t i = 0; i < count; i++) {
        causal->position[causal->order[i]] = i;
    }
    return 1;
}

static int has_unknown(const struct mir_control *fact)
{
    for (size_t i = 0; i < fact->statement_count; i++) {
        if (fact->statements[i].kind == MIR_STATEMENT_UNKNOWN) {
            return 1;
        }
    }
    return 0;
}

static int walk_chains(struct mir_causal *causal, struct mir_arena *arena)
{
    causal->stands = mir_arena_alloc(arena, causal->count, sizeof *causal->stands);
    causal->after_unseen = mir_arena_alloc(arena, causal->count, sizeof *causal->after_unseen);
    if (causal->stands == NULL || causal->after_unseen == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < causal->count; i++) {
        uint32_t place = causal->order[i];
        uint32_t prev = causal->prev[place];
        const struct mir_control *fact = causal->facts[place];
        if (prev == NOBODY) {
            causal->stands[place] = fact->seq == 1 && mir_key_is_zero(&fact->prev);
            continue;
        }
        causal->stands[place] = causal->stands[prev];
        causal->after_unseen[place] =
            causal->after_unseen[prev] || has_unknown(causal->facts[prev]);
    }
    return 1;
}

int mir_causal_init(struct mir_causal *causal,
    struct mir_arena *arena,
    const struct mir_control *facts,
    size_t count)
{
    memset(causal, 0, sizeof *causal);
    if (count >= NOBODY - 2u || !sort_facts(causal, arena, facts, count) ||
        !link_facts(causal, arena) || !order_facts(causal, arena) || !walk_chains(causal, arena)) {
        return 0;
    }
    causal->mark = mir_arena_alloc(arena, causal->count, sizeof *causal->mark);
    causal->queue = mir_arena_alloc(arena, causal->count, sizeof *causal->queue);
    return causal->mark != NULL && causal->queue != NULL;
}

static uint64_t *row_of(const struct mir_causal *causal, uint32_t place)
{
    return causal->rows + (size_t)place * causal->row_words;
}

int mir_causal_want(struct mir_causal *causal, struct mir_arena *arena, const uint8_t *wanted)
{
    causal->column = mir_arena_alloc(arena, causal->count, sizeof *causal->column);
    if (causal->column == NULL) {
        return 0;
    }
    causal->column_count = 0;
    for (uint32_t i = 0; i < causal->count; i++) {
        causal->column[i] = wanted[i] ? causal->column_count++ : NOBODY;
    }
    causal->row_words = ((size_t)causal->column_count + WORD_BITS - 1) / WORD_BITS;
    causal->rows = mir_arena_alloc(arena, causal->count, causal->row_words * sizeof *causal->rows);
    if (causal->rows == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < causal->count; i++) {
        uint32_t place = causal->order[i];
        uint64_t *row = row_of(causal, place);
        for (uint32_t e = causal->edges_at[place]; e < causal->edges_at[place + 1]; e++) {
            uint32_t past = causal->edges[e];
            if (past == place) {
                continue;
            }
            const uint64_t *known = row_of(causal, past);
            for (size_t word = 0; word < causal->row_words; word++) {
                row[word] |= known[word];
            }
            uint32_t column = causal->column[past];
            if (column != NOBODY) {
                row[column / WORD_BITS] |= UINT64_C(1) << (column % WORD_BITS);
            }
        }
    }
    return 1;
}

const uint64_t *mir_causal_row(const struct mir_causal *causal, uint32_t place)
{
    return row_of(causal, place);
}

int mir_causal_row_knows(const struct mir_causal *causal, const uint64_t *row, uint32_t b)
{
    uint32_t column = causal->column[b];
    return column != NOBODY && (row[column / WORD_BITS] >> (column % WORD_BITS) & 1u) != 0;
}

int mir_causal_knows_wanted(const struct mir_causal *causal, uint32_t a, uint32_t b)
{
    return mir_causal_row_knows(causal, row_of(causal, a), b);
}

int mir_causal_knows(struct mir_causal *causal, uint32_t a, uint32_t b)
{
    uint32_t queued = 0;
    if (++causal->walk == 0) { /* the marks of 2^32 walks ago would look new */
        memset(causal->mark, 0, (size_t)causal->count * sizeof *causal->mark);
        causal->walk = 1;
    }
    causal->mark[a] = causal->walk;
    causal->queue[queued++] = a;
    for (uint32_t done = 0; done < queued; done++) {
        uint32_t place = causal->queue[done];
        for (uint32_t e = causal->edges_at[place]; e < causal->edges_at[place + 1]; e++) {
            uint32_t past = causal->edges[e];
            if (past == b && past != place) {
                return 1;
            }
            if (causal->mark[past] != causal->walk &&
                causal->position[past] > causal->position[b]) {
                causal->mark[past] = causal->walk;
                causal->queue[queued++] = past;
            }
        }
    }
    return 0;
}
