/* SPDX-License-Identifier: Apache-2.0 */
/* unit/purging_test.c - bodies that were purged give way to residues; what is left has one digest.
 */
#include "purging.h"

#include "acts.h"
#include "duties.h"
#include "forget.h"
#include "handoff_fixture.h"
#include "members.h"
#include "purge.h"
#include "rebuild.h"
#include "residue.h"
#include "statements.h"
#include "test_pages.h"
#include "test_team.h"
#include "verify.h"

#include <string.h>

#define BATCH 12u
#define DAYS  UINT64_C(86400000)

static struct test_store founder;
static struct test_store second;
static struct test_store helper;
static mirsal_error err;
static mirsal_id ids[2000];

static void meet_all(uint64_t seed)
{
    for (uint64_t i = 0; i < 2; i++) {
        test_team_meet(&founder, &second, seed + i);
        test_team_meet(&founder, &helper, seed + 20 + i);
        test_team_meet(&second, &helper, seed + 40 + i);
    }
}

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .uses = 1, .in_person = 1
    };
    test_team_found(&founder, 1);
    test_team_join(&second, &founder, 2, &terms);
    test_team_join(&helper, &founder, 3, &terms);
    test_team_meet(&founder, &second, 4);
    test_team_make_admin(&founder, &second, "Amal");
    meet_all(6);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&helper);
    test_store_fini(&second);
    test_store_fini(&founder);
    return 0;
}

static void pass_days(uint64_t days)
{
    test_env_advance(&founder.world, days * DAYS);
    test_env_advance(&second.world, days * DAYS);
    test_env_advance(&helper.world, days * DAYS);
}

/* Both admins' word; all have heard of it. */
static mirsal_hash order(const mirsal_id *record)
{
    mirsal_hash of;
    assert_int_equal(mir_purge_say(&of, founder.store, NULL, record, "in danger", &err), MIRSAL_OK);
    meet_all(100);
    assert_int_equal(mir_purge_approve(second.store, NULL, &of, &err), MIRSAL_OK);
    meet_all(200);
    return of;
}

static int64_t bodies_gone(struct test_store *device)
{
    return test_team_count(device, "SELECT count(*) FROM changeset WHERE kept = 3");
}

static void assert_same_everywhere(void)
{
    mirsal_hash a = test_team_digest(&founder);
    mirsal_hash b = test_team_digest(&second);
    mirsal_hash c = test_team_digest(&helper);
    assert_memory_equal(a.bytes, b.bytes, 32);
    assert_memory_equal(a.bytes, c.bytes, 32);
}

static void assert_sound(struct test_store *device)
{
    struct mir_verify_result result;
    assert_int_equal(mir_verify(&result, device->store, 1, &err), MIRSAL_OK);
    if (result.problem_count != 0) {
        fail_msg("%s", result.problems[0].text);
    }
}

static void a_batch_lives_on_without_one(void **state)
{
    (void)state;
    test_team_batch(ids, &helper, "saffron", BATCH);
    meet_all(60);
    order(&ids[3]);
    assert_int_equal(bodies_gone(&founder), 0);
    assert_string_equal(test_team_shown(&founder, &ids[3]), "");
    assert_same_everywhere();
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM residue WHERE named = 1"), 1);
    assert_int_equal(test_team_count(&second, "SELECT count(*) FROM residue WHERE named = 1"), 1);
    pass_days(31);
    meet_all(300);
    struct test_store *all[] = { &founder, &second, &helper };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bodies_gone(all[i]), 1);
        assert_string_equal(test_team_shown(all[i], &ids[2]), "saffron 2");
        assert_string_equal(test_team_shown(all[i], &ids[0]), "saffron");
        assert_string_equal(test_team_shown(all[i], &ids[3]), "");
        assert_int_equal(test_pages_holding(all[i]->store->sql, "saffron 3", 9), 0);
        assert_sound(all[i]);
        assert_int_equal(test_team_count(all[i], "SELECT count(*) FROM content"
                                                 " WHERE clear IS NOT NULL AND no IN"
                                                 " (SELECT no FROM changeset WHERE kept = 3)"),
            0);
    }
    mirsal_hash destroyed = test_team_digest(&founder);
    assert_same_everywhere();
    const struct mir_purges *purges = &founder.store->membership->purges;
    assert_int_equal(purges->receipt_count, 3);
    for (size_t i = 0; i < purges->residue_count; i++) { /* two may say it at once: the same */
        assert_memory_equal(purges->residues[i].hash.bytes, purges->residues[0].hash.bytes, 32);
    }
    assert_int_equal(mir_rebuild(founder.store, &err), MIRSAL_OK);
    mirsal_hash rebuilt = test_team_digest(&founder);
    assert_memory_equal(destroyed.bytes, rebuilt.bytes, 32);
}

