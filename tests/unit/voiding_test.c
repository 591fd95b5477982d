/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/voiding_test.c - what a purge order names is void in tables, lists, search and digest,
 * whenever it arrives, and comes back when the order is lifted.
 */
#include "history.h"
#include "list.h"
#include "project.h"
#include "read.h"
#include "rebuild.h"
#include "statements.h"
#include "test_random.h"
#include "test_team.h"

#include <stdio.h>
#include <string.h>

static struct test_store founder;
static struct test_store helper;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .uses = 1, .in_person = 1
    };
    test_team_found(&founder, 1);
    test_team_join(&helper, &founder, 2, &terms);
    test_team_meet(&founder, &helper, 3);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&helper);
    test_store_fini(&founder);
    return 0;
}

static mirsal_hash order(const mirsal_id *record)
{
    struct mir_say say = { .kind = MIR_SAY_PURGE };
    mirsal_hash id;
    say.purge.records = record;
    say.purge.record_count = 1;
    assert_int_equal(mir_statements_say_one(&id, founder.store, &say, &err), MIRSAL_OK);
    return id;
}

static void lift(const mirsal_hash *id)
{
    struct mir_say say = { .kind = MIR_SAY_UNPURGE };
    say.subject = *id;
    assert_int_equal(mir_statements_say_one(NULL, founder.store, &say, &err), MIRSAL_OK);
}

static enum mir_record_state state_of(struct test_store *device, const mirsal_id *record)
{
    struct mir_record read;
    struct mir_arena arena;
    mir_arena_init(&arena, &device->world.env, 1u << 20);
    assert_int_equal(mir_read_record(&read, &arena, device->store, record, &err), MIRSAL_OK);
    if (read.state == MIR_RECORD_PURGED) {
        assert_int_equal(read.register_count, 0);
        assert_int_equal(read.created.stamp, 0);
    }
    mir_arena_fini(&arena);
    return read.state;
}

static size_t listed(struct test_store *device, int all)
{
    const struct mir_list list = { .type = TEST_INCIDENT, .all = all };
    struct mir_items items;
    struct mir_arena arena;
    mir_arena_init(&arena, &device->world.env, 1u << 20);
    assert_int_equal(mir_list(&items, &arena, device->store, &list, &err), MIRSAL_OK);
    size_t count = items.count;
    mir_arena_fini(&arena);
    return count;
}

static size_t found(struct test_store *device, const char *words)
{
    struct mir_search_hit *hits = NULL;
    size_t count = 0;
    struct mir_arena arena;
    mir_arena_init(&arena, &device->world.env, 1u << 20);
    assert_int_equal(mir_search(&hits, &count, &arena, device->store, words, 0, &err), MIRSAL_OK);
    mir_arena_fini(&arena);
    return count;
}

/* The digest that is kept is the one of the tables, and of tables made anew. */
static void same_anew(struct test_store *device)
{
    mirsal_hash kept;
    mirsal_hash anew;
    assert_int_equal(
        mir_project_digest(&kept, device->store, MIR_COMPARTMENT_MAIN, &err), MIRSAL_OK);
    assert_int_equal(
        mir_project_digest_recompute(&anew, device->store, MIR_COMPARTMENT_MAIN, &err), MIRSAL_OK);
    assert_memory_equal(kept.bytes, anew.bytes, sizeof kept.bytes);
    assert_int_equal(mir_rebuild(device->store, &err), MIRSAL_OK);
    assert_int_equal(
        mir_project_digest(&anew, device->store, MIR_COMPARTMENT_MAIN, &err), MIRSAL_OK);
    assert_memory_equal(kept.bytes, anew.bytes, sizeof kept.bytes);
}

static void it_is_hidden_at_once_and_comes_back(void **state)
{
    (void)state;
    mirsal_id witness = test_team_report(&founder, "saffron");
    (void)test_team_report(&founder, "cobalt");
    assert_int_equal(test_team_edit(&founder, &witness, "vermilion"), MIRSAL_OK);
    mirsal_hash before = test_team_digest(&founder);
    mirsal_hash id = order(&witness);
    assert_int_equal(state_of(&founder, &witness), MIR_RECORD_PURGED);
    assert_int_equal(listed(&founder, 0), 1);
    assert_int_equal(listed(&founder, 1), 2);
    assert_int_equal(found(&founder, "vermilion"), 0);
    assert_int_equal(found(&founder, "saffron"), 0);
    assert_int_equal(found(&founder, "cobalt"), 1);
    assert_string_equal(test_team_shown(&founder, &witness), "");
    assert_memory_not_equal(test_team_digest(&founder).bytes, before.bytes, 32);
    same_anew(&founder);
    assert_int_equal(state_of(&founder, &witness), MIR_RECORD_PURGED);
    lift(&id);
    assert_int_equal(state_of(&founder, &witness), MIR_RECORD_ACCEPTED);
    assert_string_equal(test_team_shown(&founder, &witness), "vermilion");
    assert_int_equal(found(&founder, "vermilion"), 1);
    assert_int_equal(found(&founder, "saffron"), 0);
    same_anew(&founder);
}

/* No order of arrival makes another digest; what arrives late is void. */
static void what_arrives_behind_the_order_is_void(void **state)
{
    (void)state;
    mirsal_id witness = test_team_report(&founder, "saffron");
    test_team_carry(&helper, &founder, 1, 0);
    assert_int_equal(test_team_edit(&helper, &witness, "indigo"), MIRSAL_OK);
    (void)order(&witness);
    test_team_meet(&founder, &helper, 5);
    assert_int_equal(state_of(&founder, &witness), MIR_RECORD_PURGED);
    assert_int_equal(state_of(&helper, &witness), MIR_RECORD_PURGED);
    assert_int_equal(found(&helper, "indigo"), 0);
    assert_memory_equal(test_team_digest(&founder).bytes, test_team_digest(&helper).bytes, 32);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM review"), 0);
    same_anew(&helper);
    assert_int_equal(test_team_edit(&founder, &witness, "late"), MIRSAL_NOT_ALLOWED);
}

