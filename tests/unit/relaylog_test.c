/* SPDX-License-Identifier: Apache-2.0 */
/* unit/relaylog_test.c - a log is made from genesis, opened again, counted, copied, checked. */
#include "relaylog.h"

#include "relay_fixture.h"
#include "relaylogin.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void it_holds_genesis_and_comes_back(void **state)
{
    (void)state;
    struct relay_fixture relay;
    struct mir_sync_log before;
    struct mir_sync_log after;
    relay_fixture_open(&relay, 11);
    assert_memory_equal(mir_relay_log_of(relay.log), &relay.admin.store->team, 32);
    assert_int_equal(mir_relay_log_state(relay.log, &before, NULL), MIRSAL_OK);
    assert_int_equal(before.size, 1);
    assert_int_equal(before.has_checkpoint, 0);
    relay_fixture_reopen(&relay);
    assert_memory_equal(mir_relay_log_of(relay.log), &relay.admin.store->team, 32);
    assert_int_equal(mir_relay_log_state(relay.log, &after, NULL), MIRSAL_OK);
    assert_memory_equal(before.store_epoch, after.store_epoch, 8);
    assert_int_equal(mir_relay_log_restored(relay.log, NULL), MIRSAL_OK);
    assert_int_equal(mir_relay_log_state(relay.log, &after, NULL), MIRSAL_OK);
    assert_memory_not_equal(before.store_epoch, after.store_epoch, 8);
    relay_fixture_close(&relay);
}

/* As the server asks before it serves: at its place, elsewhere, and as a copy made of it. */
static void a_log_that_lies_elsewhere_begins_anew(void **state)
{
    (void)state;
    static const uint64_t inodes[] = { 41, 41, 42, 42, 0 };
    struct relay_fixture relay;
    struct mir_sync_log before;
    struct mir_sync_log after;
    char copy[200];
    int anew = 0;
    relay_fixture_open(&relay, 17);
    for (size_t i = 0; i < sizeof inodes / sizeof inodes[0]; i++) {
        assert_int_equal(mir_relay_log_state(relay.log, &before, NULL), MIRSAL_OK);
        assert_int_equal(mir_relay_log_settle(&anew, relay.log, inodes[i], NULL), MIRSAL_OK);
        assert_int_equal(anew, i != 1 && i != 3);
        assert_int_equal(mir_relay_log_state(relay.log, &after, NULL), MIRSAL_OK);
        assert_int_equal(memcmp(before.store_epoch, after.store_epoch, 8) != 0, anew);
    }
    assert_int_equal(mir_relay_log_settle(&anew, relay.log, 43, NULL), MIRSAL_OK);
    snprintf(copy, sizeof copy, "%s.copy", relay.path);
    assert_int_equal(mir_relay_log_copy(relay.log, copy, NULL), MIRSAL_OK);
    mir_relay_log_close(relay.log);
    assert_int_equal(
        mir_relay_log_open(&relay.log, &relay.admin.world.env, copy, NULL, NULL), MIRSAL_OK);
    /* Even where the copy was given the very inode. */
    assert_int_equal(mir_relay_log_settle(&anew, relay.log, 43, NULL), MIRSAL_OK);
    assert_int_equal(anew, 1);
    unlink(copy);
    relay_fixture_close(&relay);
}

static void only_a_genesis_founds_a_log(void **state)
{
    (void)state;
    struct relay_fixture relay;
    struct mir_arena arena;
    struct mir_changeset other;
    struct mir_buf lone;
    mirsal_hash team;
    relay_fixture_open(&relay, 12);
    mir_arena_init(&arena, &relay.admin.world.env, 1 << 22);
    relay_fixture_load(&other, &arena, &relay.admin, 2);
    mir_buf_init(&lone, &relay.admin.world.env, 1 << 20);
    mir_changeset_encode(&lone, &other);
    assert_int_equal(mir_relay_log_team(&team, mir_buf_bytes(&lone), NULL), MIRSAL_NOT_AUTHENTIC);
    lone.data[lone.size - 1] ^= 1;
    assert_int_not_equal(mir_relay_log_team(&team, mir_buf_bytes(&lone), NULL), MIRSAL_OK);
    mir_buf_fini(&lone);
    mir_arena_fini(&arena);
    relay_fixture_close(&relay);
}

