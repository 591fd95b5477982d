/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/tallyclaims_test.c - what of claims, links and judgements counts.
 */
#include "seed.h"
#include "tallyread.h"

#include <string.h>

#define TEXT(value) v_text(&world.arena, value)

static struct world world;
static mirsal_error err;

static int setup(void **state)
{
    (void)state;
    world_open(&world);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static mirsal_id ids[SEED_RECORDS];

static struct mir_tally_data data;

static void read_all(void)
{
    const struct mir_tally_filter filter = { 0 };
    assert_int_equal(mir_tally_read(&data, &world.arena, &world.store, &filter, &err), MIRSAL_OK);
}

static void claims_carry_their_figures(void **state)
{
    (void)state;
    seed_add(&world, ids);
    mirsal_id id = seed_claim(&world, 2, 1, &ids[CIVIL], 5);
    read_all();
    assert_int_equal(data.input.claim_count, 1);
    const struct mir_tally_claim *found = &data.input.claims[0];
    assert_memory_equal(&found->id, &id, sizeof id);
    assert_memory_equal(&found->root, &ids[CIVIL], sizeof id);
    assert_int_equal(found->scope_count, 1);
    assert_memory_equal(&found->scope[0], &ids[INCIDENT], sizeof id);
    assert_int_equal(found->status, MIR_TALLY_STATUS_CIVILIAN);
    assert_int_equal(found->quality, MIR_TALLY_QUALITY_EXACT);
    assert_int_equal(found->min, 5);
    assert_false(found->retracted);
    assert_false(found->author_resolves);
}

static void retracting_takes_the_author_or_a_coordinator(void **state)
{
    (void)state;
    seed_add(&world, ids);
    mirsal_id id = seed_claim(&world, 2, 1, &ids[CIVIL], 5);
    static const struct {
        int64_t device;
        int retracted;
    } steps[] = { { 2, 0 }, { 3, 1 } };
    for (uint32_t i = 0; i < 2; i++) {
        struct draft draft;
        world_begin(&world, &draft, 3 + i, steps[i].device);
        draft_edit(&draft, &id, "casualty.retracted", v_none(), v_int(&world.arena, 1), NULL);
        draft_end(&draft);
        (void)world_apply(&world, &draft);
        read_all();
        assert_int_equal(data.input.claims[0].retracted, steps[i].retracted);
    }
}

static void the_assessment_ranked_highest_rejects(void **state)
{
    (void)state;
    seed_add(&world, ids);
    mirsal_id five = seed_claim(&world, 2, 1, &ids[CIVIL], 5);
    mirsal_id six = seed_claim(&world, 3, 1, &ids[OBSERVATORY], 6);
    (void)seed_reject(&world, 4, 3, &five);
    (void)seed_reject(&world, 5, 0, &six);
    (void)seed_reject(&world, 6, 2, &five);
    read_all();
    for (size_t i = 0; i < data.input.claim_count; i++) {
        int is_six = memcmp(&data.input.claims[i].id, &six, sizeof six) == 0;
        assert_int_equal(data.input.claims[i].rejected, is_six);
    }
    assert_int_equal(data.input.assessment_count, 0);
}

static void one_source_id_of_coordinators_is_one_record(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= 3; i++) {
        struct draft draft;
        world_begin(&world, &draft, i, i == 1 ? 1 : 3);
        uint32_t place = draft_create(&draft, "incident");
        draft_set(&draft, place, "incident.source_id", v_none(), TEXT("x:1"));
        draft_end(&draft);
        (void)world_apply(&world, &draft);
    }
    read_all();
    int joined = 0;
    for (size_t i = 0; i < 3; i++) {
        joined += data.input.incidents[i].same_as == 1;
    }
    assert_int_equal(joined, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(claims_carry_their_figures, setup, teardown),
        cmocka_unit_test_setup_teardown(
            retracting_takes_the_author_or_a_coordinator, setup, teardown),
        cmocka_unit_test_setup_teardown(the_assessment_ranked_highest_rejects, setup, teardown),
        cmocka_unit_test_setup_teardown(
            one_source_id_of_coordinators_is_one_record, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
