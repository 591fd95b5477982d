/* SPDX-License-Identifier: Apache-2.0 */
/* unit/evidencelist_test.c - what others are given of relays' words, what is listed, verify. */
#include "evidence.h"

#include "mir_limits.h"
#include "test_team.h"

#include <string.h>

static struct test_store founder;
static struct mir_sign_secret secret;
static mirsal_hash identity;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    static const uint8_t seed[32] = { 5 };
    struct mir_sign_public public_key;
    test_team_found(&founder, 1);
    mir_sign_keypair(&public_key, &secret, seed);
    memcpy(identity.bytes, public_key.bytes, sizeof identity.bytes);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&founder);
    return 0;
}

/* As the relay signs it: a checkpoint of a log of that size. */
static struct mir_relay_word checkpoint(uint8_t epoch, uint64_t size, uint8_t root)
{
    struct mir_relay_word word = { .kind = MIR_WORD_CHECKPOINT,
        .identity = identity,
        .checkpoint = { .store_epoch = { epoch }, .size = size, .time_ms = 1000 + size } };
    word.checkpoint.root.bytes[0] = root;
    mir_checkpoint_sign(&word.checkpoint, &identity, &founder.store->team, &secret);
    return word;
}

static mirsal_code take(const struct mir_relay_word *word, enum mir_evidence_via via)
{
    struct mir_buf bytes;
    mir_buf_init(&bytes, &founder.world.env, MIR_RELAY_WORD_SIZE_MAX);
    mir_relay_word_write(&bytes, word);
    assert_int_equal(mir_store_begin(founder.store, &err), MIRSAL_OK);
    mirsal_code rc = mir_evidence_take(founder.store, mir_buf_bytes(&bytes), via, &err);
    assert_int_equal(mir_store_commit(founder.store, &err), MIRSAL_OK);
    mir_buf_fini(&bytes);
    return rc;
}

static mirsal_code count_word(void *context, struct mir_bytes bytes, mirsal_error *error)
{
    struct mir_relay_word word;
    assert_int_equal(mir_relay_word_read(&word, bytes, error), MIRSAL_OK);
    assert_true(mir_relay_word_verify(&word, &founder.store->team));
    ++*(int *)context;
    return MIRSAL_OK;
}

/* Signed of the founder's chain in main, up to seq. */
static struct mir_relay_word acknowledgement(struct mir_buf *heads, uint64_t seq, uint64_t time_ms)
{
    struct mir_head head = { *mir_store_device(founder.store), 0, seq, { { 9 } } };
    struct mir_relay_word word = { .kind = MIR_WORD_ACKNOWLEDGEMENT,
        .identity = identity,
        .acknowledgement = { .device = head.device, .size = seq, .time_ms = time_ms } };
    mir_buf_reset(heads);
    mir_acknowledged_write(heads, &head, 1);
    word.acknowledgement.heads = mir_buf_bytes(heads);
    mir_acknowledgement_sign(&word.acknowledgement, &identity, &founder.store->team, &secret);
    return word;
}

static void others_get_the_newest_and_all_evidence(void **state)
{
    (void)state;
    struct mir_evidence *list = NULL;
    struct mir_arena arena;
    size_t count = 0;
    int given = 0;
    const struct mir_relay_word words[] = { checkpoint(1, 5, 3), checkpoint(1, 6, 4),
        checkpoint(1, 7, 5), checkpoint(1, 5, 8) };
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(take(&words[i], MIR_VIA_BUNDLE), MIRSAL_OK);
    }
    assert_int_equal(mir_evidence_give(founder.store, count_word, &given, &err), MIRSAL_OK);
    assert_int_equal(given, 3); /* of size 7, and the two of size 5 */
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    assert_int_equal(mir_evidence_list(&list, &count, &arena, founder.store, 0, &err), MIRSAL_OK);
    assert_int_equal(count, 1);
    assert_int_equal(list[0].kind, MIR_CONTRADICTION_FACES);
    assert_string_equal(mir_contradiction_name(list[0].kind), "two_faces");
    assert_memory_equal(list[0].identity.bytes, identity.bytes, 32);
    assert_true(list[0].one.size > 0 && list[0].other.size > 0);
    assert_int_equal(list[0].url.size, 0); /* no relay of this team */
    int64_t last = 0;
    assert_int_equal(mir_evidence_last(&last, founder.store, &err), MIRSAL_OK);
    assert_int_equal(last, list[0].no);
    assert_int_equal(
        mir_evidence_list(&list, &count, &arena, founder.store, last, &err), MIRSAL_OK);
    assert_int_equal(count, 0);
    mir_arena_fini(&arena);
}