static void what_is_rolled_back_is_gone(void **state)
{
    (void)state;
    struct relay_fixture relay;
    struct mir_arena arena;
    struct mir_changeset changeset;
    struct mir_reject reject;
    struct mir_sync_log log;
    uint64_t arrival = 0;
    int taken = 0;
    relay_fixture_open(&relay, 13);
    mir_arena_init(&arena, &relay.admin.world.env, 1 << 22);
    relay_fixture_load(&changeset, &arena, &relay.admin, 2);
    assert_int_equal(mir_relay_log_begin(relay.log, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_relay_log_append(&taken, &arrival, &reject, relay.log, NULL, &changeset, NULL),
        MIRSAL_OK);
    assert_int_equal(arrival, 2);
    mir_relay_log_rollback(relay.log);
    assert_int_equal(mir_relay_log_state(relay.log, &log, NULL), MIRSAL_OK);
    assert_int_equal(log.size, 1);
    assert_int_equal(relay_fixture_put(&relay, &changeset, &arrival), 0);
    assert_int_equal(arrival, 2);
    mir_arena_fini(&arena);
    relay_fixture_close(&relay);
}

static void a_copy_is_the_log_and_damage_is_found(void **state)
{
    (void)state;
    struct relay_fixture relay;
    struct mir_relay_counts counts;
    struct mir_relay_counts copied;
    struct mir_sign_public identity;
    struct mir_sign_secret secret;
    mirsal_hash name;
    char copy[128];
    const uint8_t seed[32] = { 3 };
    relay_fixture_open(&relay, 14);
    size_t stored = relay_fixture_put_all(&relay, &relay.admin);
    stored += relay_fixture_put_all(&relay, &relay.monitor);
    mir_sign_keypair(&identity, &secret, seed);
    memcpy(name.bytes, identity.bytes, 32);
    assert_int_equal(mir_relay_log_checkpoint(relay.log, &name, &secret, NULL), MIRSAL_OK);
    assert_int_equal(mir_relay_log_counts(&counts, relay.log, NULL), MIRSAL_OK);
    assert_int_equal(counts.changesets, stored + 1);
    assert_int_equal(counts.devices, 2);
    assert_true(counts.bytes > 300 * counts.changesets);
    snprintf(copy, sizeof copy, "%s.copy", relay.path);
    assert_int_equal(mir_relay_log_copy(relay.log, copy, NULL), MIRSAL_OK);
    assert_int_equal(mir_relay_log_check(relay.log, NULL), MIRSAL_OK);
    mir_relay_log_close(relay.log);
    assert_int_equal(
        mir_relay_log_open(&relay.log, &relay.admin.world.env, copy, NULL, NULL), MIRSAL_OK);
    assert_int_equal(mir_relay_log_counts(&copied, relay.log, NULL), MIRSAL_OK);
    assert_memory_equal(&counts, &copied, sizeof counts);
    assert_int_equal(mir_relay_log_check(relay.log, NULL), MIRSAL_OK);
    unlink(copy);
    relay_fixture_close(&relay);
}

/* One byte anywhere in what changesets and tree consist of. */
static void a_flipped_byte_is_found(void **state)
{
    static const char *const changes[] = {
        "UPDATE content SET body = CAST(substr(body, 1, 40) || x'00' || substr(body, 42) AS BLOB)"
        " WHERE no = 3",
        "UPDATE content SET header = CAST(substr(header, 1, 60) || x'07' || substr(header, 62)"
        " AS BLOB) WHERE no = 2",
        "UPDATE content SET signature = CAST(x'01' || substr(signature, 2) AS BLOB) WHERE no = 1",
        "UPDATE node SET hash = CAST(x'01' || substr(hash, 2) AS BLOB) WHERE level = 1",
        "DELETE FROM content WHERE no = 2",
    };
    (void)state;
    struct relay_fixture relay;
    relay_fixture_open(&relay, 15);
    relay_fixture_put_all(&relay, &relay.admin);
    assert_int_equal(mir_relay_log_check(relay.log, NULL), MIRSAL_OK);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        assert_int_equal(mir_relay_log_begin(relay.log, NULL), MIRSAL_OK);
        assert_int_equal(mir_sql_run(relay.log->sql, changes[i], NULL), MIRSAL_OK);
        assert_int_equal(mir_relay_log_check(relay.log, NULL), MIRSAL_CORRUPT);
        mir_relay_log_rollback(relay.log);
    }
    assert_int_equal(mir_relay_log_check(relay.log, NULL), MIRSAL_OK);
    relay_fixture_close(&relay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_holds_genesis_and_comes_back),
        cmocka_unit_test(a_log_that_lies_elsewhere_begins_anew),
        cmocka_unit_test(only_a_genesis_founds_a_log),
        cmocka_unit_test(what_is_rolled_back_is_gone),
        cmocka_unit_test(a_copy_is_the_log_and_damage_is_found),
        cmocka_unit_test(a_flipped_byte_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
