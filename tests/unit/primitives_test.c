/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/primitives_test.c - judges every vector of protocol/vectors/primitives.json; those of
 * streams are stream_test.c's.
 *
 * An operation appends what it gives to an output, member by member in the order of expect, and
 * returns its code; a vector that is refused names the code.
 */
#include "hash.h"
#include "hpke.h"
#include "merkle.h"
#include "noise.h"
#include "password.h"
#include "sign.h"
#include "test_vectors.h"
#include "text.h"
#include "vector_judge.h"
#include "words.h"

#include <string.h>

#define OUTPUT_MAX 100000u
#define LEAVES_MAX 64u

struct run {
    struct test_env test;
    const json_t *input;
    struct mir_buf out; /* what expect holds, one after another */
};

static struct mir_bytes given(const struct run *run, const char *key)
{
    return test_bytes(run->input, key);
}

static void given_fixed(const struct run *run, void *out, size_t size, const char *key)
{
    test_fixed(out, size, run->input, key);
}

static int context_named(const char *name)
{
    static const char *const names[] = {
#define CONTEXT_NAME(name, text) #name,
        MIR_CONTEXTS(CONTEXT_NAME)
#undef CONTEXT_NAME
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            return (int)i;
        }
    }
    fail_msg("no context %s", name);
    return -1;
}

static enum mir_context given_context(const struct run *run, const char *key)
{
    return (enum mir_context)context_named(test_text(run->input, key));
}

static mirsal_code run_hash(struct run *run)
{
    mirsal_hash hash;
    struct mir_bytes data = given(run, "data");
    mir_hash_bytes(&hash, given_context(run, "context"), data.data, data.size);
    mir_buf_append(&run->out, hash.bytes, 32);
    return MIRSAL_OK;
}

static mirsal_code run_words(struct run *run)
{
    static const char *const keys[] = { "team", "device", "noise", "hpke" };
    mirsal_hash hashes[4];
    char words[MIR_WORDS_TEXT_SIZE];
    for (size_t i = 0; i < 4; i++) {
        given_fixed(run, hashes[i].bytes, sizeof hashes[i].bytes, keys[i]);
    }
    struct mir_words_of of = { &hashes[0], &hashes[1], &hashes[2], &hashes[3] };
    for (enum mir_words_script script = MIR_WORDS_LATIN; script <= MIR_WORDS_ARABIC; script++) {
        mir_words_write(words, script, &of);
        mir_buf_append_text(&run->out, words);
    }
    return MIRSAL_OK;
}

static mirsal_code run_keyed(struct run *run)
{
    struct mir_bytes key = given(run, "key");
    size_t size = test_number(run->input, "size");
    int context = test_has(run->input, "context") ? (int)given_context(run, "context") : -1;
    uint8_t *out = mir_buf_extend(&run->out, size);
    assert_non_null(out);
    mir_hash_keyed(out, size, context, key.data, key.size, given(run, "data"));
    return MIRSAL_OK;
}

static mirsal_code run_sign(struct run *run)
{
    uint8_t seed[32];
    uint8_t signature[64];
    struct mir_sign_public public_key;
    struct mir_sign_secret secret;
    struct mir_bytes data = given(run, "data");
    given_fixed(run, seed, sizeof seed, "seed");
    mir_sign_keypair(&public_key, &secret, seed);
    mir_sign(signature, given_context(run, "context"), data.data, data.size, &secret);
    mir_buf_append(&run->out, public_key.bytes, 32);
    mir_buf_append(&run->out, signature, 64);
    return MIRSAL_OK;
}

static mirsal_code run_verify(struct run *run)
{
    uint8_t signature[64];
    uint8_t public_key[32];
    struct mir_bytes data = given(run, "data");
    given_fixed(run, signature, sizeof signature, "signature");
    given_fixed(run, public_key, sizeof public_key, "public");
    return mir_sign_verify(
               signature, given_context(run, "context"), data.data, data.size, public_key)
               ? MIRSAL_OK
               : MIRSAL_BAD_SIGNATURE;
}

static mirsal_code run_agree(struct run *run)
{
    struct mir_agree_secret secret;
    struct mir_agree_public public_key;
    uint8_t shared[32];
    given_fixed(run, secret.bytes, 32, "secret");
    given_fixed(run, public_key.bytes, 32, "public");
    if (!mir_agree(shared, &secret, &public_key)) {
        return MIRSAL_NOT_AUTHENTIC;
    }
    mir_buf_append(&run->out, shared, 32);
    return MIRSAL_OK;
}

