/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/shows_test.c - Values as people see them.
 */
#include "shows.h"
#include "world.h"

#include <string.h>

#define TEXT(value) v_text(&world.arena, value)

static struct world world;

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

static const char *shown(const char *field, int component, struct mir_bytes cell)
{
    static char out[128];
    struct mir_buf text;
    int64_t integer = 0;
    double real = 0;
    mir_buf_init(&text, world.store.env, 4096);
    enum mir_shown_as as = mir_shows_cell(&text, &integer, &real, &world.store,
        mir_schema_field_by_id(&world.schema, field_id(&world.schema, field)), component, cell);
    if (as == MIR_SHOWN_INT) {
        mir_buf_append_format(&text, "int %lld", (long long)integer);
    } else if (as == MIR_SHOWN_REAL) {
        mir_buf_append_format(&text, "real %.4f", real);
    } else if (as == MIR_SHOWN_NULL) {
        mir_buf_append_text(&text, "null");
    }
    assert_true(text.size < sizeof out);
    memcpy(out, text.data, text.size);
    out[text.size] = 0;
    mir_buf_fini(&text);
    return out;
}

static void days_and_times(void **state)
{
    (void)state;
    static const struct {
        int64_t day;
        const char *text;
    } days[] = { { 0, "1970-01-01" }, { 18217, "2019-11-17" }, { -1, "1969-12-31" },
        { 11016, "2000-02-29" }, { 19723, "2024-01-01" } };
    struct mir_buf text;
    mir_buf_init(&text, world.store.env, 4096);
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        mir_buf_reset(&text);
        mir_shows_day(&text, days[i].day);
        mir_buf_append_u8(&text, 0);
        assert_string_equal((const char *)text.data, days[i].text);
    }
    mir_buf_reset(&text);
    mir_shows_time(&text, INT64_C(1573981199999));
    mir_buf_append_u8(&text, 0);
    assert_string_equal((const char *)text.data, "2019-11-17T08:59:59Z");
    mir_buf_fini(&text);
}

static void each_kind_has_its_text(void **state)
{
    (void)state;
    struct mir_bytes date = v_ints(&world.arena, (const int64_t[]){ 18217, 18218, 2 }, 3);
    assert_string_equal(shown("incident.date", 0, date), "2019-11-17");
    assert_string_equal(shown("incident.date", 1, date), "2019-11-18");
    assert_string_equal(shown("incident.date", 2, date), "days");
    struct mir_bytes point =
        v_ints(&world.arena, (const int64_t[]){ 355920900, 364947400, INT64_MIN, INT64_MIN }, 4);
    assert_string_equal(shown("incident.point", 0, point), "real 35.5921");
    assert_string_equal(shown("incident.point", 2, point), "null");
    assert_string_equal(shown("incident.raid_seq", -1, v_int(&world.arena, 3)), "int 3");
    assert_string_equal(shown("incident.raid_seq", -1, v_ints(&world.arena, NULL, 0)), "null");
    assert_string_equal(shown("incident.kind", -1, v_int(&world.arena, 2)), "cluster");
    assert_string_equal(
        shown("incident.also_types", -1, v_ints(&world.arena, (const int64_t[]){ 1, 3 }, 2)),
        "government_regains_territory; armed_clash");
    assert_string_equal(shown("incident.place", -1, TEXT("p:1")), "@p:1");
    assert_string_equal(shown("incident.withdrawn", -1,
                            v_withdrawal(&world.arena, "wrong", (const uint32_t[]){ 1 }, 1)),
        "wrong");
}

static void actors_have_english_names(void **state)
{
    (void)state;
    struct draft draft;
    draft_begin(&draft, &world.arena, &world.schema, 1, 1);
    uint32_t place = draft_create(&draft, "actor");
    draft_set(
        &draft, place, "actor.names", v_name(&world.arena, "ar", "القوات"), v_int(&world.arena, 1));
    draft_set(
        &draft, place, "actor.names", v_name(&world.arena, "en", "Forces"), v_int(&world.arena, 1));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    mirsal_id id = draft_id(1, place);
    assert_string_equal(shown("attribution.actor", -1, v_ref(&world.arena, &id)), "Forces");
    assert_int_equal(strlen(shown("incident.place", -1, v_ref(&world.arena, &id))), 36);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(days_and_times, setup, teardown),
        cmocka_unit_test_setup_teardown(each_kind_has_its_text, setup, teardown),
        cmocka_unit_test_setup_teardown(actors_have_english_names, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
