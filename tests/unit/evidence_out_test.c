/* SPDX-License-Identifier: Apache-2.0 */
/* unit/evidence_out_test.c - what is held against a relay, told: by whom, what, and the words. */
#include "evidence_out.h"

#include "answers.h"
#include "peers.h"
#include "test_team.h"

#include <jansson.h>
#include <string.h>

static struct test_store founder;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&founder, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&founder);
    return 0;
}

/* Two words of one relay, held against it. */
static mirsal_hash contradict(enum mir_contradiction kind)
{
    static const uint8_t seed[32] = { 5 };
    struct mir_sign_public public_key;
    struct mir_sign_secret secret;
    struct mir_relay_word words[2] = { { .kind = MIR_WORD_CHECKPOINT },
        { .kind = MIR_WORD_CHECKPOINT } };
    mir_sign_keypair(&public_key, &secret, seed);
    for (size_t i = 0; i < 2; i++) {
        memcpy(words[i].identity.bytes, public_key.bytes, sizeof words[i].identity.bytes);
        words[i].checkpoint.size = 7;
        words[i].checkpoint.root.bytes[0] = (uint8_t)i;
        mir_checkpoint_sign(
            &words[i].checkpoint, &words[i].identity, &founder.store->team, &secret);
    }
    assert_int_equal(
        mir_evidence_contradicts(founder.store, kind, &words[0], &words[1], &founder.err),
        MIRSAL_OK);
    return words[0].identity;
}

static json_t *status(void)
{
    struct mir_buf out;
    mir_buf_init(&out, &founder.world.env, 1u << 20);
    assert_int_equal(mir_answer_status(&out, founder.store, &founder.err), MIRSAL_OK);
    json_t *answer = json_loadb((const char *)out.data, out.size, 0, NULL);
    mir_buf_fini(&out);
    assert_non_null(answer);
    return answer;
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void status_names_the_relay_and_gives_the_words(void **state)
{
    (void)state;
    json_t *answer = status();
    assert_int_equal(json_array_size(json_object_get(answer, "evidence")), 0);
    json_decref(answer);
    mirsal_hash identity = contradict(MIR_CONTRADICTION_FACES);
    assert_int_equal(mir_relay_add(founder.store, "http://localhost:1", &identity,
                         (struct mir_bytes){ NULL, 0 }, &founder.err),
        MIRSAL_OK);
    answer = status();
    const json_t *item = json_array_get(json_object_get(answer, "evidence"), 0);
    const json_t *relay = json_array_get(json_object_get(answer, "relays"), 0);
    assert_string_equal(text_of(item, "what"), "two_faces");
    assert_string_equal(text_of(item, "relay"), text_of(relay, "identity"));
    assert_string_equal(text_of(item, "why"), text_of(relay, "error"));
    assert_true(json_is_true(json_object_get(item, "proof")));
    assert_int_equal(json_array_size(json_object_get(item, "words")), 2);
    assert_string_equal(text_of(item, "url"), "http://localhost:1");
    const json_t *said = json_object_get(item, "said");
    assert_int_equal(json_array_size(said), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *one = json_array_get(said, i);
        assert_string_equal(text_of(one, "says"), "checkpoint");
        assert_int_equal(json_integer_value(json_object_get(one, "size")), 7);
        assert_memory_equal(text_of(one, "root"), i == 0 ? "00" : "01", 2);
    }
    assert_memory_equal(
        json_string_value(json_array_get(json_object_get(item, "words"), 0)), "9701c420", 8);
    json_decref(answer);
}

static struct mir_relay_word acknowledged(struct mir_buf *heads, uint64_t size, uint64_t seq)
{
    static const uint8_t seed[32] = { 5 };
    struct mir_sign_public public_key;
    struct mir_sign_secret secret;
    struct mir_head head = { *mir_store_device(founder.store), 0, seq, { { 9 } } };
    struct mir_relay_word word = { .kind = MIR_WORD_ACKNOWLEDGEMENT,
        .acknowledgement = { .device = head.device, .size = size, .time_ms = 9 } };
    mir_sign_keypair(&public_key, &secret, seed);
    memcpy(word.identity.bytes, public_key.bytes, sizeof word.identity.bytes);
    mir_acknowledged_write(heads, &head, 1);
    word.acknowledgement.heads = mir_buf_bytes(heads);
    mir_acknowledgement_sign(&word.acknowledgement, &word.identity, &founder.store->team, &secret);
    return word;
}

/* Of a log that is not shorter; a clock alone does not tell which word came first. */
static void less_in_a_log_as_long_proves_a_denial(void **state)
{
    (void)state;
    for (uint64_t size = 9; size <= 10; size++) {
        struct mir_buf heads[2];
        mir_buf_init(&heads[0], &founder.world.env, 1000);
        mir_buf_init(&heads[1], &founder.world.env, 1000);
        struct mir_relay_word one = acknowledged(&heads[0], 10, 5);
        struct mir_relay_word less = acknowledged(&heads[1], size, 4);
        assert_int_equal(mir_evidence_contradicts(
                             founder.store, MIR_CONTRADICTION_DENIED, &one, &less, &founder.err),
            MIRSAL_OK);
        json_t *answer = status();
        const json_t *list = json_object_get(answer, "evidence");
        const json_t *item = json_array_get(list, json_array_size(list) - 1);
        const json_t *said = json_array_get(json_object_get(item, "said"), 1);
        const json_t *chain = json_array_get(json_object_get(said, "chains"), 0);
        assert_int_equal(json_is_true(json_object_get(item, "proof")), size == 10);
        assert_string_equal(text_of(said, "device"), text_of(answer, "device_id"));
        assert_int_equal(json_integer_value(json_object_get(chain, "seq")), 4);
        json_decref(answer);
        mir_buf_fini(&heads[1]);
        mir_buf_fini(&heads[0]);
    }
}

static void each_kind_has_words(void **state)
{
    (void)state;
    for (int kind = MIR_CONTRADICTION_FACES; kind <= MIR_CONTRADICTION_HIDDEN; kind++) {
        assert_true(strlen(mir_evidence_text((enum mir_contradiction)kind)) > 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            status_names_the_relay_and_gives_the_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(less_in_a_log_as_long_proves_a_denial, set_up, tear_down),
        cmocka_unit_test(each_kind_has_words),
    };
    return cmocka_run_group_tests_name("evidence_out", tests, NULL, NULL);
}
