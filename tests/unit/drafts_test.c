/* SPDX-License-Identifier: Apache-2.0 */
/* unit/drafts_test.c - rows of drafts: kept, read as they were made, removed once. */
#include "drafts.h"

#include "test_team.h"

#include <string.h>

static struct test_store founder;
static mirsal_error err;

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

static struct mir_draft draft_of(uint8_t number, const char *text)
{
    struct mir_draft draft = { .made_ms = 1000u + number };
    memset(draft.id.bytes, number, sizeof draft.id.bytes);
    memset(draft.base, number + 100, sizeof draft.base);
    draft.text = (struct mir_bytes){ (const uint8_t *)text, strlen(text) };
    return draft;
}

static void drafts_are_read_as_they_were_kept(void **state)
{
    (void)state;
    struct mir_arena arena;
    struct mir_drafts all;
    uint64_t count = 9;
    struct mir_draft first = draft_of(9, "one");
    struct mir_draft second = draft_of(2, "two");
    second.has_parent = 1;
    second.parent = first.id;
    mir_arena_init(&arena, founder.store->env, 1 << 20);
    assert_int_equal(mir_drafts_read(&all, &arena, founder.store, &err), MIRSAL_OK);
    assert_int_equal(all.count, 0);
    assert_int_equal(mir_drafts_keep(founder.store, &first, &err), MIRSAL_OK);
    assert_int_equal(mir_drafts_keep(founder.store, &second, &err), MIRSAL_OK);
    test_store_reopen(&founder);
    assert_int_equal(mir_drafts_count(&count, founder.store, &err), MIRSAL_OK);
    assert_int_equal(count, 2);
    assert_int_equal(mir_drafts_read(&all, &arena, founder.store, &err), MIRSAL_OK);
    assert_int_equal(all.count, 2);
    assert_memory_equal(all.items[0].id.bytes, first.id.bytes, 16);
    assert_memory_equal(all.items[0].base, first.base, 8);
    assert_int_equal(all.items[0].made_ms, first.made_ms);
    assert_false(all.items[0].has_parent);
    assert_memory_equal(all.items[1].parent.bytes, first.id.bytes, 16);
    assert_true(all.items[1].has_parent);
    assert_memory_equal(all.items[1].text.data, "two", 3);
    assert_int_equal(mir_drafts_remove(founder.store, all.items[0].no, &err), MIRSAL_OK);
    assert_int_equal(mir_drafts_remove(founder.store, all.items[0].no, &err), MIRSAL_NOT_FOUND);
    assert_int_equal(mir_drafts_count(&count, founder.store, &err), MIRSAL_OK);
    assert_int_equal(count, 1);
    mir_arena_fini(&arena);
}

static void a_damaged_row_is_told(void **state)
{
    (void)state;
    struct mir_arena arena;
    struct mir_drafts all;
    struct mir_draft draft = draft_of(1, "one");
    mir_arena_init(&arena, founder.store->env, 1 << 20);
    assert_int_equal(mir_drafts_keep(founder.store, &draft, &err), MIRSAL_OK);
    (void)test_team_count(&founder, "UPDATE draft SET base = x'00'");
    assert_int_equal(mir_drafts_read(&all, &arena, founder.store, &err), MIRSAL_CORRUPT);
    mir_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(drafts_are_read_as_they_were_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_row_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
