/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/merkle.c - trees of RFC 6962's shape over our hash; protocol/primitives.md 7.
 *
 * A subtree of n leaves splits at the largest power of two below n. The frontier (roots of the full
 * subtrees, largest first) gives roots in one pass; proofs walk from the root to the place and are
 * turned round, since they are written from the leaf up.
 */
#include "merkle.h"

#include "fail.h"
#include "sort.h"

#include <sodium.h>
#include <string.h>

#define SALT_SIZE  16u
#define PADDED_MIN 16u
#define DEPTH_MAX  64u
#define NODE_SIZE  sizeof(mirsal_hash)

void mir_merkle_node(mirsal_hash *out, const mirsal_hash *left, const mirsal_hash *right)
{
    const uint8_t tag = 0x01;
    struct mir_bytes parts[] = { { &tag, 1 }, { left->bytes, NODE_SIZE },
        { right->bytes, NODE_SIZE } };
    mirsal_hash node;
    mir_hash_parts(&node, MIR_CONTEXT_NODE, parts, 3);
    *out = node;
}

void mir_merkle_leaf(mirsal_hash *out, const uint8_t salt[16], struct mir_bytes bytes)
{
    const uint8_t tag = 0x00;
    struct mir_bytes parts[] = { { &tag, 1 }, { salt, SALT_SIZE }, bytes };
    mir_hash_parts(out, MIR_CONTEXT_LEAF, parts, 3);
}

void mir_merkle_decoy(mirsal_hash *out, const uint8_t salt[16])
{
    const uint8_t tag = 0x02;
    struct mir_bytes parts[] = { { &tag, 1 }, { salt, SALT_SIZE } };
    mir_hash_parts(out, MIR_CONTEXT_LEAF, parts, 2);
}

void mir_merkle_salt(uint8_t out[16], const uint8_t seed[32], uint32_t index)
{
    const uint8_t place[4] = { (uint8_t)(index >> 24), (uint8_t)(index >> 16),
        (uint8_t)(index >> 8), (uint8_t)index };
    struct mir_bytes data = { place, sizeof place };
    mir_hash_keyed(out, SALT_SIZE, -1, seed, 32, data);
}

size_t mir_merkle_padded(size_t count)
{
    size_t padded = PADDED_MIN;
    while (padded < count) {
        MIR_ASSERT(padded <= SIZE_MAX / 2);
        padded *= 2;
    }
    return padded;
}

static int compare_hashes(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(a, b, NODE_SIZE);
}

void mir_merkle_content_root(mirsal_hash *out,
    mirsal_hash *hashes,
    size_t count,
    const uint8_t seed[32])
{
    size_t padded = mir_merkle_padded(count);
    MIR_ASSERT(padded <= UINT32_MAX);
    for (size_t i = count; i < padded; i++) {
        uint8_t salt[SALT_SIZE];
        mir_merkle_salt(salt, seed, (uint32_t)i);
        mir_merkle_decoy(&hashes[i], salt);
        sodium_memzero(salt, sizeof salt);
    }
    mir_sort(hashes, padded, sizeof hashes[0], compare_hashes, NULL);
    mir_merkle_root(out, hashes, padded);
}

void mir_merkle_frontier_append(struct mir_merkle_frontier *frontier, const mirsal_hash *leaf)
{
    MIR_ASSERT(frontier->size < UINT64_MAX);
    mirsal_hash node = *leaf;
    /* Each set bit at the end of size is a full subtree as large as node. */
    for (uint64_t size = frontier->size; (size & 1u) != 0; size >>= 1) {
        frontier->count--;
        mir_merkle_node(&node, &frontier->nodes[frontier->count], &node);
    }
    MIR_ASSERT(frontier->count < DEPTH_MAX);
    frontier->nodes[frontier->count] = node;
    frontier->count++;
    frontier->size++;
}

void mir_merkle_frontier_root(mirsal_hash *out, const struct mir_merkle_frontier *frontier)
{
    if (frontier->count == 0) {
        mir_hash_bytes(out, MIR_CONTEXT_NODE, NULL, 0);
        return;
    }
    mirsal_hash node = frontier->nodes[frontier->count - 1];
    for (uint32_t i = frontier->count - 1; i > 0; i--) {
        mir_merkle_node(&node, &frontier->nodes[i - 1], &node);
    }
    *out = node;
}

void mir_merkle_root(mirsal_hash *out, const mirsal_hash *hashes, size_t count)
{
    struct mir_merkle_frontier frontier;
    memset(&frontier, 0, sizeof frontier);
    for (size_t i = 0; i < count; i++) {
        mir_merkle_frontier_append(&frontier, &hashes[i]);
    }
    mir_merkle_frontier_root(out, &frontier);
}

/* The largest power of two below count, which is 2 or more. */
static size_t split_of(size_t count)
{
    size_t split = 1;
    while (split < count - split) {
        split *= 2;
    }
    return split;
}

/* Nodes of a proof as they are met on the way from the root, turned round when they are written. */
struct path {
    mirsal_hash nodes[DEPTH_MAX];
    size_t count;
};

static void path_add_root(struct path *path, const mirsal_hash *hashes, size_t count)
{
    MIR_ASSERT(path->count < DEPTH_MAX);
    mir_merkle_root(&path->nodes[path->count], hashes, count);
    path->count++;
}

