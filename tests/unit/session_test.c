/* SPDX-License-Identifier: Apache-2.0 */
/* unit/session_test.c - whole runs between a device and a relay: what is pushed and pulled, in how
 * many bytes, and what a store that changed under the other side does to it. */
#include "session.h"

#include "fixture_drive.h"
#include "test_env.h"

#include <string.h>

static struct test_env test;
static struct fixture_replica relay;
static struct fixture_replica alice;
static struct fixture_replica bob;
static struct fixture_drive drive;
static const mirsal_hash team = { { 0x77, 1, 2, 3 } };

static int start(void **state)
{
    (void)state;
    test_env_init(&test, 11);
    fixture_init_relay(&relay, &test.env, 1);
    fixture_init_device(&alice, &test.env, 2);
    fixture_init_device(&bob, &test.env, 3);
    fixture_attach(&alice, &relay);
    fixture_attach(&bob, &relay);
    fixture_drive_init(&drive, &test.env, &relay);
    fixture_join(&alice, &team, 'M');
    fixture_join(&bob, &team, 'M');
    alice.token = "letmein";
    return 0;
}

static int stop(void **state)
{
    (void)state;
    fixture_drive_fini(&drive);
    fixture_fini(&alice);
    fixture_fini(&bob);
    fixture_fini(&relay);
    test_env_fini(&test);
    return 0;
}

static void sync_ok(struct fixture_replica *device)
{
    assert_int_equal(fixture_run(&drive, device), MIRSAL_OK);
}

static void a_first_sync_registers_and_pushes(void **state)
{
    (void)state;
    fixture_write(&alice, &alice.device, 0, "first report", 12);
    fixture_write(&alice, &alice.device, 1, "its source", 10);
    sync_ok(&alice);
    assert_int_equal(drive.counters.pushed, 3);
    assert_int_equal(drive.counters.pulled, 0);
    assert_int_equal(drive.counters.requests, 1);
    assert_int_equal(drive.counters.more, 0);
    fixture_assert_same(&alice, &relay);
    assert_true(alice.has_epoch);
    assert_true(alice.has_checkpoint);
    assert_null(alice.token);
}

static void a_wrong_token_is_refused_and_nothing_held(void **state)
{
    (void)state;
    alice.token = "guess";
    assert_int_equal(fixture_run(&drive, &alice), MIRSAL_REFUSED);
    assert_int_equal(drive.counters.refused, MIR_REFUSE_TOKEN);
    assert_int_equal(fixture_count(&relay), 0);
    assert_false(relay.has_team);
}

static void an_unknown_team_or_device_is_refused(void **state)
{
    (void)state;
    alice.token = NULL;
    assert_int_equal(fixture_run(&drive, &alice), MIRSAL_REFUSED);
    assert_int_equal(drive.counters.refused, MIR_REFUSE_TEAM);
    fixture_found(&relay, &team);
    bob.items.size = 0; /* a device that never joined */
    bob.joins = 0;
    assert_int_equal(fixture_run(&drive, &bob), MIRSAL_REFUSED);
    assert_int_equal(drive.counters.refused, MIR_REFUSE_DEVICE);
    assert_int_equal(drive.exchanges, 2);
    assert_int_equal(fixture_count(&relay), 0);
}

/* Nobody else may hold that join: its own device brings it again, in the same run. */
static void a_restored_relay_takes_a_lost_join_again(void **state)
{
    (void)state;
    fixture_found(&relay, &team);
    fixture_write(&bob, &bob.device, 0, "first", 5);
    sync_ok(&bob);
    assert_int_equal(fixture_count(&relay), 2);
    assert_int_equal(bob.joins, 0);
    fixture_truncate(&relay, 0);
    relay.member_count = 0;
    sync_ok(&bob);
    assert_int_equal(drive.counters.refused, 0);
    fixture_assert_same(&bob, &relay);
    sync_ok(&bob);
    assert_int_equal(drive.counters.pushed, 0);
}

static void an_unknown_device_brings_its_join_before_its_data(void **state)
{
    (void)state;
    fixture_found(&relay, &team);
    fixture_write(&bob, &bob.device, 0, "recorded before the first sync", 30);
    sync_ok(&bob);
    assert_int_equal(fixture_count(&relay), 2);
    assert_int_equal(drive.counters.requests, 1);
}