/* What is left of a batch is proven by its author as before. */
static void a_residue_is_proven_to_others(void **state)
{
    (void)state;
    struct handoff_bed bed;
    test_team_batch(ids, &helper, "saffron", BATCH);
    assert_int_equal(test_team_edit(&helper, &ids[2], "cobalt"), MIRSAL_OK);
    meet_all(60);
    order(&ids[3]);
    pass_days(31);
    meet_all(300);
    assert_int_equal(bodies_gone(&founder), 1);
    memset(&bed, 0, sizeof bed);
    assert_int_equal(
        handoff_bed_make(&bed, &founder, MIR_HANDOFF_BY_AUTHOR, TEST_INCIDENT, ids, 3), MIRSAL_OK);
    handoff_bed_open(&bed, &founder);
    assert_int_equal(bed.opened->count, 3);
    assert_int_equal(bed.opened->manifest->left_count, 0);
    assert_int_equal(bed.opened->manifest->changeset_count, 2);
    assert_true(handoff_bed_holds(&bed, "cobalt", 6));
    assert_false(handoff_bed_holds(&bed, "saffron 3", 9));
    handoff_bed_fini(&bed);
}

static void one_of_two_thousand(void **state)
{
    (void)state;
    test_team_batch(ids, &founder, "saffron", 2000);
    test_team_meet(&founder, &second, 60);
    order(&ids[1234]);
    pass_days(31);
    test_team_meet(&founder, &second, 300);
    assert_int_equal(bodies_gone(&second), 1);
    assert_string_equal(test_team_shown(&second, &ids[1234]), "");
    assert_string_equal(test_team_shown(&second, &ids[1999]), "saffron 1999");
    assert_int_equal(test_pages_holding(second.store->sql, "saffron 1234", 12), 0);
    mirsal_hash a = test_team_digest(&founder);
    mirsal_hash b = test_team_digest(&second);
    assert_memory_equal(a.bytes, b.bytes, 32);
    assert_sound(&second);
}

/* main's part of the digest is the same from bodies and from residues. */
static void bodies_and_residues_give_one_digest(void **state)
{
    (void)state;
    mirsal_hash before;
    mirsal_hash after;
    test_team_batch(ids, &helper, "saffron", BATCH);
    assert_int_equal(test_team_edit(&helper, &ids[3], "vermilion"), MIRSAL_OK);
    assert_int_equal(test_team_edit(&helper, &ids[4], "cobalt"), MIRSAL_OK);
    meet_all(60);
    order(&ids[3]);
    before = test_team_digest(&helper);
    test_env_advance(&helper.world, 31 * DAYS);
    assert_int_equal(mir_forget(helper.store, &err), MIRSAL_OK);
    assert_true(bodies_gone(&helper) == 2);
    after = test_team_digest(&helper);
    assert_memory_equal(before.bytes, after.bytes, 32);
    assert_string_equal(test_team_shown(&helper, &ids[4]), "cobalt");
}

static void a_lift_in_time_brings_it_back(void **state)
{
    (void)state;
    mirsal_id witness = test_team_report(&helper, "saffron");
    meet_all(60);
    mirsal_hash of = order(&witness);
    pass_days(29);
    meet_all(300);
    assert_int_equal(bodies_gone(&founder), 0);
    assert_int_equal(mir_purge_lift(second.store, NULL, &of, &err), MIRSAL_OK);
    meet_all(400);
    pass_days(9);
    meet_all(500);
    assert_int_equal(bodies_gone(&founder), 0);
    assert_int_equal(bodies_gone(&second), 0);
    assert_string_equal(test_team_shown(&founder, &witness), "saffron");
    assert_string_equal(test_team_shown(&helper, &witness), "saffron");
    assert_same_everywhere();
    assert_sound(&founder);
}