static mirsal_code run_derive(struct run *run)
{
    struct mir_agree_secret secret;
    struct mir_agree_public public_key;
    struct mir_bytes ikm = given(run, "ikm");
    mir_hpke_derive_keypair(&public_key, &secret, ikm.data, ikm.size);
    mir_buf_append(&run->out, secret.bytes, 32);
    mir_buf_append(&run->out, public_key.bytes, 32);
    return MIRSAL_OK;
}

static mirsal_code run_seal(struct run *run)
{
    struct mir_agree_public recipient;
    uint8_t ikm[32];
    given_fixed(run, recipient.bytes, 32, "recipient");
    given_fixed(run, ikm, sizeof ikm, "ikm");
    return mir_hpke_seal_to(&run->out, &recipient, given_context(run, "info"), ikm,
        given(run, "aad"), given(run, "clear"), NULL);
}

static mirsal_code run_open(struct run *run)
{
    struct mir_agree_secret secret;
    given_fixed(run, secret.bytes, 32, "secret");
    return mir_hpke_open_from(&run->out, &secret, given_context(run, "info"), given(run, "aad"),
        given(run, "sealed"), NULL);
}

static mirsal_code run_export(struct run *run)
{
    struct mir_agree_secret secret;
    struct mir_agree_public recipient;
    struct mir_hpke sender;
    struct mir_hpke receiver;
    uint8_t ikm[32];
    uint8_t enc[32];
    uint8_t exported[64];
    size_t size = test_number(run->input, "size");
    struct mir_bytes info = mir_context_text(given_context(run, "info"));
    struct mir_bytes context = mir_context_text(given_context(run, "context"));
    assert_in_range(size, 1, sizeof exported);
    given_fixed(run, secret.bytes, 32, "secret");
    given_fixed(run, ikm, sizeof ikm, "ikm");
    mir_agree_public_of(&recipient, &secret);
    assert_int_equal(mir_hpke_setup_sender(&sender, enc, &recipient, info, ikm, NULL), MIRSAL_OK);
    assert_int_equal(mir_hpke_setup_receiver(&receiver, enc, &secret, info, NULL), MIRSAL_OK);
    mir_hpke_export(&sender, exported, size, context);
    mir_buf_append(&run->out, exported, size);
    mir_hpke_export(&receiver, exported, size, context);
    assert_memory_equal(run->out.data, exported, size);
    return MIRSAL_OK;
}

static void start_initiator(const struct run *run, struct mir_noise_handshake *noise)
{
    struct mir_agree_secret s;
    struct mir_agree_public rs;
    uint8_t e[32];
    given_fixed(run, s.bytes, 32, "initiator_s");
    given_fixed(run, e, 32, "initiator_e");
    if (test_has(run->input, "responder")) {
        given_fixed(run, rs.bytes, 32, "responder");
    } else {
        struct mir_agree_secret rs_secret;
        given_fixed(run, rs_secret.bytes, 32, "responder_s");
        mir_agree_public_of(&rs, &rs_secret);
    }
    mir_noise_init_initiator(noise, given(run, "prologue"), &s, &rs, e);
}

static void start_responder(const struct run *run, struct mir_noise_handshake *noise)
{
    struct mir_agree_secret s;
    uint8_t e[32];
    given_fixed(run, s.bytes, 32, "responder_s");
    given_fixed(run, e, 32, "responder_e");
    mir_noise_init_responder(noise, given(run, "prologue"), &s, e);
}

/* Both sides of a session from the vector's keys; appends both messages to the output. */
static void shake_hands(struct run *run,
    struct mir_noise_transport *initiator,
    struct mir_noise_transport *responder)
{
    struct mir_noise_handshake i;
    struct mir_noise_handshake r;
    struct mir_buf payload;
    mir_buf_init(&payload, &run->test.env, OUTPUT_MAX);
    start_initiator(run, &i);
    start_responder(run, &r);
    assert_int_equal(mir_noise_write(&i, &run->out, given(run, "payload_1"), NULL), MIRSAL_OK);
    size_t first_size = run->out.size;
    assert_int_equal(mir_noise_read(&r, &payload, mir_buf_bytes(&run->out), NULL), MIRSAL_OK);
    assert_true(mir_bytes_equal(mir_buf_bytes(&payload), given(run, "payload_1")));
    mir_buf_reset(&payload);
    assert_int_equal(mir_noise_write(&r, &run->out, given(run, "payload_2"), NULL), MIRSAL_OK);
    struct mir_bytes second = { run->out.data + first_size, run->out.size - first_size };
    assert_int_equal(mir_noise_read(&i, &payload, second, NULL), MIRSAL_OK);
    assert_true(mir_bytes_equal(mir_buf_bytes(&payload), given(run, "payload_2")));
    mir_noise_split(initiator, &i);
    mir_noise_split(responder, &r);
    mir_buf_fini(&payload);
}