/* Data without a join that makes its author known is not even queued. */
static void data_of_an_unknown_device_is_refused(void **state)
{
    (void)state;
    fixture_found(&relay, &team);
    struct fixture_device stranger;
    fixture_device_init(&stranger, 9);
    bob.device = stranger;
    fixture_write(&bob, &stranger, 0, "data", 4);
    assert_int_equal(fixture_run(&drive, &bob), MIRSAL_REFUSED);
    assert_int_equal(drive.counters.refused, MIR_REFUSE_DEVICE);
    assert_int_equal(relay.queue.size, 0);
    for (size_t i = 0; i < fixture_count(&relay); i++) {
        assert_int_equal(fixture_at(&relay, i)->changeset.fields.compartment, 255);
    }
}

static void two_devices_exchange_a_delta(void **state)
{
    (void)state;
    sync_ok(&alice);
    fixture_write(&alice, &alice.device, 0, "a1", 2);
    fixture_write(&alice, &alice.device, 0, "a2", 2);
    fixture_write(&bob, &bob.device, 0, "b1", 2);
    sync_ok(&alice);
    assert_int_equal(drive.counters.pushed, 2);
    sync_ok(&bob);
    assert_int_equal(drive.counters.pushed, 2);
    assert_int_equal(drive.counters.pulled, 3);
    assert_int_equal(drive.counters.requests, 1);
    sync_ok(&alice);
    assert_int_equal(drive.counters.pushed, 0);
    assert_int_equal(drive.counters.pulled, 2);
    assert_int_equal(drive.counters.requests, 1);
    fixture_assert_same(&alice, &relay);
    fixture_assert_same(&bob, &relay);
    assert_int_equal(alice.vectors + bob.vectors, 0);
}

/* Control, main and protected chains, a checkpoint and cursors on both sides. */
static void an_in_sync_round_trip_is_256_bytes_each_way(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        fixture_write(&alice, &alice.device, 0, "report", 6);
        fixture_write(&alice, &alice.device, 1, "source", 6);
    }
    fixture_write(&alice, &alice.device, 255, "control", 7);
    sync_ok(&alice);
    sync_ok(&bob);
    sync_ok(&alice);
    sync_ok(&alice);
    assert_int_equal(drive.counters.requests, 1);
    assert_int_equal(drive.counters.bytes_out, 256);
    assert_int_equal(drive.counters.bytes_in, 256);
    assert_int_equal(drive.counters.pushed + drive.counters.pulled, 0);
    assert_int_equal(alice.device.id.bytes[0] == bob.device.id.bytes[0], 0);
}

static void what_was_pushed_does_not_come_back(void **state)
{
    (void)state;
    sync_ok(&alice);
    sync_ok(&bob);
    fixture_copy(&bob, &alice); /* bob carries what alice wrote since */
    fixture_write(&alice, &alice.device, 0, "carried by bob", 14);
    fixture_copy(&bob, &alice);
    sync_ok(&bob);
    assert_int_equal(drive.counters.pushed, 1);
    assert_int_equal(drive.counters.pulled, 0);
    assert_int_equal(drive.counters.requests, 1);
    uint64_t in = drive.counters.bytes_in;
    sync_ok(&bob);
    assert_int_equal(drive.counters.bytes_in, 256);
    assert_true(in < 1024);
    sync_ok(&alice);
    assert_int_equal(drive.counters.pushed, 1); /* it could not know; the relay had it */
    fixture_assert_same(&alice, &relay);
}

static void write_admit_once(struct fixture_replica *replica, uint32_t *wrote)
{
    replica->on_settle = NULL;
    fixture_write(replica, &replica->device, 255, "admit", 5);
    *wrote = 1;
}

static void what_settling_writes_goes_in_the_same_run(void **state)
{
    (void)state;
    alice.on_settle = write_admit_once;
    sync_ok(&alice);
    assert_int_equal(drive.counters.pushed, 2);
    assert_int_equal(drive.counters.rounds, 2);
    assert_int_equal(drive.counters.requests, 2);
    fixture_assert_same(&alice, &relay);
}

