/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/replica_test.c - what a replica pushes, in which order, and what it takes back; the relay is
 * played by hand.
 */
#include "replica.h"

#include "peers.h"
#include "sql.h"
#include "test_team.h"

#include <string.h>

static struct test_store founder;
static struct test_store monitor;
static struct mir_replica *replica;
static const struct mir_sync_local *local;
static mirsal_error err;
static const mirsal_hash identity = { { 7 } };

static struct mir_replica *open_replica(struct test_store *device)
{
    struct mir_replica *opened = NULL;
    struct mir_bytes url = { (const uint8_t *)"http://localhost:1", 18 };
    int64_t peer = 0;
    assert_int_equal(mir_store_begin(device->store, &err), MIRSAL_OK);
    assert_int_equal(mir_peer_keep(device->store, url, &identity, 1, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(device->store, &err), MIRSAL_OK);
    assert_int_equal(mir_peer_find(&peer, device->store, &identity, &err), MIRSAL_OK);
    assert_int_equal(mir_replica_open(&opened, device->store, peer, &err), MIRSAL_OK);
    return opened;
}

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    test_team_found(&founder, 1);
    test_team_join(&monitor, &founder, 2, &terms);
    replica = open_replica(&monitor);
    local = mir_replica_local(replica);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_replica_close(replica);
    test_store_fini(&monitor);
    test_store_fini(&founder);
    return 0;
}

/* Pushes all, and gives up to `room` of it as (compartment, seq). */
static uint64_t push_all(struct mir_changeset *last, uint8_t *compartments, uint64_t room)
{
    struct mir_changeset changeset;
    uint64_t count = 0;
    assert_int_equal(local->push_begin(local->context, &err), MIRSAL_OK);
    for (;;) {
        assert_int_equal(local->push_next(local->context, &changeset, &err), MIRSAL_OK);
        if (changeset.header.size == 0) {
            return count;
        }
        assert_true(count < room);
        compartments[count++] = changeset.fields.compartment;
        *last = changeset;
    }
}

static void control_goes_first_and_what_is_acknowledged_goes_once(void **state)
{
    (void)state;
    struct mir_changeset last;
    struct mir_unsent unsent;
    enum mir_custody custody;
    uint32_t readers = 0;
    uint8_t compartments[16];
    (void)test_team_report(&monitor, "one");
    (void)test_team_report(&monitor, "two");
    assert_int_equal(push_all(&last, compartments, 16), 5);
    /* genesis, invite, join; then both reports. */
    assert_int_equal(compartments[2], 255);
    assert_int_equal(compartments[3], 0);
    assert_int_equal(last.fields.seq, 2);
    assert_int_equal(mir_replica_unsent(&unsent, monitor.store, &err), MIRSAL_OK);
    assert_int_equal(unsent.changesets, 2);
    assert_true(unsent.bytes > 400);
    assert_int_equal(mir_custody_of(&custody, &readers, monitor.store, 5, &err), MIRSAL_OK);
    assert_int_equal(custody, MIR_CUSTODY_DEVICE);
    assert_int_equal(local->acknowledge(local->context, 4, &err), MIRSAL_OK);
    assert_int_equal(mir_replica_unsent(&unsent, monitor.store, &err), MIRSAL_OK);
    assert_int_equal(unsent.changesets, 1);
    assert_int_equal(mir_custody_of(&custody, &readers, monitor.store, 4, &err), MIRSAL_OK);
    assert_int_equal(custody, MIR_CUSTODY_RELAY);
    assert_int_equal(push_all(&last, compartments, 16), 1);
    assert_int_equal(last.fields.seq, 2);
    assert_int_equal(local->acknowledge(local->context, 1, &err), MIRSAL_OK);
    assert_int_equal(push_all(&last, compartments, 16), 0);
}

static void what_is_rejected_is_not_held_nor_pushed_again(void **state)
{
    (void)state;
    struct mir_changeset last;
    struct mir_unsent unsent;
    struct mir_reject reject;
    uint8_t compartments[16];
    (void)test_team_report(&monitor, "one");
    memset(&reject, 0, sizeof reject);
    reject.device = *mir_store_device(monitor.store);
    reject.seq = 1;
    reject.code = MIR_REJECT_ADMISSION;
    assert_int_equal(push_all(&last, compartments, 16), 4);
    assert_int_equal(local->rejected(local->context, &reject, &err), MIRSAL_OK);
    assert_int_equal(local->acknowledge(local->context, 4, &err), MIRSAL_OK);
    assert_int_equal(mir_replica_unsent(&unsent, monitor.store, &err), MIRSAL_OK);
    assert_int_equal(unsent.changesets, 1);
    assert_int_equal(push_all(&last, compartments, 16), 0);
}