/* Seals each of clears, and opens it on the other side. */
static void send_all(struct run *run,
    struct mir_noise_transport *from,
    struct mir_noise_transport *to)
{
    const json_t *clears = test_array(run->input, "clears");
    struct mir_buf opened;
    mir_buf_init(&opened, &run->test.env, OUTPUT_MAX);
    for (size_t i = 0; i < json_array_size(clears); i++) {
        struct mir_bytes clear = test_bytes_of(json_array_get(clears, i));
        size_t begin = run->out.size;
        mir_buf_reset(&opened);
        assert_int_equal(mir_noise_seal(from, &run->out, clear, NULL), MIRSAL_OK);
        struct mir_bytes sealed = { run->out.data + begin, run->out.size - begin };
        assert_int_equal(mir_noise_open(to, &opened, sealed, NULL), MIRSAL_OK);
        assert_true(mir_bytes_equal(mir_buf_bytes(&opened), clear));
    }
    mir_buf_fini(&opened);
}

static mirsal_code run_noise(struct run *run)
{
    struct mir_noise_transport initiator;
    struct mir_noise_transport responder;
    shake_hands(run, &initiator, &responder);
    send_all(run, &initiator, &responder);
    send_all(run, &responder, &initiator);
    mir_buf_append(&run->out, initiator.handshake_hash, 32);
    assert_memory_equal(initiator.handshake_hash, responder.handshake_hash, 32);
    return MIRSAL_OK;
}

static mirsal_code run_noise_read_1(struct run *run)
{
    struct mir_noise_handshake noise;
    start_responder(run, &noise);
    mirsal_code rc = mir_noise_read(&noise, &run->out, given(run, "message"), NULL);
    if (rc == MIRSAL_OK) {
        mir_buf_append(&run->out, noise.rs.bytes, 32);
    }
    mir_noise_fini(&noise);
    return rc;
}

static mirsal_code run_noise_read_2(struct run *run)
{
    struct mir_noise_handshake noise;
    start_initiator(run, &noise);
    assert_int_equal(mir_noise_write(&noise, &run->out, given(run, "payload_1"), NULL), MIRSAL_OK);
    mir_buf_reset(&run->out);
    mirsal_code rc = mir_noise_read(&noise, &run->out, given(run, "message"), NULL);
    mir_noise_fini(&noise);
    return rc;
}

static mirsal_code run_noise_write_1(struct run *run)
{
    struct mir_noise_handshake noise;
    start_initiator(run, &noise);
    mirsal_code rc = mir_noise_write(&noise, &run->out, given(run, "payload"), NULL);
    mir_noise_fini(&noise);
    return rc;
}

static mirsal_code run_noise_received(struct run *run)
{
    struct mir_noise_transport initiator;
    struct mir_noise_transport responder;
    const json_t *received = test_array(run->input, "received");
    mirsal_code rc = MIRSAL_OK;
    shake_hands(run, &initiator, &responder);
    for (size_t i = 0; i < json_array_size(received); i++) {
        assert_int_equal(rc, MIRSAL_OK);
        mir_buf_reset(&run->out);
        struct mir_bytes message = test_bytes_of(json_array_get(received, i));
        rc = mir_noise_open(&responder, &run->out, message, NULL);
    }
    return rc;
}

static mirsal_code run_salt(struct run *run)
{
    uint8_t seed[32];
    uint8_t salt[16];
    given_fixed(run, seed, sizeof seed, "seed");
    mir_merkle_salt(salt, seed, (uint32_t)test_number(run->input, "index"));
    mir_buf_append(&run->out, salt, sizeof salt);
    return MIRSAL_OK;
}

static mirsal_code run_leaf(struct run *run)
{
    uint8_t salt[16];
    mirsal_hash hash;
    given_fixed(run, salt, sizeof salt, "salt");
    mir_merkle_leaf(&hash, salt, given(run, "data"));
    mir_buf_append(&run->out, hash.bytes, 32);
    return MIRSAL_OK;
}

static mirsal_code run_decoy(struct run *run)
{
    uint8_t salt[16];
    mirsal_hash hash;
    given_fixed(run, salt, sizeof salt, "salt");
    mir_merkle_decoy(&hash, salt);
    mir_buf_append(&run->out, hash.bytes, 32);
    return MIRSAL_OK;
}

