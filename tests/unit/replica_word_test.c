/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/replica_word_test.c - devices against relays that lie: a log that goes back, heads denied,
 * one device withheld, another log shown to each of two devices.
 */
#include "replica.h"

#include "evidence.h"
#include "fixture_drive.h"
#include "identity.h"
#include "peers.h"
#include "test_team.h"

#include <stdio.h>
#include <string.h>

static struct test_store founder;
static struct test_store other;
static struct fixture_replica relay;
static struct fixture_replica second; /* of the same relay, where it keeps two logs */
static mirsal_error err;
static uint64_t lie_size;

static void make_relay(struct fixture_replica *out)
{
    memset(out, 0, sizeof *out);
    fixture_init_relay(out, &founder.world.env, 9);
    fixture_found(out, &founder.store->team);
}

static void admit(struct fixture_replica *to, struct test_store *store)
{
    struct fixture_member *member = &to->members[to->member_count++];
    mir_agree_public_of(&member->noise, &store->store->keys->noise);
    member->device.device = *mir_store_device(store->store);
    member->device.standing = MIR_SYNC_MEMBER;
    memset(member->device.readable, 0xff, sizeof member->device.readable);
}

static int set_up(void **state)
{
    (void)state;
    static const struct test_invite invite = {
        .role = MIR_ROLE_COORDINATOR, .protected_ = 1, .in_person = 1, .uses = 1
    };
    test_team_found(&founder, 1);
    test_team_join(&other, &founder, 2, &invite);
    test_team_meet(&founder, &other, 1);
    make_relay(&relay);
    make_relay(&second);
    struct fixture_replica *relays[] = { &relay, &second };
    for (size_t i = 0; i < 2; i++) {
        admit(relays[i], &founder);
        admit(relays[i], &other);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_fini(&second);
    fixture_fini(&relay);
    test_store_fini(&other);
    test_store_fini(&founder);
    return 0;
}

/* A run against this relay, which the device knows by the identity that both logs share. */
static void sync_with(struct test_store *device, struct fixture_replica *with)
{
    struct fixture_drive drive;
    struct fixture_replica driven = { 0 };
    struct mir_replica *replica = NULL;
    struct mir_relay_key key = {
        .identity = with->identity.id, .serial = with->serial, .noise = with->identity.noise_public
    };
    int64_t peer = 0;
    assert_int_equal(mir_peer_find(&peer, device->store, &with->identity.id, &err), MIRSAL_OK);
    if (peer == 0) {
        assert_int_equal(mir_relay_add(device->store, "http://localhost:1", &with->identity.id,
                             (struct mir_bytes){ NULL, 0 }, &err),
            MIRSAL_OK);
        assert_int_equal(mir_peer_find(&peer, device->store, &with->identity.id, &err), MIRSAL_OK);
    }
    assert_int_equal(mir_replica_open(&replica, device->store, peer, &err), MIRSAL_OK);
    assert_int_equal(mir_replica_relay_key(replica, &key, &err), MIRSAL_OK);
    driven.local = *mir_replica_local(replica);
    fixture_drive_init(&drive, &device->world.env, with);
    assert_int_equal(fixture_run(&drive, &driven), MIRSAL_OK);
    fixture_drive_fini(&drive);
    mir_replica_close(replica);
}

/* How often that is held against the relay. */
static int64_t held(struct test_store *device, enum mir_contradiction kind)
{
    char text[80];
    (void)snprintf(
        text, sizeof text, "SELECT count(*) FROM contradiction WHERE kind = %u", (unsigned)kind);
    return test_team_count(device, text);
}

static int64_t anything(struct test_store *device)
{
    return test_team_count(device, "SELECT count(*) FROM contradiction");
}

static mirsal_code pass_word(void *context, struct mir_bytes word, mirsal_error *error)
{
    struct test_store *to = context;
    return mir_evidence_take(to->store, word, MIR_VIA_BUNDLE, error);
}

/* What a bundle carries of relays' words. */
static void carry_words(struct test_store *to, struct test_store *from)
{
    assert_int_equal(mir_store_begin(to->store, &err), MIRSAL_OK);
    assert_int_equal(mir_evidence_give(from->store, pass_word, to, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(to->store, &err), MIRSAL_OK);
}

static void an_honest_relay_signs_and_nothing_is_held_against_it(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        (void)test_team_report(&founder, "mine");
        (void)test_team_report(&other, "yours");
        sync_with(&founder, &relay);
        sync_with(&other, &relay);
        sync_with(&founder, &relay);
    }
    assert_true(test_team_count(&founder, "SELECT count(*) FROM acknowledged") >= 3);
    carry_words(&founder, &other);
    carry_words(&other, &founder);
    sync_with(&founder, &relay);
    sync_with(&other, &relay);
    assert_int_equal(anything(&founder), 0);
    assert_int_equal(anything(&other), 0);
    assert_int_equal(
        test_team_count(&founder, "SELECT count(*) FROM checkpoint WHERE proven <> 1"), 0);
    assert_int_equal(
        test_team_count(&other, "SELECT count(*) FROM checkpoint WHERE proven <> 1"), 0);
}

static void without_news_nothing_is_signed(void **state)
{
    (void)state;
    (void)test_team_report(&founder, "mine");
    sync_with(&founder, &relay);
    int64_t before = test_team_count(&founder, "SELECT count(*) FROM acknowledged");
    sync_with(&founder, &relay);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM acknowledged"), before);
}

static void a_restored_relay_that_says_so_is_no_liar(void **state)
{
    (void)state;
    (void)test_team_report(&founder, "before");
    sync_with(&founder, &relay);
    size_t count = fixture_count(&relay);
    (void)test_team_report(&founder, "lost");
    sync_with(&founder, &relay);
    fixture_truncate(&relay, count);
    sync_with(&founder, &relay);
    assert_int_equal(anything(&founder), 0);
    sync_with(&other, &relay);
    assert_true(fixture_count(&relay) > count); /* what was lost came again */
    carry_words(&other, &founder);
    sync_with(&other, &relay);
    assert_int_equal(anything(&other), 0);
}

static mirsal_code not_restored(void *context, const mirsal_hash *team, mirsal_error *error)
{
    (void)context;
    (void)team;
    (void)error;
    return MIRSAL_OK;
}

static void a_log_that_goes_back_is_named(void **state)
{
    (void)state;
    (void)test_team_report(&founder, "one");
    sync_with(&founder, &relay);
    size_t count = fixture_count(&relay);
    (void)test_team_report(&founder, "two");
    sync_with(&founder, &relay);
    fixture_truncate(&relay, count);
    relay.host.restored = not_restored;
    sync_with(&founder, &relay);
    assert_true(held(&founder, MIR_CONTRADICTION_ROLLED_BACK) > 0);
}

static mirsal_code any_root(void *context,
    const mirsal_hash *team,
    uint64_t size,
    mirsal_hash *root,
    mirsal_error *error)
{
    const struct fixture_replica *replica = context;
    (void)team;
    (void)error;
    assert_true(size == replica->checkpoint.size);
    *root = replica->checkpoint.root;
    return MIRSAL_OK;
}

/* Pretends to be as it was: the size and the checkpoint of before. */
static mirsal_code stale_log(void *context,
    const mirsal_hash *team,
    struct mir_sync_log *out,
    mirsal_error *error)
{
    const struct fixture_replica *replica = context;
    (void)team;
    (void)error;
    memcpy(out->store_epoch, replica->store_epoch, sizeof out->store_epoch);
    out->size = lie_size;
    out->has_checkpoint = 1;
    out->checkpoint = replica->checkpoint;
    return MIRSAL_OK;
}

static void what_was_acknowledged_and_is_denied_is_named(void **state)
{
    (void)state;
    (void)test_team_report(&founder, "one");
    sync_with(&founder, &relay);
    size_t count = fixture_count(&relay);
    (void)test_team_report(&founder, "two");
    sync_with(&founder, &relay);
    struct mir_checkpoint checkpoint = relay.checkpoint;
    lie_size = fixture_count(&relay);
    fixture_truncate(&relay, count);
    relay.checkpoint = checkpoint;
    relay.has_checkpoint = 1;
    relay.host.log = stale_log;
    relay.host.root_at = any_root;
    sync_with(&founder, &relay);
    assert_int_equal(held(&founder, MIR_CONTRADICTION_DENIED), 1);
}

/* The device whose changesets are not served. */
static mirsal_hash hidden_device;
static mirsal_code (*honest_read)(void *context,
    const struct mir_sync_query *query,
    const struct mir_sync_sink *sink,
    uint64_t *size,
    int *ended,
    mirsal_error *err);
static mirsal_code (*honest_heads)(void *context,
    const mirsal_hash *team,
    const struct mir_sync_device *device,
    struct mir_bytes wants,
    struct mir_heads *out,
    uint64_t *size,
    mirsal_error *err);

static int wants_others(void *context, const struct mir_sync_place *place)
{
    const struct mir_sync_sink *sink = context;
    return !(mir_hash_equal(&place->device, &hidden_device) && place->compartment != 255) &&
           sink->wants(sink->context, place);
}

static int take_others(void *context, const struct mir_changeset *changeset, uint64_t arrival)
{
    const struct mir_sync_sink *sink = context;
    return sink->take(sink->context, changeset, arrival);
}

static mirsal_code read_others(void *context,
    const struct mir_sync_query *query,
    const struct mir_sync_sink *sink,
    uint64_t *size,
    int *ended,
    mirsal_error *error)
{
    struct mir_sync_sink inner = *sink;
    const struct mir_sync_sink outer = { &inner, wants_others, take_others };
    return honest_read(context, query, &outer, size, ended, error);
}

static mirsal_code heads_of_others(void *context,
    const mirsal_hash *team,
    const struct mir_sync_device *device,
    struct mir_bytes wants,
    struct mir_heads *out,
    uint64_t *size,
    mirsal_error *error)
{
    struct mir_heads all;
    mir_heads_init(&all, &founder.world.env);
    mirsal_code rc = honest_heads(context, team, device, wants, &all, size, error);
    for (size_t i = 0; i < mir_heads_count(&all); i++) {
        const struct mir_head *head = mir_heads_at(&all, i);
        if (!mir_hash_equal(&head->device, &hidden_device) || head->compartment == 255) {
            mir_heads_add(out, head);
        }
    }
    mir_heads_fini(&all);
    return rc;
}

static void a_device_that_is_withheld_is_noticed_by_its_acknowledgement(void **state)
{
    (void)state;
    sync_with(&other, &relay);
    (void)test_team_report(&founder, "withheld");
    sync_with(&founder, &relay);
    hidden_device = *mir_store_device(founder.store);
    honest_read = relay.host.read;
    honest_heads = relay.host.heads;
    relay.host.read = read_others;
    relay.host.heads = heads_of_others;
    sync_with(&other, &relay);
    assert_int_equal(anything(&other), 0); /* its tree is whole: nothing shows */
    carry_words(&other, &founder);
    assert_int_equal(held(&other, MIR_CONTRADICTION_WITHHELD), 1);
    carry_words(&other, &founder);
    assert_int_equal(anything(&other), 1);
}

static void words_that_came_first_are_held_against_what_is_served_later(void **state)
{
    (void)state;
    sync_with(&other, &relay);
    (void)test_team_report(&founder, "withheld");
    sync_with(&founder, &relay);
    carry_words(&other, &founder);
    assert_int_equal(anything(&other), 0);
    hidden_device = *mir_store_device(founder.store);
    honest_read = relay.host.read;
    honest_heads = relay.host.heads;
    relay.host.read = read_others;
    relay.host.heads = heads_of_others;
    sync_with(&other, &relay);
    assert_int_equal(held(&other, MIR_CONTRADICTION_WITHHELD), 1);
}

static void two_faces_of_one_size_are_proof(void **state)
{
    (void)state;
    (void)test_team_report(&founder, "shown to one");
    (void)test_team_report(&other, "shown to the other");
    sync_with(&founder, &relay);
    sync_with(&other, &second);
    struct fixture_replica *behind =
        fixture_count(&relay) < fixture_count(&second) ? &relay : &second;
    struct fixture_replica *ahead = behind == &relay ? &second : &relay;
    struct test_store *writer = behind == &relay ? &founder : &other;
    while (fixture_count(behind) < fixture_count(ahead)) {
        (void)test_team_report(writer, "one more");
        sync_with(writer, behind);
    }
    assert_int_equal(fixture_count(behind), fixture_count(ahead));
    assert_int_equal(anything(&founder), 0);
    assert_int_equal(anything(&other), 0);
    carry_words(&other, &founder);
    assert_int_equal(held(&other, MIR_CONTRADICTION_FACES), 1);
    carry_words(&founder, &other); /* with the evidence */
    assert_int_equal(held(&founder, MIR_CONTRADICTION_FACES), 1);
}

/* Says that whatever checkpoint it is shown fits. */
static mirsal_code agreeable_root(void *context,
    const mirsal_hash *team,
    uint64_t size,
    mirsal_hash *root,
    mirsal_error *error)
{
    (void)context;
    (void)team;
    (void)error;
    (void)size;
    memset(root, 0, sizeof *root);
    return MIRSAL_OK;
}

static void two_logs_of_different_sizes_are_asked_about(void **state)
{
    (void)state;
    (void)test_team_report(&founder, "shown to one");
    sync_with(&founder, &relay);
    sync_with(&other, &second);
    for (int i = 0; i < 3; i++) {
        (void)test_team_report(&other, "shown to the other");
    }
    sync_with(&other, &second);
    assert_true(fixture_count(&relay) != fixture_count(&second));
    carry_words(&other, &founder);
    carry_words(&founder, &other);
    relay.host.restored = not_restored;
    second.host.restored = not_restored;
    sync_with(&founder, &relay);
    sync_with(&other, &second);
    assert_true(anything(&founder) > 0);
    assert_true(anything(&other) > 0);
    relay.host.root_at = agreeable_root;
    int64_t before = anything(&founder);
    sync_with(&founder, &relay); /* it is asked once */
    assert_true(anything(&founder) >= before);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_honest_relay_signs_and_nothing_is_held_against_it),
        TEST(without_news_nothing_is_signed),
        TEST(a_restored_relay_that_says_so_is_no_liar),
        TEST(a_log_that_goes_back_is_named),
        TEST(what_was_acknowledged_and_is_denied_is_named),
        TEST(a_device_that_is_withheld_is_noticed_by_its_acknowledgement),
        TEST(words_that_came_first_are_held_against_what_is_served_later),
        TEST(two_faces_of_one_size_are_proof),
        TEST(two_logs_of_different_sizes_are_asked_about),
    };
#undef TEST
    return cmocka_run_group_tests_name("replica_word", tests, NULL, NULL);
}
