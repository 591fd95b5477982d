/* SPDX-License-Identifier: Apache-2.0 */
/* unit/tally_test.c - rules 1 to 7 over invented incidents, and any order of the input. */
#include "tally.h"

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

/* Numbers that read as what they are. */
enum { I1 = 1, I2, I3, I4, I0 = 9 };
enum { S1 = 101, S2, S3 };
enum { RED = 201, BLUE };

/*
 * A day of the shape that real data has: one source counts each village and the sum; another says
 * the same, and its day total once ended up on one village; wounded are a number of people.
 */
static void draw_day(struct tally_fixture *f)
{
    for (unsigned id = I1; id <= I4; id++) {
        struct mir_tally_incident *incident = tally_incident(f, id);
        incident->has_date = 1;
        incident->date_start = 18000;
        incident->date_end = 18000;
        incident->codes[MIR_TALLY_BY_PLACE] = id;
        incident->codes[MIR_TALLY_BY_GRADING] = id % 2 + 1;
    }
    tally_incident(f, I0)->cluster = 1;
    for (unsigned id = I1; id <= I3; id++) {
        tally_part(f, id, I0);
    }
    (void)tally_civilians(f, 11, S1, MIR_TALLY_KILLED, 9, I1, I2, 0);
    (void)tally_civilians(f, 12, S1, MIR_TALLY_KILLED, 5, I1, 0);
    struct mir_tally_claim *women = tally_civilians(f, 13, S1, MIR_TALLY_KILLED, 4, I1, 0);
    women->sex = MIR_TALLY_SEX_FEMALE;
    women->age = MIR_TALLY_AGE_ADULT;
    women->subset_of = tally_id(12);
    (void)tally_civilians(f, 14, S1, MIR_TALLY_KILLED, 4, I2, 0);
    struct mir_tally_claim *hurt = tally_civilians(f, 15, S1, MIR_TALLY_WOUNDED, 0, I1, I2, 0);
    tally_vague(hurt, 0);
    f->includes[0][0].sex = MIR_TALLY_SEX_FEMALE;
    f->includes[0][0].age = MIR_TALLY_AGE_ADULT;
    f->includes[0][1].age = MIR_TALLY_AGE_CHILD;
    hurt->includes = f->includes[0];
    hurt->include_count = 2;
    (void)tally_claim(f, 16, S1, MIR_TALLY_WOUNDED, 2, I3, 0);
    (void)tally_civilians(f, 17, S2, MIR_TALLY_KILLED, 5, I1, 0);
    (void)tally_civilians(f, 18, S2, MIR_TALLY_KILLED, 4, I2, 0);
    (void)tally_claim(f, 19, S2, MIR_TALLY_KILLED, 12, I1, 0);
    struct mir_tally_claim *soldiers = tally_claim(f, 20, S3, MIR_TALLY_WOUNDED, 0, I4, 0);
    soldiers->status = MIR_TALLY_STATUS_COMBATANT;
    tally_vague(soldiers, 2);
}

static void reject(struct tally_fixture *f, unsigned id)
{
    mirsal_id wanted = tally_id(id);
    for (size_t i = 0; i < f->input.claim_count; i++) {
        if (memcmp(f->claims[i].id.bytes, wanted.bytes, sizeof wanted.bytes) == 0) {
            f->claims[i].rejected = 1;
        }
    }
}

static void the_day_before_and_after_review(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    draw_day(f);
    const struct mir_tally_row *row = tally_all(f);
    assert_figure(row->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 9, 16);
    assert_false(row->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL].has_best);
    assert_figure(row->figures[MIR_TALLY_KILLED][MIR_TALLY_CIVILIANS], 9, 9);
    assert_figure(row->figures[MIR_TALLY_KILLED][MIR_TALLY_WOMEN], 4, 4);
    assert_figure(row->figures[MIR_TALLY_KILLED][MIR_TALLY_UNKNOWN], 5, 12);
    assert_int_equal(row->incidents, 4);
    assert_int_equal(row->without_figures, 2); /* of those who died */
    assert_int_equal(row->claim_count, 10);
    reject(f, 19);
    row = tally_all(f);
    assert_figure(row->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 9, 9);
    assert_true(row->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL].has_best);
    assert_int_equal(row->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL].best, 9);
    assert_figure(row->figures[MIR_TALLY_KILLED][MIR_TALLY_UNKNOWN], 5, 5);
    fixture_free(f);
}

static void wounded_are_open_where_a_claim_is(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    draw_day(f);
    const struct mir_tally_row *row = tally_all(f);
    assert_at_least(row->figures[MIR_TALLY_WOUNDED][MIR_TALLY_TOTAL], 6);
    f->incidents[3].excluded = 1; /* only the cluster's */
    row = tally_all(f);
    assert_at_least(row->figures[MIR_TALLY_WOUNDED][MIR_TALLY_TOTAL], 4);
    assert_at_least(row->figures[MIR_TALLY_WOUNDED][MIR_TALLY_CIVILIANS], 2);
    assert_at_least(row->figures[MIR_TALLY_WOUNDED][MIR_TALLY_WOMEN], 1);
    assert_at_least(row->figures[MIR_TALLY_WOUNDED][MIR_TALLY_CHILDREN], 1);
    assert_figure(row->figures[MIR_TALLY_WOUNDED][MIR_TALLY_MEN], 0, 0);
    assert_int_equal(row->incidents, 3);
    fixture_free(f);
}

