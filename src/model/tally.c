/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/tally.c - rows: which incidents and claims fall into each, and what they add up to;
 * protocol/tally.md, rules 1, 6 and 7.
 */
#include "tally.h"

#include "fail.h"
#include "sort.h"
#include "tally_blocks.h"
#include "tally_sum.h"

#include <string.h>

#define NOWHERE MIR_TALLY_NOWHERE

/* An incident's part in a row. */
struct entry {
    uint32_t codes[MIR_TALLY_CODES];
    mirsal_id actor;
    mirsal_id source;
    uint32_t place;
};

struct work {
    struct mir_tally *out;
    const struct mir_tally_query *query;
    struct mir_arena scratch;
    struct mir_tally_index index;
    struct mir_tally_blocks blocks;
    uint32_t *claims; /* that count, ascending by (source, claim) where sources are asked for */
    uint32_t claim_count;
    uint32_t *claims_at; /* by place: where its claims begin in claims_of; place_count + 1 */
    uint32_t *claims_of;
    uint32_t *mark;    /* by claim: the row that has it, plus 1 */
    uint8_t *in_query; /* by place */
    struct entry *entries;
    size_t entry_count;
    size_t entry_max;
};

const char *mir_tally_group_name(enum mir_tally_group group)
{
    static const char *const names[] = { "total", "civilians", "combatants", "women", "men",
        "children", "unknown" };
    return (size_t)group < sizeof names / sizeof names[0] ? names[group] : "unknown";
}

static int asks_for(const struct mir_tally_query *query, enum mir_tally_dimension dimension)
{
    for (size_t i = 0; i < query->by_count; i++) {
        if (query->by[i] == dimension) {
            return 1;
        }
    }
    return 0;
}

static int compare_entries(const struct entry *a, const struct entry *b)
{
    for (size_t i = 0; i < MIR_TALLY_CODES; i++) {
        if (a->codes[i] != b->codes[i]) {
            return a->codes[i] < b->codes[i] ? -1 : 1;
        }
    }
    int order = mir_id_compare(&a->actor, &b->actor);
    return order != 0 ? order : mir_id_compare(&a->source, &b->source);
}

/* By source first: the blocks are filled once for each. */
static int compare_for_filling(const void *a, const void *b, void *context)
{
    (void)context;
    const struct entry *left = a;
    const struct entry *right = b;
    int order = mir_id_compare(&left->source, &right->source);
    if (order == 0) {
        order = compare_entries(left, right);
    }
    if (order != 0) {
        return order;
    }
    return left->place < right->place ? -1 : left->place > right->place;
}

/* Rule 1: inside the period, outside of it, or on its edge. */
static int inside_period(const struct mir_tally_query *query,
    const struct mir_tally_place *place,
    int *boundary)
{
    *boundary = 0;
    if (!query->has_since && !query->has_until) {
        return 1;
    }
    if (!place->has_date) {
        *boundary = 1;
        return 0;
    }
    if ((query->has_since && place->date_end < query->since) ||
        (query->has_until && place->date_start > query->until)) {
        return 0;
    }
    *boundary = (query->has_since && place->date_start < query->since) ||
                (query->has_until && place->date_end > query->until);
    return !*boundary;
}

static int compare_ids(const void *a, const void *b, void *context)
{
    (void)context;
    return mir_id_compare(a, b);
}

static int select_places(struct work *work)
{
    struct mir_tally *out = work->out;
    uint32_t count = work->index.place_count;
    work->in_query = mir_arena_alloc(&work->scratch, count, sizeof *work->in_query);
    out->boundary = mir_arena_alloc(&out->arena, count, sizeof *out->boundary);
    if (work->in_query == NULL || out->boundary == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct mir_tally_place *place = &work->index.places[i];
        int boundary = 0;
        if (!place->live || place->excluded) {
            continue;
        }
        work->in_query[i] = (uint8_t)inside_period(work->query, place, &boundary);
        if (boundary) {
            out->boundary[out->boundary_count++] = place->id;
        }
    }
    mir_sort(out->boundary, out->boundary_count, sizeof *out->boundary, compare_ids, NULL);
    return 1;
}

/* What a claim is a row under when sources are asked for: zeros where it names none. */
static const mirsal_id *source_of(const struct work *work, uint32_t said)
{
    return &work->index.said[said].claim->root;
}

