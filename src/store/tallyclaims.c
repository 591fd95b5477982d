/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/tallyclaims.c - claims, attributions, assessments and links of a tally's input.
 */
#include "tallyclaims.h"

#include "cells.h"
#include "fail.h"
#include "parts.h"
#include "policy.h"
#include "sort.h"
#include "tallylinks.h"

#include <string.h>

static const mirsal_id no_id;

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

static int is_none(const mirsal_id *id)
{
    return memcmp(id, &no_id, sizeof no_id) == 0;
}

/* A text and the place of what carries it. */
struct carried {
    struct mir_bytes text;
    uint32_t *number;
};

static int compare_carried(const void *a, const void *b, void *context)
{
    (void)context;
    return mir_bytes_compare(((const struct carried *)a)->text, ((const struct carried *)b)->text);
}

/* Equal texts get equal numbers, from 1. */
static void number_texts(struct carried *carried, size_t count)
{
    mir_sort(carried, count, sizeof *carried, compare_carried, NULL);
    uint32_t number = 0;
    for (size_t i = 0; i < count; i++) {
        number += i == 0 || !mir_bytes_equal(carried[i - 1].text, carried[i].text) ? 1u : 0u;
        *carried[i].number = number;
    }
}

mirsal_code mir_tally_join_source_ids(struct mir_tally_incident *incidents,
    struct mir_arena *arena,
    const struct mir_row_set *rows,
    mirsal_error *err)
{
    struct carried *carried = mir_arena_alloc(arena, rows->numbers.count + 1, sizeof *carried);
    size_t count = 0;
    if (carried == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < rows->numbers.count; i++) {
        const struct mir_full_row *row = &rows->rows[i];
        struct mir_bytes source_id = mir_rows_cell(row, "source_id");
        if (mir_role_resolves((enum mir_role)row->author.role) && source_id.size > 0) {
            carried[count++] = (struct carried){ source_id, &incidents[i].same_as };
        }
    }
    number_texts(carried, count);
    return MIRSAL_OK;
}

/* Withdrawn, or said to be retracted by its author or from coordinator upward. */
static mirsal_code is_retracted(int *retracted,
    struct mir_store *store,
    const struct mir_full_row *row,
    mirsal_error *err)
{
    struct mir_author author;
    int64_t flag = 0;
    *retracted = mir_row_is_out(row->row.withdrawn);
    if (*retracted || !mir_rows_int(&flag, row, "retracted") || flag == 0) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_rows_winner(&author, store, row, "retracted", err);
    *retracted = rc == MIRSAL_OK && (mir_role_resolves((enum mir_role)author.role) ||
                                        author.device_no == row->author.device_no);
    return rc;
}

/* Who originally said it: the claim's root source, else its report's, else the report's source. */
static mirsal_code find_root(mirsal_id *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_full_row *row,
    mirsal_error *err)
{
    struct mir_full_row report;
    mirsal_id report_id;
    int64_t number = 0;
    mirsal_code rc = mir_rows_ref(out, store, row, "root_source", err);
    if (rc != MIRSAL_OK || !is_none(out)) {
        return rc;
    }
    rc = mir_rows_ref(&report_id, store, row, "report", err);
    if (rc != MIRSAL_OK || is_none(&report_id)) {
        return rc;
    }
    rc = mir_rows_find(&number, store, &report_id, err);
    if (rc != MIRSAL_OK || number == 0) {
        return rc;
    }
    rc = mir_rows_read(&report, arena, store, number, err);
    if (rc == MIRSAL_OK) {
        rc = mir_rows_ref(out, store, &report, "root_source", err);
    }
    if (rc == MIRSAL_OK && is_none(out)) {
        rc = mir_rows_ref(out, store, &report, "source", err);
    }
    return rc;
}

static enum mir_tally_sex sex_of(const char *code)
{
    return strcmp(code, "female") == 0 ? MIR_TALLY_SEX_FEMALE
           : strcmp(code, "male") == 0 ? MIR_TALLY_SEX_MALE
                                       : MIR_TALLY_SEX_NONE;
}

