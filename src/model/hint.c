/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/hint.c - review triggers over the claims that count, scope by scope; protocol/tally.md.
 */
#include "hint.h"

#include "fail.h"
#include "sort.h"
#include "tally_blocks.h"

#include <string.h>

struct search {
    struct mir_tally_index index;
    struct mir_arena scratch;
    struct mir_hint *found;
    size_t count;
    uint64_t *values;   /* of roots, for medians */
    mirsal_id incident; /* of the scope in hand */
};

const char *mir_hint_kind_name(enum mir_hint_kind kind)
{
    static const char *const names[] = { "median", "subset", "root_source", "actors" };
    return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

static int compare_hints(const void *a, const void *b, void *context)
{
    (void)context;
    const struct mir_hint *left = a;
    const struct mir_hint *right = b;
    int order = mir_id_compare(&left->incident, &right->incident);
    if (order == 0 && left->kind != right->kind) {
        order = left->kind < right->kind ? -1 : 1;
    }
    if (order == 0) {
        order = mir_id_compare(&left->record, &right->record);
    }
    return order != 0 ? order : mir_id_compare(&left->other, &right->other);
}

/* The first place of the scope that counts; NULL when none does. */
static const mirsal_id *incident_of(const struct search *search,
    const struct mir_tally_scope *scope)
{
    for (uint32_t i = 0; i < scope->place_count; i++) {
        if (search->index.places[scope->places[i]].live) {
            return &search->index.places[scope->places[i]].id;
        }
    }
    return NULL;
}

static struct mir_hint *add_hint(struct search *search, enum mir_hint_kind kind, unsigned severity)
{
    struct mir_hint *hint = &search->found[search->count++];
    hint->kind = kind;
    hint->severity = severity;
    hint->incident = search->incident;
    return hint;
}

/* The claims of one root on the scope. */
static struct mir_tally_scope root_scope(const struct search *search,
    const struct mir_tally_scope *scope,
    uint32_t from)
{
    struct mir_tally_scope own = *scope;
    own.claims = scope->claims + from;
    own.claim_count = mir_tally_root_claims(&search->index, scope, from);
    return own;
}

/* What a range asserts at its highest. */
static uint64_t height(struct mir_tally_range range)
{
    return range.open ? range.min : range.max;
}

static int compare_values(const void *a, const void *b, void *context)
{
    (void)context;
    uint64_t left = 0;
    uint64_t right = 0;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return left < right ? -1 : left > right;
}

static int is_whole(const struct mir_tally_said *said)
{
    return !said->subset && !said->orphan &&
           mir_tally_people_of(said->claim->sex, said->claim->age) == MIR_TALLY_ANYBODY;
}

/* Sorted values without the one at skipped: twice their median. */
static uint64_t twice_median(const uint64_t *values, uint32_t count, uint32_t skipped)
{
    uint32_t left = count - 1;
    uint32_t low = (left - 1) / 2;
    uint32_t high = left / 2;
    return values[low < skipped ? low : low + 1] + values[high < skipped ? high : high + 1];
}

/* Sorting once and leaving out one root's value keeps a crowded scope quick. */
static void find_medians(struct search *search, const struct mir_tally_scope *scope)
{
    uint32_t roots = 0;
    for (uint32_t i = 0; i < scope->claim_count;) {
        struct mir_tally_scope own = root_scope(search, scope, i);
        struct mir_tally_range total =
            mir_tally_figure_range(&search->index, &own, MIR_TALLY_TOTAL);
        if (total.present) {
            search->values[roots++] = height(total);
        }
        i += own.claim_count;
    }
    mir_sort(search->values, roots, sizeof *search->values, compare_values, NULL);
    for (uint32_t i = 0; i < scope->claim_count && roots > 1;) {
        struct mir_tally_scope own = root_scope(search, scope, i);
        struct mir_tally_range total =
            mir_tally_figure_range(&search->index, &own, MIR_TALLY_TOTAL);
        uint32_t place = 0;
        for (uint32_t high = roots; total.present && place < high;) {
            uint32_t middle = place + (high - place) / 2;
            if (search->values[middle] < height(total)) {
                place = middle + 1;
            } else {
                high = middle;
            }
        }
        uint64_t twice = total.present ? twice_median(search->values, roots, place) : 0;
        for (uint32_t c = 0; c < own.claim_count && total.present; c++) {
            const struct mir_tally_said *said = &search->index.said[own.claims[c]];
            if (is_whole(said) && height(said->range) > twice) {
                struct mir_hint *hint = add_hint(search, MIR_HINT_MEDIAN, 2);
                hint->record = said->claim->id;
                hint->value = height(said->range);
                hint->against = twice / 2;
            }
        }
        i += own.claim_count;
    }
}

static void find_broken_sums(struct search *search, const struct mir_tally_scope *scope)
{
    static const enum mir_tally_group parts[2][3] = {
        { MIR_TALLY_WOMEN, MIR_TALLY_MEN, MIR_TALLY_CHILDREN },
        { MIR_TALLY_CIVILIANS, MIR_TALLY_COMBATANTS, MIR_TALLY_UNKNOWN },
    };
    for (uint32_t i = 0; i < scope->claim_count;) {
        struct mir_tally_scope own = root_scope(search, scope, i);
        struct mir_tally_range total =
            mir_tally_figure_range(&search->index, &own, MIR_TALLY_TOTAL);
        for (size_t way = 0; way < 2 && total.present && !total.open; way++) {
            uint64_t sum = 0;
            for (size_t p = 0; p < 3; p++) {
                sum += mir_tally_figure_range(&search->index, &own, parts[way][p]).min;
            }
            if (sum > total.max) {
                struct mir_hint *hint = add_hint(search, MIR_HINT_SUBSET, 3);
                hint->record = search->index.said[own.claims[0]].claim->id;
                hint->value = sum;
                hint->against = total.max;
                break;
            }
        }
        i += own.claim_count;
    }
}

static int same_range(struct mir_tally_range a, struct mir_tally_range b)
{
    return a.min == b.min && a.open == b.open && (a.open || a.max == b.max);
}

/* Two claims on the same people, or on all and on those of one status, that differ. */
static void find_unlinked(struct search *search, const struct mir_tally_scope *scope)
{
    for (uint32_t i = 0; i < scope->claim_count;) {
        struct mir_tally_scope own = root_scope(search, scope, i);
        const struct mir_tally_said *first[MIR_TALLY_STATUSES][MIR_TALLY_PEOPLE] = { { NULL } };
        for (uint32_t c = 0; c < own.claim_count; c++) {
            const struct mir_tally_said *said = &search->index.said[own.claims[c]];
            size_t status = said->claim->status;
            size_t people = mir_tally_people_of(said->claim->sex, said->claim->age);
            const struct mir_tally_said *other = NULL;
            for (size_t s = 0; s < MIR_TALLY_STATUSES && !said->subset && other == NULL; s++) {
                const struct mir_tally_said *before = first[s][people];
                int alike = s == status || s == 0 || status == 0;
                if (alike && before != NULL && !same_range(before->range, said->range)) {
                    other = before;
                }
            }
            if (other != NULL) {
                struct mir_hint *hint = add_hint(search, MIR_HINT_ROOT_SOURCE, 2);
                hint->record = said->claim->id;
                hint->other = other->claim->id;
                hint->value = height(said->range);
                hint->against = height(other->range);
            }
            if (first[status][people] == NULL && !said->subset) {
                first[status][people] = said;
            }
        }
        i += own.claim_count;
    }
}

static const struct mir_tally_said *find_said(const struct mir_tally_index *index,
    const mirsal_id *id)
{
    size_t low = 0;
    size_t high = index->said_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = mir_id_compare(&index->said[middle].claim->id, id);
        if (order == 0) {
            return &index->said[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* A part that exceeds the claim it is linked to. */
static void find_large_parts(struct search *search, const struct mir_tally_scope *scope)
{
    for (uint32_t c = 0; c < scope->claim_count; c++) {
        const struct mir_tally_said *part = &search->index.said[scope->claims[c]];
        const struct mir_tally_said *whole =
            part->subset ? find_said(&search->index, &part->claim->subset_of) : NULL;
        if (whole != NULL && !whole->range.open && part->range.min > whole->range.max) {
            struct mir_hint *hint = add_hint(search, MIR_HINT_SUBSET, 3);
            hint->record = part->claim->id;
            hint->other = whole->claim->id;
            hint->value = part->range.min;
            hint->against = whole->range.max;
        }
    }
}

static void find_actors(struct search *search)
{
    for (uint32_t i = 0; i < search->index.place_count; i++) {
        const struct mir_tally_place *place = &search->index.places[i];
        if (place->live && place->actor_count > 1) {
            search->incident = place->id;
            struct mir_hint *hint = add_hint(search, MIR_HINT_ACTORS, 1);
            hint->other = search->index.actors[place->actors_at].actor;
            hint->record = search->index.actors[place->actors_at + 1].actor;
        }
    }
}

static int find_all(struct search *search, struct mir_hints *out)
{
    size_t claims = search->index.said_count;
    size_t most = 4 * claims + search->index.place_count;
    uint32_t *all = mir_arena_alloc(&search->scratch, claims, sizeof *all);
    struct mir_tally_scope *scopes = NULL;
    uint32_t scope_count = 0;
    search->values = mir_arena_alloc(&search->scratch, claims, sizeof *search->values);
    search->found = mir_arena_alloc(&search->scratch, most, sizeof *search->found);
    if (all == NULL || search->values == NULL || search->found == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < claims; i++) {
        all[i] = i;
    }
    if (!mir_tally_scopes(
            &scopes, &scope_count, &search->index, &search->scratch, all, (uint32_t)claims)) {
        return 0;
    }
    for (uint32_t i = 0; i < scope_count; i++) {
        const mirsal_id *incident = incident_of(search, &scopes[i]);
        if (incident == NULL) {
            continue;
        }
        search->incident = *incident;
        find_medians(search, &scopes[i]);
        find_broken_sums(search, &scopes[i]);
        find_unlinked(search, &scopes[i]);
        find_large_parts(search, &scopes[i]);
    }
    find_actors(search);
    mir_sort(search->found, search->count, sizeof *search->found, compare_hints, NULL);
    out->items = mir_arena_alloc(&out->arena, search->count, sizeof *out->items);
    if (out->items == NULL) {
        return 0;
    }
    if (search->count > 0) {
        memcpy(out->items, search->found, search->count * sizeof *out->items);
    }
    out->count = search->count;
    return 1;
}

mirsal_code mir_hints_find(struct mir_hints *out,
    const struct mir_tally_input *input,
    const mirsal_env *env,
    mirsal_error *err)
{
    struct search search;
    struct mir_hints built;
    memset(&search, 0, sizeof search);
    memset(&built, 0, sizeof built);
    mir_arena_init(&search.scratch, env, SIZE_MAX);
    mir_arena_init(&built.arena, env, SIZE_MAX);
    mirsal_code rc = mir_tally_index_build(&search.index, &search.scratch, input, err);
    if (rc == MIRSAL_OK && !find_all(&search, &built)) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "no memory to look for hints");
    }
    mir_arena_fini(&search.scratch);
    if (rc != MIRSAL_OK) {
        mir_arena_fini(&built.arena);
        return rc;
    }
    *out = built;
    return MIRSAL_OK;
}

void mir_hints_fini(struct mir_hints *hints)
{
    mir_arena_fini(&hints->arena);
    memset(hints, 0, sizeof *hints);
}