static int compare_sources(const void *a, const void *b, void *context)
{
    const struct work *work = context;
    uint32_t left = 0;
    uint32_t right = 0;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    int order = mir_id_compare(source_of(work, left), source_of(work, right));
    return order != 0 ? order : left < right ? -1 : left > right;
}

static int list_claims(struct work *work)
{
    uint32_t count = (uint32_t)work->index.said_count;
    uint32_t places = work->index.place_count;
    size_t total = 0;
    work->claims = mir_arena_alloc(&work->scratch, count, sizeof *work->claims);
    work->mark = mir_arena_alloc(&work->scratch, count, sizeof *work->mark);
    work->claims_at = mir_arena_alloc(&work->scratch, (size_t)places + 2, sizeof *work->claims_at);
    if (work->claims == NULL || work->mark == NULL || work->claims_at == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct mir_tally_said *said = &work->index.said[i];
        work->claims[i] = i;
        total += said->scope_count;
        for (uint32_t s = 0; s < said->scope_count; s++) {
            work->claims_at[said->scope[s] + 2]++;
        }
    }
    work->claim_count = count;
    work->claims_of = mir_arena_alloc(&work->scratch, total, sizeof *work->claims_of);
    if (work->claims_of == NULL || total >= NOWHERE) {
        return 0;
    }
    for (uint32_t i = 2; i < places + 2; i++) {
        work->claims_at[i] += work->claims_at[i - 1];
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct mir_tally_said *said = &work->index.said[i];
        for (uint32_t s = 0; s < said->scope_count; s++) {
            work->claims_of[work->claims_at[said->scope[s] + 1]++] = i;
        }
    }
    if (asks_for(work->query, MIR_TALLY_BY_SOURCE)) {
        mir_sort(work->claims, count, sizeof *work->claims, compare_sources, work);
    }
    return 1;
}

static void add_entries(struct work *work, uint32_t place, const mirsal_id *source, int store)
{
    const struct mir_tally_place *what = &work->index.places[place];
    size_t actors = asks_for(work->query, MIR_TALLY_BY_ACTOR) ? what->actor_count : 0;
    struct entry entry;
    memset(&entry, 0, sizeof entry);
    entry.place = place;
    if (source != NULL) {
        entry.source = *source;
    }
    for (size_t i = 0; i < work->query->by_count; i++) {
        if (work->query->by[i] < MIR_TALLY_CODES) {
            entry.codes[work->query->by[i]] = what->codes[work->query->by[i]];
        }
    }
    size_t a = 0;
    do {
        if (a < actors) {
            entry.actor = work->index.actors[what->actors_at + a].actor;
        }
        if (store) {
            work->entries[work->entry_count] = entry;
        }
        work->entry_count++;
    } while (++a < actors);
}

/* Each place in the query, under each actor, and under each source that says something of it. */
static int list_entries(struct work *work)
{
    int by_source = asks_for(work->query, MIR_TALLY_BY_SOURCE);
    for (int store = 0; store < 2; store++) {
        work->entry_count = 0;
        for (uint32_t place = 0; place < work->index.place_count; place++) {
            if (!work->in_query[place]) {
                continue;
            }
            if (!by_source) {
                add_entries(work, place, NULL, store);
            }
            for (uint32_t c = work->claims_at[place]; by_source && c < work->claims_at[place + 1];
                 c++) {
                add_entries(work, place, source_of(work, work->claims_of[c]), store);
            }
        }
        if (!store) {
            work->entries =
                mir_arena_alloc(&work->scratch, work->entry_count, sizeof *work->entries);
            if (work->entries == NULL) {
                return 0;
            }
        }
    }
    mir_sort(work->entries, work->entry_count, sizeof *work->entries, compare_for_filling, NULL);
    size_t kept = 0;
    for (size_t i = 0; i < work->entry_count; i++) { /* one root's several claims on one place */
        if (i == 0 || compare_for_filling(&work->entries[kept - 1], &work->entries[i], NULL) != 0) {
            work->entries[kept++] = work->entries[i];
        }
    }
    work->entry_count = kept;
    return 1;
}

