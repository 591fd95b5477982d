/* SPDX-License-Identifier: Apache-2.0 */
/* unit/merging_test.c - a store of the team is taken in: verified, in either order, once. */
#include "merging.h"

#include "guest.h"
#include "sql.h"
#include "test_team.h"

#include <string.h>

static struct test_store one;
static struct test_store two;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    const struct test_invite invite = { .role = MIR_ROLE_COORDINATOR, .in_person = 1, .uses = 1 };
    test_team_found(&one, 1);
    test_team_join(&two, &one, 2, &invite);
    test_team_meet(&one, &two, 3);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&two);
    test_store_fini(&one);
    return 0;
}

static struct mir_store *guest_of(struct test_store *device)
{
    struct mir_store *guest = NULL;
    struct mir_store_options options;
    test_store_options(&options, device);
    assert_int_equal(mir_guest_open(&guest, &options, &err), MIRSAL_OK);
    return guest;
}

struct told {
    uint64_t done;
    uint64_t total;
    uint64_t calls;
};

static void note(void *context, uint64_t done, uint64_t total)
{
    struct told *told = context;
    assert_true(done > told->done && done <= total);
    *told = (struct told){ done, total, told->calls + 1 };
}

static struct mir_merged merge(struct test_store *into, struct test_store *from)
{
    struct told told = { 0 };
    const struct mir_merging merging = { note, &told };
    struct mir_merged merged;
    struct mir_store *guest = guest_of(from);
    mirsal_code rc = mir_merge_chains(&merged, into->store, guest, &merging, &err);
    if (rc != MIRSAL_OK) {
        fail_msg("%s", err.message);
    }
    mir_store_close(guest);
    assert_int_equal(told.done, told.total);
    /* Both of taking and of projecting, which takes longest. */
    assert_true(told.calls >= merged.changesets + merged.counts.projected);
    return merged;
}

static void both_orders_give_one_digest(void **state)
{
    (void)state;
    mirsal_id id = test_team_report(&one, "the mill");
    (void)merge(&two, &one);
    for (int i = 0; i < 20; i++) {
        (void)test_team_report(&one, "of one");
        (void)test_team_report(&two, "of two");
    }
    assert_int_equal(test_team_edit(&one, &id, "as one says"), MIRSAL_OK);
    assert_int_equal(test_team_edit(&two, &id, "as two says"), MIRSAL_OK);
    struct mir_merged first = merge(&one, &two);
    struct mir_merged second = merge(&two, &one);
    assert_int_equal(first.records, 20);
    assert_int_equal(second.records, 20);
    assert_int_equal(first.counts.conflicts_opened, 1);
    assert_int_equal(first.refused, 0);
    mirsal_hash left = test_team_digest(&one);
    mirsal_hash right = test_team_digest(&two);
    assert_memory_equal(&left, &right, sizeof left);
    struct mir_merged again = merge(&one, &two);
    assert_true(again.changesets <= 1); /* the other's receipt */
    assert_int_equal(again.records, 0);
}

static void what_does_not_verify_is_left_out(void **state)
{
    (void)state;
    mirsal_id good = test_team_report(&two, "good");
    (void)test_team_report(&two, "forged");
    (void)test_team_report(&two, "another body");
    assert_int_equal(mir_sql_run(two.store->sql,
                         "UPDATE content SET body = zeroblob(length(body))"
                         " WHERE no = (SELECT max(no) - 1 FROM changeset)",
                         &err),
        MIRSAL_OK);
    assert_int_equal(mir_sql_run(two.store->sql,
                         "UPDATE content SET signature = zeroblob(64)"
                         " WHERE no = (SELECT max(no) FROM changeset)",
                         &err),
        MIRSAL_OK);
    struct mir_merged merged = merge(&one, &two);
    assert_int_equal(merged.refused, 2);
    assert_int_equal(merged.records, 1);
    assert_string_equal(test_team_shown(&one, &good), "good");
}

static void no_key_is_taken(void **state)
{
    (void)state;
    static const char keys[] = "SELECT count(*) FROM epoch_secret";
    int64_t before = test_team_count(&one, keys);
    assert_int_equal(
        mir_sql_run(two.store->sql,
            "INSERT INTO epoch_secret VALUES (0, 9, zeroblob(32), zeroblob(32))", &err),
        MIRSAL_OK);
    (void)test_team_report(&two, "sealed");
    (void)merge(&one, &two);
    assert_int_equal(test_team_count(&one, keys), before);
}

static void another_teams_chains_are_refused(void **state)
{
    (void)state;
    struct test_store other;
    struct mir_merged merged;
    const struct mir_merging merging = { 0 };
    test_team_found(&other, 9);
    struct mir_store *guest = guest_of(&other);
    int64_t before = test_team_count(&one, "SELECT count(*) FROM changeset");
    assert_int_equal(
        mir_merge_chains(&merged, one.store, guest, &merging, &err), MIRSAL_NOT_AUTHENTIC);
    mir_store_close(guest);
    assert_int_equal(test_team_count(&one, "SELECT count(*) FROM changeset"), before);
    test_store_fini(&other);
}

#define MERGE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MERGE(both_orders_give_one_digest),
        MERGE(what_does_not_verify_is_left_out),
        MERGE(no_key_is_taken),
        MERGE(another_teams_chains_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