static void an_order_may_come_before_the_record(void **state)
{
    (void)state;
    struct mir_read_counts counts;
    mirsal_id resolved;
    mirsal_id witness = test_team_report(&helper, "saffron");
    assert_int_equal(test_team_edit(&helper, &witness, "indigo"), MIRSAL_OK);
    (void)order(&witness);
    assert_int_equal(state_of(&founder, &witness), MIR_RECORD_PURGED);
    char text[33];
    for (size_t i = 0; i < sizeof witness.bytes; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", witness.bytes[i]);
    }
    assert_int_equal(mir_read_resolve(&resolved, founder.store, 0, text, 12, &err), MIRSAL_OK);
    assert_memory_equal(resolved.bytes, witness.bytes, sizeof witness.bytes);
    test_team_meet(&founder, &helper, 7);
    assert_int_equal(state_of(&founder, &witness), MIR_RECORD_PURGED);
    assert_int_equal(listed(&founder, 0), 0);
    assert_int_equal(found(&founder, "indigo"), 0);
    assert_int_equal(mir_read_counts(&counts, founder.store, &err), MIRSAL_OK);
    assert_int_equal(counts.records, 0);
    assert_int_equal(counts.quarantined, 0);
    assert_int_equal(counts.review, 0);
    assert_memory_equal(test_team_digest(&founder).bytes, test_team_digest(&helper).bytes, 32);
    same_anew(&founder);
}

static void orphan_edits_of_it_leave_the_queue(void **state)
{
    (void)state;
    mirsal_id witness = test_team_report(&helper, "saffron");
    assert_int_equal(test_team_edit(&helper, &witness, "indigo"), MIRSAL_OK);
    mirsal_hash id = order(&witness);
    test_team_carry(&founder, &helper, 9, 1);
    struct mir_writings writings;
    struct mir_arena arena;
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    assert_int_equal(
        mir_history_record(&writings, &arena, founder.store, &witness, &err), MIRSAL_OK);
    assert_int_equal(writings.count, 0);
    lift(&id);
    assert_int_equal(
        mir_history_record(&writings, &arena, founder.store, &witness, &err), MIRSAL_OK);
    assert_true(writings.count > 1);
    assert_string_equal(test_team_shown(&founder, &witness), "indigo");
    mir_arena_fini(&arena);
}

/* What other tables say of records: the same after all of it was made anew. */
static int64_t told(struct test_store *device)
{
    return test_team_count(device,
        "SELECT 1000003 * (SELECT count(*) FROM review) + 1009 * (SELECT count(*) FROM orphan)"
        " + (SELECT ifnull(sum(kind * 31 + field + length(others)), 0) FROM review)"
        " + (SELECT count(*) FROM purged) + 7 * (SELECT count(*) FROM child)"
        " + (SELECT ifnull(sum(ifnull(killed_max, 0)), 0) FROM figures)");
}

/* Reports, edits, orders and lifts at random, carried in any order. */
static void any_course_of_things_ends_alike(void **state)
{
    (void)state;
    mirsal_id records[64];
    mirsal_hash orders[64];
    size_t record_count = 0;
    size_t order_count = 0;
    struct test_random random = { 20191117 };
    for (size_t step = 0; step < 60; step++) {
        uint64_t lot = test_random_below(&random, 10);
        struct test_store *device = test_random_below(&random, 2) ? &founder : &helper;
        size_t at = record_count > 0 ? test_random_below(&random, record_count) : 0;
        if (lot < 3 || record_count == 0) {
            records[record_count++] = test_team_report(device, "saffron");
        } else if (lot < 6) {
            mirsal_code rc = test_team_edit(device, &records[at], "indigo");
            assert_true(rc == MIRSAL_OK || rc == MIRSAL_NOT_FOUND || rc == MIRSAL_NOT_ALLOWED);
        } else if (lot == 6) {
            orders[order_count++] = order(&records[at]);
        } else if (lot == 7 && order_count > 0) {
            lift(&orders[test_random_below(&random, order_count)]);
        } else {
            struct test_store *other = device == &founder ? &helper : &founder;
            test_team_carry(device, other, test_random_next(&random), (int)(lot & 1));
        }
    }
    test_team_meet(&founder, &helper, 11);
    assert_true(order_count > 3);
    assert_memory_equal(test_team_digest(&founder).bytes, test_team_digest(&helper).bytes, 32);
    int64_t before[2] = { told(&founder), told(&helper) };
    size_t seen[2] = { found(&founder, "saffron"), found(&founder, "indigo") };
    assert_int_equal(before[0], before[1]);
    same_anew(&founder);
    same_anew(&helper);
    assert_int_equal(told(&founder), before[0]);
    assert_int_equal(told(&helper), before[1]);
    assert_int_equal(found(&founder, "saffron"), seen[0]);
    assert_int_equal(found(&helper, "saffron"), seen[0]);
    assert_int_equal(found(&helper, "indigo"), seen[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_hidden_at_once_and_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_arrives_behind_the_order_is_void, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_order_may_come_before_the_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(orphan_edits_of_it_leave_the_queue, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_course_of_things_ends_alike, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
