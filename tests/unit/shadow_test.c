/* SPDX-License-Identifier: Apache-2.0 */
/* unit/shadow_test.c - records in quarantine are shown when asked for, and leave no trace. */
#include "shadow.h"

#include "acts.h"
#include "test_desk.h"

#include <string.h>

static struct test_store founder;
static struct test_store monitor;
static mirsal_id before;
static mirsal_id late;
static mirsal_error err;

/* One report that a cut leaves; one that it does not, corrected; an edit of the first. */
static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    test_team_found(&founder, 1);
    test_team_join(&monitor, &founder, 2, &terms);
    before = test_team_report(&monitor, "before");
    test_team_meet(&founder, &monitor, 1);
    const struct mir_cut_order order = { .device = mir_store_device(monitor.store),
        .reason = MIR_CUT_LOST };
    assert_int_equal(mir_device_cut(NULL, founder.store, NULL, &order, &err), MIRSAL_OK);
    late = test_team_report(&monitor, "late");
    assert_int_equal(test_team_edit(&monitor, &late, "late, corrected"), MIRSAL_OK);
    assert_int_equal(test_team_edit(&monitor, &before, "changed"), MIRSAL_OK);
    test_team_carry(&founder, &monitor, 2, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&monitor);
    test_store_fini(&founder);
    return 0;
}

static json_t *list(struct mir_answer_list list)
{
    list.type = "incident";
    return desk_list(&founder, &list);
}

static void a_list_of_all_has_them_last(void **state)
{
    (void)state;
    mirsal_hash digest = test_team_digest(&founder);
    json_t *lines = list((struct mir_answer_list){ .all = 1 });
    assert_int_equal(json_array_size(lines), 2);
    assert_string_equal(desk_at(lines, "0/id"), desk_name(&before));
    assert_string_equal(desk_at(lines, "0/meta/state"), "accepted");
    assert_non_null(strstr(desk_at(lines, "0/rel_text"), "before"));
    assert_string_equal(desk_at(lines, "1/id"), desk_name(&late));
    assert_string_equal(desk_at(lines, "1/meta/state"), "quarantined");
    assert_non_null(strstr(desk_at(lines, "1/rel_text"), "late, corrected"));
    json_decref(lines);
    lines = list((struct mir_answer_list){ .all = 1, .limit = 1 });
    assert_int_equal(json_array_size(lines), 1);
    json_decref(lines);
    lines = list((struct mir_answer_list){ .all = 1, .where = "rel_text LIKE '%corrected%'" });
    assert_int_equal(json_array_size(lines), 1);
    json_decref(lines);
    lines = list((struct mir_answer_list){ 0 });
    assert_int_equal(json_array_size(lines), 1);
    json_decref(lines);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM r_1"), 1);
    mirsal_hash after = test_team_digest(&founder);
    assert_memory_equal(digest.bytes, after.bytes, sizeof digest.bytes);
    assert_string_equal(test_team_shown(&founder, &before), "before");
}

static void within_a_transaction_there_is_no_look(void **state)
{
    (void)state;
    int any = 1;
    assert_int_equal(mir_store_begin(founder.store, &err), MIRSAL_OK);
    assert_int_equal(mir_shadow_begin(&any, founder.store, &err), MIRSAL_OK);
    assert_int_equal(any, 0);
    mir_store_rollback(founder.store);
    assert_int_equal(mir_store_refresh(founder.store, &err), MIRSAL_OK);
    assert_int_equal(mir_shadow_begin(&any, founder.store, &err), MIRSAL_OK);
    assert_int_equal(any, 1);
    json_t *shown = desk_show(&founder, &late, 0);
    assert_string_equal(desk_at(shown, "meta/state"), "quarantined");
    json_decref(shown);
    mir_shadow_end(founder.store);
    assert_int_equal(mir_store_refresh(founder.store, &err), MIRSAL_OK);
    assert_string_equal(test_team_shown(&founder, &late), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_list_of_all_has_them_last, set_up, tear_down),
        cmocka_unit_test_setup_teardown(within_a_transaction_there_is_no_look, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
