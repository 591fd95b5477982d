/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/public_vectors_test.c - the primitives against public vectors: RFC 9180, Noise, Wycheproof,
 * ed25519-speccheck (libsodium's column), transparency-dev's Merkle proofs. Skipped without them.
 */
#include "hkdf.h"
#include "hpke.h"
#include "merkle.h"
#include "noise.h"
#include "password.h"
#include "sign.h"
#include "test_vectors.h"

#include <dirent.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int buffer_env_ready;
static struct test_env shared_env;

static struct mir_buf new_buffer(void)
{
    struct mir_buf buf;
    if (!buffer_env_ready) {
        test_env_init(&shared_env, 1);
        buffer_env_ready = 1;
    }
    mir_buf_init(&buf, &shared_env.env, 1 << 20);
    return buf;
}

/* --- RFC 9180, appendix A.2.1 ---------------------------------------------------------------- */

/* The RFC's own file has its numbers as text. */
static uint64_t number_in_text(const json_t *row, const char *key)
{
    return strtoull(test_text(row, key), NULL, 10);
}

static void hpke_follows_rfc_9180(void **state)
{
    (void)state;
    json_t *root = test_load_shared("hpke_x25519_sha256_chachapoly_base.json");
    struct mir_agree_secret secret;
    struct mir_agree_public recipient;
    struct mir_hpke sender;
    struct mir_hpke receiver;
    uint8_t enc[32];
    struct mir_bytes info = test_bytes(root, "info");
    struct mir_bytes ikm = test_bytes(root, "ikmR");
    assert_int_equal(test_bytes(root, "ikmE").size, 32);
    mir_hpke_derive_keypair(&recipient, &secret, ikm.data, ikm.size);
    assert_memory_equal(recipient.bytes, test_bytes(root, "pkRm").data, 32);
    assert_memory_equal(secret.bytes, test_bytes(root, "skRm").data, 32);
    assert_int_equal(
        mir_hpke_setup_sender(&sender, enc, &recipient, info, test_bytes(root, "ikmE").data, NULL),
        MIRSAL_OK);
    assert_memory_equal(enc, test_bytes(root, "enc").data, 32);
    assert_memory_equal(sender.key, test_bytes(root, "key").data, 32);
    assert_memory_equal(sender.base_nonce, test_bytes(root, "base_nonce").data, 12);
    assert_memory_equal(sender.exporter, test_bytes(root, "exporter_secret").data, 32);
    assert_int_equal(mir_hpke_setup_receiver(&receiver, enc, &secret, info, NULL), MIRSAL_OK);
    assert_memory_equal(&sender, &receiver, sizeof sender);

    const json_t *encryptions = test_array(root, "encryptions");
    assert_true(json_array_size(encryptions) >= 6);
    for (size_t i = 0; i < json_array_size(encryptions); i++) {
        const json_t *row = json_array_get(encryptions, i);
        struct mir_bytes clear = test_bytes(row, "pt");
        struct mir_bytes sealed = test_bytes(row, "ct");
        struct mir_bytes aad = test_bytes(row, "aad");
        uint8_t out[256];
        assert_in_range(sealed.size, 16, sizeof out);
        sender.seq = number_in_text(row, "sequence number");
        receiver.seq = sender.seq;
        mir_hpke_seal(&sender, out, aad, clear.data, clear.size);
        assert_memory_equal(out, sealed.data, sealed.size);
        assert_int_equal(
            mir_hpke_open(&receiver, out, aad, sealed.data, sealed.size, NULL), MIRSAL_OK);
        assert_memory_equal(out, clear.data, clear.size);
    }
    const json_t *exports = test_array(root, "exports");
    assert_true(json_array_size(exports) >= 3);
    for (size_t i = 0; i < json_array_size(exports); i++) {
        const json_t *row = json_array_get(exports, i);
        uint8_t out[64];
        size_t size = number_in_text(row, "L");
        assert_in_range(size, 1, sizeof out);
        mir_hpke_export(&sender, out, size, test_bytes(row, "exporter_context"));
        assert_memory_equal(out, test_bytes(row, "exported_value").data, size);
    }
    json_decref(root);
    test_release_bytes();
}

/* --- Noise ----------------------------------------------------------------------------------- */

static struct mir_agree_secret secret_of(const json_t *vector, const char *key)
{
    struct mir_agree_secret secret;
    test_fixed(secret.bytes, sizeof secret.bytes, vector, key);
    return secret;
}

static void check_noise(const json_t *vector)
{
    struct mir_noise_handshake i;
    struct mir_noise_handshake r;
    struct mir_noise_transport transport[2];
    struct mir_agree_secret s = secret_of(vector, "init_static");
    struct mir_agree_secret rs_secret = secret_of(vector, "resp_static");
    struct mir_agree_public rs;
    test_fixed(rs.bytes, 32, vector, "init_remote_static");
    mir_noise_init_initiator(&i, test_bytes(vector, "init_prologue"), &s, &rs,
        test_bytes(vector, "init_ephemeral").data);
    mir_noise_init_responder(&r, test_bytes(vector, "resp_prologue"), &rs_secret,
        test_bytes(vector, "resp_ephemeral").data);
    const json_t *messages = test_array(vector, "messages");
    struct mir_buf sealed = new_buffer();
    struct mir_buf clear = new_buffer();
    for (size_t n = 0; n < json_array_size(messages); n++) {
        const json_t *row = json_array_get(messages, n);
        struct mir_bytes payload = test_bytes(row, "payload");
        mir_buf_reset(&sealed);
        mir_buf_reset(&clear);
        if (n < 2) {
            struct mir_noise_handshake *from = n == 0 ? &i : &r;
            struct mir_noise_handshake *to = n == 0 ? &r : &i;
            assert_int_equal(mir_noise_write(from, &sealed, payload, NULL), MIRSAL_OK);
            assert_int_equal(mir_noise_read(to, &clear, mir_buf_bytes(&sealed), NULL), MIRSAL_OK);
        } else {
            struct mir_noise_transport *from = &transport[n % 2];
            struct mir_noise_transport *to = &transport[1 - n % 2];
            assert_int_equal(mir_noise_seal(from, &sealed, payload, NULL), MIRSAL_OK);
            assert_int_equal(mir_noise_open(to, &clear, mir_buf_bytes(&sealed), NULL), MIRSAL_OK);
        }
        assert_true(mir_bytes_equal(mir_buf_bytes(&sealed), test_bytes(row, "ciphertext")));
        assert_true(mir_bytes_equal(mir_buf_bytes(&clear), payload));
        if (n == 1) {
            mir_noise_split(&transport[0], &i);
            mir_noise_split(&transport[1], &r);
            if (test_has(vector, "handshake_hash")) {
                assert_memory_equal(
                    transport[0].handshake_hash, test_bytes(vector, "handshake_hash").data, 32);
            }
        }
    }
    mir_buf_fini(&sealed);
    mir_buf_fini(&clear);
}

static void noise_follows_snow_and_noise_c(void **state)
{
    (void)state;
    json_t *root = test_load_shared("noise/ik_25519_chachapoly_subset.json");
    const json_t *vectors = test_array(root, "vectors");
    size_t checked = 0;
    for (size_t n = 0; n < json_array_size(vectors); n++) {
        const json_t *vector = json_array_get(vectors, n);
        const char *key = test_has(vector, "protocol_name") ? "protocol_name" : "name";
        if (strcmp(test_text(vector, key), "Noise_IK_25519_ChaChaPoly_SHA256") == 0) {
            check_noise(vector);
            checked++;
        }
    }
    assert_true(checked >= 2);
    json_decref(root);
    test_release_bytes();
}

/* --- Wycheproof ------------------------------------------------------------------------------ */

typedef void (*wycheproof_case)(const json_t *group, const json_t *row, int valid);

static size_t each_wycheproof(const char *path, wycheproof_case check)
{
    json_t *root = test_load_shared(path);
    const json_t *groups = test_array(root, "testGroups");
    size_t checked = 0;
    for (size_t g = 0; g < json_array_size(groups); g++) {
        const json_t *group = json_array_get(groups, g);
        const json_t *rows = test_array(group, "tests");
        for (size_t n = 0; n < json_array_size(rows); n++) {
            const json_t *row = json_array_get(rows, n);
            check(group, row, strcmp(test_text(row, "result"), "invalid") != 0);
            test_release_bytes();
            checked++;
        }
    }
    json_decref(root);
    return checked;
}

static void expect(const json_t *row, int holds)
{
    if (!holds) {
        fail_msg("case %d", (int)test_number(row, "tcId"));
    }
}

static void check_ed25519(const json_t *group, const json_t *row, int valid)
{
    struct mir_bytes public_key = test_bytes(json_object_get(group, "publicKey"), "pk");
    struct mir_bytes signature = test_bytes(row, "sig");
    struct mir_bytes message = test_bytes(row, "msg");
    int holds = signature.size == 64 &&
                mir_sign_verify_raw(signature.data, message.data, message.size, public_key.data);
    expect(row, holds == valid);
}

/* Wycheproof accepts zeros as a result; here they are refused. */
static void check_x25519(const json_t *group, const json_t *row, int valid)
{
    (void)group;
    (void)valid;
    struct mir_agree_secret secret;
    struct mir_agree_public public_key;
    uint8_t shared[32];
    const uint8_t zeros[32] = { 0 };
    struct mir_bytes expected = test_bytes(row, "shared");
    test_fixed(secret.bytes, 32, row, "private");
    test_fixed(public_key.bytes, 32, row, "public");
    int agreed = mir_agree(shared, &secret, &public_key);
    expect(row, agreed == (memcmp(expected.data, zeros, 32) != 0));
    expect(row, memcmp(shared, expected.data, 32) == 0);
}

static void check_hkdf(const json_t *group, const json_t *row, int valid)
{
    (void)group;
    static uint8_t out[MIR_HKDF_SIZE_MAX];
    uint8_t prk[32];
    size_t size = test_number(row, "size");
    if (size > MIR_HKDF_SIZE_MAX) {
        expect(row, !valid);
        return;
    }
    struct mir_bytes ikm = test_bytes(row, "ikm");
    struct mir_bytes info = test_bytes(row, "info");
    mir_hkdf_extract(prk, test_bytes(row, "salt"), &ikm, 1);
    mir_hkdf_expand(out, size, prk, &info, 1);
    expect(row, (memcmp(out, test_bytes(row, "okm").data, size) == 0) == valid);
}

/* HMAC is HKDF's extraction, the key as salt. Shorter tags are its beginning. */
static void check_hmac(const json_t *group, const json_t *row, int valid)
{
    (void)group;
    uint8_t tag[32];
    struct mir_bytes message = test_bytes(row, "msg");
    struct mir_bytes expected = test_bytes(row, "tag");
    mir_hkdf_extract(tag, test_bytes(row, "key"), &message, 1);
    expect(row, (memcmp(tag, expected.data, expected.size) == 0) == valid);
}

static void check_xchacha(const json_t *group, const json_t *row, int valid)
{
    (void)group;
    struct mir_seal_key key;
    struct mir_bytes nonce = test_bytes(row, "iv");
    struct mir_bytes clear = test_bytes(row, "msg");
    struct mir_bytes sealed[] = { nonce, test_bytes(row, "ct"), test_bytes(row, "tag") };
    if (nonce.size != 24) {
        expect(row, !valid);
        return;
    }
    struct mir_buf box = new_buffer();
    struct mir_buf out = new_buffer();
    test_fixed(key.bytes, 32, row, "key");
    for (size_t i = 0; i < 3; i++) {
        mir_buf_append(&box, sealed[i].data, sealed[i].size);
    }
    mirsal_code rc = mir_box_open(&out, &key, test_bytes(row, "aad"), mir_buf_bytes(&box), NULL);
    expect(row, rc == (valid ? MIRSAL_OK : MIRSAL_NOT_AUTHENTIC));
    if (valid) {
        expect(row, mir_bytes_equal(mir_buf_bytes(&out), clear));
        mir_buf_reset(&out);
        mir_box_seal(&out, &key, nonce.data, test_bytes(row, "aad"), clear);
        expect(row, mir_bytes_equal(mir_buf_bytes(&out), mir_buf_bytes(&box)));
    }
    mir_buf_fini(&box);
    mir_buf_fini(&out);
}

/* Through an HPKE context whose first message has the case's nonce. */
static void check_chacha(const json_t *group, const json_t *row, int valid)
{
    (void)group;
    struct mir_hpke hpke = { 0 };
    struct mir_bytes nonce = test_bytes(row, "iv");
    struct mir_bytes clear = test_bytes(row, "msg");
    struct mir_bytes sealed[] = { test_bytes(row, "ct"), test_bytes(row, "tag") };
    static uint8_t out[4096];
    if (nonce.size != sizeof hpke.base_nonce) {
        expect(row, !valid);
        return;
    }
    struct mir_buf whole = new_buffer();
    mir_buf_append(&whole, sealed[0].data, sealed[0].size);
    mir_buf_append(&whole, sealed[1].data, sealed[1].size);
    expect(row, whole.size <= sizeof out);
    test_fixed(hpke.key, sizeof hpke.key, row, "key");
    memcpy(hpke.base_nonce, nonce.data, sizeof hpke.base_nonce);
    mirsal_code rc =
        mir_hpke_open(&hpke, out, test_bytes(row, "aad"), whole.data, whole.size, NULL);
    expect(row, rc == (valid ? MIRSAL_OK : MIRSAL_NOT_AUTHENTIC));
    expect(row, !valid || clear.size == 0 || memcmp(out, clear.data, clear.size) == 0);
    mir_buf_fini(&whole);
}

static void wycheproofs_cases_hold(void **state)
{
    (void)state;
    assert_true(each_wycheproof("wycheproof/ed25519_test.json", check_ed25519) >= 150);
    assert_true(each_wycheproof("wycheproof/x25519_test.json", check_x25519) >= 500);
    assert_true(each_wycheproof("wycheproof/hkdf_sha256_test.json", check_hkdf) >= 80);
    assert_true(each_wycheproof("wycheproof/hmac_sha256_test.json", check_hmac) >= 170);
    assert_true(each_wycheproof("wycheproof/xchacha20_poly1305_test.json", check_xchacha) >= 300);
    assert_true(each_wycheproof("wycheproof/chacha20_poly1305_test.json", check_chacha) >= 300);
}

/* --- ed25519-speccheck ----------------------------------------------------------------------- */

static void signatures_are_judged_as_libsodium_does(void **state)
{
    (void)state;
    static const char column[] = "XXXVXXXXXXXX"; /* LibSodium in results.md */
    json_t *cases = test_load_shared("ed25519-speccheck/cases.json");
    assert_int_equal(json_array_size(cases), 12);
    for (size_t i = 0; i < 12; i++) {
        const json_t *row = json_array_get(cases, i);
        struct mir_bytes message = test_bytes(row, "message");
        struct mir_bytes signature = test_bytes(row, "signature");
        struct mir_bytes public_key = test_bytes(row, "pub_key");
        assert_int_equal(signature.size, 64);
        assert_int_equal(
            mir_sign_verify_raw(signature.data, message.data, message.size, public_key.data),
            column[i] == 'V');
    }
    json_decref(cases);
    test_release_bytes();
}

/* --- Merkle, SHA-256 ------------------------------------------------------------------------- */

static void sha256_node(mirsal_hash *out, const mirsal_hash *left, const mirsal_hash *right)
{
    uint8_t joined[65] = { 0x01 };
    memcpy(joined + 1, left->bytes, 32);
    memcpy(joined + 33, right->bytes, 32);
    (void)crypto_hash_sha256(out->bytes, joined, sizeof joined);
}

/* Base64 to at most capacity bytes; the size. */
static size_t from_base64(uint8_t *out, size_t capacity, const json_t *text)
{
    size_t size = 0;
    assert_int_equal(
        sodium_base642bin(out, capacity, json_string_value(text), json_string_length(text), NULL,
            &size, NULL, sodium_base64_VARIANT_ORIGINAL),
        0);
    return size;
}

/* 0 when it is longer than a hash; what is shorter (placeholders) is filled with zeros. */
static int hash_member(mirsal_hash *out, const json_t *row, const char *key)
{
    uint8_t bytes[256];
    size_t size = from_base64(bytes, sizeof bytes, json_object_get(row, key));
    memset(out, 0, sizeof *out);
    if (size > sizeof out->bytes) {
        return 0;
    }
    memcpy(out->bytes, bytes, size);
    return 1;
}

/* 0 when a node has another size than a hash: our form of a proof has no such nodes. */
static int proof_member(struct mir_buf *out, const json_t *row)
{
    const json_t *nodes = json_object_get(row, "proof");
    for (size_t i = 0; i < json_array_size(nodes); i++) {
        uint8_t bytes[256];
        size_t size = from_base64(bytes, sizeof bytes, json_array_get(nodes, i));
        if (size != sizeof(mirsal_hash)) {
            return 0;
        }
        mir_buf_append(out, bytes, size);
    }
    return 1;
}

/* A file with numbers beyond 63 bits has reals; what is beyond 64 counts as the largest. */
static uint64_t number_member(const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);
    if (json_is_real(value)) {
        double real = json_real_value(value);
        return real < 0x1p64 ? (uint64_t)real : UINT64_MAX;
    }
    return (uint64_t)json_integer_value(value);
}

