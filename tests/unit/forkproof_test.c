/* SPDX-License-Identifier: Apache-2.0 */
/* unit/forkproof_test.c - chains that really fork: what stands everywhere, and who proves it. */
#include "forkproof.h"

#include "duties.h"
#include "members.h"
#include "relay_fixture.h"
#include "test_twin.h"
#include "verdict.h"

#include <stdio.h>
#include <string.h>

/* Office and phone of the relay's fixture; a second coordinator; the phone's files, copied. */
static struct relay_fixture relay;
static struct test_store reader;
static struct test_store twin;
static mirsal_hash phone;
static mirsal_error err;

static int set_up(void **state)
{
    static const struct test_invite coordinator = {
        .role = MIR_ROLE_COORDINATOR, .protected_ = 1, .uses = 1, .in_person = 1
    };
    (void)state;
    relay_fixture_open(&relay, 61);
    test_team_join(&reader, &relay.admin, 70, &coordinator);
    test_team_meet(&relay.admin, &reader, 1);
    test_team_meet(&relay.admin, &relay.monitor, 2);
    test_team_meet(&relay.admin, &reader, 3);
    phone = *mir_store_device(relay.monitor.store);
    test_twin_make(&twin, &relay.monitor, 71);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&twin);
    test_store_fini(&reader);
    relay_fixture_close(&relay);
    return 0;
}

static int64_t reports(struct test_store *device, const char *text)
{
    char sql[200];
    (void)snprintf(sql, sizeof sql,
        "SELECT count(*) FROM r_1 WHERE instr(f111, CAST('%s' AS BLOB)) > 0", text);
    return test_team_count(device, sql);
}

/* Of the phone's data, as the device holds it. */
static int64_t held(struct test_store *device, enum mir_held state, enum mir_reason reason)
{
    char sql[300];
    char key[65];
    for (int i = 0; i < 32; i++) {
        (void)snprintf(key + 2 * i, 3, "%02x", phone.bytes[i]);
    }
    (void)snprintf(sql, sizeof sql,
        "SELECT count(*) FROM changeset AS c JOIN device AS d ON d.no = c.device"
        " WHERE d.key = x'%s' AND c.compartment <> 255 AND c.state = %d AND c.reason = %d",
        key, (int)state, (int)reason);
    return test_team_count(device, sql);
}

static uint32_t run(struct test_store *device)
{
    uint32_t wrote = 9;
    assert_int_equal(mir_duties_run(&wrote, device->store, &err), MIRSAL_OK);
    return wrote;
}

static size_t list(struct test_store *device, struct mir_fork out[4])
{
    struct mir_fork *forks = NULL;
    struct mir_arena arena;
    size_t count = 0;
    mir_arena_init(&arena, &device->world.env, 1 << 20);
    assert_int_equal(mir_forks(&forks, &count, &arena, device->store, &err), MIRSAL_OK);
    assert_true(count <= 4);
    for (size_t i = 0; i < count; i++) {
        out[i] = forks[i];
    }
    mir_arena_fini(&arena);
    return count;
}

static int64_t proofs(struct test_store *device)
{
    const struct mir_members *members = device->store->members;
    int64_t found = 0;
    for (size_t i = 0; i < members->count; i++) {
        for (size_t j = 0; j < members->facts[i].statement_count; j++) {
            const struct mir_statement *what = &members->facts[i].statements[j];
            found += what->kind == MIR_STATEMENT_FORK_PROOF && what->fork_proof.two != NULL;
        }
    }
    return found;
}

/* Two branches: one changeset by the phone, two by the twin. */
static void fork_it(void)
{
    (void)test_team_report(&relay.monitor, "of the phone");
    (void)test_team_report(&twin, "of the twin");
    (void)test_team_report(&twin, "of the twin, later");
}

static void the_branch_that_a_receipt_names_stands_on_every_replica(void **state)
{
    (void)state;
    struct mir_fork forks[4];
    fork_it();
    test_team_meet(&relay.admin, &relay.monitor, 4); /* its receipt names the phone's branch */
    test_team_carry(&relay.admin, &twin, 5, 1);
    assert_int_equal(reports(&relay.admin, "of the phone"), 1);
    assert_int_equal(reports(&relay.admin, "of the twin"), 0);
    assert_int_equal(held(&relay.admin, MIR_STATE_QUARANTINED, MIR_REASON_FORK), 2);
    /* Another order: the twin's work first, and shown until the other branch comes. */
    test_team_carry(&reader, &twin, 6, 1);
    assert_int_equal(reports(&reader, "of the twin"), 2);
    test_team_meet(&relay.admin, &reader, 7);
    assert_int_equal(reports(&reader, "of the phone"), 1);
    assert_int_equal(reports(&reader, "of the twin"), 0);
    assert_int_equal(held(&reader, MIR_STATE_QUARANTINED, MIR_REASON_FORK), 2);
    mirsal_hash digest = test_team_digest(&relay.admin);
    mirsal_hash other = test_team_digest(&reader);
    assert_memory_equal(digest.bytes, other.bytes, sizeof digest.bytes);
    assert_int_equal(list(&reader, forks), 1);
    assert_memory_equal(forks[0].device.bytes, phone.bytes, 32);
    assert_int_equal(forks[0].compartment, 0);
    assert_true(forks[0].held[0] != 0 && forks[0].held[1] != 0 && forks[0].proven);
}

