/* SPDX-License-Identifier: Apache-2.0 */
/* unit/answer_show_test.c - a record with its children, its meta and its past. */
#include "answers.h"

#include "test_desk.h"

#include <string.h>

static struct test_store founder;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&founder, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&founder);
    return 0;
}

static void meta_says_who_and_where(void **state)
{
    (void)state;
    mirsal_id id = desk_add(&founder, "incident", NULL, ASSIGN("title=a"));
    json_t *shown = desk_show(&founder, &id, 0);
    assert_string_equal(desk_at(shown, "meta/created/label"), "office");
    assert_string_equal(desk_at(shown, "meta/created/role"), "admin");
    assert_int_equal(strlen(desk_at(shown, "meta/created/device")), 64);
    assert_int_equal(strlen(desk_at(shown, "meta/created/changeset")), 64);
    assert_string_equal(
        desk_at(shown, "meta/updated/changeset"), desk_at(shown, "meta/created/changeset"));
    assert_string_equal(desk_at(shown, "meta/custody"), "device");
    assert_string_equal(desk_at(shown, "meta/origin"), "null");
    assert_string_equal(desk_at(shown, "conflicts"), "[]");
    assert_null(json_object_get(shown, "history"));
    json_decref(shown);
}

static void the_past_is_told_write_by_write(void **state)
{
    (void)state;
    mirsal_id id = desk_add(&founder, "incident", NULL, ASSIGN("rel_text=a", "means=mortar"));
    (void)desk_edit(&founder, &id, ASSIGN("rel_text=b", "means-=mortar", "rel_text=b"));
    json_t *shown = desk_show(&founder, &id, 1);
    json_t *row = NULL;
    size_t at = 0;
    unsigned seen = 0;
    json_array_foreach(json_object_get(shown, "history"), at, row)
    {
        const char *field = desk_at(row, "field");
        const char *value = desk_at(row, "value");
        int winner = strcmp(desk_at(row, "winner"), "true") == 0;
        if (strcmp(field, "rel_text") == 0) {
            seen |= strcmp(value, "b") == 0 && winner ? 1u : 0u;
            seen |= strcmp(value, "a") == 0 && !winner ? 2u : 0u;
        } else if (strcmp(field, "means") == 0) {
            seen |= strcmp(desk_at(row, "present"), "false") == 0 && winner ? 4u : 0u;
            assert_string_equal(value, "mortar");
        }
        if (strcmp(value, "b") == 0) {
            assert_int_equal(json_array_size(json_object_get(row, "parents")), 1);
        }
    }
    assert_int_equal(seen, 7);
    json_decref(shown);
}

static void what_is_not_there_is_not_found(void **state)
{
    (void)state;
    struct mir_buf out;
    mirsal_id id = { { 1 } };
    mir_buf_init(&out, &founder.world.env, 4096);
    assert_int_equal(mir_answer_show(&out, founder.store, &id, 0, &founder.err), MIRSAL_NOT_FOUND);
    mir_buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(meta_says_who_and_where, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_past_is_told_write_by_write, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_not_found, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
