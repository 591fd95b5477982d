/* SPDX-License-Identifier: Apache-2.0 */
/* unit/carry_test.c - two copies of one device signed: nothing is lost, nothing counts twice. */
#include "carry.h"

#include "identity.h"
#include "retire.h"
#include "test_twin.h"

#include <stdio.h>
#include <string.h>

static struct test_store office;
static struct test_store phone;
static struct test_store twin;
static mirsal_error err;

static int set_up(void **state)
{
    static const struct test_invite monitor = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    (void)state;
    test_team_found(&office, 1);
    test_team_join(&phone, &office, 2, &monitor);
    test_team_report(&phone, "before both");
    test_team_meet(&office, &phone, 1);
    test_twin_make(&twin, &phone, 3);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&twin);
    test_store_fini(&phone);
    test_store_fini(&office);
    return 0;
}

static int64_t reports(struct test_store *device, const char *text)
{
    char sql[200];
    (void)snprintf(sql, sizeof sql,
        "SELECT count(*) FROM r_1 WHERE instr(f111, CAST('%s' AS BLOB)) > 0", text);
    return test_team_count(device, sql);
}

static void what_lost_is_carried_over_once(void **state)
{
    (void)state;
    uint32_t carried = 0;
    mirsal_id lost = test_team_report(&twin, "of the twin");
    assert_int_equal(test_team_edit(&twin, &lost, "of the twin, corrected"), MIRSAL_OK);
    test_team_report(&phone, "of the phone");
    test_team_meet(&office, &phone, 2); /* the office's receipt names the phone's branch */
    test_team_carry(&twin, &office, 3, 0);
    twin.store->behind = 1;
    assert_int_equal(mir_team_retire(twin.store, &err), MIRSAL_OK);
    assert_int_equal(reports(&twin, "of the twin, corrected"), 1);
    assert_int_equal(mir_store_begin(twin.store, &err), MIRSAL_OK);
    assert_int_equal(mir_carry_over(&carried, twin.store, &err), MIRSAL_OK);
    assert_int_equal(carried, 0);
    assert_int_equal(mir_store_commit(twin.store, &err), MIRSAL_OK);
    test_team_meet(&office, &twin, 4);
    assert_int_equal(reports(&office, "before both"), 1);
    assert_int_equal(reports(&office, "of the phone"), 1);
    assert_int_equal(reports(&office, "of the twin"), 1);
    assert_int_equal(reports(&office, "of the twin, corrected"), 1);
    assert_int_equal(test_team_count(&office, "SELECT count(*) FROM r_1"), 3);
    /* The correction supersedes what it corrected, as it did in the branch. */
    assert_int_equal(test_team_count(&office, "SELECT count(*) FROM review WHERE kind <= 2"), 0);
}

static void refer(uint8_t value[19], const mirsal_id *record)
{
    static const uint8_t form[] = { 0x91, 0xc4, 16 };
    memcpy(value, form, sizeof form);
    memcpy(value + sizeof form, record->bytes, sizeof record->bytes);
}

/* A casualty of that incident, and that it supersedes another; its id. */
static mirsal_id count_casualty(struct test_store *device,
    const mirsal_id *incident,
    const mirsal_id *superseded)
{
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    mirsal_id id;
    uint8_t scope[19];
    uint8_t key[19];
    static const uint8_t present = 1;
    const struct mir_bytes none = { NULL, 0 };
    assert_int_equal(mir_txn_begin(&txn, device->store, MIR_TXN_LONE, &err), MIRSAL_OK);
    assert_int_equal(mir_txn_create(&id, txn, 5, -1, &err), MIRSAL_OK);
    refer(scope, incident);
    assert_int_equal(
        mir_txn_write(txn, &id, 505, none, (struct mir_bytes){ scope, sizeof scope }, &err),
        MIRSAL_OK);
    if (superseded != NULL) {
        refer(key, superseded);
        assert_int_equal(mir_txn_write(txn, &id, 503, (struct mir_bytes){ key + 1, 18 },
                             (struct mir_bytes){ &present, 1 }, &err),
            MIRSAL_OK);
    }
    assert_int_equal(mir_txn_commit(&result, txn, &err), MIRSAL_OK);
    return id;
}

static void references_follow(void **state)
{
    (void)state;
    static const char scopes[] = "SELECT count(*) FROM r_5 AS c JOIN r_1 AS i"
                                 " ON instr(c.f505, i.id) > 0"
                                 " WHERE instr(i.f111, CAST('of the twin' AS BLOB)) > 0";
    static const char supersedes[] = "SELECT count(*) FROM r_5 AS c JOIN r_5 AS d"
                                     " ON instr(c.f503, d.id) > 0 AND c.id <> d.id";
    mirsal_id incident = test_team_report(&twin, "of the twin");
    mirsal_id first = count_casualty(&twin, &incident, NULL);
    count_casualty(&twin, &incident, &first);
    test_team_report(&phone, "of the phone");
    test_team_meet(&office, &phone, 2);
    test_team_carry(&twin, &office, 3, 0);
    twin.store->behind = 1;
    assert_int_equal(mir_team_retire(twin.store, &err), MIRSAL_OK);
    test_team_meet(&office, &twin, 4);
    assert_int_equal(test_team_count(&office, "SELECT count(*) FROM r_5"), 2);
    assert_int_equal(test_team_count(&office, scopes), 2);
    assert_int_equal(test_team_count(&office, supersedes), 1);
    assert_int_equal(test_team_count(&twin, scopes), 2);
    /* The branch that lost is kept. */
    assert_true(test_team_count(&office, "SELECT count(*) FROM changeset WHERE state = 2") >= 3);
}

static void what_may_still_count_waits(void **state)
{
    (void)state;
    test_team_report(&twin, "of the twin");
    test_team_report(&phone, "of the phone");
    test_team_carry(&twin, &phone, 3, 0); /* nobody has named a branch */
    int64_t before = test_team_count(&twin, "SELECT count(*) FROM changeset WHERE compartment = 0");
    twin.store->behind = 1;
    assert_int_equal(mir_team_retire(twin.store, &err), MIRSAL_OK);
    assert_int_equal(
        test_team_count(&twin, "SELECT count(*) FROM changeset WHERE compartment = 0"), before);
    assert_int_equal(test_team_count(&twin, "SELECT count(*) FROM left_head"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_lost_is_carried_over_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(references_follow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_may_still_count_waits, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
