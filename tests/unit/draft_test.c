/* SPDX-License-Identifier: Apache-2.0 */
/* unit/draft_test.c - drafts made, listed, sent and dropped, and what stays of each. */
#include "draft.h"

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

static mirsal_code try_draft(mirsal_id *out,
    const char *type,
    const char *parent,
    const char *const *assignments)
{
    struct mir_add add = { .type = type, .assignments = assignments, .parent = parent };
    while (assignments[add.count] != NULL) {
        add.count++;
    }
    return mir_draft_add(out, founder.store, &add, &founder.err);
}

static mirsal_id draft(const char *type, const char *parent, const char *const *assignments)
{
    mirsal_id id = { 0 };
    if (try_draft(&id, type, parent, assignments) != MIRSAL_OK) {
        fail_msg("draft: %s: %s", founder.err.field, founder.err.message);
    }
    return id;
}

static json_t *list(void)
{
    json_t *lines = json_array();
    assert_int_equal(mir_draft_list(founder.store, desk_take_line, lines, &founder.err), MIRSAL_OK);
    return lines;
}

static size_t count_drafts(void)
{
    json_t *lines = list();
    size_t count = json_array_size(lines);
    json_decref(lines);
    return count;
}

static int64_t count_records(void)
{
    return test_team_count(&founder, "SELECT count(*) FROM changeset WHERE compartment = 0");
}

static json_t *send(const char *name)
{
    json_t *lines = json_array();
    if (mir_draft_send(founder.store, name, desk_take_line, lines, &founder.err) != MIRSAL_OK) {
        fail_msg("send: %s: %s", founder.err.field, founder.err.message);
    }
    return lines;
}

static void a_draft_stands_nowhere_until_it_is_sent(void **state)
{
    (void)state;
    mirsal_hash before = test_team_digest(&founder);
    mirsal_id id = draft("incident", NULL, ASSIGN("title:ar=قصف", "source_id=x:1"));
    mirsal_hash after = test_team_digest(&founder);
    assert_memory_equal(before.bytes, after.bytes, 32);
    assert_int_equal(count_records(), 0);
    json_t *lines = list();
    assert_int_equal(json_array_size(lines), 1);
    assert_string_equal(desk_at(json_array_get(lines, 0), "draft"), desk_name(&id));
    assert_string_equal(desk_at(json_array_get(lines, 0), "type"), "incident");
    assert_string_equal(desk_at(json_array_get(lines, 0), "fields/0"), "title:ar=قصف");
    json_decref(lines);
    struct mir_answer_list all = { .type = "incident" };
    lines = desk_list(&founder, &all);
    assert_int_equal(json_array_size(lines), 0);
    json_decref(lines);
    test_store_reopen(&founder);
    json_t *sent = send(desk_name(&id));
    assert_int_equal(json_array_size(sent), 1);
    assert_string_equal(desk_at(json_array_get(sent, 0), "id"), desk_name(&id));
    assert_int_equal(strlen(desk_at(json_array_get(sent, 0), "changeset")), 64);
    json_decref(sent);
    assert_int_equal(count_drafts(), 0);
    assert_int_equal(count_records(), 1);
    json_t *shown = desk_show(&founder, &id, 0);
    assert_string_equal(desk_at(shown, "source_id"), "x:1");
    json_decref(shown);
}

static void a_draft_fails_for_what_add_fails_for(void **state)
{
    (void)state;
    mirsal_id id = { 0 };
    assert_int_equal(try_draft(&id, "dragon", NULL, ASSIGN("title=x")), MIRSAL_UNKNOWN_TYPE);
    assert_int_equal(try_draft(&id, "incident", NULL, ASSIGN("colour=x")), MIRSAL_UNKNOWN_FIELD);
    assert_int_equal(
        try_draft(&id, "casualty", NULL, ASSIGN("min=2", "max=1")), MIRSAL_MIN_ABOVE_MAX);
    assert_int_equal(try_draft(&id, "incident", NULL, ASSIGN("title=\xff")), MIRSAL_NOT_UTF8);
    assert_int_equal(try_draft(&id, "casualty", "ffffffff", ASSIGN("min=1")), MIRSAL_NOT_FOUND);
    assert_int_equal(count_drafts(), 0);
    assert_int_equal(count_records(), 0);
    /* Of a type that no casualty stands below. */
    mirsal_id claim = draft("casualty", NULL, ASSIGN("min=1"));
    assert_int_not_equal(try_draft(&id, "casualty", desk_name(&claim), ASSIGN("min=1")), MIRSAL_OK);
    assert_int_equal(count_drafts(), 1);
}

static void a_tree_is_sent_in_its_order_and_dropped_whole(void **state)
{
    (void)state;
    mirsal_id other = draft("incident", NULL, ASSIGN("title=other"));
    mirsal_id incident = draft("incident", NULL, ASSIGN("title=one"));
    mirsal_id claim = draft("casualty", desk_name(&incident), ASSIGN("min=5"));
    mirsal_id second = draft("casualty", desk_name(&incident), ASSIGN("min=7"));
    /* By the claim: the incident goes first, the claim beside it stays. */
    json_t *sent = send(desk_name(&claim));
    assert_int_equal(json_array_size(sent), 2);
    assert_string_equal(desk_at(json_array_get(sent, 0), "draft"), desk_name(&incident));
    json_decref(sent);
    assert_int_equal(count_drafts(), 2);
    json_t *shown = desk_show(&founder, &incident, 0);
    assert_string_equal(desk_at(shown, "children/0/id"), desk_name(&claim));
    json_decref(shown);
    json_decref(send(desk_name(&second)));
    shown = desk_show(&founder, &incident, 0);
    assert_int_equal(json_array_size(json_object_get(shown, "children")), 2);
    json_decref(shown);
    (void)draft("casualty", desk_name(&other), ASSIGN("min=1"));
    json_t *lines = json_array();
    assert_int_equal(
        mir_draft_drop(founder.store, desk_name(&other), desk_take_line, lines, &founder.err),
        MIRSAL_OK);
    assert_int_equal(json_array_size(lines), 2);
    json_decref(lines);
    assert_int_equal(count_drafts(), 0);
    assert_int_equal(
        mir_draft_drop(founder.store, desk_name(&other), desk_take_line, NULL, &founder.err),
        MIRSAL_NOT_FOUND);
}

static void all_are_sent_or_none(void **state)
{
    (void)state;
    mirsal_id incident = desk_add(&founder, "incident", NULL, ASSIGN("title=one"));
    int64_t before = count_records();
    (void)draft("incident", NULL, ASSIGN("title=two"));
    (void)draft("casualty", desk_name(&incident), ASSIGN("min=5"));
    /* What a draft refers to may be gone by the time. */
    (void)test_team_count(&founder, "UPDATE draft SET text = replace(text, '5', 'x') WHERE no = 2");
    json_t *lines = json_array();
    assert_int_equal(
        mir_draft_send(founder.store, NULL, desk_take_line, lines, &founder.err), MIRSAL_BAD_VALUE);
    json_decref(lines);
    assert_int_equal(count_records(), before);
    assert_int_equal(count_drafts(), 2);
    (void)test_team_count(&founder, "UPDATE draft SET text = replace(text, 'x', '5') WHERE no = 2");
    json_decref(send(NULL));
    assert_int_equal(count_records(), before + 2);
    assert_int_equal(count_drafts(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_draft_stands_nowhere_until_it_is_sent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_draft_fails_for_what_add_fails_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_tree_is_sent_in_its_order_and_dropped_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_are_sent_or_none, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