static enum mir_tally_age age_of(const char *code)
{
    return strcmp(code, "adult") == 0 || strcmp(code, "elderly") == 0 ? MIR_TALLY_AGE_ADULT
           : strcmp(code, "child") == 0                               ? MIR_TALLY_AGE_CHILD
           : strcmp(code, "infant") == 0                              ? MIR_TALLY_AGE_INFANT
                                                                      : MIR_TALLY_AGE_NONE;
}

static enum mir_tally_status status_of(const char *code)
{
    return strcmp(code, "civilian") == 0              ? MIR_TALLY_STATUS_CIVILIAN
           : strcmp(code, "combatant") == 0           ? MIR_TALLY_STATUS_COMBATANT
           : strcmp(code, "protected_personnel") == 0 ? MIR_TALLY_STATUS_PROTECTED
                                                      : MIR_TALLY_STATUS_NONE;
}

static enum mir_tally_quality quality_of(const char *code)
{
    static const char *const names[] = { "", "exact", "at_least", "at_most", "approx", "vague" };
    for (unsigned i = 1; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(code, names[i]) == 0) {
            return (enum mir_tally_quality)i;
        }
    }
    return MIR_TALLY_QUALITY_NONE;
}

/* The code of a component of a tuple, by the schema's component. */
static const char *component_code(const struct mir_schema_field *field,
    struct mir_bytes tuple,
    uint32_t component)
{
    int64_t id = 0;
    if (component >= field->component_count ||
        field->components[component].shape.vocabulary == NULL ||
        !mir_part_int(&id, mir_part_at(tuple, component), 0)) {
        return "";
    }
    const struct mir_schema_code *code =
        mir_schema_code_by_id(field->components[component].shape.vocabulary, (uint32_t)id);
    return code == NULL ? "" : code->code;
}

static mirsal_code read_includes(struct mir_tally_claim *out,
    struct mir_arena *arena,
    const struct mir_full_row *row,
    mirsal_error *err)
{
    struct mir_bytes bytes = mir_rows_cell(row, "includes");
    int component = 0;
    const struct mir_schema_field *field =
        mir_schema_field_by_name(&component, row->row.table->type, "includes");
    struct mir_tally_include *includes = mir_arena_alloc(arena, bytes.size + 1, sizeof *includes);
    struct mir_cell cell;
    struct mir_bytes tuple;
    struct mir_bytes value;
    if (includes == NULL) {
        return no_memory(err);
    }
    out->includes = includes;
    mir_cell_begin(&cell, MIR_KEY_SET, bytes);
    while (field != NULL && mir_cell_next(&cell, &tuple, &value)) {
        includes[out->include_count++] =
            (struct mir_tally_include){ sex_of(component_code(field, tuple, 0)),
                age_of(component_code(field, tuple, 1)) };
    }
    return MIRSAL_OK;
}

struct claims {
    struct mir_store *store;
    struct mir_arena *arena;
    struct mir_tally_claim *claims;
    size_t claim_count;
    struct carried *carried; /* source ids of claims */
    size_t carried_count;
    struct mir_tally_attribution *attributions;
    size_t attribution_count;
    struct judged *judged;
    size_t judged_count;
    struct mir_tally_links links;
};

/* An assessment that may count. */
struct judged {
    mirsal_id id;
    mirsal_id subject;
    struct mir_author author;
    struct mir_bytes field; /* text as encoded */
    const struct mir_full_row *row;
    int superseded;
};

/* What stands in fields of their own may contradict itself: such a range counts for nothing. */
static int is_range(int has_min, uint64_t min, int has_max, uint64_t max)
{
    return min <= MIR_TALLY_FIGURE_MAX && max <= MIR_TALLY_FIGURE_MAX &&
           !(has_min && has_max && min > max);
}

