/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/epochfollow_test.c - a reader who is given the newest epoch alone reads the history through
 * the whole chain; one who came to an epoch without it reads what came after.
 */
#include "epochfollow.h"

#include "epochturn.h"
#include "statements.h"
#include "test_team.h"

static const struct test_invite reader_terms = { .role = MIR_ROLE_COORDINATOR,
    .in_person = 1,
    .uses = 1 };
static struct test_store founder;
static mirsal_error err;

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

static void turn(int history)
{
    assert_int_equal(mir_epoch_rotate(NULL, founder.store, 0, history, &err), MIRSAL_OK);
}

static int64_t envelopes_to(struct test_store *device)
{
    return test_team_count(device, "SELECT count(*) FROM said WHERE kind = 9 AND value = x'01'");
}

static void a_newcomer_reads_the_whole_history(void **state)
{
    (void)state;
    struct test_store reader;
    mirsal_id records[3];
    records[0] = test_team_report(&founder, "one");
    turn(1);
    records[1] = test_team_report(&founder, "two");
    turn(1);
    records[2] = test_team_report(&founder, "three");
    test_team_join(&reader, &founder, 2, &reader_terms);
    test_team_meet(&founder, &reader, 1);
    assert_int_equal(test_team_count(&reader, "SELECT count(*) FROM epoch_secret"), 3);
    assert_int_equal(envelopes_to(&reader), 1); /* the newest alone was delivered */
    assert_string_equal(test_team_shown(&reader, &records[0]), "one");
    assert_string_equal(test_team_shown(&reader, &records[1]), "two");
    assert_string_equal(test_team_shown(&reader, &records[2]), "three");
    uint32_t kept = 9;
    assert_int_equal(mir_epochs_follow(&kept, reader.store, &err), MIRSAL_OK);
    assert_int_equal(kept, 0);
    test_store_fini(&reader);
}

static void without_history_reading_begins_there(void **state)
{
    (void)state;
    struct test_store early;
    struct test_store late;
    test_team_join(&early, &founder, 2, &reader_terms);
    test_team_meet(&founder, &early, 1);
    mirsal_id old = test_team_report(&founder, "old");
    turn(0);
    test_team_meet(&founder, &early, 2);
    mirsal_id young = test_team_report(&founder, "young");
    test_team_join(&late, &founder, 3, &reader_terms);
    test_team_meet(&founder, &early, 3);
    test_team_meet(&founder, &late, 3);
    test_team_meet(&early, &late, 4);
    assert_string_equal(test_team_shown(&early, &old), "old");
    assert_string_equal(test_team_shown(&early, &young), "young");
    assert_string_equal(test_team_shown(&late, &old), "");
    assert_string_equal(test_team_shown(&late, &young), "young");
    assert_int_equal(test_team_count(&late, "SELECT count(*) FROM epoch_secret"), 1);
    assert_int_equal(envelopes_to(&late), 1);
    /* The next epoch carries that one, and nothing below. */
    turn(1);
    test_team_meet(&founder, &late, 5);
    assert_int_equal(test_team_count(&late, "SELECT count(*) FROM epoch_secret"), 2);
    assert_string_equal(test_team_shown(&late, &old), "");
    test_store_fini(&late);
    test_store_fini(&early);
}

static void the_policy_keeps_the_history_from_newcomers(void **state)
{
    (void)state;
    static const uint8_t never[1] = { 0 };
    struct test_store late;
    struct mir_say say = { .kind = MIR_SAY_POLICY };
    say.act.numbers[0] = MIR_TEAM_HISTORY;
    say.act.number_count = 1;
    say.act.value = (struct mir_bytes){ never, sizeof never };
    assert_int_equal(mir_statements_say_one(NULL, founder.store, &say, &err), MIRSAL_OK);
    assert_int_equal(founder.store->membership->policies[MIR_TEAM_HISTORY], 0);
    mirsal_id old = test_team_report(&founder, "old");
    turn(1);
    test_team_join(&late, &founder, 2, &reader_terms);
    test_team_meet(&founder, &late, 1);
    assert_string_equal(test_team_shown(&late, &old), "");
    test_store_fini(&late);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_newcomer_reads_the_whole_history, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_history_reading_begins_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            the_policy_keeps_the_history_from_newcomers, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
