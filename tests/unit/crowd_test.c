/* SPDX-License-Identifier: Apache-2.0 */
/* unit/crowd_test.c - large teams, and a hostile admin's storm of statements, judged in time. */
#include "line.h"
#include "team_fixture.h"

#include <string.h>
#include <time.h>

#define MANY_DEVICES 1000u
#define MANY_FACTS   5000u

struct crowd {
    struct mir_control facts[MANY_FACTS];
    struct mir_statement statements[MANY_FACTS];
};

static struct mir_control *crowd_say(struct crowd *crowd,
    size_t count,
    mirsal_hash device,
    const struct mir_control *prev,
    const struct mir_control *authority)
{
    struct mir_control *fact = &crowd->facts[count];
    uint64_t mixed = (count + 1) * UINT64_C(0x9E3779B97F4A7C15);
    memcpy(fact->id.bytes, &mixed, sizeof mixed);
    fact->device = device;
    fact->seq = prev == NULL ? 1 : prev->seq + 1;
    if (prev != NULL) {
        fact->prev = prev->id;
    }
    fact->authority = authority->id;
    fact->statements = &crowd->statements[count];
    fact->statement_count = 1;
    return fact;
}

/* One invite, a thousand joins, an admit and a role for each, receipts for the rest. */
static size_t draw_crowd(struct crowd *crowd)
{
    static struct mir_control *joins[MANY_DEVICES];
    size_t count = 0;
    struct mir_control *last = crowd_say(crowd, count++, team_key('R'), NULL, &crowd->facts[0]);
    crowd->statements[0].genesis.is_team = 1;
    crowd->statements[0].genesis.founder = team_key('F');
    last = crowd_say(crowd, count++, team_key('F'), NULL, last);
    crowd->statements[1].kind = MIR_STATEMENT_INVITE;
    crowd->statements[1].invite.role = MIR_ROLE_MONITOR;
    crowd->statements[1].invite.uses = MANY_DEVICES / 2;
    const struct mir_control *invite = last;
    for (size_t i = 0; i < MANY_DEVICES; i++) {
        mirsal_hash device = team_key('d');
        memcpy(device.bytes, &i, sizeof i);
        crowd->statements[count].kind = MIR_STATEMENT_JOIN;
        crowd->statements[count].join.grant = invite->id;
        crowd->statements[count].join.proof_ok = 1;
        joins[i] = crowd_say(crowd, count++, device, NULL, invite);
    }
    for (size_t i = 0; i < 2 * MANY_DEVICES; i++) {
        const struct mir_control *join = joins[i / 2];
        struct mir_statement *said = &crowd->statements[count];
        said->kind = i % 2 == 0 ? MIR_STATEMENT_ADMIT : MIR_STATEMENT_ROLE;
        if (i % 2 == 0) {
            said->admit.device = join->device;
            said->admit.join = join->id;
            said->admit.confirmed = 1;
        } else {
            said->role.device = join->device;
            said->role.role = MIR_ROLE_COORDINATOR;
        }
        last = crowd_say(crowd, count++, team_key('F'), last, join);
    }
    for (size_t i = 0; count < MANY_FACTS; i = (i + 1) % MANY_DEVICES) {
        crowd->statements[count].kind = MIR_STATEMENT_RECEIPT;
        joins[i] = crowd_say(crowd, count++, joins[i]->device, joins[i], last);
    }
    return count;
}

static void a_large_team_is_judged_in_time(void **state)
{
    (void)state;
    struct crowd *crowd = test_calloc(1, sizeof *crowd);
    struct test_env test;
    test_env_init(&test, 5);
    size_t count = draw_crowd(crowd);
    struct mir_membership found;
    struct timespec before;
    struct timespec after;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before), 0);
    assert_int_equal(
        mir_membership_evaluate(&found, crowd->facts, count, &test.env, NULL), MIRSAL_OK);
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after), 0);
    int64_t ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    print_message(
        "%zu control changesets of %zu devices: %d ms\n", count, found.member_count, (int)ms);
    assert_true(ms < 500); /* 50 is the aim; sanitizers and slow machines take more */
    assert_int_equal(found.member_count, MANY_DEVICES + 1);
    assert_int_equal(found.fault_count, 0);
    for (size_t i = 0; i < found.member_count; i++) {
        assert_true(found.members[i].settled && found.members[i].role >= MIR_ROLE_COORDINATOR);
    }
    mir_membership_fini(&found);
    test_env_fini(&test);
    test_free(crowd);
}

#define STORM 10000u

struct storm {
    struct mir_control facts[3 * STORM + 4];
    struct mir_statement statements[3 * STORM + 4];
    struct mir_data_header data[STORM];
    struct mir_verdict states[STORM];
    struct mir_spot places[STORM];
};

