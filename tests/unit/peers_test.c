/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/peers_test.c - relays are remembered by identity, told to the team, and learned from it.
 */
#include "peers.h"

#include "members.h"
#include "sql.h"
#include "team.h"
#include "test_team.h"

#include <string.h>

static struct test_store founder;
static struct test_store monitor;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    test_team_found(&founder, 1);
    test_team_join(&monitor, &founder, 2, &terms);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&monitor);
    test_store_fini(&founder);
    return 0;
}

static void a_relay_is_said_once_and_learned_by_others(void **state)
{
    (void)state;
    static const mirsal_hash identity = { { 7 } };
    struct mir_bytes token = { (const uint8_t *)"token", 5 };
    struct mir_bytes none = { NULL, 0 };
    struct mir_peer *peers = NULL;
    struct mir_arena arena;
    size_t count = 9;
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    assert_int_equal(mir_relay_add(founder.store, "", &identity, none, &err), MIRSAL_BAD_VALUE);
    assert_int_equal(mir_relay_list(&peers, &count, &arena, founder.store, &err), MIRSAL_OK);
    assert_int_equal(count, 0);
    assert_int_equal(mir_relay_add(founder.store, "http://a", &identity, token, &err), MIRSAL_OK);
    int64_t said = test_team_count(&founder, "SELECT count(*) FROM changeset");
    assert_int_equal(mir_relay_add(founder.store, "http://a", &identity, none, &err), MIRSAL_OK);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM changeset"), said);
    assert_int_equal(mir_relay_add(founder.store, "http://b", &identity, none, &err), MIRSAL_OK);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM changeset"), said + 1);
    assert_int_equal(mir_relay_list(&peers, &count, &arena, founder.store, &err), MIRSAL_OK);
    assert_int_equal(count, 1);
    assert_memory_equal(peers[0].url.data, "http://b", 8);
    assert_memory_equal(peers[0].identity.bytes, identity.bytes, 32);
    assert_int_equal(peers[0].registered, 0);
    test_team_meet(&founder, &monitor, 1);
    assert_int_equal(test_team_count(&monitor, "SELECT count(*) FROM peer"
                                               " WHERE url = 'http://b' AND token IS NULL"),
        1);
    /* A monitor adds a relay for itself alone. */
    mirsal_hash other = { { 8 } };
    said = test_team_count(&monitor, "SELECT count(*) FROM changeset");
    assert_int_equal(mir_relay_add(monitor.store, "http://c", &other, none, &err), MIRSAL_OK);
    assert_int_equal(test_team_count(&monitor, "SELECT count(*) FROM changeset"), said);
    mir_arena_fini(&arena);
}

static void the_newest_goes_into_invites(void **state)
{
    (void)state;
    static const struct test_invite terms = { .role = MIR_ROLE_OBSERVER, .uses = 1 };
    static const mirsal_hash identity = { { 7 } };
    struct mir_bytes none = { NULL, 0 };
    struct mir_bytes url;
    struct test_store observer;
    struct mir_arena arena;
    mirsal_hash found;
    uint32_t serial = 0;
    int has = 1;
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    assert_int_equal(
        mir_peer_newest(&has, &url, &found, &serial, &arena, founder.store, &err), MIRSAL_OK);
    assert_int_equal(has, 0);
    assert_int_equal(mir_relay_add(founder.store, "http://a", &identity, none, &err), MIRSAL_OK);
    test_team_join(&observer, &founder, 3, &terms);
    assert_int_equal(
        mir_peer_newest(&has, &url, &found, &serial, &arena, observer.store, &err), MIRSAL_OK);
    assert_int_equal(has, 1);
    assert_memory_equal(url.data, "http://a", 8);
    test_store_fini(&observer);
    mir_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_relay_is_said_once_and_learned_by_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_newest_goes_into_invites, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