/* Places of entries from first to end; for sole only those with exactly one perpetrator. */
static uint32_t collect_places(const struct work *work,
    size_t first,
    size_t end,
    int sole,
    uint32_t *places)
{
    uint32_t count = 0;
    for (size_t i = first; i < end; i++) {
        if (!sole || work->index.places[work->entries[i].place].actor_count == 1) {
            places[count++] = work->entries[i].place;
        }
    }
    return count;
}

static int list_row_claims(struct work *work,
    struct mir_tally_row *row,
    uint32_t number,
    const uint32_t *places,
    uint32_t count)
{
    int by_source = asks_for(work->query, MIR_TALLY_BY_SOURCE);
    size_t most = 0;
    for (uint32_t i = 0; i < count; i++) {
        most += work->claims_at[places[i] + 1] - work->claims_at[places[i]];
    }
    row->claims = mir_arena_alloc(&work->out->arena, most, sizeof *row->claims);
    if (row->claims == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t c = work->claims_at[places[i]]; c < work->claims_at[places[i] + 1]; c++) {
            uint32_t said = work->claims_of[c];
            int foreign = by_source && mir_id_compare(source_of(work, said), &row->source) != 0;
            if (!foreign && work->mark[said] != number + 1) {
                work->mark[said] = number + 1;
                row->claims[row->claim_count++] = work->index.said[said].claim->id;
            }
        }
    }
    mir_sort(row->claims, row->claim_count, sizeof *row->claims, compare_ids, NULL);
    return 1;
}

static int compare_gradings(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_tally_grading *left = a;
    const struct mir_tally_grading *right = b;
    return left->code < right->code ? -1 : left->code > right->code;
}

static int describe_row(struct work *work,
    struct mir_tally_row *row,
    const uint32_t *places,
    uint32_t count)
{
    row->ids = mir_arena_alloc(&work->out->arena, count, sizeof *row->ids);
    row->gradings = mir_arena_alloc(&work->out->arena, count, sizeof *row->gradings);
    if (row->ids == NULL || row->gradings == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct mir_tally_place *place = &work->index.places[places[i]];
        row->ids[row->id_count++] = place->id;
        row->gradings[i].code = place->codes[MIR_TALLY_BY_GRADING];
        row->gradings[i].incidents = 1;
        row->without_figures +=
            work->blocks.at[MIR_TALLY_KILLED][MIR_TALLY_TOTAL][places[i]] == MIR_TALLY_NO_BLOCK;
    }
    row->incidents = count;
    mir_sort(row->ids, row->id_count, sizeof *row->ids, compare_ids, NULL);
    mir_sort(row->gradings, count, sizeof *row->gradings, compare_gradings, NULL);
    for (uint32_t i = 0; i < count; i++) {
        if (row->grading_count > 0 &&
            row->gradings[row->grading_count - 1].code == row->gradings[i].code) {
            row->gradings[row->grading_count - 1].incidents++;
        } else {
            row->gradings[row->grading_count++] = row->gradings[i];
        }
    }
    return 1;
}

/* One row from entries first to end - 1, whose blocks are filled. */
static mirsal_code add_row(struct work *work,
    struct mir_tally_row *row,
    uint32_t number,
    size_t first,
    size_t end,
    mirsal_error *err)
{
    uint32_t *places = mir_arena_alloc(&work->scratch, end - first, sizeof *places);
    if (places == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a row of a tally");
    }
    if (first < end) {
        memcpy(row->codes, work->entries[first].codes, sizeof row->codes);
        row->actor = work->entries[first].actor;
        row->source = work->entries[first].source;
    }
    uint32_t count = collect_places(work, first, end, 0, places);
    if (!describe_row(work, row, places, count) ||
        !list_row_claims(work, row, number, places, count)) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a row of a tally");
    }
    mirsal_code rc = mir_tally_sum(row->figures, &work->blocks, 2 * number, places, count, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    count = collect_places(work, first, end, 1, places);
    row->sole.incidents = count;
    return mir_tally_sum(row->sole.figures, &work->blocks, 2 * number + 1, places, count, err);
}

