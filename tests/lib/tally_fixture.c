/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/tally_fixture.c - invented incidents and claims.
 */
#include "tally_fixture.h"

#include <string.h>

void tally_fixture_init(struct tally_fixture *fixture)
{
    memset(fixture, 0, sizeof *fixture);
    test_env_init(&fixture->test, 21);
    fixture->input.incidents = fixture->incidents;
    fixture->input.claims = fixture->claims;
    fixture->input.attributions = fixture->attributions;
    fixture->input.assessments = fixture->assessments;
    fixture->input.same = fixture->same;
    fixture->input.parts = fixture->parts;
}

void tally_fixture_fini(struct tally_fixture *fixture)
{
    mir_tally_fini(&fixture->tally);
    mir_hints_fini(&fixture->hints);
    test_env_fini(&fixture->test);
}

mirsal_id tally_id(unsigned number)
{
    mirsal_id id = { { 0 } };
    id.bytes[14] = (uint8_t)(number >> 8);
    id.bytes[15] = (uint8_t)number;
    return id;
}

struct mir_tally_incident *tally_incident(struct tally_fixture *fixture, unsigned id)
{
    assert_true(fixture->input.incident_count < TALLY_RECORDS_MAX);
    struct mir_tally_incident *incident = &fixture->incidents[fixture->input.incident_count++];
    incident->id = tally_id(id);
    return incident;
}

static size_t read_scope(struct tally_fixture *fixture, va_list list)
{
    mirsal_id *scope = fixture->scopes[fixture->scope_count++];
    size_t count = 0;
    for (unsigned id = va_arg(list, unsigned); id != 0; id = va_arg(list, unsigned)) {
        assert_true(count < TALLY_SCOPE_MAX);
        scope[count++] = tally_id(id);
    }
    return count;
}

static struct mir_tally_claim *add_claim(struct tally_fixture *fixture,
    unsigned id,
    unsigned root,
    enum mir_tally_outcome outcome,
    unsigned figure)
{
    assert_true(fixture->input.claim_count < TALLY_RECORDS_MAX);
    struct mir_tally_claim *claim = &fixture->claims[fixture->input.claim_count++];
    claim->id = tally_id(id);
    claim->root = tally_id(root);
    claim->outcome = outcome;
    claim->quality = MIR_TALLY_QUALITY_EXACT;
    claim->has_min = 1;
    claim->has_max = 1;
    claim->min = figure;
    claim->max = figure;
    return claim;
}

struct mir_tally_claim *tally_claim(struct tally_fixture *fixture,
    unsigned id,
    unsigned root,
    enum mir_tally_outcome outcome,
    unsigned figure,
    ...)
{
    struct mir_tally_claim *claim = add_claim(fixture, id, root, outcome, figure);
    va_list list;
    va_start(list, figure);
    claim->scope = fixture->scopes[fixture->scope_count];
    claim->scope_count = read_scope(fixture, list);
    va_end(list);
    return claim;
}

struct mir_tally_claim *tally_civilians(struct tally_fixture *fixture,
    unsigned id,
    unsigned root,
    enum mir_tally_outcome outcome,
    unsigned figure,
    ...)
{
    struct mir_tally_claim *claim = add_claim(fixture, id, root, outcome, figure);
    va_list list;
    va_start(list, figure);
    claim->scope = fixture->scopes[fixture->scope_count];
    claim->scope_count = read_scope(fixture, list);
    va_end(list);
    claim->status = MIR_TALLY_STATUS_CIVILIAN;
    return claim;
}

void tally_vague(struct mir_tally_claim *claim, unsigned min)
{
    claim->quality = MIR_TALLY_QUALITY_VAGUE;
    claim->has_min = min != 0;
    claim->min = min;
    claim->has_max = 0;
    claim->max = 0;
}

void tally_supersedes(struct tally_fixture *fixture,
    struct mir_tally_claim *newer,
    const struct mir_tally_claim *older)
{
    size_t place = (size_t)(newer - fixture->claims);
    fixture->supersedes[place] = older->id;
    newer->supersedes = &fixture->supersedes[place];
    newer->supersedes_count = 1;
}

void tally_same(struct tally_fixture *fixture, unsigned a, unsigned b)
{
    fixture->same[fixture->input.same_count].a = tally_id(a);
    fixture->same[fixture->input.same_count++].b = tally_id(b);
}

void tally_part(struct tally_fixture *fixture, unsigned incident, unsigned cluster)
{
    fixture->parts[fixture->input.part_count].a = tally_id(incident);
    fixture->parts[fixture->input.part_count++].b = tally_id(cluster);
}

struct mir_tally_attribution *tally_attribute(struct tally_fixture *fixture,
    unsigned actor,
    unsigned incident)
{
    struct mir_tally_attribution *made = &fixture->attributions[fixture->input.attribution_count++];
    made->actor = tally_id(actor);
    made->perpetrator = 1;
    fixture->scopes[fixture->scope_count][0] = tally_id(incident);
    made->scope = fixture->scopes[fixture->scope_count++];
    made->scope_count = 1;
    return made;
}

struct mir_tally_assessment *tally_assess(struct tally_fixture *fixture,
    unsigned incident,
    enum mir_tally_outcome outcome,
    unsigned min,
    unsigned max)
{
    struct mir_tally_assessment *made = &fixture->assessments[fixture->input.assessment_count++];
    made->incident = tally_id(incident);
    made->outcome = outcome;
    made->min = min;
    made->has_max = 1;
    made->max = max;
    return made;
}

static const struct mir_tally *evaluate(struct tally_fixture *fixture,
    const struct mir_tally_query *query)
{
    mir_tally_fini(&fixture->tally);
    assert_int_equal(
        mir_tally_evaluate(&fixture->tally, &fixture->input, query, &fixture->test.env, NULL),
        MIRSAL_OK);
    return &fixture->tally;
}

const struct mir_tally_row *tally_all(struct tally_fixture *fixture)
{
    const struct mir_tally_query query = { .by_count = 0 };
    assert_int_equal(evaluate(fixture, &query)->row_count, 1);
    return &fixture->tally.rows[0];
}

const struct mir_tally *tally_by(struct tally_fixture *fixture, enum mir_tally_dimension dimension)
{
    const struct mir_tally_query query = { .by = &dimension, .by_count = 1 };
    return evaluate(fixture, &query);
}