/* Some destroyed it before they heard of the lift: it counts where it is held, in no digest. */
static void a_lift_that_comes_late_for_some(void **state)
{
    (void)state;
    test_team_batch(ids, &helper, "saffron", BATCH);
    mirsal_id witness = test_team_report(&helper, "cobalt");
    meet_all(60);
    mirsal_hash of = order(&ids[3]);
    mirsal_hash other = order(&witness);
    pass_days(29);
    assert_int_equal(mir_purge_lift(second.store, NULL, &of, &err), MIRSAL_OK);
    assert_int_equal(mir_purge_lift(second.store, NULL, &other, &err), MIRSAL_OK);
    test_env_advance(&founder.world, 2 * DAYS);
    assert_int_equal(mir_forget(founder.store, &err), MIRSAL_OK);
    assert_int_equal(bodies_gone(&founder), 2);
    meet_all(400);
    assert_int_equal(bodies_gone(&helper), 0);
    assert_string_equal(test_team_shown(&founder, &ids[3]), "");
    assert_string_equal(test_team_shown(&second, &ids[3]), "saffron 3");
    assert_string_equal(test_team_shown(&helper, &witness), "cobalt");
    assert_same_everywhere();
    /* Edits of what is held, and of what is not, change nothing of that. */
    assert_int_equal(test_team_edit(&helper, &ids[3], "vermilion"), MIRSAL_OK);
    assert_int_equal(test_team_edit(&second, &ids[4], "indigo"), MIRSAL_OK);
    meet_all(500);
    assert_string_equal(test_team_shown(&second, &ids[3]), "vermilion");
    assert_same_everywhere();
    struct test_store *all[] = { &founder, &second, &helper };
    for (size_t i = 0; i < 3; i++) {
        mirsal_hash before = test_team_digest(all[i]);
        assert_sound(all[i]);
        assert_int_equal(mir_rebuild(all[i]->store, &err), MIRSAL_OK);
        mirsal_hash after = test_team_digest(all[i]);
        assert_memory_equal(before.bytes, after.bytes, 32);
    }
    /* Who hears of order and lift at once agrees too. */
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .uses = 1, .in_person = 1
    };
    struct test_store late;
    test_team_join(&late, &founder, 9, &terms);
    test_team_meet(&second, &founder, 600);
    test_team_meet(&late, &second, 601);
    test_team_meet(&late, &second, 602);
    test_team_meet(&founder, &second, 603);
    assert_string_equal(test_team_shown(&late, &ids[3]), "vermilion");
    mirsal_hash theirs = test_team_digest(&late);
    mirsal_hash ours = test_team_digest(&second);
    assert_memory_equal(theirs.bytes, ours.bytes, 32);
    test_store_fini(&late);
}

/* Who comes later gets the residue; a body that comes again is passed over. */
static void who_comes_later_holds_the_same(void **state)
{
    (void)state;
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .uses = 1, .in_person = 1
    };
    struct test_store late;
    test_team_batch(ids, &helper, "saffron", BATCH);
    test_team_meet(&founder, &helper, 60);
    assert_int_equal(bodies_gone(&second), 0);
    order(&ids[3]);
    pass_days(31);
    test_team_meet(&founder, &second, 300);
    assert_int_equal(bodies_gone(&founder), 1);
    assert_int_equal(bodies_gone(&helper), 0);
    test_team_join(&late, &founder, 9, &terms);
    for (uint64_t seed = 310; seed < 314; seed++) {
        test_team_meet(&founder, &late, seed);
    }
    assert_int_equal(bodies_gone(&late), 1);
    assert_string_equal(test_team_shown(&late, &ids[2]), "saffron 2");
    assert_string_equal(test_team_shown(&late, &ids[3]), "");
    test_team_carry(&founder, &helper, 320, 0);
    test_team_carry(&late, &helper, 321, 1);
    assert_int_equal(bodies_gone(&founder), 1);
    assert_int_equal(bodies_gone(&late), 1);
    assert_sound(&late);
    meet_all(330);
    test_team_meet(&founder, &late, 390);
    mirsal_hash a = test_team_digest(&founder);
    mirsal_hash b = test_team_digest(&late);
    assert_memory_equal(a.bytes, b.bytes, 32);
    test_store_fini(&late);
}

