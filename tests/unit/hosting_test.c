/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/hosting_test.c - a device that serves: who is let in, what passes to whom, what it writes
 * then, and what it never gives.
 */
#include "hosting.h"

#include "acts.h"
#include "compartments.h"
#include "evidence.h"
#include "forget.h"
#include "known.h"
#include "msgpack.h"
#include "peer_pump.h"
#include "sql.h"

#include <string.h>

#define CONTROL MIR_COMPARTMENT_CONTROL

static struct test_store founder;
static struct test_store monitor;
static struct test_store other; /* a second monitor */

static int set_up(void **state)
{
    static const struct test_invite terms = { .role = MIR_ROLE_MONITOR, .in_person = 1, .uses = 1 };
    (void)state;
    test_team_found(&founder, 1);
    test_team_join(&monitor, &founder, 2, &terms);
    test_team_join(&other, &founder, 3, &terms);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&other);
    test_store_fini(&monitor);
    test_store_fini(&founder);
    return 0;
}

static int64_t held(struct test_store *device, struct test_store *author, uint8_t compartment)
{
    return peer_pump_held(device, author, compartment);
}

/* A report with its exact point, which is protected. */
static void report_with_point(struct test_store *device)
{
    static const struct mir_bytes none = { NULL, 0 };
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    struct mir_buf value;
    mirsal_id id;
    mir_buf_init(&value, &device->world.env, 64);
    mir_mp_write_array(&value, 4);
    mir_mp_write_int(&value, 351000000);
    mir_mp_write_int(&value, 360000000);
    mir_mp_write_nil(&value);
    mir_mp_write_nil(&value);
    assert_int_equal(mir_buf_finish(&value, NULL), MIRSAL_OK);
    assert_int_equal(mir_txn_begin(&txn, device->store, MIR_TXN_LONE, NULL), MIRSAL_OK);
    assert_int_equal(mir_txn_create(&id, txn, TEST_INCIDENT, -1, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_txn_write(txn, &id, TEST_PRIVATE, none, mir_buf_bytes(&value), &device->err),
        MIRSAL_OK);
    assert_int_equal(mir_txn_commit(&result, txn, NULL), MIRSAL_OK);
    mir_buf_fini(&value);
}

static void sync_ok(struct test_store *server, struct test_store *client)
{
    struct peer_pump pump;
    peer_pump_open(&pump, server);
    mirsal_code code = peer_pump_run(&pump, client);
    if (code != MIRSAL_OK) {
        fail_msg("%s: %s", mirsal_code_name(code), pump.err.message);
    }
    assert_int_equal(pump.counters.more, 0);
    assert_int_equal(pump.counters.rejected, 0); /* neither gave what the other may not hold */
    peer_pump_close(&pump);
}

static void a_monitor_s_reports_reach_a_laptop_that_serves(void **state)
{
    (void)state;
    mirsal_id record = test_team_report(&monitor, "of the monitor");
    (void)test_team_report(&founder, "of the founder");
    sync_ok(&founder, &monitor);
    assert_int_equal(held(&founder, &monitor, 0), 1);
    assert_string_equal(test_team_shown(&founder, &record), "of the monitor");
    /* What others wrote is not for a monitor, sealed as it is. */
    assert_int_equal(held(&monitor, &founder, 0), 0);
    /* The laptop's receipt came back in the same run. */
    assert_int_equal(held(&monitor, NULL, CONTROL), held(&founder, NULL, CONTROL));
    assert_true(monitor.store->membership->receipt_count > 0);
}

static void a_laptop_takes_them_from_a_monitor_that_serves(void **state)
{
    (void)state;
    mirsal_id record = test_team_report(&monitor, "of the monitor");
    (void)test_team_report(&founder, "of the founder");
    sync_ok(&monitor, &founder);
    assert_string_equal(test_team_shown(&founder, &record), "of the monitor");
    assert_int_equal(held(&monitor, &founder, 0), 0);
    assert_true(monitor.store->membership->receipt_count > 0);
    assert_int_equal(held(&monitor, NULL, CONTROL), held(&founder, NULL, CONTROL));
}

static void two_monitors_exchange_control_alone(void **state)
{
    (void)state;
    (void)test_team_report(&monitor, "of one");
    (void)test_team_report(&other, "of the other");
    sync_ok(&monitor, &other);
    assert_int_equal(held(&monitor, &other, 0), 0);
    assert_int_equal(held(&other, &monitor, 0), 0);
    assert_int_equal(held(&monitor, &other, CONTROL), 1);
    assert_int_equal(held(&other, &monitor, CONTROL), 1);
    /* Again, the other way round, with nothing left to say. */
    struct peer_pump pump;
    peer_pump_open(&pump, &other);
    assert_int_equal(peer_pump_run(&pump, &monitor), MIRSAL_OK);
    assert_int_equal(pump.counters.pulled + pump.counters.pushed, 0);
    peer_pump_close(&pump);
}

static void protected_goes_to_its_readers_alone(void **state)
{
    (void)state;
    static const struct test_invite plain = {
        .role = MIR_ROLE_COORDINATOR, .in_person = 1, .uses = 1
    };
    struct test_store coordinator;
    test_team_join(&coordinator, &founder, 4, &plain);
    (void)test_team_report(&monitor, "without a point");
    report_with_point(&monitor);
    int64_t sealed = held(&monitor, &monitor, 1);
    assert_int_equal(sealed, 1);
    sync_ok(&coordinator, &monitor);
    assert_true(held(&coordinator, &monitor, 0) >= 1);
    assert_int_equal(held(&coordinator, &monitor, 1), 0);
    sync_ok(&founder, &monitor);
    assert_int_equal(held(&founder, &monitor, 1), sealed);
    sync_ok(&founder, &coordinator);
    sync_ok(&coordinator, &founder);
    assert_int_equal(held(&coordinator, NULL, 1), 0);
    test_store_fini(&coordinator);
}

static void a_device_that_was_cut_is_refused(void **state)
{
    (void)state;
    struct peer_pump pump;
    sync_ok(&founder, &monitor);
    (void)test_team_report(&monitor, "too late");
    const struct mir_cut_order order = { .device = mir_store_device(monitor.store),
        .reason = MIR_CUT_LOST };
    mirsal_hash id;
    assert_int_equal(mir_device_cut(&id, founder.store, NULL, &order, &founder.err), MIRSAL_OK);
    peer_pump_open(&pump, &founder);
    assert_int_equal(peer_pump_run(&pump, &monitor), MIRSAL_REFUSED);
    assert_int_equal(pump.counters.refused, MIR_REFUSE_REMOVED);
    peer_pump_close(&pump);
    assert_int_equal(held(&founder, &monitor, 0), 0);
    /* It is not called on either. */
    peer_pump_open(&pump, &monitor);
    assert_int_equal(peer_pump_run(&pump, &founder), MIRSAL_NOT_AUTHENTIC);
    assert_int_equal(pump.exchanges, 0);
    peer_pump_close(&pump);
}

static void another_team_is_refused(void **state)
{
    (void)state;
    struct test_store stranger;
    struct peer_pump pump;
    test_team_found(&stranger, 77);
    peer_pump_open(&pump, &founder);
    assert_int_equal(peer_pump_run(&pump, &stranger), MIRSAL_REFUSED);
    assert_int_equal(pump.counters.refused, MIR_REFUSE_TEAM);
    peer_pump_close(&pump);
    test_store_fini(&stranger);
}

static void what_broke_off_goes_on(void **state)
{
    (void)state;
    for (int i = 0; i < 12; i++) {
        (void)test_team_report(&monitor, "one of many");
    }
    struct peer_pump pump;
    peer_pump_open(&pump, &founder);
    pump.break_at = 2;
    assert_int_equal(peer_pump_run(&pump, &monitor), MIRSAL_OK);
    assert_int_equal(held(&founder, &monitor, 0), 12);
    peer_pump_close(&pump);
    (void)test_team_report(&monitor, "one more");
    peer_pump_open(&pump, &founder);
    for (int gone = 1; gone < 4; gone++) {
        pump.stop_at = gone;
        (void)!peer_pump_run(&pump, &monitor);
    }
    pump.stop_at = 0;
    assert_int_equal(peer_pump_run(&pump, &monitor), MIRSAL_OK);
    assert_int_equal(held(&founder, &monitor, 0), 13);
    peer_pump_close(&pump);
}

static void both_hold_the_same_after_it_as_by_hand(void **state)
{
    (void)state;
    static const struct test_invite plain = {
        .role = MIR_ROLE_COORDINATOR, .in_person = 1, .uses = 1
    };
    struct test_store coordinator;
    test_team_join(&coordinator, &founder, 5, &plain);
    mirsal_id record = test_team_report(&founder, "first");
    sync_ok(&founder, &coordinator);
    assert_string_equal(test_team_shown(&coordinator, &record), "first");
    assert_int_equal(test_team_edit(&founder, &record, "by the founder"), MIRSAL_OK);
    assert_int_equal(test_team_edit(&coordinator, &record, "by the coordinator"), MIRSAL_OK);
    sync_ok(&coordinator, &founder);
    sync_ok(&founder, &coordinator);
    mirsal_hash one = test_team_digest(&founder);
    mirsal_hash two = test_team_digest(&coordinator);
    assert_memory_equal(&one, &two, sizeof one);
    assert_string_equal(test_team_shown(&founder, &record), test_team_shown(&coordinator, &record));
    test_store_fini(&coordinator);
}

static void nothing_of_a_neighbour_stays(void **state)
{
    (void)state;
    (void)test_team_report(&monitor, "of the monitor");
    sync_ok(&founder, &monitor);
    assert_int_equal(test_team_count(&monitor, "SELECT count(*) FROM peer"), 0);
    assert_int_equal(test_team_count(&monitor, "SELECT count(*) FROM peer_head"), 0);
    assert_int_equal(test_team_count(&monitor, "SELECT count(*) FROM peer_cursor"), 0);
    struct mir_unsent unsent;
    assert_int_equal(mir_replica_unsent(&unsent, monitor.store, NULL), MIRSAL_OK);
    assert_true(unsent.changesets >= 1); /* no relay holds it */
}

/* A grant and the data that it opens arrive in one request. */
static void a_grant_counts_for_what_comes_with_it(void **state)
{
    (void)state;
    static const struct test_invite desk = {
        .role = MIR_ROLE_COORDINATOR, .in_person = 1, .uses = 1
    };
    struct test_store coordinator;
    test_team_join(&coordinator, &founder, 8, &desk);
    sync_ok(&founder, &coordinator);
    report_with_point(&founder);
    sync_ok(&coordinator, &founder);
    assert_int_equal(held(&coordinator, &founder, 1), 0);
    assert_int_equal(mir_compartment_grant(founder.store, MIR_COMPARTMENT_PROTECTED,
                         mir_store_device(coordinator.store), 1, &founder.err),
        MIRSAL_OK);
    report_with_point(&founder);
    sync_ok(&coordinator, &founder);
    assert_int_equal(held(&coordinator, &founder, 1), 2);
    test_store_fini(&coordinator);
}

/* A checkpoint that a relay signed; two of one size and different roots contradict. */
static void hear(struct test_store *device, uint8_t root)
{
    static const uint8_t seed[32] = { 5 };
    struct mir_sign_public public_key;
    struct mir_sign_secret secret;
    struct mir_relay_word word = { .kind = MIR_WORD_CHECKPOINT, .checkpoint = { .size = 7 } };
    mir_sign_keypair(&public_key, &secret, seed);
    memcpy(word.identity.bytes, public_key.bytes, sizeof word.identity.bytes);
    word.checkpoint.root.bytes[0] = root;
    mir_checkpoint_sign(&word.checkpoint, &word.identity, &device->store->team, &secret);
    assert_int_equal(
        mir_evidence_keep(device->store, &word, MIR_VIA_RELAY, &device->err), MIRSAL_OK);
}

static void words_of_relays_pass_both_ways(void **state)
{
    (void)state;
    static const char contradictions[] = "SELECT count(*) FROM contradiction";
    hear(&founder, 1);
    hear(&monitor, 2);
    assert_int_equal(test_team_count(&founder, contradictions), 0);
    sync_ok(&founder, &monitor);
    assert_int_equal(test_team_count(&founder, contradictions), 1);
    assert_int_equal(test_team_count(&monitor, contradictions), 1);
}

/* A relay says that it holds the phone's main chain up to there. */
static void relay_holds(struct test_store *phone, uint64_t seq)
{
    struct mir_chain_row row;
    int64_t device = 0;
    struct mir_sql *sql = phone->store->sql;
    assert_int_equal(mir_store_begin(phone->store, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_device_no(&device, sql, mir_store_device(phone->store), 0, NULL), MIRSAL_OK);
    assert_int_equal(mir_chain_at(&row, sql, device, 0, seq, NULL, NULL), MIRSAL_OK);
    assert_int_equal(mir_known_mark(phone->store, 1, &row, NULL), MIRSAL_OK);
    assert_int_equal(mir_store_commit(phone->store, NULL), MIRSAL_OK);
}

static void a_write_only_phone_serves_what_it_still_has(void **state)
{
    (void)state;
    static const struct test_invite terms = {
        .role = MIR_ROLE_MONITOR, .in_person = 1, .uses = 1, .write_only = 1
    };
    struct test_store phone;
    struct test_store late;
    test_team_join(&phone, &founder, 6, &terms);
    test_store_reopen(&phone);
    (void)test_team_report(&phone, "one");
    /* That another monitor took its control is nobody's custody. */
    sync_ok(&phone, &monitor);
    assert_int_equal(mir_forget(phone.store, NULL), MIRSAL_OK);
    assert_int_equal(test_team_count(&phone, "SELECT count(*) FROM changeset WHERE kept <> 0"), 0);
    /* A reader's receipt is. */
    sync_ok(&phone, &founder);
    assert_int_equal(held(&founder, &phone, 0), 1);
    assert_int_equal(mir_forget(phone.store, NULL), MIRSAL_OK);
    assert_int_equal(test_team_count(&phone, "SELECT count(*) FROM changeset WHERE kept = 1"), 1);
    relay_holds(&phone, 1);
    assert_int_equal(mir_forget(phone.store, NULL), MIRSAL_OK);
    assert_int_equal(test_team_count(&phone, "SELECT count(*) FROM changeset WHERE kept = 2"), 1);
    /* What stands above it goes to who has what is below, and to nobody else. */
    (void)test_team_report(&phone, "two");
    static const struct test_invite reader = {
        .role = MIR_ROLE_COORDINATOR, .in_person = 1, .uses = 1
    };
    test_team_join(&late, &founder, 7, &reader);
    sync_ok(&phone, &late);
    assert_int_equal(held(&late, &phone, 0), 0);
    sync_ok(&late, &phone);
    assert_int_equal(held(&late, &phone, 0), 0);
    sync_ok(&phone, &founder);
    assert_int_equal(held(&founder, &phone, 0), 2);
    sync_ok(&founder, &late);
    assert_int_equal(held(&late, &phone, 0), 2);
    test_store_fini(&late);
    test_store_fini(&phone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_monitor_s_reports_reach_a_laptop_that_serves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_laptop_takes_them_from_a_monitor_that_serves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_of_relays_pass_both_ways, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_monitors_exchange_control_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(protected_goes_to_its_readers_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_device_that_was_cut_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_team_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_broke_off_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(both_hold_the_same_after_it_as_by_hand, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_of_a_neighbour_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_grant_counts_for_what_comes_with_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_write_only_phone_serves_what_it_still_has, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
