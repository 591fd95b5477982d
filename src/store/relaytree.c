/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/relaytree.c - the arrival log's Merkle tree (protocol/sync.md 5; RFC 6962 section 2.1).
 *
 * node(level, at) is the root of leaves at·2^level … (at+1)·2^level − 1, written once that many
 * arrivals are there: an append writes two rows on average, a proof reads a few dozen.
 */
#include "env.h"
#include "fail.h"
#include "layout.h"
#include "merkle.h"
#include "relaylogin.h"

#include <string.h>

#define LEVELS_MAX 63u

static mirsal_code put_node(struct mir_relay_log *log,
    uint32_t level,
    uint64_t at,
    const mirsal_hash *hash,
    mirsal_error *err)
{
    static const char text[] = "INSERT INTO node (level, at, hash) VALUES (?1, ?2, ?3)";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_sql_prepare(&statement, log->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, level);
    mir_sql_bind_int(statement, 2, (int64_t)at);
    mir_sql_bind_blob(statement, 3, hash->bytes, sizeof hash->bytes);
    return mir_sql_done(log->sql, statement, err);
}

static mirsal_code get_node(mirsal_hash *out,
    struct mir_relay_log *log,
    uint32_t level,
    uint64_t at,
    mirsal_error *err)
{
    static const char text[] = "SELECT hash FROM node WHERE level = ?1 AND at = ?2";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, log->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, level);
    mir_sql_bind_int(statement, 2, (int64_t)at);
    rc = mir_sql_step(&row, log->sql, statement, err);
    if (rc == MIRSAL_OK) {
        struct mir_bytes hash = mir_sql_column(statement, 0);
        if (row && hash.size == sizeof out->bytes) {
            memcpy(out->bytes, hash.data, sizeof out->bytes);
        } else {
            rc = mir_fail(err, MIRSAL_CORRUPT, "a node of the arrival tree is missing");
        }
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_relay_tree_append(struct mir_relay_log *log,
    uint64_t arrival,
    const mirsal_hash *id,
    mirsal_error *err)
{
    mirsal_hash hash;
    uint64_t at = arrival - 1;
    mir_log_leaf(&hash, id);
    mirsal_code rc = put_node(log, 0, at, &hash, err);
    for (uint32_t level = 0; rc == MIRSAL_OK && at % 2 == 1; level++) {
        mirsal_hash left;
        rc = get_node(&left, log, level, at - 1, err);
        if (rc == MIRSAL_OK) {
            mirsal_hash right = hash;
            mir_merkle_node(&hash, &left, &right);
            at /= 2;
            rc = put_node(log, level + 1, at, &hash, err);
        }
    }
    return rc;
}

static mirsal_code check_node(struct mir_relay_log *log,
    uint32_t level,
    uint64_t at,
    const mirsal_hash *expected,
    mirsal_error *err)
{
    mirsal_hash held;
    mirsal_code rc = get_node(&held, log, level, at, err);
    if (rc == MIRSAL_OK && memcmp(&held, expected, sizeof held) != 0) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "the arrival tree does not fit what it stands on");
    }
    return rc;
}

mirsal_code mir_relay_tree_check(struct mir_relay_log *log,
    uint64_t arrival,
    const mirsal_hash *id,
    mirsal_error *err)
{
    mirsal_hash hash;
    uint64_t at = arrival - 1;
    mir_log_leaf(&hash, id);
    mirsal_code rc = check_node(log, 0, at, &hash, err);
    for (uint32_t level = 0; rc == MIRSAL_OK && at % 2 == 1; level++) {
        mirsal_hash left;
        rc = get_node(&left, log, level, at - 1, err);
        if (rc == MIRSAL_OK) {
            mirsal_hash right = hash;
            mir_merkle_node(&hash, &left, &right);
            at /= 2;
            rc = check_node(log, level + 1, at, &hash, err);
        }
    }
    return rc;
}

