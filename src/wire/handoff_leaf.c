/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/handoff_leaf.c - leaves of a handoff as they are read; see the header.
 */
#include "handoff_leaf.h"

#include "fail.h"
#include "merkle.h"
#include "mir_limits.h"
#include "msgpack.h"

#include <string.h>

#define LEVELS_MIN 4u
#define LEVELS_MAX 16u

mirsal_code mir_handoff_refuse_leaf(mirsal_error *err,
    enum mir_handoff_reason reason,
    const struct mir_handoff_place *place,
    const char *what)
{
    return mir_handoff_refuse(
        err, reason, "%s %u, leaf %u: %s", place->what, place->at, place->leaf, what);
}

/* 2.3 */
static int proof_holds(struct mir_handoff_root *root,
    const mirsal_hash *leaf,
    uint64_t index,
    struct mir_bytes proof)
{
    uint32_t levels = (uint32_t)(proof.size / sizeof(mirsal_hash));
    if (proof.size % sizeof(mirsal_hash) != 0 || levels < LEVELS_MIN || levels > LEVELS_MAX ||
        (root->levels != 0 && root->levels != levels)) {
        return 0;
    }
    root->levels = levels;
    return mir_merkle_inclusion_verify(&root->hash, UINT64_C(1) << levels, index, leaf, proof);
}

/* Leaf bytes of the three kinds. 0 when they are none. */
static int parse_leaf(struct mir_handoff_leaf *leaf)
{
    struct mir_reader cursor;
    mir_reader_init(&cursor, leaf->bytes.data, leaf->bytes.size);
    uint32_t count = mir_mp_read_array(&cursor, 5);
    leaf->kind = (uint32_t)mir_mp_read_uint_in(&cursor, 3);
    if (leaf->kind == 1 && count == 2) {
        leaf->stamp = mir_mp_read_uint(&cursor);
        return mir_reader_finish(&cursor, "leaf", NULL) == MIRSAL_OK;
    }
    if (!(leaf->kind == 2 && count == 3) && !(leaf->kind == 3 && count == 5)) {
        return 0;
    }
    mir_mp_read_bin_exact(&cursor, leaf->record.bytes, sizeof leaf->record.bytes);
    if (leaf->kind == 2) {
        leaf->type = (uint32_t)mir_mp_read_uint_in(&cursor, UINT32_MAX);
        return mir_reader_finish(&cursor, "leaf", NULL) == MIRSAL_OK;
    }
    leaf->field = (uint32_t)mir_mp_read_uint_in(&cursor, UINT32_MAX);
    if (!mir_mp_read_nil_if(&cursor)) {
        leaf->key = mir_mp_read_value(&cursor, MIR_VALUE_SIZE_MAX);
    }
    int has_value = mir_mp_peek(&cursor) != MIR_MP_NIL;
    leaf->value = mir_mp_read_value(&cursor, MIR_VALUE_SIZE_MAX);
    return mir_reader_finish(&cursor, "leaf", NULL) == MIRSAL_OK && has_value;
}

mirsal_code mir_handoff_leaf_read(struct mir_handoff_leaf *out,
    struct mir_reader *cursor,
    const struct mir_handoff_roots *roots,
    const struct mir_handoff_place *place,
    mirsal_error *err)
{
    uint8_t salt[16] = { 0 };
    memset(out, 0, sizeof *out);
    mir_mp_read_array_exact(cursor, 5);
    int has_from = !mir_mp_read_nil_if(cursor);
    uint64_t from = has_from ? mir_mp_read_uint_in(cursor, UINT32_MAX) : 0;
    out->bytes = mir_mp_read_bin(cursor, MIR_HANDOFF_FRAME_SIZE_MAX);
    mir_mp_read_bin_exact(cursor, salt, sizeof salt);
    uint64_t index = mir_mp_read_uint_in(cursor, UINT32_MAX);
    struct mir_bytes proof = mir_mp_read_bin(cursor, MIR_HANDOFF_FRAME_SIZE_MAX);
    if (!mir_reader_ok(cursor) || has_from == roots->attested ||
        (has_from && from >= roots->count)) {
        return mir_handoff_refuse_leaf(err, MIR_HANDOFF_FORM, place, "does not parse");
    }
    out->from = (uint32_t)from;
    struct mir_handoff_root *root = roots->own != NULL ? roots->own : &roots->all[from];
    mir_merkle_leaf(&out->hash, salt, out->bytes);
    if (!proof_holds(root, &out->hash, index, proof)) {
        return mir_handoff_refuse_leaf(
            err, MIR_HANDOFF_PROOF, place, "its proof does not lead to the root");
    }
    root->used = 1;
    return parse_leaf(out)
               ? MIRSAL_OK
               : mir_handoff_refuse_leaf(err, MIR_HANDOFF_LEAF, place, "is no leaf of a record");
}

/* 2.2, 2.4 and what the manifest withholds. */
mirsal_code mir_handoff_leaf_check(const struct mir_handoff_record *record,
    const struct mir_handoff_leaf *leaf,
    const struct mir_handoff_leaf *before,
    const struct mir_handoff_place *place,
    mirsal_error *err)
{
    int first = place->leaf == 0;
    if (leaf->kind != (first ? 2u : 3u) ||
        memcmp(&leaf->record, &record->id, sizeof leaf->record) != 0 ||
        (first && leaf->type != record->type)) {
        return mir_handoff_refuse_leaf(
            err, MIR_HANDOFF_LEAF, place, "is not of this record, or not in place");
    }
    if (place->leaf > 1 &&
        (before->field > leaf->field ||
            (before->field == leaf->field && mir_bytes_compare(before->key, leaf->key) >= 0))) {
        return mir_handoff_refuse_leaf(err, MIR_HANDOFF_LEAF, place, "is not in its order");
    }
    for (uint32_t i = 0; !first && i < record->withheld_count; i++) {
        if (record->withheld[i] == leaf->field) {
            return mir_handoff_refuse_leaf(
                err, MIR_HANDOFF_WITHHELD, place, "shows what the manifest says is withheld");
        }
    }
    return MIRSAL_OK;
}
