/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/chainjudge_test.c - chains of most devices are answered at once, those that a cut or a role
 * reaches are judged whole; what falls is shown no more, what is adopted is shown again.
 */
#include "chainjudge.h"

#include "members.h"
#include "statements.h"
#include "test_team.h"

#include <string.h>

static struct test_store founder;
static struct test_store monitor;

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite monitors = { .role = MIR_ROLE_MONITOR, .uses = 1 };
    test_team_found(&founder, 1);
    test_team_join(&monitor, &founder, 2, &monitors);
    test_team_meet(&founder, &monitor, 3);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&monitor);
    test_store_fini(&founder);
    return 0;
}

static void read_row(struct mir_chain_row *row, struct test_store *device, uint64_t seq)
{
    int64_t no = 0;
    assert_int_equal(
        mir_device_no(&no, device->store->sql, mir_store_device(monitor.store), 0, &device->err),
        MIRSAL_OK);
    assert_int_equal(
        mir_chain_at(row, device->store->sql, no, 0, seq, NULL, &device->err), MIRSAL_OK);
    assert_true(row->no != 0);
}

static int is_whole(struct test_store *device)
{
    struct mir_chain_judge judge;
    struct mir_chain_row row;
    struct mir_arena arena;
    mir_arena_init(&arena, &device->world.env, SIZE_MAX);
    read_row(&row, device, 1);
    assert_int_equal(
        mir_chain_judge_begin(&judge, &arena, device->store, row.device, 0, &device->err),
        MIRSAL_OK);
    mir_arena_fini(&arena);
    return judge.whole;
}

static void assert_row(uint64_t seq, enum mir_held state, enum mir_reason reason)
{
    struct mir_chain_row row;
    read_row(&row, &founder, seq);
    assert_int_equal(row.state, state);
    assert_int_equal(row.reason, reason);
}

/* The founder's cut of the monitor, after that changeset of main. */
static void cut_after(uint64_t seq)
{
    struct mir_chain_place place = { 0, 0, { { 0 } } };
    struct mir_say say = { .kind = MIR_SAY_CUT };
    struct mir_chain_row row;
    read_row(&row, &founder, seq);
    place.seq = seq;
    place.id = row.id;
    say.act.subject = *mir_store_device(monitor.store);
    say.act.places = &place;
    say.act.place_count = 1;
    assert_int_equal(mir_statements_say_one(NULL, founder.store, &say, &founder.err), MIRSAL_OK);
}

static void what_a_cut_takes_an_adopt_brings_back(void **state)
{
    (void)state;
    struct mir_chain_row row;
    mirsal_id first = test_team_report(&monitor, "near the mill");
    mirsal_id second = test_team_report(&monitor, "at the bridge");
    test_team_meet(&founder, &monitor, 4);
    assert_false(is_whole(&founder));
    assert_string_equal(test_team_shown(&founder, &second), "at the bridge");
    cut_after(1);
    assert_true(is_whole(&founder));
    assert_row(1, MIR_STATE_ACCEPTED, MIR_REASON_NONE);
    assert_row(2, MIR_STATE_QUARANTINED, MIR_REASON_CUT);
    assert_string_equal(test_team_shown(&founder, &first), "near the mill");
    assert_string_equal(test_team_shown(&founder, &second), "");
    mirsal_id third = test_team_report(&monitor, "by the well"); /* it has not heard */
    test_team_carry(&founder, &monitor, 5, 1);
    assert_row(3, MIR_STATE_QUARANTINED, MIR_REASON_CUT);
    assert_string_equal(test_team_shown(&founder, &third), "");
    read_row(&row, &founder, 3);
    struct mir_say adopt = { .kind = MIR_SAY_ADOPT };
    adopt.act.ids = &row.id;
    adopt.act.id_count = 1;
    assert_int_equal(mir_statements_say_one(NULL, founder.store, &adopt, &founder.err), MIRSAL_OK);
    assert_row(3, MIR_STATE_ACCEPTED, MIR_REASON_NONE);
    assert_row(2, MIR_STATE_QUARANTINED, MIR_REASON_CUT);
    assert_string_equal(test_team_shown(&founder, &third), "by the well");
    assert_string_equal(test_team_shown(&founder, &second), "");
}

static void a_cut_device_writes_no_more_once_it_has_heard(void **state)
{
    (void)state;
    (void)test_team_report(&monitor, "near the mill");
    test_team_meet(&founder, &monitor, 4);
    cut_after(1);
    test_team_meet(&founder, &monitor, 5);
    assert_int_equal(
        mir_membership_device(monitor.store->membership, mir_store_device(monitor.store))->ended,
        2);
    assert_false(
        mir_membership_can_write(monitor.store->membership, mir_store_device(monitor.store), 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_cut_takes_an_adopt_brings_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_cut_device_writes_no_more_once_it_has_heard, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
