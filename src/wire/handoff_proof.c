/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/handoff_proof.c - trees whose proofs are read off, leaves with salt and proof, the digest
 * of what a record shows; protocol/handoff.md 2.2, 3.1, 4.1.
 *
 * Rows are kept, so that a proof costs its own length: a batch of thousands of records may be
 * handed over whole.
 */
#include "handoff.h"

#include "fail.h"
#include "hash.h"
#include "merkle.h"
#include "mir_limits.h"
#include "msgpack.h"

#include <string.h>

void mir_handoff_seed(uint8_t out[32], const uint8_t secret[32], const mirsal_id *record)
{
    struct mir_bytes bytes = { record->bytes, sizeof record->bytes };
    mir_hash_keyed(out, 32, -1, secret, 32, bytes);
}

/* Room for leaves, in a row of padded. */
static mirsal_code make_room(struct mir_handoff_tree *tree,
    struct mir_arena *arena,
    size_t capacity,
    size_t padded,
    mirsal_error *err)
{
    memset(tree, 0, sizeof *tree);
    tree->arena = arena;
    tree->capacity = capacity;
    if (capacity > MIR_LEAVES_MAX) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "a record of %zu values", capacity);
    }
    tree->padded = padded;
    tree->leaves = mir_arena_alloc(arena, capacity + 1, sizeof *tree->leaves);
    tree->nodes = mir_arena_alloc(arena, 2 * tree->padded, sizeof *tree->nodes);
    return tree->leaves == NULL || tree->nodes == NULL
               ? mir_fail(err, MIRSAL_NO_MEMORY, "out of memory")
               : MIRSAL_OK;
}

mirsal_code mir_handoff_tree_init(struct mir_handoff_tree *tree,
    struct mir_arena *arena,
    const uint8_t seed[32],
    size_t capacity,
    mirsal_error *err)
{
    mirsal_code rc = make_room(tree, arena, capacity, mir_merkle_padded(capacity), err);
    memcpy(tree->seed, seed, sizeof tree->seed);
    return rc;
}

void mir_handoff_tree_salt(uint8_t out[16], const struct mir_handoff_tree *tree, size_t number)
{
    if (tree->salts != NULL) {
        memcpy(out, tree->salts[number].bytes, MIR_SALT_SIZE);
    } else {
        mir_merkle_salt(out, tree->seed, (uint32_t)number);
    }
}

void mir_handoff_tree_add(struct mir_handoff_tree *tree, struct mir_bytes leaf)
{
    uint8_t salt[16];
    MIR_ASSERT(tree->count < tree->capacity);
    mir_handoff_tree_salt(salt, tree, tree->count);
    mir_merkle_leaf(&tree->leaves[tree->count], salt, leaf);
    tree->count++;
}

/* Rows above that of the leaves, which is sorted. */
static void raise_rows(struct mir_handoff_tree *tree, const mirsal_hash *root)
{
    mirsal_hash *row = tree->nodes;
    for (size_t width = tree->padded; width > 1; width /= 2) {
        mirsal_hash *above = row + width;
        for (size_t i = 0; i < width / 2; i++) {
            mir_merkle_node(&above[i], &row[2 * i], &row[2 * i + 1]);
        }
        row = above;
    }
    MIR_ASSERT(mir_equal(row->bytes, root->bytes, sizeof root->bytes));
}

mirsal_code mir_handoff_tree_close(struct mir_handoff_tree *tree,
    mirsal_hash *root,
    mirsal_error *err)
{
    MIR_ASSERT(tree->count == tree->capacity);
    (void)err;
    if (tree->count > 0) {
        memcpy(tree->nodes, tree->leaves, tree->count * sizeof *tree->nodes);
    }
    mir_merkle_content_root(root, tree->nodes, tree->count, tree->seed);
    raise_rows(tree, root);
    return MIRSAL_OK;
}

