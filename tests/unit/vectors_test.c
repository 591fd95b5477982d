/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/vectors_test.c - judges every vector of protocol/vectors: encoding, changeset, residue.
 *
 * A judge checks what expect holds, and gives the code of what was refused.
 */
#include "merkle.h"
#include "msgpack.h"
#include "residue.h"
#include "run.h"
#include "test_vectors.h"

#include <string.h>

struct vector {
    struct test_env test;
    struct mir_arena arena;
    const json_t *input;
    const json_t *expect; /* NULL where an error is expected */
};

static const char *code_text(mirsal_code code)
{
    switch (code) {
#define CODE_TEXT(name, value, class_, print, text)                                                \
    case MIRSAL_##name:                                                                            \
        return #name;
        MIRSAL_ERRORS(CODE_TEXT)
#undef CODE_TEXT
    default:
        return "?";
    }
}

static void same_bytes(struct mir_bytes got, const json_t *expect, const char *key)
{
    assert_true(mir_bytes_equal(got, test_bytes(expect, key)));
}

static void same_hash(const mirsal_hash *got, const json_t *hex)
{
    struct mir_bytes expected = test_bytes_of(hex);
    assert_int_equal(expected.size, 32);
    assert_memory_equal(got->bytes, expected.data, 32);
}

static mirsal_code judge_value(struct vector *vector)
{
    struct mir_bytes bytes = test_bytes(vector->input, "bytes");
    struct mir_reader reader;
    mir_reader_init(&reader, bytes.data, bytes.size);
    struct mir_bytes value = mir_mp_read_value(&reader, SIZE_MAX);
    mirsal_code code = mir_reader_finish(&reader, "value", NULL);
    if (code == MIRSAL_OK && vector->expect != NULL) {
        same_bytes(value, vector->expect, "bytes");
    }
    return code;
}

static mirsal_code read_changeset(struct mir_changeset *out, const json_t *input)
{
    return mir_changeset_read(out, test_bytes(input, "header"), test_bytes(input, "signature"),
        test_bytes(input, "body"), NULL);
}

static mirsal_code judge_verify(struct vector *vector)
{
    struct mir_changeset changeset;
    mirsal_code code = read_changeset(&changeset, vector->input);
    if (code == MIRSAL_OK) {
        code = mir_changeset_verify(&changeset, NULL);
    }
    if (code == MIRSAL_OK && vector->expect != NULL) {
        same_hash(&changeset.id, json_object_get(vector->expect, "id"));
    }
    return code;
}

static mirsal_code judge_body(struct vector *vector)
{
    struct mir_place place;
    struct mir_body body;
    struct mir_buf again;
    uint8_t seed[32];
    mirsal_hash root;
    struct mir_bytes clear = test_bytes(vector->input, "clear");
    test_fixed(place.device, sizeof place.device, vector->input, "device");
    test_fixed(seed, sizeof seed, vector->input, "seed");
    place.compartment = (uint8_t)test_number(vector->input, "compartment");
    mirsal_code code = mir_body_decode(&body, &vector->arena, &place, clear, NULL);
    if (code != MIRSAL_OK || vector->expect == NULL) {
        return code;
    }
    body.schema_version = (uint32_t)test_number(vector->input, "schema_version");
    const json_t *leaves = test_array(vector->expect, "leaves");
    const mirsal_hash *hashes = mir_body_leaf_hashes(&vector->arena, &body, seed);
    assert_int_equal(mir_body_leaf_count(&body), json_array_size(leaves));
    for (size_t i = 0; i < json_array_size(leaves); i++) {
        same_hash(&hashes[i], json_array_get(leaves, i));
    }
    assert_int_equal(mir_body_content_root(&root, &body, seed, &vector->arena, NULL), MIRSAL_OK);
    same_hash(&root, json_object_get(vector->expect, "content_root"));
    mir_buf_init(&again, &vector->test.env, SIZE_MAX);
    assert_int_equal(mir_body_encode(&again, &body, &place, &vector->arena, NULL), MIRSAL_OK);
    assert_true(mir_bytes_equal(mir_buf_bytes(&again), clear));
    mir_buf_fini(&again);
    return MIRSAL_OK;
}

