/* SPDX-License-Identifier: Apache-2.0 */
/* unit/evidence_test.c - words of relays kept once, verified, held against each other. */
#include "evidence.h"

#include "mir_limits.h"
#include "test_team.h"

#include <stdio.h>
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

static int64_t held(void)
{
    return test_team_count(&founder, "SELECT count(*) FROM contradiction");
}

static void a_word_is_kept_once_and_only_when_its_relay_signed_it(void **state)
{
    (void)state;
    struct mir_relay_word word = checkpoint(1, 5, 3);
    assert_int_equal(take(&word, MIR_VIA_BUNDLE), MIRSAL_OK);
    assert_int_equal(take(&word, MIR_VIA_PEER), MIRSAL_OK);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM checkpoint"), 1);
    word.checkpoint.size++;
    assert_int_equal(take(&word, MIR_VIA_BUNDLE), MIRSAL_BAD_SIGNATURE);
    word = checkpoint(1, UINT64_MAX, 3);
    assert_int_equal(take(&word, MIR_VIA_BUNDLE), MIRSAL_MALFORMED);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM checkpoint"), 1);
    assert_int_equal(held(), 0);
}

static void two_roots_of_one_size_contradict_in_one_log_alone(void **state)
{
    (void)state;
    const struct mir_relay_word words[] = { checkpoint(1, 5, 3), checkpoint(1, 6, 4),
        checkpoint(2, 5, 7) };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(take(&words[i], MIR_VIA_BUNDLE), MIRSAL_OK);
    }
    assert_int_equal(held(), 0);
    struct mir_relay_word face = checkpoint(1, 5, 9);
    assert_int_equal(take(&face, MIR_VIA_PEER), MIRSAL_OK);
    assert_int_equal(held(), 1);
    assert_int_equal(take(&face, MIR_VIA_PEER), MIRSAL_OK);
    assert_int_equal(held(), 1);
}

static void what_came_from_others_is_doubted_until_it_is_shown(void **state)
{
    (void)state;
    static const uint8_t epoch[8] = { 1 };
    struct mir_checkpoint doubt;
    int has = 0;
    struct mir_relay_word own = checkpoint(1, 4, 2);
    struct mir_relay_word small = checkpoint(1, 5, 3);
    struct mir_relay_word large = checkpoint(1, 6, 4);
    assert_int_equal(take(&own, MIR_VIA_RELAY), MIRSAL_OK);
    assert_int_equal(
        mir_evidence_doubt(&doubt, &has, founder.store, &identity, epoch, &err), MIRSAL_OK);
    assert_int_equal(has, 0);
    assert_int_equal(take(&small, MIR_VIA_BUNDLE), MIRSAL_OK);
    assert_int_equal(take(&large, MIR_VIA_BUNDLE), MIRSAL_OK);
    for (uint64_t size = 6; size >= 5; size--) {
        assert_int_equal(
            mir_evidence_doubt(&doubt, &has, founder.store, &identity, epoch, &err), MIRSAL_OK);
        assert_int_equal(has, 1);
        assert_int_equal(doubt.size, size);
        assert_true(mir_checkpoint_verify(&doubt, &identity, &founder.store->team));
        assert_int_equal(
            mir_evidence_proven(founder.store, &identity, &doubt, size == 6, &err), MIRSAL_OK);
    }
    assert_int_equal(
        mir_evidence_doubt(&doubt, &has, founder.store, &identity, epoch, &err), MIRSAL_OK);
    assert_int_equal(has, 0);
}

/* Anybody makes a key and signs as a relay that nobody knows. */
static void words_of_relays_that_nobody_knows_have_an_end(void **state)
{
    (void)state;
    char text[400];
    snprintf(text, sizeof text,
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
        " INSERT INTO checkpoint (hash, relay, epoch, size, root, time, signature, via)"
        " SELECT randomblob(32), zeroblob(32), zeroblob(8), i, zeroblob(32), 1, zeroblob(64), 2"
        " FROM n",
        MIR_RELAY_WORDS_STRANGE_MAX - 1);
    assert_int_equal(mir_sql_run(founder.store->sql, text, &err), MIRSAL_OK);
    int64_t most = MIR_RELAY_WORDS_STRANGE_MAX;
    for (uint64_t size = 5; size < 8; size++) {
        struct mir_relay_word word = checkpoint(1, size, 3);
        assert_int_equal(take(&word, MIR_VIA_PEER), MIRSAL_OK);
        assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM checkpoint"), most);
    }
    assert_int_equal(mir_relay_add(founder.store, "http://localhost:1", &identity,
                         (struct mir_bytes){ NULL, 0 }, &err),
        MIRSAL_OK);
    struct mir_relay_word known = checkpoint(1, 7, 3);
    assert_int_equal(take(&known, MIR_VIA_PEER), MIRSAL_OK);
    assert_int_equal(test_team_count(&founder, "SELECT count(*) FROM checkpoint"), most + 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_word_is_kept_once_and_only_when_its_relay_signed_it),
        TEST(two_roots_of_one_size_contradict_in_one_log_alone),
        TEST(what_came_from_others_is_doubted_until_it_is_shown),
        TEST(words_of_relays_that_nobody_knows_have_an_end),
    };
#undef TEST
    return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}