mirsal_code mir_handoff_tree_of(struct mir_handoff_tree *tree,
    struct mir_arena *arena,
    const struct mir_left *left,
    mirsal_hash *root,
    mirsal_error *err)
{
    size_t count = mir_body_leaf_count(&left->body);
    size_t whole = count + left->hash_count;
    struct mir_buf leaf;
    if (mir_merkle_padded(whole) != whole) {
        return mir_fail(err, MIRSAL_BAD_ROOT, "a residue of %zu leaves and hashes", whole);
    }
    mirsal_code rc = make_room(tree, arena, count, whole, err);
    tree->salts = left->salts;
    mir_buf_init(&leaf, arena->env, SIZE_MAX / 2);
    for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        mir_buf_reset(&leaf);
        mir_body_leaf(&leaf, &left->body, i);
        rc = mir_buf_finish(&leaf, err);
        mir_handoff_tree_add(tree, mir_buf_bytes(&leaf));
    }
    mir_buf_fini(&leaf);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    memcpy(tree->nodes, tree->leaves, count * sizeof *tree->nodes);
    if (left->hash_count > 0) {
        memcpy(tree->nodes + count, left->hashes, left->hash_count * sizeof *tree->nodes);
    }
    mir_merkle_content_root(root, tree->nodes, whole, tree->seed); /* no decoy is made */
    raise_rows(tree, root);
    return MIRSAL_OK;
}

/* The place of a leaf hash in the sorted row. */
static size_t place_of(const struct mir_handoff_tree *tree, const mirsal_hash *leaf)
{
    size_t low = 0;
    size_t high = tree->padded;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(tree->nodes[middle].bytes, leaf->bytes, sizeof leaf->bytes) <= 0) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

void mir_handoff_tree_leaf(struct mir_buf *out,
    const struct mir_handoff_tree *tree,
    size_t number,
    struct mir_bytes leaf,
    int64_t from)
{
    uint8_t salt[16];
    uint8_t proof[64 * sizeof(mirsal_hash)];
    size_t size = 0;
    MIR_ASSERT(number < tree->count);
    size_t index = place_of(tree, &tree->leaves[number]);
    const mirsal_hash *row = tree->nodes;
    size_t at = index;
    for (size_t width = tree->padded; width > 1; width /= 2) {
        memcpy(proof + size, row[at ^ 1u].bytes, sizeof row->bytes);
        size += sizeof row->bytes;
        at /= 2;
        row += width;
    }
    mir_handoff_tree_salt(salt, tree, number);
    mir_mp_write_array(out, 5);
    if (from < 0) {
        mir_mp_write_nil(out);
    } else {
        mir_mp_write_uint(out, (uint64_t)from);
    }
    mir_mp_write_bin(out, leaf.data, leaf.size);
    mir_mp_write_bin(out, salt, sizeof salt);
    mir_mp_write_uint(out, index);
    mir_mp_write_bin(out, proof, size);
}

void mir_handoff_tree_fini(struct mir_handoff_tree *tree)
{
    mir_wipe(tree->seed, sizeof tree->seed);
}

void mir_handoff_leaf_record(struct mir_buf *out, const mirsal_id *record, uint32_t type)
{
    mir_mp_write_array(out, 3);
    mir_mp_write_uint(out, 2);
    mir_mp_write_bin(out, record->bytes, sizeof record->bytes);
    mir_mp_write_uint(out, type);
}

void mir_handoff_leaf_write(struct mir_buf *out,
    const mirsal_id *record,
    uint32_t field,
    struct mir_bytes key,
    struct mir_bytes value)
{
    mir_mp_write_array(out, 5);
    mir_mp_write_uint(out, 3);
    mir_mp_write_bin(out, record->bytes, sizeof record->bytes);
    mir_mp_write_uint(out, field);
    if (key.size == 0) {
        mir_mp_write_nil(out);
    } else {
        mir_buf_append(out, key.data, key.size);
    }
    mir_buf_append(out, value.data, value.size);
}

void mir_handoff_digest_init(struct mir_handoff_digest *digest, const mirsal_env *env)
{
    mir_buf_init(&digest->hashes, env, (size_t)(MIR_LEAVES_MAX + 1) * sizeof(mirsal_hash));
    mir_buf_append_u8(&digest->hashes, 0x03);
}

void mir_handoff_digest_add(struct mir_handoff_digest *digest, const mirsal_hash *leaf)
{
    mir_buf_append(&digest->hashes, leaf->bytes, sizeof leaf->bytes);
}

mirsal_code mir_handoff_digest_end(mirsal_hash *out,
    struct mir_handoff_digest *digest,
    mirsal_error *err)
{
    mirsal_code rc = mir_buf_finish(&digest->hashes, err);
    if (rc == MIRSAL_OK) {
        mir_hash_bytes(out, MIR_CONTEXT_LEAF, digest->hashes.data, digest->hashes.size);
    }
    mir_buf_reset(&digest->hashes);
    mir_buf_append_u8(&digest->hashes, 0x03);
    return rc;
}

void mir_handoff_digest_fini(struct mir_handoff_digest *digest)
{
    mir_buf_fini(&digest->hashes);
}
