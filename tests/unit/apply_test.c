/* SPDX-License-Identifier: Apache-2.0 */
/* unit/apply_test.c - the name of a record that came from elsewhere, and entries below parents. */
#include "apply.h"

#include "record_in.h"
#include "test_desk.h"
#include "work.h"

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

static struct mir_entries parse(struct mir_work *work, const char *json)
{
    struct mir_entries entries = { 0 };
    struct mir_record_in options = { 0 };
    struct json_t *loaded = NULL;
    assert_int_equal(mir_json_load(&loaded, json, strlen(json), &founder.err), MIRSAL_OK);
    assert_int_equal(
        mir_record_parse(&entries, &work->values, loaded, &options, &founder.err), MIRSAL_OK);
    mir_json_drop(loaded);
    return entries;
}

static void an_id_of_elsewhere_becomes_a_source_id(void **state)
{
    (void)state;
    struct mir_work work;
    mirsal_id id = { { 1, 2, 3, 4, 5, 6, 0x80, 8, 0x80, 9, 10, 11, 12, 13, 14, 15 } };
    mir_work_begin(&work, founder.store, NULL);
    struct mir_entries entries =
        parse(&work, "{\"type\":\"incident\",\"id\":\"01020304-0506-8008-8009-0a0b0c0d0e0f\"}");
    assert_int_equal(entries.items[0].count, 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            mir_entry_name_by_id(&entries.items[0], &work.values, &founder.err), MIRSAL_OK);
        assert_int_equal(entries.items[0].count, 1);
    }
    id.bytes[0] = 2;
    mir_entry_drop_own_name(&entries.items[0], &id);
    assert_int_equal(entries.items[0].count, 1);
    id.bytes[0] = 1;
    mir_entry_drop_own_name(&entries.items[0], &id);
    assert_int_equal(entries.items[0].count, 0);
    mir_work_end(&work);
}

static void children_name_their_parents(void **state)
{
    (void)state;
    struct mir_work work;
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    mirsal_id ids[3];
    mir_work_begin(&work, founder.store, NULL);
    struct mir_entries entries =
        parse(&work, "{\"type\":\"incident\",\"children\":[{\"type\":\"observation\",\"children\":["
                     "{\"type\":\"note\"}]}]}");
    assert_int_equal(mir_txn_begin(&txn, founder.store, MIR_TXN_LONE, &founder.err), MIRSAL_OK);
    assert_int_equal(
        mir_entries_create(ids, &entries, 0, &work.values, txn, &founder.err), MIRSAL_OK);
    assert_int_equal(mir_txn_commit(&result, txn, &founder.err), MIRSAL_OK);
    mir_work_end(&work);
    json_t *shown = desk_show(&founder, &ids[1], 0);
    assert_string_equal(desk_at(shown, "incident"), desk_name(&ids[0]));
    assert_string_equal(desk_at(shown, "children/0/id"), desk_name(&ids[2]));
    json_decref(shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_id_of_elsewhere_becomes_a_source_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(children_name_their_parents, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