static mirsal_code read_casualty(struct claims *claims,
    const struct mir_full_row *row,
    mirsal_error *err)
{
    const char *outcome = mir_rows_code(row, "outcome");
    struct mir_tally_claim *out = &claims->claims[claims->claim_count];
    int64_t number = 0;
    mirsal_id *scope = NULL;
    mirsal_id *supersedes = NULL;
    if (strcmp(outcome, "killed") != 0 && strcmp(outcome, "wounded") != 0) {
        return MIRSAL_OK;
    }
    out->id = row->row.id;
    out->author = row->author.device;
    out->author_resolves = mir_role_resolves((enum mir_role)row->author.role);
    out->outcome = strcmp(outcome, "killed") == 0 ? MIR_TALLY_KILLED : MIR_TALLY_WOUNDED;
    out->status = status_of(mir_rows_code(row, "status"));
    out->sex = sex_of(mir_rows_code(row, "sex"));
    out->age = age_of(mir_rows_code(row, "age"));
    out->quality = quality_of(mir_rows_code(row, "quality"));
    out->has_min = mir_rows_int(&number, row, "min");
    out->min = out->has_min ? (uint64_t)number : 0;
    out->has_max = mir_rows_int(&number, row, "max");
    out->max = out->has_max ? (uint64_t)number : 0;
    if (!is_range(out->has_min, out->min, out->has_max, out->max)) {
        memset(out, 0, sizeof *out);
        return MIRSAL_OK;
    }
    mirsal_code rc = find_root(&out->root, claims->arena, claims->store, row, err);
    if (rc == MIRSAL_OK) {
        rc = mir_rows_refs(
            &scope, &out->scope_count, claims->arena, claims->store, row, "scope", err);
        out->scope = scope;
    }
    if (rc == MIRSAL_OK) {
        rc = mir_rows_refs(&supersedes, &out->supersedes_count, claims->arena, claims->store, row,
            "supersedes", err);
        out->supersedes = supersedes;
    }
    if (rc == MIRSAL_OK) {
        rc = mir_rows_ref(&out->subset_of, claims->store, row, "subset_of", err);
    }
    if (rc == MIRSAL_OK) {
        rc = is_retracted(&out->retracted, claims->store, row, err);
    }
    if (rc == MIRSAL_OK) {
        rc = read_includes(out, claims->arena, row, err);
    }
    if (rc == MIRSAL_OK && out->author_resolves && mir_rows_cell(row, "source_id").size > 0) {
        claims->carried[claims->carried_count++] =
            (struct carried){ mir_rows_cell(row, "source_id"), &out->same_as };
    }
    claims->claim_count++;
    return rc;
}

static mirsal_code read_attribution(struct claims *claims,
    const struct mir_full_row *row,
    mirsal_error *err)
{
    struct mir_tally_attribution *out = &claims->attributions[claims->attribution_count++];
    const char *role = mir_rows_code(row, "role");
    const char *certainty = mir_rows_code(row, "certainty");
    mirsal_id *scope = NULL;
    out->perpetrator = (role[0] == 0 || strcmp(role, "perpetrator") == 0) &&
                       strcmp(certainty, "denied") != 0 &&
                       strcmp(certainty, "acknowledged_other_explanation") != 0;
    mirsal_code rc = mir_rows_ref(&out->actor, claims->store, row, "actor", err);
    if (rc == MIRSAL_OK) {
        rc = mir_rows_refs(
            &scope, &out->scope_count, claims->arena, claims->store, row, "scope", err);
        out->scope = scope;
    }
    return rc == MIRSAL_OK ? is_retracted(&out->retracted, claims->store, row, err) : rc;
}

