/* SPDX-License-Identifier: Apache-2.0 */
/* unit/leaves_test.c - record ids, the bytes of leaves, their order, and the root over them. */
#include "body.h"

#include "hash.h"
#include "merkle.h"
#include "msgpack.h"
#include "test_body.h"

#include <string.h>

static struct test_env test;
static struct test_body body;
static struct mir_buf leaf;
static const uint8_t seed[32] = { 1, 2, 3 };

static int set_up(void **state)
{
    (void)state;
    test_env_init(&test, 7);
    test_body_init(&body, &test.env);
    mir_buf_init(&leaf, &test.env, SIZE_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_buf_fini(&leaf);
    test_body_fini(&body);
    test_env_fini(&test);
    return 0;
}

static void ids_are_uuids_of_their_place(void **state)
{
    (void)state;
    uint8_t text[32 + 1 + 8 + 4 + 4] = { 0 };
    mirsal_hash hash;
    mirsal_id id;
    memset(text, 0xd0, 32);
    text[32] = 1;
    memset(&text[33], 0xb0, 8);
    text[44] = 5;
    text[47] = 1;
    text[48] = 2;
    body.place.compartment = 1;
    mir_record_id(&id, &body.place, body.body.base, 5, 258);
    mir_hash_bytes(&hash, MIR_CONTEXT_RECORD, text, sizeof text);
    hash.bytes[6] = (uint8_t)((hash.bytes[6] & 0x0f) | 0x80);
    hash.bytes[8] = (uint8_t)((hash.bytes[8] & 0x3f) | 0x80);
    assert_memory_equal(id.bytes, hash.bytes, 16);
}

static void is_leaf(size_t index, const char *bytes, size_t size)
{
    mir_buf_reset(&leaf);
    mir_body_leaf(&leaf, &body.body, index);
    assert_int_equal(leaf.size, size);
    assert_memory_equal(leaf.data, bytes, size);
}

static void leaves_in_order(void **state)
{
    (void)state;
    struct mir_buf clear;
    char expected[64];
    uint32_t first = test_body_create(&body, 6, 0);
    const uint8_t *id = body.body.creates[0].record.bytes;
    (void)test_body_write(&body, first, 5, "\xa1x", 2);
    test_body_key(&body, test_body_write(&body, first, 7, "\x01", 1), MIR_KEY_SET, "\x03", 1);
    struct mir_write *edit = test_body_edit(&body, 0x0e, 9, "\x2a", 1);
    test_body_parents(&body, edit, "ab");
    body.body.stamp = 300;
    mir_buf_init(&clear, &test.env, SIZE_MAX);
    assert_int_equal(
        mir_body_encode(&clear, &body.body, &body.place, &body.arena, NULL), MIRSAL_OK);
    mir_buf_fini(&clear);
    assert_int_equal(mir_body_leaf_count(&body.body), 7);
    is_leaf(0, "\x92\x00\x03", 3);
    is_leaf(1, "\x92\x01\xcd\x01\x2c", 5);
    memcpy(expected, "\x93\x02\xc4\x10", 4);
    memcpy(&expected[4], id, 16);
    expected[20] = 6;
    is_leaf(2, expected, 21);
    memcpy(expected, "\x95\x03\xc4\x10", 4);
    memcpy(&expected[20], "\x05\xc0\xa1x", 4);
    is_leaf(3, expected, 24);
    memcpy(&expected[20], "\x07\x03\x01", 3);
    is_leaf(4, expected, 23);
    memset(&expected[4], 0x0e, 16);
    memcpy(&expected[20], "\x09\xc0\x2a", 3);
    is_leaf(5, expected, 23);
    expected[1] = 4;
    memcpy(&expected[22],
        "\x92\xc4\x10"
        "aaaaaaaaaaaaaaaa\xc4\x10"
        "bbbbbbbbbbbbbbbb",
        37);
    is_leaf(6, expected, 59);
}

static void root_is_over_salted_leaves(void **state)
{
    (void)state;
    struct mir_buf clear;
    mirsal_hash root;
    mirsal_hash expected;
    test_body_random(&body, 6, 3);
    mir_buf_init(&clear, &test.env, SIZE_MAX);
    assert_int_equal(
        mir_body_encode(&clear, &body.body, &body.place, &body.arena, NULL), MIRSAL_OK);
    mir_buf_fini(&clear);
    size_t count = mir_body_leaf_count(&body.body);
    mirsal_hash *hashes = mir_body_leaf_hashes(&body.arena, &body.body, seed);
    mirsal_hash *own = mir_arena_alloc(&body.arena, mir_merkle_padded(count), sizeof *own);
    for (size_t i = 0; i < count; i++) {
        uint8_t salt[16];
        mir_merkle_salt(salt, seed, (uint32_t)i);
        mir_buf_reset(&leaf);
        mir_body_leaf(&leaf, &body.body, i);
        mir_merkle_leaf(&own[i], salt, mir_buf_bytes(&leaf));
        assert_memory_equal(own[i].bytes, hashes[i].bytes, 32);
    }
    mir_merkle_content_root(&expected, own, count, seed);
    assert_int_equal(mir_body_content_root(&root, &body.body, seed, &body.arena, NULL), MIRSAL_OK);
    assert_memory_equal(root.bytes, expected.bytes, 32);
    uint8_t *value =
        mir_arena_copy(&body.arena, body.body.writes[0].value.data, body.body.writes[0].value.size);
    value[0] ^= 1;
    body.body.writes[0].value.data = value;
    assert_int_equal(mir_body_content_root(&root, &body.body, seed, &body.arena, NULL), MIRSAL_OK);
    assert_memory_not_equal(root.bytes, expected.bytes, 32);
}

static void tells_when_memory_is_out(void **state)
{
    (void)state;
    mirsal_hash root;
    (void)test_body_create(&body, 6, 0);
    test.fail_at = test.allocations + 1;
    assert_int_equal(
        mir_body_content_root(&root, &body.body, seed, &body.arena, NULL), MIRSAL_NO_MEMORY);
    body.arena.used_max = body.arena.used;
    assert_null(mir_body_leaf_hashes(&body.arena, &body.body, seed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ids_are_uuids_of_their_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(root_is_over_salted_leaves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_when_memory_is_out, set_up, tear_down),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