static void the_clock_hint_comes_at_ten_minutes(void **state)
{
    (void)state;
    sync_ok(&alice);
    assert_int_equal(drive.counters.hints, 0);
    struct test_env other;
    test_env_init(&other, 12);
    struct mir_session *client = NULL;
    const struct mir_session_options options = { .env = &other.env, .local = &alice.local };
    test_env_advance(&other, 600001);
    assert_int_equal(mir_session_open(&client, &options, NULL), MIRSAL_OK);
    uint8_t body[512];
    size_t size = 0;
    assert_int_equal(mir_session_send(body, sizeof body, &size, client, NULL), MIRSAL_OK);
    mir_buf_reset(&drive.request);
    mir_buf_append(&drive.request, body, size);
    fixture_serve(&drive);
    assert_int_equal(
        mir_session_receive(client, drive.answer.data, drive.answer.size, NULL), MIRSAL_OK);
    assert_int_equal(mir_session_receive(client, NULL, 0, NULL), MIRSAL_OK);
    struct mir_session_counters counters;
    mir_session_count(&counters, client);
    assert_int_equal(counters.hints, MIR_HINT_CLOCK);
    mir_session_close(client);
    test_env_fini(&other);
}

static void a_waiting_device_gets_control_alone(void **state)
{
    (void)state;
    fixture_write(&alice, &alice.device, 0, "for members", 11);
    sync_ok(&alice);
    struct fixture_replica carol;
    fixture_init_device(&carol, &test.env, 4);
    fixture_attach(&carol, &relay);
    fixture_join(&carol, &team, 'W');
    fixture_write(&carol, &carol.device, 0, "hers", 4);
    sync_ok(&carol);
    assert_int_equal(drive.counters.hints, MIR_HINT_WAITING);
    assert_int_equal(drive.counters.pushed, 2);
    assert_int_equal(drive.counters.pulled, 1);
    for (size_t i = 0; i < fixture_count(&carol); i++) {
        const struct mir_header *fields = &fixture_at(&carol, i)->changeset.fields;
        assert_true(
            fields->compartment == 255 || mir_hash_equal(&fields->device, &carol.device.id));
    }
    assert_int_equal(carol.vectors, 0);
    fixture_fini(&carol);
}

/* A device that may not read gets its own chain back, when it lacks it, and nothing else. */
static void unreadable_compartments_give_own_chains_alone(void **state)
{
    (void)state;
    fixture_write(&alice, &alice.device, 0, "others'", 7);
    sync_ok(&alice);
    fixture_write(&bob, &bob.device, 0, "own 1", 5);
    fixture_write(&bob, &bob.device, 0, "own 2", 5);
    sync_ok(&bob);
    relay.members[1].device.readable[0] = 0;
    struct fixture_replica again; /* bob's store as it was after the first of the two */
    fixture_init_device(&again, &test.env, 3);
    fixture_attach(&again, &relay);
    fixture_join(&again, &team, 'M');
    again.members[0].device.readable[0] = 0;
    again.joins = 0;
    fixture_write(&again, &again.device, 0, "own 1", 5);
    sync_ok(&again);
    assert_true((drive.counters.hints & MIR_HINT_BEHIND) != 0);
    assert_int_equal(drive.counters.behind, 1);
    assert_int_equal(again.behind, 1);
    assert_int_equal(fixture_count(&again), 4); /* two joins, two of its own */
    assert_int_equal(again.vectors, 0);
    fixture_fini(&again);
}

static void a_fork_is_reported_and_kept(void **state)
{
    (void)state;
    sync_ok(&alice);
    fixture_write(&alice, &alice.device, 0, "one", 3);
    sync_ok(&alice);
    struct fixture_replica clone;
    fixture_init_device(&clone, &test.env, 2);
    fixture_attach(&clone, &relay);
    fixture_join(&clone, &team, 'M');
    clone.joins = 0;
    fixture_write(&clone, &clone.device, 0, "other", 5);
    sync_ok(&clone);
    assert_true((drive.counters.hints & MIR_HINT_FORK) != 0);
    assert_int_equal(drive.counters.forked, 1);
    assert_true(clone.behind >= 1);
    assert_int_equal(fixture_count(&relay), 3);
    sync_ok(&bob);
    assert_int_equal(drive.counters.forked, 1);
    assert_int_equal(fixture_count(&bob), 4);
    sync_ok(&alice); /* and the first branch's holder gets the other, by a vector */
    assert_true((drive.counters.hints & MIR_HINT_FORK) != 0);
    fixture_assert_same(&alice, &relay);
    fixture_fini(&clone);
}