static void path_append(struct mir_buf *out, const struct path *path)
{
    for (size_t i = path->count; i > 0; i--) {
        mir_buf_append(out, path->nodes[i - 1].bytes, NODE_SIZE);
    }
}

void mir_merkle_inclusion(struct mir_buf *out,
    const mirsal_hash *hashes,
    size_t count,
    size_t index)
{
    struct path path;
    path.count = 0;
    MIR_ASSERT(index < count);
    while (count > 1) {
        size_t split = split_of(count);
        if (index < split) {
            path_add_root(&path, hashes + split, count - split);
            count = split;
        } else {
            path_add_root(&path, hashes, split);
            hashes += split;
            index -= split;
            count -= split;
        }
    }
    path_append(out, &path);
}

void mir_merkle_consistency(struct mir_buf *out,
    const mirsal_hash *hashes,
    size_t count,
    size_t old_count)
{
    struct path path;
    int is_old_root = 1; /* the subtree at hand is the whole old tree, whose root is known */
    path.count = 0;
    MIR_ASSERT(old_count <= count);
    if (old_count == 0) {
        return;
    }
    while (old_count < count) {
        size_t split = split_of(count);
        if (old_count <= split) {
            path_add_root(&path, hashes + split, count - split);
            count = split;
        } else {
            path_add_root(&path, hashes, split);
            hashes += split;
            old_count -= split;
            count -= split;
            is_old_root = 0;
        }
    }
    if (!is_old_root) {
        path_add_root(&path, hashes, count);
    }
    path_append(out, &path);
}

static void proof_node(mirsal_hash *out, struct mir_bytes proof, size_t index)
{
    memcpy(out->bytes, proof.data + index * NODE_SIZE, NODE_SIZE);
}

/* A proof is whole nodes, no more than any tree is deep. */
static int proof_is_whole(struct mir_bytes proof)
{
    return proof.size % NODE_SIZE == 0 && proof.size / NODE_SIZE <= DEPTH_MAX;
}

int mir_merkle_inclusion_verify_with(mir_merkle_node_function node,
    const mirsal_hash *root,
    uint64_t size,
    uint64_t index,
    const mirsal_hash *leaf,
    struct mir_bytes proof)
{
    if (index >= size || !proof_is_whole(proof)) {
        return 0;
    }
    uint64_t at = index;
    uint64_t last = size - 1;
    mirsal_hash result = *leaf;
    for (size_t i = 0; i < proof.size / NODE_SIZE; i++) {
        mirsal_hash next;
        if (last == 0) {
            return 0;
        }
        proof_node(&next, proof, i);
        if ((at & 1u) != 0 || at == last) {
            node(&result, &next, &result);
            while ((at & 1u) == 0 && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            node(&result, &result, &next);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && mir_equal(result.bytes, root->bytes, NODE_SIZE);
}

/* Both roots from the path; old_size < size, neither 0. */
static int consistency_holds(mir_merkle_node_function node,
    const mirsal_hash roots[2],
    uint64_t old_size,
    uint64_t size,
    struct mir_bytes proof)
{
    size_t count = proof.size / NODE_SIZE;
    size_t next_node = 0;
    uint64_t at = old_size - 1;
    uint64_t last = size - 1;
    mirsal_hash first = roots[0];
    while ((at & 1u) != 0) {
        at >>= 1;
        last >>= 1;
    }
    if (at != 0) { /* the old tree is no full subtree: the path begins with its last one */
        if (count == 0) {
            return 0;
        }
        proof_node(&first, proof, next_node++);
    }
    mirsal_hash old_result = first;
    mirsal_hash result = first;
    for (; next_node < count; next_node++) {
        mirsal_hash next;
        if (last == 0) {
            return 0;
        }
        proof_node(&next, proof, next_node);
        if ((at & 1u) != 0 || at == last) {
            node(&old_result, &next, &old_result);
            node(&result, &next, &result);
            while ((at & 1u) == 0 && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            node(&result, &result, &next);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && mir_equal(old_result.bytes, roots[0].bytes, NODE_SIZE) &&
           mir_equal(result.bytes, roots[1].bytes, NODE_SIZE);
}

int mir_merkle_consistency_verify_with(mir_merkle_node_function node,
    const mirsal_hash *old_root,
    uint64_t old_size,
    const mirsal_hash *root,
    uint64_t size,
    struct mir_bytes proof)
{
    if (old_size == 0 || old_size > size || !proof_is_whole(proof)) {
        return 0;
    }
    if (old_size == size) {
        return proof.size == 0 && mir_equal(old_root->bytes, root->bytes, NODE_SIZE);
    }
    const mirsal_hash roots[2] = { *old_root, *root };
    return consistency_holds(node, roots, old_size, size, proof);
}

int mir_merkle_inclusion_verify(const mirsal_hash *root,
    uint64_t size,
    uint64_t index,
    const mirsal_hash *leaf,
    struct mir_bytes proof)
{
    return mir_merkle_inclusion_verify_with(mir_merkle_node, root, size, index, leaf, proof);
}

int mir_merkle_consistency_verify(const mirsal_hash *old_root,
    uint64_t old_size,
    const mirsal_hash *root,
    uint64_t size,
    struct mir_bytes proof)
{
    return mir_merkle_consistency_verify_with(
        mir_merkle_node, old_root, old_size, root, size, proof);
}