static void what_has_no_body_waits_for_a_reader(void **state)
{
    (void)state;
    struct mir_changeset last;
    uint8_t compartments[16];
    struct mir_own_head head = { 0, 1, { 0 } };
    (void)test_team_report(&monitor, "one");
    (void)test_team_report(&monitor, "two");
    assert_int_equal(mir_sql_run(monitor.store->sql,
                         "UPDATE content SET body = x'' WHERE no = (SELECT no FROM changeset"
                         " WHERE compartment = 0 AND seq = 1);"
                         "UPDATE changeset SET kept = 2 WHERE compartment = 0 AND seq = 1",
                         &err),
        MIRSAL_OK);
    assert_int_equal(push_all(&last, compartments, 16), 3);
    assert_int_equal(last.fields.compartment, MIR_COMPARTMENT_CONTROL);
    /* A reader brought it: the rest goes in the next round of the same run. */
    sqlite3_stmt *statement = NULL;
    int row = 0;
    assert_int_equal(mir_sql_prepare_once(&statement, monitor.store->sql,
                         "SELECT id FROM changeset WHERE compartment = 0 AND seq = 1", &err),
        MIRSAL_OK);
    assert_int_equal(mir_sql_step(&row, monitor.store->sql, statement, &err), MIRSAL_OK);
    memcpy(head.id, mir_sql_column(statement, 0).data, 8);
    mir_sql_finalize(statement);
    assert_int_equal(local->acknowledge(local->context, 3, &err), MIRSAL_OK);
    assert_int_equal(local->relay_heads(local->context, &head, 1, &err), MIRSAL_OK);
    assert_int_equal(push_all(&last, compartments, 16), 1);
    assert_int_equal(last.fields.seq, 2);
    assert_true(last.body.size > 0);
}

static void the_relays_heads_count_as_its_word(void **state)
{
    (void)state;
    struct mir_own_head head = { 0, 1, { 0 } };
    struct mir_unsent unsent;
    (void)test_team_report(&monitor, "one");
    assert_int_equal(local->relay_heads(local->context, &head, 1, &err), MIRSAL_OK);
    assert_int_equal(mir_replica_unsent(&unsent, monitor.store, &err), MIRSAL_OK);
    assert_int_equal(unsent.changesets, 1);
    sqlite3_stmt *statement = NULL;
    int row = 0;
    assert_int_equal(mir_sql_prepare_once(&statement, monitor.store->sql,
                         "SELECT id FROM changeset WHERE compartment = 0", &err),
        MIRSAL_OK);
    assert_int_equal(mir_sql_step(&row, monitor.store->sql, statement, &err), MIRSAL_OK);
    memcpy(head.id, mir_sql_column(statement, 0).data, 8);
    mir_sql_finalize(statement);
    assert_int_equal(local->relay_heads(local->context, &head, 1, &err), MIRSAL_OK);
    assert_int_equal(mir_replica_unsent(&unsent, monitor.store, &err), MIRSAL_OK);
    assert_int_equal(unsent.changesets, 0);
}

static void a_pull_is_whole_or_not_at_all(void **state)
{
    (void)state;
    struct mir_replica *other = open_replica(&founder);
    const struct mir_sync_local *taker = mir_replica_local(other);
    struct mir_changeset changeset;
    enum mir_sync_verdict verdict;
    struct mir_cursor cursor = { 0, 9 };
    mirsal_id id = test_team_report(&monitor, "one");
    for (int kept = 0; kept < 2; kept++) {
        assert_int_equal(taker->pull_begin(taker->context, &err), MIRSAL_OK);
        assert_int_equal(local->push_begin(local->context, &err), MIRSAL_OK);
        for (;;) {
            assert_int_equal(local->push_next(local->context, &changeset, &err), MIRSAL_OK);
            if (changeset.header.size == 0) {
                break;
            }
            assert_int_equal(taker->put(taker->context, &verdict, &changeset, &err), MIRSAL_OK);
            assert_int_not_equal(verdict, MIR_SYNC_REJECTED);
        }
        if (!kept) {
            taker->pull_abort(taker->context);
            assert_string_equal(test_team_shown(&founder, &id), "");
        }
    }
    uint8_t damaged[64] = { 1 };
    struct mir_changeset forged = changeset;
    assert_int_equal(local->push_begin(local->context, &err), MIRSAL_OK);
    assert_int_equal(local->push_next(local->context, &forged, &err), MIRSAL_OK);
    forged.signature.data = damaged;
    forged.id.bytes[0] ^= 1;
    assert_int_equal(taker->put(taker->context, &verdict, &forged, &err), MIRSAL_OK);
    assert_int_equal(verdict, MIR_SYNC_REJECTED);
    assert_int_equal(taker->pull_commit(taker->context, &cursor, &err), MIRSAL_OK);
    assert_string_equal(test_team_shown(&founder, &id), "one");
    assert_int_equal(test_team_count(&founder, "SELECT arrival FROM peer_cursor"), 9);
    mir_replica_close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            control_goes_first_and_what_is_acknowledged_goes_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_is_rejected_is_not_held_nor_pushed_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_has_no_body_waits_for_a_reader, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_relays_heads_count_as_its_word, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pull_is_whole_or_not_at_all, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
