/* SPDX-License-Identifier: Apache-2.0 */
/* unit/outnames_test.c - the name of each record in an export. */
#include "outnames.h"

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

static const char *name_of(const struct mir_outnames *names, const mirsal_id *id)
{
    static char text[64];
    struct mir_bytes name = { NULL, 0 };
    struct mir_arena arena;
    mir_arena_init(&arena, &founder.world.env, (size_t)1 << 20);
    assert_int_equal(mir_outnames_find(&name, &arena, names, id, &founder.err), MIRSAL_OK);
    (void)snprintf(text, sizeof text, "%.*s", (int)name.size, (const char *)name.data);
    mir_arena_fini(&arena);
    return text;
}

static void a_name_stands_for_the_newest_correction(void **state)
{
    (void)state;
    struct mir_outnames names;
    char own[48];
    mirsal_id claim = desk_add(&founder, "casualty", NULL, ASSIGN("source_id=c", "min=1"));
    mirsal_id second = desk_edit(&founder, &claim, ASSIGN("min=2")).id;
    mirsal_id plain = desk_add(&founder, "incident", NULL, ASSIGN("title=a"));
    mirsal_id gone = desk_add(&founder, "incident", NULL, ASSIGN("source_id=g"));
    mirsal_id nobody = { { 3 } };
    desk_withdraw(&founder, &gone, "r");
    assert_int_equal(mir_outnames_read(&names, founder.store, NULL, NULL, &founder.err), MIRSAL_OK);
    assert_int_equal(names.count, 3);
    assert_string_equal(name_of(&names, &second), "c");
    (void)snprintf(own, sizeof own, "id:%s", desk_name(&claim));
    assert_string_equal(name_of(&names, &claim), own);
    (void)snprintf(own, sizeof own, "id:%s", desk_name(&plain));
    assert_string_equal(name_of(&names, &plain), own);
    assert_string_equal(name_of(&names, &gone), "g");
    assert_string_equal(name_of(&names, &nobody), "id:03000000-0000-0000-0000-000000000000");
    mir_outnames_fini(&names);
}

static void children_go_with_what_is_chosen(void **state)
{
    (void)state;
    struct mir_outnames names;
    struct mir_arena arena;
    const struct mir_outname **items = NULL;
    size_t count = 0;
    mirsal_id incident = desk_add(&founder, "incident", NULL, ASSIGN("source_id=i"));
    mirsal_id claim = desk_add(&founder, "casualty", &incident, ASSIGN("source_id=z"));
    (void)desk_add(&founder, "casualty", &incident, ASSIGN("source_id=b"));
    (void)desk_add(&founder, "note", &claim, ASSIGN("text=n"));
    (void)desk_add(&founder, "casualty", NULL, ASSIGN("source_id=free"));
    mir_arena_init(&arena, &founder.world.env, (size_t)1 << 20);
    assert_int_equal(
        mir_outnames_read(&names, founder.store, "source_id = 'i'", NULL, &founder.err), MIRSAL_OK);
    assert_int_equal(names.count, 5);
    assert_int_equal(
        mir_outnames_of_type(&items, &count, &arena, &names, 5, &founder.err), MIRSAL_OK);
    assert_int_equal(count, 2);
    assert_memory_equal(items[0]->name.data, "b", 1);
    assert_memory_equal(items[1]->name.data, "z", 1);
    assert_int_equal(
        mir_outnames_of_type(&items, &count, &arena, &names, 16, &founder.err), MIRSAL_OK);
    assert_int_equal(count, 1);
    mir_outnames_fini(&names);
    mir_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_name_stands_for_the_newest_correction, set_up, tear_down),
        cmocka_unit_test_setup_teardown(children_go_with_what_is_chosen, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
