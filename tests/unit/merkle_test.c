/* SPDX-License-Identifier: Apache-2.0 */
/* unit/merkle_test.c - proofs of every place and size up to 70, alone; padding; frontier. */
#include "merkle.h"

#include "test_env.h"

#include <string.h>

#define SIZE_TRIED 70u

static void make_leaves(mirsal_hash *leaves, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t byte = (uint8_t)i;
        mir_hash_bytes(&leaves[i], MIR_CONTEXT_LEAF, &byte, 1);
    }
}

/* RFC 6962 section 2.1, but bottom up: pairs of a row, an odd last one moves up. */
static mirsal_hash root_by_rows(const mirsal_hash *leaves, size_t count)
{
    mirsal_hash row[SIZE_TRIED];
    memcpy(row, leaves, count * sizeof row[0]);
    while (count > 1) {
        for (size_t i = 0; i < count / 2; i++) {
            mir_merkle_node(&row[i], &row[2 * i], &row[2 * i + 1]);
        }
        if (count % 2 != 0) {
            row[count / 2] = row[count - 1];
        }
        count = (count + 1) / 2;
    }
    return row[0];
}

static void roots_are_the_same_by_rows_and_by_frontier(void **state)
{
    (void)state;
    mirsal_hash leaves[SIZE_TRIED];
    struct mir_merkle_frontier frontier;
    mirsal_hash root;
    mirsal_hash grown;
    make_leaves(leaves, SIZE_TRIED);
    memset(&frontier, 0, sizeof frontier);
    mir_merkle_root(&root, leaves, 0);
    mir_merkle_frontier_root(&grown, &frontier);
    assert_memory_equal(root.bytes, grown.bytes, 32);
    for (size_t count = 1; count <= SIZE_TRIED; count++) {
        mirsal_hash expected = root_by_rows(leaves, count);
        mir_merkle_frontier_append(&frontier, &leaves[count - 1]);
        assert_int_equal(frontier.count, __builtin_popcountll(count));
        mir_merkle_frontier_root(&grown, &frontier);
        mir_merkle_root(&root, leaves, count);
        assert_memory_equal(root.bytes, expected.bytes, 32);
        assert_memory_equal(grown.bytes, expected.bytes, 32);
    }
}

static void inclusion_holds_for_its_place_alone(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    struct mir_buf proof;
    mirsal_hash leaves[SIZE_TRIED];
    mirsal_hash root;
    make_leaves(leaves, SIZE_TRIED);
    mir_buf_init(&proof, &test.env, 64 * 32);
    for (size_t count = 1; count <= SIZE_TRIED; count++) {
        mir_merkle_root(&root, leaves, count);
        for (size_t index = 0; index < count; index++) {
            mir_buf_reset(&proof);
            mir_merkle_inclusion(&proof, leaves, count, index);
            struct mir_bytes nodes = mir_buf_bytes(&proof);
            assert_true(mir_merkle_inclusion_verify(&root, count, index, &leaves[index], nodes));
            size_t other = (index + 1) % count;
            if (other != index) {
                assert_false(
                    mir_merkle_inclusion_verify(&root, count, other, &leaves[index], nodes));
                assert_false(
                    mir_merkle_inclusion_verify(&root, count, index, &leaves[other], nodes));
                struct mir_bytes cut = { nodes.data, nodes.size - 32 };
                assert_false(mir_merkle_inclusion_verify(&root, count, index, &leaves[index], cut));
                proof.data[nodes.size - 1] ^= 1;
                assert_false(
                    mir_merkle_inclusion_verify(&root, count, index, &leaves[index], nodes));
                proof.data[nodes.size - 1] ^= 1;
            }
            struct mir_bytes torn = { nodes.data, nodes.size - (nodes.size > 0 ? 1 : 0) };
            assert_true(torn.size == 0 ||
                        !mir_merkle_inclusion_verify(&root, count, index, &leaves[index], torn));
            mir_buf_append(&proof, root.bytes, 32);
            assert_false(mir_merkle_inclusion_verify(
                &root, count, index, &leaves[index], mir_buf_bytes(&proof)));
            assert_false(mir_merkle_inclusion_verify(&root, count, count, &leaves[index], nodes));
        }
    }
    mir_buf_fini(&proof);
    test_env_fini(&test);
}

