/* SPDX-License-Identifier: Apache-2.0 */
/* unit/served_test.c - devices by Noise key, heads, pages by arrival, what one may hold. */
#include "relaylog.h"

#include "compartments.h"
#include "relay_fixture.h"

#include <string.h>

struct gathered {
    uint64_t arrivals[64];
    size_t count;
    size_t stop_at;
    uint64_t leave_out;
};

static int wants(void *context, const struct mir_sync_place *place)
{
    const struct gathered *gathered = context;
    return place->arrival != gathered->leave_out;
}

static int take(void *context, const struct mir_changeset *changeset, uint64_t arrival)
{
    struct gathered *gathered = context;
    assert_int_equal(changeset->signature.size, 64);
    gathered->arrivals[gathered->count++] = arrival;
    return gathered->count != gathered->stop_at;
}

static int read_into(struct gathered *gathered,
    struct relay_fixture *relay,
    uint8_t compartment,
    const mirsal_hash *only,
    uint64_t after)
{
    const struct mir_sync_query query = { &relay->admin.store->team, compartment, only, after };
    const struct mir_sync_sink sink = { gathered, wants, take };
    uint64_t size = 0;
    int ended = 0;
    assert_int_equal(
        mir_served_read(mir_relay_log_served(relay->log), &query, &sink, &size, &ended, NULL),
        MIRSAL_OK);
    assert_true(size >= 1);
    for (size_t i = 1; i < gathered->count; i++) {
        assert_true(gathered->arrivals[i - 1] < gathered->arrivals[i]);
    }
    return ended;
}

static void pages_go_by_arrival_and_stop_where_told(void **state)
{
    (void)state;
    struct relay_fixture relay;
    mirsal_hash monitor;
    relay_fixture_open(&relay, 41);
    relay_fixture_put_all(&relay, &relay.admin);
    relay_fixture_put_all(&relay, &relay.monitor);
    memcpy(monitor.bytes, relay.monitor.store->keys->sign_public.bytes, 32);
    struct gathered all = { 0 };
    assert_true(read_into(&all, &relay, 0, NULL, 0));
    assert_int_equal(all.count, 2);
    struct gathered later = { 0 };
    assert_true(read_into(&later, &relay, 0, NULL, all.arrivals[0]));
    assert_int_equal(later.count, 1);
    struct gathered stopped = { .stop_at = 1 };
    assert_false(read_into(&stopped, &relay, 0, NULL, 0));
    assert_int_equal(stopped.count, 1);
    struct gathered own = { 0 };
    assert_true(read_into(&own, &relay, 0, &monitor, 0));
    assert_int_equal(own.count, 1);
    assert_int_equal(own.arrivals[0], all.arrivals[1]);
    struct gathered without = { .leave_out = all.arrivals[0] };
    assert_true(read_into(&without, &relay, 0, NULL, 0));
    assert_int_equal(without.count, 1);
    relay_fixture_close(&relay);
}

static void devices_are_known_by_their_noise_key(void **state)
{
    (void)state;
    struct relay_fixture relay;
    struct mir_sync_device device;
    struct mir_agree_public stranger = { { 1 } };
    relay_fixture_open(&relay, 42);
    assert_int_equal(mir_relay_log_find_device(
                         relay.log, &relay.monitor.store->keys->noise_public, &device, NULL),
        MIRSAL_NOT_FOUND);
    relay_fixture_put_all(&relay, &relay.admin);
    relay_fixture_put_all(&relay, &relay.monitor);
    assert_int_equal(mir_relay_log_find_device(
                         relay.log, &relay.monitor.store->keys->noise_public, &device, NULL),
        MIRSAL_OK);
    assert_int_equal(device.standing, MIR_SYNC_MEMBER);
    assert_int_equal(device.readable[0], 0);
    assert_int_equal(
        mir_relay_log_find_device(relay.log, &relay.admin.store->keys->noise_public, &device, NULL),
        MIRSAL_OK);
    assert_int_equal(device.readable[0] & 3, 3);
    assert_int_equal(
        mir_relay_log_find_device(relay.log, &stranger, &device, NULL), MIRSAL_NOT_FOUND);
    relay_fixture_close(&relay);
}

static void heads_are_those_a_device_may_hold(void **state)
{
    (void)state;
    struct relay_fixture relay;
    struct mir_sync_device device;
    struct mir_heads heads;
    uint64_t size = 0;
    const uint8_t wants_main[] = { 0 };
    const struct mir_bytes wanted = { wants_main, 1 };
    relay_fixture_open(&relay, 43);
    relay_fixture_put_all(&relay, &relay.admin);
    relay_fixture_put_all(&relay, &relay.monitor);
    mir_heads_init(&heads, &relay.admin.world.env);
    assert_int_equal(
        mir_relay_log_find_device(relay.log, &relay.admin.store->keys->noise_public, &device, NULL),
        MIRSAL_OK);
    assert_int_equal(
        mir_served_heads(mir_relay_log_served(relay.log), &device, wanted, &heads, &size, NULL),
        MIRSAL_OK);
    size_t control = 0;
    size_t data = 0;
    for (size_t i = 0; i < mir_heads_count(&heads); i++) {
        control += mir_heads_at(&heads, i)->compartment == 255;
        data += mir_heads_at(&heads, i)->compartment == 0;
    }
    assert_int_equal(control, 3); /* root, founder, monitor */
    assert_int_equal(data, 2);
    mir_heads_reset(&heads);
    assert_int_equal(mir_relay_log_find_device(
                         relay.log, &relay.monitor.store->keys->noise_public, &device, NULL),
        MIRSAL_OK);
    assert_int_equal(
        mir_served_heads(mir_relay_log_served(relay.log), &device, wanted, &heads, &size, NULL),
        MIRSAL_OK);
    assert_int_equal(mir_heads_count(&heads), 4); /* control and its own */
    mir_heads_reset(&heads);
    assert_int_equal(
        mir_served_own_heads(mir_relay_log_served(relay.log), &device.device, &heads, NULL),
        MIRSAL_OK);
    assert_int_equal(mir_heads_count(&heads), 2);
    mir_heads_fini(&heads);
    relay_fixture_close(&relay);
}

