/* SPDX-License-Identifier: Apache-2.0 */
/* unit/tally_figures_test.c - from the claims on one incident to its groups. */
#include "tally_figures.h"

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

static const struct mir_tally_figure *killed(struct tally_fixture *f, enum mir_tally_group group)
{
    return &tally_all(f)->figures[MIR_TALLY_KILLED][group];
}

static struct mir_tally_claim *say(struct tally_fixture *f,
    unsigned id,
    unsigned root,
    unsigned figure,
    enum mir_tally_status status)
{
    struct mir_tally_claim *claim = tally_claim(f, id, root, MIR_TALLY_KILLED, figure, 1, 0);
    claim->status = status;
    return claim;
}

static struct mir_tally_claim *people(struct mir_tally_claim *claim,
    enum mir_tally_sex sex,
    enum mir_tally_age age)
{
    claim->sex = sex;
    claim->age = age;
    return claim;
}

static void people_are_told_apart_as_claims_tell_them(void **state)
{
    (void)state;
    assert_int_equal(
        mir_tally_people_of(MIR_TALLY_SEX_FEMALE, MIR_TALLY_AGE_ADULT), MIR_TALLY_WOMAN);
    assert_int_equal(mir_tally_people_of(MIR_TALLY_SEX_MALE, MIR_TALLY_AGE_ADULT), MIR_TALLY_MAN);
    assert_int_equal(mir_tally_people_of(MIR_TALLY_SEX_NONE, MIR_TALLY_AGE_CHILD), MIR_TALLY_CHILD);
    assert_int_equal(mir_tally_people_of(MIR_TALLY_SEX_MALE, MIR_TALLY_AGE_CHILD), MIR_TALLY_BOY);
    assert_int_equal(
        mir_tally_people_of(MIR_TALLY_SEX_FEMALE, MIR_TALLY_AGE_INFANT), MIR_TALLY_INFANT);
    assert_int_equal(
        mir_tally_people_of(MIR_TALLY_SEX_FEMALE, MIR_TALLY_AGE_NONE), MIR_TALLY_OTHERS);
    assert_int_equal(
        mir_tally_people_of(MIR_TALLY_SEX_NONE, MIR_TALLY_AGE_NONE), MIR_TALLY_ANYBODY);
}

static void civilians_and_combatants_add_up_to_the_total(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    (void)tally_incident(f, 1);
    (void)say(f, 11, 101, 5, MIR_TALLY_STATUS_CIVILIAN);
    (void)say(f, 12, 101, 3, MIR_TALLY_STATUS_COMBATANT);
    assert_figure(*killed(f, MIR_TALLY_TOTAL), 8, 8);
    (void)say(f, 13, 102, 8, MIR_TALLY_STATUS_NONE);
    assert_figure(*killed(f, MIR_TALLY_TOTAL), 8, 8);
    assert_int_equal(killed(f, MIR_TALLY_TOTAL)->best, 8);
    assert_true(killed(f, MIR_TALLY_TOTAL)->has_best); /* each root comes to 8 */
    (void)say(f, 14, 103, 6, MIR_TALLY_STATUS_CIVILIAN);
    assert_figure(*killed(f, MIR_TALLY_CIVILIANS), 5, 6);
    assert_figure(*killed(f, MIR_TALLY_TOTAL), 8, 9);
    fixture_free(f);
}

static void a_linked_part_does_not_add_to_its_whole(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    (void)tally_incident(f, 1);
    struct mir_tally_claim *whole = say(f, 11, 101, 8, MIR_TALLY_STATUS_NONE);
    say(f, 12, 101, 5, MIR_TALLY_STATUS_CIVILIAN)->subset_of = whole->id;
    assert_figure(*killed(f, MIR_TALLY_TOTAL), 8, 8);
    assert_figure(*killed(f, MIR_TALLY_CIVILIANS), 5, 5);
    whole->retracted = 1; /* what is left says five at least */
    assert_at_least(*killed(f, MIR_TALLY_TOTAL), 5);
    assert_figure(*killed(f, MIR_TALLY_CIVILIANS), 5, 5);
    fixture_free(f);
}

