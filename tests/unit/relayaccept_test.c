/* SPDX-License-Identifier: Apache-2.0 */
/* unit/relayaccept_test.c - protocol/sync.md 6: what a relay takes, and turns away. */
#include "relaylog.h"

#include "acts.h"
#include "relay_fixture.h"

#include <string.h>

struct held {
    struct relay_fixture relay;
    struct mir_arena arena;
};

static void open_held(struct held *held, uint64_t seed)
{
    relay_fixture_open(&held->relay, seed);
    mir_arena_init(&held->arena, &held->relay.admin.world.env, 1 << 24);
}

static void close_held(struct held *held)
{
    mir_arena_fini(&held->arena);
    relay_fixture_close(&held->relay);
}

/* The store's first changeset of a compartment at that seq. */
static struct mir_changeset at_place(struct held *held,
    struct test_store *store,
    uint8_t compartment,
    uint64_t seq)
{
    int64_t count = test_team_count(store, "SELECT count(*) FROM changeset");
    struct mir_changeset changeset = { 0 };
    for (int64_t no = 1; no <= count; no++) {
        relay_fixture_load(&changeset, &held->arena, store, no);
        if (changeset.fields.compartment == compartment && changeset.fields.seq == seq &&
            memcmp(changeset.fields.device.bytes, store->store->keys->sign_public.bytes, 32) == 0) {
            return changeset;
        }
    }
    fail_msg("no changeset at %u:%u", (unsigned)compartment, (unsigned)seq);
    return changeset;
}

static void everything_of_a_team_is_taken_once(void **state)
{
    (void)state;
    struct held held;
    open_held(&held, 21);
    assert_true(relay_fixture_put_all(&held.relay, &held.relay.admin) >= 2);
    assert_true(relay_fixture_put_all(&held.relay, &held.relay.monitor) >= 2);
    assert_int_equal(relay_fixture_put_all(&held.relay, &held.relay.admin), 0);
    assert_int_equal(relay_fixture_put_all(&held.relay, &held.relay.monitor), 0);
    close_held(&held);
}

static void a_gap_and_a_missing_authority_are_named(void **state)
{
    (void)state;
    struct held held;
    uint64_t arrival = 0;
    open_held(&held, 22);
    (void)test_team_report(&held.relay.admin, "second");
    struct mir_changeset second = at_place(&held, &held.relay.admin, 0, 2);
    assert_int_equal(relay_fixture_put(&held.relay, &second, &arrival), MIR_REJECT_GAP);
    assert_int_equal(arrival, 0);
    struct mir_changeset of_monitor = at_place(&held, &held.relay.monitor, 0, 1);
    assert_int_equal(relay_fixture_put(&held.relay, &of_monitor, &arrival), MIR_REJECT_AUTHORITY);
    close_held(&held);
}

static void a_changed_changeset_is_refused_and_nothing_held_changes(void **state)
{
    (void)state;
    struct held held;
    struct mir_sync_log log;
    uint64_t arrival = 0;
    open_held(&held, 23);
    struct mir_changeset first = at_place(&held, &held.relay.admin, 0, 1);
    uint8_t signature[64];
    memcpy(signature, first.signature.data, 64);
    signature[5] ^= 1;
    first.signature.data = signature;
    assert_int_equal(relay_fixture_put(&held.relay, &first, &arrival), MIR_REJECT_SIGNATURE);
    first.fields.team.bytes[0] ^= 1;
    assert_int_equal(relay_fixture_put(&held.relay, &first, &arrival), MIR_REJECT_MALFORMED);
    assert_int_equal(mir_relay_log_state(held.relay.log, &log, NULL), MIRSAL_OK);
    assert_int_equal(log.size, 1);
    close_held(&held);
}

static void who_has_not_joined_is_turned_away(void **state)
{
    (void)state;
    struct held held;
    uint64_t arrival = 0;
    open_held(&held, 24);
    /* The join before its invite; data before the join. */
    struct mir_changeset join = at_place(&held, &held.relay.monitor, 255, 1);
    assert_int_equal(relay_fixture_put(&held.relay, &join, &arrival), MIR_REJECT_AUTHORITY);
    relay_fixture_put_all(&held.relay, &held.relay.admin);
    struct mir_changeset data = at_place(&held, &held.relay.monitor, 0, 1);
    assert_int_equal(relay_fixture_put(&held.relay, &data, &arrival), MIR_REJECT_AUTHORITY);
    assert_int_equal(relay_fixture_put(&held.relay, &join, &arrival), 0);
    assert_int_equal(relay_fixture_put(&held.relay, &data, &arrival), 0);
    assert_true(arrival > 0);
    close_held(&held);
}

