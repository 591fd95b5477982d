/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/answer_review_test.c - items of each kind: in words, and with the command that settles
 * them.
 */
#include "review_out.h"

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

static void each_kind_has_words_and_a_command(void **state)
{
    (void)state;
    mirsal_id id = desk_add(&founder, "incident", NULL, ASSIGN("title=a"));
    for (int kind = MIR_REVIEW_VALUES; kind <= MIR_REVIEW_GRADING; kind++) {
        struct mir_tell tell;
        struct mir_review item = { .record = id,
            .type = TEST_INCIDENT,
            .kind = (enum mir_review_kind)kind,
            .others = { id.bytes, sizeof id.bytes } };
        mir_tell_begin(&tell, founder.store, NULL, NULL);
        assert_int_equal(mir_review_write(&tell.line, &tell, &item, &founder.err), MIRSAL_OK);
        json_t *line = json_loadb((const char *)tell.line.data, tell.line.size, 0, NULL);
        assert_non_null(line);
        assert_string_equal(
            desk_at(line, "kind"), mir_review_kind_name((enum mir_review_kind)kind));
        assert_true(strlen(desk_at(line, "why")) > 20);
        assert_memory_equal(desk_at(line, "settle"), "mirsal ", 7);
        assert_string_equal(desk_at(line, "field"), "null");
        assert_string_equal(desk_at(line, "others/0"), desk_name(&id));
        json_decref(line);
        mir_tell_end(&tell);
    }
}

static void a_late_write_to_a_once_field_is_told_with_the_first(void **state)
{
    (void)state;
    mirsal_id id = desk_add(&founder, "casualty", NULL, ASSIGN("min=1"));
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    static const uint8_t two[1] = { 2 };
    assert_int_equal(mir_txn_begin(&txn, founder.store, MIR_TXN_LONE, &founder.err), MIRSAL_OK);
    assert_int_equal(mir_txn_write(txn, &id, 515, (struct mir_bytes){ NULL, 0 },
                         (struct mir_bytes){ two, 1 }, &founder.err),
        MIRSAL_OK);
    assert_int_equal(mir_txn_commit(&result, txn, &founder.err), MIRSAL_OK);
    json_t *lines = desk_conflicts(&founder, 0);
    assert_int_equal(json_array_size(lines), 0);
    json_decref(lines);
    lines = desk_conflicts(&founder, 1);
    assert_int_equal(json_array_size(lines), 1);
    assert_string_equal(desk_at(lines, "0/kind"), "once");
    assert_string_equal(desk_at(lines, "0/field"), "min");
    assert_int_equal(json_array_size(json_object_get(json_array_get(lines, 0), "values")), 2);
    json_decref(lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_kind_has_words_and_a_command, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_late_write_to_a_once_field_is_told_with_the_first, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