static void people_that_are_told_apart_add_up(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    (void)tally_incident(f, 1);
    (void)people(
        say(f, 11, 0, 2, MIR_TALLY_STATUS_CIVILIAN), MIR_TALLY_SEX_FEMALE, MIR_TALLY_AGE_ADULT);
    (void)people(
        say(f, 12, 0, 1, MIR_TALLY_STATUS_CIVILIAN), MIR_TALLY_SEX_FEMALE, MIR_TALLY_AGE_CHILD);
    (void)people(
        say(f, 13, 0, 3, MIR_TALLY_STATUS_CIVILIAN), MIR_TALLY_SEX_MALE, MIR_TALLY_AGE_CHILD);
    assert_figure(*killed(f, MIR_TALLY_TOTAL), 6, 6);
    assert_figure(*killed(f, MIR_TALLY_CIVILIANS), 6, 6);
    assert_figure(*killed(f, MIR_TALLY_WOMEN), 2, 2);
    assert_figure(*killed(f, MIR_TALLY_CHILDREN), 4, 4);
    assert_figure(*killed(f, MIR_TALLY_UNKNOWN), 0, 0);
    (void)people(
        say(f, 14, 0, 5, MIR_TALLY_STATUS_CIVILIAN), MIR_TALLY_SEX_NONE, MIR_TALLY_AGE_CHILD);
    assert_figure(*killed(f, MIR_TALLY_CHILDREN), 5, 5); /* said of children as such */
    fixture_free(f);
}

static void a_stated_subset_bounds_itself_alone(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    (void)tally_incident(f, 1);
    struct mir_tally_claim *whole = say(f, 11, 101, 5, MIR_TALLY_STATUS_CIVILIAN);
    people(say(f, 12, 101, 4, MIR_TALLY_STATUS_NONE), MIR_TALLY_SEX_FEMALE, MIR_TALLY_AGE_ADULT)
        ->subset_of = whole->id;
    assert_figure(*killed(f, MIR_TALLY_TOTAL), 5, 5);
    assert_figure(*killed(f, MIR_TALLY_WOMEN), 4, 4);
    assert_figure(*killed(f, MIR_TALLY_UNKNOWN), 1, 1);
    fixture_free(f);
}

static void best_is_what_two_roots_agree_on(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    (void)tally_incident(f, 1);
    (void)say(f, 11, 101, 5, MIR_TALLY_STATUS_CIVILIAN);
    (void)say(f, 12, 101, 5, MIR_TALLY_STATUS_CIVILIAN); /* said twice by one */
    (void)say(f, 13, 102, 7, MIR_TALLY_STATUS_CIVILIAN);
    assert_false(killed(f, MIR_TALLY_TOTAL)->has_best);
    assert_figure(*killed(f, MIR_TALLY_TOTAL), 5, 7);
    struct mir_tally_claim *third = say(f, 14, 0, 5, MIR_TALLY_STATUS_CIVILIAN);
    assert_true(killed(f, MIR_TALLY_TOTAL)->has_best);
    assert_int_equal(killed(f, MIR_TALLY_TOTAL)->best, 5);
    third->same_as = 7; /* an import of the first claim is no second voice */
    f->claims[0].same_as = 7;
    assert_false(killed(f, MIR_TALLY_TOTAL)->has_best);
    third->same_as = 0;
    (void)say(f, 15, 103, 7, MIR_TALLY_STATUS_CIVILIAN);
    assert_false(killed(f, MIR_TALLY_TOTAL)->has_best); /* two against two */
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_are_told_apart_as_claims_tell_them),
        cmocka_unit_test(civilians_and_combatants_add_up_to_the_total),
        cmocka_unit_test(a_linked_part_does_not_add_to_its_whole),
        cmocka_unit_test(people_that_are_told_apart_add_up),
        cmocka_unit_test(a_stated_subset_bounds_itself_alone),
        cmocka_unit_test(best_is_what_two_roots_agree_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
