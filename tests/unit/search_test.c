/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/search_test.c - words are found whatever their letters' forms, and shown where they stand.
 */
#include "list.h"
#include "world.h"

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

static void begin(struct draft *draft, uint32_t number, int64_t device)
{
    draft_begin(draft, &world.arena, &world.schema, number, device);
}

static void words_are_found(void **state)
{
    (void)state;
    struct draft draft;
    struct mir_search_hit *hits = NULL;
    size_t count = 0;
    begin(&draft, 1, 1);
    uint32_t first = draft_create(&draft, "incident");
    uint32_t second = draft_create(&draft, "place");
    draft_set(&draft, first, "incident.title", TEXT("ar"), TEXT("غارةٌ على مدرسة في إدلب"));
    draft_set(&draft, first, "incident.summary", TEXT("en"), TEXT("A raid on the School"));
    draft_set(&draft, second, "place.names", v_name(&world.arena, "en", "Sarāqib"),
        v_int(&world.arena, 1));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    mirsal_id id = draft_id(1, first);
    assert_int_equal(
        mir_search(&hits, &count, &world.arena, &world.store, "أدلب مدرسه", 0, &err), MIRSAL_OK);
    assert_int_equal(count, 1);
    assert_memory_equal(&hits[0].id, &id, sizeof id);
    assert_int_equal(hits[0].type, 1);
    assert_int_equal(hits[0].snippet.size, strlen("غارةٌ على مدرسة في إدلب"));
    assert_int_equal(
        mir_search(&hits, &count, &world.arena, &world.store, "SCHOOL raid", 0, &err), MIRSAL_OK);
    assert_int_equal(count, 1);
    assert_memory_equal(hits[0].snippet.data, "A raid", 6);
    assert_int_equal(
        mir_search(&hits, &count, &world.arena, &world.store, "saraqi", 0, &err), MIRSAL_OK);
    assert_int_equal(count, 1);
    assert_int_equal(
        mir_search(&hits, &count, &world.arena, &world.store, "school hospital", 0, &err),
        MIRSAL_OK);
    assert_int_equal(count, 0);
    assert_int_equal(
        mir_search(&hits, &count, &world.arena, &world.store, "\" * ( NEAR", 0, &err), MIRSAL_OK);
    assert_int_equal(count, 0);
    assert_int_equal(mir_search(&hits, &count, &world.arena, &world.store, "", 0, &err), MIRSAL_OK);
    assert_int_equal(count, 0);
}

static void snippets_are_cut_at_characters(void **state)
{
    (void)state;
    struct mir_buf text;
    struct draft draft;
    struct mir_search_hit *hits = NULL;
    size_t count = 0;
    mir_buf_init(&text, world.store.env, 4096);
    for (int i = 0; i < 200; i++) {
        mir_buf_append_text(&text, i == 100 ? "مدرسة " : "كلمة ");
    }
    mir_buf_append_u8(&text, 0);
    begin(&draft, 1, 1);
    uint32_t place = draft_create(&draft, "incident");
    draft_set(&draft, place, "incident.summary", TEXT("ar"), TEXT((const char *)text.data));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    assert_int_equal(
        mir_search(&hits, &count, &world.arena, &world.store, "مدرسة", 0, &err), MIRSAL_OK);
    assert_int_equal(count, 1);
    assert_true(hits[0].snippet.size < 200);
    assert_int_not_equal(hits[0].snippet.data[0] & 0xC0, 0x80);
    mir_buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(words_are_found, setup, teardown),
        cmocka_unit_test_setup_teardown(snippets_are_cut_at_characters, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
