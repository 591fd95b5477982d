/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/read_test.c - Ids by prefix and by source id; references of an author; counts.
 */
#include "read.h"
#include "text.h"
#include "world.h"

#include <string.h>

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

static mirsal_id add_place(uint32_t number, int64_t device, const char *source_id)
{
    struct draft draft;
    draft_begin(&draft, &world.arena, &world.schema, number, device);
    uint32_t place = draft_create(&draft, "place");
    draft_set(&draft, place, "place.source_id", v_none(), v_text(&world.arena, source_id));
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    return draft_id(number, place);
}

static struct mir_bytes source(const char *text)
{
    return (struct mir_bytes){ (const uint8_t *)text, strlen(text) };
}

static void prefixes_resolve(void **state)
{
    (void)state;
    mirsal_id id = add_place(1, 1, "p:1");
    mirsal_id out;
    char uuid[MIR_UUID_TEXT_SIZE];
    mir_uuid_format(uuid, &id);
    assert_int_equal(mir_read_resolve(&out, &world.store, 0, uuid, 36, &err), MIRSAL_OK);
    assert_memory_equal(&out, &id, sizeof id);
    assert_int_equal(mir_read_resolve(&out, &world.store, 0, uuid, 6, &err), MIRSAL_OK);
    assert_memory_equal(&out, &id, sizeof id);
    assert_int_equal(mir_read_resolve(&out, &world.store, 0, uuid, 5, &err), MIRSAL_NOT_FOUND);
    assert_int_equal(mir_read_resolve(&out, &world.store, 1, uuid, 36, &err), MIRSAL_NOT_FOUND);
    assert_int_equal(mir_read_resolve(&out, &world.store, 0, "@p:1", 4, &err), MIRSAL_OK);
    assert_memory_equal(&out, &id, sizeof id);
    assert_int_equal(mir_read_resolve(&out, &world.store, 0, "@p:2", 4, &err), MIRSAL_NOT_FOUND);
}

static void a_prefix_of_two_is_ambiguous(void **state)
{
    (void)state;
    struct draft draft;
    draft_begin(&draft, &world.arena, &world.schema, 1, 1);
    for (int i = 0; i < 2; i++) {
        uint32_t place = draft_create(&draft, i == 0 ? "place" : "source");
        memset(draft.body.creates[place].record.bytes, 0xab, 15);
        draft.body.creates[place].record.bytes[15] = (uint8_t)i;
    }
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    mirsal_id out;
    assert_int_equal(
        mir_read_resolve(&out, &world.store, 0, "ABABAB", 6, &err), MIRSAL_AMBIGUOUS_ID);
    assert_int_equal(mir_read_resolve(&out, &world.store, 3, "ababab", 6, &err), MIRSAL_OK);
    assert_int_equal(out.bytes[15], 1);
}

static void source_ids_prefer_the_author_then_a_coordinator(void **state)
{
    (void)state;
    mirsal_id of_monitor = add_place(1, 1, "p:1");
    mirsal_id of_other = add_place(2, 2, "p:1");
    mirsal_id of_coordinator = add_place(3, 3, "p:1");
    struct mir_author author;
    mirsal_id out;
    int found = 0;
    assert_int_equal(mir_read_author(&author, &world.store, 2, &err), MIRSAL_OK);
    assert_int_equal(
        mir_read_source_id(&out, &found, &world.store, 13, source("p:1"), &author.device, &err),
        MIRSAL_OK);
    assert_memory_equal(&out, &of_other, sizeof out);
    assert_int_equal(
        mir_read_source_id(&out, &found, &world.store, 13, source("p:1"), NULL, &err), MIRSAL_OK);
    assert_memory_equal(&out, &of_coordinator, sizeof out);
    assert_int_equal(
        mir_read_reference(&out, &found, &world.store, 13, v_text(&world.arena, "p:1"), 1, &err),
        MIRSAL_OK);
    assert_true(found);
    assert_memory_equal(&out, &of_monitor, sizeof out);
    mirsal_id unknown = draft_id(99, 0);
    assert_int_equal(
        mir_read_reference(&out, &found, &world.store, 13, v_ref(&world.arena, &unknown), 1, &err),
        MIRSAL_OK);
    assert_false(found);
    assert_memory_equal(&out, &unknown, sizeof out);
    struct mir_items items;
    assert_int_equal(
        mir_read_source_ids(&items, &world.arena, &world.store, 13, source("p:1"), &err),
        MIRSAL_OK);
    assert_int_equal(items.count, 3);
}

static void counts_are_told(void **state)
{
    (void)state;
    (void)add_place(1, 1, "p:1");
    mirsal_id unknown = draft_id(99, 0);
    struct draft draft;
    draft_begin(&draft, &world.arena, &world.schema, 2, 1);
    uint32_t place = draft_create(&draft, "observation");
    draft_set(&draft, place, "observation.incident", v_none(), v_ref(&world.arena, &unknown));
    draft_set(&draft, place, "observation.count", v_none(), v_int(&world.arena, -1));
    draft_edit(&draft, &unknown, "incident.rel_text", v_none(), v_text(&world.arena, "x"), NULL);
    draft_end(&draft);
    (void)world_apply(&world, &draft);
    struct mir_read_counts counts;
    assert_int_equal(mir_read_counts(&counts, &world.store, &err), MIRSAL_OK);
    assert_int_equal(counts.records, 2);
    uint64_t dangling = 0;
    assert_int_equal(mir_read_dangling(&dangling, &world.store, &err), MIRSAL_OK);
    assert_int_equal(dangling, 1);
    assert_int_equal(counts.orphans, 1);
    assert_int_equal(counts.quarantined, 1);
    assert_int_equal(counts.review, 1);
    assert_int_equal(counts.conflicts, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(prefixes_resolve, setup, teardown),
        cmocka_unit_test_setup_teardown(a_prefix_of_two_is_ambiguous, setup, teardown),
        cmocka_unit_test_setup_teardown(
            source_ids_prefer_the_author_then_a_coordinator, setup, teardown),
        cmocka_unit_test_setup_teardown(counts_are_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
