/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/bracket_test.c - clocks of 1970 and 2106, a step back, twelve hours off: work is never
 * refused for its time, no clock drags another, and a flag says where claim and evidence disagree.
 */
#include "bracket.h"

#include "evidence.h"

#include "chains.h"
#include "layout.h"
#include "peers.h"
#include "sql.h"
#include "test_team.h"

#include <string.h>

#define HOUR  UINT64_C(3600000)
#define Y2106 UINT64_C(4300000000000)

static struct test_store founder;
static struct test_store phone;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .in_person = 1, .uses = 1
    };
    test_team_found(&founder, 1);
    test_team_join(&phone, &founder, 2, &terms);
    test_team_meet(&founder, &phone, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&phone);
    test_store_fini(&founder);
    return 0;
}

static int64_t newest(struct test_store *at)
{
    return test_team_count(at, "SELECT max(no) FROM changeset WHERE compartment = 0");
}

static struct mir_bracket bracket(struct test_store *at, int64_t changeset)
{
    struct mir_bracket out;
    uint64_t stamp =
        (uint64_t)test_team_count(at, "SELECT stamp FROM applied ORDER BY seq DESC LIMIT 1");
    assert_int_equal(mir_bracket_of(&out, at->store, changeset, stamp, &err), MIRSAL_OK);
    return out;
}

/* A relay that holds all chains up to what is here. */
static int64_t relay(struct test_store *at)
{
    static const mirsal_hash identity = { { 9 } };
    struct mir_bytes url = { (const uint8_t *)"http://r", 8 };
    int64_t no = 0;
    assert_int_equal(mir_peer_keep(at->store, url, &identity, 1, &err), MIRSAL_OK);
    assert_int_equal(mir_peer_find(&no, at->store, &identity, &err), MIRSAL_OK);
    assert_int_equal(mir_sql_run(at->store->sql,
                         "INSERT OR REPLACE INTO peer_head (peer, device, compartment, id, seq)"
                         " SELECT (SELECT max(no) FROM peer), device, compartment, id, max(seq)"
                         " FROM changeset GROUP BY device, compartment",
                         &err),
        MIRSAL_OK);
    return no;
}

static void wrong_clocks_refuse_nothing_and_drag_nobody(void **state)
{
    (void)state;
    const uint64_t clocks[] = { 0, 1, Y2106, MIR_STAMP_MS_MAX, founder.world.now_ms - 12 * HOUR };
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        phone.world.now_ms = clocks[i];
        mirsal_id id = test_team_report(&phone, "whatever the clock says");
        assert_int_equal(test_team_edit(&phone, &id, "and edited"), MIRSAL_OK);
        test_team_carry(&founder, &phone, i + 1, 1);
        assert_string_equal(test_team_shown(&founder, &id), "and edited");
        assert_true(
            mir_stamp_ms(founder.store->stamp) <= founder.world.now_ms + MIR_STAMP_AHEAD_MAX);
    }
    (void)test_team_report(&founder, "after all these");
    assert_true(
        mir_stamp_ms(founder.store->stamp) <= founder.world.now_ms + MIR_STAMP_AHEAD_MAX + 1);
    assert_int_equal(
        test_team_count(&founder, "SELECT count(*) FROM changeset WHERE state <> 0"), 0);
}

static void who_writes_before_being_invited_is_flagged(void **state)
{
    (void)state;
    uint64_t right = phone.world.now_ms;
    (void)test_team_report(&phone, "in time");
    test_team_carry(&founder, &phone, 1, 0);
    assert_int_equal(bracket(&founder, newest(&founder)).suspect, 0);
    /* A device keeps its last stamp, so that the clock has to be wrong from the beginning. */
    phone.store->stamp = 0;
    phone.world.now_ms = 5;
    (void)test_team_report(&phone, "of 1970");
    test_team_carry(&founder, &phone, 2, 0);
    struct mir_bracket seen = bracket(&founder, newest(&founder));
    assert_int_equal(seen.suspect, 1);
    assert_int_equal(seen.has_after, 0);
    assert_int_equal(seen.has_before, 0);
    phone.world.now_ms = right;
}

