/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/replica_relay_test.c - what a replica tells of itself and remembers of a relay.
 */
#include "replica.h"

#include "peers.h"
#include "sql.h"
#include "test_team.h"

#include <string.h>

static struct test_store founder;
static struct mir_replica *replica;
static const struct mir_sync_local *local;
static struct mir_sync_self self;
static mirsal_error err;
static const mirsal_hash identity = { { 7 } };

static int set_up(void **state)
{
    (void)state;
    struct mir_bytes token = { (const uint8_t *)"token", 5 };
    int64_t peer = 0;
    test_team_found(&founder, 1);
    assert_int_equal(
        mir_relay_add(founder.store, "http://localhost:1", &identity, token, &err), MIRSAL_OK);
    assert_int_equal(mir_peer_find(&peer, founder.store, &identity, &err), MIRSAL_OK);
    assert_int_equal(mir_replica_open(&replica, founder.store, peer, &err), MIRSAL_OK);
    local = mir_replica_local(replica);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_wipe(&self, sizeof self);
    mir_replica_close(replica);
    test_store_fini(&founder);
    return 0;
}

static void describe(void)
{
    assert_int_equal(local->describe(local->context, &self, &err), MIRSAL_OK);
}

static void a_replica_describes_itself(void **state)
{
    (void)state;
    static const uint8_t epoch[8] = { 1 };
    uint32_t serial = 0;
    struct mir_relay_key key = { identity, 3, { { 9 } }, 0 };
    (void)test_team_report(&founder, "one");
    assert_false(mir_replica_has_key(replica, &serial));
    assert_int_equal(mir_replica_relay_key(replica, &key, &err), MIRSAL_OK);
    assert_true(mir_replica_has_key(replica, &serial));
    describe();
    assert_memory_equal(self.team.bytes, founder.store->team.bytes, 32);
    assert_memory_equal(self.relay_identity.bytes, identity.bytes, 32);
    assert_int_equal(self.relay_serial, 3);
    assert_int_equal(self.relay_noise.bytes[0], 9);
    assert_int_equal(self.joins, 0);
    assert_int_equal(self.token.size, 5);
    assert_true(self.genesis.size > 300);
    assert_int_equal(self.want_count, 2);
    assert_int_equal(self.head_count, 2); /* main 1, control: the relay statement */
    assert_int_equal(self.heads[0].compartment, 0);
    assert_int_equal(self.heads[1].compartment, 255);
    assert_int_equal(self.has_epoch, 0);
    assert_int_equal(local->relay_state(local->context, epoch, 3, 0, &err), MIRSAL_OK);
    describe();
    assert_int_equal(self.token.size, 0);
    assert_int_equal(self.has_epoch, 1);
    key.serial = 2;
    assert_int_equal(mir_replica_relay_key(replica, &key, &err), MIRSAL_NOT_AUTHENTIC);
}

static void another_store_epoch_drops_cursors(void **state)
{
    (void)state;
    static const uint8_t first[8] = { 1 };
    static const uint8_t second[8] = { 2 };
    struct mir_cursor cursor = { 0, 5 };
    struct mir_checkpoint checkpoint = { { 1 }, 5, { { 3 } }, 99, { 4 } };
    assert_int_equal(local->relay_state(local->context, first, 1, 0, &err), MIRSAL_OK);
    assert_int_equal(local->pull_begin(local->context, &err), MIRSAL_OK);
    assert_int_equal(local->pull_commit(local->context, &cursor, &err), MIRSAL_OK);
    assert_int_equal(local->checkpoint(local->context, &checkpoint, 1, &err), MIRSAL_OK);
    describe();
    assert_int_equal(self.cursor_count, 1);
    assert_int_equal(self.cursors[0].arrival, 5);
    assert_int_equal(self.has_checkpoint, 1);
    assert_memory_equal(&self.checkpoint, &checkpoint, sizeof checkpoint);
    assert_int_equal(local->relay_state(local->context, first, 1, 0, &err), MIRSAL_OK);
    describe();
    assert_int_equal(self.cursor_count, 1);
    assert_int_equal(local->relay_state(local->context, second, 1, 0, &err), MIRSAL_OK);
    describe();
    assert_int_equal(self.cursor_count, 0);
    assert_int_equal(self.has_checkpoint, 0);
}

