/* SPDX-License-Identifier: Apache-2.0 */
/* unit/htmltext_test.c - escaping, and values of each kind as people read them. */
#include "htmltext.h"

#include "pack.h"
#include "test_desk.h"

#include <string.h>

static struct test_store founder;
static struct mir_buf out;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&founder, 1);
    mir_buf_init(&out, &founder.world.env, 1u << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_buf_fini(&out);
    test_store_fini(&founder);
    return 0;
}

static void text_is_escaped(void **state)
{
    (void)state;
    mir_html_text(&out, "<script>alert(\"a\" & 'b')</script>");
    mir_buf_append_u8(&out, 0);
    assert_string_equal((const char *)out.data,
        "&lt;script&gt;alert(&quot;a&quot; &amp; &#39;b&#39;)&lt;/script&gt;");
}

/* What the field of a new record of that type shows; static. */
static const char *shown(const char *type, const char *name, const char *const *assignments)
{
    struct mir_arena arena;
    struct mir_record record;
    int component = -1;
    mirsal_id id = desk_add(&founder, type, NULL, assignments);
    mir_arena_init(&arena, &founder.world.env, 1u << 22);
    assert_int_equal(mir_read_record(&record, &arena, founder.store, &id, &founder.err), MIRSAL_OK);
    const struct mir_schema_field *field = mir_schema_field_by_name(
        &component, mir_schema_type_by_name(founder.store->schema, type), name);
    mir_buf_reset(&out);
    for (size_t i = 0; i < record.register_count; i++) {
        if (record.registers[i].field == field->id) {
            mir_html_value(&out, field, &record.registers[i]);
        }
    }
    mir_buf_append_u8(&out, 0);
    mir_arena_fini(&arena);
    return (const char *)out.data;
}

static void values_are_read_by_people(void **state)
{
    (void)state;
    assert_string_equal(shown("incident", "title", ASSIGN("title:ar=<غارة>")),
        "<span class=\"text\" dir=\"auto\" lang=\"ar\">&lt;غارة&gt;</span> <small>(ar)</small>");
    assert_non_null(
        strstr(shown("incident", "date", ASSIGN("date_start=2019-11-17")), "2019-11-17"));
    assert_non_null(
        strstr(shown("incident", "point", ASSIGN("lat=-35.5", "lon=36.25")), "-35.5000000"));
    assert_non_null(
        strstr(shown("casualty", "outcome", ASSIGN("outcome=killed")), "<bdi lang=\"ar\">"));
    assert_string_equal(shown("casualty", "min", ASSIGN("min=5")), "5");
    assert_string_equal(shown("casualty", "min", ASSIGN("min=")), "<i>unknown</i>");
    assert_non_null(
        strstr(shown("incident", "means", ASSIGN("means+=artillery")), "<bdi lang=\"ar\">"));
    assert_string_equal(shown("source", "is_public", ASSIGN("is_public=1")), "yes");
    assert_string_equal(
        shown("incident", "place", ASSIGN("place=@no\"where")), "<bdi>no&quot;where</bdi>");
    (void)desk_add(&founder, "place", NULL, ASSIGN("source_id=here"));
    assert_non_null(strstr(shown("incident", "place", ASSIGN("place=@here")), "<a href=\"#r"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(text_is_escaped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_are_read_by_people, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