static void what_a_relay_held_was_made_before(void **state)
{
    (void)state;
    uint64_t right = founder.world.now_ms;
    (void)test_team_report(&phone, "in time");
    phone.world.now_ms = right + 12 * HOUR;
    (void)test_team_report(&phone, "twelve hours ahead");
    test_team_carry(&founder, &phone, 1, 0);
    int64_t ahead = newest(&founder);
    int64_t peer = relay(&founder);
    assert_int_equal(mir_bracket_held(founder.store, peer, right + HOUR, &err), MIRSAL_OK);
    assert_int_equal(mir_bracket_held(founder.store, peer, right + 20 * HOUR, &err), MIRSAL_OK);
    struct mir_bracket seen = bracket(&founder, ahead);
    assert_int_equal(seen.has_before, 1);
    assert_int_equal(seen.before_ms, right + HOUR);
    assert_int_equal(seen.suspect, 1);
    assert_int_equal(mir_bracket_of(&seen, founder.store, ahead, 0, &err), MIRSAL_OK);
    assert_int_equal(seen.suspect, 0);
}

static void what_names_a_checkpoint_was_made_after(void **state)
{
    (void)state;
    uint64_t right = phone.world.now_ms;
    struct mir_relay_word word = { .kind = MIR_WORD_CHECKPOINT,
        .checkpoint = { .size = 1, .time_ms = right + 12 * HOUR } };
    mirsal_hash checkpoint;
    struct mir_bytes hash = { checkpoint.bytes, sizeof checkpoint.bytes };
    mir_checkpoint_hash(&checkpoint, &word.checkpoint, &word.identity, &founder.store->team);
    assert_int_equal(mir_meta_set_bytes(phone.store->sql, "seen", hash, &err), MIRSAL_OK);
    phone.world.now_ms = right + 1;
    (void)test_team_report(&phone, "names it");
    (void)test_team_report(&phone, "stands above in its chain");
    test_team_carry(&founder, &phone, 1, 0);
    int64_t above = newest(&founder);
    assert_int_equal(bracket(&founder, above).has_after, 0);
    assert_int_equal(mir_evidence_keep(founder.store, &word, MIR_VIA_RELAY, &err), MIRSAL_OK);
    struct mir_bracket seen = bracket(&founder, above);
    assert_int_equal(seen.has_after, 1);
    assert_int_equal(seen.after_ms, right + 12 * HOUR);
    assert_int_equal(seen.suspect, 1); /* twelve hours behind */
}

static void a_device_knows_how_far_its_clock_is_off(void **state)
{
    (void)state;
    struct mir_clock_state clock;
    assert_int_equal(mir_bracket_clock(&clock, founder.store, &err), MIRSAL_OK);
    assert_int_equal(clock.suspect, 0);
    assert_int_equal(clock.offset_s, 0);
    (void)relay(&founder);
    assert_int_equal(
        mir_sql_run(founder.store->sql,
            "UPDATE peer SET last_sync = 5, clock_offset = -43200400, hints = 4", &err),
        MIRSAL_OK);
    assert_int_equal(mir_bracket_clock(&clock, founder.store, &err), MIRSAL_OK);
    assert_int_equal(clock.suspect, 1);
    assert_int_equal(clock.offset_s, -43200);
    assert_int_equal(mir_sql_run(founder.store->sql, "UPDATE peer SET hints = 0", &err), MIRSAL_OK);
    assert_int_equal(mir_bracket_clock(&clock, founder.store, &err), MIRSAL_OK);
    assert_int_equal(clock.suspect, 0);
    (void)test_team_report(&founder, "now");
    founder.world.now_ms -= 12 * HOUR;
    assert_int_equal(mir_bracket_clock(&clock, founder.store, &err), MIRSAL_OK);
    assert_int_equal(clock.suspect, 1); /* stepped back behind its own work */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            wrong_clocks_refuse_nothing_and_drag_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            who_writes_before_being_invited_is_flagged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_relay_held_was_made_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_names_a_checkpoint_was_made_after, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_device_knows_how_far_its_clock_is_off, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