/* Two chains of which the device lost the newest: two headers, in one frame. */
static void each_chain_that_is_behind_is_shown(void **state)
{
    (void)state;
    fixture_found(&relay, &team);
    sync_ok(&bob);
    size_t before = fixture_count(&bob);
    fixture_write(&bob, &bob.device, 0, "lost", 4);
    fixture_write(&bob, &bob.device, 1, "lost", 4);
    sync_ok(&bob);
    fixture_truncate(&bob, before);
    sync_ok(&bob);
    assert_true(bob.behind >= 2);
    assert_true((drive.counters.hints & MIR_HINT_BEHIND) != 0);
    fixture_assert_same(&bob, &relay); /* they came back with the pull, or by a vector */
}

static void a_lost_frontier_is_repaired_by_a_vector(void **state)
{
    (void)state;
    sync_ok(&alice);
    fixture_write(&alice, &alice.device, 0, "a1", 2);
    fixture_write(&alice, &alice.device, 0, "a2", 2);
    sync_ok(&alice);
    sync_ok(&bob);
    /* Bob forgets one that his cursor has passed, and believes the relay to hold what it lacks. */
    fixture_write(&bob, &bob.device, 0, "b1", 2);
    fixture_at(&bob, fixture_count(&bob) - 1)->known = 1;
    struct fixture_item *items = fixture_at(&bob, 0);
    size_t count = fixture_count(&bob);
    for (size_t i = 0; i < count; i++) {
        if (items[i].changeset.body.size == 2 &&
            memcmp(items[i].changeset.body.data, "a2", 2) == 0) {
            memmove(&items[i], &items[i + 1], (count - i - 1) * sizeof *items);
            bob.items.size -= sizeof *items;
            break;
        }
    }
    assert_int_equal(fixture_count(&bob), count - 1);
    sync_ok(&bob);
    assert_int_equal(bob.vectors, 1);
    assert_int_equal(drive.counters.pulled, 1);
    assert_int_equal(drive.counters.pushed, 1);
    fixture_assert_same(&bob, &relay);
    sync_ok(&bob);
    assert_int_equal(drive.counters.requests, 1);
    assert_int_equal(bob.vectors, 1);
}

static void a_restored_relay_gets_back_what_it_lost(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        fixture_write(&alice, &alice.device, 0, "kept", 4);
    }
    sync_ok(&alice);
    sync_ok(&bob);
    for (unsigned i = 0; i < 5; i++) {
        fixture_write(&alice, &alice.device, 0, "lost", 4);
    }
    sync_ok(&alice);
    uint8_t epoch[8];
    memcpy(epoch, relay.store_epoch, sizeof epoch);
    fixture_truncate(&relay, 6);
    relay.member_count = 1;
    fixture_write(&bob, &bob.device, 0, "meanwhile", 9);
    sync_ok(&alice);
    assert_true((drive.counters.hints & MIR_HINT_CHECKPOINT) != 0);
    assert_true((drive.counters.hints & MIR_HINT_VECTOR) != 0);
    assert_memory_not_equal(epoch, relay.store_epoch, sizeof epoch);
    assert_memory_equal(alice.store_epoch, relay.store_epoch, sizeof epoch);
    assert_int_equal(alice.vectors, 1);
    fixture_assert_same(&alice, &relay);
    assert_int_equal(drive.counters.contradicted, 0);
    sync_ok(&bob);
    fixture_assert_same(&bob, &relay);
    sync_ok(&alice);
    fixture_assert_same(&alice, &relay);
    sync_ok(&alice);
    assert_int_equal(drive.counters.bytes_out + drive.counters.bytes_in, 512);
}

/* A false checkpoint, under another key, restores nothing. */
static void a_checkpoint_of_another_relay_changes_nothing(void **state)
{
    (void)state;
    sync_ok(&alice);
    uint8_t epoch[8];
    memcpy(epoch, relay.store_epoch, sizeof epoch);
    alice.checkpoint.size = 1000;
    mir_checkpoint_sign(&alice.checkpoint, &relay.identity.id, &team, &bob.device.sign);
    sync_ok(&alice);
    assert_memory_equal(epoch, relay.store_epoch, sizeof epoch);
}

static void a_log_that_contradicts_its_checkpoint_is_named(void **state)
{
    (void)state;
    fixture_write(&alice, &alice.device, 0, "a1", 2);
    sync_ok(&alice);
    /* The relay signs another log of the same length, and hides that by a new epoch's silence. */
    struct mir_checkpoint held = alice.checkpoint;
    fixture_write(&alice, &alice.device, 0, "a2", 2);
    alice.checkpoint.root.bytes[20] ^= 1; /* beyond the 16 bytes that HELLO shows */
    sync_ok(&alice);
    assert_int_equal(drive.counters.contradicted, 1);
    assert_int_equal(alice.contradictions, 1);
    assert_int_equal(alice.checkpoint.size, held.size);
}

