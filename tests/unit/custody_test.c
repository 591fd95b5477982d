/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/custody_test.c - whose copies of an own changeset are known.
 */
#include "replica.h"

#include "known.h"
#include "peers.h"
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

static void a_copy_is_told_by_who_has_it(void **state)
{
    (void)state;
    static const mirsal_hash identity = { { 7 } };
    struct mir_bytes url = { (const uint8_t *)"http://localhost:1", 18 };
    struct mir_chain_row row;
    struct mir_unsent unsent;
    enum mir_custody custody;
    uint32_t readers = 9;
    int64_t peer = 0;
    (void)test_team_report(&monitor, "one");
    int64_t no = test_team_count(&monitor, "SELECT no FROM changeset WHERE compartment = 0");
    assert_int_equal(mir_custody_of(&custody, &readers, monitor.store, no, &err), MIRSAL_OK);
    assert_int_equal(custody, MIR_CUSTODY_DEVICE);
    assert_int_equal(readers, 0);
    assert_int_equal(mir_store_begin(monitor.store, &err), MIRSAL_OK);
    assert_int_equal(mir_peer_keep(monitor.store, url, &identity, 0, &err), MIRSAL_OK);
    assert_int_equal(mir_peer_find(&peer, monitor.store, &identity, &err), MIRSAL_OK);
    assert_int_equal(mir_chain_row(&row, monitor.store->sql, no, &err), MIRSAL_OK);
    assert_int_equal(mir_known_mark(monitor.store, peer, &row, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(monitor.store, &err), MIRSAL_OK);
    assert_int_equal(mir_custody_of(&custody, &readers, monitor.store, no, &err), MIRSAL_OK);
    assert_int_equal(custody, MIR_CUSTODY_RELAY);
    assert_int_equal(mir_replica_unsent(&unsent, monitor.store, &err), MIRSAL_OK);
    assert_int_equal(unsent.changesets, 0);
    test_team_meet(&founder, &monitor, 5);
    assert_int_equal(mir_custody_of(&custody, &readers, monitor.store, no, &err), MIRSAL_OK);
    assert_int_equal(custody, MIR_CUSTODY_READERS);
    assert_int_equal(readers, 1);
    assert_string_equal(mir_custody_name(custody), "readers");
    /* What came after is on this device alone again. */
    (void)test_team_report(&monitor, "two");
    no = test_team_count(&monitor, "SELECT max(no) FROM changeset WHERE compartment = 0");
    assert_int_equal(mir_custody_of(&custody, &readers, monitor.store, no, &err), MIRSAL_OK);
    assert_int_equal(custody, MIR_CUSTODY_DEVICE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_copy_is_told_by_who_has_it, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
