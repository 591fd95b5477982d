/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/tally_fixture.h - invented incidents and claims, a line each. A number is an id.
 */
#ifndef TALLY_FIXTURE_H
#define TALLY_FIXTURE_H

#include "hint.h"
#include "tally.h"
#include "test_env.h"

#define TALLY_RECORDS_MAX 128u
#define TALLY_SCOPE_MAX   8u

struct tally_fixture {
    struct test_env test;
    struct mir_tally_incident incidents[TALLY_RECORDS_MAX];
    struct mir_tally_claim claims[TALLY_RECORDS_MAX];
    struct mir_tally_attribution attributions[TALLY_RECORDS_MAX];
    struct mir_tally_assessment assessments[TALLY_RECORDS_MAX];
    struct mir_tally_link same[TALLY_RECORDS_MAX];
    struct mir_tally_link parts[TALLY_RECORDS_MAX];
    mirsal_id scopes[2 * TALLY_RECORDS_MAX][TALLY_SCOPE_MAX];
    size_t scope_count;
    struct mir_tally_include includes[TALLY_RECORDS_MAX][2];
    mirsal_id supersedes[TALLY_RECORDS_MAX];
    struct mir_tally_input input; /* kept in step */
    struct mir_tally tally;
    struct mir_hints hints;
};

void tally_fixture_init(struct tally_fixture *fixture);
void tally_fixture_fini(struct tally_fixture *fixture);

mirsal_id tally_id(unsigned number);
struct mir_tally_incident *tally_incident(struct tally_fixture *fixture, unsigned id);
/* An exact claim of a root (0: none) on incidents, a list that ends with 0. */
struct mir_tally_claim *tally_claim(struct tally_fixture *fixture,
    unsigned id,
    unsigned root,
    enum mir_tally_outcome outcome,
    unsigned figure,
    ...);
/* The same, of civilians. */
struct mir_tally_claim *tally_civilians(struct tally_fixture *fixture,
    unsigned id,
    unsigned root,
    enum mir_tally_outcome outcome,
    unsigned figure,
    ...);
/* Makes a claim vague: at least that many, no maximum. */
void tally_vague(struct mir_tally_claim *claim, unsigned min);
void tally_supersedes(struct tally_fixture *fixture,
    struct mir_tally_claim *newer,
    const struct mir_tally_claim *older);
void tally_same(struct tally_fixture *fixture, unsigned a, unsigned b);
void tally_part(struct tally_fixture *fixture, unsigned incident, unsigned cluster);
struct mir_tally_attribution *tally_attribute(struct tally_fixture *fixture,
    unsigned actor,
    unsigned incident);
struct mir_tally_assessment *tally_assess(struct tally_fixture *fixture,
    unsigned incident,
    enum mir_tally_outcome outcome,
    unsigned min,
    unsigned max);

/* Over everything, without rows: the only row. */
const struct mir_tally_row *tally_all(struct tally_fixture *fixture);
/* Rows by one dimension. */
const struct mir_tally *tally_by(struct tally_fixture *fixture, enum mir_tally_dimension dimension);

#define assert_figure(figure, min_, max_)                                                          \
    do {                                                                                           \
        assert_false((figure).open);                                                               \
        assert_int_equal((figure).min, min_);                                                      \
        assert_int_equal((figure).max, max_);                                                      \
    } while (0)

#define assert_at_least(figure, min_)                                                              \
    do {                                                                                           \
        assert_true((figure).open);                                                                \
        assert_int_equal((figure).min, min_);                                                      \
    } while (0)

#endif
