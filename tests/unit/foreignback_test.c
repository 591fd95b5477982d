/* SPDX-License-Identifier: Apache-2.0 */
/* unit/foreignback_test.c - what another team took back is taken back here, and comes again. */
#include "foreignback.h"

#include "foreign.h"
#include "guest.h"
#include "test_desk.h"

#include <stdio.h>
#include <string.h>

static struct test_store nur;
static struct test_store amal;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&nur, 1);
    test_team_found(&amal, 2);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&amal);
    test_store_fini(&nur);
    return 0;
}

static struct mir_foreign_back merge(void)
{
    const struct mir_foreign_merging merging = { 0 };
    struct mir_import_counts counts;
    struct mir_foreign_back back;
    struct mir_store_options options;
    struct mir_store *guest = NULL;
    test_store_options(&options, &amal);
    assert_int_equal(mir_guest_open(&guest, &options, &err), MIRSAL_OK);
    mirsal_code rc = mir_foreign_merge(&counts, &back, nur.store, guest, &merging, &err);
    if (rc != MIRSAL_OK) {
        fail_msg("%s", err.message);
    }
    mir_store_close(guest);
    return back;
}

static mirsal_id add(const char *source_id)
{
    char name[48];
    (void)snprintf(name, sizeof name, "source_id=%s", source_id);
    return desk_add(&amal, "incident", NULL, ASSIGN("date_start=2019-11-17", name));
}

static void withdraw(struct test_store *device, const mirsal_id *id, const char *reason)
{
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    mirsal_id same;
    assert_int_equal(mir_txn_begin(&txn, device->store, MIR_TXN_LONE, &err), MIRSAL_OK);
    assert_int_equal(
        mir_record_withdraw(&same, txn, device->store, desk_name(id), reason, &err), MIRSAL_OK);
    assert_int_equal(mir_txn_commit(&result, txn, &err), MIRSAL_OK);
}

/* The state here of what is there. */
static enum mir_record_state state_of(const mirsal_id *theirs)
{
    struct mir_arena arena;
    struct mir_record record;
    mirsal_id ours;
    char name[MIR_FOREIGN_NAME_SIZE + 2u] = "@";
    mir_foreign_name(name + 1, &amal.store->team, theirs);
    mir_arena_init(&arena, nur.store->env, (size_t)1 << 20);
    assert_int_equal(mir_record_named(&ours, nur.store, 0, name, &err), MIRSAL_OK);
    assert_int_equal(mir_read_record(&record, &arena, nur.store, &ours, &err), MIRSAL_OK);
    enum mir_record_state state = record.state;
    mir_arena_fini(&arena);
    return state;
}

static void a_withdrawal_there_counts_here_until_it_is_taken_back(void **state)
{
    (void)state;
    mirsal_id one = add("a");
    mirsal_id other = add("b");
    assert_int_equal(merge().withdrawn, 0);
    withdraw(&amal, &one, "recorded twice");
    struct mir_foreign_back back = merge();
    assert_int_equal(back.withdrawn, 1);
    assert_int_equal(back.to_delete, 0);
    assert_int_equal(back.changesets, 1);
    assert_int_equal(state_of(&one), MIR_RECORD_WITHDRAWN);
    assert_int_equal(state_of(&other), MIR_RECORD_ACCEPTED);
    back = merge();
    assert_int_equal(back.withdrawn + back.shown_again + back.changesets, 0);
    withdraw(&amal, &one, "");
    back = merge();
    assert_int_equal(back.shown_again, 1);
    assert_int_equal(state_of(&one), MIR_RECORD_ACCEPTED);
    assert_int_equal(merge().changesets, 0);
}

static void what_never_came_is_no_matter(void **state)
{
    (void)state;
    mirsal_id one = add("a");
    withdraw(&amal, &one, "recorded twice");
    struct mir_foreign_back back = merge();
    assert_int_equal(back.withdrawn + back.changesets, 0);
}

static void one_for_which_another_stands_gives_way(void **state)
{
    (void)state;
    uint32_t gone = 0;
    mirsal_id ids[4];
    ids[0] = add("same");
    (void)merge();
    for (size_t i = 1; i < 4; i++) { /* ids are drawn: one of them comes first sooner or later */
        ids[i] = add("same");
        (void)merge();
    }
    for (size_t i = 0; i < 4; i++) {
        struct mir_arena arena;
        struct mir_items found;
        char name[MIR_FOREIGN_NAME_SIZE + 1u];
        mir_foreign_name(name, &amal.store->team, &ids[i]);
        mir_arena_init(&arena, nur.store->env, (size_t)1 << 20);
        assert_int_equal(mir_read_source_ids(&found, &arena, nur.store, 0,
                             (struct mir_bytes){ (const uint8_t *)name, strlen(name) }, &err),
            MIRSAL_OK);
        gone += found.count == 0 || state_of(&ids[i]) == MIR_RECORD_WITHDRAWN;
        mir_arena_fini(&arena);
    }
    assert_int_equal(gone, 3);
}

#define STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE(a_withdrawal_there_counts_here_until_it_is_taken_back),
        STORE(what_never_came_is_no_matter),
        STORE(one_for_which_another_stands_gives_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
