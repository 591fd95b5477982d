/* SPDX-License-Identifier: Apache-2.0 */
/* unit/work_test.c - who may write what; memory given back between records. */
#include "work.h"

#include "test_desk.h"

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

static void an_admin_writes_to_all_a_newcomer_to_its_own(void **state)
{
    (void)state;
    static const struct test_invite terms = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    struct test_store monitor;
    struct mir_record own = { .created = { .own = 1 } };
    struct mir_record other = { 0 };
    test_team_join(&monitor, &founder, 2, &terms);
    assert_true(mir_work_resolves(founder.store));
    assert_false(mir_work_resolves(monitor.store));
    assert_int_equal(mir_work_may_write(founder.store, &other, &founder.err), MIRSAL_OK);
    assert_int_equal(mir_work_may_write(monitor.store, &own, &founder.err), MIRSAL_OK);
    assert_int_equal(mir_work_may_write(monitor.store, &other, &founder.err), MIRSAL_NOT_ALLOWED);
    test_store_fini(&monitor);
}

static void memory_is_used_again(void **state)
{
    (void)state;
    struct mir_work work;
    mir_work_begin(&work, founder.store, "ar");
    assert_string_equal(work.values.language, "ar");
    assert_ptr_equal(work.values.schema, founder.store->schema);
    for (int i = 0; i < 1000; i++) {
        mir_work_reset(&work);
        assert_non_null(mir_arena_alloc(&work.arena, 1, (size_t)1 << 20));
    }
    mir_work_end(&work);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            an_admin_writes_to_all_a_newcomer_to_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_is_used_again, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