static void the_first_acknowledgement_of_each_relay_covers_a_changeset(void **state)
{
    (void)state;
    struct mir_acknowledged *list = NULL;
    struct mir_arena arena;
    struct mir_buf heads;
    size_t count = 0;
    mir_arena_init(&arena, &founder.world.env, 1u << 20);
    mir_buf_init(&heads, &founder.world.env, 1000);
    (void)test_team_report(&founder, "one");
    (void)test_team_report(&founder, "two");
    int64_t second =
        test_team_count(&founder, "SELECT no FROM changeset WHERE compartment = 0 AND seq = 2");
    for (uint64_t seq = 3; seq > 0; seq--) {
        struct mir_relay_word word = acknowledgement(&heads, seq, 5000 - seq);
        assert_int_equal(take(&word, MIR_VIA_RELAY), MIRSAL_OK);
    }
    assert_int_equal(
        mir_evidence_of(&list, &count, &arena, founder.store, second, &err), MIRSAL_OK);
    assert_int_equal(count, 1);
    assert_int_equal(list[0].time_ms, 4997); /* by its time; the one of seq 1 does not reach it */
    mir_buf_fini(&heads);
    mir_arena_fini(&arena);
}

static void each_log_of_a_relay_has_its_own_account(void **state)
{
    (void)state;
    uint64_t logs = 7;
    int against = 7;
    const struct mir_relay_word words[] = { checkpoint(1, 5, 3), checkpoint(1, 5, 4),
        checkpoint(2, 5, 3) };
    assert_int_equal(mir_evidence_logs(&logs, founder.store, &identity, &err), MIRSAL_OK);
    assert_int_equal(logs, 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(take(&words[i], MIR_VIA_BUNDLE), MIRSAL_OK);
    }
    assert_int_equal(mir_evidence_logs(&logs, founder.store, &identity, &err), MIRSAL_OK);
    assert_int_equal(logs, 2);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(mir_evidence_against(&against, founder.store, &identity,
                             words[i].checkpoint.store_epoch, &err),
            MIRSAL_OK);
        assert_int_equal(against, i == 1 ? MIR_CONTRADICTION_FACES : 0);
    }
}

/* Shown first, then signed: one thing is held against the relay. */
static void what_is_signed_takes_the_place_of_what_was_shown(void **state)
{
    (void)state;
    struct mir_buf heads[2];
    const enum mir_contradiction kind = MIR_CONTRADICTION_DENIED;
    mir_buf_init(&heads[0], &founder.world.env, 1000);
    mir_buf_init(&heads[1], &founder.world.env, 1000);
    struct mir_relay_word one = acknowledgement(&heads[0], 5, 5000);
    struct mir_relay_word less = acknowledgement(&heads[1], 4, 5001);
    const struct mir_relay_word *shown[] = { NULL, &less, NULL };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(
            mir_evidence_contradicts(founder.store, kind, &one, shown[i], &err), MIRSAL_OK);
        assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM contradiction"), 1);
        assert_int_equal(
            test_team_count(&founder, "SELECT length(other) > 0 FROM contradiction"), i > 0);
    }
    mir_buf_fini(&heads[1]);
    mir_buf_fini(&heads[0]);
}

static void a_word_that_was_changed_is_found(void **state)
{
    (void)state;
    uint64_t words = 0;
    uint64_t bad = 0;
    struct mir_relay_word word = checkpoint(1, 5, 3);
    assert_int_equal(take(&word, MIR_VIA_BUNDLE), MIRSAL_OK);
    assert_int_equal(mir_evidence_verify(&words, &bad, founder.store, &err), MIRSAL_OK);
    assert_int_equal(words, 1);
    assert_int_equal(bad, 0);
    assert_int_equal(
        mir_sql_run(founder.store->sql, "UPDATE checkpoint SET time = 5", &err), MIRSAL_OK);
    assert_int_equal(mir_evidence_verify(&words, &bad, founder.store, &err), MIRSAL_OK);
    assert_int_equal(bad, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(others_get_the_newest_and_all_evidence),
        TEST(the_first_acknowledgement_of_each_relay_covers_a_changeset),
        TEST(each_log_of_a_relay_has_its_own_account),
        TEST(what_is_signed_takes_the_place_of_what_was_shown),
        TEST(a_word_that_was_changed_is_found),
    };
#undef TEST
    return cmocka_run_group_tests_name("evidencelist", tests, NULL, NULL);
}
