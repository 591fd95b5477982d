/* SPDX-License-Identifier: Apache-2.0 */
/* unit/find_test.c - records by id, prefix and source id; which of several is meant. */
#include "find.h"

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

static mirsal_code named(mirsal_id *id, uint32_t type, const char *text)
{
    return mir_record_named(id, founder.store, type, text, &founder.err);
}

static void a_record_has_three_names(void **state)
{
    (void)state;
    mirsal_id id = desk_add(&founder, "incident", NULL, ASSIGN("source_id=x:1"));
    mirsal_id found = { 0 };
    char prefix[14] = { 0 };
    memcpy(prefix, desk_name(&id), 8);
    assert_int_equal(named(&found, 0, desk_name(&id)), MIRSAL_OK);
    assert_memory_equal(&found, &id, sizeof id);
    assert_int_equal(named(&found, 1, prefix), MIRSAL_OK);
    assert_memory_equal(&found, &id, sizeof id);
    assert_int_equal(named(&found, 1, "@x:1"), MIRSAL_OK);
    assert_memory_equal(&found, &id, sizeof id);
    assert_int_equal(named(&found, 13, "@x:1"), MIRSAL_NOT_FOUND);
    char own[48];
    (void)snprintf(own, sizeof own, "@id:%s", desk_name(&id));
    assert_int_equal(named(&found, 0, own), MIRSAL_OK);
    assert_memory_equal(&found, &id, sizeof id);
    assert_int_equal(
        named(&found, 0, "@id:01020304-0506-8008-8009-0a0b0c0d0e0f"), MIRSAL_NOT_FOUND);
    assert_int_equal(named(&found, 0, "@"), MIRSAL_NOT_FOUND);
}

static void a_source_id_means_the_newest_correction(void **state)
{
    (void)state;
    mirsal_id id = desk_add(&founder, "casualty", NULL, ASSIGN("source_id=x:1", "min=1"));
    mirsal_id found = { 0 };
    for (int i = 2; i < 5; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "min=%d", i);
        struct mir_edited edited = desk_edit(&founder, &id, ASSIGN(text));
        assert_true(edited.superseded);
        id = edited.id;
        assert_int_equal(named(&found, 0, "@x:1"), MIRSAL_OK);
        assert_memory_equal(&found, &id, sizeof id);
    }
    desk_withdraw(&founder, &id, "all wrong");
    assert_int_equal(named(&found, 0, "@x:1"), MIRSAL_OK);
    assert_memory_equal(&found, &id, sizeof id);
}

static void of_twins_the_one_that_stands_is_meant(void **state)
{
    (void)state;
    mirsal_id found = { 0 };
    mirsal_id first = desk_add(&founder, "incident", NULL, ASSIGN("source_id=t"));
    mirsal_id second = desk_add(&founder, "incident", NULL, ASSIGN("source_id=t"));
    int order = memcmp(&first, &second, sizeof first);
    assert_int_equal(named(&found, 0, "@t"), MIRSAL_OK);
    assert_memory_equal(&found, order < 0 ? &first : &second, sizeof found);
    desk_withdraw(&founder, &found, "twice");
    mirsal_id other = { 0 };
    assert_int_equal(named(&other, 0, "@t"), MIRSAL_OK);
    assert_memory_equal(&other, order < 0 ? &second : &first, sizeof other);
}

static void references_are_told_as_ids(void **state)
{
    (void)state;
    struct mir_buf out;
    mirsal_id id = desk_add(&founder, "source", NULL, ASSIGN("source_id=s"));
    mirsal_id report = desk_add(&founder, "report", NULL, ASSIGN("source=@s", "derived_from=@t"));
    json_t *shown = desk_show(&founder, &report, 0);
    assert_string_equal(desk_at(shown, "source"), desk_name(&id));
    assert_string_equal(desk_at(shown, "derived_from"), "{\"source_id\":\"t\"}");
    json_decref(shown);
    mirsal_id later = desk_add(&founder, "report", NULL, ASSIGN("source_id=t"));
    shown = desk_show(&founder, &report, 0);
    assert_string_equal(desk_at(shown, "derived_from"), desk_name(&later));
    json_decref(shown);
    mir_buf_init(&out, &founder.world.env, 64);
    static const uint8_t bin[18] = { 0xc4, 16, 1 };
    assert_int_equal(
        mir_reference_as_id(founder.store, &out, (struct mir_bytes){ bin, 18 }, 1, &founder.err),
        MIRSAL_OK);
    assert_memory_equal(out.data, "\"01000000-", 10);
    mir_buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_record_has_three_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_source_id_means_the_newest_correction, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_twins_the_one_that_stands_is_meant, set_up, tear_down),
        cmocka_unit_test_setup_teardown(references_are_told_as_ids, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
