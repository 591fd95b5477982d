/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/tally_claims.c - claims that are withdrawn, superseded or rejected fall out; the others get
 * their places and their range; protocol/tally.md, rule 2.
 */
#include "tally_claims.h"

#include "fail.h"
#include "sort.h"

#include <string.h>

#define NOWHERE MIR_TALLY_NOWHERE

struct sorted {
    struct mir_tally_index *index;
    const struct mir_tally_claim **claims; /* each once, ascending by id */
    uint32_t count;
    uint8_t *dropped;
    uint32_t *mark;                      /* by place; the claim that was there last, plus 1 */
    const struct mir_tally_link **parts; /* ascending by cluster */
};

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static struct mir_tally_range claim_bounds(const struct mir_tally_claim *claim)
{
    struct mir_tally_range range = { 1, !claim->has_max, claim->min, claim->max };
    switch (claim->quality) {
    case MIR_TALLY_QUALITY_VAGUE:
        range.min = larger(claim->has_min ? claim->min : 0, 1);
        break;
    case MIR_TALLY_QUALITY_AT_LEAST:
        range.min = claim->has_min ? claim->min : claim->max;
        range.open = !claim->has_max || claim->max <= range.min;
        break;
    case MIR_TALLY_QUALITY_AT_MOST:
        range.max = claim->has_max ? claim->max : claim->min;
        range.min = claim->has_max && claim->has_min ? claim->min : 0;
        range.open = 0;
        break;
    case MIR_TALLY_QUALITY_EXACT:
        range.min = claim->has_min ? claim->min : claim->max;
        range.max = claim->has_max ? claim->max : claim->min;
        range.open = 0;
        break;
    case MIR_TALLY_QUALITY_APPROX:
    case MIR_TALLY_QUALITY_NONE:
        range.min = claim->has_min ? claim->min : 0;
        break;
    }
    return range;
}

struct mir_tally_range mir_tally_claim_range(const struct mir_tally_claim *claim)
{
    struct mir_tally_range range = { 0, 0, 0, 0 };
    int numbers = claim->has_min || claim->has_max;
    if (numbers || claim->quality == MIR_TALLY_QUALITY_VAGUE) {
        range = claim_bounds(claim);
    } else if (claim->include_count > 0) {
        range.present = 1;
        range.open = 1;
    } else {
        return range;
    }
    /* "Including women and children" is at least one of each. */
    if (range.open || claim->include_count <= range.max) {
        range.min = larger(range.min, claim->include_count);
    }
    range.max = larger(range.max, range.min);
    return range;
}

static int compare_claims(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_tally_claim *left = NULL;
    const struct mir_tally_claim *right = NULL;
    memcpy(&left, a, sizeof(const struct mir_tally_claim *));
    memcpy(&right, b, sizeof(const struct mir_tally_claim *));
    return mir_id_compare(&left->id, &right->id);
}

static int compare_parts(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_tally_link *left = NULL;
    const struct mir_tally_link *right = NULL;
    memcpy(&left, a, sizeof(const struct mir_tally_link *));
    memcpy(&right, b, sizeof(const struct mir_tally_link *));
    int order = mir_id_compare(&left->b, &right->b);
    return order != 0 ? order : mir_id_compare(&left->a, &right->a);
}

static mirsal_code check_claim(const struct mir_tally_claim *claim, mirsal_error *err)
{
    if ((claim->has_min && claim->min > MIR_TALLY_FIGURE_MAX) ||
        (claim->has_max && claim->max > MIR_TALLY_FIGURE_MAX)) {
        return mir_fail(err, MIRSAL_OUT_OF_RANGE, "a claim's figure is above the highest allowed");
    }
    if (claim->has_min && claim->has_max && claim->min > claim->max) {
        return mir_fail(err, MIRSAL_OUT_OF_RANGE, "a claim's minimum is above its maximum");
    }
    return MIRSAL_OK;
}

