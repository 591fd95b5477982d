/* SPDX-License-Identifier: Apache-2.0 */
/* unit/hint_test.c - what a coordinator should look at. */
#include "hint.h"

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

static size_t find(struct tally_fixture *f)
{
    mir_hints_fini(&f->hints);
    assert_int_equal(mir_hints_find(&f->hints, &f->input, &f->test.env, NULL), MIRSAL_OK);
    return f->hints.count;
}

static const struct mir_hint *only(struct tally_fixture *f, enum mir_hint_kind kind)
{
    static const struct mir_hint none;
    const struct mir_hint *found = &none;
    size_t count = 0;
    (void)find(f);
    for (size_t i = 0; i < f->hints.count; i++) {
        if (f->hints.items[i].kind == kind) {
            found = &f->hints.items[i];
            count++;
        }
    }
    assert_int_equal(count, 1);
    return found;
}

static void a_claim_above_twice_the_others_is_shown(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    (void)tally_incident(f, 1);
    (void)tally_claim(f, 11, 101, MIR_TALLY_KILLED, 5, 1, 0);
    (void)tally_claim(f, 12, 102, MIR_TALLY_KILLED, 6, 1, 0);
    struct mir_tally_claim *high = tally_claim(f, 13, 103, MIR_TALLY_KILLED, 11, 1, 0);
    assert_int_equal(find(f), 0); /* twice five and a half */
    high->min = 12;
    high->max = 12;
    const struct mir_hint *hint = only(f, MIR_HINT_MEDIAN);
    assert_memory_equal(hint->record.bytes, tally_id(13).bytes, 16);
    assert_memory_equal(hint->incident.bytes, tally_id(1).bytes, 16);
    assert_int_equal(hint->value, 12);
    assert_int_equal(hint->against, 5);
    assert_int_equal(hint->severity, 2);
    high->rejected = 1;
    assert_int_equal(find(f), 0);
    fixture_free(f);
}

static void one_roots_two_numbers_are_shown_until_one_supersedes(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    (void)tally_incident(f, 1);
    (void)tally_civilians(f, 11, 101, MIR_TALLY_KILLED, 5, 1, 0);
    (void)tally_civilians(f, 12, 102, MIR_TALLY_KILLED, 5, 1, 0);
    struct mir_tally_claim *second = tally_claim(f, 13, 102, MIR_TALLY_KILLED, 6, 1, 0);
    const struct mir_hint *hint = only(f, MIR_HINT_ROOT_SOURCE);
    assert_memory_equal(hint->record.bytes, tally_id(13).bytes, 16);
    assert_memory_equal(hint->other.bytes, tally_id(12).bytes, 16);
    second->status = MIR_TALLY_STATUS_COMBATANT; /* other people */
    (void)find(f);
    for (size_t i = 0; i < f->hints.count; i++) {
        assert_int_not_equal(f->hints.items[i].kind, MIR_HINT_ROOT_SOURCE);
    }
    second->status = MIR_TALLY_STATUS_CIVILIAN;
    (void)only(f, MIR_HINT_ROOT_SOURCE);
    tally_supersedes(f, second, &f->claims[1]);
    assert_int_equal(find(f), 0);
    fixture_free(f);
}

static void parts_that_exceed_their_whole_are_shown(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    (void)tally_incident(f, 1);
    struct mir_tally_claim *whole = tally_claim(f, 11, 101, MIR_TALLY_KILLED, 5, 1, 0);
    struct mir_tally_claim *women = tally_claim(f, 12, 101, MIR_TALLY_KILLED, 3, 1, 0);
    women->sex = MIR_TALLY_SEX_FEMALE;
    women->age = MIR_TALLY_AGE_ADULT;
    women->subset_of = whole->id;
    struct mir_tally_claim *children = tally_claim(f, 13, 101, MIR_TALLY_KILLED, 2, 1, 0);
    children->age = MIR_TALLY_AGE_CHILD;
    children->subset_of = whole->id;
    assert_int_equal(find(f), 0);
    children->min = 3;
    children->max = 3;
    const struct mir_hint *hint = only(f, MIR_HINT_SUBSET);
    assert_int_equal(hint->value, 6);
    assert_int_equal(hint->against, 5);
    assert_int_equal(hint->severity, 3);
    children->retracted = 1;
    women->min = 7;
    women->max = 7;
    assert_int_equal(find(f), 2); /* the sum, and the part against the claim it is linked to */
    assert_memory_equal(f->hints.items[1].record.bytes, tally_id(12).bytes, 16);
    assert_memory_equal(f->hints.items[1].other.bytes, tally_id(11).bytes, 16);
    fixture_free(f);
}

static void two_perpetrators_are_shown(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    (void)tally_incident(f, 1);
    (void)tally_attribute(f, 201, 1);
    assert_int_equal(find(f), 0);
    (void)tally_attribute(f, 202, 1);
    const struct mir_hint *hint = only(f, MIR_HINT_ACTORS);
    assert_memory_equal(hint->other.bytes, tally_id(201).bytes, 16);
    assert_memory_equal(hint->record.bytes, tally_id(202).bytes, 16);
    assert_string_equal(mir_hint_kind_name(hint->kind), "actors");
    assert_string_equal(mir_hint_kind_name(MIR_HINT_ROOT_SOURCE), "root_source");
    f->incidents[0].withdrawn = 1;
    assert_int_equal(find(f), 0);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_claim_above_twice_the_others_is_shown),
        cmocka_unit_test(one_roots_two_numbers_are_shown_until_one_supersedes),
        cmocka_unit_test(parts_that_exceed_their_whole_are_shown),
        cmocka_unit_test(two_perpetrators_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
