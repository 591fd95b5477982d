/* SPDX-License-Identifier: Apache-2.0 */
/* unit/tally_sum_test.c - what remains unknown, and bounds of parts on each other. */
#include "tally_sum.h"

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

static struct mir_tally_claim *say(struct tally_fixture *f,
    unsigned id,
    unsigned figure,
    enum mir_tally_sex sex,
    enum mir_tally_age age)
{
    struct mir_tally_claim *claim = tally_claim(f, id, 101, MIR_TALLY_KILLED, figure, 1, 0);
    claim->sex = sex;
    claim->age = age;
    return claim;
}

static const struct mir_tally_figure *killed(struct tally_fixture *f, enum mir_tally_group group)
{
    return &tally_all(f)->figures[MIR_TALLY_KILLED][group];
}

static void an_open_part_ends_where_its_whole_does(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    (void)tally_incident(f, 1);
    struct mir_tally_claim *whole = say(f, 11, 9, MIR_TALLY_SEX_NONE, MIR_TALLY_AGE_NONE);
    struct mir_tally_claim *women = say(f, 12, 0, MIR_TALLY_SEX_FEMALE, MIR_TALLY_AGE_ADULT);
    tally_vague(women, 2);
    women->subset_of = whole->id;
    say(f, 13, 3, MIR_TALLY_SEX_NONE, MIR_TALLY_AGE_CHILD)->subset_of = whole->id;
    assert_figure(*killed(f, MIR_TALLY_WOMEN), 2, 6);
    assert_figure(*killed(f, MIR_TALLY_CHILDREN), 3, 3);
    assert_figure(*killed(f, MIR_TALLY_UNKNOWN), 0, 4);
    fixture_free(f);
}

static void parts_that_exceed_their_whole_bound_nothing(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    (void)tally_incident(f, 1);
    struct mir_tally_claim *whole = say(f, 11, 5, MIR_TALLY_SEX_NONE, MIR_TALLY_AGE_NONE);
    say(f, 12, 4, MIR_TALLY_SEX_FEMALE, MIR_TALLY_AGE_ADULT)->subset_of = whole->id;
    say(f, 13, 3, MIR_TALLY_SEX_NONE, MIR_TALLY_AGE_CHILD)->subset_of = whole->id;
    assert_figure(*killed(f, MIR_TALLY_WOMEN), 4, 4);
    assert_figure(*killed(f, MIR_TALLY_CHILDREN), 3, 3);
    assert_figure(*killed(f, MIR_TALLY_TOTAL), 5, 5);
    assert_figure(*killed(f, MIR_TALLY_UNKNOWN), 0, 0);
    fixture_free(f);
}

static void best_is_known_where_all_of_it_is(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    (void)tally_incident(f, 1);
    (void)tally_incident(f, 2);
    tally_assess(f, 1, MIR_TALLY_KILLED, 3, 5)->has_best = 1;
    f->assessments[0].best = 4;
    assert_true(killed(f, MIR_TALLY_TOTAL)->has_best);
    assert_int_equal(killed(f, MIR_TALLY_TOTAL)->best, 4);
    (void)tally_claim(
        f, 11, 101, MIR_TALLY_KILLED, 2, 2, 0); /* one root alone agrees with nobody */
    assert_false(killed(f, MIR_TALLY_TOTAL)->has_best);
    assert_figure(*killed(f, MIR_TALLY_TOTAL), 5, 7);
    fixture_free(f);
}

static void a_sum_beyond_64_bits_is_told(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    const struct mir_tally_query query = { .by_count = 0 };
    (void)tally_incident(f, 1);
    (void)tally_incident(f, 2);
    (void)tally_assess(f, 1, MIR_TALLY_KILLED, 1, 1);
    struct mir_tally_assessment *huge = tally_assess(f, 2, MIR_TALLY_KILLED, 1, 1);
    huge->max = UINT64_MAX;
    struct mir_tally tally;
    assert_int_equal(
        mir_tally_evaluate(&tally, &f->input, &query, &f->test.env, NULL), MIRSAL_LIMIT);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_part_ends_where_its_whole_does),
        cmocka_unit_test(parts_that_exceed_their_whole_bound_nothing),
        cmocka_unit_test(best_is_known_where_all_of_it_is),
        cmocka_unit_test(a_sum_beyond_64_bits_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
