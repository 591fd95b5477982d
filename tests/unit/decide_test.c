/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/decide_test.c - two coordinators contradict each other; one resolves; withdraw and assess.
 */
#include "decide.h"

#include "test_desk.h"

#include <string.h>

static struct test_store a;
static struct test_store b;
static mirsal_id incident;

/* An incident that both hold, and a date and a text that both wrote without the other's. */
static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .uses = 1, .in_person = 1
    };
    test_team_found(&a, 1);
    test_team_join(&b, &a, 2, &terms);
    test_team_meet(&a, &b, 3);
    incident = desk_add(&a, "incident", NULL, ASSIGN("date_start=2019-11-17", "title:ar=قصف"));
    test_team_meet(&a, &b, 4);
    (void)desk_edit(&a, &incident, ASSIGN("date_start=2019-11-16", "title:ar=غارة"));
    (void)desk_edit(
        &b, &incident, ASSIGN("date_start=2019-11-18", "title:en=Strike", "title:ar=هجوم"));
    test_team_meet(&a, &b, 5);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&b);
    test_store_fini(&a);
    return 0;
}

static void both_accounts_stand_and_one_is_picked(void **state)
{
    (void)state;
    json_t *conflicts = desk_conflicts(&a, 0);
    assert_int_equal(json_array_size(conflicts), 2);
    assert_string_equal(desk_at(conflicts, "0/field"), "date");
    assert_string_equal(desk_at(conflicts, "0/kind"), "values");
    assert_string_equal(desk_at(conflicts, "0/values/0/pick"), "1");
    assert_string_equal(desk_at(conflicts, "0/values/0/winner"), "true");
    assert_string_equal(desk_at(conflicts, "0/values/1/winner"), "false");
    assert_string_equal(desk_at(conflicts, "1/field"), "title");
    assert_string_equal(desk_at(conflicts, "1/language"), "ar");
    char second[64];
    (void)snprintf(second, sizeof second, "%s", desk_at(conflicts, "0/values/1/value/date_start"));
    json_decref(conflicts);

    struct mir_resolve resolve = { .record = desk_name(&incident),
        .field = "date_start",
        .pick = 2,
        .reason = "the register says so" };
    assert_int_equal(desk_try_resolve(&a, &resolve), MIRSAL_OK);
    json_t *shown = desk_show(&a, &incident, 1);
    assert_string_equal(desk_at(shown, "date_start"), second);
    assert_int_equal(json_array_size(json_object_get(shown, "conflicts")), 1);
    json_t *row = NULL;
    size_t at = 0;
    size_t told = 0;
    json_array_foreach(json_object_get(shown, "history"), at, row)
    {
        int decided = strcmp(desk_at(row, "reason"), "the register says so") == 0;
        told += decided ? 1u : 0u;
        assert_true(!decided || json_array_size(json_object_get(row, "parents")) == 2);
        assert_true(!decided || strcmp(desk_at(row, "field"), "date") == 0);
    }
    assert_int_equal(told, 1);
    json_decref(shown);
    test_team_meet(&a, &b, 6);
    conflicts = desk_conflicts(&b, 0);
    assert_int_equal(json_array_size(conflicts), 1);
    json_decref(conflicts);
}

static void a_value_may_be_given_instead(void **state)
{
    (void)state;
    struct mir_resolve resolve = { .record = desk_name(&incident),
        .field = "title",
        .value = "قصف جوي",
        .reason = "both are right" };
    assert_int_equal(desk_try_resolve(&a, &resolve), MIRSAL_OK);
    resolve.field = "date";
    resolve.value = "2019-11-16/2019-11-18";
    assert_int_equal(desk_try_resolve(&a, &resolve), MIRSAL_OK);
    json_t *shown = desk_show(&a, &incident, 0);
    assert_string_equal(desk_at(shown, "title"), "[[\"ar\",\"قصف جوي\"],[\"en\",\"Strike\"]]");
    assert_string_equal(desk_at(shown, "date_prec"), "days");
    assert_int_equal(json_array_size(json_object_get(shown, "conflicts")), 0);
    json_decref(shown);
}