/* Every control changeset of founder's. */
static void carry_control(struct test_store *to)
{
    struct mir_accept_counts counts = { 0 };
    struct mir_arena arena;
    enum mir_accepted accepted;
    int64_t total = test_team_count(&founder, "SELECT count(*) FROM changeset");
    mir_arena_init(&arena, &founder.world.env, 1u << 26);
    assert_int_equal(mir_store_begin(to->store, &err), MIRSAL_OK);
    for (int64_t no = 1; no <= total; no++) {
        struct mir_changeset changeset;
        assert_int_equal(
            mir_chain_load(&changeset, &arena, founder.store->sql, no, &err), MIRSAL_OK);
        if (changeset.fields.compartment == MIR_COMPARTMENT_CONTROL) {
            assert_int_equal(mir_accept_put(&accepted, to->store, &changeset, &err), MIRSAL_OK);
        }
    }
    assert_int_equal(mir_accept_settle(&counts, to->store, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(to->store, &err), MIRSAL_OK);
    mir_arena_fini(&arena);
}

/* A hostile coordinator names other bytes: who holds the body is not misled, who comes later takes
 * what was signed. */
static void a_false_residue_misleads_nobody(void **state)
{
    (void)state;
    static const struct test_invite terms = {
        .role = MIR_ROLE_COORDINATOR, .uses = 1, .in_person = 1
    };
    uint8_t invented[200] = { 0 };
    const struct mir_bytes bytes = { invented, sizeof invented };
    struct mir_accept_counts counts = { 0 };
    struct mir_say say = { .kind = MIR_SAY_RESIDUE };
    struct mir_changeset whole;
    struct mir_changeset other;
    struct mir_arena arena;
    enum mir_accepted accepted;
    struct test_store late;
    test_team_batch(ids, &founder, "saffron", BATCH);
    meet_all(60);
    mirsal_hash of = order(&ids[3]);
    say.act.subject = mir_purges_find(helper.store->membership, &of)->changesets[0];
    say.act.numbers[0] = bytes.size;
    say.act.numbers[1] = 1;
    say.act.number_count = 2;
    do { /* the first that is tried */
        invented[0]++;
        invented[1] = (uint8_t)(invented[1] + (invented[0] == 0));
        mir_residue_hash(&say.act.second, bytes);
    } while (say.act.second.bytes[0] != 0);
    assert_int_equal(mir_statements_say_one(NULL, helper.store, &say, &err), MIRSAL_OK);
    pass_days(31);
    meet_all(300);
    assert_same_everywhere();
    assert_int_equal(bodies_gone(&founder), 1);
    assert_string_equal(test_team_shown(&founder, &ids[2]), "saffron 2");
    test_team_join(&late, &founder, 9, &terms);
    for (uint64_t seed = 310; seed < 313; seed++) { /* the keys */
        carry_control(&late);
        test_team_carry(&founder, &late, seed, 0);
        uint32_t wrote = 0;
        assert_int_equal(mir_duties_run(&wrote, founder.store, &err), MIRSAL_OK);
        assert_int_equal(mir_duties_run(&wrote, late.store, &err), MIRSAL_OK);
    }
    mir_arena_init(&arena, &founder.world.env, 1u << 24);
    int64_t no = test_team_count(&founder, "SELECT no FROM changeset WHERE kept = 3");
    assert_int_equal(mir_chain_load(&whole, &arena, founder.store->sql, no, &err), MIRSAL_OK);
    assert_int_equal(
        mir_changeset_read_left(&other, whole.header, whole.signature, bytes, &err), MIRSAL_OK);
    assert_int_equal(mir_store_begin(late.store, &err), MIRSAL_OK);
    assert_int_equal(mir_accept_put(&accepted, late.store, &other, &err), MIRSAL_OK);
    assert_int_equal(mir_accept_settle(&counts, late.store, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(late.store, &err), MIRSAL_OK);
    assert_string_equal(test_team_shown(&late, &ids[2]), "");
    test_team_meet(&founder, &late, 320);
    assert_string_equal(test_team_shown(&late, &ids[2]), "saffron 2");
    mirsal_hash a = test_team_digest(&founder);
    mirsal_hash b = test_team_digest(&late);
    assert_memory_equal(a.bytes, b.bytes, 32);
    assert_sound(&late);
    mir_arena_fini(&arena);
    test_store_fini(&late);
}

/* A second order on the same batch: the residue of the first gives way. */
static void a_second_purge_in_a_batch(void **state)
{
    (void)state;
    test_team_batch(ids, &helper, "saffron", BATCH);
    meet_all(60);
    order(&ids[3]);
    pass_days(31);
    meet_all(300);
    assert_int_equal(bodies_gone(&founder), 1);
    order(&ids[5]);
    pass_days(31);
    meet_all(400);
    struct test_store *all[] = { &founder, &second, &helper };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(test_team_count(all[i], "SELECT count(*) FROM residue"), 1);
        assert_string_equal(test_team_shown(all[i], &ids[5]), "");
        assert_string_equal(test_team_shown(all[i], &ids[6]), "saffron 6");
        assert_sound(all[i]);
    }
    assert_same_everywhere();
}

/* Simulator, seed 39: who approved an order was offline until its day, and opened its store. */
static void what_was_destroyed_before_anything_was_said_is_said_later(void **state)
{
    (void)state;
    uint32_t wrote = 0;
    test_team_batch(ids, &helper, "saffron", BATCH);
    meet_all(60);
    mirsal_hash of;
    assert_int_equal(mir_purge_say(&of, founder.store, NULL, &ids[3], NULL, &err), MIRSAL_OK);
    test_team_meet(&founder, &second, 90);
    assert_int_equal(mir_purge_approve(second.store, NULL, &of, &err), MIRSAL_OK);
    pass_days(31);
    assert_int_equal(mir_forget(second.store, &err), MIRSAL_OK);
    assert_int_equal(bodies_gone(&second), 1);
    assert_int_equal(second.store->membership->purges.residue_count, 0);
    assert_int_equal(mir_duties_run(&wrote, second.store, &err), MIRSAL_OK);
    assert_int_equal(second.store->membership->purges.residue_count, 1);
    assert_int_equal(test_team_count(&second, "SELECT count(*) FROM residue WHERE named = 1"), 1);
    meet_all(300);
    pass_days(31); /* the others have heard of it now alone */
    meet_all(400);
    assert_int_equal(bodies_gone(&founder), 1);
    assert_same_everywhere();
}

static void a_whole_changeset_goes(void **state)
{
    (void)state;
    mirsal_id witness = test_team_report(&founder, "saffron");
    mirsal_id other = test_team_report(&founder, "cobalt");
    meet_all(60);
    order(&witness);
    pass_days(31);
    meet_all(300);
    assert_int_equal(bodies_gone(&founder), 1);
    assert_string_equal(test_team_shown(&helper, &other), "cobalt");
    assert_same_everywhere();
    assert_sound(&founder);
    assert_int_equal(test_team_edit(&founder, &other, "indigo"), MIRSAL_OK);
    meet_all(400);
    assert_string_equal(test_team_shown(&second, &other), "indigo");
    assert_same_everywhere();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_batch_lives_on_without_one),
        TEST(bodies_and_residues_give_one_digest),
        TEST(one_of_two_thousand),
        TEST(a_residue_is_proven_to_others),
        TEST(a_lift_in_time_brings_it_back),
        TEST(a_lift_that_comes_late_for_some),
        TEST(who_comes_later_holds_the_same),
        TEST(a_false_residue_misleads_nobody),
        TEST(a_second_purge_in_a_batch),
        TEST(what_was_destroyed_before_anything_was_said_is_said_later),
        TEST(a_whole_changeset_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