static void a_rejected_run_is_named_and_the_rest_held(void **state)
{
    (void)state;
    sync_ok(&alice);
    fixture_write(&alice, &alice.device, 0, "good", 4);
    fixture_write(&alice, &alice.device, 1, "bad", 3);
    fixture_write(&alice, &alice.device, 1, "after it", 8);
    uint8_t *signature = mir_arena_copy(
        &alice.arena, fixture_at(&alice, 2)->changeset.signature.data, MIR_SIGNATURE_SIZE);
    signature[5] ^= 1;
    fixture_at(&alice, 2)->changeset.signature.data = signature;
    sync_ok(&alice);
    assert_int_equal(drive.counters.rejected, 1);
    assert_int_equal(fixture_count(&relay), 2);
    assert_true(fixture_at(&alice, 1)->known);
    assert_false(fixture_at(&alice, 2)->known);
    assert_false(fixture_at(&alice, 3)->known);
}

static void a_changeset_that_does_not_verify_is_not_pulled(void **state)
{
    (void)state;
    sync_ok(&alice);
    fixture_write(&alice, &alice.device, 0, "a1", 2);
    sync_ok(&alice);
    uint8_t *signature = mir_arena_copy(
        &relay.arena, fixture_at(&relay, 1)->changeset.signature.data, MIR_SIGNATURE_SIZE);
    signature[5] ^= 1;
    fixture_at(&relay, 1)->changeset.signature.data = signature;
    sync_ok(&bob);
    assert_true(drive.counters.rejected >= 1);
    assert_null(fixture_find(&bob, &fixture_at(&relay, 1)->changeset.id));
}

static void a_relay_that_fails_refuses_and_keeps_nothing(void **state)
{
    (void)state;
    sync_ok(&alice);
    fixture_write(&alice, &alice.device, 0, "a1", 2);
    relay.fail_commits = 1;
    assert_int_equal(fixture_run(&drive, &alice), MIRSAL_REFUSED);
    assert_int_equal(drive.counters.refused, MIR_REFUSE_INTERNAL);
    assert_int_equal(fixture_count(&relay), 1);
    assert_false(fixture_at(&alice, 1)->known);
    sync_ok(&alice);
    fixture_assert_same(&alice, &relay);
}

static void a_removed_device_is_refused(void **state)
{
    (void)state;
    sync_ok(&alice);
    relay.members[0].device.standing = MIR_SYNC_REMOVED;
    assert_int_equal(fixture_run(&drive, &alice), MIRSAL_REFUSED);
    assert_int_equal(drive.counters.refused, MIR_REFUSE_REMOVED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_first_sync_registers_and_pushes),
        TEST(a_wrong_token_is_refused_and_nothing_held),
        TEST(an_unknown_team_or_device_is_refused),
        TEST(a_restored_relay_takes_a_lost_join_again),
        TEST(an_unknown_device_brings_its_join_before_its_data),
        TEST(data_of_an_unknown_device_is_refused),
        TEST(two_devices_exchange_a_delta),
        TEST(an_in_sync_round_trip_is_256_bytes_each_way),
        TEST(what_was_pushed_does_not_come_back),
        TEST(what_settling_writes_goes_in_the_same_run),
        TEST(the_clock_hint_comes_at_ten_minutes),
        TEST(a_waiting_device_gets_control_alone),
        TEST(unreadable_compartments_give_own_chains_alone),
        TEST(a_fork_is_reported_and_kept),
        TEST(each_chain_that_is_behind_is_shown),
        TEST(a_lost_frontier_is_repaired_by_a_vector),
        TEST(a_restored_relay_gets_back_what_it_lost),
        TEST(a_checkpoint_of_another_relay_changes_nothing),
        TEST(a_log_that_contradicts_its_checkpoint_is_named),
        TEST(a_rejected_run_is_named_and_the_rest_held),
        TEST(a_changeset_that_does_not_verify_is_not_pulled),
        TEST(a_relay_that_fails_refuses_and_keeps_nothing),
        TEST(a_removed_device_is_refused),
    };
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
