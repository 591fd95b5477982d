/* SPDX-License-Identifier: Apache-2.0 */
/* unit/tell_test.c - labels, custody, lines. */
#include "tell.h"

#include "json_out.h"
#include "sql.h"
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

static void a_label_is_the_devices_or_null(void **state)
{
    (void)state;
    struct mir_tell tell;
    mirsal_hash nobody = { { 7 } };
    mir_tell_begin(&tell, founder.store, NULL, NULL);
    mir_json_open(&tell.line, '[');
    for (int i = 0; i < 2; i++) {
        mir_json_item(&tell.line);
        assert_int_equal(
            mir_tell_label(&tell.line, &tell, mir_store_device(founder.store), &founder.err),
            MIRSAL_OK);
        mir_json_item(&tell.line);
        assert_int_equal(mir_tell_label(&tell.line, &tell, &nobody, &founder.err), MIRSAL_OK);
    }
    assert_int_equal(tell.label_count, 2);
    assert_memory_equal(tell.line.data, "[\"office\",null,\"office\",null", 28);
    mir_tell_end(&tell);
}

static void custody_is_that_of_the_last_to_arrive(void **state)
{
    (void)state;
    mirsal_id id = desk_add(&founder, "incident", NULL, ASSIGN("title=a"));
    assert_int_equal(mir_sql_run(founder.store->sql,
                         "INSERT INTO peer_head (peer, device, compartment, seq, id)"
                         " SELECT 1, device, compartment, seq, id"
                         " FROM changeset WHERE compartment = 0",
                         &founder.err),
        MIRSAL_OK);
    json_t *shown = desk_show(&founder, &id, 0);
    assert_string_equal(desk_at(shown, "meta/custody"), "relay");
    json_decref(shown);
    (void)desk_edit(&founder, &id, ASSIGN("rel_text=b"));
    shown = desk_show(&founder, &id, 0);
    assert_string_equal(desk_at(shown, "meta/custody"), "device");
    json_decref(shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_label_is_the_devices_or_null, set_up, tear_down),
        cmocka_unit_test_setup_teardown(custody_is_that_of_the_last_to_arrive, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
