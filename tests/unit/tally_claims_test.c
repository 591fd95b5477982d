/* SPDX-License-Identifier: Apache-2.0 */
/* unit/tally_claims_test.c - which claims count, where, and in which range. */
#include "tally_claims.h"

#include "tally_fixture.h"

#include <string.h>

static struct tally_fixture *fixture_new(void)
{
    struct tally_fixture *fixture = test_calloc(1, sizeof *fixture);
    tally_fixture_init(fixture);
    return fixture;
}

static void fixture_free(struct tally_fixture *fixture)
{
    tally_fixture_fini(fixture);
    test_free(fixture);
}

static void assert_range(const struct mir_tally_claim *claim, uint64_t min, uint64_t max, int open)
{
    struct mir_tally_range range = mir_tally_claim_range(claim);
    assert_true(range.present);
    assert_int_equal(range.min, min);
    assert_int_equal(range.open, open);
    if (!open) {
        assert_int_equal(range.max, max);
    }
}

static void words_become_ranges(void **state)
{
    (void)state;
    struct mir_tally_claim claim = { .has_min = 1, .min = 5, .quality = MIR_TALLY_QUALITY_EXACT };
    struct mir_tally_include includes[2] = { { .age = MIR_TALLY_AGE_CHILD } };
    assert_range(&claim, 5, 5, 0);
    claim.quality = MIR_TALLY_QUALITY_NONE;
    assert_range(&claim, 5, 0, 1);
    claim.quality = MIR_TALLY_QUALITY_AT_MOST;
    assert_range(&claim, 0, 5, 0);
    claim.quality = MIR_TALLY_QUALITY_AT_LEAST;
    assert_range(&claim, 5, 0, 1);
    claim.has_max = 1;
    claim.max = 5;
    assert_range(&claim, 5, 0, 1);
    claim.max = 8;
    assert_range(&claim, 5, 8, 0);
    claim.quality = MIR_TALLY_QUALITY_APPROX;
    assert_range(&claim, 5, 8, 0);
    claim.has_min = 0;
    assert_range(&claim, 0, 8, 0);
    claim.includes = includes;
    claim.include_count = 2;
    assert_range(&claim, 2, 8, 0);
    claim.max = 1; /* what it names is more than it counts: left as it says */
    assert_range(&claim, 0, 1, 0);
    claim.quality = MIR_TALLY_QUALITY_VAGUE;
    claim.has_max = 0;
    assert_range(&claim, 2, 0, 1);
    claim.include_count = 0;
    assert_range(&claim, 1, 0, 1);
    claim.quality = MIR_TALLY_QUALITY_NONE;
    assert_false(mir_tally_claim_range(&claim).present); /* absent is not zero */
    claim.include_count = 1;
    assert_range(&claim, 1, 0, 1);
}

static size_t counting(struct tally_fixture *f)
{
    return tally_all(f)->claim_count;
}

static void withdrawn_rejected_and_superseded_fall_out(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    (void)tally_incident(f, 1);
    struct mir_tally_claim *a = tally_claim(f, 11, 0, MIR_TALLY_KILLED, 5, 1, 0);
    struct mir_tally_claim *b = tally_claim(f, 12, 0, MIR_TALLY_KILLED, 6, 1, 0);
    assert_int_equal(counting(f), 2);
    tally_supersedes(f, b, a);
    assert_int_equal(counting(f), 1); /* one author */
    a->author.bytes[0] = 1;
    assert_int_equal(counting(f), 2); /* another's word takes nothing away */
    b->author_resolves = 1;
    assert_int_equal(counting(f), 1);
    b->retracted = 1;
    assert_int_equal(counting(f), 1); /* what the withdrawn one took comes back */
    assert_memory_equal(tally_all(f)->claims[0].bytes, tally_id(11).bytes, 16);
    b->retracted = 0;
    b->rejected = 1;
    assert_int_equal(counting(f), 0); /* the author had replaced it all the same */
    fixture_free(f);
}

static void a_circle_of_supersedes_drops_nothing(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    (void)tally_incident(f, 1);
    struct mir_tally_claim *a = tally_claim(f, 11, 0, MIR_TALLY_KILLED, 5, 1, 0);
    struct mir_tally_claim *b = tally_claim(f, 12, 0, MIR_TALLY_KILLED, 6, 1, 0);
    tally_supersedes(f, a, b);
    tally_supersedes(f, b, a);
    assert_int_equal(counting(f), 2);
    struct mir_tally_claim *c = tally_claim(f, 13, 0, MIR_TALLY_KILLED, 7, 1, 0);
    tally_supersedes(f, c, a);
    assert_int_equal(counting(f), 2);
    fixture_free(f);
}

static void a_claim_on_a_cluster_is_one_on_its_parts(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    (void)tally_incident(f, 1);
    (void)tally_incident(f, 2);
    tally_incident(f, 9)->cluster = 1;
    tally_part(f, 1, 9);
    tally_part(f, 2, 9);
    (void)tally_claim(f, 11, 0, MIR_TALLY_KILLED, 7, 9, 0);
    const struct mir_tally_row *row = tally_all(f);
    assert_figure(row->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 7, 7);
    assert_int_equal(row->incidents, 2); /* the cluster itself is none */
    (void)tally_claim(f, 12, 0, MIR_TALLY_KILLED, 3, 1, 0);
    row = tally_all(f);
    assert_figure(row->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 7, 7);
    fixture_free(f);
}

static void an_incident_that_does_not_count_takes_its_share(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    (void)tally_incident(f, 1);
    (void)tally_claim(f, 11, 0, MIR_TALLY_KILLED, 7, 1, 2, 0); /* 2 is not held */
    assert_figure(tally_all(f)->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 0, 7);
    tally_incident(f, 2)->withdrawn = 1;
    assert_figure(tally_all(f)->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 0, 7);
    f->incidents[1].withdrawn = 0;
    assert_figure(tally_all(f)->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 7, 7);
    fixture_free(f);
}

static void figures_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    const struct mir_tally_query query = { .by_count = 0 };
    (void)tally_incident(f, 1);
    struct mir_tally_claim *claim = tally_claim(f, 11, 0, MIR_TALLY_KILLED, 1000000, 1, 0);
    assert_int_equal(counting(f), 1);
    struct mir_tally tally;
    claim->max = MIR_TALLY_FIGURE_MAX + 1;
    assert_int_equal(
        mir_tally_evaluate(&tally, &f->input, &query, &f->test.env, NULL), MIRSAL_OUT_OF_RANGE);
    claim->max = 3;
    assert_int_equal(
        mir_tally_evaluate(&tally, &f->input, &query, &f->test.env, NULL), MIRSAL_OUT_OF_RANGE);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_become_ranges),
        cmocka_unit_test(withdrawn_rejected_and_superseded_fall_out),
        cmocka_unit_test(a_circle_of_supersedes_drops_nothing),
        cmocka_unit_test(a_claim_on_a_cluster_is_one_on_its_parts),
        cmocka_unit_test(an_incident_that_does_not_count_takes_its_share),
        cmocka_unit_test(figures_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