static void a_resolution_that_says_too_little_is_refused(void **state)
{
    (void)state;
    struct mir_resolve resolve = { .record = desk_name(&incident), .field = "date", .pick = 1 };
    assert_int_equal(desk_try_resolve(&a, &resolve), MIRSAL_USAGE);
    resolve.reason = "r";
    resolve.pick = 3;
    assert_int_equal(desk_try_resolve(&a, &resolve), MIRSAL_NOT_FOUND);
    resolve.pick = 0;
    assert_int_equal(desk_try_resolve(&a, &resolve), MIRSAL_USAGE);
    resolve.value = "soon";
    assert_int_equal(desk_try_resolve(&a, &resolve), MIRSAL_BAD_VALUE);
    resolve.field = "colour";
    assert_int_equal(desk_try_resolve(&a, &resolve), MIRSAL_UNKNOWN_FIELD);
    resolve.field = "summary";
    assert_int_equal(desk_try_resolve(&a, &resolve), MIRSAL_BAD_VALUE);
}

static void a_withdrawn_record_leaves_the_lists_until_it_is_taken_back(void **state)
{
    (void)state;
    struct mir_answer_list list = { .type = "incident" };
    desk_withdraw(&a, &incident, "never happened");
    json_t *lines = desk_list(&a, &list);
    assert_int_equal(json_array_size(lines), 0);
    json_decref(lines);
    json_t *shown = desk_show(&a, &incident, 0);
    assert_string_equal(desk_at(shown, "meta/state"), "withdrawn");
    assert_string_equal(desk_at(shown, "withdrawn"), "never happened");
    json_decref(shown);
    json_t *conflicts = desk_conflicts(&a, 0);
    assert_int_equal(json_array_size(conflicts), 2);
    json_decref(conflicts);
    (void)desk_edit(&b, &incident, ASSIGN("rel_text=near"));
    test_team_meet(&a, &b, 7);
    conflicts = desk_conflicts(&a, 0);
    size_t at = 0;
    json_t *row = NULL;
    size_t late = 0;
    json_array_foreach(conflicts, at, row)
    {
        late += strcmp(desk_at(row, "kind"), "withdrawn") == 0 ? 1u : 0u;
    }
    assert_int_equal(late, 1);
    json_decref(conflicts);
    struct mir_resolve resolve = {
        .record = desk_name(&incident), .field = "withdrawn", .pick = 1, .reason = "still so"
    };
    assert_int_equal(desk_try_resolve(&a, &resolve), MIRSAL_OK);
    shown = desk_show(&a, &incident, 0);
    assert_string_equal(desk_at(shown, "meta/state"), "withdrawn");
    json_decref(shown);
    desk_withdraw(&a, &incident, "");
    lines = desk_list(&a, &list);
    assert_int_equal(json_array_size(lines), 1);
    json_decref(lines);
}

static void an_assessment_is_a_record_of_its_own(void **state)
{
    (void)state;
    mirsal_id claim = desk_add(&a, "casualty", &incident, ASSIGN("min=12", "source_id=c:9"));
    const char *const rejects[] = { "@c:9=mis_scoped" };
    struct mir_assess assess = { .record = desk_name(&incident),
        .field = "killed",
        .min = "5",
        .max = "6",
        .rejects = rejects,
        .reject_count = 1,
        .reason = "names" };
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    mirsal_id id = { 0 };
    assert_int_equal(mir_txn_begin(&txn, a.store, MIR_TXN_LONE, &a.err), MIRSAL_OK);
    assert_int_equal(mir_record_assess(&id, txn, a.store, &assess, &a.err), MIRSAL_OK);
    assess.min = "7";
    assert_int_equal(mir_record_assess(&id, txn, a.store, &assess, &a.err), MIRSAL_MIN_ABOVE_MAX);
    assess.min = NULL;
    assess.value = "5";
    assert_int_equal(mir_record_assess(&id, txn, a.store, &assess, &a.err), MIRSAL_USAGE);
    assess.max = NULL;
    assess.reason = "";
    assert_int_equal(mir_record_assess(&id, txn, a.store, &assess, &a.err), MIRSAL_USAGE);
    assert_int_equal(mir_txn_commit(&result, txn, &a.err), MIRSAL_OK);
    json_t *shown = desk_show(&a, &id, 0);
    assert_string_equal(desk_at(shown, "subject"), desk_name(&incident));
    assert_string_equal(desk_at(shown, "field"), "killed");
    assert_string_equal(desk_at(shown, "min"), "5");
    assert_string_equal(desk_at(shown, "rejected/0/0"), desk_name(&claim));
    assert_string_equal(desk_at(shown, "rejected/0/1"), "mis_scoped");
    json_decref(shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_accounts_stand_and_one_is_picked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_value_may_be_given_instead, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_resolution_that_says_too_little_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_withdrawn_record_leaves_the_lists_until_it_is_taken_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_assessment_is_a_record_of_its_own, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