static int dictionary_of(struct mir_bytes *out, void *context, uint32_t schema_version)
{
    (void)schema_version;
    *out = *(const struct mir_bytes *)context;
    return 1;
}

static mirsal_code judge_open(struct vector *vector)
{
    struct mir_changeset changeset;
    struct mir_opened opened;
    struct mir_agree_secret secret;
    struct mir_bytes dictionary = test_bytes(vector->input, "dictionary");
    const struct mir_open keys = { &secret, dictionary_of, &dictionary };
    test_fixed(secret.bytes, sizeof secret.bytes, vector->input, "epoch_secret");
    mirsal_code code = read_changeset(&changeset, vector->input);
    if (code == MIRSAL_OK) {
        code = mir_changeset_open(&opened, &vector->arena, &changeset, &keys, NULL);
    }
    if (code == MIRSAL_OK && vector->expect != NULL) {
        same_bytes(opened.clear, vector->expect, "clear");
    }
    return code;
}

struct purged_ids {
    struct mir_bytes ids; /* sixteen bytes each */
};

static int is_purged(void *context, const mirsal_id *record)
{
    const struct purged_ids *purged = context;
    for (size_t at = 0; at < purged->ids.size; at += sizeof record->bytes) {
        if (memcmp(&purged->ids.data[at], record->bytes, sizeof record->bytes) == 0) {
            return 1;
        }
    }
    return 0;
}