static mirsal_code sort_claims(struct sorted *sorted, mirsal_error *err)
{
    const struct mir_tally_input *input = sorted->index->input;
    struct mir_arena *arena = sorted->index->arena;
    size_t count = input->claim_count;
    sorted->claims = mir_arena_alloc(arena, count, sizeof(const struct mir_tally_claim *));
    sorted->parts =
        mir_arena_alloc(arena, input->part_count, sizeof(const struct mir_tally_link *));
    sorted->dropped = mir_arena_alloc(arena, count, sizeof *sorted->dropped);
    sorted->mark = mir_arena_alloc(arena, sorted->index->id_count, sizeof *sorted->mark);
    if (sorted->claims == NULL || sorted->parts == NULL || sorted->dropped == NULL ||
        sorted->mark == NULL || count >= NOWHERE) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a tally of %zu claims", count);
    }
    for (size_t i = 0; i < count; i++) {
        mirsal_code rc = check_claim(&input->claims[i], err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
        sorted->claims[i] = &input->claims[i];
    }
    for (size_t i = 0; i < input->part_count; i++) {
        sorted->parts[i] = &input->parts[i];
    }
    mir_sort(sorted->parts, input->part_count, sizeof(const struct mir_tally_link *), compare_parts,
        NULL);
    mir_sort(sorted->claims, count, sizeof(const struct mir_tally_claim *), compare_claims, NULL);
    for (size_t i = 0; i < count; i++) {
        if (sorted->count == 0 ||
            mir_id_compare(&sorted->claims[sorted->count - 1]->id, &sorted->claims[i]->id) != 0) {
            sorted->claims[sorted->count++] = sorted->claims[i];
        }
    }
    return MIRSAL_OK;
}

static uint32_t find_claim(const struct sorted *sorted, const mirsal_id *id)
{
    uint32_t low = 0;
    uint32_t high = sorted->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = mir_id_compare(&sorted->claims[middle]->id, id);
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NOWHERE;
}

/* The claim that number s of newer's list takes away, or NOWHERE. */
static uint32_t superseded_by(const struct sorted *sorted, uint32_t newer, size_t s)
{
    const struct mir_tally_claim *claim = sorted->claims[newer];
    uint32_t older = find_claim(sorted, &claim->supersedes[s]);
    if (older == NOWHERE || older == newer || claim->retracted) {
        return NOWHERE;
    }
    int own = memcmp(claim->author.bytes, sorted->claims[older]->author.bytes, 32) == 0;
    return own || claim->author_resolves ? older : NOWHERE;
}

/* Claims that supersede each other in a circle take nothing away: neither is silently dropped. */
static int drop_superseded(struct sorted *sorted)
{
    struct mir_arena *arena = sorted->index->arena;
    uint32_t *waits_for = mir_arena_alloc(arena, sorted->count, sizeof *waits_for);
    uint32_t *queue = mir_arena_alloc(arena, sorted->count, sizeof *queue);
    uint32_t queued = 0;
    if (waits_for == NULL || queue == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < sorted->count; i++) {
        for (size_t s = 0; s < sorted->claims[i]->supersedes_count; s++) {
            uint32_t older = superseded_by(sorted, i, s);
            if (older != NOWHERE) {
                waits_for[older]++;
            }
        }
    }
    for (uint32_t i = 0; i < sorted->count; i++) {
        if (waits_for[i] == 0) {
            queue[queued++] = i;
        }
    }
    for (uint32_t done = 0; done < queued; done++) {
        uint32_t newer = queue[done];
        for (size_t s = 0; s < sorted->claims[newer]->supersedes_count; s++) {
            uint32_t older = superseded_by(sorted, newer, s);
            if (older == NOWHERE) {
                continue;
            }
            sorted->dropped[older] = 1;
            if (--waits_for[older] == 0) {
                queue[queued++] = older;
            }
        }
    }
    return 1;
}

static uint32_t add_to_scope(struct sorted *sorted,
    uint32_t *scope,
    uint32_t count,
    uint32_t at,
    uint32_t claim)
{
    if (sorted->mark[at] == claim + 1) {
        return count;
    }
    sorted->mark[at] = claim + 1;
    scope[count] = at;
    return count + 1;
}