/* Root of the leaves first … first+size−1, where first is a multiple of the next power of two. */
static mirsal_code range_root(mirsal_hash *out,
    struct mir_relay_log *log,
    uint64_t first,
    uint64_t size,
    mirsal_error *err)
{
    /* The full subtrees, smallest (rightmost) first, joined from the right. */
    uint64_t end = first + size;
    int have = 0;
    for (uint32_t level = 0; level < LEVELS_MAX; level++) {
        uint64_t width = (uint64_t)1 << level;
        if ((size & width) == 0) {
            continue;
        }
        mirsal_hash node;
        end -= width;
        mirsal_code rc = get_node(&node, log, level, end >> level, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
        if (have) {
            mirsal_hash right = *out;
            mir_merkle_node(out, &node, &right);
        } else {
            *out = node;
            have = 1;
        }
    }
    return MIRSAL_OK;
}

mirsal_code mir_relay_log_root_at(struct mir_relay_log *log,
    uint64_t size,
    mirsal_hash *root,
    mirsal_error *err)
{
    if (size == 0) {
        mir_merkle_root(root, NULL, 0);
        return MIRSAL_OK;
    }
    return range_root(root, log, 0, size, err);
}

/* Largest power of two below size, size ≥ 2. */
static uint64_t split_of(uint64_t size)
{
    return (uint64_t)1 << (63 - __builtin_clzll(size - 1));
}

mirsal_code mir_relay_log_consistency(struct mir_relay_log *log,
    uint64_t old_size,
    uint64_t size,
    struct mir_buf *proof,
    mirsal_error *err)
{
    /* SUBPROOF of RFC 6962 section 2.1.2, walked from the root: its nodes come last first. */
    mirsal_hash nodes[LEVELS_MAX + 2];
    size_t count = 0;
    uint64_t first = 0;
    int whole = 1; /* the old tree is the subtree at hand, whose root the verifier has */
    mirsal_code rc = MIRSAL_OK;
    while (old_size != size && rc == MIRSAL_OK) {
        uint64_t split = split_of(size);
        if (old_size <= split) {
            rc = range_root(&nodes[count++], log, first + split, size - split, err);
            size = split;
        } else {
            rc = range_root(&nodes[count++], log, first, split, err);
            first += split;
            old_size -= split;
            size -= split;
            whole = 0;
        }
    }
    if (rc == MIRSAL_OK && !whole) {
        rc = range_root(&nodes[count++], log, first, size, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    while (count > 0) {
        mir_buf_append(proof, nodes[--count].bytes, sizeof nodes[0].bytes);
    }
    return mir_buf_finish(proof, err);
}

mirsal_code mir_relay_log_checkpoint(struct mir_relay_log *log,
    const mirsal_hash *identity,
    const struct mir_sign_secret *secret,
    mirsal_error *err)
{
    struct mir_checkpoint checkpoint = { 0 };
    struct mir_sync_log state;
    struct mir_buf bytes;
    mirsal_code rc = mir_relay_log_state(log, &state, err);
    if (rc != MIRSAL_OK || (state.has_checkpoint && state.checkpoint.size == state.size &&
                               memcmp(state.checkpoint.store_epoch, state.store_epoch,
                                   sizeof state.store_epoch) == 0)) {
        return rc;
    }
    memcpy(checkpoint.store_epoch, state.store_epoch, sizeof checkpoint.store_epoch);
    checkpoint.size = state.size;
    checkpoint.time_ms = mir_now_ms(log->env);
    rc = mir_relay_log_root_at(log, state.size, &checkpoint.root, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_checkpoint_sign(&checkpoint, identity, &log->served.team, secret);
    mir_buf_init(&bytes, log->env, 256);
    mir_buf_append(&bytes, checkpoint.store_epoch, sizeof checkpoint.store_epoch);
    mir_buf_append_be64(&bytes, checkpoint.size);
    mir_buf_append_be64(&bytes, checkpoint.time_ms);
    mir_buf_append(&bytes, checkpoint.root.bytes, sizeof checkpoint.root.bytes);
    mir_buf_append(&bytes, checkpoint.signature, sizeof checkpoint.signature);
    rc = mir_buf_finish(&bytes, err);
    if (rc == MIRSAL_OK) {
        rc = mir_meta_set_bytes(log->sql, "checkpoint", mir_buf_bytes(&bytes), err);
    }
    mir_buf_fini(&bytes);
    return rc;
}