static size_t given_hashes(const struct run *run, mirsal_hash *hashes, const char *key)
{
    const json_t *list = test_array(run->input, key);
    size_t count = json_array_size(list);
    assert_in_range(count, 0, LEAVES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct mir_bytes hash = test_bytes_of(json_array_get(list, i));
        assert_int_equal(hash.size, 32);
        memcpy(hashes[i].bytes, hash.data, 32);
    }
    return count;
}

static mirsal_code run_tree(struct run *run)
{
    mirsal_hash hashes[LEAVES_MAX];
    mirsal_hash root;
    mir_merkle_root(&root, hashes, given_hashes(run, hashes, "leaves"));
    mir_buf_append(&run->out, root.bytes, 32);
    return MIRSAL_OK;
}

static mirsal_code run_content(struct run *run)
{
    mirsal_hash hashes[LEAVES_MAX];
    mirsal_hash root;
    uint8_t seed[32];
    const json_t *leaves = test_array(run->input, "leaves");
    size_t count = json_array_size(leaves);
    assert_in_range(count, 1, LEAVES_MAX);
    given_fixed(run, seed, sizeof seed, "seed");
    for (size_t i = 0; i < count; i++) {
        uint8_t salt[16];
        mir_merkle_salt(salt, seed, (uint32_t)i);
        mir_merkle_leaf(&hashes[i], salt, test_bytes_of(json_array_get(leaves, i)));
    }
    mir_merkle_content_root(&root, hashes, count, seed);
    mir_buf_append(&run->out, root.bytes, 32);
    return MIRSAL_OK;
}

static mirsal_code run_checkpoint(struct run *run)
{
    mirsal_hash ids[LEAVES_MAX];
    mirsal_hash root;
    struct mir_merkle_frontier frontier;
    size_t count = given_hashes(run, ids, "ids");
    memset(&frontier, 0, sizeof frontier);
    for (size_t i = 0; i < count; i++) {
        const uint8_t tag = 0x00;
        mirsal_hash leaf;
        struct mir_bytes parts[] = { { &tag, 1 }, { ids[i].bytes, 32 } };
        mir_hash_parts(&leaf, MIR_CONTEXT_LEAF, parts, 2);
        mir_merkle_frontier_append(&frontier, &leaf);
    }
    mir_merkle_frontier_root(&root, &frontier);
    mir_buf_append(&run->out, root.bytes, 32);
    return MIRSAL_OK;
}

static mirsal_code run_prove_inclusion(struct run *run)
{
    mirsal_hash hashes[LEAVES_MAX];
    size_t count = given_hashes(run, hashes, "leaves");
    mir_merkle_inclusion(&run->out, hashes, count, test_number(run->input, "index"));
    return MIRSAL_OK;
}

static mirsal_code run_inclusion(struct run *run)
{
    mirsal_hash root;
    mirsal_hash leaf;
    given_fixed(run, root.bytes, 32, "root");
    given_fixed(run, leaf.bytes, 32, "leaf");
    return mir_merkle_inclusion_verify(&root, test_number(run->input, "size"),
               test_number(run->input, "index"), &leaf, given(run, "proof"))
               ? MIRSAL_OK
               : MIRSAL_NOT_AUTHENTIC;
}

static mirsal_code run_prove_consistency(struct run *run)
{
    mirsal_hash hashes[LEAVES_MAX];
    size_t count = given_hashes(run, hashes, "leaves");
    mir_merkle_consistency(&run->out, hashes, count, test_number(run->input, "old_size"));
    return MIRSAL_OK;
}

static mirsal_code run_consistency(struct run *run)
{
    mirsal_hash old_root;
    mirsal_hash root;
    given_fixed(run, old_root.bytes, 32, "old_root");
    given_fixed(run, root.bytes, 32, "root");
    return mir_merkle_consistency_verify(&old_root, test_number(run->input, "old_size"), &root,
               test_number(run->input, "size"), given(run, "proof"))
               ? MIRSAL_OK
               : MIRSAL_NOT_AUTHENTIC;
}

static mirsal_code run_kdf(struct run *run)
{
    struct mir_kdf kdf;
    struct mir_seal_key key;
    given_fixed(run, kdf.salt, sizeof kdf.salt, "salt");
    kdf.passes = (uint32_t)test_number(run->input, "passes");
    kdf.memory_kib = (uint32_t)test_number(run->input, "memory_kib");
    mirsal_code rc = mir_kdf_derive(&key, &kdf, given(run, "passphrase"), NULL);
    if (rc == MIRSAL_OK) {
        mir_buf_append(&run->out, key.bytes, 32);
    }
    return rc;
}

