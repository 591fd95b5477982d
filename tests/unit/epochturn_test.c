/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/epochturn_test.c - epochs are turned by hand, when a reader left, and by age; who lost the
 * right reads nothing new; what a device was given.
 */
#include "epochturn.h"

#include "duties.h"
#include "epochkeys.h"
#include "members.h"
#include "rootword.h"
#include "statements.h"
#include "test_team.h"

#include <string.h>

#define DAY_MS UINT64_C(86400000)

static const struct test_invite reader_terms = { .role = MIR_ROLE_COORDINATOR,
    .in_person = 1,
    .uses = 1 };
static struct test_store founder;
static struct test_store reader;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&founder, 1);
    test_team_join(&reader, &founder, 2, &reader_terms);
    test_team_meet(&founder, &reader, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&reader);
    test_store_fini(&founder);
    return 0;
}

static uint32_t writing(struct test_store *device, uint32_t compartment)
{
    const struct mir_epoch *epoch =
        mir_membership_epoch_for_writing(device->store->membership, compartment);
    return epoch != NULL ? epoch->name.number : 0;
}

static void cut(struct test_store *admin, struct test_store *device)
{
    struct mir_say say = { .kind = MIR_SAY_CUT };
    say.act.subject = *mir_store_device(device->store);
    say.act.numbers[0] = 1;
    say.act.number_count = 1;
    assert_int_equal(mir_statements_say_one(NULL, admin->store, &say, &err), MIRSAL_OK);
}

/* The reader becomes a second admin, of whose epochs the founder's device can be asked. */
static void promote(struct test_store *device)
{
    const char *path = founder.recovery;
    const struct mir_root_source source = { .paths = &path, .path_count = 1 };
    struct mir_root *root = NULL;
    assert_int_equal(mir_root_of(&root, founder.store, &source, &err), MIRSAL_OK);
    assert_int_equal(mir_device_role(founder.store, root, mir_store_device(device->store),
                         MIR_ROLE_ADMIN, NULL, &err),
        MIRSAL_OK);
    mir_root_close(root);
    test_team_meet(&founder, device, 9);
}

static void writers_turn_when_a_reader_has_opened_it(void **state)
{
    (void)state;
    struct mir_epoch_public made;
    promote(&reader);
    assert_int_equal(mir_epoch_rotate(&made, reader.store, 0, 1, &err), MIRSAL_OK);
    assert_int_equal(made.number, 2);
    assert_int_equal(writing(&reader, 0), 1);
    assert_int_equal(writing(&reader, 1), 1);
    test_team_meet(&founder, &reader, 2);
    assert_int_equal(writing(&founder, 0), 2);
    assert_int_equal(writing(&reader, 0), 2);
    mirsal_id record = test_team_report(&founder, "under the second");
    test_team_meet(&founder, &reader, 3);
    assert_string_equal(test_team_shown(&reader, &record), "under the second");
    mirsal_hash a = test_team_digest(&founder);
    mirsal_hash b = test_team_digest(&reader);
    assert_memory_equal(a.bytes, b.bytes, sizeof a.bytes);
}

static void nobody_else_turns_one(void **state)
{
    (void)state;
    assert_int_equal(mir_epoch_rotate(NULL, reader.store, 0, 1, &err), MIRSAL_NOT_ALLOWED);
    assert_int_equal(mir_epoch_rotate(NULL, founder.store, 7, 1, &err), MIRSAL_NOT_FOUND);
    assert_int_equal(mir_epoch_rotate(NULL, founder.store, 300, 1, &err), MIRSAL_NOT_FOUND);
    assert_int_equal(founder.store->membership->epoch_count, 2);
}

static void a_reader_that_is_cut_reads_nothing_new(void **state)
{
    (void)state;
    struct test_store other;
    uint32_t wrote = 0;
    test_team_join(&other, &founder, 3, &reader_terms);
    test_team_meet(&founder, &other, 1);
    test_team_meet(&founder, &reader, 1);
    cut(&founder, &reader);
    assert_int_equal(mir_duties_run(&wrote, founder.store, &err), MIRSAL_OK);
    assert_int_equal(mir_duties_run(&wrote, founder.store, &err), MIRSAL_OK);
    assert_int_equal(wrote, 0); /* once */
    assert_int_equal(founder.store->membership->epoch_count, 3);
    test_team_meet(&founder, &other, 2);
    assert_int_equal(writing(&founder, 0), 2);
    assert_int_equal(writing(&founder, 1), 1); /* it never read protected */
    mirsal_id record = test_team_report(&other, "after the cut");
    test_team_meet(&founder, &other, 3);
    test_team_carry(&reader, &founder, 4, 0);
    assert_string_equal(test_team_shown(&founder, &record), "after the cut");
    assert_string_equal(test_team_shown(&reader, &record), "");
    assert_int_equal(
        test_team_count(&reader, "SELECT count(*) FROM epoch_secret WHERE number = 2"), 0);
    test_store_fini(&other);
}