static struct mir_control *storm_say(struct storm *storm,
    size_t at,
    mirsal_hash device,
    const struct mir_control *prev,
    const struct mir_control *authority)
{
    struct mir_control *fact = &storm->facts[at];
    uint64_t mixed = (at + 1) * UINT64_C(0x9E3779B97F4A7C15);
    memcpy(fact->id.bytes, &mixed, sizeof mixed);
    fact->device = device;
    fact->seq = prev == NULL ? 1 : prev->seq + 1;
    if (prev != NULL) {
        fact->prev = prev->id;
    }
    fact->authority = authority->id;
    fact->statements = &storm->statements[at];
    fact->statement_count = 1;
    return fact;
}

/* A hostile admin: ten thousand joins under one invite, as many roles and cuts of one device. */
static size_t draw_storm(struct storm *storm)
{
    size_t count = 0;
    struct mir_control *genesis = &storm->facts[0];
    struct mir_control *last = storm_say(storm, count++, team_key('R'), NULL, genesis);
    storm->statements[0].genesis.is_team = 1;
    storm->statements[0].genesis.founder = team_key('F');
    last = storm_say(storm, count++, team_key('F'), NULL, genesis);
    storm->statements[1].kind = MIR_STATEMENT_INVITE;
    storm->statements[1].invite.role = MIR_ROLE_MONITOR;
    storm->statements[1].invite.uses = 1;
    const struct mir_control *invite = last;
    for (size_t i = 0; i < STORM; i++) {
        mirsal_hash device = team_key('d');
        memcpy(device.bytes, &i, sizeof i);
        storm->statements[count].kind = MIR_STATEMENT_JOIN;
        storm->statements[count].join.grant = invite->id;
        storm->statements[count].join.proof_ok = 1;
        (void)storm_say(storm, count++, device, NULL, invite);
    }
    const struct mir_control *target = &storm->facts[2];
    storm->statements[count].kind = MIR_STATEMENT_ADMIT;
    storm->statements[count].admit.device = target->device;
    storm->statements[count].admit.join = target->id;
    last = storm_say(storm, count++, team_key('F'), last, genesis);
    for (size_t i = 0; i < STORM; i++) {
        struct mir_data_header *header = &storm->data[i];
        uint64_t mixed = (i + 1) * UINT64_C(0xD1B54A32D192ED03);
        memcpy(header->id.bytes, &mixed, sizeof mixed);
        header->device = target->device;
        header->seq = i + 1;
        header->authority = target->id;
        header->prev = i > 0 ? storm->data[i - 1].id : header->prev;
    }
    for (size_t i = 0; i < 2 * STORM; i++) {
        struct mir_statement *said = &storm->statements[count];
        struct mir_spot *place = &storm->places[i / 2];
        *place = (struct mir_spot){ 0, STORM - i / 2, storm->data[STORM - 1 - i / 2].id };
        said->kind = i % 2 == 0 ? MIR_STATEMENT_ROLE : MIR_STATEMENT_CUT;
        if (i % 2 == 0) {
            said->role.device = target->device;
            said->role.role = i % 4 == 0 ? MIR_ROLE_OBSERVER : MIR_ROLE_COORDINATOR;
            said->role.cut.items = place;
            said->role.cut.count = 1;
        } else {
            said->cut.device = target->device;
            said->cut.places.items = place;
            said->cut.places.count = 1;
        }
        last = storm_say(storm, count++, team_key('F'), last, genesis);
    }
    return count;
}

static void ten_thousand_of_everything_are_judged_in_time(void **state)
{
    (void)state;
    struct storm *storm = test_calloc(1, sizeof *storm);
    struct test_env test;
    test_env_init(&test, 5);
    size_t count = draw_storm(storm);
    struct mir_membership found;
    struct timespec times[3];
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &times[0]);
    assert_int_equal(
        mir_membership_evaluate(&found, storm->facts, count, &test.env, NULL), MIRSAL_OK);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &times[1]);
    assert_int_equal(mir_line_judge(storm->states, &found, storm->data, STORM, NULL), MIRSAL_OK);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &times[2]);
    int ms[2];
    for (int i = 0; i < 2; i++) {
        ms[i] = (int)((times[i + 1].tv_sec - times[i].tv_sec) * 1000 +
                      (times[i + 1].tv_nsec - times[i].tv_nsec) / 1000000);
    }
    print_message("%zu control changesets: %d ms; a chain of %u under %u cuts: %d ms\n", count,
        ms[0], STORM, STORM, ms[1]);
    assert_true(ms[0] < 8000 && ms[1] < 8000);
    assert_int_equal(found.cut_count, STORM);
    /* The invite had one use; the cuts leave one changeset, which the last role leaves too. */
    size_t members = 0;
    for (size_t i = 0; i < found.member_count; i++) {
        members += found.members[i].member != 0;
    }
    assert_int_equal(members, 2);
    mir_membership_fini(&found);
    test_env_fini(&test);
    test_free(storm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_team_is_judged_in_time),
        cmocka_unit_test(ten_thousand_of_everything_are_judged_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