static size_t first_part(const struct sorted *sorted, const mirsal_id *cluster)
{
    size_t low = 0;
    size_t high = sorted->index->input->part_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mir_id_compare(&sorted->parts[middle]->b, cluster) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int compare_places(const void *a, const void *b, void *context)
{
    (void)context;
    uint32_t left = 0;
    uint32_t right = 0;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return left < right ? -1 : left > right;
}

/* A claim on a cluster is one on all its parts: clusters carry no figures of their own. */
static int find_scope(struct sorted *sorted, uint32_t claim, struct mir_tally_said *said)
{
    const struct mir_tally_index *index = sorted->index;
    const struct mir_tally_claim *what = sorted->claims[claim];
    size_t part_count = index->input->part_count;
    size_t most = what->scope_count;
    for (size_t s = 0; s < what->scope_count; s++) {
        for (size_t p = first_part(sorted, &what->scope[s]);
             p < part_count && mir_id_compare(&sorted->parts[p]->b, &what->scope[s]) == 0; p++) {
            most++;
        }
    }
    said->scope = mir_arena_alloc(index->arena, most, sizeof *said->scope);
    if (said->scope == NULL) {
        return 0;
    }
    for (size_t s = 0; s < what->scope_count; s++) {
        uint32_t place = mir_tally_index_find(index, &what->scope[s]);
        size_t part = first_part(sorted, &what->scope[s]);
        int parts = 0;
        for (; !index->places[place].live && part < part_count &&
               mir_id_compare(&sorted->parts[part]->b, &what->scope[s]) == 0;
             part++) {
            uint32_t inside = mir_tally_index_find(index, &sorted->parts[part]->a);
            if (inside != NOWHERE) {
                said->scope_count =
                    add_to_scope(sorted, said->scope, said->scope_count, inside, claim);
                parts = 1;
            }
        }
        if (!parts) {
            said->scope_count = add_to_scope(sorted, said->scope, said->scope_count, place, claim);
        }
    }
    mir_sort(said->scope, said->scope_count, sizeof *said->scope, compare_places, NULL);
    return 1;
}

static int counts(const struct sorted *sorted, uint32_t claim)
{
    return !sorted->dropped[claim] && !sorted->claims[claim]->retracted &&
           !sorted->claims[claim]->rejected;
}

struct alias {
    uint32_t same_as;
    uint32_t said;
};

static int compare_aliases(const void *a, const void *b, void *context)
{
    (void)context;
    const struct alias *left = a;
    const struct alias *right = b;
    if (left->same_as != right->same_as) {
        return left->same_as < right->same_as ? -1 : 1;
    }
    return left->said < right->said ? -1 : left->said > right->said;
}

/* Two imports of one claim are one voice: they have the root of the lowest. */
static int join_roots(struct mir_tally_index *index)
{
    struct alias *aliases = mir_arena_alloc(index->arena, index->said_count, sizeof *aliases);
    size_t count = 0;
    if (aliases == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < index->said_count; i++) {
        if (index->said[i].claim->same_as != 0) {
            aliases[count].same_as = index->said[i].claim->same_as;
            aliases[count++].said = i;
        }
    }
    mir_sort(aliases, count, sizeof *aliases, compare_aliases, NULL);
    for (size_t i = 1; i < count; i++) {
        if (aliases[i].same_as == aliases[i - 1].same_as) {
            index->said[aliases[i].said].root = index->said[aliases[i - 1].said].root;
        }
    }
    return 1;
}

mirsal_code mir_tally_claims_list(struct mir_tally_index *index, mirsal_error *err)
{
    struct sorted sorted = { .index = index };
    mirsal_code rc = sort_claims(&sorted, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    index->said = mir_arena_alloc(index->arena, sorted.count, sizeof *index->said);
    if (index->said == NULL || !drop_superseded(&sorted)) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a tally of %u claims", sorted.count);
    }
    for (uint32_t i = 0; i < sorted.count; i++) {
        const struct mir_tally_claim *claim = sorted.claims[i];
        struct mir_tally_said *said = &index->said[index->said_count];
        said->range = mir_tally_claim_range(claim);
        if (!counts(&sorted, i) || !said->range.present || claim->scope_count == 0) {
            memset(said, 0, sizeof *said);
            continue;
        }
        said->claim = claim;
        said->root = mir_id_is_zero(&claim->root) ? claim->id : claim->root;
        uint32_t whole = find_claim(&sorted, &claim->subset_of);
        if (!mir_id_is_zero(&claim->subset_of) && whole != i) {
            said->subset = whole != NOWHERE && counts(&sorted, whole);
            said->orphan = !said->subset;
        }
        if (!find_scope(&sorted, i, said)) {
            return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a claim's scope");
        }
        index->said_count++;
    }
    if (!join_roots(index)) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a tally of %u claims", sorted.count);
    }
    return MIRSAL_OK;
}
