/* SPDX-License-Identifier: Apache-2.0 */
/* unit/verdict_test.c - printed names of states and reasons. */
#include "verdict.h"

#include "test_env.h"

static void states_and_reasons_print_as_the_interface_says(void **state)
{
    (void)state;
    assert_string_equal(mir_state_name(MIR_STATE_ACCEPTED), "accepted");
    assert_string_equal(mir_state_name(MIR_STATE_WAITING), "waiting");
    assert_string_equal(mir_state_name(MIR_STATE_QUARANTINED), "quarantined");
    assert_string_equal(mir_state_name(MIR_STATE_PURGED), "purged");
    assert_string_equal(mir_state_name((enum mir_held)77), "unknown");
    assert_string_equal(mir_reason_name(MIR_REASON_NONE), "");
    assert_string_equal(mir_reason_name(MIR_REASON_EPOCH_KEY), "epoch_key");
    assert_string_equal(mir_reason_name(MIR_REASON_NOT_ALLOWED), "not_allowed");
    assert_string_equal(mir_reason_name(MIR_REASON_BAD_CONTENT), "bad_content");
    assert_string_equal(mir_reason_name((enum mir_reason)77), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_and_reasons_print_as_the_interface_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
