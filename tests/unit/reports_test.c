/* SPDX-License-Identifier: Apache-2.0 */
/* unit/reports_test.c - relays, receipts, and statements that do not count. */
#include "membership.h"

#include "team_fixture.h"

#include <string.h>

static struct mir_statement relay(int in_use, const char *url)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_RELAY };
    what.relay.identity = team_key('y');
    what.relay.url.data = (const uint8_t *)url;
    what.relay.url.size = strlen(url);
    what.relay.in_use = in_use;
    return what;
}

static void relays_are_what_admins_last_said(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_say(team, TEAM_FOUNDER, relay(1, "http://one"));
    assert_int_equal(team_evaluate(team)->relay_count, 1);
    (void)team_say(team, TEAM_FOUNDER, relay(1, "http://two"));
    (void)team_say(team, 'x', relay(0, "http://three"));
    const struct mir_membership *found = team_evaluate(team);
    assert_int_equal(found->relay_count, 1);
    assert_true(found->relays[0].in_use);
    assert_memory_equal(found->relays[0].url.data, "http://two", 10);
    (void)team_say(team, TEAM_FOUNDER, relay(0, "http://two"));
    assert_false(team_evaluate(team)->relays[0].in_use);
    team_free(team);
}

static void say_receipt(struct team_fixture *team, char reader, uint64_t seq, char id)
{
    struct mir_statement what = { .kind = MIR_STATEMENT_RECEIPT };
    struct mir_receipt_head *head = &team->heads[team->count];
    head->device = team_key('m');
    head->seq = seq;
    head->id = team_key(id);
    what.receipt.heads = head;
    what.receipt.head_count = 1;
    (void)team_say(team, reader, what);
}

static void of_a_readers_receipts_the_highest_counts(void **state)
{
    (void)state;
    struct team_fixture *team = team_new();
    (void)team_enrol(team, 'm', MIR_ROLE_MONITOR);
    say_receipt(team, TEAM_FOUNDER, 3, '3');
    say_receipt(team, TEAM_FOUNDER, 5, '5');
    say_receipt(team, TEAM_FOUNDER, 4, '4');
    say_receipt(team, TEAM_FOUNDER, 5, '5');
    say_receipt(team, 'm', 9, '9'); /* reads nothing, so holds nothing for others */
    const struct mir_membership *found = team_evaluate(team);
    assert_int_equal(found->receipt_count, 1);
    assert_int_equal(found->receipts[0].head.seq, 5);
    assert_memory_equal(found->receipts[0].reader.bytes, team_key(TEAM_FOUNDER).bytes, 32);
    say_receipt(team, TEAM_FOUNDER, 5, 'f'); /* the chain forked there */
    assert_int_equal(team_evaluate(team)->receipt_count, 2);
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relays_are_what_admins_last_said),
        cmocka_unit_test(of_a_readers_receipts_the_highest_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
