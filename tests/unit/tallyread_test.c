/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/tallyread_test.c - incidents with codes; conditions leave out, and lose nothing.
 */
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

static void add_places(void)
{
    struct draft draft;
    begin(&draft, 1, 1);
    uint32_t governorate = draft_create(&draft, "place");
    uint32_t village = draft_create(&draft, "place");
    uint32_t first = draft_create(&draft, "incident");
    uint32_t second = draft_create(&draft, "incident");
    mirsal_id governorate_id = draft_id(1, governorate);
    mirsal_id village_id = draft_id(1, village);
    draft_set(&draft, governorate, "place.names", v_name(&world.arena, "en", "Idlib"),
        v_int(&world.arena, 1));
    draft_set(&draft, governorate, "place.kind", v_none(), CODE("place.kind", "governorate"));
    draft_set(&draft, village, "place.names", v_name(&world.arena, "en", "Saraqeb"),
        v_int(&world.arena, 1));
    draft_set(&draft, village, "place.admin1", v_none(), v_ref(&world.arena, &governorate_id));
    draft_set(&draft, first, "incident.place", v_none(), v_ref(&world.arena, &village_id));
    draft_set(&draft, second, "incident.place", v_none(), v_ref(&world.arena, &governorate_id));
    draft_set(&draft, first, "incident.grading", v_none(), CODE("incident.grading", "fair"));
    draft_set(&draft, first, "incident.date", v_none(),
        v_ints(&world.arena, (const int64_t[]){ 18217, 18218, 2 }, 3));
    draft_set(&draft, second, "incident.kind", v_none(), CODE("incident.kind", "cluster"));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
}

static const char *code_text(const struct mir_tally_data *data,
    enum mir_tally_dimension dimension,
    uint32_t code)
{
    static char out[64];
    struct mir_buf text;
    mir_buf_init(&text, world.store.env, 64);
    assert_int_equal(
        mir_tally_code_text(&text, &world.store, data, dimension, code, &err), MIRSAL_OK);
    memcpy(out, text.data, text.size);
    out[text.size] = 0;
    mir_buf_fini(&text);
    return out;
}

static const struct mir_tally_incident *find(const struct mir_tally_data *data, uint32_t place)
{
    static const struct mir_tally_incident none;
    mirsal_id id = draft_id(1, place);
    for (size_t i = 0; i < data->input.incident_count; i++) {
        if (memcmp(&data->input.incidents[i].id, &id, sizeof id) == 0) {
            return &data->input.incidents[i];
        }
    }
    fail_msg("incident %u is not there", place);
    return &none;
}

static void codes_have_texts(void **state)
{
    (void)state;
    struct mir_tally_data data;
    const struct mir_tally_filter none = { 0 };
    add_places();
    assert_int_equal(mir_tally_read(&data, &world.arena, &world.store, &none, &err), MIRSAL_OK);
    const struct mir_tally_incident *first = find(&data, 2);
    const struct mir_tally_incident *second = find(&data, 3);
    assert_string_equal(
        code_text(&data, MIR_TALLY_BY_PLACE, first->codes[MIR_TALLY_BY_PLACE]), "Saraqeb");
    assert_string_equal(
        code_text(&data, MIR_TALLY_BY_GOVERNORATE, first->codes[MIR_TALLY_BY_GOVERNORATE]),
        "Idlib");
    assert_string_equal(
        code_text(&data, MIR_TALLY_BY_GOVERNORATE, second->codes[MIR_TALLY_BY_GOVERNORATE]),
        "Idlib");
    assert_string_equal(
        code_text(&data, MIR_TALLY_BY_MONTH, first->codes[MIR_TALLY_BY_MONTH]), "2019-11");
    assert_string_equal(
        code_text(&data, MIR_TALLY_BY_GRADING, first->codes[MIR_TALLY_BY_GRADING]), "fair");
    assert_int_equal(second->codes[MIR_TALLY_BY_GRADING], 0);
    assert_true(second->cluster);
    assert_false(second->has_date);
    assert_int_equal(first->date_end, 18218);
}

static void filters_exclude(void **state)
{
    (void)state;
    struct mir_tally_data data;
    const uint32_t fair = 2;
    struct mir_tally_filter filter = { .gradings = &fair, .grading_count = 1 };
    add_places();
    assert_int_equal(mir_tally_read(&data, &world.arena, &world.store, &filter, &err), MIRSAL_OK);
    assert_false(find(&data, 2)->excluded);
    assert_true(find(&data, 3)->excluded);
    filter = (struct mir_tally_filter){ .where = "kind = 'cluster'" };
    assert_int_equal(mir_tally_read(&data, &world.arena, &world.store, &filter, &err), MIRSAL_OK);
    assert_true(find(&data, 2)->excluded);
    assert_false(find(&data, 3)->excluded);
    filter.where = "missing = 1";
    assert_int_equal(
        mir_tally_read(&data, &world.arena, &world.store, &filter, &err), MIRSAL_UNKNOWN_FIELD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(codes_have_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(filters_exclude, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
