/* SPDX-License-Identifier: Apache-2.0 */
/* unit/authority_test.c - a device cites what changes its rights, and what all turn to. */
#include "team_fixture.h"

#include <string.h>

static const mirsal_hash *cited(struct team_fixture *team, char letter, const mirsal_hash *first)
{
    mirsal_hash key = team_key(letter);
    return mir_membership_authority(team_evaluate(team), &key, first);
}

static void the_newest_word_on_a_device_is_cited(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_control *join = team_enrol(team, 'm', MIR_ROLE_MONITOR);
    (void)team_enrol(team, 'n', MIR_ROLE_MONITOR);
    assert_memory_equal(cited(team, 'm', &join->id)->bytes, join->id.bytes, 32);
    (void)team_role(team, TEAM_FOUNDER, 'n', MIR_ROLE_OBSERVER); /* of another */
    assert_memory_equal(cited(team, 'm', &join->id)->bytes, join->id.bytes, 32);
    (void)team_role(team, TEAM_FOUNDER, 'm', MIR_ROLE_COORDINATOR);
    const struct mir_control *second = team_role(team, TEAM_FOUNDER, 'm', MIR_ROLE_MONITOR);
    assert_memory_equal(cited(team, 'm', &join->id)->bytes, second->id.bytes, 32);
    assert_memory_equal(cited(team, 'm', &second->id)->bytes, second->id.bytes, 32);
    team_free(team);
}

static void epochs_that_count_are_cited(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_control *join = team_enrol(team, 'm', MIR_ROLE_MONITOR);
    (void)team_epoch(team, 'm', 2, 6, 0); /* no admin's */
    assert_memory_equal(cited(team, 'm', &join->id)->bytes, join->id.bytes, 32);
    const struct mir_control *epoch = team_epoch(team, TEAM_FOUNDER, 2, 7, 0);
    assert_memory_equal(cited(team, 'm', &join->id)->bytes, epoch->id.bytes, 32);
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_word_on_a_device_is_cited),
        cmocka_unit_test(epochs_that_count_are_cited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
