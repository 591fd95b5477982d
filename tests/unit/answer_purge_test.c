/* SPDX-License-Identifier: Apache-2.0 */
/* unit/answer_purge_test.c - an order as it is answered, and what is told of a purged record. */
#include "answers.h"

#include "purge.h"
#include "statements.h"
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

static json_t *purges(void)
{
    struct mir_buf out;
    mir_buf_init(&out, &founder.world.env, 1u << 20);
    assert_int_equal(mir_answer_purges(&out, founder.store, &founder.err), MIRSAL_OK);
    json_t *found = json_loadb((const char *)out.data, out.size, 0, NULL);
    mir_buf_fini(&out);
    assert_non_null(found);
    return found;
}

static void an_order_tells_who_what_and_why(void **state)
{
    (void)state;
    mirsal_hash order;
    mirsal_id witness = desk_add(&founder, "incident", NULL, ASSIGN("title:ar=a", "rel_text=b"));
    json_t *none = purges();
    assert_string_equal(desk_at(none, "purges"), "[]");
    json_decref(none);
    assert_int_equal(
        mir_purge_say(&order, founder.store, NULL, &witness, "threatened", &founder.err),
        MIRSAL_OK);
    json_t *found = purges();
    assert_string_equal(desk_at(found, "purges/0/state"), "hidden");
    assert_string_equal(desk_at(found, "purges/0/reason"), "threatened");
    assert_string_equal(desk_at(found, "purges/0/records/0/id"), desk_name(&witness));
    assert_string_equal(desk_at(found, "purges/0/records/0/type"), "incident");
    assert_string_equal(desk_at(found, "purges/0/by/label"), "office");
    assert_string_equal(desk_at(found, "purges/0/voices/0/label"), "office");
    assert_string_equal(desk_at(found, "purges/0/bodies"), "1");
    assert_string_equal(desk_at(found, "purges/0/due"), "null");
    assert_string_equal(desk_at(found, "purges/0/destroyed"), "null");
    assert_string_equal(desk_at(found, "purges/0/open"), "[]");
    assert_string_equal(desk_at(found, "purges/0/unnamed"), "0");
    assert_string_equal(desk_at(found, "purges/0/held"), "1");
    assert_string_equal(desk_at(found, "purges/0/handed"), "[]");
    json_decref(found);
    assert_int_equal(mir_purge_lift(founder.store, NULL, &order, &founder.err), MIRSAL_OK);
    found = purges();
    assert_string_equal(desk_at(found, "purges/0/state"), "lifted");
    json_decref(found);
}

static void it_tells_who_destroyed_it(void **state)
{
    (void)state;
    const char *path = founder.recovery;
    const struct mir_root_source source = { .paths = &path, .path_count = 1 };
    struct mir_root *root = NULL;
    struct mir_say done = { .kind = MIR_SAY_PURGE_DONE };
    mirsal_id witness = desk_add(&founder, "incident", NULL, ASSIGN("rel_text=b"));
    assert_int_equal(mir_root_of(&root, founder.store, &source, &founder.err), MIRSAL_OK);
    assert_int_equal(
        mir_purge_say(&done.subject, founder.store, root, &witness, NULL, &founder.err), MIRSAL_OK);
    mir_root_close(root);
    json_t *found = purges();
    assert_string_equal(desk_at(found, "purges/0/state"), "ordered");
    assert_string_equal(desk_at(found, "purges/0/by/label"), "root");
    assert_string_equal(desk_at(found, "purges/0/reason"), "null");
    assert_string_equal(desk_at(found, "purges/0/open/0/label"), "office");
    assert_string_equal(desk_at(found, "purges/0/confirmed"), "[]");
    assert_string_not_equal(desk_at(found, "purges/0/due"), "null");
    json_decref(found);
    assert_int_equal(mir_statements_say_one(NULL, founder.store, &done, &founder.err), MIRSAL_OK);
    assert_int_equal(mir_store_begin(founder.store, &founder.err), MIRSAL_OK);
    assert_int_equal(
        mir_purge_set_destroyed(founder.store, &done.subject, &founder.err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(founder.store, &founder.err), MIRSAL_OK);
    found = purges();
    assert_string_equal(desk_at(found, "purges/0/state"), "destroyed");
    assert_string_equal(desk_at(found, "purges/0/confirmed/0/label"), "office");
    assert_string_equal(desk_at(found, "purges/0/open"), "[]");
    json_decref(found);
}

static void a_purged_record_shows_its_state_alone(void **state)
{
    (void)state;
    mirsal_hash order;
    struct mir_buf out;
    mirsal_id witness = desk_add(&founder, "incident", NULL, ASSIGN("title:ar=a", "rel_text=b"));
    assert_int_equal(
        mir_purge_say(&order, founder.store, NULL, &witness, NULL, &founder.err), MIRSAL_OK);
    mir_buf_init(&out, &founder.world.env, 1u << 20);
    assert_int_equal(mir_answer_show(&out, founder.store, &witness, 1, &founder.err), MIRSAL_OK);
    json_t *shown = json_loadb((const char *)out.data, out.size, 0, NULL);
    mir_buf_fini(&out);
    assert_string_equal(desk_at(shown, "meta"), "{\"state\":\"purged\"}");
    assert_string_equal(desk_at(shown, "type"), "incident");
    assert_int_equal(json_object_size(shown), 4); /* type, id, children, meta */
    json_decref(shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_order_tells_who_what_and_why, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_tells_who_destroyed_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_purged_record_shows_its_state_alone, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