static void a_tag_names_what_is_held_at_its_place(void **state)
{
    (void)state;
    struct relay_fixture relay;
    struct mir_heads heads;
    const uint8_t handshake[32] = { 5 };
    mirsal_hash device;
    int held = 0;
    relay_fixture_open(&relay, 44);
    relay_fixture_put_all(&relay, &relay.admin);
    memcpy(device.bytes, relay.admin.store->keys->sign_public.bytes, 32);
    mir_heads_init(&heads, &relay.admin.world.env);
    assert_int_equal(
        mir_served_own_heads(mir_relay_log_served(relay.log), &device, &heads, NULL), MIRSAL_OK);
    const struct mir_head *head = mir_heads_at(&heads, 0);
    struct mir_vector_entry entry = { .compartment = head->compartment, .seq = head->seq };
    mir_vector_tag(entry.tag, handshake, &head->id);
    assert_int_equal(
        mir_served_holds(mir_relay_log_served(relay.log), &device, &entry, handshake, &held, NULL),
        MIRSAL_OK);
    assert_true(held);
    entry.tag[0] ^= 1;
    assert_int_equal(
        mir_served_holds(mir_relay_log_served(relay.log), &device, &entry, handshake, &held, NULL),
        MIRSAL_OK);
    assert_false(held);
    mir_heads_fini(&heads);
    relay_fixture_close(&relay);
}

/* Heads of other devices' protected chains: what STATE, VECTOR and the frontier are made of. */
static size_t protected_heads(struct relay_fixture *relay, struct test_store *of)
{
    static const uint8_t both[] = { 0, 1 };
    const struct mir_bytes wanted = { both, sizeof both };
    struct mir_sync_device device;
    struct mir_heads heads;
    uint64_t size = 0;
    size_t count = 0;
    mir_heads_init(&heads, &of->world.env);
    assert_int_equal(
        mir_relay_log_find_device(relay->log, &of->store->keys->noise_public, &device, NULL),
        MIRSAL_OK);
    assert_int_equal(
        mir_served_heads(mir_relay_log_served(relay->log), &device, wanted, &heads, &size, NULL),
        MIRSAL_OK);
    for (size_t i = 0; i < mir_heads_count(&heads); i++) {
        const struct mir_head *head = mir_heads_at(&heads, i);
        count += head->compartment == 1 &&
                 memcmp(&head->device, mir_store_device(of->store), sizeof head->device) != 0;
    }
    mir_heads_fini(&heads);
    return count;
}

static void protected_chains_are_for_who_was_granted_them(void **state)
{
    (void)state;
    struct relay_fixture relay;
    struct mir_txn_result result;
    struct mir_txn *txn = NULL;
    struct mir_sync_device device;
    mirsal_id id;
    const uint8_t text[] = { 0xa4, 'd', 'o', 'o', 'r' };
    relay_fixture_open(&relay, 44);
    const mirsal_hash *monitor = mir_store_device(relay.monitor.store);
    assert_int_equal(mir_txn_begin(&txn, relay.admin.store, MIR_TXN_LONE, NULL), MIRSAL_OK);
    assert_int_equal(mir_txn_create(&id, txn, TEST_INCIDENT, 1, NULL), MIRSAL_OK);
    assert_int_equal(mir_txn_write(txn, &id, TEST_REL_TEXT, (struct mir_bytes){ NULL, 0 },
                         (struct mir_bytes){ text, sizeof text }, NULL),
        MIRSAL_OK);
    assert_int_equal(mir_txn_commit(&result, txn, NULL), MIRSAL_OK);
    relay_fixture_put_all(&relay, &relay.admin);
    relay_fixture_put_all(&relay, &relay.monitor);
    assert_int_equal(protected_heads(&relay, &relay.monitor), 0);
    test_team_carry(&relay.admin, &relay.monitor, 1, 0);
    assert_int_equal(mir_compartment_grant(relay.admin.store, 1, monitor, 1, NULL), MIRSAL_OK);
    relay_fixture_put_all(&relay, &relay.admin);
    assert_int_equal(protected_heads(&relay, &relay.monitor), 1);
    assert_int_equal(mir_relay_log_find_device(
                         relay.log, &relay.monitor.store->keys->noise_public, &device, NULL),
        MIRSAL_OK);
    assert_int_equal(device.readable[0], 2);
    assert_int_equal(mir_compartment_grant(relay.admin.store, 1, monitor, 0, NULL), MIRSAL_OK);
    relay_fixture_put_all(&relay, &relay.admin);
    assert_int_equal(protected_heads(&relay, &relay.monitor), 0);
    relay_fixture_close(&relay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_go_by_arrival_and_stop_where_told),
        cmocka_unit_test(devices_are_known_by_their_noise_key),
        cmocka_unit_test(heads_are_those_a_device_may_hold),
        cmocka_unit_test(protected_chains_are_for_who_was_granted_them),
        cmocka_unit_test(a_tag_names_what_is_held_at_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