static mirsal_code read_assessment(struct claims *claims,
    const struct mir_full_row *row,
    mirsal_error *err)
{
    struct judged *out = &claims->judged[claims->judged_count];
    if (mir_row_is_out(row->row.withdrawn) || !mir_role_resolves((enum mir_role)row->author.role)) {
        return MIRSAL_OK;
    }
    out->id = row->row.id;
    out->author = row->author;
    out->field = mir_rows_cell(row, "field");
    out->row = row;
    claims->judged_count++;
    return mir_rows_ref(&out->subject, claims->store, row, "subject", err);
}

static int compare_judged(const void *a, const void *b, void *context)
{
    const struct judged *x = a;
    const struct judged *y = b;
    (void)context;
    int order = memcmp(&x->subject, &y->subject, sizeof x->subject);
    order = order != 0 ? order : mir_bytes_compare(x->field, y->field);
    return order != 0 ? order : mir_tally_outranks(&x->author, &y->author) ? -1 : 1;
}

/* outcome, or outcome_group, as `assess --field` takes it. 0: neither. */
static int parse_field(struct mir_tally_assessment *out, struct mir_bytes field)
{
    static const char *const outcomes[MIR_TALLY_OUTCOMES] = { "killed", "wounded" };
    int is_text = 0;
    struct mir_bytes text = mir_part_content(&is_text, field);
    for (unsigned i = 0; is_text && i < MIR_TALLY_OUTCOMES; i++) {
        size_t size = strlen(outcomes[i]);
        if (text.size < size || memcmp(text.data, outcomes[i], size) != 0) {
            continue;
        }
        out->outcome = (enum mir_tally_outcome)i;
        out->group = MIR_TALLY_TOTAL;
        if (text.size == size) {
            return 1;
        }
        for (unsigned group = 0; group < MIR_TALLY_UNKNOWN; group++) {
            const char *name = mir_tally_group_name((enum mir_tally_group)group);
            if (text.data[size] == '_' && text.size == size + 1 + strlen(name) &&
                memcmp(text.data + size + 1, name, strlen(name)) == 0) {
                out->group = (enum mir_tally_group)group;
                return 1;
            }
        }
    }
    return 0;
}

static int compare_id(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(mirsal_id));
}

static void reject_claim(struct claims *claims, const mirsal_id *id)
{
    for (size_t i = 0; i < claims->claim_count; i++) {
        if (compare_id(&claims->claims[i].id, id) == 0) {
            claims->claims[i].rejected = 1;
        }
    }
}

static mirsal_code apply_judged(struct mir_tally_assessment *out,
    int *counts,
    struct claims *claims,
    const struct judged *judged,
    mirsal_error *err)
{
    struct mir_bytes rejected = mir_rows_cell(judged->row, "rejected");
    struct mir_cell cell;
    struct mir_bytes tuple;
    struct mir_bytes value;
    int64_t number = 0;
    mirsal_code rc = mir_rows_ref(&out->actor, claims->store, judged->row, "actor", err);
    mir_cell_begin(&cell, MIR_KEY_SET, rejected);
    while (rc == MIRSAL_OK && mir_cell_next(&cell, &tuple, &value)) {
        mirsal_id claim;
        int held = 0;
        rc = mir_read_reference(&claim, &held, claims->store, 0, mir_part_at(tuple, 0),
            judged->row->row.changeset, err);
        if (rc == MIRSAL_OK && held) {
            reject_claim(claims, &claim);
        }
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    out->incident = judged->subject;
    out->has_max = mir_rows_int(&number, judged->row, "max");
    out->max = out->has_max ? (uint64_t)number : 0;
    out->has_best = mir_rows_int(&number, judged->row, "best");
    out->best = out->has_best ? (uint64_t)number : 0;
    int has_min = mir_rows_int(&number, judged->row, "min");
    out->min = has_min ? (uint64_t)number : out->has_best ? out->best : 0;
    int figure = parse_field(out, judged->field) && (has_min || out->has_max || out->has_best) &&
                 is_range(1, out->min, out->has_max, out->max) &&
                 is_range(1, out->min, out->has_best, out->best) &&
                 is_range(out->has_best, out->best, out->has_max, out->max);
    *counts = figure || !is_none(&out->actor);
    return MIRSAL_OK;
}

static mirsal_code drop_superseded(struct claims *claims, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < claims->judged_count; i++) {
        mirsal_id *older = NULL;
        size_t count = 0;
        rc = mir_rows_refs(
            &older, &count, claims->arena, claims->store, claims->judged[i].row, "supersedes", err);
        for (size_t j = 0; j < count; j++) {
            for (size_t k = 0; k < claims->judged_count; k++) {
                if (k != i && compare_id(&claims->judged[k].id, &older[j]) == 0) {
                    claims->judged[k].superseded = 1;
                }
            }
        }
    }
    return rc;
}

