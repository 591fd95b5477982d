/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/tally_index.c - records of one event joined (rule 1), claims that count (rule 2), and who
 * did it (rule 6); protocol/tally.md.
 *
 * Everything is sorted by id first, so nothing depends on the order in which records came.
 */
#include "tally_index.h"

#include "fail.h"
#include "sort.h"
#include "tally_claims.h"

#include <string.h>

#define NOWHERE MIR_TALLY_NOWHERE

int mir_id_compare(const mirsal_id *a, const mirsal_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

int mir_id_is_zero(const mirsal_id *id)
{
    static const mirsal_id zeros;
    return mir_id_compare(id, &zeros) == 0;
}

static int compare_ids(const void *a, const void *b, void *context)
{
    (void)context;
    return mir_id_compare(a, b);
}

static uint32_t find_id(const struct mir_tally_index *index, const mirsal_id *id)
{
    size_t low = 0;
    size_t high = index->id_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = mir_id_compare(&index->ids[middle], id);
        if (order == 0) {
            return (uint32_t)middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NOWHERE;
}

uint32_t mir_tally_index_find(const struct mir_tally_index *index, const mirsal_id *id)
{
    uint32_t at = find_id(index, id);
    return at == NOWHERE ? NOWHERE : index->place_of[at];
}

/* Incidents, and whatever else scopes name: it may be held tomorrow. */
static int list_ids(struct mir_tally_index *index)
{
    const struct mir_tally_input *input = index->input;
    size_t most = input->incident_count;
    size_t listed = 0;
    for (size_t i = 0; i < input->claim_count; i++) {
        most += input->claims[i].scope_count;
    }
    index->ids = mir_arena_alloc(index->arena, most, sizeof *index->ids);
    if (index->ids == NULL || most >= NOWHERE) {
        return 0;
    }
    for (size_t i = 0; i < input->incident_count; i++) {
        index->ids[listed++] = input->incidents[i].id;
    }
    for (size_t i = 0; i < input->claim_count; i++) {
        for (size_t s = 0; s < input->claims[i].scope_count; s++) {
            index->ids[listed++] = input->claims[i].scope[s];
        }
    }
    mir_sort(index->ids, listed, sizeof *index->ids, compare_ids, NULL);
    for (size_t i = 0; i < listed; i++) {
        if (i == 0 || mir_id_compare(&index->ids[i], &index->ids[index->id_count - 1]) != 0) {
            index->ids[index->id_count++] = index->ids[i];
        }
    }
    return 1;
}

/* The root of a tree whose roots are lowest; halves the path on its way. */
static uint32_t find_tree(uint32_t *parents, uint32_t at)
{
    while (parents[at] != at) {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    return at;
}

static void join_trees(uint32_t *parents, uint32_t a, uint32_t b)
{
    uint32_t left = find_tree(parents, a);
    uint32_t right = find_tree(parents, b);
    if (left < right) {
        parents[right] = left;
    } else {
        parents[left] = right;
    }
}

struct alias {
    uint32_t same_as;
    uint32_t at; /* place in ids */
};

static int compare_aliases(const void *a, const void *b, void *context)
{
    (void)context;
    const struct alias *left = a;
    const struct alias *right = b;
    if (left->same_as != right->same_as) {
        return left->same_as < right->same_as ? -1 : 1;
    }
    return left->at < right->at ? -1 : left->at > right->at;
}

/* Links and shared source ids make one event of several records. */
static uint32_t *join_records(struct mir_tally_index *index)
{
    const struct mir_tally_input *input = index->input;
    uint32_t *parents = mir_arena_alloc(index->arena, index->id_count, sizeof *parents);
    struct alias *aliases = mir_arena_alloc(index->arena, input->incident_count, sizeof *aliases);
    size_t alias_count = 0;
    if (parents == NULL || aliases == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < index->id_count; i++) {
        parents[i] = i;
    }
    for (size_t i = 0; i < input->same_count; i++) {
        uint32_t a = find_id(index, &input->same[i].a);
        uint32_t b = find_id(index, &input->same[i].b);
        if (a != NOWHERE && b != NOWHERE) {
            join_trees(parents, a, b);
        }
    }
    for (size_t i = 0; i < input->incident_count; i++) {
        if (input->incidents[i].same_as != 0) {
            aliases[alias_count].same_as = input->incidents[i].same_as;
            aliases[alias_count++].at = find_id(index, &input->incidents[i].id);
        }
    }
    mir_sort(aliases, alias_count, sizeof *aliases, compare_aliases, NULL);
    for (size_t i = 1; i < alias_count; i++) {
        if (aliases[i].same_as == aliases[i - 1].same_as) {
            join_trees(parents, aliases[i].at, aliases[i - 1].at);
        }
    }
    return parents;
}

/* The first record is the representative; what it leaves open the next by id fills in. */
static void describe_place(struct mir_tally_place *place, const struct mir_tally_incident *incident)
{
    if (!place->live) {
        place->live = 1;
        place->id = incident->id;
        place->excluded = incident->excluded;
    }
    if (!place->has_date && incident->has_date) {
        place->has_date = 1;
        place->date_start = incident->date_start;
        place->date_end = incident->date_end;
    }
    for (size_t i = 0; i < MIR_TALLY_CODES; i++) {
        if (place->codes[i] == 0) {
            place->codes[i] = incident->codes[i];
        }
    }
}

static int list_places(struct mir_tally_index *index)
{
    const struct mir_tally_input *input = index->input;
    const struct mir_tally_incident **record =
        mir_arena_alloc(index->arena, index->id_count, sizeof(const struct mir_tally_incident *));
    uint32_t *parents = join_records(index);
    index->place_of = mir_arena_alloc(index->arena, index->id_count, sizeof *index->place_of);
    index->places = mir_arena_alloc(index->arena, index->id_count, sizeof *index->places);
    if (record == NULL || parents == NULL || index->place_of == NULL || index->places == NULL) {
        return 0;
    }
    for (size_t i = 0; i < input->incident_count; i++) {
        record[find_id(index, &input->incidents[i].id)] = &input->incidents[i];
    }
    /* Roots of trees are lowest, so a place is met before its other records. */
    for (uint32_t i = 0; i < index->id_count; i++) {
        uint32_t tree = find_tree(parents, i);
        if (tree == i) {
            index->place_of[i] = index->place_count;
            index->places[index->place_count++].id = index->ids[i];
        } else {
            index->place_of[i] = index->place_of[tree];
        }
        if (record[i] != NULL && !record[i]->withdrawn && !record[i]->cluster) {
            describe_place(&index->places[index->place_of[i]], record[i]);
        }
    }
    return 1;
}

static int compare_actors(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_tally_actor *left = a;
    const struct mir_tally_actor *right = b;
    if (left->place != right->place) {
        return left->place < right->place ? -1 : 1;
    }
    return mir_id_compare(&left->actor, &right->actor);
}

static int counts_as_attribution(const struct mir_tally_attribution *attribution)
{
    return attribution->perpetrator && !attribution->retracted &&
           !mir_id_is_zero(&attribution->actor);
}

/* A coordinator's judgement on who did it stands instead of what attributions say. */
static int list_actors(struct mir_tally_index *index)
{
    const struct mir_tally_input *input = index->input;
    uint8_t *assessed = mir_arena_alloc(index->arena, index->place_count, sizeof *assessed);
    size_t most = input->assessment_count;
    size_t listed = 0;
    for (size_t i = 0; i < input->attribution_count; i++) {
        most += input->attributions[i].scope_count;
    }
    index->actors = mir_arena_alloc(index->arena, most, sizeof *index->actors);
    if (assessed == NULL || index->actors == NULL) {
        return 0;
    }
    for (size_t i = 0; i < input->assessment_count; i++) {
        uint32_t place = mir_tally_index_find(index, &input->assessments[i].incident);
        if (place != NOWHERE && !mir_id_is_zero(&input->assessments[i].actor)) {
            assessed[place] = 1;
            index->actors[listed].place = place;
            index->actors[listed++].actor = input->assessments[i].actor;
        }
    }
    for (size_t i = 0; i < input->attribution_count; i++) {
        const struct mir_tally_attribution *attribution = &input->attributions[i];
        for (size_t s = 0; s < attribution->scope_count; s++) {
            uint32_t place = mir_tally_index_find(index, &attribution->scope[s]);
            if (place != NOWHERE && !assessed[place] && counts_as_attribution(attribution)) {
                index->actors[listed].place = place;
                index->actors[listed++].actor = attribution->actor;
            }
        }
    }
    mir_sort(index->actors, listed, sizeof *index->actors, compare_actors, NULL);
    for (size_t i = 0; i < listed; i++) {
        struct mir_tally_actor actor = index->actors[i];
        struct mir_tally_place *place = &index->places[actor.place];
        if (place->actor_count > 0 &&
            mir_id_compare(&actor.actor, &index->actors[index->actor_count - 1].actor) == 0) {
            continue;
        }
        if (place->actor_count++ == 0) {
            place->actors_at = index->actor_count;
        }
        index->actors[index->actor_count++] = actor;
    }
    return 1;
}

mirsal_code mir_tally_index_build(struct mir_tally_index *index,
    struct mir_arena *arena,
    const struct mir_tally_input *input,
    mirsal_error *err)
{
    memset(index, 0, sizeof *index);
    index->arena = arena;
    index->input = input;
    if (!list_ids(index) || !list_places(index) || !list_actors(index)) {
        return mir_fail(
            err, MIRSAL_NO_MEMORY, "no memory for a tally of %zu incidents", input->incident_count);
    }
    return mir_tally_claims_list(index, err);
}