static void a_lineage_is_counted_by_itself(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    draw_day(f);
    tally_assess(f, I1, MIR_TALLY_KILLED, 7, 7);
    const struct mir_tally *tally = tally_by(f, MIR_TALLY_BY_SOURCE);
    assert_int_equal(tally->row_count, 3);
    assert_memory_equal(tally->rows[0].source.bytes, tally_id(S1).bytes, 16);
    assert_figure(tally->rows[0].figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 9, 9);
    assert_int_equal(tally->rows[0].incidents, 3);
    assert_int_equal(tally->rows[0].claim_count, 6);
    assert_figure(tally->rows[1].figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 9, 16);
    assert_figure(tally->rows[1].figures[MIR_TALLY_WOUNDED][MIR_TALLY_TOTAL], 0, 0);
    assert_at_least(tally->rows[2].figures[MIR_TALLY_WOUNDED][MIR_TALLY_COMBATANTS], 2);
    fixture_free(f);
}

static void an_empty_tally_has_one_row_of_zeros(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    const struct mir_tally_row *row = tally_all(f);
    assert_int_equal(row->incidents, 0);
    assert_figure(row->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 0, 0);
    assert_true(row->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL].has_best);
    assert_int_equal(tally_by(f, MIR_TALLY_BY_PLACE)->row_count, 0);
    assert_string_equal(mir_tally_group_name(MIR_TALLY_CIVILIANS), "civilians");
    assert_string_equal(mir_tally_group_name(MIR_TALLY_UNKNOWN), "unknown");
    fixture_free(f);
}

static void an_incident_without_figures_is_counted_as_such(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    (void)tally_incident(f, I1);
    (void)tally_incident(f, I2);
    (void)tally_claim(f, 11, 0, MIR_TALLY_WOUNDED, 3, I2, 0);
    const struct mir_tally_row *row = tally_all(f);
    assert_int_equal(row->incidents, 2);
    assert_int_equal(row->without_figures, 2);
    (void)tally_claim(f, 12, 0, MIR_TALLY_KILLED, 0, I2, 0); /* none is a figure */
    assert_int_equal(tally_all(f)->without_figures, 1);
    row = tally_all(f);
    assert_false(row->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL].has_best);
    assert_figure(row->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 0, 0);
    fixture_free(f);
}

static void rows_by_place_hold_a_shared_claim_up_to_its_maximum(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    draw_day(f);
    const struct mir_tally *tally = tally_by(f, MIR_TALLY_BY_PLACE);
    assert_int_equal(tally->row_count, 4);
    assert_figure(tally->rows[0].figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 5, 12);
    assert_figure(tally->rows[1].figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 4, 4);
    assert_at_least(tally->rows[0].figures[MIR_TALLY_WOUNDED][MIR_TALLY_TOTAL], 0);
    assert_figure(tally->rows[2].figures[MIR_TALLY_WOUNDED][MIR_TALLY_TOTAL], 2, 2);
    assert_int_equal(tally->rows[3].codes[MIR_TALLY_BY_PLACE], I4);
    fixture_free(f);
}

static void an_incident_of_two_actors_is_in_both_rows_and_in_no_sole(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    draw_day(f);
    (void)tally_attribute(f, RED, I1);
    (void)tally_attribute(f, BLUE, I1);
    (void)tally_attribute(f, RED, I2);
    (void)tally_attribute(f, RED, I2);
    tally_attribute(f, BLUE, I2)->perpetrator = 0;
    tally_attribute(f, BLUE, I3)->retracted = 1;
    const struct mir_tally *tally = tally_by(f, MIR_TALLY_BY_ACTOR);
    assert_int_equal(tally->row_count, 3);
    const struct mir_tally_row *nobody = &tally->rows[0];
    const struct mir_tally_row *red = &tally->rows[1];
    const struct mir_tally_row *blue = &tally->rows[2];
    assert_int_equal(nobody->incidents, 2);
    assert_int_equal(nobody->sole.incidents, 0);
    assert_int_equal(red->incidents, 2);
    assert_figure(red->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 9, 16);
    assert_int_equal(red->sole.incidents, 1);
    assert_figure(red->sole.figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 4, 4);
    assert_int_equal(blue->incidents, 1);
    assert_figure(blue->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 5, 12);
    assert_int_equal(blue->sole.incidents, 0);
    struct mir_tally_assessment *judged = tally_assess(f, I1, MIR_TALLY_KILLED, 0, 0);
    judged->actor = tally_id(RED); /* a coordinator names one */
    tally = tally_by(f, MIR_TALLY_BY_ACTOR);
    assert_int_equal(tally->row_count, 2);
    assert_int_equal(tally->rows[1].sole.incidents, 2);
    assert_figure(tally->rows[1].sole.figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 9, 16);
    fixture_free(f);
}