/* Of those on one field of one subject, the one ranked highest counts. */
static mirsal_code give_assessments(struct mir_tally_input *out,
    struct claims *claims,
    mirsal_error *err)
{
    struct mir_tally_assessment *given =
        mir_arena_alloc(claims->arena, claims->judged_count + 1, sizeof *given);
    if (given == NULL) {
        return no_memory(err);
    }
    mirsal_code rc = drop_superseded(claims, err);
    mir_sort(claims->judged, claims->judged_count, sizeof *claims->judged, compare_judged, NULL);
    const struct judged *last = NULL;
    for (size_t i = 0; rc == MIRSAL_OK && i < claims->judged_count; i++) {
        const struct judged *judged = &claims->judged[i];
        int counts = 0;
        if (judged->superseded ||
            (last != NULL && compare_id(&last->subject, &judged->subject) == 0 &&
                mir_bytes_equal(last->field, judged->field))) {
            continue;
        }
        last = judged;
        rc = apply_judged(&given[out->assessment_count], &counts, claims, judged, err);
        out->assessment_count += counts ? 1u : 0u;
    }
    out->assessments = given;
    return rc;
}

static mirsal_code begin_claims(struct claims *claims, size_t count, mirsal_error *err)
{
    claims->claims = mir_arena_alloc(claims->arena, count + 1, sizeof *claims->claims);
    claims->carried = mir_arena_alloc(claims->arena, count + 1, sizeof *claims->carried);
    claims->attributions = mir_arena_alloc(claims->arena, count + 1, sizeof *claims->attributions);
    claims->judged = mir_arena_alloc(claims->arena, count + 1, sizeof *claims->judged);
    claims->links.links = mir_arena_alloc(claims->arena, count + 1, sizeof *claims->links.links);
    return claims->claims == NULL || claims->carried == NULL || claims->attributions == NULL ||
                   claims->judged == NULL || claims->links.links == NULL
               ? no_memory(err)
               : MIRSAL_OK;
}

mirsal_code mir_tally_read_claims(struct mir_tally_input *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_row_set *others,
    mirsal_error *err)
{
    struct claims claims = { .store = store, .arena = arena };
    mirsal_code rc = begin_claims(&claims, others->numbers.count, err);
    for (size_t i = 0; rc == MIRSAL_OK && i < others->numbers.count; i++) {
        const struct mir_full_row *row = &others->rows[i];
        const char *type = row->row.table->type->name;
        if (strcmp(type, "casualty") == 0) {
            rc = read_casualty(&claims, row, err);
        } else if (strcmp(type, "attribution") == 0) {
            rc = read_attribution(&claims, row, err);
        } else if (strcmp(type, "assessment") == 0) {
            rc = read_assessment(&claims, row, err);
        } else if (strcmp(type, "link") == 0) {
            rc = mir_tally_read_link(&claims.links, store, row, err);
        }
    }
    if (rc == MIRSAL_OK) {
        number_texts(claims.carried, claims.carried_count);
        rc = give_assessments(out, &claims, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_tally_give_links(out, arena, &claims.links, err);
    }
    out->claims = claims.claims;
    out->claim_count = claims.claim_count;
    out->attributions = claims.attributions;
    out->attribution_count = claims.attribution_count;
    return rc;
}