static mirsal_code run_box_seal(struct run *run)
{
    struct mir_seal_key key;
    uint8_t nonce[24];
    given_fixed(run, key.bytes, 32, "key");
    given_fixed(run, nonce, sizeof nonce, "nonce");
    mir_box_seal(&run->out, &key, nonce, given(run, "aad"), given(run, "clear"));
    return MIRSAL_OK;
}

static mirsal_code run_box_open(struct run *run)
{
    struct mir_seal_key key;
    given_fixed(run, key.bytes, 32, "key");
    return mir_box_open(&run->out, &key, given(run, "aad"), given(run, "box"), NULL);
}

static const struct operation {
    const char *name;
    mirsal_code (*run)(struct run *run);
} operations[] = {
    { "hash", run_hash },
    { "keyed", run_keyed },
    { "words", run_words },
    { "sign", run_sign },
    { "verify", run_verify },
    { "agree", run_agree },
    { "derive", run_derive },
    { "seal", run_seal },
    { "open", run_open },
    { "export", run_export },
    { "noise", run_noise },
    { "noise_read_1", run_noise_read_1 },
    { "noise_read_2", run_noise_read_2 },
    { "noise_write_1", run_noise_write_1 },
    { "noise_received", run_noise_received },
    { "salt", run_salt },
    { "leaf", run_leaf },
    { "decoy", run_decoy },
    { "tree", run_tree },
    { "content", run_content },
    { "checkpoint", run_checkpoint },
    { "prove_inclusion", run_prove_inclusion },
    { "inclusion", run_inclusion },
    { "prove_consistency", run_prove_consistency },
    { "consistency", run_consistency },
    { "kdf", run_kdf },
    { "box_seal", run_box_seal },
    { "box_open", run_box_open },
};

#define OPERATION_COUNT (sizeof operations / sizeof operations[0])

static mirsal_code run_operation(struct run *run, const char *name)
{
    for (size_t i = 0; i < OPERATION_COUNT; i++) {
        if (strcmp(operations[i].name, name) == 0) {
            return operations[i].run(run);
        }
    }
    fail_msg("no operation %s", name);
    return MIRSAL_MISUSE;
}

/* The members of expect one after another; lists too. */
static void append_expected(struct mir_buf *out, json_t *expect)
{
    const char *key;
    json_t *value;
    json_object_foreach(expect, key, value)
    {
        size_t count = json_is_array(value) ? json_array_size(value) : 1;
        for (size_t i = 0; i < count; i++) {
            struct mir_bytes bytes =
                test_bytes_of(json_is_array(value) ? json_array_get(value, i) : value);
            mir_buf_append(out, bytes.data, bytes.size);
        }
    }
}

static void judge(json_t *vector)
{
    struct run run;
    struct mir_buf expected;
    const char *name = test_text(vector, "name");
    test_env_init(&run.test, 1);
    mir_buf_init(&run.out, &run.test.env, OUTPUT_MAX);
    mir_buf_init(&expected, &run.test.env, OUTPUT_MAX);
    run.input = json_object_get(vector, "input");
    mirsal_code rc = run_operation(&run, test_text(vector, "operation"));
    if (test_has(vector, "error")) {
        if (strcmp(judge_code_text(rc), test_text(vector, "error")) != 0) {
            fail_msg("%s: %s, not %s", name, judge_code_text(rc), test_text(vector, "error"));
        }
    } else {
        append_expected(&expected, json_object_get(vector, "expect"));
        if (rc != MIRSAL_OK ||
            !mir_bytes_equal(mir_buf_bytes(&run.out), mir_buf_bytes(&expected))) {
            fail_msg("%s: %s, or other bytes", name, judge_code_text(rc));
        }
    }
    mir_buf_fini(&run.out);
    mir_buf_fini(&expected);
    test_env_fini(&run.test);
}

static void every_vector_is_judged(void **state)
{
    (void)state;
    json_t *root = test_load_source("protocol/vectors/primitives.json");
    const json_t *vectors = test_array(root, "vectors");
    assert_true(json_array_size(vectors) >= 200);
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        json_t *vector = json_array_get(vectors, i);
        if (strncmp(test_text(vector, "operation"), "stream_", 7) != 0) {
            judge(vector);
        }
        test_release_bytes();
    }
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_is_judged),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