static void age_turns_it_by_the_admins_own_clock(void **state)
{
    (void)state;
    enum mir_turn_reason reason = MIR_TURN_NONE;
    uint32_t wrote = 0;
    test_env_advance(&founder.world, 180 * DAY_MS - 1);
    assert_int_equal(mir_epoch_turn_reason(&reason, founder.store, 0, &err), MIRSAL_OK);
    assert_int_equal(reason, MIR_TURN_NONE);
    test_env_advance(&founder.world, DAY_MS);
    assert_int_equal(mir_epoch_turn_reason(&reason, founder.store, 0, &err), MIRSAL_OK);
    assert_int_equal(reason, MIR_TURN_AGE);
    assert_int_equal(mir_duties_run(&wrote, founder.store, &err), MIRSAL_OK);
    assert_int_equal(founder.store->membership->epoch_count, 4);
    assert_int_equal(mir_duties_run(&wrote, founder.store, &err), MIRSAL_OK);
    assert_int_equal(founder.store->membership->epoch_count, 4);
}

static void two_epochs_of_one_number_are_both_read(void **state)
{
    (void)state;
    struct mir_epoch_public made[2];
    /* The founder's device does not see its own first when it makes the second. */
    assert_int_equal(mir_store_begin(founder.store, &err), MIRSAL_OK);
    assert_int_equal(mir_epoch_turn(&made[0], founder.store, 0, 1, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(founder.store, &err), MIRSAL_OK);
    struct mir_say say = { .kind = MIR_SAY_EPOCH };
    MIR_WIPED_AGREE struct mir_agree_secret secret;
    struct mir_agree_public public_key;
    uint8_t seed[32] = { 7 };
    mir_agree_keypair(&public_key, &secret, seed);
    say.epoch.name.number = 2;
    memcpy(say.epoch.name.public_key.bytes, public_key.bytes, 32);
    made[1] = say.epoch.name;
    assert_int_equal(mir_store_begin(founder.store, &err), MIRSAL_OK);
    assert_int_equal(
        mir_epoch_keep(founder.store, 0, 2, &secret, &made[1].public_key, &err), MIRSAL_OK);
    assert_int_equal(mir_statements_say_one(NULL, founder.store, &say, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(founder.store, &err), MIRSAL_OK);
    mirsal_id before = test_team_report(&founder, "under the first");
    test_team_meet(&founder, &reader, 2);
    assert_int_equal(
        test_team_count(&reader, "SELECT count(*) FROM epoch_secret WHERE number = 2"), 2);
    mirsal_id record = test_team_report(&founder, "under one of two");
    test_team_meet(&founder, &reader, 3);
    assert_int_equal(writing(&reader, 0), 2);
    assert_string_equal(test_team_shown(&reader, &record), "under one of two");
    assert_string_equal(test_team_shown(&reader, &before), "under the first");
}

/* An epoch of an admin whose envelopes are rubbish: readers say so, and writers stay. */
static void rubbish_envelopes_swallow_nothing(void **state)
{
    (void)state;
    struct mir_say says[2] = { { .kind = MIR_SAY_EPOCH }, { .kind = MIR_SAY_EPOCH_KEY } };
    struct mir_accept_counts counts = { 0 };
    promote(&reader);
    memset(says[0].epoch.name.public_key.bytes, 9, 32);
    says[0].epoch.name.number = 2;
    says[0].epoch.has_previous = 1;
    memset(says[0].epoch.previous, 3, sizeof says[0].epoch.previous);
    says[1].epoch_key.name = says[0].epoch.name;
    says[1].epoch_key.device = *mir_store_device(founder.store);
    memset(says[1].epoch_key.envelope, 5, sizeof says[1].epoch_key.envelope);
    assert_int_equal(mir_store_begin(reader.store, &err), MIRSAL_OK);
    assert_int_equal(mir_statements_say(NULL, reader.store, says, 2, &err), MIRSAL_OK);
    assert_int_equal(mir_accept_settle(&counts, reader.store, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(reader.store, &err), MIRSAL_OK);
    test_team_meet(&founder, &reader, 2);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM said WHERE kind = 9"
                                               " AND value = x'00'"),
        1);
    assert_int_equal(writing(&founder, 0), 1);
    assert_int_equal(writing(&reader, 0), 1);
    mirsal_id record = test_team_report(&founder, "still the first");
    test_team_meet(&founder, &reader, 3);
    assert_string_equal(test_team_shown(&reader, &record), "still the first");
    /* A newcomer, whom the rubbish would keep from the first epoch, asks for it and gets it. */
    struct test_store late;
    test_team_join(&late, &founder, 4, &reader_terms);
    test_team_meet(&founder, &late, 4);
    test_team_meet(&founder, &late, 5);
    assert_string_equal(test_team_shown(&late, &record), "still the first");
    test_store_fini(&late);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            writers_turn_when_a_reader_has_opened_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_else_turns_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_that_is_cut_reads_nothing_new, set_up, tear_down),
        cmocka_unit_test_setup_teardown(age_turns_it_by_the_admins_own_clock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_epochs_of_one_number_are_both_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rubbish_envelopes_swallow_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
