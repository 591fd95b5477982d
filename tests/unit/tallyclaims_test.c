/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/tallyclaims_test.c - what of claims, links and judgements counts.
 */
#include "msgpack.h"
#include "tallyread.h"
#include "world.h"

#include <string.h>

#define TEXT(value)       v_text(&world.arena, value)
#define CODE(field, code) v_code(&world.arena, &world.schema, field, code)

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

static void begin(struct draft *draft, uint32_t number, int64_t device)
{
    draft_begin(draft, &world.arena, &world.schema, number, device);
}

/* Two incidents, two sources: draft 1 by device 1. */
enum { INCIDENT, SECOND, CIVIL, OBSERVATORY, SEED_RECORDS };
static mirsal_id ids[SEED_RECORDS];

static void add_seed(void)
{
    static const char *const types[SEED_RECORDS] = { "incident", "incident", "source", "source" };
    struct draft draft;
    begin(&draft, 1, 1);
    for (uint32_t i = 0; i < SEED_RECORDS; i++) {
        ids[draft_create(&draft, types[i])] = draft_id(1, i);
    }
    for (uint32_t i = INCIDENT; i <= SECOND; i++) {
        draft_set(&draft, i, "incident.date", v_none(),
            v_ints(&world.arena, (const int64_t[]){ 18217, 18217, 1 }, 3));
    }
    draft_end(&draft);
    (void)world_apply(&world, &draft);
}

/* One claim of killed civilians on the first incident. */
static mirsal_id claim(uint32_t number, int64_t device, const mirsal_id *root, int64_t killed)
{
    struct draft draft;
    begin(&draft, number, device);
    uint32_t place = draft_create(&draft, "casualty");
    draft_set(&draft, place, "casualty.scope", v_none(), v_refs(&world.arena, &ids[INCIDENT], 1));
    draft_set(&draft, place, "casualty.root_source", v_none(), v_ref(&world.arena, root));
    draft_set(&draft, place, "casualty.outcome", v_none(), CODE("casualty.outcome", "killed"));
    draft_set(&draft, place, "casualty.status", v_none(), CODE("casualty.status", "civilian"));
    draft_set(&draft, place, "casualty.quality", v_none(), CODE("casualty.quality", "exact"));
    draft_set(&draft, place, "casualty.min", v_none(), v_int(&world.arena, killed));
    draft_set(&draft, place, "casualty.max", v_none(), v_int(&world.arena, killed));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    return draft_id(number, place);
}

/* A judgement that the claim is mis-scoped. */
static mirsal_id reject(uint32_t number, int64_t device, const mirsal_id *rejected)
{
    struct draft draft;
    struct mir_buf value;
    begin(&draft, number, device);
    uint32_t place = draft_create(&draft, "assessment");
    draft_set(&draft, place, "assessment.subject", v_none(), v_ref(&world.arena, &ids[INCIDENT]));
    draft_set(&draft, place, "assessment.field", v_none(), TEXT("killed"));
    mir_buf_init(&value, world.store.env, 256);
    mir_mp_write_array(&value, 1);
    mir_mp_write_array(&value, 2);
    mir_mp_write_bin(&value, rejected->bytes, sizeof rejected->bytes);
    mir_mp_write_uint(&value, 1);
    draft_set(&draft, place, "assessment.rejected", v_none(), mir_buf_bytes(&value));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    mir_buf_fini(&value);
    return draft_id(number, place);
}

static struct mir_tally_data data;

static void read_all(void)
{
    const struct mir_tally_filter filter = { 0 };
    assert_int_equal(mir_tally_read(&data, &world.arena, &world.store, &filter, &err), MIRSAL_OK);
}

static void claims_carry_their_figures(void **state)
{
    (void)state;
    add_seed();
    mirsal_id id = claim(2, 1, &ids[CIVIL], 5);
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
    add_seed();
    mirsal_id id = claim(2, 1, &ids[CIVIL], 5);
    static const struct {
        int64_t device;
        int retracted;
    } steps[] = { { 2, 0 }, { 3, 1 } };
    for (uint32_t i = 0; i < 2; i++) {
        struct draft draft;
        begin(&draft, 3 + i, steps[i].device);
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
    add_seed();
    mirsal_id five = claim(2, 1, &ids[CIVIL], 5);
    mirsal_id six = claim(3, 1, &ids[OBSERVATORY], 6);
    (void)reject(4, 3, &five);
    (void)reject(5, 0, &six);
    (void)reject(6, 2, &five);
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
        begin(&draft, i, i == 1 ? 1 : 3);
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