static void an_invite_is_taken_before_what_comes_before_it(void **state)
{
    (void)state;
    struct held held;
    uint64_t arrival = 0;
    open_held(&held, 25);
    /* The newest control changeset of the founder is the monitor's invite. */
    int64_t seq = test_team_count(&held.relay.admin,
        "SELECT max(seq) FROM changeset WHERE compartment = 255 AND device ="
        " (SELECT device FROM changeset WHERE compartment = 0 LIMIT 1)");
    struct mir_changeset invite = at_place(&held, &held.relay.admin, 255, (uint64_t)seq);
    assert_int_equal(relay_fixture_put(&held.relay, &invite, &arrival), 0);
    struct mir_changeset join = at_place(&held, &held.relay.monitor, 255, 1);
    assert_int_equal(relay_fixture_put(&held.relay, &join, &arrival), 0);
    close_held(&held);
}

static void an_expired_invite_admits_nobody_new(void **state)
{
    (void)state;
    struct held held;
    uint64_t arrival = 0;
    open_held(&held, 26);
    relay_fixture_put_all(&held.relay, &held.relay.admin);
    struct mir_changeset join = at_place(&held, &held.relay.monitor, 255, 1);
    held.relay.admin.world.now_ms = TEST_START_MS + RELAY_FIXTURE_INVITE_MS + 1;
    assert_int_equal(relay_fixture_put(&held.relay, &join, &arrival), MIR_REJECT_ADMISSION);
    held.relay.admin.world.now_ms = TEST_START_MS + RELAY_FIXTURE_INVITE_MS;
    assert_int_equal(relay_fixture_put(&held.relay, &join, &arrival), 0);
    close_held(&held);
}

static void a_new_relay_takes_old_joins_from_a_coordinator(void **state)
{
    (void)state;
    struct held held;
    uint64_t arrival = 0;
    open_held(&held, 28);
    relay_fixture_put_all(&held.relay, &held.relay.admin);
    struct mir_changeset join = at_place(&held, &held.relay.monitor, 255, 1);
    held.relay.admin.world.now_ms = TEST_START_MS + RELAY_FIXTURE_INVITE_MS + 1;
    const mirsal_hash *admin = mir_store_device(held.relay.admin.store);
    assert_int_equal(relay_fixture_put_from(&held.relay, &join.fields.device, &join, &arrival),
        MIR_REJECT_ADMISSION);
    assert_int_equal(relay_fixture_put_from(&held.relay, admin, &join, &arrival), 0);
    assert_true(arrival != 0);
    close_held(&held);
}

static void the_quota_bounds_what_is_newly_stored(void **state)
{
    (void)state;
    struct held held;
    uint64_t arrival = 0;
    open_held(&held, 27);
    relay_fixture_put_all(&held.relay, &held.relay.admin);
    const struct mir_relay_quota quota = { .device = 4000 };
    mir_relay_log_set_quota(held.relay.log, &quota);
    int turned_away = 0;
    uint64_t first = (uint64_t)test_team_count(
        &held.relay.admin, "SELECT max(seq) FROM changeset WHERE compartment = 0");
    for (uint64_t i = 1; i <= 20 && !turned_away; i++) {
        (void)test_team_report(&held.relay.admin, "more of the same");
        struct mir_changeset next = at_place(&held, &held.relay.admin, 0, first + i);
        enum mir_reject_code code = relay_fixture_put(&held.relay, &next, &arrival);
        turned_away = code == MIR_REJECT_ADMISSION;
        assert_true(code == 0 || turned_away);
    }
    assert_true(turned_away);
    close_held(&held);
}