/* Fills the blocks for the source of the entry at first; without sources once, for all claims. */
static int fill_blocks(struct work *work, size_t first, uint32_t *claim)
{
    if (!asks_for(work->query, MIR_TALLY_BY_SOURCE)) {
        return first > 0 || mir_tally_blocks_fill(
                                &work->blocks, &work->scratch, work->claims, work->claim_count, 1);
    }
    const mirsal_id *source = &work->entries[first].source;
    if (first > 0 && mir_id_compare(source, &work->entries[first - 1].source) == 0) {
        return 1;
    }
    while (*claim < work->claim_count &&
           mir_id_compare(source_of(work, work->claims[*claim]), source) < 0) {
        (*claim)++;
    }
    uint32_t from = *claim;
    while (*claim < work->claim_count &&
           mir_id_compare(source_of(work, work->claims[*claim]), source) == 0) {
        (*claim)++;
    }
    /* What a source says is not what a coordinator judged. */
    return mir_tally_blocks_fill(
        &work->blocks, &work->scratch, work->claims + from, *claim - from, 0);
}

static int compare_rows(const void *a, const void *b, void *context)
{
    const struct mir_tally_row *rows = context;
    uint32_t left = 0;
    uint32_t right = 0;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    for (size_t i = 0; i < MIR_TALLY_CODES; i++) {
        if (rows[left].codes[i] != rows[right].codes[i]) {
            return rows[left].codes[i] < rows[right].codes[i] ? -1 : 1;
        }
    }
    int order = mir_id_compare(&rows[left].actor, &rows[right].actor);
    return order != 0 ? order : mir_id_compare(&rows[left].source, &rows[right].source);
}

static int order_rows(struct work *work, struct mir_tally_row *rows, uint32_t count)
{
    struct mir_tally *out = work->out;
    uint32_t *order = mir_arena_alloc(&work->scratch, count, sizeof *order);
    out->rows = mir_arena_alloc(&out->arena, count, sizeof *out->rows);
    if (order == NULL || out->rows == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        order[i] = i;
    }
    mir_sort(order, count, sizeof *order, compare_rows, rows);
    for (uint32_t i = 0; i < count; i++) {
        out->rows[i] = rows[order[i]];
    }
    out->row_count = count;
    return 1;
}

static mirsal_code make_rows(struct work *work, mirsal_error *err)
{
    size_t most = 1;
    for (size_t i = 1; i < work->entry_count; i++) {
        most += compare_entries(&work->entries[i - 1], &work->entries[i]) != 0;
    }
    struct mir_tally_row *rows = mir_arena_alloc(&work->scratch, most, sizeof *rows);
    uint32_t count = 0;
    uint32_t claim = 0;
    size_t first = 0;
    if (rows == NULL || most >= NOWHERE / 2) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for %zu rows of a tally", most);
    }
    while (first < work->entry_count || (count == 0 && work->query->by_count == 0)) {
        size_t end = first;
        while (end < work->entry_count &&
               compare_entries(&work->entries[first], &work->entries[end]) == 0) {
            end++;
        }
        if (!fill_blocks(work, first, &claim)) {
            return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for the figures of a tally");
        }
        mirsal_code rc = add_row(work, &rows[count], count, first, end, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
        count++;
        first = end;
    }
    if (!order_rows(work, rows, count)) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for %zu rows of a tally", most);
    }
    return MIRSAL_OK;
}

mirsal_code mir_tally_evaluate(struct mir_tally *out,
    const struct mir_tally_input *input,
    const struct mir_tally_query *query,
    const mirsal_env *env,
    mirsal_error *err)
{
    struct mir_tally built;
    struct work work;
    memset(&built, 0, sizeof built);
    memset(&work, 0, sizeof work);
    work.out = &built;
    work.query = query;
    mir_arena_init(&built.arena, env, SIZE_MAX);
    mir_arena_init(&work.scratch, env, SIZE_MAX);
    mirsal_code rc = mir_tally_index_build(&work.index, &work.scratch, input, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    if (!mir_tally_blocks_init(&work.blocks, &work.index) || !select_places(&work) ||
        !list_claims(&work) || !list_entries(&work)) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a tally");
        goto out;
    }
    rc = make_rows(&work, err);
out:
    mir_arena_fini(&work.scratch);
    if (rc != MIRSAL_OK) {
        mir_arena_fini(&built.arena);
        return rc;
    }
    *out = built;
    return MIRSAL_OK;
}

void mir_tally_fini(struct mir_tally *tally)
{
    mir_arena_fini(&tally->arena);
    memset(tally, 0, sizeof *tally);
}