static void the_edge_of_the_period_is_told_apart(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    for (unsigned id = 1; id <= 5; id++) {
        struct mir_tally_incident *incident = tally_incident(f, id);
        incident->has_date = id != 5;
        incident->date_start = 98 + (int)id;
        incident->date_end = 99 + (int)id;
    }
    const struct mir_tally_query query = {
        .has_since = 1, .has_until = 1, .since = 100, .until = 102
    };
    struct mir_tally tally;
    assert_int_equal(mir_tally_evaluate(&tally, &f->input, &query, &f->test.env, NULL), MIRSAL_OK);
    assert_int_equal(tally.rows[0].incidents, 2);
    assert_memory_equal(tally.rows[0].ids[0].bytes, tally_id(2).bytes, 16);
    assert_int_equal(tally.boundary_count, 3); /* 99 to 100, 102 to 103, and one without a date */
    assert_memory_equal(tally.boundary[2].bytes, tally_id(5).bytes, 16);
    mir_tally_fini(&tally);
    fixture_free(f);
}

static void gradings_are_counted_by_row(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    draw_day(f);
    const struct mir_tally_row *row = tally_all(f);
    assert_int_equal(row->grading_count, 2);
    assert_int_equal(row->gradings[0].code, 1);
    assert_int_equal(row->gradings[0].incidents, 2);
    assert_int_equal(tally_by(f, MIR_TALLY_BY_GRADING)->row_count, 2);
    fixture_free(f);
}

static void shuffle(struct test_env *test, void *items, size_t count, size_t size)
{
    uint8_t kept[512];
    assert_true(size <= sizeof kept);
    for (size_t i = count; i > 1; i--) {
        uint64_t value = 0;
        test->env.random(test->env.context, &value, sizeof value);
        uint8_t *a = (uint8_t *)items + (i - 1) * size;
        uint8_t *b = (uint8_t *)items + (value % i) * size;
        memcpy(kept, a, size);
        memmove(a, b, size);
        memcpy(b, kept, size);
    }
}

static void no_order_of_the_records_changes_a_figure(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    draw_day(f);
    tally_same(f, I3, I4);
    struct mir_tally_figure expected[MIR_TALLY_OUTCOMES][MIR_TALLY_GROUPS];
    memcpy(expected, tally_all(f)->figures, sizeof expected);
    for (unsigned round = 0; round < 40; round++) {
        shuffle(&f->test, f->incidents, f->input.incident_count, sizeof f->incidents[0]);
        shuffle(&f->test, f->claims, f->input.claim_count, sizeof f->claims[0]);
        if (round == 20) { /* a record that arrives twice counts once */
            f->claims[f->input.claim_count++] = f->claims[0];
            f->incidents[f->input.incident_count++] = f->incidents[0];
        }
        assert_memory_equal(tally_all(f)->figures, expected, sizeof expected);
    }
    fixture_free(f);
}

/* Twelve incidents, each with one civilian figure: the sum is the sum. */
static void plain_sums_are_exact(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    uint64_t sum = 0;
    for (unsigned id = 1; id <= 100; id++) {
        (void)tally_incident(f, id);
        (void)tally_civilians(f, 1000 + id, 0, MIR_TALLY_KILLED, id * 9999, id, 0);
        sum += (uint64_t)id * 9999;
    }
    const struct mir_tally_row *row = tally_all(f);
    assert_int_equal(row->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL].min, sum);
    assert_int_equal(row->figures[MIR_TALLY_KILLED][MIR_TALLY_CIVILIANS].max, sum);
    assert_int_equal(row->id_count, 100);
    fixture_free(f);
}

static void lack_of_memory_is_told(void **state)
{
    (void)state;
    struct tally_fixture *f = fixture_new();
    draw_day(f);
    const struct mir_tally_query query = { .by_count = 0 };
    for (uint64_t fail = 1; fail < 200; fail++) {
        struct mir_tally tally;
        f->test.fail_at = f->test.allocations + fail;
        mirsal_code rc = mir_tally_evaluate(&tally, &f->input, &query, &f->test.env, NULL);
        if (rc == MIRSAL_OK) {
            mir_tally_fini(&tally);
            assert_true(fail > 2);
            break;
        }
        assert_int_equal(rc, MIRSAL_NO_MEMORY);
    }
    f->test.fail_at = 0;
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_day_before_and_after_review),
        cmocka_unit_test(wounded_are_open_where_a_claim_is),
        cmocka_unit_test(a_lineage_is_counted_by_itself),
        cmocka_unit_test(an_empty_tally_has_one_row_of_zeros),
        cmocka_unit_test(an_incident_without_figures_is_counted_as_such),
        cmocka_unit_test(rows_by_place_hold_a_shared_claim_up_to_its_maximum),
        cmocka_unit_test(an_incident_of_two_actors_is_in_both_rows_and_in_no_sole),
        cmocka_unit_test(the_edge_of_the_period_is_told_apart),
        cmocka_unit_test(gradings_are_counted_by_row),
        cmocka_unit_test(no_order_of_the_records_changes_a_figure),
        cmocka_unit_test(plain_sums_are_exact),
        cmocka_unit_test(lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
