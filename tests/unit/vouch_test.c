/* SPDX-License-Identifier: Apache-2.0 */
/* unit/vouch_test.c - who vouches for whom, and the epochs that hostile admins make. */
#include "team_fixture.h"

#include <string.h>

static int is_usable(struct team_fixture *team, unsigned key)
{
    const struct mir_membership *found = team_evaluate(team);
    mirsal_hash public_key = team_epoch_key(key);
    for (size_t i = 0; i < found->epoch_count; i++) {
        if (memcmp(found->epochs[i].name.public_key.bytes, public_key.bytes, 32) == 0) {
            return found->epochs[i].usable;
        }
    }
    fail();
    return 0;
}

static void rubbish_envelopes_swallow_no_report(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    team_admin(team, 'H');
    (void)team_epoch(team, 'H', 2, 7, 0);
    (void)team_answer(team, 'c', 7, 0);
    (void)team_answer(team, 'H', 7, 1);
    assert_false(is_usable(team, 7));
    (void)team_answer(team, 'c', 7, 1);
    assert_true(is_usable(team, 7));
    team_free(team);
}

static void its_own_people_do_not_confirm_an_epoch(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    team_admin(team, 'H');
    struct mir_control *invite = team_invite(team, 'H', MIR_ROLE_OBSERVER, 2);
    team->statements[invite - team->facts][0].invite.in_person = 1;
    const struct mir_control *puppet = team_join(team, 'p', invite);
    (void)team_admit(team, 'c', puppet, 0); /* as merging coordinators do */
    (void)team_admit(team, 'H', puppet, 1);
    /* One that came by the founder's invite, and whom the hostile admin alone compared. */
    const struct mir_control *open = team_invite(team, TEAM_FOUNDER, MIR_ROLE_OBSERVER, 1);
    (void)team_admit(team, 'H', team_join(team, 'q', open), 1);
    (void)team_epoch(team, 'H', 2, 7, 0);
    (void)team_answer(team, 'p', 7, 1);
    (void)team_answer(team, 'q', 7, 1);
    assert_false(is_usable(team, 7));
    team_free(team);
}

static void admitting_everybody_again_leaves_them_to_be_asked(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    const struct mir_control *join = team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    team_admin(team, 'H');
    (void)team_admit(team, 'H', join, 1);
    (void)team_epoch(team, 'H', 2, 7, 0);
    assert_false(is_usable(team, 7));
    team_free(team);
}

static void a_later_reader_takes_no_epoch_away(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    team_admin(team, 'A');
    const struct mir_control *epoch = team_epoch(team, TEAM_FOUNDER, 2, 7, 1);
    (void)team_answer(team, 'A', 7, 1);
    assert_true(is_usable(team, 7));
    team_tell(team, 'A', epoch);
    struct mir_control *invite = team_invite(team, 'A', MIR_ROLE_COORDINATOR, 1);
    team->statements[invite - team->facts][0].invite.in_person = 1;
    (void)team_join(team, 'n', invite);
    assert_true(is_usable(team, 7));
    assert_true(team_member(team, 'n')->vouched);
    team_free(team);
}

static void who_came_knowing_the_epoch_is_not_waited_for(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    team_admin(team, 'A');
    const struct mir_control *epoch = team_epoch(team, TEAM_FOUNDER, 2, 7, 1);
    assert_true(is_usable(team, 7)); /* the founder alone vouches for anybody */
    struct mir_control *early = team_invite(team, 'A', MIR_ROLE_COORDINATOR, 1);
    team->statements[early - team->facts][0].invite.in_person = 1;
    team_tell(team, 'A', epoch);
    struct mir_control *late = team_invite(team, 'A', MIR_ROLE_COORDINATOR, 1);
    team->statements[late - team->facts][0].invite.in_person = 1;
    (void)team_join(team, 'l', late);
    assert_true(is_usable(team, 7));
    (void)team_join(team, 'e', early);
    assert_false(is_usable(team, 7)); /* it did not know: there is somebody to ask */
    (void)team_answer(team, 'e', 7, 1);
    assert_true(is_usable(team, 7));
    team_free(team);
}

static void a_backdated_epoch_is_still_asked_about(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'c', MIR_ROLE_COORDINATOR);
    team_admin(team, 'A');
    struct mir_control *invite = team_invite(team, 'A', MIR_ROLE_COORDINATOR, 1);
    team->statements[invite - team->facts][0].invite.in_person = 1;
    (void)team_join(team, 'd', invite);
    struct mir_statement epoch = { .kind = MIR_STATEMENT_EPOCH };
    epoch.epoch.name.number = 2;
    epoch.epoch.name.public_key = team_epoch_key(7);
    team_tell(team, TEAM_FOUNDER, &team->facts[0]);
    (void)team_fork(team, TEAM_FOUNDER, NULL, epoch); /* as if it knew nobody */
    assert_false(is_usable(team, 7));
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rubbish_envelopes_swallow_no_report),
        cmocka_unit_test(its_own_people_do_not_confirm_an_epoch),
        cmocka_unit_test(admitting_everybody_again_leaves_them_to_be_asked),
        cmocka_unit_test(a_later_reader_takes_no_epoch_away),
        cmocka_unit_test(who_came_knowing_the_epoch_is_not_waited_for),
        cmocka_unit_test(a_backdated_epoch_is_still_asked_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