static void whoever_holds_both_proves_it_once(void **state)
{
    (void)state;
    fork_it();
    test_team_carry(&relay.admin, &relay.monitor, 4, 0);
    test_team_carry(&relay.admin, &twin, 5, 0);
    assert_int_equal(proofs(&relay.admin), 0);
    assert_int_equal(run(&relay.admin), 1);
    assert_int_equal(proofs(&relay.admin), 1);
    assert_int_equal(run(&relay.admin), 0);
    test_team_carry(&reader, &relay.admin, 6, 0);
    (void)run(&reader);
    (void)run(&reader);
    assert_int_equal(proofs(&reader), 1); /* holds both, and the proofs of another */
}

static void carry_control(struct test_store *to, struct test_store *from)
{
    struct mir_accept_counts counts = { 0 };
    struct mir_arena arena;
    mir_arena_init(&arena, &from->world.env, 1 << 24);
    int64_t count = test_team_count(from, "SELECT count(*) FROM changeset");
    assert_int_equal(mir_store_begin(to->store, &err), MIRSAL_OK);
    for (int64_t no = 1; no <= count; no++) {
        enum mir_accepted accepted = MIR_ACCEPT_STORED;
        struct mir_changeset changeset;
        relay_fixture_load(&changeset, &arena, from, no);
        if (changeset.fields.compartment == MIR_COMPARTMENT_CONTROL) {
            assert_int_equal(mir_accept_put(&accepted, to->store, &changeset, &err), MIRSAL_OK);
        }
    }
    assert_int_equal(mir_accept_settle(&counts, to->store, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(to->store, &err), MIRSAL_OK);
    mir_arena_fini(&arena);
}

static void one_branch_alone_is_known_by_its_proof(void **state)
{
    (void)state;
    struct mir_fork forks[4];
    fork_it();
    test_team_carry(&relay.admin, &relay.monitor, 4, 0);
    test_team_carry(&relay.admin, &twin, 5, 0);
    assert_int_equal(run(&relay.admin), 1);
    assert_int_equal(list(&relay.monitor, forks), 0);
    carry_control(&relay.monitor, &relay.admin);
    assert_int_equal(list(&relay.monitor, forks), 1);
    assert_true(forks[0].proven && forks[0].held[0] == 0 && forks[0].held[1] == 0);
    assert_int_equal(held(&relay.monitor, MIR_STATE_QUARANTINED, MIR_REASON_FORK), 1);
    assert_int_equal(run(&relay.monitor), 0); /* no proof of what is proven */
}

static void a_relay_keeps_both(void **state)
{
    (void)state;
    struct mir_relay_counts before;
    struct mir_relay_counts after;
    struct mir_arena arena;
    size_t forked = 0;
    uint64_t arrival = 0;
    fork_it();
    (void)relay_fixture_put_all(&relay, &relay.admin);
    (void)relay_fixture_put_all(&relay, &relay.monitor);
    assert_int_equal(mir_relay_log_counts(&before, relay.log, &err), MIRSAL_OK);
    mir_arena_init(&arena, &twin.world.env, 1 << 24);
    int64_t count = test_team_count(&twin, "SELECT count(*) FROM changeset");
    for (int64_t no = 1; no <= count; no++) {
        struct mir_changeset changeset;
        relay_fixture_load(&changeset, &arena, &twin, no);
        enum mir_reject_code code = relay_fixture_put(&relay, &changeset, &arrival);
        assert_true(code == 0 || code == MIR_REJECT_FORK);
        forked += code == MIR_REJECT_FORK && arrival > 0;
    }
    assert_int_equal(forked, 1); /* what follows the first has its place alone */
    assert_int_equal(mir_relay_log_counts(&after, relay.log, &err), MIRSAL_OK);
    assert_int_equal(after.changesets, before.changesets + 2);
    assert_int_equal(mir_relay_log_check(relay.log, &err), MIRSAL_OK);
    mir_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_branch_that_a_receipt_names_stands_on_every_replica, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whoever_holds_both_proves_it_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_branch_alone_is_known_by_its_proof, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_relay_keeps_both, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
