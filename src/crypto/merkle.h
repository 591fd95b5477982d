/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/merkle.h - RFC 6962's tree shape and proofs, over our hash, and salted leaves.
 */
#ifndef MIR_MERKLE_H
#define MIR_MERKLE_H

#include "hash.h"

/* Node = H("node", 0x01 ‖ left ‖ right). */
void mir_merkle_node(mirsal_hash *out, const mirsal_hash *left, const mirsal_hash *right);
/* leaf = H("leaf", 0x00 ‖ salt ‖ bytes). */
void mir_merkle_leaf(mirsal_hash *out, const uint8_t salt[16], struct mir_bytes bytes);
/* decoy = H("leaf", 0x02 ‖ salt). */
void mir_merkle_decoy(mirsal_hash *out, const uint8_t salt[16]);
/* salt_i = BLAKE2b-128(key = seed, i as u32 big-endian). */
void mir_merkle_salt(uint8_t out[16], const uint8_t seed[32], uint32_t index);

/*
 * Content root (protocol/changeset.md 5): count leaf hashes, filled with decoys from seed to a
 * power of two of at least 16, sorted by value, then a tree. hashes has room for
 * mir_merkle_padded(count); it is sorted in place and holds the row of leaves afterwards.
 */
size_t mir_merkle_padded(size_t count);
void mir_merkle_content_root(mirsal_hash *out,
    mirsal_hash *hashes,
    size_t count,
    const uint8_t seed[32]);

/* Root of RFC 6962 section 2.1 over leaf hashes (any count; 0 gives the hash of nothing). */
void mir_merkle_root(mirsal_hash *out, const mirsal_hash *hashes, size_t count);

/* Appends 32-byte nodes. index < count. */
void mir_merkle_inclusion(struct mir_buf *out,
    const mirsal_hash *hashes,
    size_t count,
    size_t index);
/* RFC 6962-bis section 2.1.3.2. 1 when it verifies. */
int mir_merkle_inclusion_verify(const mirsal_hash *root,
    uint64_t size,
    uint64_t index,
    const mirsal_hash *leaf,
    struct mir_bytes proof);
/* From the tree of old_size to that of size. */
void mir_merkle_consistency(struct mir_buf *out,
    const mirsal_hash *hashes,
    size_t count,
    size_t old_count);
int mir_merkle_consistency_verify(const mirsal_hash *old_root,
    uint64_t old_size,
    const mirsal_hash *root,
    uint64_t size,
    struct mir_bytes proof);

/*
 * An append-only tree kept as its frontier (the roots of its full subtrees, largest first): for a
 * relay's arrival log, whose leaves live on disk.
 */
struct mir_merkle_frontier {
    uint64_t size;
    mirsal_hash nodes[64];
    uint32_t count;
};
void mir_merkle_frontier_append(struct mir_merkle_frontier *frontier, const mirsal_hash *leaf);
void mir_merkle_frontier_root(mirsal_hash *out, const struct mir_merkle_frontier *frontier);

/* The same with the hash exchanged, so that public SHA-256 vectors prove shape and proofs. */
typedef void (
    *mir_merkle_node_function)(mirsal_hash *out, const mirsal_hash *l, const mirsal_hash *r);
int mir_merkle_inclusion_verify_with(mir_merkle_node_function node,
    const mirsal_hash *root,
    uint64_t size,
    uint64_t index,
    const mirsal_hash *leaf,
    struct mir_bytes proof);
int mir_merkle_consistency_verify_with(mir_merkle_node_function node,
    const mirsal_hash *old_root,
    uint64_t old_size,
    const mirsal_hash *root,
    uint64_t size,
    struct mir_bytes proof);

#endif
