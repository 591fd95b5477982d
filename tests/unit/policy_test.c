/* SPDX-License-Identifier: Apache-2.0 */
/* unit/policy_test.c - ranks and names. */
#include "policy.h"

#include "test_env.h"

static void a_role_ranks_by_its_number_except_where_nobody_does(void **state)
{
    (void)state;
    const enum mir_policy ranked[] = { MIR_POLICY_REVIEW, MIR_POLICY_ONCE, MIR_POLICY_SET,
        MIR_POLICY_RANKED, MIR_POLICY_LATTICE };
    for (size_t i = 0; i < sizeof ranked / sizeof ranked[0]; i++) {
        assert_int_equal(mir_policy_rank(ranked[i], MIR_ROLE_OBSERVER), 0);
        assert_int_equal(mir_policy_rank(ranked[i], MIR_ROLE_MONITOR), 1);
        assert_int_equal(mir_policy_rank(ranked[i], MIR_ROLE_COORDINATOR), 2);
        assert_int_equal(mir_policy_rank(ranked[i], MIR_ROLE_ADMIN), 3);
    }
    assert_int_equal(mir_policy_rank(MIR_POLICY_LATEST, MIR_ROLE_ADMIN), 0);
    assert_int_equal(mir_policy_rank(MIR_POLICY_LOG, MIR_ROLE_COORDINATOR), 0);
}

static void coordinators_and_admins_resolve(void **state)
{
    (void)state;
    assert_false(mir_role_resolves(MIR_ROLE_OBSERVER));
    assert_false(mir_role_resolves(MIR_ROLE_MONITOR));
    assert_true(mir_role_resolves(MIR_ROLE_COORDINATOR));
    assert_true(mir_role_resolves(MIR_ROLE_ADMIN));
}

static void names_are_those_of_the_schema_and_the_command_line(void **state)
{
    (void)state;
    assert_string_equal(mir_policy_name(MIR_POLICY_REVIEW), "review");
    assert_string_equal(mir_policy_name(MIR_POLICY_DERIVED), "derived");
    assert_string_equal(mir_policy_name(MIR_POLICY_NONE), "none");
    assert_string_equal(mir_policy_name((enum mir_policy)99), "none");
    assert_string_equal(mir_role_name(MIR_ROLE_OBSERVER), "observer");
    assert_string_equal(mir_role_name(MIR_ROLE_ADMIN), "admin");
    assert_string_equal(mir_role_name((enum mir_role)9), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_role_ranks_by_its_number_except_where_nobody_does),
        cmocka_unit_test(coordinators_and_admins_resolve),
        cmocka_unit_test(names_are_those_of_the_schema_and_the_command_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
