/* SPDX-License-Identifier: Apache-2.0 */
/* unit/judge_test.c - the state of one data changeset, in the order of the protocol. */
#include "judge.h"

#include "team_fixture.h"

#include <string.h>

static struct mir_data_facts good(char letter)
{
    struct mir_data_facts facts = { .prev_held = 1, .authority_held = 1 };
    facts.device = team_key(letter);
    return facts;
}

static void assert_judged(struct team_fixture *team,
    const struct mir_data_facts *facts,
    enum mir_held held,
    enum mir_reason reason)
{
    struct mir_verdict verdict = mir_judge_plain(team_evaluate(team), facts);
    assert_int_equal(verdict.state, held);
    assert_int_equal(verdict.reason, reason);
}

static void a_members_report_is_accepted(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    struct mir_data_facts facts = good('m');
    assert_judged(team, &facts, MIR_STATE_ACCEPTED, MIR_REASON_NONE);
    facts.compartment = 1;
    assert_judged(team, &facts, MIR_STATE_ACCEPTED, MIR_REASON_NONE);
    team_free(team);
}

static void the_first_that_lacks_is_the_reason(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    struct mir_data_facts facts = { .compartment = 0 };
    facts.device = team_key('o');
    assert_judged(team, &facts, MIR_STATE_WAITING, MIR_REASON_PREV);
    facts.prev_held = 1;
    assert_judged(team, &facts, MIR_STATE_WAITING, MIR_REASON_AUTHORITY);
    facts.authority_held = 1;
    assert_judged(team, &facts, MIR_STATE_WAITING, MIR_REASON_ADMIT);
    (void)team_enrol(team, 'o', MIR_ROLE_OBSERVER);
    assert_judged(team, &facts, MIR_STATE_QUARANTINED, MIR_REASON_NOT_ALLOWED);
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    facts = good('m');
    assert_judged(team, &facts, MIR_STATE_ACCEPTED, MIR_REASON_NONE);
    facts.compartment = 9;
    assert_judged(team, &facts, MIR_STATE_QUARANTINED, MIR_REASON_NOT_ALLOWED);
    team_free(team);
}

static void content_takes_and_never_gives(void **state)
{
    static const struct {
        enum mir_content content;
        enum mir_held state;
        enum mir_reason reason;
    } cases[] = {
        { MIR_CONTENT_OPENED, MIR_STATE_ACCEPTED, MIR_REASON_NONE },
        { MIR_CONTENT_CLOSED, MIR_STATE_ACCEPTED, MIR_REASON_NONE },
        { MIR_CONTENT_BAD, MIR_STATE_QUARANTINED, MIR_REASON_BAD_CONTENT },
        { MIR_CONTENT_NO_SCHEMA, MIR_STATE_WAITING, MIR_REASON_SCHEMA },
        { MIR_CONTENT_NO_KEY, MIR_STATE_WAITING, MIR_REASON_EPOCH_KEY },
        { MIR_CONTENT_NO_BODY, MIR_STATE_WAITING, MIR_REASON_BODY },
    };
    static const struct mir_verdict good_verdict = { MIR_STATE_ACCEPTED, MIR_REASON_NONE };
    static const struct mir_verdict cut = { MIR_STATE_QUARANTINED, MIR_REASON_CUT };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mir_verdict found = mir_judge_content(good_verdict, cases[i].content);
        assert_int_equal(found.state, cases[i].state);
        assert_int_equal(found.reason, cases[i].reason);
        found = mir_judge_content(cut, cases[i].content);
        assert_int_equal(found.state, MIR_STATE_QUARANTINED);
        assert_int_equal(found.reason, MIR_REASON_CUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_members_report_is_accepted),
        cmocka_unit_test(the_first_that_lacks_is_the_reason),
        cmocka_unit_test(content_takes_and_never_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