static void a_new_checkpoint_is_named_once(void **state)
{
    (void)state;
    struct mir_checkpoint checkpoint = { { 1 }, 5, { { 3 } }, 99, { 4 } };
    struct mir_changeset changeset;
    struct mir_arena arena;
    mirsal_hash hash;
    mir_checkpoint_hash(&hash, &checkpoint, &identity, &founder.store->team);
    assert_int_equal(local->checkpoint(local->context, &checkpoint, 1, &err), MIRSAL_OK);
    (void)test_team_report(&founder, "one");
    (void)test_team_report(&founder, "two");
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    int64_t first = test_team_count(&founder, "SELECT min(no) FROM changeset"
                                              " WHERE compartment = 0");
    assert_int_equal(
        mir_chain_load(&changeset, &arena, founder.store->sql, first, &err), MIRSAL_OK);
    assert_int_equal(changeset.fields.has_seen, 1);
    assert_memory_equal(changeset.fields.seen.bytes, hash.bytes, 32);
    assert_int_equal(
        mir_chain_load(&changeset, &arena, founder.store->sql, first + 1, &err), MIRSAL_OK);
    assert_int_equal(changeset.fields.has_seen, 0);
    mir_arena_fini(&arena);
}

static void a_newer_header_of_ones_own_stops_signing(void **state)
{
    (void)state;
    struct mir_changeset changeset;
    struct mir_arena arena;
    int behind = 0;
    (void)test_team_report(&founder, "one");
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    int64_t no = test_team_count(&founder, "SELECT min(no) FROM changeset WHERE compartment = 0");
    assert_int_equal(mir_chain_load(&changeset, &arena, founder.store->sql, no, &err), MIRSAL_OK);
    struct mir_signed_header shown = { changeset.header, changeset.signature.data };
    assert_int_equal(local->own_header(local->context, &shown, &behind, &err), MIRSAL_OK);
    assert_int_equal(behind, 0);
    /* The store loses what it had signed. */
    assert_int_equal(
        mir_sql_run(founder.store->sql, "DELETE FROM changeset WHERE compartment = 0", &err),
        MIRSAL_OK);
    assert_int_equal(local->own_header(local->context, &shown, &behind, &err), MIRSAL_OK);
    assert_int_equal(behind, 1);
    struct mir_txn *txn = NULL;
    assert_int_equal(mir_txn_begin(&txn, founder.store, MIR_TXN_LONE, &err), MIRSAL_NOT_ALLOWED);
    mir_arena_fini(&arena);
}

static void a_vector_replaces_what_was_known(void **state)
{
    (void)state;
    static const uint8_t hash[32] = { 5 };
    struct mir_vector vector = { 0 };
    struct mir_vector_entry entry = { 0, 255, 1, { 0 } };
    struct mir_changeset changeset;
    struct mir_heads heads;
    mirsal_hash root;
    mir_heads_init(&heads, &founder.world.env);
    uint64_t count = 0;
    assert_int_equal(local->push_begin(local->context, &err), MIRSAL_OK);
    do {
        assert_int_equal(local->push_next(local->context, &changeset, &err), MIRSAL_OK);
        if (changeset.header.size > 0 && count++ == 0) {
            root = changeset.fields.device;
            mir_vector_tag(entry.tag, hash, &changeset.id);
        }
    } while (changeset.header.size > 0);
    assert_int_equal(local->acknowledge(local->context, count, &err), MIRSAL_OK);
    assert_int_equal(local->heads(local->context, 1, &heads, &err), MIRSAL_OK);
    assert_int_equal(mir_heads_count(&heads), 2);
    vector.device_count = 1;
    vector.devices = &root;
    vector.entry_count = 1;
    vector.entries = &entry;
    assert_int_equal(local->replace_known(local->context, &vector, hash, &err), MIRSAL_OK);
    mir_heads_reset(&heads);
    assert_int_equal(local->heads(local->context, 1, &heads, &err), MIRSAL_OK);
    assert_int_equal(mir_heads_count(&heads), 1);
    assert_memory_equal(mir_heads_at(&heads, 0)->device.bytes, root.bytes, 32);
    entry.tag[0] ^= 1;
    assert_int_equal(local->replace_known(local->context, &vector, hash, &err), MIRSAL_OK);
    mir_heads_reset(&heads);
    assert_int_equal(local->heads(local->context, 1, &heads, &err), MIRSAL_OK);
    assert_int_equal(mir_heads_count(&heads), 0);
    assert_int_equal(local->heads(local->context, 0, &heads, &err), MIRSAL_OK);
    assert_int_equal(mir_heads_count(&heads), 2);
    mir_heads_fini(&heads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_replica_describes_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_store_epoch_drops_cursors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_checkpoint_is_named_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_newer_header_of_ones_own_stops_signing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_vector_replaces_what_was_known, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