/* What the cut leaves is taken however late it comes; past it a little, as evidence. */
static void of_a_cut_device_little_is_taken(void **state)
{
    (void)state;
    struct held held;
    uint64_t arrival = 0;
    mirsal_error err;
    open_held(&held, 28);
    struct test_store *monitor = &held.relay.monitor;
    (void)test_team_report(monitor, "of before the cut");
    test_team_carry(&held.relay.admin, monitor, 1, 0);
    const struct mir_cut_order order = { .device = mir_store_device(monitor->store),
        .reason = MIR_CUT_HOSTILE };
    assert_int_equal(mir_device_cut(NULL, held.relay.admin.store, NULL, &order, &err), MIRSAL_OK);
    const struct mir_relay_quota quota = { .cut = 4000 };
    mir_relay_log_set_quota(held.relay.log, &quota);
    relay_fixture_put_all(&held.relay, &held.relay.admin); /* the monitor's two, and the cut */
    int turned_away = 0;
    uint64_t taken = 0;
    for (uint64_t seq = 3; seq <= 30 && !turned_away; seq++) {
        (void)test_team_report(monitor, "more of the same");
        struct mir_changeset next = at_place(&held, monitor, 0, seq);
        enum mir_reject_code code = relay_fixture_put(&held.relay, &next, &arrival);
        turned_away = code == MIR_REJECT_ADMISSION;
        assert_true(code == 0 || turned_away);
        taken += code == 0 ? 1u : 0u;
    }
    assert_true(turned_away);
    assert_true(taken > 0);
    (void)test_team_report(&held.relay.admin, "by another");
    assert_true(relay_fixture_put_all(&held.relay, &held.relay.admin) > 0);
    close_held(&held);
}

static void what_a_cut_leaves_is_no_part_of_its_quota(void **state)
{
    (void)state;
    struct held held;
    uint64_t arrival = 0;
    mirsal_error err;
    struct mir_changeset changeset;
    open_held(&held, 29);
    struct test_store *monitor = &held.relay.monitor;
    (void)test_team_report(monitor, "of before the cut");
    test_team_carry(&held.relay.admin, monitor, 1, 0);
    const struct mir_cut_order order = { .device = mir_store_device(monitor->store),
        .reason = MIR_CUT_LOST };
    assert_int_equal(mir_device_cut(NULL, held.relay.admin.store, NULL, &order, &err), MIRSAL_OK);
    int64_t count = test_team_count(
        &held.relay.admin, "SELECT count(*) FROM changeset WHERE compartment = 255");
    assert_true(count > 0);
    for (int64_t no = 1; no <= test_team_count(&held.relay.admin, "SELECT count(*) FROM changeset");
         no++) {
        relay_fixture_load(&changeset, &held.arena, &held.relay.admin, no);
        if (changeset.fields.compartment == 255) {
            assert_int_equal(relay_fixture_put(&held.relay, &changeset, &arrival), 0);
        }
    }
    const struct mir_relay_quota quota = { .cut = 1 };
    mir_relay_log_set_quota(held.relay.log, &quota);
    changeset = at_place(&held, monitor, 0, 1);
    assert_int_equal(relay_fixture_put(&held.relay, &changeset, &arrival), 0);
    changeset = at_place(&held, monitor, 0, 2);
    assert_int_equal(relay_fixture_put(&held.relay, &changeset, &arrival), 0);
    (void)test_team_report(monitor, "late");
    changeset = at_place(&held, monitor, 0, 3);
    assert_int_equal(relay_fixture_put(&held.relay, &changeset, &arrival), MIR_REJECT_ADMISSION);
    close_held(&held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_of_a_team_is_taken_once),
        cmocka_unit_test(a_gap_and_a_missing_authority_are_named),
        cmocka_unit_test(a_changed_changeset_is_refused_and_nothing_held_changes),
        cmocka_unit_test(who_has_not_joined_is_turned_away),
        cmocka_unit_test(an_invite_is_taken_before_what_comes_before_it),
        cmocka_unit_test(an_expired_invite_admits_nobody_new),
        cmocka_unit_test(a_new_relay_takes_old_joins_from_a_coordinator),
        cmocka_unit_test(the_quota_bounds_what_is_newly_stored),
        cmocka_unit_test(of_a_cut_device_little_is_taken),
        cmocka_unit_test(what_a_cut_leaves_is_no_part_of_its_quota),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