static void check_consistency(struct mir_buf *proof,
    const mirsal_hash *leaves,
    size_t old,
    size_t now)
{
    mirsal_hash roots[2];
    mirsal_hash wrong;
    mir_merkle_root(&roots[0], leaves, old);
    mir_merkle_root(&roots[1], leaves, now);
    memset(&wrong, 3, sizeof wrong);
    mir_buf_reset(proof);
    mir_merkle_consistency(proof, leaves, now, old);
    struct mir_bytes nodes = mir_buf_bytes(proof);
    assert_true(mir_merkle_consistency_verify(&roots[0], old, &roots[1], now, nodes));
    assert_false(mir_merkle_consistency_verify(&wrong, old, &roots[1], now, nodes));
    assert_false(mir_merkle_consistency_verify(&roots[0], old, &wrong, now, nodes));
    if (old < now) {
        struct mir_bytes cut = { nodes.data, nodes.size - 32 };
        assert_false(mir_merkle_consistency_verify(&roots[0], old, &roots[1], now, cut));
        assert_false(mir_merkle_consistency_verify(&roots[1], now, &roots[0], old, nodes));
        proof->data[0] ^= 1;
        assert_false(mir_merkle_consistency_verify(&roots[0], old, &roots[1], now, nodes));
        proof->data[0] ^= 1;
    }
    mir_buf_append(proof, roots[1].bytes, 32);
    assert_false(
        mir_merkle_consistency_verify(&roots[0], old, &roots[1], now, mir_buf_bytes(proof)));
}

static void consistency_holds_between_its_sizes_alone(void **state)
{
    (void)state;
    struct test_env test;
    test_env_init(&test, 1);
    struct mir_buf proof;
    mirsal_hash leaves[SIZE_TRIED];
    make_leaves(leaves, SIZE_TRIED);
    mir_buf_init(&proof, &test.env, 66 * 32);
    for (size_t now = 1; now <= SIZE_TRIED; now++) {
        for (size_t old = 1; old <= now; old++) {
            check_consistency(&proof, leaves, old, now);
        }
    }
    mirsal_hash empty;
    mirsal_hash root;
    mir_merkle_root(&empty, leaves, 0);
    mir_merkle_root(&root, leaves, 5);
    mir_buf_reset(&proof);
    mir_merkle_consistency(&proof, leaves, 5, 0);
    assert_int_equal(proof.size, 0);
    assert_false(mir_merkle_consistency_verify(&empty, 0, &root, 5, mir_buf_bytes(&proof)));
    mir_buf_fini(&proof);
    test_env_fini(&test);
}

static void a_proof_longer_than_any_tree_is_refused(void **state)
{
    (void)state;
    static const uint8_t nodes[65 * 32];
    const mirsal_hash any = { { 0 } };
    struct mir_bytes proof = { nodes, sizeof nodes };
    assert_false(mir_merkle_inclusion_verify(&any, UINT64_MAX, 5, &any, proof));
    assert_false(mir_merkle_consistency_verify(&any, 5, &any, UINT64_MAX, proof));
}

static void content_roots_hide_order_and_count(void **state)
{
    (void)state;
    const uint8_t seed[32] = { 9 };
    mirsal_hash row[32];
    mirsal_hash turned[32];
    mirsal_hash roots[2];
    assert_int_equal(mir_merkle_padded(0), 16);
    assert_int_equal(mir_merkle_padded(16), 16);
    assert_int_equal(mir_merkle_padded(17), 32);
    assert_int_equal(mir_merkle_padded(65536), 65536);
    for (size_t count = 1; count <= 32; count++) {
        make_leaves(row, count);
        for (size_t i = 0; i < count; i++) {
            turned[i] = row[count - 1 - i];
        }
        mir_merkle_content_root(&roots[0], row, count, seed);
        mir_merkle_content_root(&roots[1], turned, count, seed);
        assert_memory_equal(roots[0].bytes, roots[1].bytes, 32);
        for (size_t i = 1; i < mir_merkle_padded(count); i++) {
            assert_true(memcmp(row[i - 1].bytes, row[i].bytes, 32) < 0);
        }
        mir_merkle_root(&roots[1], row, mir_merkle_padded(count));
        assert_memory_equal(roots[0].bytes, roots[1].bytes, 32);
    }
}

static void leaf_decoy_and_node_are_apart(void **state)
{
    (void)state;
    const uint8_t salt[16] = { 0 };
    mirsal_hash zero = { { 0 } };
    mirsal_hash hashes[3];
    mir_merkle_leaf(&hashes[0], salt, (struct mir_bytes){ NULL, 0 });
    mir_merkle_decoy(&hashes[1], salt);
    mir_merkle_node(&hashes[2], &zero, &zero);
    assert_memory_not_equal(hashes[0].bytes, hashes[1].bytes, 32);
    assert_memory_not_equal(hashes[0].bytes, hashes[2].bytes, 32);
    assert_memory_not_equal(hashes[1].bytes, hashes[2].bytes, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_the_same_by_rows_and_by_frontier),
        cmocka_unit_test(inclusion_holds_for_its_place_alone),
        cmocka_unit_test(consistency_holds_between_its_sizes_alone),
        cmocka_unit_test(a_proof_longer_than_any_tree_is_refused),
        cmocka_unit_test(content_roots_hide_order_and_count),
        cmocka_unit_test(leaf_decoy_and_node_are_apart),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
