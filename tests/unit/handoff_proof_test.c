/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/handoff_proof_test.c - trees whose proofs are read off agree with primitives.md 7.
 */
#include "handoff.h"

#include "merkle.h"
#include "msgpack.h"
#include "test_env.h"

#include <string.h>

static void proofs_of(size_t count)
{
    struct test_env world;
    struct mir_arena arena;
    struct mir_handoff_tree tree;
    struct mir_buf out;
    mirsal_hash root;
    mirsal_error err;
    const uint8_t seed[32] = { 5 };
    test_env_init(&world, 1);
    mir_arena_init(&arena, &world.env, (size_t)64 << 20);
    mir_buf_init(&out, &world.env, 1u << 20);
    assert_int_equal(mir_handoff_tree_init(&tree, &arena, seed, count, &err), MIRSAL_OK);
    mirsal_hash *plain = mir_arena_alloc(&arena, mir_merkle_padded(count), sizeof *plain);
    for (size_t i = 0; i < count; i++) {
        const uint8_t leaf[2] = { (uint8_t)i, (uint8_t)(i >> 8) };
        uint8_t salt[16];
        mir_handoff_tree_add(&tree, (struct mir_bytes){ leaf, 2 });
        mir_merkle_salt(salt, seed, (uint32_t)i);
        mir_merkle_leaf(&plain[i], salt, (struct mir_bytes){ leaf, 2 });
    }
    assert_int_equal(mir_handoff_tree_close(&tree, &root, &err), MIRSAL_OK);
    mirsal_hash expected;
    mir_merkle_content_root(&expected, plain, count, seed);
    assert_memory_equal(root.bytes, expected.bytes, 32);
    for (size_t i = 0; i < count; i++) {
        const uint8_t leaf[2] = { (uint8_t)i, (uint8_t)(i >> 8) };
        struct mir_reader cursor;
        mirsal_hash hash;
        uint8_t salt[16];
        mir_buf_reset(&out);
        mir_handoff_tree_leaf(&out, &tree, i, (struct mir_bytes){ leaf, 2 }, i == 0 ? -1 : 4);
        mir_reader_init(&cursor, out.data, out.size);
        mir_mp_read_array_exact(&cursor, 5);
        if (i > 0) {
            assert_int_equal(mir_mp_read_uint(&cursor), 4);
        } else {
            assert_true(mir_mp_read_nil_if(&cursor));
        }
        (void)mir_mp_read_bin(&cursor, 2);
        mir_mp_read_bin_exact(&cursor, salt, 16);
        uint64_t index = mir_mp_read_uint(&cursor);
        struct mir_bytes proof = mir_mp_read_bin(&cursor, 1024);
        assert_int_equal(mir_reader_finish(&cursor, "leaf", &err), MIRSAL_OK);
        mir_merkle_leaf(&hash, salt, (struct mir_bytes){ leaf, 2 });
        assert_true(
            mir_merkle_inclusion_verify(&root, mir_merkle_padded(count), index, &hash, proof));
    }
    mir_handoff_tree_fini(&tree);
    mir_buf_fini(&out);
    mir_arena_fini(&arena);
    test_env_fini(&world);
}

static void every_proof_leads_to_the_root(void **state)
{
    (void)state;
    proofs_of(1);
    proofs_of(16);
    proofs_of(17);
    proofs_of(300);
}

static void a_seed_belongs_to_its_record(void **state)
{
    (void)state;
    const uint8_t secret[32] = { 1 };
    const mirsal_id a = { { 1 } };
    const mirsal_id b = { { 2 } };
    uint8_t first[32];
    uint8_t second[32];
    mir_handoff_seed(first, secret, &a);
    mir_handoff_seed(second, secret, &b);
    assert_memory_not_equal(first, second, 32);
}

static void the_digest_is_of_all_leaves_in_order(void **state)
{
    (void)state;
    struct test_env world;
    struct mir_handoff_digest digest;
    const mirsal_hash leaves[2] = { { { 1 } }, { { 2 } } };
    mirsal_hash shown[3];
    test_env_init(&world, 1);
    mir_handoff_digest_init(&digest, &world.env);
    for (size_t i = 0; i < 3; i++) {
        mir_handoff_digest_add(&digest, &leaves[i % 2]);
        if (i < 2) {
            mir_handoff_digest_add(&digest, &leaves[1 - i]);
        }
        assert_int_equal(mir_handoff_digest_end(&shown[i], &digest, NULL), MIRSAL_OK);
    }
    assert_memory_not_equal(&shown[0], &shown[1], 32);
    assert_memory_not_equal(&shown[0], &shown[2], 32);
    mir_handoff_digest_fini(&digest);
    test_env_fini(&world);
}

int main(void)
{
    mirsal_error err;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_proof_leads_to_the_root),
        cmocka_unit_test(a_seed_belongs_to_its_record),
        cmocka_unit_test(the_digest_is_of_all_leaves_in_order),
    };
    if (mir_crypto_start(&err) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
