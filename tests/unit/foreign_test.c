/* SPDX-License-Identifier: Apache-2.0 */
/* unit/foreign_test.c - a record of another team as a line, and lines as records of this one. */
#include "foreign.h"

#include "fail.h"
#include "test_desk.h"

#include <stdio.h>
#include <string.h>

static struct test_store device;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&device, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&device);
    return 0;
}

static mirsal_code write_reference(void *context,
    struct mir_buf *out,
    struct mir_bytes value,
    int64_t changeset,
    mirsal_error *error)
{
    (void)value;
    (void)changeset;
    (void)error;
    mir_foreign_reference(out, context, &(mirsal_id){ { 1 } });
    return MIRSAL_OK;
}

static void a_line_says_whence_it_is(void **state)
{
    (void)state;
    struct mir_arena arena;
    struct mir_buf out;
    struct mir_record record;
    mirsal_hash team = { { 0xab, 0xcd } };
    const struct mir_origin origin = { team, { (const uint8_t *)"Amal", 4 }, "attested", "0102" };
    struct mir_record_out form = { device.store->schema, &arena, write_reference, &team };
    mirsal_id place = desk_add(&device, "place", NULL, ASSIGN("source_id=p"));
    char reference[64];
    (void)snprintf(reference, sizeof reference, "place=%s", desk_name(&place));
    mirsal_id id = desk_add(
        &device, "incident", NULL, ASSIGN("date_start=2019-11-17", "source_id=amal:1", reference));
    mir_arena_init(&arena, &device.world.env, (size_t)1 << 20);
    mir_buf_init(&out, &device.world.env, (size_t)1 << 20);
    assert_int_equal(mir_read_record(&record, &arena, device.store, &id, &err), MIRSAL_OK);
    assert_int_equal(mir_foreign_line(&out, &origin, &form, &record, "author 1", &err), MIRSAL_OK);
    json_t *line = json_loadb((const char *)out.data, out.size, 0, NULL);
    assert_non_null(line);
    char name[80];
    (void)snprintf(name, sizeof name, "abcd000000000000/%s", desk_name(&id));
    assert_string_equal(desk_at(line, "source_id"), name);
    assert_string_equal(desk_at(line, "origin_name"), "Amal");
    assert_string_equal(desk_at(line, "origin_record"), desk_name(&id));
    assert_string_equal(desk_at(line, "origin_source_id"), "amal:1");
    assert_string_equal(desk_at(line, "origin_mode"), "attested");
    assert_string_equal(desk_at(line, "origin_handoff"), "0102");
    assert_string_equal(desk_at(line, "origin_author"), "author 1");
    assert_memory_equal(desk_at(line, "place/source_id"), "abcd000000000000/", 17);
    json_decref(line);
    mir_buf_fini(&out);
    mir_arena_fini(&arena);
}

struct lines {
    const char *const *items;
};

static mirsal_code next(void *context, struct mir_buf *out, mirsal_error *error)
{
    (void)error;
    struct lines *lines = context;
    if (*lines->items != NULL) {
        mir_buf_append_text(out, *lines->items++);
    }
    return MIRSAL_OK;
}

static struct mir_import_counts take(const char *const *items)
{
    struct lines lines = { items };
    struct mir_import_counts counts;
    assert_int_equal(mir_foreign_import(&counts, device.store, next, &lines, &err), MIRSAL_OK);
    return counts;
}

#define ORIGIN                                                                                     \
    "\"source_id\":\"T/1\",\"origin_team\":\"ab\",\"origin_record\":\"1\",\"origin_mode\":"        \
    "\"merge\""

static void what_this_schema_does_not_take_is_kept_apart(void **state)
{
    (void)state;
    struct mir_import_counts counts =
        take(ASSIGN("{\"type\":\"incident\"," ORIGIN ",\"date_start\":\"2019-11-17\","
                    "\"event_type\":\"not one of ours\",\"weather\":[1,2]}"));
    assert_int_equal(counts.added, 1);
    assert_int_equal(counts.rejected, 0);
    mirsal_id id;
    assert_int_equal(mir_record_named(&id, device.store, 0, "@T/1", &err), MIRSAL_OK);
    json_t *shown = desk_show(&device, &id, 0);
    assert_string_equal(desk_at(shown, "raw/0/0"), "event_type");
    assert_string_equal(desk_at(shown, "raw/0/1"), "not one of ours");
    assert_string_equal(desk_at(shown, "raw/1/1"), "[1,2]");
    assert_string_equal(desk_at(shown, "meta/origin/team_id"), "ab");
    assert_string_equal(desk_at(shown, "meta/origin/mode"), "merge");
    json_decref(shown);
    counts = take(ASSIGN("{\"type\":\"no such type\"," ORIGIN "}"));
    assert_int_equal(counts.rejected, 1);
}

static void only_an_import_of_it_changes_it(void **state)
{
    (void)state;
    struct mir_edited edited;
    mirsal_id id;
    const struct mir_import plain = { 0 };
    (void)take(ASSIGN("{\"type\":\"incident\"," ORIGIN ",\"rel_text\":\"near the mill\"}"));
    assert_int_equal(
        desk_try_edit(&edited, &device, "@T/1", ASSIGN("rel_text=other")), MIRSAL_NOT_ALLOWED);
    json_t *answer =
        desk_import(&device, "{\"type\":\"incident\"," ORIGIN ",\"rel_text\":\"other\"}\n", &plain);
    assert_string_equal(desk_at(answer, "rejected/0/code"), "not_allowed");
    json_decref(answer);
    struct mir_import_counts counts =
        take(ASSIGN("{\"type\":\"incident\",\"origin_handoff\":\"99\"," ORIGIN
                    ",\"rel_text\":\"near the bridge\"}"));
    assert_int_equal(counts.updated, 1);
    assert_int_equal(mir_record_named(&id, device.store, 0, "@T/1", &err), MIRSAL_OK);
    assert_string_equal(test_team_shown(&device, &id), "near the bridge");
    counts = take(ASSIGN("{\"type\":\"incident\"," ORIGIN ",\"rel_text\":\"near the bridge\"}"));
    assert_int_equal(counts.unchanged, 1);
    assert_int_equal(counts.changesets, 0);
}

static mirsal_code fail_next(void *context, struct mir_buf *out, mirsal_error *error)
{
    (void)context;
    (void)out;
    return mir_fail(error, MIRSAL_CORRUPT, "the other side ended");
}

static void what_fails_there_is_told(void **state)
{
    (void)state;
    struct mir_import_counts counts;
    assert_int_equal(
        mir_foreign_import(&counts, device.store, fail_next, NULL, &err), MIRSAL_CORRUPT);
    assert_string_equal(err.message, "the other side ended");
}

#define FOREIGN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOREIGN(a_line_says_whence_it_is),
        FOREIGN(what_this_schema_does_not_take_is_kept_apart),
        FOREIGN(only_an_import_of_it_changes_it),
        FOREIGN(what_fails_there_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
