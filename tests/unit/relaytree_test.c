/* SPDX-License-Identifier: Apache-2.0 */
/* unit/relaytree_test.c - roots and proofs of the log equal those of the tree made whole. */
#include "relaylog.h"

#include "merkle.h"
#include "relay.h"
#include "relay_fixture.h"

#include <string.h>

static void roots_and_proofs_are_those_of_rfc_6962(void **state)
{
    (void)state;
    struct relay_fixture relay;
    struct mir_arena arena;
    mirsal_hash leaves[64];
    size_t count = 1;
    relay_fixture_open(&relay, 31);
    for (int i = 0; i < 30; i++) {
        (void)test_team_report(&relay.admin, "one more");
    }
    mir_arena_init(&arena, &relay.admin.world.env, 1 << 24);
    struct mir_changeset changeset;
    relay_fixture_load(&changeset, &arena, &relay.admin, 1);
    mir_log_leaf(&leaves[0], &changeset.id);
    int64_t last = test_team_count(&relay.admin, "SELECT count(*) FROM changeset");
    for (int64_t no = 2; no <= last; no++) {
        uint64_t arrival = 0;
        relay_fixture_load(&changeset, &arena, &relay.admin, no);
        assert_int_equal(relay_fixture_put(&relay, &changeset, &arrival), 0);
        assert_int_equal(arrival, count + 1);
        mir_log_leaf(&leaves[count++], &changeset.id);
    }
    assert_true(count > 30);
    for (size_t size = 1; size <= count; size++) {
        mirsal_hash whole;
        mirsal_hash kept;
        mir_merkle_root(&whole, leaves, size);
        assert_int_equal(mir_relay_log_root_at(relay.log, size, &kept, NULL), MIRSAL_OK);
        assert_memory_equal(&whole, &kept, sizeof whole);
        for (size_t old = 1; old <= size; old++) {
            mirsal_hash old_root;
            struct mir_buf proof;
            mir_buf_init(&proof, &relay.admin.world.env, 4096);
            mir_merkle_root(&old_root, leaves, old);
            assert_int_equal(
                mir_relay_log_consistency(relay.log, old, size, &proof, NULL), MIRSAL_OK);
            assert_true(
                mir_merkle_consistency_verify(&old_root, old, &whole, size, mir_buf_bytes(&proof)));
            mir_buf_fini(&proof);
        }
    }
    mir_arena_fini(&arena);
    relay_fixture_close(&relay);
}

static void a_checkpoint_is_signed_once_a_size_and_kept(void **state)
{
    (void)state;
    struct relay_fixture relay;
    struct mir_sync_log log;
    struct mir_sync_log again;
    struct mir_sign_public identity;
    struct mir_sign_secret secret;
    mirsal_hash name;
    const uint8_t seed[32] = { 9 };
    relay_fixture_open(&relay, 32);
    mir_sign_keypair(&identity, &secret, seed);
    memcpy(name.bytes, identity.bytes, 32);
    assert_int_equal(mir_relay_log_checkpoint(relay.log, &name, &secret, NULL), MIRSAL_OK);
    assert_int_equal(mir_relay_log_state(relay.log, &log, NULL), MIRSAL_OK);
    assert_true(log.has_checkpoint);
    assert_int_equal(log.checkpoint.size, 1);
    assert_true(mir_checkpoint_verify(&log.checkpoint, &name, &relay.admin.store->team));
    test_env_advance(&relay.admin.world, 5000);
    assert_int_equal(mir_relay_log_checkpoint(relay.log, &name, &secret, NULL), MIRSAL_OK);
    relay_fixture_reopen(&relay);
    assert_int_equal(mir_relay_log_state(relay.log, &again, NULL), MIRSAL_OK);
    assert_memory_equal(&log.checkpoint, &again.checkpoint, sizeof log.checkpoint);
    relay_fixture_put_all(&relay, &relay.admin);
    assert_int_equal(mir_relay_log_checkpoint(relay.log, &name, &secret, NULL), MIRSAL_OK);
    assert_int_equal(mir_relay_log_state(relay.log, &again, NULL), MIRSAL_OK);
    assert_int_equal(again.checkpoint.size, again.size);
    relay_fixture_close(&relay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_and_proofs_are_those_of_rfc_6962),
        cmocka_unit_test(a_checkpoint_is_signed_once_a_size_and_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