/* From the body the same is made, byte for byte where deflate is the same. */
static void make_again(struct vector *vector,
    const struct mir_left *expected,
    const struct mir_open *keys)
{
    struct mir_changeset changeset;
    struct mir_opened opened;
    struct mir_left left;
    struct mir_left again;
    struct mir_buf residue;
    struct purged_ids purged = { test_bytes(vector->input, "purged") };
    struct mir_residue_seal seal = { .dictionary = test_bytes(vector->input, "dictionary") };
    struct mir_bytes header = test_bytes(vector->input, "header");
    struct mir_bytes body = test_bytes(vector->input, "body");
    uint8_t signature[64] = { 0 };
    size_t taken = 0;
    mir_agree_public_of(&seal.epoch_key, keys->epoch_secret);
    assert_int_equal(mir_changeset_read(&changeset, header,
                         (struct mir_bytes){ signature, sizeof signature }, body, NULL),
        MIRSAL_OK);
    assert_int_equal(
        mir_changeset_open(&opened, &vector->arena, &changeset, keys, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_left_of_body(&left, &vector->arena, &opened.body, opened.seed, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_left_purge(&left, &taken, &vector->arena, is_purged, &purged, NULL), MIRSAL_OK);
    assert_true(taken > 0);
    assert_int_equal(left.hash_count, expected->hash_count);
    assert_memory_equal(left.hashes, expected->hashes, left.hash_count * sizeof *left.hashes);
    mir_buf_init(&residue, &vector->test.env, SIZE_MAX);
    assert_int_equal(
        mir_residue_seal(&residue, &vector->arena, &changeset, &seal, &left, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_residue_open(&again, &vector->arena, &changeset, mir_buf_bytes(&residue), keys, NULL),
        MIRSAL_OK);
    assert_int_equal(again.body.writes_count, expected->body.writes_count);
    mir_buf_fini(&residue);
}

static mirsal_code judge_residue(struct vector *vector)
{
    struct mir_changeset changeset;
    struct mir_agree_secret secret;
    struct mir_left left;
    struct mir_bytes dictionary = test_bytes(vector->input, "dictionary");
    const struct mir_open keys = { &secret, dictionary_of, &dictionary };
    struct mir_bytes residue = test_bytes(vector->input, "residue");
    uint8_t signature[64] = { 0 };
    test_fixed(secret.bytes, sizeof secret.bytes, vector->input, "epoch_secret");
    mirsal_code code = mir_changeset_read_left(&changeset, test_bytes(vector->input, "header"),
        (struct mir_bytes){ signature, sizeof signature }, residue, NULL);
    if (code == MIRSAL_OK) {
        code = mir_residue_open(&left, &vector->arena, &changeset, residue, &keys, NULL);
    }
    if (code == MIRSAL_OK && vector->expect != NULL) {
        assert_int_equal(mir_body_leaf_count(&left.body), test_number(vector->expect, "leaves"));
        assert_int_equal(left.hash_count, test_number(vector->expect, "hashes"));
        make_again(vector, &left, &keys);
    }
    return code;
}

static mirsal_code judge_run(struct vector *vector)
{
    struct mir_run_reader reader;
    struct mir_changeset next;
    mirsal_hash team;
    mirsal_hash device;
    uint32_t count = 0;
    const json_t *ids = vector->expect != NULL ? test_array(vector->expect, "ids") : NULL;
    test_fixed(team.bytes, sizeof team.bytes, vector->input, "team");
    test_fixed(device.bytes, sizeof device.bytes, vector->input, "device");
    mirsal_code code = mir_run_reader_init(
        &reader, test_bytes(vector->input, "run"), &team, &device, &vector->test.env, NULL);
    while (code == MIRSAL_OK && mir_run_reader_next(&reader, &next, &code, NULL)) {
        if (ids != NULL) {
            assert_true(count < json_array_size(ids));
            same_hash(&next.id, json_array_get(ids, count));
        }
        count++;
    }
    if (code == MIRSAL_OK && ids != NULL) {
        assert_int_equal(count, json_array_size(ids));
    }
    return code;
}

static mirsal_code judge_operation(struct vector *vector, const json_t *from)
{
    static const struct {
        const char *name;
        mirsal_code (*judge)(struct vector *vector);
    } operations[] = {
        { "verify", judge_verify },
        { "body", judge_body },
        { "open", judge_open },
        { "run", judge_run },
        { "residue", judge_residue },
    };
    if (!test_has(from, "op")) {
        return judge_value(vector);
    }
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (strcmp(operations[i].name, test_text(from, "op")) == 0) {
            return operations[i].judge(vector);
        }
    }
    fail_msg("no operation %s", test_text(from, "op"));
    return MIRSAL_MISUSE;
}

static void judge_file(const char *path, size_t count_min)
{
    json_t *root = test_load_source(path);
    const json_t *vectors = test_array(root, "vectors");
    assert_true(json_array_size(vectors) >= count_min);
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *from = json_array_get(vectors, i);
        struct vector vector;
        vector.input = json_object_get(from, "input");
        vector.expect = json_object_get(from, "expect");
        test_env_init(&vector.test, 1);
        mir_arena_init(&vector.arena, &vector.test.env, MIR_BODY_MEMORY_MAX);
        const char *code = code_text(judge_operation(&vector, from));
        const char *wanted = vector.expect != NULL ? "OK" : test_text(from, "error");
        if (strcmp(code, wanted) != 0) {
            fail_msg("%s: %s, not %s", test_text(from, "name"), code, wanted);
        }
        mir_arena_fini(&vector.arena);
        test_release_bytes();
        test_env_fini(&vector.test);
    }
    json_decref(root);
}

static void encoding(void **state)
{
    (void)state;
    judge_file("protocol/vectors/encoding.json", 80);
}

static void changesets(void **state)
{
    (void)state;
    judge_file("protocol/vectors/changeset.json", 120);
}

static void residues(void **state)
{
    (void)state;
    judge_file("protocol/vectors/residue.json", 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoding),
        cmocka_unit_test(changesets),
        cmocka_unit_test(residues),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