static int inclusion_holds(const json_t *row, struct mir_bytes proof)
{
    mirsal_hash root;
    mirsal_hash leaf;
    int whole = hash_member(&root, row, "root");
    whole = hash_member(&leaf, row, "leafHash") && whole;
    uint64_t index = number_member(row, "leafIdx");
    uint64_t size = number_member(row, "treeSize");
    return whole && mir_merkle_inclusion_verify_with(sha256_node, &root, size, index, &leaf, proof);
}

static int consistency_holds(const json_t *row, struct mir_bytes proof)
{
    mirsal_hash roots[2];
    int whole = hash_member(&roots[0], row, "root1");
    whole = hash_member(&roots[1], row, "root2") && whole;
    uint64_t old_size = number_member(row, "size1");
    uint64_t size = number_member(row, "size2");
    return whole && mir_merkle_consistency_verify_with(
                        sha256_node, &roots[0], old_size, &roots[1], size, proof);
}

static size_t each_proof(const char *folder,
    int (*holds)(const json_t *row, struct mir_bytes proof))
{
    char path[1024];
    size_t checked = 0;
    (void)snprintf(path, sizeof path, "%s/%s", test_shared_vectors(), folder);
    DIR *files = opendir(path);
    assert_non_null(files);
    for (const struct dirent *file = readdir(files); file != NULL; file = readdir(files)) {
        if (strstr(file->d_name, ".json") == NULL) {
            continue;
        }
        (void)snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
        json_t *row = test_load_shared(path);
        struct mir_buf proof = new_buffer();
        int accepted = proof_member(&proof, row) && holds(row, mir_buf_bytes(&proof));
        if (accepted == json_is_true(json_object_get(row, "wantErr"))) {
            fail_msg("%s", path);
        }
        mir_buf_fini(&proof);
        json_decref(row);
        checked++;
    }
    (void)closedir(files);
    return checked;
}

static void proofs_follow_rfc_6962(void **state)
{
    (void)state;
    static const char *const folders[] = { "0", "1", "2", "3", "4", "5", "6", "additional" };
    size_t checked[2] = { 0, 0 };
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char folder[64];
        char path[1100];
        for (size_t kind = 0; kind < 2; kind++) {
            (void)snprintf(folder, sizeof folder, "merkle/testdata/%s/%s",
                kind == 0 ? "inclusion" : "consistency", folders[i]);
            (void)snprintf(path, sizeof path, "%s/%s", test_shared_vectors(), folder);
            DIR *there = opendir(path);
            if (there != NULL) {
                (void)closedir(there);
                checked[kind] +=
                    each_proof(folder, kind == 0 ? inclusion_holds : consistency_holds);
            }
        }
    }
    assert_true(checked[0] >= 50 && checked[1] >= 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hpke_follows_rfc_9180),
        cmocka_unit_test(noise_follows_snow_and_noise_c),
        cmocka_unit_test(wycheproofs_cases_hold),
        cmocka_unit_test(signatures_are_judged_as_libsodium_does),
        cmocka_unit_test(proofs_follow_rfc_6962),
    };
    if (test_shared_vectors() == NULL) {
        return test_skip_without_shared();
    }
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
