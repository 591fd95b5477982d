/* SPDX-License-Identifier: Apache-2.0 */
/* unit/tally_blocks_test.c - claims over several incidents: once, or as a bound, never both. */
#include "tally_blocks.h"

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

static const struct mir_tally_figure *killed(struct tally_fixture *f)
{
    return &tally_all(f)->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL];
}

static void incidents(struct tally_fixture *f, unsigned count)
{
    for (unsigned id = 1; id <= count; id++) {
        (void)tally_incident(f, id);
    }
}

static void where_none_has_its_own_the_claim_counts_once(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    incidents(f, 2);
    (void)tally_claim(f, 11, 101, MIR_TALLY_KILLED, 9, 1, 2, 0);
    assert_figure(*killed(f), 9, 9);
    (void)tally_claim(f, 12, 102, MIR_TALLY_KILLED, 11, 2, 1, 0);
    assert_figure(*killed(f), 9, 11);
    fixture_free(f);
}

static void where_all_have_their_own_it_is_a_check(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    incidents(f, 2);
    (void)tally_claim(f, 11, 101, MIR_TALLY_KILLED, 90, 1, 2, 0);
    (void)tally_claim(f, 12, 101, MIR_TALLY_KILLED, 5, 1, 0);
    (void)tally_claim(f, 13, 101, MIR_TALLY_KILLED, 4, 2, 0);
    assert_figure(*killed(f), 9, 9);
    fixture_free(f);
}

static void where_some_have_it_bounds_the_rest(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    incidents(f, 2);
    (void)tally_claim(f, 11, 101, MIR_TALLY_KILLED, 9, 1, 2, 0);
    (void)tally_claim(f, 12, 101, MIR_TALLY_KILLED, 5, 1, 0);
    (void)tally_claim(f, 13, 102, MIR_TALLY_KILLED, 6, 1, 0);
    assert_figure(*killed(f), 8, 10); /* 5 to 6, and 3 to 4 are left */
    f->claims[2].min = 20;
    f->claims[2].max = 20;
    assert_figure(*killed(f), 5, 24); /* more than the sum: from nothing */
    tally_vague(&f->claims[2], 1);
    assert_at_least(*killed(f), 1);
    fixture_free(f);
}

static void a_smaller_scope_bounds_a_larger(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    incidents(f, 3);
    (void)tally_claim(f, 11, 101, MIR_TALLY_KILLED, 20, 1, 2, 3, 0);
    (void)tally_claim(f, 12, 101, MIR_TALLY_KILLED, 12, 1, 2, 0);
    assert_figure(*killed(f), 20, 20);
    (void)tally_claim(f, 13, 101, MIR_TALLY_KILLED, 5, 2, 3, 0); /* crosses the other */
    const struct mir_tally_figure *figure = killed(f);
    assert_true(figure->min <= 20 && figure->max >= 17);
    fixture_free(f);
}

static void scopes_of_one_event_are_its_own(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    incidents(f, 2);
    tally_same(f, 1, 2);
    (void)tally_claim(f, 11, 101, MIR_TALLY_KILLED, 9, 1, 2, 0);
    (void)tally_claim(f, 12, 102, MIR_TALLY_KILLED, 7, 2, 0);
    assert_figure(*killed(f), 7, 9);
    assert_int_equal(tally_all(f)->incidents, 1);
    fixture_free(f);
}

static void a_judgement_stands_instead_of_claims(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    incidents(f, 2);
    (void)tally_claim(f, 11, 101, MIR_TALLY_KILLED, 9, 1, 2, 0);
    (void)tally_claim(f, 12, 101, MIR_TALLY_KILLED, 5, 1, 0);
    struct mir_tally_assessment *judged = tally_assess(f, 1, MIR_TALLY_KILLED, 6, 7);
    judged->has_best = 1;
    judged->best = 6;
    assert_figure(*killed(f), 8, 10); /* 6 to 7, and the rest of nine: 2 to 3 */
    (void)tally_assess(f, 2, MIR_TALLY_KILLED, 4, 4);
    assert_figure(*killed(f), 10, 11);
    judged->has_max = 0;
    assert_at_least(*killed(f), 10);
    fixture_free(f);
}

static unsigned draw(struct tally_fixture *f, unsigned below)
{
    uint32_t value = 0;
    f->test.env.random(f->test.env.context, &value, sizeof value);
    return value % below;
}

/* When every claim is true, so is the sum: whatever scopes cross, it lies between the bounds. */
static void true_claims_never_exclude_the_truth(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 400; round++) {
        struct tally_fixture *f = fixture_new();
        unsigned truth[7] = { 0 };
        uint64_t all = 0;
        f->test.random_state += round * 977u;
        incidents(f, 6);
        for (unsigned id = 1; id <= 6; id++) {
            truth[id] = draw(f, 9);
            all += truth[id];
        }
        unsigned claims = 1 + draw(f, 8);
        for (unsigned c = 0; c < claims; c++) {
            unsigned a = 1 + draw(f, 6);
            unsigned b = 1 + (a + draw(f, 5)) % 6; /* another */
            unsigned third = draw(f, 2) == 0 ? 0 : 1 + draw(f, 6);
            unsigned sum = truth[a] + truth[b];
            if (draw(f, 3) == 0) {
                (void)tally_claim(f, 11 + c, 101, MIR_TALLY_KILLED, truth[a], a, 0);
                continue;
            }
            if (a == b || third == a || third == b) {
                third = 0;
            }
            sum = (a == b ? truth[a] : sum) + truth[third];
            (void)tally_claim(f, 11 + c, 101, MIR_TALLY_KILLED, sum, a, b, third, 0);
        }
        /* What no claim covers is not in the sum. */
        uint8_t covered[7] = { 0 };
        uint64_t said = 0;
        for (size_t c = 0; c < f->input.claim_count; c++) {
            for (size_t s = 0; s < f->claims[c].scope_count; s++) {
                covered[f->claims[c].scope[s].bytes[15]] = 1;
            }
        }
        for (unsigned id = 1; id <= 6; id++) {
            said += covered[id] ? truth[id] : 0;
        }
        assert_true(killed(f)->min <= said && said <= killed(f)->max);
        assert_true(said <= all);
        fixture_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_none_has_its_own_the_claim_counts_once),
        cmocka_unit_test(where_all_have_their_own_it_is_a_check),
        cmocka_unit_test(where_some_have_it_bounds_the_rest),
        cmocka_unit_test(a_smaller_scope_bounds_a_larger),
        cmocka_unit_test(scopes_of_one_event_are_its_own),
        cmocka_unit_test(a_judgement_stands_instead_of_claims),
        cmocka_unit_test(true_claims_never_exclude_the_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
